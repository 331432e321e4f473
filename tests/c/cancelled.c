/*
 * Threads that are cancelled while they wait in the library.
 *
 * Each asks for a token, which the service withholds. As soon as one of them is in the middle of a login all are cancelled,
 * and the program says "cancelled". Their calls must end as if nothing had happened, and the threads at the next
 * cancellation point behind them.
 *
 *     cancelled [STORE]
 */
#include <pthread.h>
#include <semaphore.h>

#include "check.h"

enum { THREADS = 6, EVENTS = 64 };

struct waiter {
    pthread_t thread;
    personr_status status;
    int went_on;
};

static personr_auth *auth;
static struct waiter waiters[THREADS];
static sem_t entered, asked;
/* What the log callback found: how many events, and in how many of them the thread could be cancelled. */
static int events, cancellable_events;

static int state(void)
{
    int state, unused;

    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state) == 0);
    CHECK(pthread_setcancelstate(state, &unused) == 0);
    return state;
}

static int32_t ask(void *user_data, const char *email, char *password, size_t capacity)
{
    (void)user_data;
    (void)email;
    CHECK(strlen(variable("PERSONR_PASSWORD")) < capacity);
    strcpy(password, variable("PERSONR_PASSWORD"));
    CHECK(sem_post(&asked) == 0);
    return PERSONR_CALLBACK_OK;
}

static void count_event(void *user_data, int32_t level, const char *event, const char *text)
{
    (void)user_data;
    (void)level;
    (void)event;
    (void)text;
    pthread_testcancel();
    events++;
    cancellable_events += state() == PTHREAD_CANCEL_ENABLE;
}

static personr_options *asking_options(const char *store)
{
    personr_options *options = options_of_the_environment();

    if (store != NULL)
        OK(personr_options_set_token_store, options, store);
    OK(personr_options_set_credentials_callback, options, ask, NULL, NULL);
    return options;
}

static void *wait_for_a_token(void *argument)
{
    struct waiter *waiter = argument;
    char authorization[PERSONR_AUTHORIZATION_MAX];
    personr_token *token = NULL;

    CHECK(sem_post(&entered) == 0);
    if ((waiter - waiters) % 2 == 0) {
        waiter->status = personr_auth_token(auth, &token, NULL);
        personr_token_free(token);
    } else {
        waiter->status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL);
    }
    pthread_testcancel();
    waiter->went_on = 1;
    return NULL;
}

static void cancel_waiters(void)
{
    void *result;
    int i;

    CHECK(sem_init(&entered, 0, 0) == 0 && sem_init(&asked, 0, 0) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&waiters[i].thread, NULL, wait_for_a_token, &waiters[i]) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(sem_wait(&entered) == 0);
    CHECK(sem_wait(&asked) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_cancel(waiters[i].thread) == 0);
    puts("cancelled");
    fflush(stdout);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(waiters[i].thread, &result) == 0);
        CHECK(waiters[i].status == PERSONR_OK);
        CHECK(result == PTHREAD_CANCELED && !waiters[i].went_on);
    }
}

/* Every kind of call leaves the state as it was, and callbacks have it. */
static void keep_the_state(const char *store)
{
    personr_options *options = asking_options(store);
    personr_auth *mine = NULL;
    personr_token *token = NULL;
    int before = state(), told = events, cancellable = cancellable_events;

    OK(personr_options_set_log_callback, options, count_event, PERSONR_LOG_DEBUG, NULL, NULL);
    OK(personr_options_set_ca_file, options, variable("PERSONR_CA_FILE"));
    OK(personr_auth_new, "another@example.com", NULL, options, &mine);
    FAILS(PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS", personr_auth_token, mine, &token);
    personr_auth_free(mine);
    OK(personr_auth_new, variable("PERSONR_EMAIL"), NULL, options, &mine);
    OK(personr_auth_login, mine, &token);
    OK(personr_auth_reject, mine, personr_token_value(token));
    CHECK(personr_auth_state(mine) == PERSONR_STATE_EMPTY && personr_auth_renews_at(mine) == 0);
    personr_token_free(token);
    FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_auth_authorization, mine, NULL, 0, NULL);
    personr_auth_free(mine);
    personr_options_free(options);
    CHECK(state() == before);
    CHECK(events - told >= 3);
    CHECK(cancellable_events - cancellable == (before == PTHREAD_CANCEL_ENABLE ? events - told : 0));
}

int main(int argc, char **argv)
{
    const char *store = argc > 1 ? argv[1] : NULL;
    personr_options *options = asking_options(store);
    int unused;

    auth = auth_with(options, NULL);
    personr_options_free(options);
    cancel_waiters();
    personr_auth_free(auth);
    keep_the_state(store);
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &unused) == 0);
    keep_the_state(store);
    puts("cancelled: all checked");
    return EXIT_SUCCESS;
}
