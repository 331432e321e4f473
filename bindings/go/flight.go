package personr

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"time"
)

// flight is a token on its way. All goroutines that ask for one meanwhile wait for the same flight, so that any number
// of them costs one operation, and so two descriptors.
type flight struct {
	begun   time.Time
	landed  chan struct{} // closed when it has landed
	err     error         // after that: why it failed
	waiting int           // goroutines that wait; behind account.mutex
	cancel  context.CancelFunc
}

// await returns a token that is good now, the caller's to free.
//
// A flight that lands puts a token into the library's hand, and each of those who waited takes it from there. Each waits
// within its own timeout: one that joined later than the flight began may outlive it, and then begins the next.
func (a *account) await(ctx context.Context, auth *C.personr_auth) (*C.personr_token, error) {
	if C.personr_go_in_callback() != 0 {
		return nil, &Error{Status: ErrInvalidArgument, Reason: "reentrant", Message: "called from inside a callback", retryAfter: -1}
	}
	begun := time.Now()
	for {
		if ctx.Err() != nil {
			return nil, cancelled(ctx)
		}
		token, f, err := a.join(auth, begun)
		if f == nil {
			return token, err
		}
		if err := a.ride(ctx, f, begun); err != nil {
			return nil, err
		}
	}
}

// join returns a token that is at hand; or else the flight to wait for, as one of those who wait.
func (a *account) join(auth *C.personr_auth, begun time.Time) (*C.personr_token, *flight, error) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.flight != nil {
		a.flight.waiting++
		return nil, a.flight, nil
	}
	left := max(a.timeout-time.Since(begun), time.Millisecond)
	op, err := a.start(func(op **C.personr_operation, e **C.personr_error) C.personr_status {
		return C.personr_auth_token_start(auth, milliseconds(left), op, e)
	})
	if err != nil {
		return nil, nil, err
	}
	if op.isDone() {
		defer op.free()
		token, err := a.tokenOf(context.Background(), op)
		return token, nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	a.flight = &flight{begun: time.Now(), landed: make(chan struct{}), waiting: 1, cancel: cancel}
	a.object.hold() // for the flight; the caller holds it as well, so that this cannot fail
	go a.fly(ctx, a.flight, op)
	return nil, a.flight, nil
}

// fly steps the operation until it is done.
func (a *account) fly(ctx context.Context, f *flight, op operation) {
	defer a.object.release()
	op.wait(ctx)
	token, err := a.tokenOf(ctx, op)
	C.personr_token_free(token)
	op.free()
	f.cancel()

	a.mutex.Lock()
	defer a.mutex.Unlock()
	if a.flight == f {
		a.flight = nil
	}
	f.err = err
	close(f.landed)
}

// ride waits for the flight. It returns nil if there may be a token now, or if another flight is to be tried.
func (a *account) ride(ctx context.Context, f *flight, begun time.Time) error {
	var late <-chan time.Time
	if f.begun.Before(begun) {
		timer := time.NewTimer(a.timeout - time.Since(begun))
		defer timer.Stop()
		late = timer.C
	}
	select {
	case <-f.landed:
		if f.begun.Before(begun) && errors.Is(f.err, ErrTimeout) {
			return nil
		}
		return f.err
	case <-ctx.Done():
		a.leave(f)
		return cancelled(ctx)
	case <-late:
		a.leave(f)
		return &Error{Status: ErrTimeout, Reason: "login", Message: "the login of another goroutine takes too long", retryAfter: -1}
	}
}

// leave stops to wait. The last one to leave cancels the flight.
func (a *account) leave(f *flight) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	f.waiting--
	if f.waiting == 0 {
		f.cancel()
		if a.flight == f {
			a.flight = nil
		}
	}
}
