package personr

import (
	"runtime"
	"sync/atomic"
)

// object is what Go holds of an object of the C library; P is the pointer to it. Every use stands between acquire and release:
//
//	auth := a.object.acquire()
//	if auth == nil {
//		return errClosed()
//	}
//	defer a.object.release()
//
// That keeps apart a call and the two things that free what it works on: Close, from another goroutine, and the garbage
// collector, to which a Go object is garbage from the moment that its last pointer was read, and so while the C
// function still runs.
type object[P any] struct {
	counted *counted[P]
}

// counted is apart from object, so that the cleanup of an object may hold it.
type counted[P any] struct {
	pointer P
	free    func(P)
	// The number of uses that run now, and closed once it is to be freed after the last of them.
	uses atomic.Int64
}

const closed = 1 << 62

func newObject[P any](pointer P, free func(P)) *object[P] {
	o := &object[P]{&counted[P]{pointer: pointer, free: free}}
	runtime.AddCleanup(o, (*counted[P]).close, o.counted)
	return o
}

// hold is acquire for who knows where in the object to look.
func (o *object[P]) hold() bool {
	if o == nil {
		return false
	}
	for uses := o.counted.uses.Load(); uses < closed; uses = o.counted.uses.Load() {
		if o.counted.uses.CompareAndSwap(uses, uses+1) {
			return true
		}
	}
	return false
}

// acquire returns nil if o is closed or nil itself. What it returns is valid until release.
func (o *object[P]) acquire() P {
	if !o.hold() {
		var none P
		return none
	}
	return o.counted.pointer
}

// release ends a use. Up to here o is in use for the garbage collector as well.
func (o *object[P]) release() {
	if o.counted.uses.Add(-1) == closed {
		o.counted.free(o.counted.pointer)
	}
	runtime.KeepAlive(o)
}

func (o *object[P]) close() {
	if o != nil {
		o.counted.close()
	}
}

// close frees the C object after the last use of it, now or later. Only the first call does anything.
func (c *counted[P]) close() {
	for {
		uses := c.uses.Load()
		if uses >= closed {
			return
		}
		if c.uses.CompareAndSwap(uses, uses+closed) {
			if uses == 0 {
				c.free(c.pointer)
			}
			return
		}
	}
}
