/* What the seeded programs share: a handle for the service that the environment names, and a token of it. */
#ifndef SEEDED_H
#define SEEDED_H

#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Which defect this run has; "none" for none. */
static inline int is(int argc, char **argv, const char *defect)
{
    return argc == 2 && strcmp(argv[1], defect) == 0;
}

static inline personr_auth *auth_of_the_environment(void)
{
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;

    if (personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), NULL) != PERSONR_OK
        || personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL) != PERSONR_OK
        || personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL) != PERSONR_OK)
        exit(EXIT_FAILURE);
    personr_options_free(options);
    return auth;
}

static inline personr_token *token_of(const personr_auth *auth)
{
    personr_token *token = NULL;

    if (personr_auth_token(auth, &token, NULL) != PERSONR_OK)
        exit(EXIT_FAILURE);
    return token;
}

#endif
