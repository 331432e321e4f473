package personr

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"time"
	"unsafe"
)

// ErrClosed is wrapped by the error of a call on what has been closed.
var ErrClosed = errors.New("personr: closed")

// Error says why a call failed. No field ever holds a secret.
type Error struct {
	// Status is the kind of failure. errors.Is(err, personr.ErrTimeout) asks for it.
	Status Status
	// Reason is for programs: the service's own word, such as "INVALID_LOGIN_CREDENTIALS", or one of the library's, such
	// as "certificate-expired".
	Reason string
	// Message is for people: one line.
	Message string
	// HTTPStatus is that of the service's answer; 0 if there was none.
	HTTPStatus int
	// MayHaveRun says, for a failed [Auth.Do], whether the service may have begun to do what was asked for. If not,
	// sending the request again does no harm.
	MayHaveRun bool

	retryAfter time.Duration // negative if it is not known
	cause      error
	answer     *object[*C.personr_error] // nil if there was no answer
}

// Error returns the kind of failure, the reason and the message.
func (e *Error) Error() string {
	text := "personr: " + e.Message
	if e.Reason != "" {
		text += " (" + e.Status.String() + ", " + e.Reason + ")"
	} else {
		text += " (" + e.Status.String() + ")"
	}
	if e.cause != nil {
		text += ": " + e.cause.Error()
	}
	return text
}

// Is compares with a [Status].
func (e *Error) Is(target error) bool {
	status, ok := target.(Status)
	return ok && status == e.Status
}

// Unwrap returns the error of the context, of the [Store] or of the function of [WithCredentials] that made the call
// fail; nil if there is none.
func (e *Error) Unwrap() error {
	return e.cause
}

// Timeout reports whether time ran out: that of the options, of the request or of the context. It makes Error a
// net.Error.
func (e *Error) Timeout() bool {
	return e.Status == ErrTimeout || errors.Is(e.cause, context.DeadlineExceeded)
}

// Temporary reports whether the same call may succeed later without a change of anything here.
func (e *Error) Temporary() bool {
	switch e.Status {
	case ErrRateLimited, ErrServer, ErrNetwork, ErrTimeout:
		return true
	}
	_, known := e.RetryAfter()
	return known
}

// RetryAfter returns how long to wait before the next try, from the moment of the failure, and whether that is known.
// Until then, calls that need a login return the same error without using the network.
func (e *Error) RetryAfter() (time.Duration, bool) {
	return max(e.retryAfter, 0), e.retryAfter >= 0
}

// JSON returns the answer that refused a request: what the service itself says. It may repeat what was sent, so it is
// not for a log.
func (e *Error) JSON() JSON {
	c := e.answer.acquire()
	if c == nil {
		return JSON{}
	}
	defer e.answer.release()
	return JSON{e.answer, C.personr_error_json(c)}
}

// Body returns a copy of the answer that refused a request. It may repeat what was sent, so it is not for a log.
func (e *Error) Body() []byte {
	c := e.answer.acquire()
	if c == nil {
		return nil
	}
	defer e.answer.release()
	var length C.size_t
	body := C.personr_error_body(c, &length)
	return copied(body, length)
}

// failure makes an error of C's, which it takes over.
func failure(status C.personr_status, c *C.personr_error, cause error) *Error {
	if c == nil {
		return &Error{Status: Status(status), Message: "no details", MayHaveRun: true, retryAfter: -1, cause: cause}
	}
	e := &Error{
		Status:     Status(status),
		Reason:     C.GoString(C.personr_error_reason(c)),
		Message:    C.GoString(C.personr_error_message(c)),
		HTTPStatus: int(C.personr_error_http_status(c)),
		MayHaveRun: C.personr_error_may_have_run(c) != 0,
		retryAfter: -1,
		cause:      cause,
	}
	if ms := int64(C.personr_error_retry_after_ms(c)); ms >= 0 {
		e.retryAfter = time.Duration(ms) * time.Millisecond
	}
	var length C.size_t
	C.personr_error_body(c, &length)
	if length > 0 {
		e.answer = newObject(c, func(c *C.personr_error) { C.personr_error_free(c) })
	} else {
		C.personr_error_free(c)
	}
	return e
}

func invalid(parameter, text string) *Error {
	return &Error{Status: ErrInvalidArgument, Message: parameter + ": " + text, retryAfter: -1}
}

func errClosed() *Error {
	return &Error{Status: ErrInvalidArgument, Reason: "closed", Message: "Close has been called", retryAfter: -1, cause: ErrClosed}
}

// cancelled is the error of a call that has not begun when its context ends.
func cancelled(ctx context.Context) *Error {
	return &Error{Status: ErrCancelled, Reason: "context", Message: "the context has ended", retryAfter: -1, cause: ctx.Err()}
}

// copied returns bytes of C's as Go's.
func copied(bytes *C.uint8_t, length C.size_t) []byte {
	return append([]byte(nil), unsafe.Slice((*byte)(unsafe.Pointer(bytes)), int(length))...)
}
