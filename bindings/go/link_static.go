//go:build personr_static

package personr

// The archive is named by its file, and so taken before the shared library beside it, of which nothing is needed then.

// #cgo pkg-config: --static personr
// #cgo LDFLAGS: -l:libpersonr.a -Wl,--as-needed
import "C"
