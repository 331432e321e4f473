/*
 * What an application does about each status. This one asks for a token, as often as its argument says (once without an
 * argument), and says what it would do next.
 *
 *     cc errors.c -lpersonr -o errors
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./errors 2
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>

#include "wipe.h"

/* The status decides; reason and message are for the log. An unknown status is a failure like any other. */
static const char *what_to_do(personr_status status)
{
    switch (status) {
    case PERSONR_OK:
        return "go on";
    case PERSONR_INVALID_ARGUMENT:
    case PERSONR_BUFFER_TOO_SMALL:
        return "mend the program or its configuration: the message names the parameter";
    case PERSONR_INVALID_CREDENTIALS:
        return "ask for another password; trying this one again would not help";
    case PERSONR_REJECTED:
        return "read the message: the service says what it wants changed";
    case PERSONR_UNAUTHORIZED:
        return "look for the other program that logs in to this account";
    case PERSONR_RATE_LIMITED:
    case PERSONR_SERVER:
    case PERSONR_NETWORK:
    case PERSONR_TIMEOUT:
        return "try again later; the library does not storm the service if you try at once";
    case PERSONR_TLS:
        return "do not go on: look at the certificate, the clock and the trusted roots";
    case PERSONR_PROTOCOL:
        return "check the base URL and the proxy: somebody else has answered";
    case PERSONR_STORE:
        return "look after the token store";
    case PERSONR_CREDENTIALS:
        return "look after the callback that tells the password: it failed, and is asked again by the next call";
    case PERSONR_FILE:
        return "look after the file that was to be sent or written";
    case PERSONR_NO_VALUE:
        return "look into the answer: it has no such value";
    case PERSONR_CANCELLED:
        return "go on without it: the program itself has given it up";
    case PERSONR_INTERNAL:
    default:
        return "report it";
    }
}

static void report(personr_status status, const personr_error *error)
{
    printf("status:       %s\n", personr_status_name(status));
    if (status != PERSONR_OK) {
        printf("reason:       %s\n", personr_error_reason(error));
        printf("message:      %s\n", personr_error_message(error));
        printf("HTTP status:  %d\n", (int)personr_error_http_status(error));
        printf("retry after:  %ld ms\n", (long)personr_error_retry_after_ms(error));
    }
    printf("what to do:   %s\n", what_to_do(status));
}

int main(int argc, char **argv)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *ca_file = getenv("PERSONR_CA_FILE");
    int times = argc > 1 ? atoi(argv[1]) : 1;
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_error *error = NULL;
    personr_status status = PERSONR_OK;

    if (base_url != NULL)
        status = personr_options_set_base_url(options, base_url, &error);
    if (status == PERSONR_OK && ca_file != NULL)
        status = personr_options_set_ca_file(options, ca_file, &error);
    if (status == PERSONR_OK)
        status = personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error);
    if (status != PERSONR_OK)
        report(status, error);
    for (; auth != NULL && times > 0; times--) {
        char authorization[PERSONR_AUTHORIZATION_MAX];

        personr_error_free(error);
        status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, &error);
        report(status, error);
        wipe(authorization, sizeof authorization);
    }
    personr_error_free(error);
    personr_auth_free(auth);
    personr_options_free(options);
    return status == PERSONR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
