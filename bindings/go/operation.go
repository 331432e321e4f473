package personr

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"os"
	"time"
)

// operation is a call that the library makes by itself. One goroutine steps it.
type operation struct {
	c *C.personr_operation
}

// start begins an operation.
func (a *account) start(begin func(**C.personr_operation, **C.personr_error) C.personr_status) (operation, error) {
	var op *C.personr_operation
	var problem *C.personr_error
	if status := begin(&op, &problem); status != C.PERSONR_OK {
		return operation{}, a.failure(context.Background(), status, problem)
	}
	return operation{op}, nil
}

func (op operation) free() {
	C.personr_operation_free(op.c)
}

// step runs what is due, and returns whether the operation is done. It never waits, but for callbacks.
func (op operation) step() bool {
	return C.personr_operation_step(op.c) != 0
}

// isDone returns whether it was done at its start.
func (op operation) isDone() bool {
	return C.personr_operation_fd(op.c) < 0
}

// wait returns when the operation is done. It is cancelled, and so done, when the context ends.
func (op operation) wait(ctx context.Context) {
	if op.step() {
		return
	}
	if ctx.Done() != nil {
		ended := make(chan struct{})
		stop := context.AfterFunc(ctx, func() {
			defer close(ended)
			C.personr_operation_cancel(op.c)
		})
		defer func() {
			// The operation may be freed when no cancellation runs any more.
			if !stop() {
				<-ended
			}
		}()
	}
	if err := op.poll(op.step); err != nil {
		look(op.step)
	}
}

// poll calls step until it returns true: now, and each time that the operation's descriptor wakes Go's network poller. It
// costs no thread. It fails if the process has no descriptor left, or the system has no such poller.
func (op operation) poll(step func() bool) error {
	fd := C.personr_go_watch(op.c)
	if fd < 0 {
		return errNotWatched
	}
	file := os.NewFile(uintptr(fd), "personr operation")
	defer file.Close()
	raw, err := file.SyscallConn()
	if err != nil {
		return err
	}
	// The poller tells of edges. None is lost: a step reads the descriptor before it looks at the state.
	return raw.Read(func(uintptr) bool { return step() })
}

var errNotWatched = errors.New("the operation cannot be watched")

// look calls step until it returns true, without a descriptor.
func look(step func() bool) {
	for pause := time.Millisecond; !step(); pause = min(2*pause, 50*time.Millisecond) {
		time.Sleep(pause)
	}
}

// tokenOf returns the token of an operation that is done.
func (a *account) tokenOf(ctx context.Context, op operation) (*Token, error) {
	var token *C.personr_token
	var problem *C.personr_error
	if status := C.personr_operation_token(op.c, &token, &problem); status != C.PERSONR_OK {
		return nil, a.failure(ctx, status, problem)
	}
	return newToken(token), nil
}

// failure makes an error of C's, with what is known on this side of its cause.
func (a *account) failure(ctx context.Context, status C.personr_status, problem *C.personr_error) *Error {
	var cause error
	var last lastFailure
	switch status {
	case C.PERSONR_CANCELLED:
		cause = ctx.Err()
	case C.PERSONR_STORE:
		last = a.store
	case C.PERSONR_CREDENTIALS:
		last = a.credentials
	}
	if last != nil && last.Load() != nil {
		cause = *last.Load()
	}
	return failure(status, problem, cause)
}
