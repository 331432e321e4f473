/* A process that needs one authorization and ends: cold [STORE] */
#include <personr.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    char authorization[PERSONR_AUTHORIZATION_MAX];
    int result = EXIT_FAILURE;

    if (personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), NULL) == PERSONR_OK
        && personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL) == PERSONR_OK
        && (argc < 2 || personr_options_set_token_store(options, argv[1], NULL) == PERSONR_OK)
        && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL) == PERSONR_OK
        && personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL) == PERSONR_OK)
        result = EXIT_SUCCESS;
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
