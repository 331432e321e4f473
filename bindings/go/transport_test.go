package personr_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"personr"
)

const applicant = `{"email":"maia@example.com","phone":"1","flowName":"Individual"}`

// trusting returns a Transport of net/http that trusts the roots in a PEM file alone.
func trusting(file string) *http.Transport {
	pem, _ := os.ReadFile(file)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
}

// client is one of net/http that trusts the sandbox.
func (s *sandbox) client(t testing.TB, auth *personr.Auth) *http.Client {
	t.Helper()
	base := trusting(s.CAFile)
	t.Cleanup(base.CloseIdleConnections)
	return &http.Client{Transport: &personr.Transport{Auth: auth, Base: base}}
}

func (s *sandbox) post(t testing.TB, client *http.Client, body io.Reader) int {
	t.Helper()
	response, err := client.Post(s.BaseURL+"/api-applicant-create", "application/json", body)
	must(t, err)
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	must(t, err)
	return response.StatusCode
}

func TestTransportAuthorisesAndRepeatsOnceAfterA401(t *testing.T) {
	s := startSandbox(t)
	client := s.client(t, s.auth(t))
	equal(t, "status", s.post(t, client, strings.NewReader(applicant)), 200)
	s.revoke(t)
	equal(t, "status", s.post(t, client, strings.NewReader(applicant)), 200)
	c := s.counters(t)
	equal(t, "logins", c.Logins, 2)
	equal(t, "requests", c.Endpoints["api-applicant-create"], 3)
}

// Its body is gone, but the token is known to be bad from then on.
func TestTransportCannotRepeatWhatCannotBeHadAgain(t *testing.T) {
	s := startSandbox(t)
	client := s.client(t, s.auth(t))
	equal(t, "status", s.post(t, client, strings.NewReader(applicant)), 200)
	s.revoke(t)
	once := func() io.Reader { return io.MultiReader(strings.NewReader(applicant)) }
	equal(t, "status", s.post(t, client, once()), 401)
	equal(t, "status", s.post(t, client, once()), 200)
	equal(t, "logins", s.counters(t).Logins, 2)
}

func TestTransportRepeatsNoMoreThanOnce(t *testing.T) {
	s := startSandbox(t)
	must(t, s.control("/fault", object{"action": object{"answer": object{"status": 401, "body": "{}"}}, "path": "api-applicant-create", "always": true}, nil))
	client := s.client(t, s.auth(t))
	equal(t, "status", s.post(t, client, strings.NewReader(applicant)), 401)
	equal(t, "requests", s.counters(t).Endpoints["api-applicant-create"], 2)
}

func TestTransportReturnsTheErrorOfALogin(t *testing.T) {
	s := startSandbox(t)
	auth, err := personr.New(s.Email, "wrong", s.options()...)
	must(t, err)
	defer auth.Close()
	body := &closing{Reader: strings.NewReader(applicant)}
	_, err = s.client(t, auth).Post(s.BaseURL+"/api-applicant-create", "application/json", body)
	if !errors.Is(err, personr.ErrInvalidCredentials) {
		t.Errorf("%v", err)
	}
	equal(t, "the body is closed", body.closed, true)
}

type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// service is a stand-in that answers logins, and all else as a test says.
type service struct {
	*httptest.Server
	logins atomic.Int32
}

func startService(t *testing.T, others http.HandlerFunc) (*service, *personr.Auth) {
	s := &service{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasSuffix(r.URL.Path, "/api-basic-auth") {
			others(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"status":"success","response":{"token":"token%d","user_id":"1x1","expires":31536000}}`, s.logins.Add(1))
	}))
	t.Cleanup(s.Close)
	auth, err := personr.New("maia@example.com", "p", personr.WithBaseURL(s.URL+"/api"))
	must(t, err)
	t.Cleanup(func() { auth.Close() })
	return s, auth
}

func TestTheTokenGoesToNoOtherOrigin(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "other "+r.Header.Get("Authorization"))
		if r.URL.Path == "/back" {
			http.Redirect(w, r, r.URL.Query().Get("to"), http.StatusTemporaryRedirect)
			return
		}
		w.WriteHeader(http.StatusUnauthorized) // and a refusal there is no reason to log in anew
	}))
	defer other.Close()
	var s *service
	s, auth := startService(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, "ours "+r.Header.Get("Authorization"))
		switch r.URL.Path {
		case "/away":
			http.Redirect(w, r, other.URL+"/x", http.StatusTemporaryRedirect)
		case "/away-and-back":
			http.Redirect(w, r, other.URL+"/back?to="+s.URL+"/end", http.StatusTemporaryRedirect)
		}
	})
	client := &http.Client{Transport: &personr.Transport{Auth: auth}}
	for _, url := range []string{s.URL + "/away", other.URL + "/x", s.URL + "/away-and-back", strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/alias"} {
		response, err := client.Post(url, "text/plain", strings.NewReader("x"))
		must(t, err)
		response.Body.Close()
	}
	want := []string{"ours Bearer token1", "other ", "other ", "ours Bearer token1", "other ", "ours Bearer token1", "ours "}
	equal(t, "Authorization headers", strings.Join(got, "; "), strings.Join(want, "; "))
	equal(t, "logins", s.logins.Load(), 1)
}

func TestAnAuthorizationOfOnesOwnIsLeftAlone(t *testing.T) {
	var got []string
	s, auth := startService(t, func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusUnauthorized)
	})
	request, err := http.NewRequest(http.MethodGet, s.URL+"/x", nil)
	must(t, err)
	request.Header.Set("Authorization", "Bearer mine")
	response, err := (&personr.Transport{Auth: auth}).RoundTrip(request)
	must(t, err)
	response.Body.Close()
	equal(t, "what was sent", strings.Join(got, "; "), "Bearer mine")
	equal(t, "logins", s.logins.Load(), 0)
}

// A firewall's 401 must not cause logins. Its page is handed on whole.
func TestA401ThatIsAPageIsNoRefusal(t *testing.T) {
	for kind, page := range map[string]string{"text/html; charset=utf-8": "blocked", "text/plain": "\n <html>blocked</html>"} {
		s, auth := startService(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, page)
		})
		request, err := http.NewRequest(http.MethodGet, s.URL+"/x", nil)
		must(t, err)
		response, err := (&personr.Transport{Auth: auth}).RoundTrip(request)
		must(t, err)
		body, err := io.ReadAll(response.Body)
		must(t, err)
		response.Body.Close()
		equal(t, "page", string(body), page)
		equal(t, "logins", s.logins.Load(), 1)
		equal(t, "the caller's request has got a header", request.Header.Get("Authorization"), "")
	}
}

func TestTransportObeysTheContextOfTheRequest(t *testing.T) {
	s := startSandbox(t)
	s.fault(t, "api-basic-auth", "hold")
	client := s.client(t, s.auth(t))
	ctx, cancel := context.WithCancel(t.Context())
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.BaseURL+"/api-applicant-create", strings.NewReader(applicant))
	must(t, err)
	result := make(chan error, 1)
	go func() { _, err := client.Do(request); result <- err }()
	s.waitUntil(t, "the login is out", func(c counters) bool { return c.Held == 1 })
	cancel()
	if err := <-result; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
