package personr_test

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"personr"
)

// BenchmarkAuthorization is the hand-out of a token that is in hand. If PERSONR_HANDOUT names the program that
// testdata/handout.c becomes, the cost is also told as a multiple of C's.
func BenchmarkAuthorization(b *testing.B) {
	s := startSandbox(b)
	auth := s.auth(b)
	_, err := auth.Authorization(b.Context())
	must(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := auth.Authorization(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	if program := os.Getenv("PERSONR_HANDOUT"); program != "" {
		output, err := exec.Command(program, s.BaseURL, s.CAFile, s.Email, s.Password).Output()
		must(b, err)
		c, err := strconv.ParseFloat(strings.TrimSpace(string(output)), 64)
		must(b, err)
		b.ReportMetric(c, "C-ns/op")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/c, "times-C")
	}
}

func BenchmarkAuthorizationInParallel(b *testing.B) {
	s := startSandbox(b)
	auth := s.auth(b)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := auth.Authorization(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkToken(b *testing.B) {
	s := startSandbox(b)
	auth := s.auth(b)
	for b.Loop() {
		if _, err := auth.Token(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDo(b *testing.B) {
	s := startSandbox(b, "--plain-http")
	auth, err := personr.New(s.Email, s.Password, personr.WithBaseURL(s.BaseURL))
	must(b, err)
	defer auth.Close()
	request := createApplicant()
	for b.Loop() {
		response, err := auth.Do(b.Context(), request)
		must(b, err)
		response.Close()
	}
}
