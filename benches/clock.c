/* The clock alone, which every hand-out reads: what the machine leaves for the rest. clock THREADS CALLS */
#include "handout.h"

static int hand_out(char *buffer, size_t capacity)
{
    struct timespec time;

    (void)buffer;
    (void)capacity;
    return clock_gettime(CLOCK_BOOTTIME, &time);
}

int main(int argc, char **argv)
{
    return argc == 3 ? measure(atoi(argv[1]), atol(argv[2])) : EXIT_FAILURE;
}
