package personr

// #include "bridge.h"
import "C"

import (
	"bytes"
	"context"
	"encoding/json"
	"time"
)

// Format says how the fields of a request become its body.
type Format int32

const (
	// FormatMultipart makes a form of them (multipart/form-data). The default.
	FormatMultipart Format = C.PERSONR_FORMAT_MULTIPART
	// FormatJSON makes one JSON object of them.
	FormatJSON Format = C.PERSONR_FORMAT_JSON
)

// Encoding says how a file is sent.
type Encoding int32

const (
	// EncodingObject sends {"filename":"...","contents":"BASE64"}.
	EncodingObject Encoding = C.PERSONR_ENCODING_OBJECT
	// EncodingBase64 sends its Base64 as text.
	EncodingBase64 Encoding = C.PERSONR_ENCODING_BASE64
	// EncodingBinary sends it as it is, as a part of a form.
	EncodingBinary Encoding = C.PERSONR_ENCODING_BINARY
)

// Request is what is sent to one endpoint. Its methods return the request itself, so that they can be chained; the first
// thing that one of them finds wrong is what [Auth.Do] returns. One goroutine fills it; then any number may send it, and
// again. The library has its own copy of all that it holds, and wipes it.
type Request struct {
	object *object[*C.personr_request]
	err    error // the first thing that Go found wrong
}

// NewRequest makes a request to an endpoint under the base URL, such as "api-applicant-create".
func NewRequest(endpoint string) *Request {
	c, err := cstring("endpoint", endpoint)
	return &Request{newObject(C.personr_request_new(c), func(r *C.personr_request) { C.personr_request_free(r) }), err}
}

// set calls a setter or an adder. What C finds wrong stays in the C request, and so the result is not needed; but what Go
// finds wrong first must not be hidden by it.
func (r *Request) set(f func(*C.personr_request) error) *Request {
	c := r.object.acquire()
	if c == nil {
		r.fail(errClosed())
		return r
	}
	defer r.object.release()
	r.fail(f(c))
	return r
}

func (r *Request) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// add calls an adder with its strings: a name first.
func (r *Request) add(name, parameter, value string, f func(c *C.personr_request, name, value *C.char) C.personr_status) *Request {
	return r.set(func(c *C.personr_request) error {
		n, err := cstring("name", name)
		if err != nil {
			return err
		}
		v, err := cstring(parameter, value)
		if err != nil {
			return err
		}
		defer wipe(v)
		f(c, n, v)
		return nil
	})
}

// SetFormat sets how the fields become a body. It does not go with SetBody.
func (r *Request) SetFormat(format Format) *Request {
	return r.set(func(c *C.personr_request) error {
		C.personr_request_set_format(c, C.int32_t(format), nil)
		return nil
	})
}

// AddText adds a text.
func (r *Request) AddText(name, value string) *Request {
	return r.add(name, "value", value, func(c *C.personr_request, name, value *C.char) C.personr_status {
		return C.personr_request_add_text(c, name, value, nil)
	})
}

// AddJSON adds a value as JSON, as encoding/json writes it: a list, a number, a boolean. A [json.RawMessage] is sent as
// it is, after a look at whether it is JSON.
func (r *Request) AddJSON(name string, value any) *Request {
	text, err := marshal(value)
	if err != nil {
		r.fail(invalid("value", err.Error()))
		return r
	}
	return r.add(name, "json", text, func(c *C.personr_request, name, value *C.char) C.personr_status {
		return C.personr_request_add_json(c, name, value, nil)
	})
}

// marshal leaves <, > and & as they are: the service is no HTML page.
func marshal(value any) (string, error) {
	if raw, ok := value.(json.RawMessage); ok {
		return string(raw), nil
	}
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(value)
	return string(bytes.TrimSpace(text.Bytes())), err
}

// AddFile adds a file, which is read at each send, piece by piece: it never stands in memory whole. The service is told
// the last part of the path as its name.
func (r *Request) AddFile(name, path string, encoding Encoding) *Request {
	return r.add(name, "path", path, func(c *C.personr_request, name, path *C.char) C.personr_status {
		return C.personr_request_add_file(c, name, path, nil, C.int32_t(encoding), nil)
	})
}

// AddFileAs adds a file as [Request.AddFile] does. The service is told the given name.
func (r *Request) AddFileAs(name, path, fileName string, encoding Encoding) *Request {
	called, err := cstring("file_name", fileName)
	if err != nil {
		r.fail(err)
		return r
	}
	return r.add(name, "path", path, func(c *C.personr_request, name, path *C.char) C.personr_status {
		return C.personr_request_add_file(c, name, path, called, C.int32_t(encoding), nil)
	})
}

// AddBytes adds bytes as a file. EncodingBase64 does not use the file name.
func (r *Request) AddBytes(name string, contents []byte, fileName string, encoding Encoding) *Request {
	return r.add(name, "file_name", fileName, func(c *C.personr_request, name, fileName *C.char) C.personr_status {
		bytes, length := cbytes(contents)
		return C.personr_request_add_bytes(c, name, bytes, length, fileName, C.int32_t(encoding), nil)
	})
}

// SetBody sets a body that is sent as it stands, in place of fields.
func (r *Request) SetBody(contentType string, body []byte) *Request {
	return r.set(func(c *C.personr_request) error {
		t, err := cstring("content_type", contentType)
		if err != nil {
			return err
		}
		bytes, length := cbytes(body)
		C.personr_request_set_body(c, t, bytes, length, nil)
		return nil
	})
}

// SetRepeatable says whether it does no harm if the service does twice what is asked for, as with a request that only
// reads. Then it is sent again after a 5xx or a broken connection. It is not unless set.
func (r *Request) SetRepeatable(repeatable bool) *Request {
	return r.set(func(c *C.personr_request) error {
		C.personr_request_set_repeatable(c, cbool(repeatable), nil)
		return nil
	})
}

// SetTimeout sets how long [Auth.Do] may take in all: 1 ms to an hour, a minute unless set. A context may end it sooner.
func (r *Request) SetTimeout(timeout time.Duration) *Request {
	return r.set(func(c *C.personr_request) error {
		C.personr_request_set_timeout_ms(c, milliseconds(timeout), nil)
		return nil
	})
}

// SetMaxResponse sets how many bytes the body of an answer may have: 1 to 64 MiB, which is the default.
func (r *Request) SetMaxResponse(bytes int) *Request {
	return r.set(func(c *C.personr_request) error {
		C.personr_request_set_response_max(c, unsigned(bytes), nil)
		return nil
	})
}

// Close frees the request's memory, and wipes it.
func (r *Request) Close() error {
	r.object.close()
	return nil
}

// Do sends a request with a token that is good now, and reads the answer. Without an error the service has done it; an
// answer that is a refusal is an error, also with HTTP status 200.
//
// After a 401 the request is sent again with another token: the service runs nothing before it has accepted the token.
// What may have reached the service is not sent again, but for a 401, unless [Request.SetRepeatable] says that it may
// be. [Error.MayHaveRun] says whether a failed request may be sent again without harm.
func (a *Auth) Do(ctx context.Context, r *Request) (*Response, error) {
	auth, request := a.object.acquire(), r.object.acquire()
	if auth != nil {
		defer a.object.release()
	}
	if request != nil {
		defer r.object.release()
	}
	switch {
	case auth == nil || request == nil:
		return nil, errClosed()
	case r.err != nil:
		return nil, r.err
	case ctx.Err() != nil:
		return nil, cancelled(ctx)
	}
	op, err := a.startRequest(ctx, auth, request)
	if err != nil {
		return nil, err
	}
	defer op.free()
	op.wait(ctx)
	return a.responseOf(ctx, op)
}

// startRequest waits for its turn. A callback has its turn at once: the call that runs it may be one of those to wait for.
func (a *account) startRequest(ctx context.Context, auth *C.personr_auth, request *C.personr_request) (operation, error) {
	if C.personr_go_in_callback() == 0 {
		select {
		case a.starts <- struct{}{}:
			defer func() { <-a.starts }()
		case <-ctx.Done():
			return operation{}, cancelled(ctx)
		}
	}
	return a.start(func(op **C.personr_operation, e **C.personr_error) C.personr_status {
		return C.personr_request_start(auth, request, op, e)
	})
}

func (a *account) responseOf(ctx context.Context, op operation) (*Response, error) {
	var response *C.personr_response
	var problem *C.personr_error
	if status := C.personr_operation_response(op.c, &response, &problem); status != C.PERSONR_OK {
		return nil, a.failure(ctx, status, problem)
	}
	return &Response{newObject(response, func(r *C.personr_response) { C.personr_response_free(r) })}, nil
}
