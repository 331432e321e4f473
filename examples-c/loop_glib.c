/*
 * Three accounts at once in a loop of GLib: a source watches the descriptor of an operation. GTK runs the same loop.
 *
 *     cc loop_glib.c $(pkg-config --cflags --libs personr glib-2.0) -o loop_glib
 *     PERSONR_PASSWORD=… ./loop_glib file:/tmp/tokens ann@example.com ben@example.com cleo@example.com
 *
 * Ctrl-C cancels what is not done. A login whose request has left goes on nevertheless, in the background, since it has
 * probably ended the former token: so the program asks for these tokens once more, and waits for them, before it ends. A
 * second Ctrl-C ends it at once. The three accounts have one password here, to keep the example short.
 */
#include <glib-unix.h>
#include <personr.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define ACCOUNTS 3
#define INTERRUPTED (128 + SIGINT)

struct account {
    const char *email;
    personr_auth *auth;
    personr_operation *operation; /* NULL when there is nothing to wait for */
    personr_status status;
};

static struct account accounts[ACCOUNTS];
static GMainLoop *loop;
static int is_interrupted, out;

static void report(struct account *account, personr_error *error)
{
    account->status = personr_error_status(error);
    fprintf(stderr, "%s: %s (%s): %s\n", account->email, personr_status_name(account->status),
            personr_error_reason(error), personr_error_message(error));
    personr_error_free(error);
}

static void start(struct account *account)
{
    personr_error *error;

    if (personr_auth_token_start(account->auth, 0, &account->operation, &error) != PERSONR_OK)
        report(account, error);
}

/* Takes the result of an operation that is done, and frees it. */
static void finish(struct account *account)
{
    personr_token *token;
    personr_error *error;

    account->status = personr_operation_token(account->operation, &token, &error);
    if (account->status == PERSONR_OK)
        printf("%s: %.6s...\n", account->email, personr_token_value(token));
    else
        report(account, error);
    fflush(stdout);
    personr_token_free(token);
    personr_operation_free(account->operation);
    account->operation = NULL;
}

static gboolean ready(gint descriptor, GIOCondition condition, gpointer account)
{
    (void)descriptor;
    (void)condition;
    return personr_operation_step(((struct account *)account)->operation) ? G_SOURCE_REMOVE : G_SOURCE_CONTINUE;
}

/* The descriptor is watched no more, and may be closed. */
static void unwatched(gpointer account)
{
    finish(account);
    if (--out == 0)
        g_main_loop_quit(loop);
}

/* One that was done at once has no descriptor: it is stepped before it is watched. */
static void watch(struct account *account)
{
    start(account);
    if (account->operation == NULL)
        return;
    if (personr_operation_step(account->operation)) {
        finish(account);
        return;
    }
    g_unix_fd_add_full(G_PRIORITY_DEFAULT, personr_operation_fd(account->operation), G_IO_IN, ready, account,
                       unwatched);
    out++;
}

/* What is cancelled is ready, and the loop sees that. Without the source the next signal ends the program. */
static gboolean interrupt(gpointer unused)
{
    int i;

    (void)unused;
    is_interrupted = 1;
    for (i = 0; i < ACCOUNTS; i++)
        personr_operation_cancel(accounts[i].operation);
    return G_SOURCE_REMOVE;
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

    loop = g_main_loop_new(NULL, FALSE);
    g_unix_signal_add(SIGINT, interrupt, NULL);
    for (i = 0; i < ACCOUNTS; i++)
        watch(&accounts[i]);
    if (out > 0)
        g_main_loop_run(loop);
    g_main_loop_unref(loop);
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
        fprintf(stderr, "usage: loop_glib STORE EMAIL EMAIL EMAIL\n");
        return EXIT_FAILURE;
    }
    options = personr_options_new();
    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && personr_options_set_token_store(options, argv[1], &error) == PERSONR_OK) {
        for (i = 0; i < ACCOUNTS && open_account(&accounts[i], argv[2 + i], options); i++)
            ;
        if (i == ACCOUNTS)
            result = run();
    } else
        fprintf(stderr, "%s\n", personr_error_message(error));
    personr_error_free(error);
    for (i = 0; i < ACCOUNTS; i++)
        personr_auth_free(accounts[i].auth);
    personr_options_free(options);
    return result;
}
