package personr

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Transport is an http.RoundTripper for requests to the service by net/http: it sets the Authorization header. If the
// service answers 401, it rejects the token, and repeats the request once with another one if its body can be had again:
// if there is none, or if the request has GetBody, as those of http.NewRequest for a bytes.Reader, bytes.Buffer or
// strings.Reader have.
//
//	client := &http.Client{Transport: &personr.Transport{Auth: auth}}
//
// The token goes to the origin (scheme, host and port) of the Auth's base URL alone. A request to any other, after a
// redirect for example, is sent without it, and so is a request that has an Authorization header already. Neither is
// repeated.
type Transport struct {
	// Auth is whose token is sent.
	Auth *Auth
	// Base sends the requests; http.DefaultTransport if it is nil.
	Base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	if !t.isOurs(request) {
		return t.base().RoundTrip(request)
	}
	authorization, err := t.Auth.Authorization(request.Context())
	if err != nil {
		closeBody(request)
		return nil, err
	}
	response, err := t.base().RoundTrip(authorized(request, authorization, request.Body))
	if err != nil || !isRefusal(response) {
		return response, err
	}
	if err := t.Auth.Reject(authorization); err != nil {
		return response, nil
	}
	return t.repeat(request, response)
}

// isOurs returns whether the token is for this request. One that is malformed is for Base to refuse.
func (t *Transport) isOurs(request *http.Request) bool {
	return request.URL != nil && request.Header != nil &&
		originOfURL(request.URL) == t.Auth.origin && request.Header.Get("Authorization") == ""
}

// repeat sends the request with another token. It returns the refusal if the body cannot be had again.
func (t *Transport) repeat(request *http.Request, refusal *http.Response) (*http.Response, error) {
	body := request.Body
	if body != nil && body != http.NoBody {
		if request.GetBody == nil {
			return refusal, nil
		}
		var err error
		if body, err = request.GetBody(); err != nil {
			return refusal, nil
		}
	}
	again := authorized(request, "", body)
	authorization, err := t.Auth.Authorization(request.Context())
	if err != nil {
		closeBody(again)
		refusal.Body.Close()
		return nil, err
	}
	again.Header.Set("Authorization", authorization)
	// What is left of the answer is read, so that its connection can be used again.
	io.CopyN(io.Discard, refusal.Body, 64<<10)
	refusal.Body.Close()
	response, err := t.base().RoundTrip(again)
	if err == nil && isRefusal(response) {
		t.Auth.Reject(authorization)
	}
	return response, err
}

// CloseIdleConnections closes those of Base. It makes http.Client.CloseIdleConnections work.
func (t *Transport) CloseIdleConnections() {
	if closer, ok := t.base().(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func (t *Transport) base() http.RoundTripper {
	if t.Base == nil {
		return http.DefaultTransport
	}
	return t.Base
}

// authorized returns a copy of the request: a RoundTripper must not change the one that it is given.
func authorized(request *http.Request, authorization string, body io.ReadCloser) *http.Request {
	clone := request.Clone(request.Context())
	clone.Header.Set("Authorization", authorization)
	clone.Body = body
	return clone
}

func closeBody(request *http.Request) {
	if request.Body != nil {
		request.Body.Close()
	}
}

// isRefusal returns whether the service refused the token. A web page is a firewall's answer, and must not cause logins.
func isRefusal(response *http.Response) bool {
	if response.StatusCode != http.StatusUnauthorized {
		return false
	}
	if strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		return false
	}
	reader := bufio.NewReader(response.Body)
	start, _ := reader.Peek(64)
	response.Body = struct {
		io.Reader
		io.Closer
	}{reader, response.Body}
	return !bytes.HasPrefix(bytes.TrimLeft(start, " \t\r\n\ufeff"), []byte("<"))
}

// originOf returns the origin of a URL that the library has accepted.
func originOf(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return "" // no request has this origin
	}
	return originOfURL(u)
}

// originOfURL returns scheme, host and port of a URL in one form.
func originOfURL(u *url.URL) string {
	scheme, port := strings.ToLower(u.Scheme), u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	return scheme + "://" + strings.ToLower(u.Hostname()) + ":" + port
}
