package personr

// #include "bridge.h"
import "C"

import (
	"io"
	"unsafe"
)

// Response is the answer to a request that the service has done. It never changes; any number of goroutines may use it
// at once. Close it if it is large: the garbage collector does not see its memory.
type Response struct {
	object *object[*C.personr_response]
}

// HTTPStatus returns the HTTP status, 200 to 299.
func (r *Response) HTTPStatus() int {
	c := r.object.acquire()
	if c == nil {
		return 0
	}
	defer r.object.release()
	return int(C.personr_response_http_status(c))
}

// Header returns a header by its name in capital or small letters, the first of several; "" if there is none.
func (r *Response) Header(name string) string {
	c := r.object.acquire()
	if c == nil {
		return ""
	}
	defer r.object.release()
	n, err := cstring("name", name)
	if err != nil {
		return ""
	}
	return C.GoString(C.personr_response_header(c, n))
}

// Body returns a copy of the body.
func (r *Response) Body() []byte {
	c := r.object.acquire()
	if c == nil {
		return nil
	}
	defer r.object.release()
	var length C.size_t
	body := C.personr_response_body(c, &length)
	return copied(body, length)
}

// WriteTo writes the body without a copy of it in between. It implements io.WriterTo.
func (r *Response) WriteTo(w io.Writer) (int64, error) {
	c := r.object.acquire()
	if c == nil {
		return 0, errClosed()
	}
	defer r.object.release()
	var length C.size_t
	body := C.personr_response_body(c, &length)
	n, err := w.Write(unsafe.Slice((*byte)(unsafe.Pointer(body)), int(length)))
	return int64(n), err
}

// JSON returns the answer as JSON. If it is none, all values of it are missing.
func (r *Response) JSON() JSON {
	c := r.object.acquire()
	if c == nil {
		return JSON{}
	}
	defer r.object.release()
	return JSON{r.object, C.personr_response_json(c)}
}

// Decode stores the answer in what v points to, by the rules of encoding/json. It understands the answers of the service
// that are documented and no valid JSON, too: see [JSON].
func (r *Response) Decode(v any) error {
	return r.JSON().Decode("", v)
}

// Close frees the response's memory, and wipes it. Afterwards it is empty, and so is what JSON returned.
func (r *Response) Close() error {
	r.object.close()
	return nil
}
