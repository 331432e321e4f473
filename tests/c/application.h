/*
 * What the applications of the tests share: the service and the account from the environment, as in examples-c/.
 */
#ifndef APPLICATION_H
#define APPLICATION_H

#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Says what went wrong and frees the error. Returns 0, as what failed does here. */
static inline int complain(const char *what, personr_error *error)
{
    fprintf(stderr, "%s: %s (%s): %s\n", what, personr_status_name(personr_error_status(error)),
            personr_error_reason(error), personr_error_message(error));
    personr_error_free(error);
    return 0;
}

/* For the service of the environment, with its CA alone and no retries; NULL for the default store. Or NULL. */
static inline personr_options *application_options(const char *store)
{
    const char *base_url = getenv("PERSONR_BASE_URL"), *ca_file = getenv("PERSONR_CA_FILE");
    personr_options *options = personr_options_new();
    personr_error *error = NULL;

    if (personr_options_set_base_url(options, base_url, &error) == PERSONR_OK
        && (ca_file == NULL
            || (personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK
                && personr_options_set_system_roots(options, 0, &error) == PERSONR_OK))
        && (store == NULL || personr_options_set_token_store(options, store, &error) == PERSONR_OK)
        && personr_options_set_max_retries(options, 0, &error) == PERSONR_OK)
        return options;
    complain("options", error);
    personr_options_free(options);
    return NULL;
}

/* For the account of the environment, or another with this email. Frees the options. Or NULL. */
static inline personr_auth *application_auth(personr_options *options, const char *email)
{
    personr_auth *auth = NULL;
    personr_error *error = NULL;

    if (options == NULL)
        return NULL;
    if (personr_auth_new(email != NULL ? email : getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth,
                         &error)
        != PERSONR_OK)
        complain("personr_auth_new", error);
    personr_options_free(options);
    return auth;
}

/* Whether the header line that the handle gives is that of the token. */
static inline int authorizes(const personr_auth *auth, const personr_token *token)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    personr_error *error = NULL;
    int same;

    if (personr_auth_authorization(auth, authorization, sizeof authorization, NULL, &error) != PERSONR_OK)
        return complain("personr_auth_authorization", error);
    same = strcmp(authorization, personr_token_authorization(token)) == 0;
    memset(authorization, 0, sizeof authorization);
    return same;
}

#endif
