package personr

// #include "bridge.h"
import "C"

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/cgo"
	"sync/atomic"
	"time"
	"unsafe"
)

// This file has what C calls. A Go panic must not reach C: run catches it, and what returns then is 0, a failure.

// callback is one function, or one store, that C knows by a cgo.Handle.
type callback struct {
	store       Store
	credentials func(email string) (string, error)
	log         *slog.Logger
	failure     lastFailure
}

// lastFailure is what a callback failed with last, for the error of the call that it fails. It is apart from the
// callback, so that an Auth holds no store after C has given it back.
type lastFailure = *atomic.Pointer[error]

func newLastFailure() lastFailure {
	return new(atomic.Pointer[error])
}

func (cb *callback) failed(err error) C.int32_t {
	cb.failure.Store(&err)
	return 0
}

// register makes the callback known to C by the setter. C gives the handle back by personrGoRelease.
func (cb *callback) register(set func(C.uintptr_t) error) error {
	handle := cgo.NewHandle(cb)
	err := set(C.uintptr_t(handle))
	if err != nil {
		handle.Delete()
	}
	return err
}

// run calls f for the callback that the handle stands for.
func run(handle C.uintptr_t, what string, f func(cb *callback) error) (result C.int32_t) {
	cb := cgo.Handle(handle).Value().(*callback)
	hasReturned := false
	defer func() {
		if hasReturned {
			return
		}
		value := recover()
		if value == nil {
			dieOfGoexit(what)
		}
		result = cb.failed(fmt.Errorf("panic in %s: %v", what, value))
	}()
	err := f(cb)
	hasReturned = true
	switch err {
	case nil:
		return C.PERSONR_CALLBACK_OK
	case ErrStoreBusy:
		return C.PERSONR_STORE_BUSY
	default:
		return cb.failed(err)
	}
}

// dieOfGoexit ends the process. A Goexit cannot be caught, and would end the goroutine without an end of the C function
// that has called back: whoever waits for that function would wait for ever. The panic is in another goroutine, where no
// one recovers from it.
func dieOfGoexit(what string) {
	go panic("personr: " + what + " has called runtime.Goexit, as t.FailNow does")
	select {}
}

//export personrGoLoad
func personrGoLoad(handle C.uintptr_t, key *C.char, buffer *C.uint8_t, capacity C.size_t, length *C.size_t) C.int32_t {
	return run(handle, "Store.Load", func(cb *callback) error {
		record, err := cb.store.Load(C.GoString(key))
		if err == nil && len(record) > int(capacity) {
			err = fmt.Errorf("a record of %d bytes is too long", len(record))
		}
		if err == nil {
			*length = C.size_t(copy(unsafe.Slice((*byte)(unsafe.Pointer(buffer)), int(capacity)), record))
		}
		return err
	})
}

//export personrGoSave
func personrGoSave(handle C.uintptr_t, key, owner *C.char, record *C.uint8_t, length C.size_t) C.int32_t {
	return run(handle, "Store.Save", func(cb *callback) error {
		return cb.store.Save(C.GoString(key), C.GoString(owner), copied(record, length))
	})
}

//export personrGoLock
func personrGoLock(handle C.uintptr_t, key, owner *C.char, wait, lease C.uint32_t) C.int32_t {
	return run(handle, "Store.Lock", func(cb *callback) error {
		return cb.store.Lock(C.GoString(key), C.GoString(owner), time.Duration(wait)*time.Millisecond, time.Duration(lease)*time.Millisecond)
	})
}

//export personrGoUnlock
func personrGoUnlock(handle C.uintptr_t, key, owner *C.char) C.int32_t {
	return run(handle, "Store.Unlock", func(cb *callback) error {
		return cb.store.Unlock(C.GoString(key), C.GoString(owner))
	})
}

//export personrGoCredentials
func personrGoCredentials(handle C.uintptr_t, email, buffer *C.char, capacity C.size_t) C.int32_t {
	return run(handle, "the function of WithCredentials", func(cb *callback) error {
		password, err := cb.credentials(C.GoString(email))
		if err != nil {
			return err
		}
		// What C would cut off, at a NUL or at the end of its buffer, is another password.
		if _, err := cstring("password", password); err != nil {
			return err
		}
		if len(password) >= int(capacity) {
			return fmt.Errorf("a password of %d bytes is too long", len(password))
		}
		copy(unsafe.Slice((*byte)(unsafe.Pointer(buffer)), int(capacity)), password+"\x00")
		return nil
	})
}

//export personrGoLog
func personrGoLog(handle C.uintptr_t, level C.int32_t, event, text *C.char) {
	run(handle, "the logger", func(cb *callback) error {
		ctx := context.Background()
		if cb.log.Enabled(ctx, slogLevel(level)) {
			cb.log.LogAttrs(ctx, slogLevel(level), C.GoString(text), slog.String("event", C.GoString(event)))
		}
		return nil
	})
}

//export personrGoRelease
func personrGoRelease(handle C.uintptr_t) {
	cgo.Handle(handle).Delete()
}

func slogLevel(level C.int32_t) slog.Level {
	switch level {
	case C.PERSONR_LOG_ERROR:
		return slog.LevelError
	case C.PERSONR_LOG_WARN:
		return slog.LevelWarn
	case C.PERSONR_LOG_INFO:
		return slog.LevelInfo
	default:
		return slog.LevelDebug
	}
}
