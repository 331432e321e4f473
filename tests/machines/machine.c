/*
 * What the library must do on every machine, by its C interface alone: machine PART. Prints a line, and fails with one.
 *
 *     panic     a panic inside is a status, and the library goes on
 *     share     prints the token: of the store, else of a login
 *     renew     logs in, and prints the token
 *     operate   logs in by an operation, whose descriptor is watched, and prints the token
 *     threads   two threads are handed tokens while a third logs in; each token is one of the service's, whole
 */
#include <personr.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOGINS = 8, READERS = 2, SEEN_MAX = 64 };

static personr_auth *auth;
static char issued[LOGINS][PERSONR_AUTHORIZATION_MAX];
static atomic_int is_over;

struct reader {
    pthread_t thread;
    unsigned long handed_out;
    int changes;
    char seen[SEEN_MAX][PERSONR_AUTHORIZATION_MAX];
};

static void fail(const char *what, personr_error *error)
{
    fprintf(stderr, "%s: %s (%s): %s\n", what, personr_status_name(personr_error_status(error)),
            personr_error_reason(error), personr_error_message(error));
    exit(EXIT_FAILURE);
}

static personr_auth *open_auth(const char *email, personr_error **error)
{
    const char *store = getenv("PERSONR_STORE");
    personr_options *options = personr_options_new();
    personr_auth *opened = NULL;

    if (personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), error) == PERSONR_OK
        && personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), error) == PERSONR_OK
        && personr_options_set_system_roots(options, 0, error) == PERSONR_OK
        && (store == NULL || personr_options_set_token_store(options, store, error) == PERSONR_OK))
        personr_auth_new(email, getenv("PERSONR_PASSWORD"), options, &opened, error);
    personr_options_free(options);
    return opened;
}

static void panic(void)
{
    for (int i = 0; i < 3; i++) {
        personr_error *error = NULL;

        if (open_auth("panic@personr.test", &error) != NULL || personr_error_status(error) != PERSONR_INTERNAL)
            fail("no panic", error);
        personr_error_free(error);
    }
    puts("PERSONR_INTERNAL, three times");
}

static void print_token(personr_status (*how)(const personr_auth *, personr_token **, personr_error **))
{
    personr_token *token = NULL;
    personr_error *error = NULL;

    if (how(auth, &token, &error) != PERSONR_OK)
        fail("no token", error);
    puts(personr_token_value(token));
    personr_token_free(token);
}

static void operate(void)
{
    personr_operation *operation = NULL;
    personr_token *token = NULL;
    personr_error *error = NULL;
    struct pollfd watched;

    if (personr_auth_login_start(auth, 0, &operation, &error) != PERSONR_OK)
        fail("personr_auth_login_start", error);
    watched.fd = personr_operation_fd(operation);
    watched.events = POLLIN;
    while (!personr_operation_step(operation))
        poll(&watched, 1, -1);
    if (personr_operation_token(operation, &token, &error) != PERSONR_OK)
        fail("operation", error);
    puts(personr_token_value(token));
    personr_token_free(token);
    personr_operation_free(operation);
}

static void log_in(int number)
{
    personr_token *token = NULL;
    personr_error *error = NULL;

    if (personr_auth_login(auth, &token, &error) != PERSONR_OK)
        fail("login", error);
    snprintf(issued[number], sizeof issued[number], "%s", personr_token_authorization(token));
    personr_token_free(token);
}

static void *read_on(void *argument)
{
    struct reader *reader = argument;
    int is_last;

    do {
        char now[PERSONR_AUTHORIZATION_MAX];
        personr_error *error = NULL;

        is_last = atomic_load(&is_over);
        if (personr_auth_authorization(auth, now, sizeof now, NULL, &error) != PERSONR_OK)
            fail("authorization", error);
        reader->handed_out++;
        if (reader->changes == 0 || strcmp(now, reader->seen[reader->changes - 1]) != 0) {
            if (reader->changes == SEEN_MAX)
                break;
            memcpy(reader->seen[reader->changes++], now, sizeof now);
        }
    } while (!is_last);
    return NULL;
}

/* In the order in which the service has issued them: nobody is handed an older token than before. */
static int is_in_order(const struct reader *reader)
{
    int next = 0;

    for (int i = 0; i < reader->changes; i++) {
        while (next < LOGINS && strcmp(reader->seen[i], issued[next]) != 0)
            next++;
        if (next == LOGINS)
            return 0;
    }
    return 1;
}

static void threads(void)
{
    static struct reader readers[READERS];
    unsigned long handed_out = 0;
    int changes = 0;

    log_in(0);
    for (int i = 0; i < READERS; i++)
        if (pthread_create(&readers[i].thread, NULL, read_on, &readers[i]) != 0)
            fail("pthread_create", NULL);
    for (int number = 1; number < LOGINS; number++)
        log_in(number);
    atomic_store(&is_over, 1);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i].thread, NULL);
        handed_out += readers[i].handed_out;
        changes += readers[i].changes;
        if (!is_in_order(&readers[i]) || strcmp(readers[i].seen[readers[i].changes - 1], issued[LOGINS - 1]) != 0) {
            fputs("a token that is not one of the service's, or older than the one before\n", stderr);
            exit(EXIT_FAILURE);
        }
    }
    printf("%lu hand-outs, %d new tokens seen\n", handed_out, changes);
}

int main(int argc, char **argv)
{
    const char *part = argc == 2 ? argv[1] : "";
    personr_error *error = NULL;

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    if (strcmp(part, "panic") == 0)
        panic();
    auth = open_auth(getenv("PERSONR_EMAIL"), &error);
    if (auth == NULL)
        fail("personr_auth_new", error);
    if (strcmp(part, "share") == 0)
        print_token(personr_auth_token);
    else if (strcmp(part, "renew") == 0)
        print_token(personr_auth_login);
    else if (strcmp(part, "operate") == 0)
        operate();
    else if (strcmp(part, "threads") == 0)
        threads();
    else if (strcmp(part, "panic") != 0)
        fail("no such part", NULL);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
