/*
 * Hands out an authorization again and again, on so many threads at once: handout THREADS CALLS. Prints the nanoseconds
 * of wall time and of CPU time that a call took, each the mean of the threads. The program says what `hand_out` is.
 */
#ifndef HANDOUT_H
#define HANDOUT_H

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BUFFER_SIZE 4104
#define MAX_THREADS 256

/* Writes "Bearer ..." and a NUL. Returns 0 on success. */
static int hand_out(char *buffer, size_t capacity);

struct spent {
    double wall, cpu;
};

static pthread_barrier_t barrier;
static long calls;

static double nanoseconds(clockid_t clock)
{
    struct timespec time;

    clock_gettime(clock, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *work(void *argument)
{
    struct spent *spent = argument;
    char buffer[BUFFER_SIZE];
    double wall, cpu;
    long i;

    pthread_barrier_wait(&barrier);
    wall = nanoseconds(CLOCK_MONOTONIC);
    cpu = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    for (i = 0; i < calls; i++)
        if (hand_out(buffer, sizeof buffer) != 0)
            abort();
    spent->wall = (nanoseconds(CLOCK_MONOTONIC) - wall) / (double)calls;
    spent->cpu = (nanoseconds(CLOCK_THREAD_CPUTIME_ID) - cpu) / (double)calls;
    return NULL;
}

static int measure(int threads, long calls_of_each)
{
    pthread_t thread[MAX_THREADS];
    struct spent spent[MAX_THREADS], sum = {0, 0};
    int i;

    calls = calls_of_each;
    if (threads < 1 || threads > MAX_THREADS || calls < 1
        || pthread_barrier_init(&barrier, NULL, (unsigned)threads) != 0)
        return EXIT_FAILURE;
    for (i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, &spent[i]) != 0)
            return EXIT_FAILURE;
    for (i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        sum.wall += spent[i].wall;
        sum.cpu += spent[i].cpu;
    }
    printf("%.3f %.3f\n", sum.wall / threads, sum.cpu / threads);
    return EXIT_SUCCESS;
}

#endif
