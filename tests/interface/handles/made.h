/*
 * One live handle of each type, by the name of its type. A new type of handle gets its function here, and its line in
 * end_all().
 */
#ifndef MADE_H
#define MADE_H

#include "check.h"

static inline personr_options *made_personr_options(void)
{
    static personr_options *options;

    if (options == NULL)
        options = options_of_the_environment();
    return options;
}

static inline personr_auth *made_personr_auth(void)
{
    static personr_auth *auth;

    if (auth == NULL)
        auth = auth_with(made_personr_options(), variable("PERSONR_PASSWORD"));
    return auth;
}

static inline personr_token *made_personr_token(void)
{
    static personr_token *token;

    if (token == NULL)
        OK(personr_auth_token, made_personr_auth(), &token);
    return token;
}

static inline personr_error *made_personr_error(void)
{
    static personr_error *error;

    if (error == NULL)
        CHECK(personr_auth_new(NULL, NULL, NULL, NULL, &error) == PERSONR_INVALID_ARGUMENT);
    return error;
}

/* All of them are as they were: each works, and is freed. */
static inline void end_all(void)
{
    CHECK(personr_error_status(made_personr_error()) == PERSONR_INVALID_ARGUMENT);
    CHECK(strlen(personr_token_value(made_personr_token())) > 0);
    CHECK(personr_auth_state(made_personr_auth()) == PERSONR_STATE_GOOD);
    OK(personr_options_set_max_retries, made_personr_options(), 1);
    personr_error_free(made_personr_error());
    personr_token_free(made_personr_token());
    personr_auth_free(made_personr_auth());
    personr_options_free(made_personr_options());
}

/* What a call with a handle of another type gives. */
static inline void refused(const char *function, const char *parameter, personr_status status, personr_error *error)
{
    const char *message = personr_error_message(error);
    size_t length = strlen(parameter);

    if (status != PERSONR_INVALID_ARGUMENT || error == NULL || strncmp(message, parameter, length) != 0
        || strncmp(message + length, ": it is not a personr_", strlen(": it is not a personr_")) != 0)
        fail(function, 0, parameter, error);
    personr_error_free(error);
}

#endif
