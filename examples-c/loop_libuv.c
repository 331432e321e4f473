/*
 * Three accounts at once in a loop of libuv: uv_poll watches the descriptor of an operation.
 *
 *     cc loop_libuv.c $(pkg-config --cflags --libs personr libuv) -o loop_libuv
 *     PERSONR_PASSWORD=… ./loop_libuv file:/tmp/tokens ann@example.com ben@example.com cleo@example.com
 *
 * Ctrl-C cancels what is not done. A login whose request has left goes on nevertheless, in the background, since it has
 * probably ended the former token: so the program asks for these tokens once more, and waits for them, before it ends. A
 * second Ctrl-C ends it at once. The three accounts have one password here, to keep the example short.
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

#define ACCOUNTS 3
#define INTERRUPTED (128 + SIGINT)

struct account {
    const char *email;
    personr_auth *auth;
    personr_operation *operation; /* NULL when there is nothing to wait for */
    personr_status status;
    uv_poll_t watcher;
};

static struct account accounts[ACCOUNTS];
static uv_signal_t interrupts;
static int is_interrupted, out;

static void report(struct account *account, personr_error *error)
{
    account->status = personr_error_status(error);
    fprintf(stderr, "%s: %s (%s): %s\n", account->email, personr_status_name(account->status),
            personr_error_reason(error), personr_error_message(error));
    personr_error_free(error);
}

static void must(int result, const char *what)
{
    if (result == 0)
        return;
    fprintf(stderr, "%s: %s\n", what, uv_strerror(result));
    exit(EXIT_FAILURE);
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

/* The descriptor is watched no more, and may be closed. Without the watchers of signals the loop ends. */
static void unwatched(uv_handle_t *watcher)
{
    finish(watcher->data);
    if (--out == 0 && !uv_is_closing((uv_handle_t *)&interrupts))
        uv_close((uv_handle_t *)&interrupts, NULL);
}

static void ready(uv_poll_t *watcher, int status, int events)
{
    struct account *account = watcher->data;

    (void)events;
    must(status, "uv_poll");
    if (personr_operation_step(account->operation))
        uv_close((uv_handle_t *)watcher, unwatched);
}

/* One that was done at once has no descriptor: it is stepped before it is watched. */
static void watch(uv_loop_t *loop, struct account *account)
{
    start(account);
    if (account->operation == NULL)
        return;
    if (personr_operation_step(account->operation)) {
        finish(account);
        return;
    }
    must(uv_poll_init(loop, &account->watcher, personr_operation_fd(account->operation)), "uv_poll_init");
    account->watcher.data = account;
    must(uv_poll_start(&account->watcher, UV_READABLE, ready), "uv_poll_start");
    out++;
}

/* What is cancelled is ready, and the loop sees that. Without a watcher the next signal ends the program. */
static void interrupt(uv_signal_t *watcher, int number)
{
    int i;

    (void)number;
    is_interrupted = 1;
    uv_close((uv_handle_t *)watcher, NULL);
    for (i = 0; i < ACCOUNTS; i++)
        personr_operation_cancel(accounts[i].operation);
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

static int run(uv_loop_t *loop)
{
    int i, failed = 0;

    must(uv_signal_init(loop, &interrupts), "uv_signal_init");
    must(uv_signal_start(&interrupts, interrupt, SIGINT), "uv_signal_start");
    for (i = 0; i < ACCOUNTS; i++)
        watch(loop, &accounts[i]);
    if (out == 0)
        uv_close((uv_handle_t *)&interrupts, NULL);
    uv_run(loop, UV_RUN_DEFAULT);
    must(uv_loop_close(loop), "uv_loop_close");
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
        fprintf(stderr, "usage: loop_libuv STORE EMAIL EMAIL EMAIL\n");
        return EXIT_FAILURE;
    }
    options = personr_options_new();
    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && personr_options_set_token_store(options, argv[1], &error) == PERSONR_OK) {
        for (i = 0; i < ACCOUNTS && open_account(&accounts[i], argv[2 + i], options); i++)
            ;
        if (i == ACCOUNTS)
            result = run(uv_default_loop());
    } else
        fprintf(stderr, "%s\n", personr_error_message(error));
    personr_error_free(error);
    for (i = 0; i < ACCOUNTS; i++)
        personr_auth_free(accounts[i].auth);
    personr_options_free(options);
    return result;
}
