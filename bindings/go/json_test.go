package personr_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"personr"
)

// A comma too many, one too few, a tab in a string, a doubled name, a NUL in a string.
const untidy = `{"a":[1,2.5,1e3,"x",],"b":{"c/d":"t	b" "e":true,},"n":null,"a2":"first","a2":"last","z":"1\u00002","f":"Zm9v"}`

func parse(t *testing.T, text string) personr.JSON {
	t.Helper()
	document, err := personr.ParseJSON([]byte(text))
	must(t, err)
	t.Cleanup(func() { document.Close() })
	return document.JSON()
}

func TestValuesOfADocument(t *testing.T) {
	j := parse(t, untidy)
	equal(t, "string", j.Text("/b/c~1d"), "t\tb")
	equal(t, "number as it stands", j.Text("/a/2"), "1e3")
	equal(t, "boolean as it stands", j.Text("/b/e"), "true")
	equal(t, "object", j.Text("/b"), "")
	equal(t, "missing", j.Text("/b/x"), "")
	equal(t, "the last of doubled names", j.Text("/a2"), "last")
	equal(t, "a NUL in a string", j.Text("/z"), "1\x002")
	equal(t, "elements", j.Len("/a"), 4)
	equal(t, "members", j.Len("/b"), 2)
	equal(t, "element", j.At("/a", 3).Text(""), "x")
	equal(t, "element -1", j.At("/a", -1).Type(""), personr.TypeMissing)
	equal(t, "Get", j.Get("/b").Get("/e").Type(""), personr.TypeBoolean)
	equal(t, "null", j.Type("/n"), personr.TypeNull)
	equal(t, "a pointer with a NUL", j.Type("/n\x00"), personr.TypeMissing)

	whole, err := j.Int("/a/2")
	must(t, err)
	equal(t, "Int", whole, 1000)
	real, err := j.Float("/a/1")
	must(t, err)
	equal(t, "Float", real, 2.5)
	is, err := j.Bool("/b/e")
	must(t, err)
	equal(t, "Bool", is, true)
	foo, err := j.Bytes("/f")
	must(t, err)
	equal(t, "Bytes", string(foo), "foo")
	raw, err := j.Raw("/a")
	must(t, err)
	equal(t, "Raw", string(raw), `[1,2.5,1e3,"x",]`)

	var names []string
	for name, value := range j.Members("/b") {
		names = append(names, name+"="+value.Text(""))
	}
	equal(t, "Members", strings.Join(names, ","), "c/d=t\tb,e=true")
	for i, element := range j.Elements("/a") {
		equal(t, "Elements", element.Text(""), j.At("/a", i).Text(""))
	}
	for range j.Elements("/b") {
		t.Error("an object has elements")
	}
}

func TestValuesThatAreNotThere(t *testing.T) {
	j := parse(t, untidy)
	for reason, call := range map[string]func() error{
		"json-range":   func() error { _, err := j.Int("/a/1"); return err },
		"json-type":    func() error { _, err := j.Float("/b"); return err },
		"json-missing": func() error { _, err := j.Bool("/c"); return err },
		"json-base64":  func() error { _, err := j.Bytes("/b/c~1d"); return err },
	} {
		var e *personr.Error
		if err := call(); !errors.As(err, &e) || e.Reason != reason || !errors.Is(err, personr.ErrNoValue) {
			t.Errorf("%s: %v", reason, err)
		}
	}
	for name, call := range map[string]func(pointer string) error{
		"Int":        func(p string) error { _, err := j.Int(p); return err },
		"Raw":        func(p string) error { _, err := j.Raw(p); return err },
		"SaveBase64": func(p string) error { return j.SaveBase64(p, "/nowhere/x") },
	} {
		for _, pointer := range []string{"a", "/a\x00"} {
			if err := call(pointer); !errors.Is(err, personr.ErrInvalidArgument) {
				t.Errorf("%s(%q): %v", name, pointer, err)
			}
		}
	}
	var zero personr.JSON
	equal(t, "zero", zero.Type(""), personr.TypeMissing)
	if err := zero.Decode("", new(any)); !errors.Is(err, personr.ErrNoValue) {
		t.Errorf("Decode of what is missing: %v", err)
	}
}

func TestDecodeTidiesUp(t *testing.T) {
	j := parse(t, untidy)
	var all struct {
		A  []any
		B  map[string]any
		N  *int
		A2 string
		Z  string
	}
	must(t, j.Decode("", &all))
	equal(t, "decoded", fmt.Sprintln(all.A, all.B, all.N, all.A2, all.Z), "[1 2.5 1000 x] map[c/d:t\tb e:true] <nil> last 1\x002\n")
	var name string
	must(t, j.Decode("/a2", &name))
	equal(t, "a part", name, "last")
	text, err := json.Marshal(object{"it": j.Get("/b")})
	must(t, err)
	equal(t, "in another document", string(text), `{"it":{"c/d":"t\tb","e":true}}`)
}

func TestADocumentThatIsClosed(t *testing.T) {
	document, err := personr.ParseJSON([]byte(untidy))
	must(t, err)
	j := document.JSON()
	part := j.Get("/b")
	document.Close()
	equal(t, "whole", j.Type(""), personr.TypeMissing)
	equal(t, "part", part.Text("/c~1d"), "")
	equal(t, "document", document.JSON().Type(""), personr.TypeMissing)
}

func TestWhatIsNoJSON(t *testing.T) {
	for _, text := range []string{"", "{", "{\"secret\":"} {
		_, err := personr.ParseJSON([]byte(text))
		var e *personr.Error
		if !errors.As(err, &e) || e.Reason != "json" || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", text, err)
		}
	}
	if text := fmt.Sprintf("%v %+v", parse(t, untidy), parse(t, untidy)); strings.Contains(text, "last") {
		t.Errorf("printing a value shows it: %s", text)
	}
}
