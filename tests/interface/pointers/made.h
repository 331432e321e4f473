/*
 * One live handle of each type, by the name of its type. A new type of handle gets its function here, and its lines in
 * make_all() and end_all().
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

static inline personr_json *made_personr_json(void)
{
    static personr_json *json;

    if (json == NULL)
        OK(personr_json_parse, (const uint8_t *)"{\"x\":7}", 7, &json);
    return json;
}

static inline personr_request *made_personr_request(void)
{
    static personr_request *request;

    if (request == NULL)
        request = personr_request_new("api-applicant-status");
    return request;
}

static inline personr_response *made_personr_response(void)
{
    static personr_response *response;

    if (response == NULL)
        OK(personr_request_send, made_personr_auth(), made_personr_request(), &response);
    return response;
}

/* Done at once, since there is a token. */
static inline personr_operation *made_personr_operation(void)
{
    static personr_operation *operation;

    if (operation == NULL) {
        (void)made_personr_token();
        OK(personr_auth_token_start, made_personr_auth(), 0, &operation);
    }
    return operation;
}

/* Before the first call changes the options. */
static inline void make_all(void)
{
    (void)made_personr_error();
    (void)made_personr_token();
    (void)made_personr_response();
    (void)made_personr_operation();
}

/* All of them are as they were: each works, and is freed. */
static inline void end_all(void)
{
    CHECK(personr_error_status(made_personr_error()) == PERSONR_INVALID_ARGUMENT);
    CHECK(strlen(personr_token_value(made_personr_token())) > 0);
    CHECK(personr_auth_state(made_personr_auth()) == PERSONR_STATE_GOOD);
    CHECK(personr_response_http_status(made_personr_response()) == 200);
    OK(personr_options_set_max_retries, made_personr_options(), 1);
    CHECK(personr_json_count(made_personr_json(), "") == 1);
    CHECK(personr_operation_step(made_personr_operation()) == 1);
    personr_operation_free(made_personr_operation());
    personr_json_free(made_personr_json());
    personr_response_free(made_personr_response());
    personr_request_free(made_personr_request());
    personr_error_free(made_personr_error());
    personr_token_free(made_personr_token());
    personr_auth_free(made_personr_auth());
    personr_options_free(made_personr_options());
}

/* Whether the error is of this parameter. */
static inline int names(const char *parameter, const char *problem, personr_status status, const personr_error *error)
{
    const char *message = personr_error_message(error);
    size_t length = strlen(parameter);

    return status == PERSONR_INVALID_ARGUMENT && strncmp(message, parameter, length) == 0
        && strncmp(message + length, problem, strlen(problem)) == 0;
}

/* What a call gives with a handle of another type. */
static inline void is_refused(const char *function, const char *parameter, personr_status status, personr_error *error)
{
    if (!names(parameter, ": it is not a personr_", status, error))
        fail(function, 0, parameter, error);
    personr_error_free(error);
}

/* What a call gives with NULL that needs a value, and that does not. */
static inline void needs(const char *function, const char *parameter, personr_status status, personr_error *error)
{
    if (!names(parameter, ": it is NULL", status, error))
        fail(function, 0, parameter, error);
    personr_error_free(error);
}

static inline void takes_null(const char *function, const char *parameter, personr_status status, personr_error *error)
{
    if (names(parameter, ": ", status, error))
        fail(function, 0, parameter, error);
    personr_error_free(error);
}

#endif
