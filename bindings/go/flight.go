package personr

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"time"
)

// flight is a token on its way. All goroutines that ask for one meanwhile wait for the same flight and share its token,
// so that any number of them costs one operation: two descriptors, and few calls of C, of which each that has to wait
// for a lock there would cost a thread.
type flight struct {
	begun   time.Time
	landed  chan struct{} // closed when it has landed
	token   *Token        // after that: the token, or why there is none
	err     error
	waiting int // goroutines that wait; behind account.mutex
	ctx     context.Context
	cancel  context.CancelFunc
}

// await returns a token that is good now.
//
// Each of those who wait does so within its own timeout: one that joined later than the flight began may outlive it, and
// then begins the next.
func (a *account) await(ctx context.Context, auth *C.personr_auth) (*Token, error) {
	if C.personr_go_in_callback() != 0 {
		return nil, &Error{Status: ErrInvalidArgument, Reason: "reentrant", Message: "called from inside a callback", retryAfter: -1}
	}
	for begun := time.Now(); ; {
		if ctx.Err() != nil {
			return nil, cancelled(ctx)
		}
		if a.flight.Load() == nil && C.personr_auth_state(auth) == C.PERSONR_STATE_GOOD {
			token, op, err := a.handOut(auth, begun)
			if op.c == nil {
				return token, err
			}
			op.free() // it was good a moment ago
		}
		f, isMine := a.join()
		if isMine || hasGoodToken(auth) {
			if token, isThere, err := a.begin(auth, f, isMine, begun); isThere {
				return token, err
			}
		}
		if token, err := a.ride(ctx, f, begun); token != nil || err != nil {
			return token, err
		}
	}
}

// join returns the flight to wait for, as one of those who wait. If it is the caller's, the caller begins it, outside of
// the lock: that runs callbacks, which may take their time.
func (a *account) join() (f *flight, isMine bool) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if f := a.flight.Load(); f != nil {
		f.waiting++
		return f, false
	}
	ctx, cancel := context.WithCancel(context.Background())
	f = &flight{begun: time.Now(), landed: make(chan struct{}), waiting: 1, ctx: ctx, cancel: cancel}
	a.flight.Store(f)
	return f, true
}

// hasGoodToken is true also while the token is being renewed, for which the others need not wait.
func hasGoodToken(auth *C.personr_auth) bool {
	state := C.personr_auth_state(auth)
	return state == C.PERSONR_STATE_GOOD || state == C.PERSONR_STATE_RENEWING
}

// begin starts an operation. If that is done at once, its result is there, and need not be waited for. If not, it flies if
// the flight is the caller's.
func (a *account) begin(auth *C.personr_auth, f *flight, isMine bool, begun time.Time) (token *Token, isThere bool, err error) {
	token, op, err := a.handOut(auth, begun)
	switch {
	case op.c == nil && isMine:
		a.land(f, token, err)
	case op.c == nil:
		a.leave(f)
	case isMine:
		a.object.hold() // for the flight; the caller holds it as well, so that this cannot fail
		go a.fly(f, op)
	default:
		op.free()
	}
	return token, op.c == nil, err
}

// handOut starts an operation. It returns the token if that is done at once, or else the operation.
func (a *account) handOut(auth *C.personr_auth, begun time.Time) (*Token, operation, error) {
	left := max(a.timeout-time.Since(begun), time.Millisecond)
	op, err := a.start(func(op **C.personr_operation, e **C.personr_error) C.personr_status {
		return C.personr_auth_token_start(auth, milliseconds(left), op, e)
	})
	if err != nil || !op.isDone() {
		return nil, op, err
	}
	defer op.free()
	op.step()
	token, err := a.tokenOf(context.Background(), op)
	return token, operation{}, err
}

// fly steps the operation until it is done.
func (a *account) fly(f *flight, op operation) {
	defer a.object.release()
	op.wait(f.ctx)
	token, err := a.tokenOf(f.ctx, op)
	op.free()
	a.land(f, token, err)
}

// land gives the result to all who wait.
func (a *account) land(f *flight, token *Token, err error) {
	f.cancel()
	a.mutex.Lock()
	defer a.mutex.Unlock()
	f.token, f.err = token, err
	a.flight.CompareAndSwap(f, nil)
	close(f.landed)
}

// ride waits for the flight. It returns neither a token nor an error if another flight is to be tried.
func (a *account) ride(ctx context.Context, f *flight, begun time.Time) (*Token, error) {
	isLate := f.begun.Before(begun)
	var timeout <-chan time.Time
	if isLate {
		timer := time.NewTimer(a.timeout - time.Since(begun))
		defer timer.Stop()
		timeout = timer.C
	}
	select {
	case <-f.landed:
		if isLate && errors.Is(f.err, ErrTimeout) {
			return nil, nil
		}
		return f.token, f.err
	case <-ctx.Done():
		a.leave(f)
		return nil, cancelled(ctx)
	case <-timeout:
		a.leave(f)
		return nil, &Error{Status: ErrTimeout, Reason: "login", Message: "the login of another goroutine takes too long", retryAfter: -1}
	}
}

// leave stops to wait. The last one to leave cancels the flight.
func (a *account) leave(f *flight) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	f.waiting--
	if f.waiting == 0 {
		f.cancel()
		a.flight.CompareAndSwap(f, nil)
	}
}
