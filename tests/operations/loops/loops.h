/*
 * What the programs share that put operations into a loop: which operations, what is counted, and a token store in the
 * program. Each program has run_loop() alone. The first check that fails ends the process and says where.
 *
 *     PROGRAM memory|callbacks
 *
 * It says how far it is, and waits for a line before it cancels: the test has the service hold its answers meanwhile.
 */
#ifndef LOOPS_H
#define LOOPS_H

#include <dirent.h>
#include <personr.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHECK(condition) ((condition) ? (void)0 : fail(__LINE__, #condition, NULL))

#define HANDLES 4
#define AT_ONCE 200
#define TO_CANCEL 10
#define READS "api-applicant-status"
#define HELD "api-applicant-details"

static void fail(int line, const char *what, const personr_error *error)
{
    fprintf(stderr, "line %d: %s: %s\n", line, what, personr_error_message(error));
    _Exit(EXIT_FAILURE);
}

/* An operation in the loop. */
struct watched {
    personr_operation *operation;
    int wakes;
    int is_done;
    struct timespec ended;
    void *watcher; /* the loop's own */
};

static int left;

/* Watches those that are not done, calls ready() for each whose descriptor is ready, and returns when none is left. */
static void run_loop(struct watched *watched, int count);

/* Whether it is to be watched no more. */
static int ready(struct watched *watched)
{
    watched->wakes++;
    CHECK(!watched->is_done);
    if (!personr_operation_step(watched->operation))
        return 0;
    watched->is_done = 1;
    left--;
    CHECK(clock_gettime(CLOCK_MONOTONIC, &watched->ended) == 0);
    return 1;
}

/* Operations that were done at once have no descriptor. These here are not, since the service holds its answers. */
static int descriptor(const struct watched *watched)
{
    int fd = personr_operation_fd(watched->operation);

    CHECK(fd >= 3);
    return fd;
}

/* A store of one record, with a lock that is held from one callback to another. All run on the thread of the loop. */
static struct {
    pthread_t thread;
    int callbacks;
    char owner[64];
    uint8_t record[PERSONR_RECORD_MAX];
    size_t length;
} store;

static void count_callback(void)
{
    CHECK(pthread_equal(store.thread, pthread_self()));
    store.callbacks++;
}

static int32_t load(void *user_data, const char *key, uint8_t *buffer, size_t capacity, size_t *length_out)
{
    (void)user_data;
    (void)key;
    count_callback();
    CHECK(store.length <= capacity);
    memcpy(buffer, store.record, store.length);
    *length_out = store.length;
    return PERSONR_CALLBACK_OK;
}

static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    (void)user_data;
    (void)key;
    count_callback();
    CHECK(strcmp(store.owner, owner) == 0 && length <= sizeof store.record);
    memcpy(store.record, record, length);
    store.length = length;
    return PERSONR_CALLBACK_OK;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    (void)user_data;
    (void)key;
    (void)lease_ms;
    count_callback();
    CHECK(wait_ms == 0 && strlen(owner) < sizeof store.owner);
    if (store.owner[0] != '\0' && strcmp(store.owner, owner) != 0)
        return PERSONR_STORE_BUSY;
    strcpy(store.owner, owner);
    return PERSONR_CALLBACK_OK;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    (void)user_data;
    (void)key;
    count_callback();
    CHECK(strcmp(store.owner, owner) == 0);
    store.owner[0] = '\0';
    return PERSONR_CALLBACK_OK;
}

static int entries(const char *path)
{
    DIR *folder = opendir(path);
    int count = 0;

    CHECK(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    CHECK(closedir(folder) == 0);
    return count;
}

static int descriptors(void)
{
    return entries("/proc/self/fd");
}
static int threads(void)
{
    return entries("/proc/self/task");
}

static personr_options *options(const char *store_kind)
{
    personr_options *options = personr_options_new();
    personr_error *error = NULL;

    if (personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), &error) != PERSONR_OK
        || (strcmp(store_kind, "callbacks") == 0
            && personr_options_set_token_store_callbacks(options, load, save, lock, unlock, NULL, NULL, &error)
                != PERSONR_OK))
        fail(__LINE__, "options", error);
    return options;
}

static void start_request(const personr_auth *auth, const char *endpoint, struct watched *watched)
{
    personr_request *request = personr_request_new(endpoint);
    personr_error *error;

    memset(watched, 0, sizeof *watched);
    personr_request_add_text(request, "applicantId", "1", NULL);
    if (personr_request_start(auth, request, &watched->operation, &error) != PERSONR_OK)
        fail(__LINE__, "personr_request_start", error);
    personr_request_free(request);
}

static void start_token(const personr_auth *auth, struct watched *watched)
{
    personr_error *error;

    memset(watched, 0, sizeof *watched);
    if (personr_auth_token_start(auth, 0, &watched->operation, &error) != PERSONR_OK)
        fail(__LINE__, "personr_auth_token_start", error);
}

static void check_result(struct watched *watched, int is_request)
{
    personr_token *token = NULL;
    personr_response *response = NULL;
    personr_error *error = NULL;

    if (is_request)
        personr_operation_response(watched->operation, &response, &error);
    else
        personr_operation_token(watched->operation, &token, &error);
    if (error != NULL)
        fail(__LINE__, is_request ? "a request" : "a token", error);
    personr_response_free(response);
    personr_token_free(token);
}

/* The service holds its answer to the login until all are started. */
static void many_at_once(personr_auth **auths)
{
    static struct watched all[AT_ONCE];
    int at, wakes = 0, most = 0;

    for (at = 0; at < AT_ONCE; at++)
        if (at % 2)
            start_request(auths[at / 2 % HANDLES], READS, &all[at]);
        else
            start_token(auths[at / 2 % HANDLES], &all[at]);
    puts("started");
    left = AT_ONCE;
    run_loop(all, AT_ONCE);
    for (at = 0; at < AT_ONCE; at++) {
        CHECK(all[at].is_done && personr_operation_step(all[at].operation) == 1);
        check_result(&all[at], at % 2);
        wakes += all[at].wakes;
        most = all[at].wakes > most ? all[at].wakes : most;
        personr_operation_free(all[at].operation);
    }
    printf("wakes: %d\nmost: %d\ncallbacks: %d\n", wakes, most, store.callbacks);
}

static long microseconds(const struct timespec *from, const struct timespec *to)
{
    return (long)(to->tv_sec - from->tv_sec) * 1000000 + (to->tv_nsec - from->tv_nsec) / 1000;
}

/* The service holds its answers to these. */
static void some_cancelled(const personr_auth *auth)
{
    static struct watched all[TO_CANCEL];
    struct timespec begun[TO_CANCEL];
    personr_response *response;
    personr_error *error;
    long longest = 0;
    int at;

    for (at = 0; at < TO_CANCEL; at++)
        start_request(auth, HELD, &all[at]);
    puts("to be cancelled");
    CHECK(getchar() == '\n');
    for (at = 0; at < TO_CANCEL; at++) {
        struct pollfd polled = {descriptor(&all[at]), POLLIN, 0};

        /* What a step may have left is drained. */
        CHECK(personr_operation_step(all[at].operation) == 0 && poll(&polled, 1, 0) == 0);
        CHECK(clock_gettime(CLOCK_MONOTONIC, &begun[at]) == 0);
        personr_operation_cancel(all[at].operation);
        CHECK(poll(&polled, 1, 0) == 1);
    }
    left = TO_CANCEL;
    run_loop(all, TO_CANCEL);
    for (at = 0; at < TO_CANCEL; at++) {
        CHECK(all[at].is_done && all[at].wakes == 1);
        CHECK(personr_operation_response(all[at].operation, &response, &error) == PERSONR_CANCELLED);
        CHECK(response == NULL && personr_error_may_have_run(error) == 1);
        personr_error_free(error);
        personr_operation_free(all[at].operation);
        if (microseconds(&begun[at], &all[at].ended) > longest)
            longest = microseconds(&begun[at], &all[at].ended);
    }
    printf("cancelled in: %ld\n", longest);
}

/* The threads of the library end by themselves, and nobody can wait for them. A minute is more than any machine takes. */
static void wait_until_alone(int threads_before)
{
    struct timespec pause = {0, 1000000};
    int pauses;

    for (pauses = 0; threads() > threads_before; pauses++)
        CHECK(pauses < 60000 && nanosleep(&pause, NULL) == 0);
}

int main(int argc, char **argv)
{
    personr_options *with;
    personr_auth *auths[HANDLES];
    personr_error *error;
    int at, descriptors_before, threads_before;

    CHECK(argc == 2);
    setvbuf(stdout, NULL, _IOLBF, 0);
    /* What the loop's library opens once and keeps is not ours. */
    run_loop(NULL, 0);
    descriptors_before = descriptors();
    threads_before = threads();
    store.thread = pthread_self();
    with = options(argv[1]);
    for (at = 0; at < HANDLES; at++)
        if (personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), with, &auths[at], &error)
            != PERSONR_OK)
            fail(__LINE__, "personr_auth_new", error);
    many_at_once(auths);
    some_cancelled(auths[0]);
    for (at = 0; at < HANDLES; at++)
        personr_auth_free(auths[at]);
    personr_options_free(with);
    wait_until_alone(threads_before);
    CHECK(descriptors() == descriptors_before && threads() == threads_before);
    puts("all checked");
    return EXIT_SUCCESS;
}

#endif
