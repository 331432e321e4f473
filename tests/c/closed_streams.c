/*
 * An application that has closed its standard streams and prints all the time: whatever gets one of their numbers, gets
 * what it prints.
 *
 *     closed_streams DIRECTORY [ROUNDS]    logs in so often, with the store file:DIRECTORY, and reads each record again
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "application.h"

static int report = -1, is_over;
/* What found a file behind a standard stream. */
static long strays;

static void *chatter(void *unused)
{
    static const char text[] = "a line of the application\n";

    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        strays += printf("%s", text) > 0;
        strays += write(STDOUT_FILENO, text, sizeof text - 1) > 0;
        strays += write(STDERR_FILENO, text, sizeof text - 1) > 0;
        sched_yield();
    }
    return unused;
}

static int gives(const char *store, const personr_token *token)
{
    personr_auth *fresh = application_auth(application_options(store), NULL);
    int same = fresh != NULL && authorizes(fresh, token);

    personr_auth_free(fresh);
    return same;
}

static int log_in(const char *store)
{
    personr_auth *auth = application_auth(application_options(store), NULL);
    personr_token *token = NULL;
    personr_error *error = NULL;
    int good = auth != NULL && personr_auth_login(auth, &token, &error) == PERSONR_OK;

    if (!good)
        dprintf(report, "%s: %s\n", personr_error_reason(error), personr_error_message(error));
    else if (!(good = gives(store, token)))
        dprintf(report, "another handle does not find the token in the record\n");
    personr_error_free(error);
    personr_token_free(token);
    personr_auth_free(auth);
    return good;
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 1, good = 0, round;
    char store[4096];
    pthread_t thread;

    report = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);
    snprintf(store, sizeof store, "file:%s", argc > 1 ? argv[1] : "");
    setvbuf(stdout, NULL, _IONBF, 0);
    close(STDIN_FILENO);
    close(STDOUT_FILENO);
    close(STDERR_FILENO);
    if (report == -1 || pthread_create(&thread, NULL, chatter, NULL) != 0)
        return EXIT_FAILURE;
    for (round = 0; round < rounds; round++)
        good += log_in(store);
    __atomic_store_n(&is_over, 1, __ATOMIC_RELAXED);
    pthread_join(thread, NULL);
    dprintf(report, "records: %d of %d, stray lines: %ld\n", good, rounds, strays);
    /* Not by exit(), which flushes and closes streams that are not there. */
    _exit(EXIT_SUCCESS);
}
