/*
 * Ends, or unloads the library, while operations are under way.
 *
 *     operation_unload return|exit|unload|free
 */
#include <dlfcn.h>
#include <personr.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 20
#define TEXT(number) TEXT_OF(number)
#define TEXT_OF(number) #number
#define LIBRARY "libpersonr.so." TEXT(PERSONR_VERSION_MAJOR)

/* What is called of the library. */
struct library {
    void *handle;
    personr_options *(*options_new)(void);
    void (*options_free)(personr_options *);
    personr_status (*set_base_url)(personr_options *, const char *, personr_error **);
    personr_status (*auth_new)(const char *, const char *, const personr_options *, personr_auth **, personr_error **);
    void (*auth_free)(personr_auth *);
    personr_status (*login_start)(const personr_auth *, uint32_t, personr_operation **, personr_error **);
    int32_t (*step)(personr_operation *);
    void (*operation_free)(personr_operation *);
};

static int find(const struct library *library, const char *name, void *function)
{
    void *found = dlsym(library->handle, name);

    memcpy(function, &found, sizeof found);
    if (found == NULL)
        fprintf(stderr, "%s: %s\n", name, dlerror());
    return found != NULL;
}

static int load(struct library *library)
{
    library->handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (library->handle == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 0;
    }
    return find(library, "personr_options_new", &library->options_new)
        && find(library, "personr_options_free", &library->options_free)
        && find(library, "personr_options_set_base_url", &library->set_base_url)
        && find(library, "personr_auth_new", &library->auth_new)
        && find(library, "personr_auth_free", &library->auth_free)
        && find(library, "personr_auth_login_start", &library->login_start)
        && find(library, "personr_operation_step", &library->step)
        && find(library, "personr_operation_free", &library->operation_free);
}

static personr_auth *make_auth(const struct library *library)
{
    personr_options *options = library->options_new();
    personr_auth *auth = NULL;

    if (library->set_base_url(options, getenv("PERSONR_BASE_URL"), NULL) == PERSONR_OK)
        (void)library->auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL);
    library->options_free(options);
    return auth;
}

/* Each time at another place of the login. */
static int in_the_middle(const char *way, int round)
{
    struct library library;
    personr_auth *auth;
    personr_operation *operation = NULL;

    memset(&library, 0, sizeof library);
    if (!load(&library) || (auth = make_auth(&library)) == NULL
        || library.login_start(auth, 0, &operation, NULL) != PERSONR_OK)
        return 0;
    (void)poll(NULL, 0, round / 4);
    if (library.step(operation) != 0)
        return 0;
    if (strcmp(way, "unload") != 0 && strcmp(way, "free") != 0)
        return 1;
    if (strcmp(way, "free") == 0) {
        library.operation_free(operation);
        library.auth_free(auth);
    }
    return dlclose(library.handle) == 0;
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "return";
    int round;

    for (round = 0; round < ROUNDS; round++)
        if (!in_the_middle(way, round))
            return EXIT_FAILURE;
    if (strcmp(way, "exit") == 0)
        exit(EXIT_SUCCESS);
    return EXIT_SUCCESS;
}
