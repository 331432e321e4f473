/*
 * Threads that do at once what the header lets any number of them do. Nothing in here orders them but what the library
 * itself does for them, so that a checker sees each access that the library leaves without an order.
 */
#ifndef MANY_THREADS_H
#define MANY_THREADS_H

#include "check.h"

#include <poll.h>
#include <pthread.h>

#define FEW 8
/* More than the operations whose requests are sent at the same time. */
#define MANY 72

struct worker {
    pthread_t thread;
    int number;
    unsigned random;
    void (*work)(struct worker *);
};

static pthread_barrier_t begin;
static int rounds;
/* What the threads share. */
static personr_auth *auth;

static unsigned below(struct worker *worker, unsigned limit)
{
    worker->random = worker->random * 1103515245u + 12345u;
    return (worker->random >> 16) % limit;
}

static void *begin_with_all(void *argument)
{
    struct worker *worker = argument;

    pthread_barrier_wait(&begin);
    worker->work(worker);
    return NULL;
}

static void at_once(int count, void (*work)(struct worker *))
{
    static struct worker workers[MANY];
    int i;

    CHECK(count <= MANY && pthread_barrier_init(&begin, NULL, (unsigned)count) == 0);
    for (i = 0; i < count; i++) {
        workers[i].number = i;
        workers[i].random = (unsigned)i;
        workers[i].work = work;
        CHECK(pthread_create(&workers[i].thread, NULL, begin_with_all, &workers[i]) == 0);
    }
    for (i = 0; i < count; i++)
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
    pthread_barrier_destroy(&begin);
}

/*
 * A token was handed out, or why there is none is no surprise: tokens are rejected here that were just issued, and
 * operations are cancelled.
 */
static int check_token(personr_status status, personr_token *token, personr_error *error)
{
    if (status != PERSONR_OK && status != PERSONR_UNAUTHORIZED && status != PERSONR_CANCELLED)
        fail(__FILE__, __LINE__, "no token", error);
    CHECK((status == PERSONR_OK) == (token != NULL) && (status == PERSONR_OK) == (error == NULL));
    CHECK(token == NULL || strstr(personr_token_authorization(token), personr_token_value(token)) != NULL);
    CHECK(error == NULL || strlen(personr_error_message(error)) > 0);
    personr_token_free(token);
    personr_error_free(error);
    return status == PERSONR_OK;
}

static int take_token(void)
{
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status = personr_auth_token(auth, &token, &error);

    return check_token(status, token, error);
}

static int log_in(void)
{
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status = personr_auth_login(auth, &token, &error);

    return check_token(status, token, error);
}

static void finish(personr_operation *operation)
{
    struct pollfd polled = {personr_operation_fd(operation), POLLIN, 0};
    int64_t sent, total;

    while (!personr_operation_step(operation)) {
        CHECK(poll(&polled, 1, 60000) == 1);
        personr_operation_progress(operation, &sent, &total);
        CHECK(sent >= 0 && total >= -1);
    }
}

static void *cancel(void *operation)
{
    personr_operation_cancel(operation);
    return NULL;
}

static void check_operation(personr_operation *operation)
{
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status = personr_operation_token(operation, &token, &error);

    check_token(status, token, error);
}

/* Every operation has a thread that cancels it, now or soon, while this one steps it, waits for it, or frees the next. */
static void cancel_logins(struct worker *worker)
{
    personr_operation *operations[4];
    pthread_t cancels[4];
    int i, at;

    for (i = 0; i < rounds; i++) {
        for (at = 0; at < 4; at++) {
            if (at % 2 == 0)
                OK(personr_auth_login_start, auth, 0, &operations[at]);
            else
                OK(personr_auth_token_start, auth, 0, &operations[at]);
            CHECK(pthread_create(&cancels[at], NULL, cancel, operations[at]) == 0);
        }
        for (at = 0; at < 4; at++) {
            switch (below(worker, 3)) {
            case 0:
                finish(operations[at]);
                check_operation(operations[at]);
                break;
            case 1:
                if (personr_operation_wait(operations[at], below(worker, 3)))
                    check_operation(operations[at]);
                break;
            default:
                personr_operation_step(operations[at]);
            }
            CHECK(pthread_join(cancels[at], NULL) == 0);
            personr_operation_free(operations[at]);
        }
    }
}

#endif
