/*
 * One handle for many threads. The first one logs in, the others wait for its token, and from then on the token is
 * handed out from memory.
 *
 *     cc threads.c -lpersonr -pthread -o threads
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./threads
 */
#include <personr.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wipe.h"

#define THREADS 16
#define CALLS 1000

struct worker {
    pthread_t thread;
    const personr_auth *auth;
    personr_status status;
    int served;
    char last[PERSONR_AUTHORIZATION_MAX];
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    int i;

    for (i = 0; i < CALLS; i++) {
        worker->status = personr_auth_authorization(worker->auth, worker->last, sizeof worker->last, NULL, NULL);
        if (worker->status != PERSONR_OK)
            break;
        worker->served++; /* here a request would be sent with worker->last as its Authorization header */
    }
    return NULL;
}

static int run(const personr_auth *auth)
{
    static struct worker workers[THREADS];
    int i, started, served = 0, same = 1;

    for (started = 0; started < THREADS; started++) {
        workers[started].auth = auth;
        if (pthread_create(&workers[started].thread, NULL, work, &workers[started]) != 0)
            break;
    }
    for (i = 0; i < started; i++) {
        pthread_join(workers[i].thread, NULL);
        served += workers[i].served;
        same = same && strcmp(workers[i].last, workers[0].last) == 0;
        if (workers[i].status != PERSONR_OK)
            fprintf(stderr, "thread %d: %s\n", i, personr_status_name(workers[i].status));
    }
    printf("%d threads, %d of %d calls served, %s\n", started, served, THREADS * CALLS,
           same ? "all with one token" : "with different tokens");
    wipe(workers, sizeof workers);
    return started == THREADS && served == THREADS * CALLS ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(void)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *ca_file = getenv("PERSONR_CA_FILE");
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_error *error = NULL;
    int result = EXIT_FAILURE;

    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error) == PERSONR_OK)
        result = run(auth);
    else
        fprintf(stderr, "%s\n", personr_error_message(error));
    personr_error_free(error);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
