package personr_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"time"

	"personr"
)

func newAuth() *personr.Auth {
	auth, err := personr.New(os.Getenv("PERSONR_EMAIL"), os.Getenv("PERSONR_PASSWORD"),
		personr.WithBaseURL(os.Getenv("PERSONR_BASE_URL")),
		personr.WithCAFile(os.Getenv("PERSONR_CA_FILE")))
	if err != nil {
		log.Fatal(err)
	}
	return auth
}

func ExampleNew() {
	auth, err := personr.New(os.Getenv("PERSONR_EMAIL"), os.Getenv("PERSONR_PASSWORD"),
		personr.WithBaseURL(os.Getenv("PERSONR_BASE_URL")), // a sandbox's, with its CA
		personr.WithCAFile(os.Getenv("PERSONR_CA_FILE")),
		personr.WithTimeout(10*time.Second),
		personr.WithLogger(slog.Default()))
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()
	fmt.Println(auth.State())
	// Output: empty
}

func ExampleAuth_Authorization() {
	auth := newAuth()
	defer auth.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()

	header, err := auth.Authorization(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(strings.HasPrefix(header, "Bearer "))
	// Output: true
}

func ExampleAuth_Do() {
	auth := newAuth()
	defer auth.Close()

	request := personr.NewRequest("api-applicant-create").
		AddText("email", "maia@example.com").
		AddText("phone", "+64211234567").
		AddText("flowName", "Individual").
		AddJSON("externalUserId", []string{"0b56", "0b57"})
	response, err := auth.Do(context.Background(), request)
	if err != nil {
		log.Fatal(err)
	}
	defer response.Close()

	var answer struct {
		Response struct {
			ApplicantID string `json:"applicant_id"`
		}
	}
	if err := response.Decode(&answer); err != nil {
		log.Fatal(err)
	}
	fmt.Println(answer.Response.ApplicantID == response.JSON().Text("/response/applicant_id"))
	// Output: true
}

func ExampleTransport() {
	auth := newAuth()
	defer auth.Close()

	// In an application whose service is the real one, Base is left out.
	client := &http.Client{Transport: &personr.Transport{Auth: auth, Base: trusting(os.Getenv("PERSONR_CA_FILE"))}}
	body := `{"applicantId":"1670035114445x631333625381113500"}`
	response, err := client.Post(os.Getenv("PERSONR_BASE_URL")+"/api-applicant-details", "application/json", strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	defer response.Body.Close()
	fmt.Println(response.Status)
	// Output: 200 OK
}

func ExampleError() {
	auth, err := personr.New(os.Getenv("PERSONR_EMAIL"), "a wrong one",
		personr.WithBaseURL(os.Getenv("PERSONR_BASE_URL")),
		personr.WithCAFile(os.Getenv("PERSONR_CA_FILE")))
	if err != nil {
		log.Fatal(err)
	}
	defer auth.Close()

	_, err = auth.Token(context.Background())
	var e *personr.Error
	switch {
	case errors.Is(err, personr.ErrInvalidCredentials):
		fmt.Println("another password is needed")
	case errors.As(err, &e) && e.Timeout():
		fmt.Println("too slow")
	case errors.As(err, &e):
		if after, known := e.RetryAfter(); known {
			fmt.Println("again in", after)
		}
	}
	// Output: another password is needed
}

func ExampleJSON_Elements() {
	document, err := personr.ParseJSON([]byte(`{"response":{"IdDocType":["PASSPORT","VISA",],}}`))
	if err != nil {
		log.Fatal(err)
	}
	for i, docType := range document.JSON().Elements("/response/IdDocType") {
		fmt.Println(i, docType.Text(""))
	}
	// Output:
	// 0 PASSPORT
	// 1 VISA
}
