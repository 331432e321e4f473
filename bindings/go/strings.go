package personr

// #include <stdint.h>
import "C"

import (
	"math"
	"strings"
	"time"
	"unsafe"
)

// cstring returns s with a NUL behind it, to be passed to a C function that copies it. A string that has a NUL itself
// would be cut there without a word, so it is refused. It is wiped by [wipe] if it is a secret.
func cstring(parameter, s string) (*C.char, error) {
	if strings.IndexByte(s, 0) >= 0 {
		return nil, invalid(parameter, "it has a NUL")
	}
	bytes := make([]byte, len(s)+1)
	copy(bytes, s)
	return (*C.char)(unsafe.Pointer(&bytes[0])), nil
}

// wipe overwrites what cstring made.
func wipe(s *C.char) {
	if s != nil {
		p := (*byte)(unsafe.Pointer(s))
		for *p != 0 {
			*p = 0
			p = (*byte)(unsafe.Add(unsafe.Pointer(p), 1))
		}
	}
}

// cbytes returns where b begins, NULL if it is empty.
func cbytes(b []byte) (*C.uint8_t, C.size_t) {
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(b))), C.size_t(len(b))
}

// milliseconds rounds up, so that no positive time becomes none at all. What does not fit is for the library to refuse.
func milliseconds(d time.Duration) C.uint32_t {
	if d <= 0 {
		return 0
	}
	ms := (d-1)/time.Millisecond + 1
	return C.uint32_t(min(ms, math.MaxUint32))
}

func cbool(b bool) C.int32_t {
	if b {
		return 1
	}
	return 0
}
