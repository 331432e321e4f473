/*
 * Sends a file or fetches a document: document up|down FILE. Prints the microseconds of CPU time that it took, and by how
 * many kibibytes the most resident memory of the process has grown by it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "exchange.h"
#include "resident.h"

static double microseconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    struct exchanger *exchanger = exchanger_new();
    double begun;
    long before;
    int failed;

    /* The first exchange pays for the connection. */
    if (argc != 3 || exchanger == NULL || exchanger_ask(exchanger) != 0)
        return EXIT_FAILURE;
    before = most_resident();
    begun = microseconds();
    failed = strcmp(argv[1], "up") == 0 ? exchanger_upload(exchanger, argv[2]) : exchanger_download(exchanger, argv[2]);
    printf("%.3f %ld\n", microseconds() - begun, most_resident() - before);
    exchanger_free(exchanger);
    return before >= 0 && failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
