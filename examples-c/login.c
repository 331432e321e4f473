/*
 * Logs in, and prints the token's data or the error.
 *
 *     cc login.c -lpersonr -o login
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./login
 *
 * PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) are for another service than Personr's own, such as the sandbox.
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int print_token(const personr_token *token)
{
    char date[32];
    time_t expires_at = (time_t)personr_token_expires_at(token);
    struct tm *utc = gmtime(&expires_at);

    if (utc == NULL || strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S UTC", utc) == 0)
        return EXIT_FAILURE;
    printf("user id:  %s\n", personr_token_user_id(token));
    printf("token:    %.6s... (a secret: never print a whole one)\n", personr_token_value(token));
    printf("expires:  %s\n", date);
    return EXIT_SUCCESS;
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
        result = print_token(token);
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
