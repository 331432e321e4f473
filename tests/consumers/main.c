#include <personr.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_error *error = NULL;
    char authorization[PERSONR_AUTHORIZATION_MAX];
    personr_status status = PERSONR_OK;

    /* For a stand-in of the service; a program that logs in to the real one needs no options. */
    if (getenv("PERSONR_BASE_URL"))
        status = personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), &error);
    if (status == PERSONR_OK && getenv("PERSONR_CA_FILE"))
        status = personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), &error);
    if (status == PERSONR_OK)
        status = personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error);
    if (status == PERSONR_OK)
        status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, &error);
    if (status == PERSONR_OK)
        printf("libpersonr %s: %.13s...\n", personr_library_version(), authorization);
    else
        fprintf(stderr, "%s: %s\n", personr_status_name(status), personr_error_message(error));
    personr_error_free(error);
    personr_auth_free(auth);
    personr_options_free(options);
    return status == PERSONR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
