/*
 * Logs in, and prints the token's data or the error.
 *
 *     cc login.c -lpersonr -o login
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./login
 *
 * PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) are for another service than Personr's own, such as the sandbox.
 */
#include <inttypes.h>
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void print_end(int64_t expires_at)
{
    char date[32];
    time_t time = (time_t)expires_at;
    /* A time_t of 32 bits ends in 2038. */
    struct tm *utc = time == expires_at ? gmtime(&time) : NULL;

    if (utc != NULL && strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", utc) != 0)
        printf("expires:  %s\n", date);
    else
        printf("expires:  %" PRId64 " (seconds since 1970)\n", expires_at);
}

static void print_token(const personr_token *token)
{
    printf("user id:  %s\n", personr_token_user_id(token));
    printf("token:    %.6s... (a secret: never print a whole one)\n", personr_token_value(token));
    print_end(personr_token_expires_at(token));
}

int main(void)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *ca_file = getenv("PERSONR_CA_FILE");
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_token *token = NULL;
    personr_error *error = NULL;
    int result = EXIT_FAILURE;

    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error) == PERSONR_OK
        && personr_auth_login(auth, &token, &error) == PERSONR_OK) {
        print_token(token);
        result = EXIT_SUCCESS;
    } else {
        fprintf(stderr, "%s (%s): %s\n", personr_status_name(personr_error_status(error)), personr_error_reason(error),
                personr_error_message(error));
    }
    personr_error_free(error);
    personr_token_free(token);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
