/*
 * Hands out an authorization again and again, on so many threads, and prints the nanoseconds of wall time that a call
 * took on each. The program says what `hand_out` is.
 */
#ifndef HANDOUT_H
#define HANDOUT_H

#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define BUFFER_SIZE 4104

/* Writes "Bearer ..." and a NUL. Returns 0 on success. */
static int hand_out(char *buffer, size_t capacity);

static pthread_barrier_t barrier;
static long calls;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static void *work(void *spent)
{
    char buffer[BUFFER_SIZE];
    double begun;
    long i;

    pthread_barrier_wait(&barrier);
    begun = now();
    for (i = 0; i < calls; i++)
        if (hand_out(buffer, sizeof buffer) != 0)
            abort();
    *(double *)spent = (now() - begun) / (double)calls;
    return NULL;
}

static int measure(int threads, long calls_of_each)
{
    pthread_t thread[64];
    double spent[64], sum = 0;
    int i;

    calls = calls_of_each;
    if (threads < 1 || threads > 64 || calls < 1 || pthread_barrier_init(&barrier, NULL, (unsigned)threads) != 0)
        return EXIT_FAILURE;
    for (i = 0; i < threads; i++)
        if (pthread_create(&thread[i], NULL, work, &spent[i]) != 0)
            return EXIT_FAILURE;
    for (i = 0; i < threads; i++) {
        pthread_join(thread[i], NULL);
        sum += spent[i];
    }
    printf("%.3f\n", sum / threads);
    return EXIT_SUCCESS;
}

#endif
