/*
 * The application's own getaddrinfo, which the library finds before the system's: personr.test, a name in the
 * certificate of the sandbox, is 127.0.0.1. Any other name is the system's to look up.
 *
 * Needs _GNU_SOURCE.
 */
#ifndef LOOK_UP_H
#define LOOK_UP_H

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Called on the library's look-up thread, while its caller waits. May be NULL. */
static void (*during_look_up)(void);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    int (*systems)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

    *(void **)&systems = dlsym(RTLD_NEXT, "getaddrinfo");
    if (name == NULL || strcmp(name, "personr.test") != 0)
        return systems(name, service, hints, found);
    if (during_look_up != NULL)
        during_look_up();
    return systems("127.0.0.1", service, hints, found);
}

/*
 * The program ends after the threads of its look-ups: what one still holds would look lost to a memory checker. A
 * directory has two links, and one for each folder in it; a thread that never ends is waited for for ten seconds.
 */
static void __attribute__((destructor)) wait_for_look_ups(void)
{
    struct stat tasks;
    int i;

    for (i = 0; i < 10000 && stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3; i++)
        usleep(1000);
}

#endif
