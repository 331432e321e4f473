package personr

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"
)

// This file sees what the package's users do not: when an operation is stepped.

func accountOfExamples(t *testing.T) *Auth {
	t.Helper()
	auth, err := New(os.Getenv("PERSONR_EMAIL"), os.Getenv("PERSONR_PASSWORD"),
		WithBaseURL(os.Getenv("PERSONR_BASE_URL")), WithCAFile(os.Getenv("PERSONR_CA_FILE")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { auth.Close() })
	return auth
}

// begin starts a login, and ends it with the test.
func begin(t *testing.T, auth *Auth) operation {
	t.Helper()
	c := auth.object.acquire()
	defer auth.object.release()
	op, err := auth.startLogin(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(op.free)
	return op
}

func TestTwoHundredOperationsAtOnceAreNotSteppedInVain(t *testing.T) {
	auth := accountOfExamples(t)
	var group sync.WaitGroup
	for range 200 {
		op := begin(t, auth)
		group.Add(1)
		go func() {
			defer group.Done()
			steps := 0
			err := op.poll(func() bool { steps++; return op.step() })
			if err != nil || steps > 4 {
				t.Errorf("%d steps, %v", steps, err)
			}
			if _, err := auth.tokenOf(context.Background(), op); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
}

// Where an operation cannot be watched, it is looked at from time to time.
func TestAnOperationWithoutADescriptorIsWaitedForAllTheSame(t *testing.T) {
	auth := accountOfExamples(t)
	op := begin(t, auth)
	look(op.step)
	if _, err := auth.tokenOf(context.Background(), op); err != nil {
		t.Error(err)
	}
}

// A goroutine that joined a login late is not failed by the end of the time of the one that began it.
func TestAFlightThatEndsTooEarlyForOneIsFollowedByAnother(t *testing.T) {
	auth := accountOfExamples(t)
	auth.timeout = 10 * time.Second
	early := &flight{begun: time.Now().Add(-time.Minute), landed: make(chan struct{}), waiting: 1, cancel: func() {}}
	auth.flight.Store(early)
	result := make(chan error, 1)
	go func() {
		_, err := auth.Token(context.Background())
		result <- err
	}()
	for joined := false; !joined; time.Sleep(time.Millisecond) {
		auth.mutex.Lock()
		joined = early.waiting == 2
		auth.mutex.Unlock()
	}
	auth.mutex.Lock()
	auth.flight.Store(nil)
	early.err = &Error{Status: ErrTimeout}
	close(early.landed)
	auth.mutex.Unlock()
	if err := <-result; err != nil {
		t.Error(err)
	}
}

// Each of those who wait may go; the flight goes on for the others, and ends with the last.
func TestOneWhoLeavesDoesNotCancelTheOthers(t *testing.T) {
	auth := accountOfExamples(t)
	canceled := false
	f := &flight{begun: time.Now().Add(time.Hour), landed: make(chan struct{}), cancel: func() { canceled = true }}
	auth.flight.Store(f)
	result := make(chan error, 2)
	wait := func(ctx context.Context) {
		_, err := auth.Token(ctx)
		result <- err
	}
	first, leave := context.WithCancel(context.Background())
	second, leaveToo := context.WithCancel(context.Background())
	go wait(first)
	go wait(second)
	for waiting := 0; waiting != 2; time.Sleep(time.Millisecond) {
		auth.mutex.Lock()
		waiting = f.waiting
		auth.mutex.Unlock()
	}
	leave()
	if err := <-result; !errors.Is(err, context.Canceled) || canceled || auth.flight.Load() != f {
		t.Errorf("%v, and the flight is cancelled: %v", err, canceled)
	}
	leaveToo()
	if err := <-result; !errors.Is(err, context.Canceled) || !canceled || auth.flight.Load() != nil {
		t.Errorf("%v, and the flight is cancelled: %v", err, canceled)
	}
}

func TestWhoWaitsForAnothersLoginWaitsNoLongerThanTheTimeout(t *testing.T) {
	auth := accountOfExamples(t)
	auth.timeout = 20 * time.Millisecond
	canceled := make(chan struct{})
	stuck := &flight{begun: time.Now(), landed: make(chan struct{}), cancel: func() { close(canceled) }}
	auth.flight.Store(stuck)
	_, err := auth.Token(context.Background())
	if e, ok := err.(*Error); !ok || e.Status != ErrTimeout || e.Reason != "login" {
		t.Errorf("%v", err)
	}
	<-canceled // the last to leave cancels it
}

func TestOrigins(t *testing.T) {
	for url, want := range map[string]string{
		"https://enterprise.personr.co/api":      "https://enterprise.personr.co:443",
		"HTTPS://Enterprise.Personr.co:443/":     "https://enterprise.personr.co:443",
		"https://enterprise.personr.co:8443":     "https://enterprise.personr.co:8443",
		"https://enterprise.personr.co.":         "https://enterprise.personr.co.:443",
		"http://[::1]:80":                        "http://::1:80",
		"https://user@enterprise.personr.co/":    "https://enterprise.personr.co:443",
		"https://enterprise.personr.co.evil.org": "https://enterprise.personr.co.evil.org:443",
		"https://%zz":                            "",
	} {
		if got := originOf(url); got != want {
			t.Errorf("%s: %s", url, got)
		}
	}
}
