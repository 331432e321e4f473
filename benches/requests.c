/*
 * Sends so many small requests on each of so many threads, by connections that are kept: requests COUNT [THREADS].
 * Prints the microseconds of CPU time of a request, and of wall time.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "exchange.h"

#define THREADS_MAX 64

static int count;
static pthread_barrier_t ready;

static double microseconds(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void *work(void *argument)
{
    struct exchanger *exchanger = argument;
    int i, failed = exchanger_ask(exchanger); /* pays for the connection */

    pthread_barrier_wait(&ready);
    for (i = 0; i < count && failed == 0; i++)
        failed = exchanger_ask(exchanger);
    return failed == 0 ? exchanger : NULL;
}

int main(int argc, char **argv)
{
    int i, threads = argc > 2 ? atoi(argv[2]) : 1, failed = 0;
    struct exchanger *first = exchanger_new(), *each[THREADS_MAX];
    pthread_t thread[THREADS_MAX];
    double cpu, wall;
    void *good;

    count = argc > 1 ? atoi(argv[1]) : 0;
    if (first == NULL || count < 1 || threads < 1 || threads > THREADS_MAX
        || pthread_barrier_init(&ready, NULL, (unsigned)threads + 1) != 0)
        return EXIT_FAILURE;
    for (i = 0; i < threads; i++) {
        each[i] = exchanger_for_thread(first);
        if (each[i] == NULL || pthread_create(&thread[i], NULL, work, each[i]) != 0)
            return EXIT_FAILURE;
    }
    pthread_barrier_wait(&ready);
    cpu = microseconds(CLOCK_PROCESS_CPUTIME_ID);
    wall = microseconds(CLOCK_MONOTONIC);
    for (i = 0; i < threads; i++) {
        pthread_join(thread[i], &good);
        failed += good == NULL;
    }
    printf("%.3f %.3f\n", (microseconds(CLOCK_PROCESS_CPUTIME_ID) - cpu) / count / threads,
           (microseconds(CLOCK_MONOTONIC) - wall) / count / threads);
    for (i = 0; i < threads; i++)
        if (each[i] != first)
            exchanger_free(each[i]);
    exchanger_free(first);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
