/* An application that may have more rights than its caller. Its arguments are a base URL, and a file with a root
   certificate or "" for the system's alone. It says whether the kernel knows that it has more rights, and how its login
   ended. */

#define _GNU_SOURCE
#include <stdio.h>
#include <sys/auxv.h>

#include "../../c/look_up.h"
#include "personr.h"

int main(int count, char **arguments)
{
    personr_options *options = personr_options_new();
    personr_error *error = NULL;
    personr_auth *auth = NULL;
    personr_token *token = NULL;

    if (count != 3)
        return 2;
    printf("secure: %lu\n", getauxval(AT_SECURE));
    if (personr_options_set_base_url(options, arguments[1], &error) == PERSONR_OK
        && personr_options_set_max_retries(options, 0, &error) == PERSONR_OK
        && (*arguments[2] == '\0' || personr_options_set_ca_file(options, arguments[2], &error) == PERSONR_OK)
        && personr_auth_new("demo@example.com", "correct horse battery staple", options, &auth, &error) == PERSONR_OK)
        personr_auth_token(auth, &token, &error);
    printf("outcome: %s %s\n", personr_status_name(personr_error_status(error)), personr_error_reason(error));
    personr_token_free(token);
    personr_auth_free(auth);
    personr_error_free(error);
    personr_options_free(options);
    return 0;
}
