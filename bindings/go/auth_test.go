package personr_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"personr"
)

func TestOneLoginServesAllCalls(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	equal(t, "state", auth.State(), personr.StateEmpty)
	equal(t, "renews at", auth.RenewsAt().IsZero(), true)

	header, err := auth.Authorization(t.Context())
	must(t, err)
	token, err := auth.Token(t.Context())
	must(t, err)
	equal(t, "header", header, "Bearer "+token.Value())
	equal(t, "authorization", token.Authorization(), header)
	equal(t, "lifetime", token.Lifetime(), 31536000*time.Second)
	if token.UserID() == "" || time.Until(token.ExpiresAt()) < 364*24*time.Hour || token.TimeLeft() < 364*24*time.Hour {
		t.Error("the token lacks something")
	}
	equal(t, "state", auth.State(), personr.StateGood)
	if !auth.RenewsAt().After(time.Now()) {
		t.Error("it would be renewed at once")
	}
	equal(t, "logins", s.counters(t).Logins, 1)
}

func TestLoginLogsInAnew(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t, personr.WithLoginMethod(personr.LoginForm))
	first, err := auth.Login(t.Context())
	must(t, err)
	second, err := auth.Login(t.Context())
	must(t, err)
	if first.Value() == second.Value() {
		t.Error("both logins gave one token")
	}
	equal(t, "logins", s.counters(t).Logins, 2)
}

func TestAWrongPassword(t *testing.T) {
	s := startSandbox(t)
	auth, err := personr.New(s.Email, "wrong", s.options()...)
	must(t, err)
	defer auth.Close()
	for range 3 {
		_, err = auth.Token(t.Context())
		var e *personr.Error
		if !errors.Is(err, personr.ErrInvalidCredentials) || errors.Is(err, personr.ErrTimeout) || !errors.As(err, &e) {
			t.Fatalf("%v", err)
		}
		equal(t, "reason", e.Reason, "INVALID_LOGIN_CREDENTIALS")
		equal(t, "HTTP status", e.HTTPStatus, 400)
		equal(t, "timeout", e.Timeout(), false)
		equal(t, "message", e.Message, "We didn’t find an account with those login credentials")
		equal(t, "text", e.Error(), "personr: "+e.Message+" (PERSONR_INVALID_CREDENTIALS, INVALID_LOGIN_CREDENTIALS)")
	}
	equal(t, "state", auth.State(), personr.StateRefused)
	equal(t, "logins", s.counters(t).Logins, 1) // a loop does not lock the account
}

func TestAFailureSaysWhenToTryAgain(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	s.fault(t, "api-basic-auth", object{"answer": object{"status": 429, "headers": [][]string{{"Retry-After", "20"}}, "body": "{}"}})
	_, err := auth.Authorization(t.Context())
	var e *personr.Error
	if !errors.As(err, &e) || !errors.Is(err, personr.ErrRateLimited) {
		t.Fatalf("%v", err)
	}
	after, known := e.RetryAfter()
	if !known || after < 19*time.Second || after > 21*time.Second || !e.Temporary() {
		t.Errorf("retry after %v (known: %v)", after, known)
	}
}

func TestATimeout(t *testing.T) {
	s := startSandbox(t)
	s.fault(t, "api-basic-auth", "stall")
	auth := s.auth(t, personr.WithTimeout(200*time.Millisecond), personr.WithMaxRetries(0))
	begun := time.Now()
	_, err := auth.Token(t.Context())
	var timeout net.Error
	if !errors.Is(err, personr.ErrTimeout) || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("%v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestTheEndOfAContextEndsTheCallAndNotTheLogin(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	s.fault(t, "api-basic-auth", "hold")

	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := auth.Token(ctx)
		result <- err
	}()
	s.waitUntil(t, "the login is out", func(c counters) bool { return c.Held == 1 })
	cancel()
	err := <-result
	if !errors.Is(err, context.Canceled) || !errors.Is(err, personr.ErrCancelled) {
		t.Fatalf("%v", err)
	}

	s.release(t)
	_, err = auth.Authorization(t.Context())
	must(t, err)
	equal(t, "tokens issued", s.counters(t).Issued, 1) // the login that had gone out was not lost
}

func TestADeadlineOfAContext(t *testing.T) {
	s := startSandbox(t)
	s.fault(t, "api-basic-auth", "stall")
	s.fault(t, "api-basic-auth", "stall")
	auth := s.auth(t)
	for name, call := range map[string]func(context.Context) error{
		"Token": func(ctx context.Context) error { _, err := auth.Token(ctx); return err },
		"Login": func(ctx context.Context) error { _, err := auth.Login(ctx); return err },
		"Do": func(ctx context.Context) error {
			_, err := auth.Do(ctx, personr.NewRequest("api-applicant-status"))
			return err
		},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		begun := time.Now()
		err := call(ctx)
		cancel()
		var e *personr.Error
		if !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &e) || !e.Timeout() {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(begun); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	if _, err := auth.Token(canceled()); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that had ended before: %v", err)
	}
}

func canceled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestFiveHundredGoroutinesMakeOneLogin(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	headers := make([]string, 500)
	var group sync.WaitGroup
	for i := range headers {
		group.Add(1)
		go func() {
			defer group.Done()
			header, err := auth.Authorization(t.Context())
			if err != nil {
				t.Error(err)
			}
			headers[i] = header
		}()
	}
	group.Wait()
	for _, header := range headers {
		if header != headers[0] || header == "" {
			t.Fatal("they got different tokens")
		}
	}
	equal(t, "logins", s.counters(t).Logins, 1)
}

func TestATokenThatIsRejectedIsNotHandedOutAgain(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	first, err := auth.Authorization(t.Context())
	must(t, err)
	must(t, auth.Reject(first))
	second, err := auth.Authorization(t.Context())
	must(t, err)
	if first == second {
		t.Error("it was handed out again")
	}
	if err := auth.Reject("no\ttoken"); !errors.Is(err, personr.ErrInvalidArgument) {
		t.Errorf("what cannot be a token: %v", err)
	}
}

func TestCloseWhileCallsRun(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	s.fault(t, "api-basic-auth", "hold")
	result := make(chan error, 1)
	go func() { _, err := auth.Token(context.Background()); result <- err }()
	s.waitUntil(t, "the login is out", func(c counters) bool { return c.Held == 1 })
	auth.Close()
	auth.Close()
	if _, err := auth.Token(t.Context()); !errors.Is(err, personr.ErrClosed) {
		t.Errorf("a call after Close: %v", err)
	}
	if _, err := auth.Authorization(t.Context()); !errors.Is(err, personr.ErrClosed) {
		t.Errorf("a call after Close: %v", err)
	}
	s.release(t)
	must(t, <-result) // the call that ran goes on to its end
}

func TestPrintingATokenDoesNotShowIt(t *testing.T) {
	s := startSandbox(t)
	token, err := s.auth(t).Token(t.Context())
	must(t, err)
	if text := fmt.Sprintf("%v %+v %#v %s", token, token, token, token); strings.Contains(text, token.Value()) {
		t.Error("printing a token shows it")
	}
}

func TestASettingThatIsWrong(t *testing.T) {
	for name, option := range map[string]personr.Option{
		"base_url":           personr.WithBaseURL("ftp://example.com"),
		"login_method":       personr.WithLoginMethod(7),
		"timeout_ms":         personr.WithTimeout(-time.Second),
		"connect_timeout_ms": personr.WithConnectTimeout(24 * time.Hour),
		"max_retries":        personr.WithMaxRetries(-1),
		"proxy":              personr.WithProxy("socks5://localhost"),
		"ca_file":            personr.WithCAFile("/nowhere\x00.pem"),
		"ca_pem":             personr.WithCAPEM(nil),
		"user_agent":         personr.WithUserAgent("Ä"),
		"token_store":        personr.WithTokenStore("nothing:"),
		"renew_before_s":     personr.WithRenewBefore(-time.Millisecond),
		"store":              personr.WithStore(nil),
		"credentials":        personr.WithCredentials(nil),
		"logger":             personr.WithLogger(nil),
	} {
		_, err := personr.New("a@example.com", "p", option)
		if !errors.Is(err, personr.ErrInvalidArgument) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// C would see "p" alone.
	_, err := personr.New("a@example.com", "p\x00q")
	if !errors.Is(err, personr.ErrInvalidArgument) || !strings.Contains(err.Error(), "password: it has a NUL") {
		t.Errorf("a NUL: %v", err)
	}
	auth, err := personr.New("a@example.com", "p", personr.WithSystemRoots(true), personr.WithRenewBefore(time.Hour),
		personr.WithUserAgent("Test/1"), personr.WithProxy(""), personr.WithConnectTimeout(time.Second))
	must(t, err)
	auth.Close()
}
