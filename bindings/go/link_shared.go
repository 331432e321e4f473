//go:build !personr_static

package personr

// #cgo pkg-config: personr
import "C"
