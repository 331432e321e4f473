/* Logs in so many times, each time with a new client: logins COUNT. Prints the microseconds of CPU time of a login. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "client.h"

static int log_in(void)
{
    struct client *client = client_new();
    int result = client == NULL ? -1 : client_login(client);

    client_free(client);
    return result;
}

static double microseconds(void)
{
    struct timespec time;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char **argv)
{
    int i, count = argc == 2 ? atoi(argv[1]) : 0;
    double begun;

    /* The first one pays for what is made once. */
    if (count < 1 || clients_begin() != 0 || log_in() != 0)
        return EXIT_FAILURE;
    begun = microseconds();
    for (i = 0; i < count; i++)
        if (log_in() != 0)
            return EXIT_FAILURE;
    printf("%.3f\n", (microseconds() - begun) / count);
    clients_end();
    return EXIT_SUCCESS;
}
