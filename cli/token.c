/* The commands that hand out a token, or look after one. */
#include <personr.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "bytes.h"
#include "commands.h"
#include "exits.h"
#include "message.h"

/* More than any header line with a token. */
#define AUTHORIZATION_LINE_MAX 8192

static int obtain(struct account *account, personr_token **token)
{
    personr_error *error = NULL;
    personr_status status;

    do
        status = account->arguments->logs_in ? personr_auth_login(account->auth, token, &error)
                                             : personr_auth_token(account->auth, token, &error);
    while (has_fetched_password(account, &status, &error));
    return report(status, &error);
}

static int print_part(struct account *account, const char *(*part)(const personr_token *))
{
    personr_token *token = NULL;
    int exit_status = obtain(account, &token);

    if (exit_status == EXIT_DONE)
        exit_status = print_text(part(token), strlen(part(token)), !account->arguments->has_no_newline);
    personr_token_free(token);
    return exit_status;
}

int print_token(struct account *account)
{
    return print_part(account, personr_token_value);
}

int print_authorization(struct account *account)
{
    return print_part(account, personr_token_authorization);
}

/* A mark is known to this process alone, so the same process sees that another token gets into the store. */
int reject_token(struct account *account)
{
    struct bytes input;
    personr_token *token = NULL;
    personr_error *error = NULL;
    int exit_status = read_input("-", AUTHORIZATION_LINE_MAX, &input);

    account->rejected = input.start;
    if (exit_status == EXIT_DONE)
        exit_status = report(personr_auth_reject(account->auth, input.start, &error), &error);
    if (exit_status == EXIT_DONE)
        exit_status = obtain(account, &token);
    personr_token_free(token);
    free_bytes(&input);
    return exit_status;
}

static int print_field(int exit_status, const char *name, const char *value)
{
    char line[6000];

    if (exit_status != EXIT_DONE)
        return exit_status;
    snprintf(line, sizeof line, "%s: %s", name, value);
    return print_text(line, strlen(line), 1);
}

static int print_time(int exit_status, const char *name, int64_t seconds)
{
    char text[32] = "";
    time_t time = (time_t)seconds;
    struct tm *utc = gmtime(&time);

    if (utc != NULL)
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", utc);
    return print_field(exit_status, name, text);
}

static const char *state_name(int32_t state)
{
    switch (state) {
    case PERSONR_STATE_EMPTY:
        return "empty";
    case PERSONR_STATE_GOOD:
        return "good";
    case PERSONR_STATE_RENEWING:
        return "renewing";
    case PERSONR_STATE_FAILING:
        return "failing";
    case PERSONR_STATE_REFUSED:
        return "refused";
    default:
        return "unknown";
    }
}

static int print_account(struct account *account, int32_t state)
{
    const char *store = account->arguments->store;
    char default_one[4200];
    int exit_status = EXIT_DONE;

    if (store == NULL)
        exit_status = default_store(default_one, sizeof default_one);
    exit_status = print_field(exit_status, "account", account->arguments->email);
    /* The URL of a Redis server may hold a password. */
    if (store != NULL && strncmp(store, "redis", 5) == 0)
        store = "redis";
    exit_status = print_field(exit_status, "store", store == NULL ? default_one : store);
    return print_field(exit_status, "state", state_name(state));
}

static int print_good(struct account *account, const personr_token *token)
{
    int64_t renews_at = personr_auth_renews_at(account->auth);
    int exit_status = print_account(account, personr_auth_state(account->auth));

    if (renews_at != 0)
        exit_status = print_time(exit_status, "renews", renews_at);
    exit_status = print_time(exit_status, "expires", personr_token_expires_at(token));
    return print_field(exit_status, "user-id", personr_token_user_id(token));
}

/* What keeps the next login from being made, if anything does. */
static int print_none(struct account *account, const personr_error *error)
{
    char seconds[32];
    int64_t retry_after_ms = personr_error_retry_after_ms(error);
    int32_t state = PERSONR_STATE_FAILING;
    int exit_status;

    if (personr_error_status(error) == PERSONR_CREDENTIALS)
        state = PERSONR_STATE_EMPTY;
    else if (personr_error_status(error) == PERSONR_INVALID_CREDENTIALS)
        state = PERSONR_STATE_REFUSED;
    exit_status = print_account(account, state);
    if (state != PERSONR_STATE_EMPTY) {
        exit_status = print_field(exit_status, "status", personr_status_name(personr_error_status(error)));
        exit_status = print_field(exit_status, "reason", personr_error_reason(error));
    }
    if (retry_after_ms >= 0) {
        snprintf(seconds, sizeof seconds, "%lld", (long long)((retry_after_ms + 999) / 1000));
        exit_status = print_field(exit_status, "retry-after", seconds);
    }
    return exit_status == EXIT_DONE ? EXIT_NO_TOKEN : exit_status;
}

/*
 * Nobody tells the password, so that no login is made: the token comes from the store, or not at all. Of refused
 * credentials the library tells when it has just asked for others.
 */
int print_status(struct account *account)
{
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status = personr_auth_token(account->auth, &token, &error);
    int exit_status;

    if (status == PERSONR_CREDENTIALS) {
        personr_error_free(error);
        status = personr_auth_token(account->auth, &token, &error);
    }
    if (status == PERSONR_OK)
        exit_status = print_good(account, token);
    else if (status == PERSONR_STORE || status == PERSONR_INTERNAL || status == PERSONR_INVALID_ARGUMENT)
        exit_status = report(status, &error);
    else
        exit_status = print_none(account, error);
    personr_token_free(token);
    personr_error_free(error);
    return exit_status;
}
