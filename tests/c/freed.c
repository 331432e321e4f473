/*
 * Frees a handle while threads wait in calls on it, as a garbage collector's finalizer does. That is the program's error,
 * and must harm nothing: the calls go on to their end, with the callbacks, and whoever is the last frees the user data.
 *
 *     freed [STORE]         says "freed" when the handle is
 *     freed [STORE] fork    forks then too: the child, which has none of those threads, must free its copy by itself
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 6, CALLBACKS = 2 };

struct waiter {
    pthread_t thread;
    personr_status status;
};

struct data {
    pthread_mutex_t mutex;
    int is_freed, events;
};

static personr_auth *auth;
static struct waiter waiters[THREADS];
static struct data log_data = {PTHREAD_MUTEX_INITIALIZER, 0, 0}, ask_data = {PTHREAD_MUTEX_INITIALIZER, 0, 0};
static sem_t entered, asked;

static int frees(struct data *data)
{
    int is_freed;

    pthread_mutex_lock(&data->mutex);
    is_freed = data->is_freed;
    pthread_mutex_unlock(&data->mutex);
    return is_freed;
}

static void count_free(void *user_data)
{
    struct data *data = user_data;

    pthread_mutex_lock(&data->mutex);
    data->is_freed++;
    pthread_mutex_unlock(&data->mutex);
}

static int32_t ask(void *user_data, const char *email, char *password, size_t capacity)
{
    (void)email;
    CHECK(!frees(user_data));
    CHECK(strlen(variable("PERSONR_PASSWORD")) < capacity);
    strcpy(password, variable("PERSONR_PASSWORD"));
    CHECK(sem_post(&asked) == 0);
    return PERSONR_CALLBACK_OK;
}

static void count_event(void *user_data, int32_t level, const char *event, const char *text)
{
    struct data *data = user_data;

    (void)level;
    (void)event;
    (void)text;
    CHECK(!frees(data));
    pthread_mutex_lock(&data->mutex);
    data->events++;
    pthread_mutex_unlock(&data->mutex);
}

static void *call(void *argument)
{
    struct waiter *waiter = argument;
    char authorization[PERSONR_AUTHORIZATION_MAX];
    personr_token *token = NULL;

    CHECK(sem_post(&entered) == 0);
    switch ((waiter - waiters) % 3) {
    case 0:
        waiter->status = personr_auth_login(auth, &token, NULL);
        break;
    case 1:
        waiter->status = personr_auth_token(auth, &token, NULL);
        break;
    default:
        waiter->status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL);
    }
    personr_token_free(token);
    return NULL;
}

/* Of the child, which can do what it likes with its copy of the handle. */
static void go_on_in_child(void)
{
    int status;
    pid_t child = fork();

    CHECK(child >= 0);
    if (child == 0) {
        CHECK(personr_auth_state(auth) == PERSONR_STATE_EMPTY);
        personr_auth_free(auth);
        _exit(frees(&log_data) == 1 && frees(&ask_data) == 1 ? EXIT_SUCCESS : EXIT_FAILURE);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS);
}

int main(int argc, char **argv)
{
    personr_options *options = options_of_the_environment();
    int i, is_forked = argc > 1 && strcmp(argv[argc - 1], "fork") == 0;

    if (argc > 1 + is_forked)
        OK(personr_options_set_token_store, options, argv[1]);
    OK(personr_options_set_credentials_callback, options, ask, &ask_data, count_free);
    OK(personr_options_set_log_callback, options, count_event, PERSONR_LOG_DEBUG, &log_data, count_free);
    auth = auth_with(options, NULL);
    personr_options_free(options);
    CHECK(sem_init(&entered, 0, 0) == 0 && sem_init(&asked, 0, 0) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&waiters[i].thread, NULL, call, &waiters[i]) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(sem_wait(&entered) == 0);
    /* The service withholds what was asked for. The threads that are not in their calls yet have the time to get there. */
    CHECK(sem_wait(&asked) == 0);
    puts("wait");
    fflush(stdout);
    CHECK(getchar() == '\n');
    if (is_forked)
        go_on_in_child();
    personr_auth_free(auth);
    CHECK(frees(&log_data) == 0 && frees(&ask_data) == 0);
    puts("freed");
    fflush(stdout);
    for (i = 0; i < THREADS; i++) {
        CHECK(pthread_join(waiters[i].thread, NULL) == 0);
        CHECK(waiters[i].status == PERSONR_OK);
    }
    CHECK(log_data.events > 0);
    CHECK(frees(&log_data) == 1 && frees(&ask_data) == 1);
    puts("freed: all checked");
    return EXIT_SUCCESS;
}
