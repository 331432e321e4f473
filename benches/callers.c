/* So many threads that all need an authorization at once: callers THREADS. */
#include <pthread.h>
#include <stdlib.h>

#include "client.h"

#define MAX_THREADS 256

static pthread_barrier_t start;
static struct client *shared;

static void *call(void *result)
{
    char authorization[AUTHORIZATION_SIZE];
    struct client *client = client_is_shared ? shared : client_new();

    pthread_barrier_wait(&start);
    *(int *)result = client == NULL ? -1 : client_authorization(client, authorization, sizeof authorization);
    if (!client_is_shared)
        client_free(client);
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t threads[MAX_THREADS];
    int results[MAX_THREADS], i, failed = 0, count = argc == 2 ? atoi(argv[1]) : 0;

    if (count < 1 || count > MAX_THREADS || clients_begin() != 0
        || pthread_barrier_init(&start, NULL, (unsigned)count) != 0
        || (client_is_shared && (shared = client_new()) == NULL))
        return EXIT_FAILURE;
    for (i = 0; i < count; i++)
        if (pthread_create(&threads[i], NULL, call, &results[i]) != 0)
            return EXIT_FAILURE;
    for (i = 0; i < count; i++) {
        pthread_join(threads[i], NULL);
        failed |= results[i];
    }
    client_free(shared);
    clients_end();
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
