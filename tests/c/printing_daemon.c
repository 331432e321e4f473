/*
 * A daemon that has closed its standard streams, and prints all the same: from a thread of its own, and when the library
 * logs something.
 *
 *     printing_daemon LOGINS
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "application.h"

static volatile int is_done, printed;

static void print(void)
{
    static const char line[] = "a line of the application's\n";
    int stream;

    printf("%s", line);
    fflush(stdout);
    for (stream = 0; stream < 3; stream++)
        if (write(stream, line, sizeof line - 1) == (ssize_t)sizeof line - 1)
            printed = 1;
}

static void *go_on_printing(void *nothing)
{
    while (!is_done)
        print();
    return nothing;
}

static void on_log(void *user_data, int32_t level, const char *event, const char *text)
{
    (void)user_data, (void)level, (void)event, (void)text;
    print();
}

static int results, errors, wanted;

/* Returns how many logins came to what they should. */
static int log_in(const personr_auth *auth, personr_status expected)
{
    int i, good = 0;

    for (i = 0; i < wanted; i++) {
        personr_token *token = NULL;
        personr_error *error = NULL;

        if (personr_auth_login(auth, &token, &error) == expected)
            good++;
        else
            dprintf(errors, "%s: %s\n", personr_error_reason(error), personr_error_message(error));
        personr_error_free(error);
        personr_token_free(token);
    }
    return good;
}

/* Another account, which the service does not know: its logins share nothing with those of the first. */
static void *be_refused(void *auth)
{
    return log_in(auth, PERSONR_INVALID_CREDENTIALS) == wanted ? auth : NULL;
}

static personr_auth *auth_that_prints(const char *email)
{
    personr_options *options = application_options(NULL);

    if (personr_options_set_log_callback(options, on_log, PERSONR_LOG_DEBUG, NULL, NULL, NULL) != PERSONR_OK)
        return NULL;
    return application_auth(options, email);
}

int main(int argc, char **argv)
{
    personr_auth *auth = auth_that_prints(NULL), *other = auth_that_prints("nobody@example.com");
    pthread_t printer, refused;
    void *good = NULL;
    int i, logins;

    wanted = argc > 1 ? atoi(argv[1]) : 1;
    results = fcntl(1, F_DUPFD_CLOEXEC, 10);
    errors = fcntl(2, F_DUPFD_CLOEXEC, 10);
    if (auth == NULL || other == NULL)
        return EXIT_FAILURE;
    for (i = 0; i < 3; i++)
        close(i);
    if (pthread_create(&printer, NULL, go_on_printing, NULL) != 0
        || pthread_create(&refused, NULL, be_refused, other) != 0)
        return EXIT_FAILURE;
    logins = log_in(auth, PERSONR_OK);
    pthread_join(refused, &good);
    is_done = 1;
    pthread_join(printer, NULL);
    personr_auth_free(other);
    personr_auth_free(auth);
    dprintf(results, "logins: %d\nrefused: %d\nprinted into something: %d\n", logins, good != NULL, printed);
    return EXIT_SUCCESS;
}
