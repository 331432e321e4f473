/*
 * Every function that takes a handle of an account, a token or an error: NULL, buffers of every size, refusals, many
 * threads and a fork.
 *
 *     surface_auth DIRECTORY_OF_A_TOKEN_STORE
 */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define CALLS 50

static void getters_of_null(void)
{
    CHECK(strcmp(personr_token_value(NULL), "") == 0);
    CHECK(strcmp(personr_token_authorization(NULL), "") == 0);
    CHECK(strcmp(personr_token_user_id(NULL), "") == 0);
    CHECK(personr_token_lifetime(NULL) == 0);
    CHECK(personr_token_expires_at(NULL) == 0);
    CHECK(personr_token_seconds_left(NULL) == 0);
    CHECK(personr_error_status(NULL) == PERSONR_OK);
    CHECK(strcmp(personr_error_message(NULL), "") == 0);
    CHECK(strcmp(personr_error_reason(NULL), "") == 0);
    CHECK(personr_error_http_status(NULL) == 0);
    CHECK(personr_error_retry_after_ms(NULL) == -1);
    CHECK(personr_auth_state(NULL) == PERSONR_STATE_EMPTY);
    CHECK(personr_auth_renews_at(NULL) == 0);
    personr_auth_free(NULL);
    personr_token_free(NULL);
    personr_error_free(NULL);
}

/* All getters of a live token agree. */
static void check_token(const personr_token *token)
{
    CHECK(token != NULL && strlen(personr_token_value(token)) > 0);
    CHECK(strncmp(personr_token_authorization(token), "Bearer ", 7) == 0);
    CHECK(strcmp(personr_token_authorization(token) + 7, personr_token_value(token)) == 0);
    CHECK(strlen(personr_token_user_id(token)) > 0);
    CHECK(personr_token_lifetime(token) > 0 && personr_token_expires_at(token) > personr_token_lifetime(token));
    CHECK(personr_token_seconds_left(token) > 0 && personr_token_seconds_left(token) <= personr_token_lifetime(token));
}

static void no_handles(const personr_options *options)
{
    const char *email = variable("PERSONR_EMAIL");
    personr_auth *auth = NULL;
    char *long_text = (char *)malloc(1026);

    CHECK(long_text != NULL);
    memset(long_text, 'x', 1025);
    long_text[1025] = '\0';
    REFUSES("email", personr_auth_new, NULL, "p", options, &auth);
    REFUSES("email", personr_auth_new, "", "p", options, &auth);
    REFUSES("email", personr_auth_new, "a:b", "p", options, &auth);
    REFUSES("email", personr_auth_new, "a\xff", "p", options, &auth);
    REFUSES("email", personr_auth_new, long_text, "p", options, &auth);
    REFUSES("password", personr_auth_new, email, NULL, options, &auth);
    REFUSES("password", personr_auth_new, email, "", options, &auth);
    REFUSES("password", personr_auth_new, email, "a\nb", options, &auth);
    REFUSES("password", personr_auth_new, email, long_text, options, &auth);
    REFUSES("auth_out", personr_auth_new, email, "p", options, NULL);
    CHECK(personr_auth_new(NULL, NULL, NULL, NULL, NULL) == PERSONR_INVALID_ARGUMENT);
    CHECK(auth == NULL);
    /* The longest that is accepted, and the default options. */
    long_text[1024] = '\0';
    OK(personr_auth_new, long_text, long_text, NULL, &auth);
    personr_auth_free(auth);
    free(long_text);
}

static void calls_without_a_handle(const personr_auth *auth)
{
    personr_token *token = NULL;
    char buffer[8];
    size_t length;

    REFUSES("auth", personr_auth_login, NULL, &token);
    REFUSES("token_out", personr_auth_login, auth, NULL);
    REFUSES("auth", personr_auth_token, NULL, &token);
    REFUSES("token_out", personr_auth_token, auth, NULL);
    CHECK(token == NULL);
    REFUSES("auth", personr_auth_authorization, NULL, buffer, sizeof buffer, &length);
    REFUSES("auth", personr_auth_authorization, NULL, NULL, 0, NULL);
    REFUSES("buffer", personr_auth_authorization, auth, NULL, 1, &length);
    REFUSES("auth", personr_auth_reject, NULL, "token");
    REFUSES("token_or_authorization", personr_auth_reject, auth, NULL);
    REFUSES("token_or_authorization", personr_auth_reject, auth, "");
    REFUSES("token_or_authorization", personr_auth_reject, auth, "Bearer ");
    REFUSES("token_or_authorization", personr_auth_reject, auth, "a\xff");
    OK(personr_auth_reject, auth, "no-token-that-was-ever-handed-out");
}

/* In a block of exactly this capacity, so that a byte behind it would be noticed. */
static void authorization_in(const personr_auth *auth, size_t capacity, size_t needed)
{
    char *buffer = (char *)malloc(capacity);
    size_t length = 99;

    CHECK(buffer != NULL);
    if (capacity > needed) {
        OK(personr_auth_authorization, auth, buffer, capacity, &length);
        CHECK(strlen(buffer) == needed && strncmp(buffer, "Bearer ", 7) == 0);
        OK(personr_auth_authorization, auth, buffer, capacity, NULL);
    } else {
        FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_auth_authorization, auth, buffer, capacity, &length);
        CHECK(capacity == 0 || buffer[0] == '\0');
        FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_auth_authorization, auth, buffer, capacity, NULL);
    }
    CHECK(length == needed);
    free(buffer);
}

static void buffers(const personr_auth *auth)
{
    size_t capacity, needed = 0;

    FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_auth_authorization, auth, NULL, 0, &needed);
    CHECK(needed > 7);
    for (capacity = 0; capacity <= needed + 2; capacity++)
        authorization_in(auth, capacity, needed);
    authorization_in(auth, PERSONR_AUTHORIZATION_MAX - 1, needed);
    authorization_in(auth, PERSONR_AUTHORIZATION_MAX, needed);
    authorization_in(auth, 2 * PERSONR_AUTHORIZATION_MAX, needed);
}

/* A token outlives its handle, and options may go before the handle. */
static void life_of_a_token(int32_t login_method)
{
    personr_options *options = options_of_the_environment();
    personr_token *verified = NULL, *token = NULL, *next = NULL;
    personr_auth *auth;

    OK(personr_options_set_login_method, options, login_method);
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    personr_options_free(options);
    CHECK(personr_auth_state(auth) == PERSONR_STATE_EMPTY && personr_auth_renews_at(auth) == 0);
    calls_without_a_handle(auth);
    OK(personr_auth_login, auth, &verified);
    OK(personr_auth_token, auth, &token);
    CHECK(strcmp(personr_token_value(verified), personr_token_value(token)) == 0);
    CHECK(personr_auth_state(auth) == PERSONR_STATE_GOOD);
    CHECK(personr_auth_renews_at(auth) > 0 && personr_auth_renews_at(auth) < personr_token_expires_at(token));
    buffers(auth);
    OK(personr_auth_reject, auth, personr_token_authorization(token));
    OK(personr_auth_reject, auth, personr_token_value(token));
    CHECK(personr_auth_state(auth) == PERSONR_STATE_EMPTY);
    OK(personr_auth_token, auth, &next);
    CHECK(strcmp(personr_token_value(next), personr_token_value(token)) != 0);
    personr_auth_free(auth);
    check_token(verified);
    check_token(token);
    check_token(next);
    personr_token_free(verified);
    personr_token_free(token);
    personr_token_free(next);
}

static void a_wrong_password(const personr_options *options)
{
    personr_auth *auth = auth_with(options, "not the battery staple");
    personr_token *token = NULL;
    personr_error *error = NULL;
    char buffer[PERSONR_AUTHORIZATION_MAX];
    size_t length = 99;

    FAILS(PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS", personr_auth_token, auth, &token);
    FAILS(PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS", personr_auth_login, auth, &token);
    CHECK(token == NULL && personr_auth_state(auth) == PERSONR_STATE_REFUSED && personr_auth_renews_at(auth) == 0);
    CHECK(personr_auth_authorization(auth, buffer, sizeof buffer, &length, &error) == PERSONR_INVALID_CREDENTIALS);
    personr_auth_free(auth);
    /* The error is the caller's own, too. */
    CHECK(personr_error_http_status(error) == 400 && length == 0 && buffer[0] == '\0');
    CHECK(strlen(personr_error_message(error)) > 0);
    personr_error_free(error);
}

static void a_service_that_is_not_there(void)
{
    personr_options *options = options_of_the_environment();
    personr_token *token = NULL;
    personr_auth *auth;

    OK(personr_options_set_base_url, options, "http://127.0.0.1:1");
    OK(personr_options_set_max_retries, options, 0);
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    FAILS(PERSONR_NETWORK, "connect", personr_auth_login, auth, &token);
    CHECK(token == NULL && personr_auth_state(auth) == PERSONR_STATE_FAILING);
    personr_auth_free(auth);
    personr_options_free(options);
}

struct shared {
    const personr_auth *auth;
    const personr_token *token;
    const personr_error *error;
};

static void *work(void *argument)
{
    const struct shared *shared = (const struct shared *)argument;
    int i;

    for (i = 0; i < CALLS; i++) {
        char buffer[PERSONR_AUTHORIZATION_MAX];
        personr_token *token = NULL;

        OK(personr_auth_authorization, shared->auth, buffer, sizeof buffer, NULL);
        OK(personr_auth_token, shared->auth, &token);
        check_token(token);
        personr_token_free(token);
        check_token(shared->token);
        CHECK(personr_auth_state(shared->auth) != PERSONR_STATE_FAILING && personr_auth_renews_at(shared->auth) >= 0);
        /* A token that is no longer the one at hand: nothing happens. */
        OK(personr_auth_reject, shared->auth, personr_token_value(shared->token));
        REFUSES("buffer", personr_auth_authorization, shared->auth, NULL, 1, NULL);
        CHECK(strlen(personr_error_message(shared->error)) > 0 && strlen(personr_error_reason(shared->error)) > 0);
        CHECK(personr_error_status(shared->error) == PERSONR_INVALID_ARGUMENT);
    }
    return NULL;
}

static void threads(const personr_options *options)
{
    personr_auth *auth = auth_with(options, variable("PERSONR_PASSWORD"));
    personr_token *token = NULL;
    personr_error *error = NULL;
    pthread_t workers[THREADS];
    struct shared shared;
    int i;

    OK(personr_auth_token, auth, &token);
    OK(personr_auth_reject, auth, personr_token_value(token));
    CHECK(personr_auth_reject(auth, NULL, &error) == PERSONR_INVALID_ARGUMENT);
    shared.auth = auth;
    shared.token = token;
    shared.error = error;
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&workers[i], NULL, work, &shared) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
    personr_error_free(error);
    personr_token_free(token);
    personr_auth_free(auth);
}

/* The child goes on with all that its parent has, and frees its own copy. A login of its own ends the parent's token. */
static void a_fork(const char *directory)
{
    personr_options *options = options_of_the_environment();
    personr_token *token = NULL, *next = NULL;
    char store[4096];
    personr_auth *auth;
    int status = -1;
    pid_t child;

    CHECK((size_t)snprintf(store, sizeof store, "file:%s", directory) < sizeof store);
    OK(personr_options_set_token_store, options, store);
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    OK(personr_auth_token, auth, &token);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        check_token(token);
        OK(personr_auth_login, auth, &next);
        CHECK(strcmp(personr_token_value(next), personr_token_value(token)) != 0);
    } else {
        CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
        OK(personr_auth_reject, auth, personr_token_value(token));
        OK(personr_auth_token, auth, &next);
    }
    check_token(next);
    personr_token_free(token);
    personr_token_free(next);
    personr_auth_free(auth);
    personr_options_free(options);
    if (child == 0)
        exit(EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    personr_options *options = options_of_the_environment();

    CHECK(argc == 2);
    getters_of_null();
    no_handles(options);
    /* Before anything else is alive that the child would have to free. */
    a_fork(argv[1]);
    life_of_a_token(PERSONR_LOGIN_BASIC);
    life_of_a_token(PERSONR_LOGIN_FORM);
    a_wrong_password(options);
    a_service_that_is_not_there();
    threads(options);
    personr_options_free(options);
    puts("auth: all checked");
    return EXIT_SUCCESS;
}
