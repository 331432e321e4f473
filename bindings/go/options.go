package personr

// #include "bridge.h"
import "C"

import (
	"log/slog"
	"math"
	"time"
)

// DefaultBaseURL is where the service is unless [WithBaseURL] says otherwise.
const DefaultBaseURL = "https://enterprise.personr.co/api/1.1/wf"

const defaultTimeout = 30 * time.Second

// An Option is a setting for [New].
type Option func(*settings) error

// settings are those of C, and what Go itself must know of them.
type settings struct {
	options     *C.personr_options
	baseURL     string
	timeout     time.Duration
	store       lastFailure
	credentials lastFailure
}

// call calls a setter, and makes an error of C's result.
func (s *settings) call(set func(*C.personr_options, **C.personr_error) C.personr_status) error {
	var problem *C.personr_error
	if status := set(s.options, &problem); status != C.PERSONR_OK {
		return failure(status, problem, nil)
	}
	return nil
}

// text is an option whose value is a string.
func text(parameter, value string, set func(*C.personr_options, *C.char, **C.personr_error) C.personr_status) Option {
	return func(s *settings) error {
		c, err := cstring(parameter, value)
		if err != nil {
			return err
		}
		defer wipe(c)
		return s.call(func(o *C.personr_options, e **C.personr_error) C.personr_status { return set(o, c, e) })
	}
}

// number is an option whose value is a number.
func number(set func(*C.personr_options, **C.personr_error) C.personr_status) Option {
	return func(s *settings) error { return s.call(set) }
}

// WithBaseURL sets where the service is: an https:// URL, or http:// for a loopback address.
func WithBaseURL(url string) Option {
	set := text("base_url", url, func(o *C.personr_options, c *C.char, e **C.personr_error) C.personr_status {
		return C.personr_options_set_base_url(o, c, e)
	})
	return func(s *settings) error {
		s.baseURL = url
		return set(s)
	}
}

// LoginMethod is one of the service's two ways to log in.
type LoginMethod int32

const (
	// LoginBasic sends email and password in the Authorization header. The default.
	LoginBasic LoginMethod = C.PERSONR_LOGIN_BASIC
	// LoginForm sends them in a form.
	LoginForm LoginMethod = C.PERSONR_LOGIN_FORM
)

// WithLoginMethod sets which of the service's two login endpoints is used.
func WithLoginMethod(method LoginMethod) Option {
	return number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		return C.personr_options_set_login_method(o, C.int32_t(method), e)
	})
}

// WithTimeout sets how long a call for a token may take in all: 1 ms to an hour, 30 s unless set. A context may end it
// sooner.
func WithTimeout(timeout time.Duration) Option {
	set := number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		return C.personr_options_set_timeout_ms(o, milliseconds(timeout), e)
	})
	return func(s *settings) error {
		s.timeout = timeout
		return set(s)
	}
}

// WithConnectTimeout sets how long one connection may take to open: 1 ms to an hour, 10 s unless set.
func WithConnectTimeout(timeout time.Duration) Option {
	return number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		return C.personr_options_set_connect_timeout_ms(o, milliseconds(timeout), e)
	})
}

// WithMaxRetries sets how often one login, or one request, is tried again after a failure that may be over a moment
// later: 0 to 10, 2 unless set.
func WithMaxRetries(count int) Option {
	return number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		return C.personr_options_set_max_retries(o, unsigned(count), e)
	})
}

// WithProxy sets the HTTP proxy; "" for none. Unless set, HTTPS_PROXY, ALL_PROXY and NO_PROXY in the environment tell.
func WithProxy(url string) Option {
	return text("proxy", url, func(o *C.personr_options, c *C.char, e **C.personr_error) C.personr_status {
		return C.personr_options_set_proxy(o, c, e)
	})
}

// WithCAFile adds the root certificates of a PEM file to those that are trusted.
func WithCAFile(path string) Option {
	return text("ca_file", path, func(o *C.personr_options, c *C.char, e **C.personr_error) C.personr_status {
		return C.personr_options_set_ca_file(o, c, e)
	})
}

// WithCAPEM adds the root certificates of a PEM text to those that are trusted.
func WithCAPEM(pem []byte) Option {
	return number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		// One that is empty is refused for what it is, and not for a NULL.
		bytes, length := cbytes(append(pem[:len(pem):len(pem)], 0))
		return C.personr_options_set_ca_pem(o, bytes, length-1, e)
	})
}

// WithSystemRoots sets whether the system's root certificates are trusted beside the added ones. They are unless set.
func WithSystemRoots(trusted bool) Option {
	return number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		return C.personr_options_set_system_roots(o, cbool(trusted), e)
	})
}

// WithUserAgent sets what the User-Agent header names before "libpersonr/VERSION", such as "Billing/2.1".
func WithUserAgent(name string) Option {
	return text("user_agent", name, func(o *C.personr_options, c *C.char, e **C.personr_error) C.personr_status {
		return C.personr_options_set_user_agent(o, c, e)
	})
}

// WithTokenStore sets where the token is kept, and so who shares it: "memory:" (the default) for all Auths of this
// process, "file:DIRECTORY" for all processes of this user on this machine, "redis://…" or "rediss://…" for many
// machines, if the library was built for it.
func WithTokenStore(store string) Option {
	set := text("token_store", store, func(o *C.personr_options, c *C.char, e **C.personr_error) C.personr_status {
		return C.personr_options_set_token_store(o, c, e)
	})
	return func(s *settings) error {
		s.store = nil
		return set(s)
	}
}

// WithStore sets a token store of the application's own. What a login in the background issues (see [Auth.Token]) is saved
// by the next call of the Auth; if the Auth is closed as well, it is lost.
func WithStore(store Store) Option {
	return func(s *settings) error {
		if store == nil {
			return invalid("store", "it is nil")
		}
		s.store = newLastFailure()
		cb := &callback{store: store, failure: s.store}
		return cb.register(func(handle C.uintptr_t) error {
			return s.call(func(o *C.personr_options, e **C.personr_error) C.personr_status {
				return C.personr_go_set_store(o, handle, e)
			})
		})
	}
}

// WithRenewBefore sets how long before its end a token is renewed: a fifth of its life unless set, 0 for no renewal
// before the end. Whole seconds count.
func WithRenewBefore(before time.Duration) Option {
	return number(func(o *C.personr_options, e **C.personr_error) C.personr_status {
		return C.personr_options_set_renew_before_s(o, C.int64_t(math.Floor(before.Seconds())), e)
	})
}

// WithCredentials sets who is asked for the password before each login. The password is then not kept, and that given
// to [New] is not used. An error of f, or a panic, fails the call with [ErrCredentials], which wraps it. The rules of
// [Store] for its methods hold for f.
func WithCredentials(f func(email string) (password string, err error)) Option {
	return func(s *settings) error {
		if f == nil {
			return invalid("credentials", "it is nil")
		}
		s.credentials = newLastFailure()
		cb := &callback{credentials: f, failure: s.credentials}
		return cb.register(func(handle C.uintptr_t) error {
			return s.call(func(o *C.personr_options, e **C.personr_error) C.personr_status {
				return C.personr_go_set_credentials(o, handle, e)
			})
		})
	}
}

// WithLogger sets who is told what happens: logins, renewals, failures. The attribute "event" is for programs. There is
// never a secret in it, at any level. The rules of [Store] for its methods hold for its handler.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) error {
		if logger == nil {
			return invalid("logger", "it is nil")
		}
		cb := &callback{log: logger, failure: newLastFailure()}
		return cb.register(func(handle C.uintptr_t) error {
			return s.call(func(o *C.personr_options, e **C.personr_error) C.personr_status {
				return C.personr_go_set_log(o, handle, e)
			})
		})
	}
}

// unsigned makes of a number out of range another one that the library refuses.
func unsigned(n int) C.uint32_t {
	if n < 0 || n > math.MaxInt32 {
		return math.MaxUint32
	}
	return C.uint32_t(n)
}
