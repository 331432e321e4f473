/*
 * The first handle has no password: the library asks for it by a callback, which fails, when a login is due. Then the password
 * is read, and a second handle that has it takes the place of the first. So a token in the store costs no look at the
 * password, and whoever types it may take longer than a call.
 */
#include "account.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "bytes.h"
#include "exits.h"
#include "message.h"
#include "password.h"

#define STORE_SIZE 4200

static int32_t note_that_a_login_is_due(void *user_data, const char *email, char *password, size_t capacity)
{
    struct account *account = user_data;

    (void)email;
    (void)password;
    (void)capacity;
    account->was_asked = 1;
    return 0;
}

static void tell_event(void *user_data, int32_t level, const char *event, const char *text)
{
    static const char *const levels[] = {"error", "warn", "info", "debug"};
    const struct account *account = user_data;

    /* That there is no password yet is no failure. */
    if (account->was_asked && (strcmp(event, "failed") == 0 || strcmp(event, "request") == 0))
        return;
    if (level >= PERSONR_LOG_ERROR && level <= PERSONR_LOG_DEBUG)
        failure(0, "%s: %s: %s", levels[level - PERSONR_LOG_ERROR], event, text);
}

/* Makes the folders above `path` that are missing. */
static int make_parents(char *path)
{
    char *slash;

    for (slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        int is_made;

        *slash = '\0';
        is_made = mkdir(path, 0700) == 0 || errno == EEXIST;
        *slash = '/';
        if (!is_made)
            return 0;
    }
    return 1;
}

/* As the XDG Base Directory Specification says: a relative path does not count. */
int default_store(char *store, size_t size)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    int length;

    if (state != NULL && *state == '/')
        length = snprintf(store, size, "file:%s/personr", state);
    else if (home != NULL && *home == '/')
        length = snprintf(store, size, "file:%s/.local/state/personr", home);
    else
        return usage_error("there is no HOME to keep the token in: use --store");
    if (length < 0 || (size_t)length >= size)
        return usage_error("the path of HOME or XDG_STATE_HOME is too long: use --store");
    return EXIT_DONE;
}

static int set_store(const struct arguments *arguments, personr_options *options)
{
    personr_error *error = NULL;
    const char *store = arguments->store;
    char default_one[STORE_SIZE];

    if (store == NULL) {
        int exit_status = default_store(default_one, sizeof default_one);

        if (exit_status != EXIT_DONE)
            return exit_status;
        if (!make_parents(default_one + strlen("file:")))
            return system_failure(EXIT_OF(PERSONR_STORE), "the folder for the token store cannot be made");
        store = default_one;
    }
    return report(personr_options_set_token_store(options, store, &error), &error);
}

static personr_status set_options(struct account *account, personr_options *options, personr_error **error)
{
    const struct arguments *it = account->arguments;
    personr_status status = personr_options_set_login_method(options, it->login_method, error);

    if (status == PERSONR_OK && it->base_url != NULL)
        status = personr_options_set_base_url(options, it->base_url, error);
    if (status == PERSONR_OK && it->ca_file != NULL)
        status = personr_options_set_ca_file(options, it->ca_file, error);
    if (status == PERSONR_OK && it->proxy != NULL)
        status = personr_options_set_proxy(options, it->proxy, error);
    if (status == PERSONR_OK && it->timeout_ms != 0)
        status = personr_options_set_timeout_ms(options, it->timeout_ms, error);
    if (status == PERSONR_OK && it->log_level != 0)
        status = personr_options_set_log_callback(options, tell_event, it->log_level, account, NULL, error);
    if (status == PERSONR_OK)
        status = personr_options_set_credentials_callback(options, note_that_a_login_is_due, account, NULL, error);
    if (status == PERSONR_OK)
        status = personr_options_set_user_agent(options, "personr/" PERSONR_VERSION, error);
    return status;
}

int open_account(struct account *account, const struct arguments *arguments)
{
    personr_error *error = NULL;
    int exit_status;

    memset(account, 0, sizeof *account);
    account->arguments = arguments;
    if (arguments->email == NULL)
        return usage_error("which account? Use --email or PERSONR_EMAIL");
    account->options = personr_options_new();
    exit_status = report(set_options(account, account->options, &error), &error);
    if (exit_status == EXIT_DONE)
        exit_status = set_store(arguments, account->options);
    if (exit_status == EXIT_DONE)
        exit_status =
            report(personr_auth_new(arguments->email, NULL, account->options, &account->auth, &error), &error);
    return exit_status;
}

void close_account(struct account *account)
{
    personr_auth_free(account->auth);
    personr_options_free(account->options);
}

/* A handle that has the password, and knows which token was rejected. */
static personr_status reopen(struct account *account, const char *password, personr_error **error)
{
    personr_status status = personr_options_set_credentials_callback(account->options, NULL, NULL, NULL, error);

    personr_auth_free(account->auth);
    account->auth = NULL;
    if (status == PERSONR_OK)
        status = personr_auth_new(account->arguments->email, password, account->options, &account->auth, error);
    if (status == PERSONR_OK && account->rejected != NULL)
        status = personr_auth_reject(account->auth, account->rejected, error);
    return status;
}

int has_fetched_password(struct account *account, personr_status *status, personr_error **error)
{
    struct password password;

    if (*status != PERSONR_CREDENTIALS || !account->was_asked)
        return 0;
    account->was_asked = 0;
    personr_error_free(*error);
    *error = NULL;
    if (read_password(account->arguments, &password) == EXIT_DONE)
        *status = reopen(account, password.text, error);
    wipe(&password, sizeof password);
    return *status == PERSONR_OK;
}
