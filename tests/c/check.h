/*
 * What the surface programs share: calls of the library whose every output is checked. The first check that fails ends
 * the process and says where.
 *
 * A call is written as the function and its arguments, without the last one: the error output is the macros' own.
 */
#ifndef CHECK_H
#define CHECK_H

#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The tests pass NULL where it is not allowed, and compilers know. */
#pragma GCC diagnostic ignored "-Wnonnull"

#define CHECK(condition) ((condition) ? (void)0 : fail(__FILE__, __LINE__, #condition, NULL))

/* The call succeeds, and makes no error object. */
#define OK(function, ...) \
    do { \
        personr_error *ok_error = untouched(); \
        personr_status ok_status = function(__VA_ARGS__, &ok_error); \
        if (ok_status != PERSONR_OK || ok_error != NULL) \
            fail(__FILE__, __LINE__, #function, ok_error); \
    } while (0)

/* The call fails as told, with an error object and, made once more, without one. */
#define FAILS(status, reason, function, ...) \
    do { \
        personr_error *fails_error = untouched(); \
        personr_status fails_status = function(__VA_ARGS__, &fails_error); \
        check_error(__FILE__, __LINE__, #function, fails_status, status, reason, fails_error); \
        personr_error_free(fails_error); \
        CHECK(function(__VA_ARGS__, NULL) == status); \
    } while (0)

/* The call is PERSONR_INVALID_ARGUMENT, and names the parameter. */
#define REFUSES(parameter, function, ...) \
    do { \
        personr_error *refuses_error = untouched(); \
        personr_status refuses_status = function(__VA_ARGS__, &refuses_error); \
        check_error(__FILE__, __LINE__, #function, refuses_status, PERSONR_INVALID_ARGUMENT, "argument", \
                    refuses_error); \
        if (strncmp(personr_error_message(refuses_error), parameter ": ", strlen(parameter ": ")) != 0) \
            fail(__FILE__, __LINE__, #function " does not name " parameter, refuses_error); \
        personr_error_free(refuses_error); \
        CHECK(function(__VA_ARGS__, NULL) == PERSONR_INVALID_ARGUMENT); \
    } while (0)

static inline void fail(const char *file, int line, const char *what, const personr_error *error)
{
    fprintf(stderr, "%s:%d: %s: %s (%s)\n", file, line, what, personr_error_message(error),
            personr_error_reason(error));
    _Exit(EXIT_FAILURE);
}

/* What an output holds before a call: if the call left it there, using it would be noticed. */
static inline personr_error *untouched(void)
{
    static char nothing;

    return (personr_error *)(void *)&nothing;
}

/* All that an error object tells, read to its last byte. */
static inline void check_error(const char *file, int line, const char *function, personr_status got,
                               personr_status expected, const char *reason, const personr_error *error)
{
    if (error == NULL || error == untouched())
        fail(file, line, function, NULL);
    if (got != expected || personr_error_status(error) != expected || strcmp(personr_error_reason(error), reason) != 0
        || strlen(personr_error_message(error)) == 0 || strchr(personr_error_message(error), '\n') != NULL
        || personr_error_retry_after_ms(error) < -1)
        fail(file, line, function, error);
    if (expected == PERSONR_INVALID_ARGUMENT
        && (personr_error_http_status(error) != 0 || personr_error_retry_after_ms(error) != -1))
        fail(file, line, function, error);
}

static inline const char *variable(const char *name)
{
    const char *value = getenv(name);

    CHECK(value != NULL);
    return value;
}

/* Options for the service that the environment names, with its certificate authority alone. */
static inline personr_options *options_of_the_environment(void)
{
    personr_options *options = personr_options_new();

    CHECK(options != NULL);
    OK(personr_options_set_base_url, options, variable("PERSONR_BASE_URL"));
    OK(personr_options_set_ca_file, options, variable("PERSONR_CA_FILE"));
    OK(personr_options_set_system_roots, options, 0);
    return options;
}

static inline personr_auth *auth_with(const personr_options *options, const char *password)
{
    personr_auth *auth = NULL;

    OK(personr_auth_new, variable("PERSONR_EMAIL"), password, options, &auth);
    CHECK(auth != NULL);
    return auth;
}

#endif
