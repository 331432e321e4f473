package personr_test

import (
	"debug/elf"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The example as it was compiled by test.sh: with the shared library, with the archive, and static as a whole.
func TestTheExampleGoesTheWayOfAnApplicant(t *testing.T) {
	programs := strings.Fields(os.Getenv("PERSONR_PROGRAMS"))
	if len(programs) == 0 {
		t.Skip("SKIP the example: PERSONR_PROGRAMS names no programs")
	}
	scan := filepath.Join(t.TempDir(), "passport.jpg")
	must(t, os.WriteFile(scan, []byte("scan"), 0o600))
	for _, program := range programs {
		equal(t, program+" needs libpersonr", needsLibrary(t, program), filepath.Base(program) == "shared")
		// The name is looked up by the C library, which a static program may be unable to do.
		for _, host := range []string{"127.0.0.1", "localhost"} {
			t.Run(filepath.Base(program)+" "+host, func(t *testing.T) {
				t.Parallel()
				s := startSandbox(t, "--plain-http") // its own: programs of one account would end each other's tokens
				folder := t.TempDir()
				command := exec.Command(program, scan, folder)
				command.Env = append(os.Environ(), "PERSONR_BASE_URL="+strings.Replace(s.BaseURL, "127.0.0.1", host, 1),
					"PERSONR_CA_FILE=", "PERSONR_EMAIL="+s.Email, "PERSONR_PASSWORD="+s.Password)
				output := runBounded(t, command)
				saved := filepath.Join(folder, "document-0")
				equal(t, "output", output, "result: Approved\nPASSPORT: "+saved+"\n")
				contents, err := os.ReadFile(saved)
				must(t, err)
				equal(t, "the document is what was uploaded", string(contents), "scan")
			})
		}
	}
}

// needsLibrary returns whether the program wants libpersonr.so when it starts.
func needsLibrary(t *testing.T, program string) bool {
	t.Helper()
	file, err := elf.Open(program)
	if err != nil {
		t.Skip("SKIP what the example needs: its program is no ELF") // another system's programs
	}
	defer file.Close()
	libraries, err := file.ImportedLibraries()
	must(t, err)
	return strings.Contains(strings.Join(libraries, " "), "libpersonr")
}
