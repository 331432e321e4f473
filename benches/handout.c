/* personr_auth_authorization, with a good token at hand: handout THREADS CALLS */
#include <personr.h>

#include "handout.h"

static const personr_auth *shared;

static int hand_out(char *buffer, size_t capacity)
{
    size_t length;

    return personr_auth_authorization(shared, buffer, capacity, &length, NULL);
}

int main(int argc, char **argv)
{
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    char first[BUFFER_SIZE];
    int result = EXIT_FAILURE;

    if (argc == 3 && personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), NULL) == PERSONR_OK
        && personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL) == PERSONR_OK
        && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL) == PERSONR_OK
        && personr_auth_authorization(auth, first, sizeof first, NULL, NULL) == PERSONR_OK) {
        shared = auth;
        result = measure(atoi(argv[1]), atol(argv[2]));
    }
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
