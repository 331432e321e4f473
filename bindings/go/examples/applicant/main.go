// The program applicant goes the way of an applicant, from the first request to the last: it creates one, uploads a
// document, starts the check, waits for its result, and downloads the documents.
//
//	PERSONR_EMAIL=… PERSONR_PASSWORD=… applicant passport.jpg FOLDER
//
// PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) are for another service than Personr's own, such as the sandbox.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"personr"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintf(os.Stderr, "usage: %s DOCUMENT FOLDER\n", os.Args[0])
		os.Exit(2)
	}
	// Ctrl-C ends whatever waits. A login that is out by then goes on, so that its token is not lost.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, document, folder string) error {
	auth, err := newAuth()
	if err != nil {
		return err
	}
	defer auth.Close()
	applicant, err := create(ctx, auth)
	if err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := upload(ctx, auth, applicant, document); err != nil {
		return fmt.Errorf("upload: %w", err)
	}
	if err := check(ctx, auth, applicant); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return download(ctx, auth, applicant, folder)
}

func newAuth() (*personr.Auth, error) {
	var options []personr.Option
	if url := os.Getenv("PERSONR_BASE_URL"); url != "" {
		options = append(options, personr.WithBaseURL(url))
	}
	if file := os.Getenv("PERSONR_CA_FILE"); file != "" {
		options = append(options, personr.WithCAFile(file))
	}
	return personr.New(os.Getenv("PERSONR_EMAIL"), os.Getenv("PERSONR_PASSWORD"), options...)
}

// about makes a request that names the applicant.
func about(applicant, endpoint string) *personr.Request {
	return personr.NewRequest(endpoint).AddText("applicantId", applicant)
}

// create makes another applicant at each call: it is not for repeating while MayHaveRun of its error says true.
func create(ctx context.Context, auth *personr.Auth) (string, error) {
	request := personr.NewRequest("api-applicant-create").
		AddText("email", "maia@example.com").
		AddText("phone", "+64211234567").
		AddText("flowName", "Individual")
	response, err := auth.Do(ctx, request)
	if err != nil {
		return "", err
	}
	defer response.Close()
	applicant := response.JSON().Text("/response/applicant_id")
	if applicant == "" {
		return "", errors.New("the answer names no applicant")
	}
	return applicant, nil
}

// upload sends the file as Base64 in JSON, piece by piece: it never stands in memory whole.
func upload(ctx context.Context, auth *personr.Auth, applicant, path string) error {
	request := about(applicant, "api-document-upload").
		SetFormat(personr.FormatJSON).
		AddText("docType", "PASSPORT").
		AddText("docCountryISO", "NZL").
		AddFile("docFile", path, personr.EncodingObject)
	response, err := auth.Do(ctx, request)
	if err != nil {
		return err
	}
	return response.Close()
}

// check starts the check, and prints how it has ended.
func check(ctx context.Context, auth *personr.Auth, applicant string) error {
	response, err := auth.Do(ctx, about(applicant, "api-request-applicant-check"))
	if err != nil {
		return err
	}
	response.Close()
	status := about(applicant, "api-applicant-status").SetRepeatable(true)
	for {
		response, err := auth.Do(ctx, status)
		if err != nil {
			return err
		}
		result := response.JSON().Text("/result/Status")
		response.Close()
		if result != "Pending" {
			fmt.Println("result:", result)
			return nil
		}
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// download saves the documents. A file appears whole or not at all, and nobody else may read it.
func download(ctx context.Context, auth *personr.Auth, applicant, folder string) error {
	response, err := auth.Do(ctx, about(applicant, "api-document-download"))
	if err != nil {
		return err
	}
	defer response.Close()
	answer := response.JSON()
	for i, document := range answer.Elements("/response/base64") {
		path := filepath.Join(folder, fmt.Sprintf("document-%d", i))
		if err := document.SaveBase64("", path); err != nil {
			return err
		}
		fmt.Printf("%s: %s\n", answer.At("/response/IdDocType", i).Text(""), path)
	}
	return nil
}
