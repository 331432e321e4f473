package personr_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"personr"
)

// This file has the tests that need processes of their own: what happens there must not end the test, or counts what
// all of a process has.

func init() {
	roles["share"] = share
	roles["collect"] = collect
	roles["wait"] = wait
	roles["goexit"] = goexit
}

// inProcess starts this program in a role, with the sandbox to use.
func inProcess(s *sandbox, role string, arguments []string, variables ...string) *exec.Cmd {
	text, _ := json.Marshal(s)
	return process(role, arguments, append(variables, "PERSONR_TEST_SANDBOX="+string(text))...)
}

func sandboxOfParent() (s *sandbox, err error) {
	err = json.Unmarshal([]byte(os.Getenv("PERSONR_TEST_SANDBOX")), &s)
	return s, err
}

// runBounded runs it, and ends it if it hangs.
func runBounded(t *testing.T, command *exec.Cmd) string {
	t.Helper()
	timer := time.AfterFunc(50*time.Second, func() { command.Process.Kill() })
	defer timer.Stop()
	output, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%.4000s", err, output)
	}
	return string(output)
}

// share prints a hash of the token that it gets.
func share(arguments []string) error {
	s, err := sandboxOfParent()
	if err != nil {
		return err
	}
	auth, err := personr.New(s.Email, s.Password, s.options(personr.WithTokenStore("file:"+arguments[0]))...)
	if err != nil {
		return err
	}
	defer auth.Close()
	header, err := auth.Authorization(context.Background())
	fmt.Printf("%x", sha256.Sum256([]byte(header)))
	return err
}

func TestProcessesShareATokenByFiles(t *testing.T) {
	s := startSandbox(t)
	folder := filepath.Join(t.TempDir(), "tokens")
	hashes := make([]string, 4)
	var group sync.WaitGroup
	for i := range hashes {
		group.Add(1)
		go func() {
			defer group.Done()
			output, err := inProcess(s, "share", []string{folder}).CombinedOutput()
			if err != nil {
				t.Errorf("%v: %s", err, output)
			}
			hashes[i] = string(output)
		}()
	}
	group.Wait()
	for _, hash := range hashes {
		equal(t, "token", hash, hashes[0])
	}
	equal(t, "logins", s.counters(t).Logins, 1)
}

// collect makes calls on 1,000 Auths, and has nothing of them but what the call itself holds, while the garbage collector
// runs without a pause: a handle that is freed by it during a call is used after it was freed.
func collect([]string) error {
	s, err := sandboxOfParent()
	if err != nil {
		return err
	}
	kept, err := personr.New(s.Email, s.Password, s.options()...)
	if err != nil {
		return err
	}
	defer kept.Close() // with its token, so that the others need no login
	if _, err := kept.Token(context.Background()); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() {
		for {
			select {
			case <-ended:
				return
			default:
				runtime.GC()
			}
		}
	}()
	defer close(ended)
	results := make(chan error)
	for range 20 {
		go func() {
			for range 50 {
				if err := useOnce(s); err != nil {
					results <- err
					return
				}
			}
			results <- nil
		}()
	}
	for range 20 {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}

// The string takes C long enough to decode that a collection begins and ends meanwhile.
var long = []byte(`{"f":"` + strings.Repeat("Zm9v", 1<<16) + `"}`)

// useOnce makes objects of every kind, of which each is garbage as soon as the call on it has begun.
func useOnce(s *sandbox) error {
	document, err := personr.ParseJSON(long)
	if err != nil {
		return err
	}
	if decoded, err := document.JSON().Bytes("/f"); err != nil || !bytes.Equal(decoded, bytes.Repeat([]byte("foo"), 1<<16)) {
		return fmt.Errorf("other bytes: %v", err)
	}
	ctx := context.Background()
	auth, err := personr.New(s.Email, s.Password, s.options()...)
	if err != nil {
		return err
	}
	token, err := auth.Token(ctx)
	if err != nil {
		return err
	}
	if header, err := auth.Authorization(ctx); err != nil || header != token.Authorization() {
		return fmt.Errorf("another header: %v", err)
	}
	response, err := auth.Do(ctx, createApplicant())
	if err != nil {
		return err
	}
	response, err = auth.Do(ctx, personr.NewRequest("api-applicant-details").
		AddText("applicantId", response.JSON().Text("/response/applicant_id")))
	if err != nil {
		return err
	}
	if email := response.JSON().Get("/response").Text("/email"); email != "maia@example.com" {
		return fmt.Errorf("another email: %q", email)
	}
	return nil
}

func TestNothingIsFreedDuringACall(t *testing.T) {
	s := startSandbox(t)
	// Freed memory is overwritten at once, on both sides.
	runBounded(t, inProcess(s, "collect", nil, "GODEBUG=clobberfree=1", "MALLOC_PERTURB_=165"))
	equal(t, "logins", s.counters(t).Logins, 1)
}

// wait has many goroutines wait at once, in a process that may have few threads.
func wait([]string) error {
	s, err := sandboxOfParent()
	if err != nil {
		return err
	}
	auth, err := personr.New(s.Email, s.Password, s.options()...)
	if err != nil {
		return err
	}
	before, err := descriptors()
	if err != nil {
		return err
	}
	// One more ends the process. Some are needed: Go begins another one when a call of C takes more than 20 µs, as it
	// does when a thread of the library is started, or when the system gives the processor to others.
	debug.SetMaxThreads(100)
	err = atOnce(12000, func() error {
		_, err := auth.Authorization(context.Background())
		return err
	}, func() error {
		held, err := descriptors()
		if err == nil && held > before+40 {
			err = fmt.Errorf("%d descriptors before, and %d while they wait", before, held)
		}
		for c := (counters{}); err == nil && c.Held == 0; {
			err = s.control("/counters", nil, &c)
		}
		return errors.Join(err, s.control("/release", object{}, nil))
	})
	if err == nil {
		err = atOnce(500, func() error {
			_, err := auth.Do(context.Background(), personr.NewRequest("api-applicant-status"))
			return err
		}, func() error { return nil })
	}
	if err != nil {
		return err
	}
	http.DefaultClient.CloseIdleConnections()
	auth.Close()
	// The poller's own two are made when they are needed; a thread of the library may be about to close its last.
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if after, err := descriptors(); err != nil || after <= before+2 {
			return err
		} else if time.Now().After(end) {
			return fmt.Errorf("%d descriptors before, %d after", before, after)
		}
	}
}

// atOnce makes calls at once, and calls meanwhile when all have begun.
func atOnce(count int, call, meanwhile func() error) error {
	results := make(chan error, count)
	var begun sync.WaitGroup
	begun.Add(count)
	for range count {
		go func() {
			begun.Done()
			results <- call()
		}()
	}
	begun.Wait()
	if err := meanwhile(); err != nil {
		return err
	}
	for range count {
		if err := <-results; err != nil {
			return err
		}
	}
	return nil
}

// descriptors returns how many this process has open.
func descriptors() (int, error) {
	entries, err := os.ReadDir("/proc/self/fd")
	return len(entries), err
}

func TestWaitingCostsNoThreads(t *testing.T) {
	if _, err := descriptors(); err != nil {
		t.Skip("SKIP the threads of those who wait: there is no /proc")
	}
	s := startSandbox(t)
	s.fault(t, "api-basic-auth", "hold")
	must(t, s.control("/fault", object{"action": object{"delay_ms": 300}, "path": "api-applicant-status", "always": true}, nil))
	runBounded(t, inProcess(s, "wait", nil))
	equal(t, "logins", s.counters(t).Logins, 1)
}

// goexit makes a call whose callback ends the goroutine.
func goexit([]string) error {
	s, err := sandboxOfParent()
	if err != nil {
		return err
	}
	auth, err := personr.New(s.Email, "", s.options(personr.WithCredentials(func(string) (string, error) {
		runtime.Goexit()
		return "", nil
	}))...)
	if err != nil {
		return err
	}
	defer func() { recover() }()
	_, err = auth.Login(context.Background())
	return err
}

func TestGoexitInACallbackEndsTheProcessAndSaysWhy(t *testing.T) {
	command := inProcess(startSandbox(t), "goexit", nil)
	timer := time.AfterFunc(20*time.Second, func() { command.Process.Kill() })
	defer timer.Stop()
	output, err := command.CombinedOutput()
	if err == nil || !strings.Contains(string(output), "panic: personr: the function of WithCredentials has called runtime.Goexit") {
		t.Errorf("%v\n%.2000s", err, output)
	}
}
