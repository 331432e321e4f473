package personr_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the package has no use for, and why.
var unused = map[string]string{
	"personr_auth_login":             "operations do it without holding a thread",
	"personr_auth_token":             "the same",
	"personr_request_send":           "the same",
	"personr_operation_wait":         "Go's poller waits",
	"personr_operation_progress":     "not offered yet",
	"personr_library_version_number": "LibraryVersion is enough",
	"personr_json_string":            "personr_json_copy keeps a NUL",
	"personr_error_status":           "the call returns it",
	"PERSONR_BUFFER_TOO_SMALL":       "there is always room",
	"PERSONR_RECORD_MAX":             "the callback is told the capacity",
}

// What is new in the header is either used by the package or listed above.
func TestThePackageUsesAllOfTheHeader(t *testing.T) {
	folder, err := exec.Command("pkg-config", "--variable=includedir", "personr").Output()
	must(t, err)
	header, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(folder)), "personr.h"))
	must(t, err)
	files, err := filepath.Glob("*.[gc]*")
	must(t, err)
	var sources strings.Builder
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			text, err := os.ReadFile(file)
			must(t, err)
			sources.Write(text)
		}
	}
	used := map[string]bool{}
	for _, name := range regexp.MustCompile(`\b(personr_\w+|PERSONR_\w+)\b`).FindAllString(sources.String(), -1) {
		used[name] = true
	}
	names := regexp.MustCompile(`(?m)^[\w *]*?\b(personr_\w+)\(|^#define (PERSONR_[A-Z0-9_]+) -?\d`).FindAllStringSubmatch(string(header), -1)
	if len(names) < 100 {
		t.Fatalf("%d names in the header", len(names))
	}
	for _, match := range names {
		name := match[1] + match[2]
		_, isListed := unused[name]
		if used[name] == isListed && !strings.HasPrefix(name, "PERSONR_VERSION") {
			t.Errorf("%s: used: %v, listed as unused: %v", name, used[name], isListed)
		}
	}
}
