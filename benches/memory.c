/* Logs in once. Prints by how many kibibytes the most resident memory of the process has grown by that. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/* VmHWM, by no stream, whose buffer would be counted. */
static long most_resident(void)
{
    char status[4096];
    const char *line;
    ssize_t length = -1;
    int file = open("/proc/self/status", O_RDONLY);

    if (file >= 0) {
        length = read(file, status, sizeof status - 1);
        close(file);
    }
    if (length < 0)
        return -1;
    status[length] = '\0';
    line = strstr(status, "\nVmHWM:");
    return line == NULL ? -1 : atol(line + strlen("\nVmHWM:"));
}

int main(void)
{
    long before = most_resident(), after;
    struct client *client;

    if (before < 0 || clients_begin() != 0 || (client = client_new()) == NULL || client_login(client) != 0)
        return EXIT_FAILURE;
    after = most_resident();
    client_free(client);
    clients_end();
    printf("%ld\n", after - before);
    return EXIT_SUCCESS;
}
