/*
 * The application's own getaddrinfo, which the library finds before the system's: personr.test, a name in the
 * certificate of the sandbox, is 127.0.0.1. Any other name is the system's to look up.
 *
 * Needs _GNU_SOURCE.
 */
#ifndef LOOK_UP_H
#define LOOK_UP_H

#include "library_threads.h"

#include <dlfcn.h>
#include <netdb.h>
#include <string.h>

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

/* The program ends after the threads of its look-ups. */
static void __attribute__((destructor)) wait_for_look_ups(void)
{
    (void)wait_for_library_threads(0);
}

#endif
