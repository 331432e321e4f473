/*
 * The threads of the library in this process: whoever wants to see them end. What one still holds at the end of the process
 * would look lost to a memory checker.
 */
#ifndef LIBRARY_THREADS_H
#define LIBRARY_THREADS_H

#include <dirent.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

/* How many there are. A checker may have a thread as well, so they are told by their names. */
static inline int library_threads(void)
{
    static const char names[] = "personr-";
    DIR *threads = opendir("/proc/self/task");
    struct dirent *thread;
    int count = 0;

    while (threads != NULL && (thread = readdir(threads)) != NULL) {
        char path[300], name[16] = "";
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/comm", thread->d_name);
        file = fopen(path, "r");
        if (file == NULL)
            continue;
        count += fgets(name, sizeof name, file) != NULL && strncmp(name, names, sizeof names - 1) == 0;
        fclose(file);
    }
    if (threads != NULL)
        closedir(threads);
    return count;
}

/* Waits until no more than so many are left, for ten seconds at most. Returns how many there are. */
static inline int wait_for_library_threads(int left)
{
    int i;

    for (i = 0; i < 10000 && library_threads() > left; i++)
        (void)poll(NULL, 0, 1);
    return library_threads();
}

#endif
