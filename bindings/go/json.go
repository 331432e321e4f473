package personr

// #include "bridge.h"
import "C"

import (
	"iter"
	"strconv"
	"unsafe"
)

// JSON is a value of a JSON document: the whole, or a part. The zero JSON is a value that is missing. It is valid as long
// as what it came from is not closed; then it is missing, too. Any number of goroutines may use it at once.
//
// Its methods take a JSON pointer (RFC 6901), which says where to go from there: "" is the value itself,
// "/response/base64/0" the first element of the member "base64" of the member "response". In a name "~1" stands for "/"
// and "~0" for "~".
//
// Documents are read as the service writes them: also with a comma after the last member, with none before a member's
// name, with raw control characters in a string, and with bytes that are no UTF-8. encoding/json refuses such documents.
type JSON struct {
	document holder
	json     *C.personr_json
}

// holder is the object that a JSON is borrowed from.
type holder interface {
	hold() bool
	release()
}

// Document is a JSON document of the application's own.
type Document struct {
	object *object[*C.personr_json]
}

// ParseJSON reads a JSON document: the body of a webhook, say. It is copied.
func ParseJSON(text []byte) (*Document, error) {
	var document *C.personr_json
	var problem *C.personr_error
	bytes, length := cbytes(text)
	if status := C.personr_json_parse(bytes, length, &document, &problem); status != C.PERSONR_OK {
		return nil, failure(status, problem, nil)
	}
	return &Document{newObject(document, func(d *C.personr_json) { C.personr_json_free(d) })}, nil
}

// JSON returns the whole document.
func (d *Document) JSON() JSON {
	c := d.object.acquire()
	if c == nil {
		return JSON{}
	}
	defer d.object.release()
	return JSON{d.object, c}
}

// Close frees the document's memory, and wipes it.
func (d *Document) Close() error {
	d.object.close()
	return nil
}

// Type is that of a JSON value.
type Type int32

// The types of JSON values.
const (
	TypeMissing Type = C.PERSONR_TYPE_MISSING
	TypeNull    Type = C.PERSONR_TYPE_NULL
	TypeBoolean Type = C.PERSONR_TYPE_BOOLEAN
	TypeNumber  Type = C.PERSONR_TYPE_NUMBER
	TypeString  Type = C.PERSONR_TYPE_STRING
	TypeArray   Type = C.PERSONR_TYPE_ARRAY
	TypeObject  Type = C.PERSONR_TYPE_OBJECT
)

// read calls f with what C needs. If the document is closed, or the pointer has a NUL, nothing is there: then f gets NULL.
func read[T any](j JSON, pointer string, f func(json *C.personr_json, pointer *C.char) T) T {
	at, err := cstring("pointer", pointer)
	if j.json == nil || err != nil || !j.document.hold() {
		at, _ = cstring("pointer", "")
		return f(nil, at)
	}
	defer j.document.release()
	return f(j.json, at)
}

// Type returns the type of the value at the pointer.
func (j JSON) Type(pointer string) Type {
	return read(j, pointer, func(json *C.personr_json, at *C.char) Type { return Type(C.personr_json_type(json, at)) })
}

// Get returns the value at the pointer, to go on from there.
func (j JSON) Get(pointer string) JSON {
	return read(j, pointer, func(json *C.personr_json, at *C.char) JSON {
		return JSON{j.document, C.personr_json_get(json, at)}
	})
}

// At returns an element of the array at the pointer, or the value of a member of the object there, by its number from 0.
// There is none with a negative number: for C it is one beyond every end.
func (j JSON) At(pointer string, index int) JSON {
	return read(j, pointer, func(json *C.personr_json, at *C.char) JSON {
		return JSON{j.document, C.personr_json_at(json, at, C.size_t(index))}
	})
}

// Len returns how many elements the array at the pointer has, or how many members the object there.
func (j JSON) Len(pointer string) int {
	return read(j, pointer, func(json *C.personr_json, at *C.char) int { return int(C.personr_json_count(json, at)) })
}

// Elements returns the elements of the array at the pointer with their numbers.
func (j JSON) Elements(pointer string) iter.Seq2[int, JSON] {
	return func(yield func(int, JSON) bool) {
		array := j.Get(pointer)
		if array.Type("") != TypeArray {
			return
		}
		for i := range array.Len("") {
			if !yield(i, array.At("", i)) {
				return
			}
		}
	}
}

// Members returns the members of the object at the pointer: their names and values.
func (j JSON) Members(pointer string) iter.Seq2[string, JSON] {
	return func(yield func(string, JSON) bool) {
		object := j.Get(pointer)
		if object.Type("") != TypeObject {
			return
		}
		for i := range object.Len("") {
			name := read(object, "", func(json *C.personr_json, at *C.char) string {
				return C.GoString(C.personr_json_name(json, at, C.size_t(i)))
			})
			if !yield(name, object.At("", i)) {
				return
			}
		}
	}
}

// Text returns what the string at the pointer says, or a number or boolean as it stands in the document; else "".
func (j JSON) Text(pointer string) string {
	switch j.Type(pointer) {
	case TypeString, TypeNumber, TypeBoolean:
		text, _ := j.Raw(pointer)
		return string(text)
	}
	return ""
}

// Raw returns what a string says, or any other value but null as it stands in the document, byte for byte.
func (j JSON) Raw(pointer string) ([]byte, error) {
	return fill(j, pointer, 1, func(json *C.personr_json, at *C.char, buffer []byte, length *C.size_t, e **C.personr_error) C.personr_status {
		return C.personr_json_copy(json, at, (*C.char)(unsafe.Pointer(unsafe.SliceData(buffer))), C.size_t(len(buffer)), length, e)
	})
}

// Bytes decodes the Base64 of a string. For large ones there is [JSON.SaveBase64].
func (j JSON) Bytes(pointer string) ([]byte, error) {
	return fill(j, pointer, 0, func(json *C.personr_json, at *C.char, buffer []byte, length *C.size_t, e **C.personr_error) C.personr_status {
		return C.personr_json_bytes(json, at, (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(buffer))), C.size_t(len(buffer)), length, e)
	})
}

// fill asks C for a length, and then for so many bytes; behind them there is room for C's NUL if it writes one.
func fill(j JSON, pointer string, room int, get func(*C.personr_json, *C.char, []byte, *C.size_t, **C.personr_error) C.personr_status) ([]byte, error) {
	if _, err := cstring("pointer", pointer); err != nil {
		return nil, err
	}
	var problem *C.personr_error
	var bytes []byte
	status := read(j, pointer, func(json *C.personr_json, at *C.char) C.personr_status {
		var length C.size_t
		status := get(json, at, nil, &length, nil)
		if status == C.PERSONR_OK {
			return status
		}
		buffer := make([]byte, int(length)+room)
		status = get(json, at, buffer, &length, &problem)
		bytes = buffer[:length]
		return status
	})
	if status != C.PERSONR_OK {
		return nil, failure(status, problem, nil)
	}
	return bytes, nil
}

// Int returns the number at the pointer, if it is whole and fits.
func (j JSON) Int(pointer string) (int64, error) {
	var value C.int64_t
	err := j.get(pointer, func(json *C.personr_json, at *C.char, e **C.personr_error) C.personr_status {
		return C.personr_json_integer(json, at, &value, e)
	})
	return int64(value), err
}

// Float returns the number at the pointer.
func (j JSON) Float(pointer string) (float64, error) {
	var value C.double
	err := j.get(pointer, func(json *C.personr_json, at *C.char, e **C.personr_error) C.personr_status {
		return C.personr_json_number(json, at, &value, e)
	})
	return float64(value), err
}

// Bool returns the boolean at the pointer.
func (j JSON) Bool(pointer string) (bool, error) {
	var value C.int32_t
	err := j.get(pointer, func(json *C.personr_json, at *C.char, e **C.personr_error) C.personr_status {
		return C.personr_json_boolean(json, at, &value, e)
	})
	return value != 0, err
}

// SaveBase64 decodes the Base64 of a string into a file, which appears whole or not at all. Memory does not hold it. The
// file's owner alone may read and write it. It replaces a regular file at the path, and nothing else.
func (j JSON) SaveBase64(pointer, path string) error {
	p, err := cstring("path", path)
	if err != nil {
		return err
	}
	return j.get(pointer, func(json *C.personr_json, at *C.char, e **C.personr_error) C.personr_status {
		return C.personr_json_save_base64(json, at, p, e)
	})
}

// get calls a function of C that may fail.
func (j JSON) get(pointer string, f func(*C.personr_json, *C.char, **C.personr_error) C.personr_status) error {
	if _, err := cstring("pointer", pointer); err != nil {
		return err
	}
	var problem *C.personr_error
	status := read(j, pointer, func(json *C.personr_json, at *C.char) C.personr_status { return f(json, at, &problem) })
	if status != C.PERSONR_OK {
		return failure(status, problem, nil)
	}
	return nil
}

// String returns the number of the type, and never the value: documents of the service hold personal data, which a log
// must not show by accident. [JSON.Text] returns the value.
func (j JSON) String() string {
	return "personr.JSON[type " + strconv.Itoa(int(j.Type(""))) + "]"
}
