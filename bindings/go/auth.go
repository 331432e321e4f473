package personr

// #include "bridge.h"
// #cgo noescape personr_go_authorization
import "C"

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Auth is an account at the service, and its one live token. Any number of goroutines may use it at once.
//
// Make one for each account of an application, and keep it. With the default store, "memory:", the token ends with the
// last Auth of its account: an application that makes one for each request logs in for each request.
type Auth struct {
	*account
}

// account is what the goroutine of a flight holds too.
type account struct {
	object  *object[*C.personr_auth]
	origin  string
	timeout time.Duration
	// Nil without such callbacks.
	store, credentials lastFailure

	flight atomic.Pointer[flight] // nil if nobody waits for a token
	mutex  sync.Mutex             // for changes of it

	starts chan struct{} // has an element for each request that is being started
}

// Requests of an account that are started at the same time. The library starts a thread for each, which takes so long
// that Go would begin one more thread for each goroutine that has one started.
const startsMax = 4

// New makes an Auth. Nothing is sent: the first call that needs a token logs in. HTTPS_PROXY, ALL_PROXY, NO_PROXY,
// SSL_CERT_FILE and SSL_CERT_DIR are read from the environment now. email and password are checked by the rules of
// personr_auth_new in personr.h.
func New(email, password string, opts ...Option) (*Auth, error) {
	s := settings{options: C.personr_options_new(), baseURL: DefaultBaseURL, timeout: defaultTimeout}
	defer C.personr_options_free(s.options)
	for _, set := range opts {
		if err := set(&s); err != nil {
			return nil, err
		}
	}
	auth, err := s.newAuth(email, password)
	if err != nil {
		return nil, err
	}
	return &Auth{&account{
		object:      newObject(auth, func(auth *C.personr_auth) { C.personr_auth_free(auth) }),
		origin:      originOf(s.baseURL),
		timeout:     s.timeout,
		store:       s.store,
		credentials: s.credentials,
		starts:      make(chan struct{}, startsMax),
	}}, nil
}

func (s *settings) newAuth(email, password string) (*C.personr_auth, error) {
	user, err := cstring("email", email)
	if err != nil {
		return nil, err
	}
	secret, err := cstring("password", password)
	if err != nil {
		return nil, err
	}
	defer wipe(secret)
	var auth *C.personr_auth
	var problem *C.personr_error
	if status := C.personr_auth_new(user, secret, s.options, &auth, &problem); status != C.PERSONR_OK {
		return nil, failure(status, problem, nil)
	}
	return auth, nil
}

// Authorization returns "Bearer " and a token that is good now: what an application calls before each request that it
// sends by other means than [Auth.Do] and [Transport]. It logs in if there is no good token. If the service answers 401
// to the request: [Auth.Reject], ask again, repeat the request once.
func (a *Auth) Authorization(ctx context.Context) (string, error) {
	auth := a.object.acquire()
	if auth == nil {
		return "", errClosed()
	}
	defer a.object.release()
	// While others wait, there is none in hand.
	if ctx.Err() == nil && a.flight.Load() == nil {
		if header := inHand(auth); header != "" {
			return header, nil
		}
	}
	token, err := a.await(ctx, auth)
	if err != nil {
		return "", err
	}
	return token.Authorization(), nil
}

// Headers are written here, and copied out.
var headers = sync.Pool{New: func() any { return new([C.PERSONR_AUTHORIZATION_MAX]byte) }}

// inHand returns the header for the token in hand; "" if there is no good one.
func inHand(auth *C.personr_auth) string {
	buffer := headers.Get().(*[C.PERSONR_AUTHORIZATION_MAX]byte)
	defer headers.Put(buffer)
	length := C.personr_go_authorization(auth, (*C.char)(unsafe.Pointer(buffer)))
	if length < 0 {
		return ""
	}
	header := string(buffer[:length])
	clear(buffer[:length])
	return header
}

// Token returns a token that is good now. It logs in if there is none. If the context ends while the login's request is
// on its way, the login goes on in the background, and the next call has its token.
func (a *Auth) Token(ctx context.Context) (*Token, error) {
	auth := a.object.acquire()
	if auth == nil {
		return nil, errClosed()
	}
	defer a.object.release()
	return a.await(ctx, auth)
}

// Login logs in anew, whether there is a good token or not, and so ends the token before it. This is how a password is
// verified. An application that wants a token to work with calls [Auth.Token].
func (a *Auth) Login(ctx context.Context) (*Token, error) {
	auth := a.object.acquire()
	if auth == nil {
		return nil, errClosed()
	}
	defer a.object.release()
	if ctx.Err() != nil {
		return nil, cancelled(ctx)
	}
	op, err := a.startLogin(auth)
	if err != nil {
		return nil, err
	}
	defer op.free()
	op.wait(ctx)
	return a.tokenOf(ctx, op)
}

func (a *account) startLogin(auth *C.personr_auth) (operation, error) {
	return a.start(func(op **C.personr_operation, e **C.personr_error) C.personr_status {
		return C.personr_auth_login_start(auth, 0, op, e)
	})
}

// Reject tells the library that the service refused a token (answered 401). It takes the token itself or the value of
// the header that was sent. The token is not handed out again. A 403 is no reason to reject.
func (a *Auth) Reject(tokenOrAuthorization string) error {
	auth := a.object.acquire()
	if auth == nil {
		return errClosed()
	}
	defer a.object.release()
	c, err := cstring("token_or_authorization", tokenOrAuthorization)
	if err != nil {
		return err
	}
	defer wipe(c)
	var problem *C.personr_error
	if status := C.personr_auth_reject(auth, c, &problem); status != C.PERSONR_OK {
		return failure(status, problem, nil)
	}
	return nil
}

// State is that of an account's token, for monitoring.
type State int32

// The states of an account's token. Later versions of the library may add some.
const (
	// StateEmpty: there is no token. The next call logs in, or asks the store.
	StateEmpty State = C.PERSONR_STATE_EMPTY
	// StateGood: there is a good token.
	StateGood State = C.PERSONR_STATE_GOOD
	// StateRenewing: there is a good token, and it is time to renew it.
	StateRenewing State = C.PERSONR_STATE_RENEWING
	// StateFailing: there is no usable token, and logins fail just now.
	StateFailing State = C.PERSONR_STATE_FAILING
	// StateRefused: there is no usable token, and the service refused the email and password.
	StateRefused State = C.PERSONR_STATE_REFUSED
)

// String returns one word.
func (s State) String() string {
	switch s {
	case StateEmpty:
		return "empty"
	case StateGood:
		return "good"
	case StateRenewing:
		return "renewing"
	case StateFailing:
		return "failing"
	case StateRefused:
		return "refused"
	}
	return "unknown"
}

// State returns the state of the account's token, without using the network. After Close it is StateEmpty.
func (a *Auth) State() State {
	auth := a.object.acquire()
	if auth == nil {
		return StateEmpty
	}
	defer a.object.release()
	return State(C.personr_auth_state(auth))
}

// RenewsAt returns when the token in hand is to be renewed; the zero time if the next call logs in or renews.
func (a *Auth) RenewsAt() time.Time {
	auth := a.object.acquire()
	if auth == nil {
		return time.Time{}
	}
	defer a.object.release()
	if at := int64(C.personr_auth_renews_at(auth)); at != 0 {
		return time.Unix(at, 0)
	}
	return time.Time{}
}

// Close frees the account's memory, and wipes the password, when the calls that run now have ended. Later calls return
// [ErrClosed]. With the last Auth of an account goes its token in a "memory:" store. Close always returns nil.
func (a *Auth) Close() error {
	a.object.close()
	return nil
}
