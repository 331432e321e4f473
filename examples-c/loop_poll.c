/*
 * Three accounts at once in a loop of poll(2). No call blocks, so the loop can be interrupted.
 *
 *     cc loop_poll.c -lpersonr -o loop_poll
 *     PERSONR_PASSWORD=… ./loop_poll file:/tmp/tokens ann@example.com ben@example.com cleo@example.com
 *
 * Ctrl-C cancels what is not done. A login whose request has left goes on nevertheless, in the background, since it has
 * probably ended the former token: so the program asks for these tokens once more, and waits for them, before it ends. A
 * second Ctrl-C ends it at once. The three accounts have one password here, to keep the example short.
 */
#include <errno.h>
#include <personr.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ACCOUNTS 3
#define INTERRUPTED (128 + SIGINT)

struct account {
    const char *email;
    personr_auth *auth;
    personr_operation *volatile operation; /* NULL when there is nothing to wait for */
    personr_status status;
};

static struct account accounts[ACCOUNTS];
static volatile sig_atomic_t is_interrupted;

/* To cancel is all that a signal handler may do with an operation. It is ready then, and the loop sees that. */
static void interrupt(int number)
{
    int i;

    (void)number;
    is_interrupted = 1;
    for (i = 0; i < ACCOUNTS; i++)
        personr_operation_cancel(accounts[i].operation);
}

/* The signal runs on this thread: the library blocks all signals on its own. SA_RESETHAND: the second one ends us. */
static int catch_interrupts(void)
{
    struct sigaction action = {0};

    action.sa_handler = interrupt;
    action.sa_flags = SA_RESETHAND;
    if (sigemptyset(&action.sa_mask) == 0 && sigaction(SIGINT, &action, NULL) == 0)
        return 1;
    perror("sigaction");
    return 0;
}

static void report(struct account *account, personr_error *error)
{
    account->status = personr_error_status(error);
    fprintf(stderr, "%s: %s (%s): %s\n", account->email, personr_status_name(account->status),
            personr_error_reason(error), personr_error_message(error));
    personr_error_free(error);
}

static void start(struct account *account)
{
    personr_operation *operation;
    personr_error *error;

    if (personr_auth_token_start(account->auth, 0, &operation, &error) == PERSONR_OK)
        account->operation = operation;
    else
        report(account, error);
}

/* Takes the result of an operation that is done, and frees it. */
static void finish(struct account *account)
{
    personr_operation *operation = account->operation;
    personr_token *token;
    personr_error *error;

    account->status = personr_operation_token(operation, &token, &error);
    if (account->status == PERSONR_OK)
        printf("%s: %.6s...\n", account->email, personr_token_value(token));
    else
        report(account, error);
    personr_token_free(token);
    account->operation = NULL; /* first: the handler must not cancel what is freed */
    personr_operation_free(operation);
}

/* Until all are done. Each is stepped before it is watched: one that was done at once has no descriptor. */
static void watch(void)
{
    struct pollfd polled[ACCOUNTS];
    int i, out;

    for (;;) {
        for (i = 0, out = 0; i < ACCOUNTS; i++) {
            if (accounts[i].operation != NULL && personr_operation_step(accounts[i].operation))
                finish(&accounts[i]);
            polled[i].fd = personr_operation_fd(accounts[i].operation); /* poll passes over -1 */
            polled[i].events = POLLIN;
            out += accounts[i].operation != NULL;
        }
        if (out == 0)
            return;
        fflush(stdout);
        if (poll(polled, ACCOUNTS, -1) == -1 && errno != EINTR) {
            perror("poll");
            exit(EXIT_FAILURE);
        }
    }
}

/* Logins that go on although their operations were cancelled end here, and their tokens are saved. */
static void join(void)
{
    int i;

    for (i = 0; i < ACCOUNTS; i++)
        if (accounts[i].status == PERSONR_CANCELLED)
            start(&accounts[i]);
    puts("waiting for logins that are on their way");
    fflush(stdout);
    for (i = 0; i < ACCOUNTS; i++) {
        if (accounts[i].operation == NULL)
            continue;
        while (!personr_operation_wait(accounts[i].operation, 1000))
            ;
        finish(&accounts[i]);
    }
}

static int open_account(struct account *account, const char *email, const personr_options *options)
{
    personr_error *error;

    account->email = email;
    if (personr_auth_new(email, getenv("PERSONR_PASSWORD"), options, &account->auth, &error) == PERSONR_OK)
        return 1;
    report(account, error);
    return 0;
}

static int run(void)
{
    int i, failed = 0;

    for (i = 0; i < ACCOUNTS; i++) {
        start(&accounts[i]);
        /* The signal may have come before the handler could see it. */
        if (is_interrupted)
            personr_operation_cancel(accounts[i].operation);
    }
    watch();
    if (is_interrupted) {
        join();
        return INTERRUPTED;
    }
    for (i = 0; i < ACCOUNTS; i++)
        failed += accounts[i].status != PERSONR_OK;
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *ca_file = getenv("PERSONR_CA_FILE");
    personr_options *options;
    personr_error *error = NULL;
    int i, result = EXIT_FAILURE;

    if (argc != 2 + ACCOUNTS) {
        fprintf(stderr, "usage: loop_poll STORE EMAIL EMAIL EMAIL\n");
        return EXIT_FAILURE;
    }
    options = personr_options_new();
    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && personr_options_set_token_store(options, argv[1], &error) == PERSONR_OK) {
        for (i = 0; i < ACCOUNTS && open_account(&accounts[i], argv[2 + i], options); i++)
            ;
        if (i == ACCOUNTS && catch_interrupts())
            result = run();
    } else
        fprintf(stderr, "%s\n", personr_error_message(error));
    personr_error_free(error);
    for (i = 0; i < ACCOUNTS; i++)
        personr_auth_free(accounts[i].auth);
    personr_options_free(options);
    return result;
}
