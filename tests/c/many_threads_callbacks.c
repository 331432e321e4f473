/*
 * Callbacks of many threads at once: those of blocking calls, and those that operations leave for whoever steps.
 *
 *     many_threads_callbacks ROUNDS
 */
#include "library_threads.h"
#include "many_threads.h"

/* A store, a vault and a log of the application. */
struct application {
    pthread_mutex_t mutex;
    char record[PERSONR_RECORD_MAX], owner[33];
    size_t length;
    /* Written once before, and by free_it: no callback may run any more. Nothing orders these but the library. */
    int *is_live;
};

static int32_t load(void *user_data, const char *key, uint8_t *buffer, size_t capacity, size_t *length_out)
{
    struct application *application = user_data;

    CHECK(strlen(key) == 64 && *application->is_live == 1);
    pthread_mutex_lock(&application->mutex);
    CHECK(application->length <= capacity);
    memcpy(buffer, application->record, application->length);
    *length_out = application->length;
    pthread_mutex_unlock(&application->mutex);
    return PERSONR_CALLBACK_OK;
}

static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    struct application *application = user_data;
    int is_owner;

    CHECK(strlen(key) == 64 && *application->is_live == 1);
    pthread_mutex_lock(&application->mutex);
    is_owner = strcmp(application->owner, owner) == 0;
    if (is_owner) {
        memcpy(application->record, record, length);
        application->length = length;
    }
    pthread_mutex_unlock(&application->mutex);
    return is_owner ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    struct application *application = user_data;
    int is_free;

    CHECK(strlen(key) == 64 && wait_ms <= 1000 && lease_ms > 0 && *application->is_live == 1);
    pthread_mutex_lock(&application->mutex);
    is_free = application->owner[0] == '\0' || strcmp(application->owner, owner) == 0;
    if (is_free)
        strcpy(application->owner, owner);
    pthread_mutex_unlock(&application->mutex);
    return is_free ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    struct application *application = user_data;

    CHECK(strlen(key) == 64 && *application->is_live == 1);
    pthread_mutex_lock(&application->mutex);
    if (strcmp(application->owner, owner) == 0)
        application->owner[0] = '\0';
    pthread_mutex_unlock(&application->mutex);
    return PERSONR_CALLBACK_OK;
}

static int32_t ask(void *user_data, const char *email, char *password, size_t capacity)
{
    CHECK(strcmp(email, variable("PERSONR_EMAIL")) == 0 && *(int *)user_data == 1);
    CHECK((size_t)snprintf(password, capacity, "%s", variable("PERSONR_PASSWORD")) < capacity);
    return PERSONR_CALLBACK_OK;
}

static void take_event(void *user_data, int32_t level, const char *event, const char *text)
{
    CHECK(level > 0 && strlen(event) > 0 && strlen(text) > 0 && *(int *)user_data == 1);
}

static int freed;

static void free_it(void *is_live)
{
    *(int *)is_live = 0;
    /* The threads that free are joined. */
    freed++;
    free(is_live);
}

static void free_application(void *user_data)
{
    struct application *application = user_data;

    CHECK(application->owner[0] == '\0');
    free_it(application->is_live);
    pthread_mutex_destroy(&application->mutex);
    free(application);
}

static int *live(void)
{
    int *is_live = malloc(sizeof *is_live);

    CHECK(is_live != NULL);
    *is_live = 1;
    return is_live;
}

static personr_options *options_with_callbacks(void)
{
    personr_options *made = options_of_the_environment();
    struct application *application = calloc(1, sizeof *application);

    CHECK(application != NULL && pthread_mutex_init(&application->mutex, NULL) == 0);
    application->is_live = live();
    OK(personr_options_set_token_store_callbacks, made, load, save, lock, unlock, application, free_application);
    OK(personr_options_set_credentials_callback, made, ask, live(), free_it);
    OK(personr_options_set_log_callback, made, take_event, PERSONR_LOG_DEBUG, live(), free_it);
    return made;
}

/* Blocking calls and operations of one handle, which run each other's callbacks. */
static void call_back(struct worker *worker)
{
    personr_operation *operation;
    int i;

    for (i = 0; i < rounds; i++)
        switch (below(worker, 4)) {
        case 0:
            take_token();
            break;
        case 1:
            log_in();
            break;
        case 2:
            OK(personr_auth_login_start, auth, 0, &operation);
            finish(operation);
            check_operation(operation);
            personr_operation_free(operation);
            break;
        default:
            OK(personr_auth_token_start, auth, 0, &operation);
            personr_operation_wait(operation, below(worker, 5));
            personr_operation_free(operation);
        }
}

/* The last of the threads that have an operation of a handle frees the user data. */
static personr_operation *lasting[FEW];

static void free_an_operation(struct worker *worker)
{
    if (worker->number % 2 == 0)
        personr_operation_step(lasting[worker->number]);
    personr_operation_free(lasting[worker->number]);
}

int main(int argc, char **argv)
{
    personr_options *options = options_with_callbacks();
    int i;

    rounds = argc > 1 ? atoi(argv[1]) : 1;
    auth = auth_with(options, NULL);
    personr_options_free(options);
    at_once(FEW, call_back);
    at_once(FEW, cancel_logins);
    for (i = 0; i < FEW; i++)
        OK(personr_auth_login_start, auth, 0, &lasting[i]);
    personr_auth_free(auth);
    at_once(FEW, free_an_operation);
    CHECK(freed == 3);
    /* A login that is cancelled goes on. */
    (void)wait_for_library_threads(0);
    printf("callbacks: all checked\n");
    return EXIT_SUCCESS;
}
