/*
 * Every callback: a token store, the credentials and the log; that their user data are freed once, whatever becomes of
 * the setter; what a callback may call; and callbacks that fail or write all that their buffer holds.
 */
#include "check.h"

enum { GOOD, FAILING, FULL, TOO_LONG };

/* A host: the user data of all callbacks. Nothing calls from a second thread. */
struct host {
    char record[PERSONR_RECORD_MAX];
    size_t length;
    char owner[33]; /* who holds the lock */
    int locked, loads, saves, locks, unlocks, asked, events, freed;
    int store, credentials; /* how they behave */
    const personr_auth *auth;
    personr_error *spare; /* freed from inside a callback */
};

static int32_t load(void *user_data, const char *key, uint8_t *buffer, size_t capacity, size_t *length_out)
{
    struct host *host = (struct host *)user_data;

    CHECK(strlen(key) == 64 && capacity == PERSONR_RECORD_MAX && *length_out == 0);
    host->loads++;
    if (host->store == FULL || host->store == TOO_LONG) {
        memset(buffer, '{', capacity);
        *length_out = host->store == FULL ? capacity : capacity + 1;
        return PERSONR_CALLBACK_OK;
    }
    memcpy(buffer, host->record, host->length);
    *length_out = host->length;
    return host->store == FAILING ? 0 : PERSONR_CALLBACK_OK;
}

static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    struct host *host = (struct host *)user_data;

    CHECK(strlen(key) == 64 && host->locked && strcmp(owner, host->owner) == 0);
    CHECK(length >= 1 && length <= PERSONR_RECORD_MAX);
    host->saves++;
    memcpy(host->record, record, length);
    host->length = length;
    return PERSONR_CALLBACK_OK;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    struct host *host = (struct host *)user_data;

    CHECK(strlen(key) == 64 && strlen(owner) == sizeof host->owner - 1 && wait_ms <= 1000 && lease_ms == 20000
          && !host->locked);
    /* The same owner, however often it asks. */
    CHECK(host->owner[0] == '\0' || strcmp(owner, host->owner) == 0);
    memcpy(host->owner, owner, sizeof host->owner);
    host->locked = 1;
    /* Another one holds it, the first time; the library asks again. */
    if (++host->locks == 1)
        host->locked = 0;
    return host->locked ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    struct host *host = (struct host *)user_data;

    CHECK(strlen(key) == 64 && host->locked && strcmp(owner, host->owner) == 0);
    host->locked = 0;
    host->owner[0] = '\0';
    host->unlocks++;
    return PERSONR_CALLBACK_OK;
}

static int32_t ask(void *user_data, const char *email, char *password, size_t capacity)
{
    struct host *host = (struct host *)user_data;

    CHECK(strcmp(email, variable("PERSONR_EMAIL")) == 0 && capacity == 1025);
    host->asked++;
    if (host->credentials == FULL)
        memset(password, 'x', capacity - 1); /* the rest is zero */
    else if (host->credentials == TOO_LONG)
        memset(password, 'x', capacity);
    else
        snprintf(password, capacity, "%s", variable("PERSONR_PASSWORD"));
    return host->credentials == FAILING ? 0 : PERSONR_CALLBACK_OK;
}

/* What works from inside a callback, and what does not. */
static void call_from_inside(struct host *host)
{
    char buffer[PERSONR_AUTHORIZATION_MAX];
    personr_token *token = NULL;

    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_token, host->auth, &token);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_login, host->auth, &token);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_authorization, host->auth, buffer, sizeof buffer, NULL);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_reject, host->auth, "token");
    CHECK(token == NULL && personr_auth_state(host->auth) >= 0 && personr_auth_renews_at(host->auth) >= 0);
    personr_error_free(host->spare);
    host->spare = NULL;
}

static void take(void *user_data, int32_t level, const char *event, const char *text)
{
    struct host *host = (struct host *)user_data;

    CHECK(level >= PERSONR_LOG_ERROR && level <= PERSONR_LOG_DEBUG && strlen(event) > 0 && strlen(text) > 0);
    CHECK(strstr(text, variable("PERSONR_PASSWORD")) == NULL && !host->locked);
    host->events++;
    call_from_inside(host);
}

static void freed(void *user_data)
{
    ((struct host *)user_data)->freed++;
}

static struct host *new_host(void)
{
    struct host *host = (struct host *)calloc(1, sizeof *host);

    CHECK(host != NULL);
    return host;
}

static void setters(void)
{
    personr_options *options = personr_options_new();
    struct host *host = new_host();

    CHECK(options != NULL);
    REFUSES("options", personr_options_set_token_store_callbacks, NULL, load, save, lock, unlock, host, freed);
    REFUSES("load", personr_options_set_token_store_callbacks, options, NULL, save, lock, unlock, host, freed);
    REFUSES("save", personr_options_set_token_store_callbacks, options, load, NULL, lock, unlock, host, freed);
    REFUSES("lock", personr_options_set_token_store_callbacks, options, load, save, NULL, unlock, host, freed);
    REFUSES("unlock", personr_options_set_token_store_callbacks, options, load, save, lock, NULL, host, freed);
    REFUSES("options", personr_options_set_credentials_callback, NULL, ask, host, freed);
    REFUSES("options", personr_options_set_log_callback, NULL, take, PERSONR_LOG_INFO, host, freed);
    REFUSES("level", personr_options_set_log_callback, options, take, 0, host, freed);
    REFUSES("level", personr_options_set_log_callback, options, take, PERSONR_LOG_DEBUG + 1, host, freed);
    CHECK(host->freed == 0);
    OK(personr_options_set_credentials_callback, options, ask, host, freed);
    OK(personr_options_set_credentials_callback, options, ask, host, NULL);
    OK(personr_options_set_credentials_callback, options, NULL, host, freed);
    CHECK(host->freed == 1);
    OK(personr_options_set_log_callback, options, take, PERSONR_LOG_ERROR, host, freed);
    OK(personr_options_set_log_callback, options, take, PERSONR_LOG_DEBUG, NULL, NULL);
    OK(personr_options_set_log_callback, options, NULL, -1, NULL, NULL);
    CHECK(host->freed == 2);
    OK(personr_options_set_token_store_callbacks, options, load, save, lock, unlock, host, freed);
    OK(personr_options_set_token_store, options, "memory:");
    CHECK(host->freed == 3);
    OK(personr_options_set_token_store_callbacks, options, load, save, lock, unlock, host, freed);
    personr_options_free(options);
    CHECK(host->freed == 4);
    free(host);
}

/* A handle that uses all three; it is their last owner. */
static personr_auth *all_callbacks(struct host *host)
{
    personr_options *options = options_of_the_environment();
    personr_auth *auth;

    OK(personr_options_set_token_store_callbacks, options, load, save, lock, unlock, host, freed);
    OK(personr_options_set_credentials_callback, options, ask, host, freed);
    OK(personr_options_set_log_callback, options, take, PERSONR_LOG_DEBUG, host, freed);
    auth = auth_with(options, NULL);
    personr_options_free(options);
    CHECK(host->freed == 0);
    host->auth = auth;
    return auth;
}

static void ended(struct host *host, personr_auth *auth)
{
    personr_auth_free(auth);
    CHECK(host->freed == 3 && !host->locked);
    personr_error_free(host->spare);
    free(host);
}

static void good_times(void)
{
    struct host *host = new_host();
    personr_auth *auth = all_callbacks(host);
    personr_token *token = NULL, *again = NULL;

    CHECK(personr_auth_new(NULL, NULL, NULL, NULL, &host->spare) == PERSONR_INVALID_ARGUMENT);
    OK(personr_auth_token, auth, &token);
    CHECK(host->loads > 0 && host->saves > 0 && host->unlocks == host->locks - 1 && host->asked == 1);
    CHECK(host->events > 0 && host->spare == NULL);
    OK(personr_auth_reject, auth, personr_token_value(token));
    OK(personr_auth_token, auth, &again);
    CHECK(host->asked == 2 && strcmp(personr_token_value(token), personr_token_value(again)) != 0);
    personr_token_free(token);
    personr_token_free(again);
    ended(host, auth);
}

static void store_failures(void)
{
    struct host *host = new_host();
    personr_auth *auth = all_callbacks(host);
    personr_token *token = NULL;

    host->store = FAILING;
    FAILS(PERSONR_STORE, "store-callback", personr_auth_login, auth, &token);
    host->store = TOO_LONG;
    FAILS(PERSONR_STORE, "store-callback", personr_auth_login, auth, &token);
    CHECK(token == NULL);
    /* A record that cannot be read is as none. */
    host->store = FULL;
    OK(personr_auth_login, auth, &token);
    personr_token_free(token);
    ended(host, auth);
}

static void credentials_failures(void)
{
    struct host *host = new_host();
    personr_auth *auth = all_callbacks(host);
    personr_token *token = NULL;

    host->credentials = FAILING;
    FAILS(PERSONR_CREDENTIALS, "credentials-callback", personr_auth_login, auth, &token);
    host->credentials = TOO_LONG;
    FAILS(PERSONR_CREDENTIALS, "password", personr_auth_login, auth, &token);
    host->credentials = FULL;
    FAILS(PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS", personr_auth_login, auth, &token);
    CHECK(token == NULL);
    ended(host, auth);
}

int main(void)
{
    setters();
    good_times();
    store_failures();
    credentials_failures();
    puts("callbacks: all checked");
    return EXIT_SUCCESS;
}
