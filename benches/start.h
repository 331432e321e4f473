/* Prints how many microseconds of CPU time it took to load a library and to make a first handle of it. */
#ifndef START_H
#define START_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Loads, and makes a handle. Returns 0 on success. */
static int start(void);

static int find(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    memcpy(function, &found, sizeof found);
    return found == NULL;
}

static double microseconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(void)
{
    double begun = microseconds();

    if (start() != 0)
        return EXIT_FAILURE;
    printf("%.3f\n", microseconds() - begun);
    return EXIT_SUCCESS;
}

#endif
