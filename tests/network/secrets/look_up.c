/* Stands before the system's getaddrinfo (LD_PRELOAD): notes each name in the file that LOOK_UPS names, and answers
   for itself, so that no test asks a name server: a name that ends in ".test" is 127.0.0.1, another does not exist. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int look_up(const char *, const char *, const struct addrinfo *, struct addrinfo **);

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **found)
{
    union {
        void *pointer;
        look_up *function;
    } next;
    size_t length = name == NULL ? 0 : strlen(name);
    FILE *file = fopen(getenv("LOOK_UPS"), "a");
    if (file == NULL)
        abort();
    fprintf(file, "%s\n", name == NULL ? "(none)" : name);
    fclose(file);
    next.pointer = dlsym(RTLD_NEXT, "getaddrinfo");
    if (length < 5 || strcmp(name + length - 5, ".test") != 0)
        return EAI_NONAME;
    return next.function("127.0.0.1", service, hints, found);
}
