/*
 * Calls the library from threads with a small stack and a guard page below it.
 *
 *     stacks                      128 KiB
 *     stacks KIBIBYTES [STORE]    tells also how many bytes each call used, by reading below the stack pointer, which
 *                                 tools that watch the memory dislike
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "application.h"
#include "look_up.h"

#define PAINT 0xA5

static const char *store;
static int is_measured;

static int log_in_to(personr_options *options)
{
    personr_auth *auth = application_auth(options, NULL);
    personr_token *token = NULL;
    personr_error *error = NULL;
    int good = auth != NULL && personr_auth_login(auth, &token, &error) == PERSONR_OK && authorizes(auth, token);

    if (error != NULL)
        complain("personr_auth_login", error);
    personr_token_free(token);
    personr_auth_free(auth);
    return good;
}

static int login(void)
{
    return log_in_to(application_options(NULL));
}

static int login_with_store(void)
{
    return log_in_to(application_options(store));
}

static int login_with_form(void)
{
    personr_options *options = application_options(NULL);

    return personr_options_set_login_method(options, PERSONR_LOGIN_FORM, NULL) == PERSONR_OK && log_in_to(options);
}

static int login_with_system_roots(void)
{
    personr_options *options = application_options(NULL);

    return personr_options_set_system_roots(options, 1, NULL) == PERSONR_OK && log_in_to(options);
}

static int token(void)
{
    personr_auth *auth = application_auth(application_options(store), NULL);
    personr_token *token = NULL;
    int good = personr_auth_token(auth, &token, NULL) == PERSONR_OK && authorizes(auth, token)
        && personr_auth_reject(auth, personr_token_value(token), NULL) == PERSONR_OK && personr_auth_state(auth) >= 0;

    personr_token_free(token);
    personr_auth_free(auth);
    return good;
}

static int refused_login(void)
{
    personr_auth *auth = application_auth(application_options(NULL), "nobody@example.com");
    personr_token *token = NULL;
    personr_error *error = NULL;
    int good = personr_auth_login(auth, &token, &error) == PERSONR_INVALID_CREDENTIALS && token == NULL
        && personr_error_status(error) == PERSONR_INVALID_CREDENTIALS && personr_error_message(error)[0] != '\0';

    personr_error_free(error);
    personr_auth_free(auth);
    return good;
}

static int look_up_of_no_name(void)
{
    personr_options *options = application_options(NULL);
    personr_auth *auth;
    personr_error *error = NULL;
    personr_token *token = NULL;
    int good;

    good = personr_options_set_base_url(options, "https://personr.invalid", NULL) == PERSONR_OK;
    auth = application_auth(options, NULL);
    good = good && personr_auth_login(auth, &token, &error) == PERSONR_NETWORK
        && strcmp(personr_error_reason(error), "dns") == 0;
    personr_error_free(error);
    personr_auth_free(auth);
    return good;
}

static const struct operation {
    const char *name;
    int (*run)(void);
} operations[] = {
    {"login", login},
    {"login with a store", login_with_store},
    {"login with the form", login_with_form},
    {"login with the system's roots", login_with_system_roots},
    {"token", token},
    {"refused login", refused_login},
    {"look-up of no name", look_up_of_no_name},
};

static void *run(void *operation)
{
    return ((const struct operation *)operation)->run() ? operation : NULL;
}

/* Runs it on a painted stack. Returns the bytes that lost their paint (1 if nobody asks), or 0 if it failed. */
static size_t run_on_stack(const struct operation *operation, size_t size)
{
    size_t guard = (size_t)sysconf(_SC_PAGESIZE), untouched = 0;
    unsigned char *memory = mmap(NULL, guard + size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned char *stack = memory + guard;
    pthread_attr_t attributes;
    pthread_t thread;
    void *good = NULL;

    if (memory == MAP_FAILED || mprotect(stack, size, PROT_READ | PROT_WRITE) != 0)
        return 0;
    memset(stack, PAINT, size);
    pthread_attr_init(&attributes);
    if (pthread_attr_setstack(&attributes, stack, size) == 0
        && pthread_create(&thread, &attributes, run, (void *)operation) == 0)
        pthread_join(thread, &good);
    while (untouched < size - 1 && (!is_measured || stack[untouched] == PAINT))
        untouched++;
    pthread_attr_destroy(&attributes);
    munmap(memory, guard + size);
    return good != NULL ? size - untouched : 0;
}

int main(int argc, char **argv)
{
    size_t i, used, size = (size_t)(argc > 1 ? atoi(argv[1]) : 128) * 1024;
    int failed = 0;

    is_measured = argc > 1;
    store = argc > 2 ? argv[2] : NULL;
    for (i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        /* Before it runs, so that a crash can be told. */
        fprintf(stderr, "%s\n", operations[i].name);
        used = run_on_stack(&operations[i], size);
        if (is_measured)
            printf("%s: %lu\n", operations[i].name, (unsigned long)used);
        failed += used == 0;
    }
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
