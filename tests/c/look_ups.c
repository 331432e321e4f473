/*
 * Many callers of a name server that does not answer: each has an account, a handle, a thread and a deadline of its own.
 *
 *     look_ups CALLERS TIMEOUT_MS
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <netdb.h>
#include <pthread.h>
#include <unistd.h>

#include "application.h"

#define STACK (128 * 1024)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int asked, timeouts;
static unsigned timeout_ms;

/* The application's own: the library finds it before the system's. It never returns. */
int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    (void)name, (void)service, (void)hints, (void)found;
    pthread_mutex_lock(&lock);
    asked++;
    pthread_mutex_unlock(&lock);
    for (;;)
        pause();
}

static personr_auth *auth_of_caller(long number)
{
    personr_options *options = application_options(NULL);
    char email[64];

    snprintf(email, sizeof email, "caller-%ld@example.com", number);
    if (personr_options_set_timeout_ms(options, timeout_ms, NULL) != PERSONR_OK
        || personr_options_set_proxy(options, "", NULL) != PERSONR_OK)
        return NULL;
    return application_auth(options, email);
}

static void *call(void *auth)
{
    personr_token *token = NULL;
    personr_error *error = NULL;

    if (personr_auth_token(auth, &token, &error) == PERSONR_TIMEOUT
        && strcmp(personr_error_reason(error), "connect") == 0) {
        pthread_mutex_lock(&lock);
        timeouts++;
        pthread_mutex_unlock(&lock);
    } else {
        fprintf(stderr, "%s\n", personr_error_message(error));
    }
    personr_error_free(error);
    personr_token_free(token);
    return NULL;
}

/* The library's threads, by their name. */
static int look_up_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    struct dirent *task;
    int count = 0;

    while ((task = readdir(tasks)) != NULL) {
        char path[300], name[32] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
        if ((file = fopen(path, "r")) == NULL)
            continue;
        count += fgets(name, sizeof name, file) != NULL && strncmp(name, "personr", 7) == 0;
        fclose(file);
    }
    closedir(tasks);
    return count;
}

int main(int argc, char **argv)
{
    long i, callers = argc > 2 ? atoi(argv[1]) : 1;
    personr_auth **auths = calloc((size_t)callers, sizeof *auths);
    pthread_t *threads = calloc((size_t)callers, sizeof *threads);
    pthread_attr_t attributes;
    int good = auths != NULL && threads != NULL;

    timeout_ms = argc > 2 ? (unsigned)atoi(argv[2]) : 1000;
    for (i = 0; good && i < callers; i++)
        good = (auths[i] = auth_of_caller(i)) != NULL;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    for (i = 0; good && i < callers; i++)
        good = pthread_create(&threads[i], &attributes, call, auths[i]) == 0;
    for (i = 0; good && i < callers; i++)
        good = pthread_join(threads[i], NULL) == 0;
    printf("timeouts: %d\nlook-ups: %d\nthreads: %d\n", timeouts, asked, look_up_threads());
    fflush(stdout);
    /* The look-ups go on. */
    _exit(good ? EXIT_SUCCESS : EXIT_FAILURE);
}
