package personr

// #include "bridge.h"
import "C"

// Status is a kind of failure. It is an error itself, for [errors.Is]:
//
//	if errors.Is(err, personr.ErrInvalidCredentials) {
//
// Later versions of the library may add statuses.
type Status int32

// The kinds of failure. The header personr.h lists the reasons of each.
const (
	// ErrInvalidArgument: an argument is malformed or out of range; the message names it. Or (reason "reentrant") the
	// call came from inside a callback. Or (reason "closed") Close has been called: see [ErrClosed].
	ErrInvalidArgument Status = C.PERSONR_INVALID_ARGUMENT
	// ErrInvalidCredentials: the service knows no account with this email and password.
	ErrInvalidCredentials Status = C.PERSONR_INVALID_CREDENTIALS
	// ErrUnauthorized: the service refused one fresh token after the other.
	ErrUnauthorized Status = C.PERSONR_UNAUTHORIZED
	// ErrRejected: the service refused the login or the request for another reason.
	ErrRejected Status = C.PERSONR_REJECTED
	// ErrRateLimited: the service answered 429.
	ErrRateLimited Status = C.PERSONR_RATE_LIMITED
	// ErrServer: the service answered 5xx.
	ErrServer Status = C.PERSONR_SERVER
	// ErrNetwork: the service could not be reached, or the connection broke.
	ErrNetwork Status = C.PERSONR_NETWORK
	// ErrTimeout: the time that the options or the request allow has passed. That of a context is ErrCancelled.
	ErrTimeout Status = C.PERSONR_TIMEOUT
	// ErrTLS: the server could not prove who it is.
	ErrTLS Status = C.PERSONR_TLS
	// ErrProtocol: the answer is not one of Personr's, or a text is no JSON.
	ErrProtocol Status = C.PERSONR_PROTOCOL
	// ErrStore: the token store failed. If it is a [Store], the error that it returned is wrapped.
	ErrStore Status = C.PERSONR_STORE
	// ErrInternal: a defect of the library. Please report it.
	ErrInternal Status = C.PERSONR_INTERNAL
	// ErrCancelled: the context has ended; its error is wrapped.
	ErrCancelled Status = C.PERSONR_CANCELLED
	// ErrCredentials: the function of [WithCredentials] failed, and its error is wrapped; or it gave no valid password.
	ErrCredentials Status = C.PERSONR_CREDENTIALS
	// ErrFile: a file could not be read or written.
	ErrFile Status = C.PERSONR_FILE
	// ErrNoValue: the JSON document has no such value.
	ErrNoValue Status = C.PERSONR_NO_VALUE
)

// String returns the name in the C interface, such as "PERSONR_TIMEOUT".
func (s Status) String() string {
	return C.GoString(C.personr_status_name(C.int32_t(s)))
}

// Error returns the same as String.
func (s Status) Error() string {
	return s.String()
}

// LibraryVersion returns the version of the C library that is loaded, such as "0.1.0".
func LibraryVersion() string {
	return C.GoString(C.personr_library_version())
}
