/* How much memory the process has had at most. */
#ifndef RESIDENT_H
#define RESIDENT_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* VmHWM in KiB, or -1. By no stream, whose buffer would be counted. */
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

#endif
