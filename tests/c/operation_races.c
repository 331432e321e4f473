/*
 * Each operation is cancelled by one thread and its handle freed by another, while a third one steps it, waits for it, or
 * frees it as soon as nobody cancels it any more.
 *
 *     operation_races ROUNDS
 */
#include "check.h"
#include "library_threads.h"

#include <poll.h>
#include <pthread.h>

static pthread_barrier_t begin, end;
static personr_auth *auth;
static personr_operation *operation;
static int is_last;
/* The same in each run, but for the order of the threads. */
static unsigned delays[2];

static unsigned below(unsigned *state, unsigned limit)
{
    *state = *state * 1103515245u + 12345u;
    return (*state >> 16) % limit;
}

static void delay(unsigned spins)
{
    volatile unsigned spun = 0;

    while (spun < spins)
        spun++;
}

static void *cancel(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_barrier_wait(&begin);
        if (is_last)
            return NULL;
        delay(delays[0]);
        personr_operation_cancel(operation);
        pthread_barrier_wait(&end);
    }
}

static void *free_handle(void *unused)
{
    (void)unused;
    for (;;) {
        pthread_barrier_wait(&begin);
        if (is_last)
            return NULL;
        delay(delays[1]);
        personr_auth_free(auth);
        pthread_barrier_wait(&end);
    }
}

static void start(const personr_options *options, unsigned kind)
{
    static personr_request *request;

    if (request == NULL)
        request = personr_request_new("api-applicant-status");
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    if (kind == 0)
        OK(personr_auth_token_start, auth, 0, &operation);
    else if (kind == 1)
        OK(personr_auth_login_start, auth, 0, &operation);
    else
        OK(personr_request_start, auth, request, &operation);
}

/* Gives up in the middle, or goes on until it is done: as a loop, by waits, or without a rest. */
static int run(unsigned how)
{
    struct pollfd polled = {personr_operation_fd(operation), POLLIN, 0};
    int done = 0;

    if (how == 0)
        return personr_operation_step(operation);
    while (!done) {
        if (how == 1)
            CHECK(polled.fd == -1 || poll(&polled, 1, 60000) == 1);
        done = how == 2 ? personr_operation_wait(operation, 1000) : personr_operation_step(operation);
    }
    return 1;
}

static void look_at(unsigned kind)
{
    personr_token *token = NULL;
    personr_response *response = NULL;
    personr_status status = kind == 2 ? personr_operation_response(operation, &response, NULL)
                                      : personr_operation_token(operation, &token, NULL);

    if (status != PERSONR_OK && status != PERSONR_CANCELLED) {
        personr_error *error = NULL;
        (void)(kind == 2 ? personr_operation_response(operation, &response, &error)
                         : personr_operation_token(operation, &token, &error));
        fail(__FILE__, __LINE__, "neither well nor cancelled", error);
    }
    CHECK((status == PERSONR_OK) == (token != NULL || response != NULL));
    CHECK(token == NULL || strlen(personr_token_value(token)) > 0);
    CHECK(response == NULL || personr_response_http_status(response) == 200);
    personr_token_free(token);
    personr_response_free(response);
}

int main(int argc, char **argv)
{
    personr_options *options = options_of_the_environment();
    /* With another handle of the account, which has a token, in half of the rounds. */
    personr_auth *kept = NULL;
    pthread_t threads[2];
    int rounds = argc > 1 ? atoi(argv[1]) : 10, round;
    unsigned random = 1;

    CHECK(pthread_barrier_init(&begin, NULL, 3) == 0 && pthread_barrier_init(&end, NULL, 3) == 0);
    CHECK(pthread_create(&threads[0], NULL, cancel, NULL) == 0);
    CHECK(pthread_create(&threads[1], NULL, free_handle, NULL) == 0);
    for (round = 0; round < rounds; round++) {
        unsigned kind = below(&random, 3), how = below(&random, 4);
        unsigned longest = below(&random, 2) == 0 ? 1000 : 1000000;

        if (round == rounds / 2) {
            personr_token *token;

            kept = auth_with(options, variable("PERSONR_PASSWORD"));
            OK(personr_auth_token, kept, &token);
            personr_token_free(token);
        }
        start(options, kind);
        delays[0] = below(&random, longest);
        delays[1] = below(&random, 10000);
        pthread_barrier_wait(&begin);
        if (run(how))
            look_at(kind);
        pthread_barrier_wait(&end);
        personr_operation_free(operation);
    }
    is_last = 1;
    pthread_barrier_wait(&begin);
    CHECK(pthread_join(threads[0], NULL) == 0 && pthread_join(threads[1], NULL) == 0);
    personr_auth_free(kept);
    personr_options_free(options);
    /* A login that is cancelled goes on. */
    (void)wait_for_library_threads(0);
    printf("races: all checked\n");
    return EXIT_SUCCESS;
}
