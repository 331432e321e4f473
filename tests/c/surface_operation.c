/*
 * Every function that starts an operation or takes one: NULL, what is refused, how operations end, by whom they may be
 * cancelled, from inside a callback, and over a fork.
 *
 *     surface_operation FOLDER
 */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define AT_ONCE 64
#define READS "api-applicant-status"

static void without_an_operation(const personr_auth *auth)
{
    personr_operation *operation = NULL;
    personr_request *request = personr_request_new(READS);
    personr_response *response = NULL;
    personr_token *token = NULL;
    int64_t sent = 99, total = 99;

    CHECK(personr_operation_fd(NULL) == -1);
    CHECK(personr_operation_step(NULL) == 1 && personr_operation_wait(NULL, 1000) == 1);
    personr_operation_progress(NULL, &sent, &total);
    CHECK(sent == 0 && total == -1);
    personr_operation_progress(NULL, NULL, NULL);
    personr_operation_cancel(NULL);
    personr_operation_free(NULL);
    REFUSES("operation", personr_operation_token, NULL, &token);
    REFUSES("operation", personr_operation_response, NULL, &response);
    REFUSES("auth", personr_auth_token_start, NULL, 0, &operation);
    REFUSES("auth", personr_auth_login_start, NULL, 0, &operation);
    REFUSES("auth", personr_request_start, NULL, request, &operation);
    REFUSES("request", personr_request_start, auth, NULL, &operation);
    REFUSES("operation_out", personr_auth_token_start, auth, 0, NULL);
    REFUSES("operation_out", personr_auth_login_start, auth, 0, NULL);
    REFUSES("operation_out", personr_request_start, auth, request, NULL);
    REFUSES("timeout_ms", personr_auth_token_start, auth, 3600001, &operation);
    REFUSES("timeout_ms", personr_auth_login_start, auth, 3600001, &operation);
    CHECK(operation == NULL && token == NULL && response == NULL);
    CHECK(personr_auth_state(auth) == PERSONR_STATE_EMPTY);
    personr_request_free(request);
}

/* As a loop does. */
static void run(personr_operation *operation)
{
    struct pollfd polled = {personr_operation_fd(operation), POLLIN, 0};

    while (!personr_operation_step(operation)) {
        CHECK(polled.fd >= 3 && personr_operation_fd(operation) == polled.fd);
        CHECK(poll(&polled, 1, 60000) == 1);
    }
    /* It stays ready. */
    CHECK(polled.fd == -1 || (poll(&polled, 1, 0) == 1 && personr_operation_step(operation) == 1));
    CHECK(polled.fd == -1 || poll(&polled, 1, 0) == 1);
}

static void tokens(const personr_auth *auth)
{
    personr_operation *operation;
    personr_token *token, *again;
    personr_response *response = NULL;

    OK(personr_auth_token_start, auth, 0, &operation);
    CHECK((fcntl(personr_operation_fd(operation), F_GETFD) & FD_CLOEXEC) != 0);
    run(operation);
    OK(personr_operation_token, operation, &token);
    OK(personr_operation_token, operation, &again);
    CHECK(strcmp(personr_token_value(token), personr_token_value(again)) == 0);
    FAILS(PERSONR_INVALID_ARGUMENT, "kind", personr_operation_response, operation, &response);
    REFUSES("token_out", personr_operation_token, operation, NULL);
    CHECK(response == NULL);
    personr_token_free(again);
    personr_operation_free(operation);

    /* Now there is one at hand. */
    OK(personr_auth_token_start, auth, 1, &operation);
    CHECK(personr_operation_fd(operation) == -1 && personr_operation_step(operation) == 1);
    CHECK(personr_operation_wait(operation, 0) == 1);
    personr_operation_cancel(operation);
    OK(personr_operation_token, operation, &again);
    CHECK(strcmp(personr_token_value(token), personr_token_value(again)) == 0);
    FAILS(PERSONR_INVALID_ARGUMENT, "kind", personr_operation_response, operation, &response);
    personr_token_free(again);
    personr_operation_free(operation);

    OK(personr_auth_login_start, auth, 60000, &operation);
    while (!personr_operation_wait(operation, 1000))
        ;
    OK(personr_operation_token, operation, &again);
    CHECK(strcmp(personr_token_value(token), personr_token_value(again)) != 0);
    personr_token_free(again);
    personr_token_free(token);
    personr_operation_free(operation);
}

static void many_at_once(const personr_auth *auth)
{
    personr_request *request = personr_request_new(READS);
    personr_operation *operations[AT_ONCE];
    personr_response *response;
    personr_token *token = NULL;
    int64_t sent, total;
    int at;

    for (at = 0; at < AT_ONCE; at++)
        OK(personr_request_start, auth, request, &operations[at]);
    personr_request_free(request);
    for (at = 0; at < AT_ONCE; at++) {
        run(operations[at]);
        FAILS(PERSONR_INVALID_ARGUMENT, "kind", personr_operation_token, operations[at], &token);
        REFUSES("response_out", personr_operation_response, operations[at], NULL);
        OK(personr_operation_response, operations[at], &response);
        CHECK(personr_response_http_status(response) == 200);
        personr_response_free(response);
        response = NULL;
        FAILS(PERSONR_INVALID_ARGUMENT, "taken", personr_operation_response, operations[at], &response);
        personr_operation_progress(operations[at], &sent, &total);
        CHECK(sent == total && total > 0 && token == NULL && response == NULL);
        personr_operation_free(operations[at]);
    }
}

static personr_operation *to_be_cancelled;

static void *cancel(void *operation)
{
    personr_operation_cancel((personr_operation *)operation);
    return NULL;
}

static void cancel_by_signal(int number)
{
    (void)number;
    personr_operation_cancel(to_be_cancelled);
}

/* Of an address where nobody answers: see RFC 5737. A route may be missing, so it may have failed before. */
static void what_is_cancelled(void)
{
    personr_options *options = personr_options_new();
    personr_operation *operation;
    personr_token *token = NULL;
    personr_auth *auth;
    pthread_t thread;
    int way;

    OK(personr_options_set_base_url, options, "https://192.0.2.1/api");
    OK(personr_options_set_proxy, options, "");
    auth = auth_with(options, "password");
    CHECK(signal(SIGUSR1, cancel_by_signal) != SIG_ERR);
    for (way = 0; way < 4; way++) {
        OK(personr_auth_login_start, auth, 60000, &operation);
        to_be_cancelled = operation;
        if (way == 0)
            personr_operation_cancel(operation);
        else if (way == 1) {
            CHECK(pthread_create(&thread, NULL, cancel, operation) == 0);
            CHECK(pthread_join(thread, NULL) == 0);
        } else if (way == 2)
            CHECK(raise(SIGUSR1) == 0);
        if (way < 3) {
            CHECK(personr_operation_step(operation) == 1);
            if (personr_operation_token(operation, &token, NULL) == PERSONR_CANCELLED)
                FAILS(PERSONR_CANCELLED, "cancelled", personr_operation_token, operation, &token);
            CHECK(token == NULL);
        }
        personr_operation_free(operation);
    }
    personr_auth_free(auth);
    personr_options_free(options);
}

/* It outlives the handle that it came from. */
static void freed_handles(void)
{
    personr_options *options = options_of_the_environment();
    personr_auth *auth = auth_with(options, variable("PERSONR_PASSWORD"));
    personr_operation *operation;
    personr_token *token;

    OK(personr_auth_token_start, auth, 0, &operation);
    personr_auth_free(auth);
    personr_options_free(options);
    run(operation);
    OK(personr_operation_token, operation, &token);
    CHECK(strlen(personr_token_value(token)) > 0);
    personr_token_free(token);
    personr_operation_free(operation);
}

static const personr_auth *an_auth;
static personr_operation *an_operation;
static int events;

/* Called in a step: the library may be asked for what does not wait. */
static void tell(void *user_data, int32_t level, const char *event, const char *text)
{
    personr_operation *operation = NULL;
    personr_token *token = NULL;

    (void)user_data;
    CHECK(level >= PERSONR_LOG_ERROR && strlen(event) > 0 && strlen(text) > 0);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_token_start, an_auth, 0, &operation);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_login_start, an_auth, 0, &operation);
    CHECK(personr_operation_step(an_operation) == 0 && personr_operation_wait(an_operation, 1000) == 0);
    (void)personr_operation_token(an_operation, &token, NULL);
    personr_token_free(token);
    personr_operation_cancel(an_operation);
    events++;
}

static void inside_a_callback(void)
{
    personr_options *options = options_of_the_environment();
    personr_token *token;

    OK(personr_options_set_log_callback, options, tell, PERSONR_LOG_DEBUG, NULL, NULL);
    an_auth = auth_with(options, variable("PERSONR_PASSWORD"));
    OK(personr_auth_login_start, an_auth, 0, &an_operation);
    run(an_operation);
    CHECK(events > 0);
    OK(personr_operation_token, an_operation, &token);
    personr_token_free(token);
    personr_operation_free(an_operation);
    personr_auth_free((personr_auth *)(uintptr_t)an_auth);
    personr_options_free(options);
}

static void over_a_fork(const personr_auth *auth)
{
    personr_operation *operation;
    personr_token *token = NULL;
    pid_t child;
    int status;

    OK(personr_auth_login_start, auth, 0, &operation);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        personr_operation_cancel(operation);
        CHECK(personr_operation_step(operation) == 1 && personr_operation_wait(operation, 1000) == 1);
        FAILS(PERSONR_CANCELLED, "forked", personr_operation_token, operation, &token);
        personr_operation_free(operation);
        /* By exec: what its parent's threads hold would look lost to a memory checker at the end of this process. */
        execlp("true", "true", (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    run(operation);
    OK(personr_operation_token, operation, &token);
    personr_token_free(token);
    personr_operation_free(operation);
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    personr_options *options = options_of_the_environment();
    personr_auth *auth = auth_with(options, variable("PERSONR_PASSWORD"));

    (void)argv;
    CHECK(argc == 2);
    without_an_operation(auth);
    tokens(auth);
    many_at_once(auth);
    what_is_cancelled();
    freed_handles();
    inside_a_callback();
    over_a_fork(auth);
    personr_auth_free(auth);
    personr_options_free(options);
    puts("operations: all checked");
    return EXIT_SUCCESS;
}
