package personr_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"testing"
	"time"

	"personr"
)

// sandbox is a stand-in for the service: the program that the environment variable PERSONR_SANDBOX names.
type sandbox struct {
	BaseURL    string `json:"base_url"`
	CAFile     string `json:"ca_file"`
	ControlURL string `json:"control_url"`
	Email      string `json:"email"`
	Password   string `json:"password"`
}

// startSandbox starts a sandbox that ends with the test.
func startSandbox(t testing.TB, args ...string) *sandbox {
	t.Helper()
	s, stop, err := runSandbox(args...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return s
}

func runSandbox(args ...string) (s *sandbox, stop func(), err error) {
	command := exec.Command(os.Getenv("PERSONR_SANDBOX"), append(args, "--wait-stdin")...)
	stdin, err := command.StdinPipe() // its end is the sandbox's, also if the test is killed
	if err != nil {
		return nil, nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, nil, err
	}
	if err := command.Start(); err != nil {
		return nil, nil, err
	}
	stop = func() {
		stdin.Close()
		command.Wait()
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &s)
	}
	return s, stop, err
}

// control calls the sandbox's control interface.
func (s *sandbox) control(path string, body, answer any) error {
	method, text := http.MethodGet, []byte(nil)
	if body != nil {
		method = http.MethodPost
		text, _ = json.Marshal(body)
	}
	request, err := http.NewRequest(method, s.ControlURL+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err = io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= 400 {
		err = fmt.Errorf("%s: %s", path, text)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(text, answer)
	}
	return err
}

type object = map[string]any

// fault orders what happens to the next request to an endpoint.
func (s *sandbox) fault(t testing.TB, endpoint string, action any) {
	t.Helper()
	must(t, s.control("/fault", object{"action": action, "path": endpoint}, nil))
}

// revoke ends all tokens, as a login elsewhere does.
func (s *sandbox) revoke(t testing.TB) {
	t.Helper()
	must(t, s.control("/revoke", object{}, nil))
}

func (s *sandbox) release(t testing.TB) {
	t.Helper()
	must(t, s.control("/release", object{}, nil))
}

type counters struct {
	Logins       int            `json:"logins"`
	Issued       int            `json:"tokens_issued"`
	Refused      int            `json:"refused_logins"`
	Unauthorized int            `json:"unauthorized"`
	Held         int            `json:"held"`
	Requests     int            `json:"requests"`
	Endpoints    map[string]int `json:"endpoints"`
}

func (s *sandbox) counters(t testing.TB) (c counters) {
	t.Helper()
	must(t, s.control("/counters", nil, &c))
	return c
}

// waitUntil returns when the counters are as they are to be.
func (s *sandbox) waitUntil(t testing.TB, what string, is func(counters) bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(s.counters(t)); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain for: %s: %+v", what, s.counters(t))
		}
	}
}

func (s *sandbox) options(opts ...personr.Option) []personr.Option {
	return append([]personr.Option{personr.WithBaseURL(s.BaseURL), personr.WithCAFile(s.CAFile)}, opts...)
}

// login makes an Auth that ends with the test.
func (s *sandbox) auth(t testing.TB, opts ...personr.Option) *personr.Auth {
	t.Helper()
	auth, err := personr.New(s.Email, s.Password, s.options(opts...)...)
	must(t, err)
	t.Cleanup(func() { auth.Close() })
	return auth
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// equal compares what a test got with what it wants.
func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// roles are what this program does when a test starts it as another process.
var roles = map[string]func(arguments []string) error{}

// TestMain needs the sandbox: without it nothing can be tested.
func TestMain(m *testing.M) {
	if role := os.Getenv("PERSONR_TEST_ROLE"); role != "" {
		if err := roles[role](os.Args[1:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if os.Getenv("PERSONR_SANDBOX") == "" {
		fmt.Println("SKIP all: PERSONR_SANDBOX does not name the program personr-sandbox")
		return
	}
	stop := startForExamples()
	result := m.Run()
	stop()
	os.Exit(result)
}

// startForExamples starts a sandbox for the examples, which find it in the environment, as a program does.
func startForExamples() (stop func()) {
	s, stop, err := runSandbox()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Setenv("PERSONR_BASE_URL", s.BaseURL)
	os.Setenv("PERSONR_CA_FILE", s.CAFile)
	os.Setenv("PERSONR_EMAIL", s.Email)
	os.Setenv("PERSONR_PASSWORD", s.Password)
	return stop
}

// process starts this program again in a role, with more variables in its environment.
func process(role string, arguments []string, variables ...string) *exec.Cmd {
	command := exec.Command(os.Args[0], arguments...)
	command.Env = append(append(os.Environ(), "PERSONR_TEST_ROLE="+role), variables...)
	return command
}
