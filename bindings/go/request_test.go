package personr_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"personr"
)

func createApplicant() *personr.Request {
	return personr.NewRequest("api-applicant-create").
		AddText("email", "maia@example.com").
		AddText("phone", "+64211234567").
		AddText("flowName", "Individual")
}

func TestTheWayOfAnApplicant(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	created, err := auth.Do(t.Context(), createApplicant().AddJSON("externalUserId", []string{"a&b", "c"}))
	must(t, err)
	id := created.JSON().Text("/response/applicant_id")
	equal(t, "HTTP status", created.HTTPStatus(), 200)
	if id == "" || !strings.HasPrefix(created.Header("Content-Type"), "application/json") {
		t.Fatalf("no applicant: %s", created.Body())
	}

	scan := bytes.Repeat([]byte("scan"), 1000)
	path := filepath.Join(t.TempDir(), "passport.jpg")
	must(t, os.WriteFile(path, scan, 0o600))
	about := func(endpoint string) *personr.Request {
		return personr.NewRequest(endpoint).AddText("applicantId", id)
	}
	for _, request := range []*personr.Request{
		about("api-document-upload").SetFormat(personr.FormatJSON).AddText("docType", "PASSPORT").AddFile("docFile", path, personr.EncodingObject),
		about("api-document-upload").AddText("docType", "VISA").AddFileAs("docFile", path, "visa.jpg", personr.EncodingBinary),
		about("api-document-upload").AddText("docType", "ID_CARD").AddBytes("docFile", scan, "id.jpg", personr.EncodingObject),
	} {
		_, err := auth.Do(t.Context(), request.SetTimeout(10*time.Second))
		must(t, err)
	}
	var names []string
	var raw json.RawMessage
	must(t, s.control("/uploads", nil, &raw))
	for _, name := range []string{"passport.jpg", "visa.jpg", "id.jpg"} {
		if strings.Contains(string(raw), `"`+name+`"`) {
			names = append(names, name)
		}
	}
	equal(t, "names that arrived", strings.Join(names, " "), "passport.jpg visa.jpg id.jpg")

	downloaded, err := auth.Do(t.Context(), about("api-document-download").SetRepeatable(true).SetMaxResponse(1<<20))
	must(t, err)
	equal(t, "documents", downloaded.JSON().Len("/response/base64"), 3)
	for i, document := range downloaded.JSON().Elements("/response/base64") {
		contents, err := document.Bytes("")
		must(t, err)
		equal(t, "a document is what was uploaded", bytes.Equal(contents, scan), true)
		saved := filepath.Join(t.TempDir(), "saved")
		must(t, document.SaveBase64("", saved))
		contents, err = os.ReadFile(saved)
		must(t, err)
		equal(t, "a saved one, too", bytes.Equal(contents, scan), true)
		if downloaded.JSON().At("/response/IdDocType", i).Text("") == "" {
			t.Error("a document has no type")
		}
	}
	var body bytes.Buffer
	_, err = downloaded.WriteTo(&body)
	must(t, err)
	equal(t, "WriteTo and Body", body.String(), string(downloaded.Body()))
	equal(t, "logins", s.counters(t).Logins, 1)
}

// collector is a writer during whose work the garbage collector runs.
type collector struct{ bytes.Buffer }

func (c *collector) Write(p []byte) (int, error) {
	for range 3 {
		runtime.GC()
		time.Sleep(time.Millisecond) // cleanups run in a goroutine of their own
	}
	return c.Buffer.Write(p)
}

func TestAResponseIsNotFreedWhileItIsWritten(t *testing.T) {
	s := startSandbox(t)
	response, err := s.auth(t).Do(t.Context(), createApplicant())
	must(t, err)
	want := response.Body()
	var c collector
	_, err = response.WriteTo(&c)
	must(t, err)
	equal(t, "body", c.String(), string(want))
}

// The documented answer has a comma too many: encoding/json refuses it.
func TestAnAnswerThatIsNoValidJSONIsDecoded(t *testing.T) {
	s := startSandbox(t)
	response, err := s.auth(t).Do(t.Context(), personr.NewRequest("api-applicant-status").AddText("applicantId", "1x2"))
	must(t, err)
	var answer struct {
		Result struct {
			Status  string
			Created string `json:"Created Date"`
		}
	}
	if json.Unmarshal(response.Body(), &answer) == nil {
		t.Error("the sandbox's answer is valid: this tests nothing")
	}
	must(t, response.Decode(&answer))
	equal(t, "status", answer.Result.Status, "Created")
	equal(t, "created", answer.Result.Created, response.JSON().Text("/result/Created Date"))
}

func TestDoRepeatsAfterA401(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	request := createApplicant()
	_, err := auth.Do(t.Context(), request)
	must(t, err)
	s.revoke(t)
	_, err = auth.Do(t.Context(), request)
	must(t, err)
	c := s.counters(t)
	equal(t, "logins", c.Logins, 2)
	equal(t, "401s", c.Unauthorized, 1)
}

func TestARefusalWithHTTPStatus200(t *testing.T) {
	s := startSandbox(t)
	s.fault(t, "api-applicant-create", object{"documented": "workspace_not_found"})
	_, err := s.auth(t).Do(t.Context(), createApplicant())
	var e *personr.Error
	if !errors.Is(err, personr.ErrRejected) || !errors.As(err, &e) {
		t.Fatalf("%v", err)
	}
	equal(t, "HTTP status", e.HTTPStatus, 200)
	equal(t, "may have run", e.MayHaveRun, true)
	equal(t, "what the service says", e.JSON().Text("/response"), "Workspace not found")
	equal(t, "body", bytes.Contains(e.Body(), []byte("Workspace not found")), true)
	equal(t, "the text of the error", strings.Contains(err.Error(), "Workspace"), false)
}

func TestATimeoutOfARequest(t *testing.T) {
	s := startSandbox(t)
	s.fault(t, "api-applicant-create", "stall")
	_, err := s.auth(t).Do(t.Context(), createApplicant().SetTimeout(300*time.Millisecond))
	var e *personr.Error
	if !errors.As(err, &e) || !errors.Is(err, personr.ErrTimeout) || !e.Timeout() || !e.MayHaveRun {
		t.Fatalf("%v", err)
	}
}

func TestTheEndOfAContextEndsARequest(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	s.fault(t, "api-applicant-create", "hold")
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { _, err := auth.Do(ctx, createApplicant()); result <- err }()
	s.waitUntil(t, "the request is out", func(c counters) bool { return c.Held == 1 })
	cancel()
	var e *personr.Error
	if err := <-result; !errors.Is(err, context.Canceled) || !errors.As(err, &e) || !e.MayHaveRun {
		t.Errorf("%v", err)
	}
	if _, err := auth.Do(canceled(), createApplicant()); !errors.Is(err, context.Canceled) || !errors.As(err, &e) || e.MayHaveRun {
		t.Errorf("a context that had ended before: %v", err)
	}
}

func TestWhatIsWrongWithARequestIsTheErrorOfDo(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	closedRequest := createApplicant()
	closedRequest.Close()
	for what, request := range map[string]*personr.Request{
		"endpoint: it has a NUL":     personr.NewRequest("api\x00x"),
		"endpoint":                   personr.NewRequest("../x"),
		"value: it has a NUL":        createApplicant().AddText("x", "a\x00b").AddText("y", "z"),
		"name: it has a NUL":         createApplicant().AddText("a\x00b", "x"),
		"file_name: it has a NUL":    createApplicant().AddFileAs("x", "/etc/passwd", "a\x00b", personr.EncodingObject),
		"name":                       createApplicant().AddText("", "x"),
		"json":                       createApplicant().AddJSON("x", json.RawMessage("{")),
		"value":                      createApplicant().AddJSON("x", func() {}),
		"content_type: it has a NUL": createApplicant().SetBody("a\x00b", nil),
		"encoding":                   createApplicant().AddFile("x", "y", 9),
		"timeout_ms":                 createApplicant().SetTimeout(0),
		"response_max":               createApplicant().SetMaxResponse(-1),
		"format":                     createApplicant().SetFormat(9),
		"Close has been called":      closedRequest,
	} {
		_, err := auth.Do(t.Context(), request)
		if !errors.Is(err, personr.ErrInvalidArgument) || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := auth.Do(t.Context(), createApplicant().AddFile("docFile", "/nowhere/scan.pdf", personr.EncodingBinary))
	if !errors.Is(err, personr.ErrFile) || strings.Contains(err.Error(), "nowhere") {
		t.Errorf("a file that is not there: %v", err)
	}
	equal(t, "applicants", s.counters(t).Endpoints["api-applicant-create"], 0)
}

func TestABodyOfOnesOwn(t *testing.T) {
	s := startSandbox(t)
	auth := s.auth(t)
	body, _ := json.Marshal(object{"email": "a@example.com", "phone": "1", "flowName": "Individual"})
	_, err := auth.Do(t.Context(), personr.NewRequest("api-applicant-create").SetBody("application/json", body))
	must(t, err)
}
