package personr

// #include "bridge.h"
import "C"

import "time"

// Token is a token as it was when it was handed out. It never changes, and outlives the [Auth] that it came from. Any
// number of goroutines may use it at once. Its memory is wiped some time after its last use.
type Token struct {
	object *object[*C.personr_token]
}

func newToken(c *C.personr_token) *Token {
	return &Token{newObject(c, func(c *C.personr_token) { C.personr_token_free(c) })}
}

// text and number find the token open always: nothing closes it while it is in use.
func (t *Token) text(get func(*C.personr_token) *C.char) string {
	defer t.object.release()
	return C.GoString(get(t.object.acquire()))
}

func (t *Token) number(get func(*C.personr_token) C.int64_t) int64 {
	defer t.object.release()
	return int64(get(t.object.acquire()))
}

// Value returns the token itself. It is a secret.
func (t *Token) Value() string {
	return t.text(func(c *C.personr_token) *C.char { return C.personr_token_value(c) })
}

// Authorization returns "Bearer " and the token: the value of an Authorization header. It is a secret.
func (t *Token) Authorization() string {
	return t.text(func(c *C.personr_token) *C.char { return C.personr_token_authorization(c) })
}

// UserID returns the service's id of the user who logged in; "" if the service did not say.
func (t *Token) UserID() string {
	return t.text(func(c *C.personr_token) *C.char { return C.personr_token_user_id(c) })
}

// Lifetime returns how long the token was good when it was issued.
func (t *Token) Lifetime() time.Duration {
	return seconds(t.number(func(c *C.personr_token) C.int64_t { return C.personr_token_lifetime(c) }))
}

// ExpiresAt returns when the token expires, by this machine's clock as it stood at the login.
func (t *Token) ExpiresAt() time.Time {
	return time.Unix(t.number(func(c *C.personr_token) C.int64_t { return C.personr_token_expires_at(c) }), 0)
}

// TimeLeft returns how long the token is still good, by a clock that goes on while the machine sleeps; 0 once it has
// expired.
func (t *Token) TimeLeft() time.Duration {
	return seconds(t.number(func(c *C.personr_token) C.int64_t { return C.personr_token_seconds_left(c) }))
}

// String returns a text without the token, so that a log that prints one shows no secret.
func (t *Token) String() string {
	return "personr.Token[redacted]"
}

// GoString returns the same as String.
func (t *Token) GoString() string {
	return t.String()
}

// seconds is made for lifetimes that a Duration cannot hold.
func seconds(s int64) time.Duration {
	const longest = int64(1<<63-1) / int64(time.Second)
	return time.Duration(min(s, longest)) * time.Second
}
