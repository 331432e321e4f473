/* An application that does what its standard input says, a word and a value in each line, so that no secret stands in
   its arguments or its environment. What its calls returned goes into one file, what it was told to log into another:
   it prints nothing, so what is printed is the library's. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "personr.h"

static FILE *outcomes;
static FILE *logged;
static personr_options *options;

static void on_log(void *user_data, int32_t level, const char *event, const char *text)
{
    (void)user_data;
    fprintf(logged, "%d %s %s\n", (int)level, event, text);
}

/* status TAB HTTP status TAB reason TAB message; nothing on success. */
static int failed(personr_status status, personr_error *error)
{
    if (status != PERSONR_OK) {
        fprintf(outcomes, "%d\t%d\t%s\t%s\n", (int)status, (int)personr_error_http_status(error),
                personr_error_reason(error), personr_error_message(error));
        personr_error_free(error);
    }
    return status != PERSONR_OK;
}

static void ask(const personr_auth *auth, int anew)
{
    personr_token *token;
    personr_error *error;
    personr_status status = anew ? personr_auth_login(auth, &token, &error) : personr_auth_token(auth, &token, &error);
    if (!failed(status, error))
        fprintf(outcomes, "0\t0\t\t%s\n", personr_token_value(token));
    personr_token_free(token);
}

/* `value` is the email, a tab, and the password. NULL if it failed. */
static personr_auth *open_account(char *value)
{
    personr_auth *auth;
    personr_error *error;
    personr_status status;
    char *password = strchr(value, '\t');
    if (password == NULL)
        exit(2);
    *password++ = '\0';
    status = personr_auth_new(value, password, options, &auth, &error);
    failed(status, error);
    return auth;
}

static void call(char *value, int anew)
{
    personr_auth *auth = open_account(value);
    if (auth != NULL)
        ask(auth, anew);
    personr_auth_free(auth);
}

/* A token's whole life: obtained, ended by the caller, replaced. */
static void live(char *value)
{
    personr_auth *auth = open_account(value);
    personr_token *token;
    personr_error *error;
    personr_status status;
    if (auth == NULL)
        return;
    status = personr_auth_token(auth, &token, &error);
    if (!failed(status, error)) {
        status = personr_auth_reject(auth, personr_token_authorization(token), &error);
        failed(status, error);
        ask(auth, 0);
    }
    personr_token_free(token);
    personr_auth_free(auth);
}

/* A store that has nothing and takes nothing after its first saves. */
static int saves_left;

static int32_t load(void *user_data, const char *key, uint8_t *buffer, size_t capacity, size_t *length_out)
{
    (void)user_data, (void)key, (void)buffer, (void)capacity;
    *length_out = 0;
    return PERSONR_CALLBACK_OK;
}

static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    (void)user_data, (void)key, (void)owner, (void)record, (void)length;
    return saves_left-- > 0 ? PERSONR_CALLBACK_OK : 0;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    (void)user_data, (void)key, (void)owner, (void)wait_ms, (void)lease_ms;
    return PERSONR_CALLBACK_OK;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    (void)user_data, (void)key, (void)owner;
    return PERSONR_CALLBACK_OK;
}

static void obey(const char *word, char *value)
{
    personr_error *error = NULL;
    personr_status status = PERSONR_OK;
    if (strcmp(word, "options") == 0) {
        personr_options_free(options);
        options = personr_options_new();
        personr_options_set_system_roots(options, 0, NULL);
        personr_options_set_max_retries(options, 0, NULL);
    } else if (strcmp(word, "base_url") == 0)
        status = personr_options_set_base_url(options, value, &error);
    else if (strcmp(word, "ca_file") == 0)
        status = personr_options_set_ca_file(options, value, &error);
    else if (strcmp(word, "proxy") == 0)
        status = personr_options_set_proxy(options, value, &error);
    else if (strcmp(word, "token_store") == 0)
        status = personr_options_set_token_store(options, value, &error);
    else if (strcmp(word, "login_method") == 0)
        status = personr_options_set_login_method(options, atoi(value), &error);
    else if (strcmp(word, "log_level") == 0)
        status = personr_options_set_log_callback(options, on_log, atoi(value), NULL, NULL, &error);
    else if (strcmp(word, "login") == 0)
        call(value, 1);
    else if (strcmp(word, "token") == 0)
        call(value, 0);
    else if (strcmp(word, "life") == 0)
        live(value);
    else if (strcmp(word, "saves") == 0) {
        saves_left = atoi(value);
        status = personr_options_set_token_store_callbacks(options, load, save, lock, unlock, NULL, NULL, &error);
    } else
        exit(2);
    failed(status, error);
}

int main(int count, char **arguments)
{
    static char line[8192];
    if (count != 3 || (outcomes = fopen(arguments[1], "w")) == NULL || (logged = fopen(arguments[2], "w")) == NULL)
        return 2;
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *value = strchr(line, ' ');
        line[strcspn(line, "\n")] = '\0';
        if (value != NULL)
            *value++ = '\0';
        obey(line, value);
    }
    personr_options_free(options);
    return fclose(outcomes) != 0 || fclose(logged) != 0;
}
