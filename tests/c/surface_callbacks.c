/*
 * Every callback: a token store, the credentials and the log; that their user data are freed once, whatever becomes of
 * the setter; what a callback may call; and callbacks that fail or write all that their buffer holds.
 */
#include "check.h"

enum { GOOD, FAILING, FULL, TOO_LONG };

/* An application: the user data of all callbacks. Nothing calls from a second thread. */
struct application {
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
    struct application *application = (struct application *)user_data;

    CHECK(strlen(key) == 64 && capacity == PERSONR_RECORD_MAX && *length_out == 0);
    application->loads++;
    if (application->store == FULL || application->store == TOO_LONG) {
        memset(buffer, '{', capacity);
        *length_out = application->store == FULL ? capacity : capacity + 1;
        return PERSONR_CALLBACK_OK;
    }
    memcpy(buffer, application->record, application->length);
    *length_out = application->length;
    return application->store == FAILING ? 0 : PERSONR_CALLBACK_OK;
}

static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    struct application *application = (struct application *)user_data;

    CHECK(strlen(key) == 64 && application->locked && strcmp(owner, application->owner) == 0);
    CHECK(length >= 1 && length <= PERSONR_RECORD_MAX);
    application->saves++;
    memcpy(application->record, record, length);
    application->length = length;
    return PERSONR_CALLBACK_OK;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    struct application *application = (struct application *)user_data;

    CHECK(strlen(key) == 64 && strlen(owner) == sizeof application->owner - 1 && wait_ms <= 1000 && lease_ms == 20000
          && !application->locked);
    /* The same owner, however often it asks. */
    CHECK(application->owner[0] == '\0' || strcmp(owner, application->owner) == 0);
    memcpy(application->owner, owner, sizeof application->owner);
    application->locked = 1;
    /* Another one holds it, the first time; the library asks again. */
    if (++application->locks == 1)
        application->locked = 0;
    return application->locked ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    struct application *application = (struct application *)user_data;

    CHECK(strlen(key) == 64 && application->locked && strcmp(owner, application->owner) == 0);
    application->locked = 0;
    application->owner[0] = '\0';
    application->unlocks++;
    return PERSONR_CALLBACK_OK;
}

static int32_t ask(void *user_data, const char *email, char *password, size_t capacity)
{
    struct application *application = (struct application *)user_data;

    CHECK(strcmp(email, variable("PERSONR_EMAIL")) == 0 && capacity == 1025);
    application->asked++;
    if (application->credentials == FULL)
        memset(password, 'x', capacity - 1); /* the rest is zero */
    else if (application->credentials == TOO_LONG)
        memset(password, 'x', capacity);
    else
        snprintf(password, capacity, "%s", variable("PERSONR_PASSWORD"));
    return application->credentials == FAILING ? 0 : PERSONR_CALLBACK_OK;
}

/* What works from inside a callback, and what does not. */
static void call_from_inside(struct application *application)
{
    char buffer[PERSONR_AUTHORIZATION_MAX];
    personr_token *token = NULL;

    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_token, application->auth, &token);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_login, application->auth, &token);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_authorization, application->auth, buffer, sizeof buffer,
          NULL);
    FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_auth_reject, application->auth, "token");
    CHECK(token == NULL && personr_auth_state(application->auth) >= 0
          && personr_auth_renews_at(application->auth) >= 0);
    personr_error_free(application->spare);
    application->spare = NULL;
}

static void take(void *user_data, int32_t level, const char *event, const char *text)
{
    struct application *application = (struct application *)user_data;

    CHECK(level >= PERSONR_LOG_ERROR && level <= PERSONR_LOG_DEBUG && strlen(event) > 0 && strlen(text) > 0);
    CHECK(strstr(text, variable("PERSONR_PASSWORD")) == NULL && !application->locked);
    application->events++;
    call_from_inside(application);
}

static void freed(void *user_data)
{
    ((struct application *)user_data)->freed++;
}

static struct application *new_application(void)
{
    struct application *application = (struct application *)calloc(1, sizeof *application);

    CHECK(application != NULL);
    return application;
}

static void setters(void)
{
    personr_options *options = personr_options_new();
    struct application *application = new_application();

    CHECK(options != NULL);
    REFUSES("options", personr_options_set_token_store_callbacks, NULL, load, save, lock, unlock, application, freed);
    REFUSES("load", personr_options_set_token_store_callbacks, options, NULL, save, lock, unlock, application, freed);
    REFUSES("save", personr_options_set_token_store_callbacks, options, load, NULL, lock, unlock, application, freed);
    REFUSES("lock", personr_options_set_token_store_callbacks, options, load, save, NULL, unlock, application, freed);
    REFUSES("unlock", personr_options_set_token_store_callbacks, options, load, save, lock, NULL, application, freed);
    REFUSES("options", personr_options_set_credentials_callback, NULL, ask, application, freed);
    REFUSES("options", personr_options_set_log_callback, NULL, take, PERSONR_LOG_INFO, application, freed);
    REFUSES("level", personr_options_set_log_callback, options, take, 0, application, freed);
    REFUSES("level", personr_options_set_log_callback, options, take, PERSONR_LOG_DEBUG + 1, application, freed);
    CHECK(application->freed == 0);
    OK(personr_options_set_credentials_callback, options, ask, application, freed);
    OK(personr_options_set_credentials_callback, options, ask, application, NULL);
    OK(personr_options_set_credentials_callback, options, NULL, application, freed);
    CHECK(application->freed == 1);
    OK(personr_options_set_log_callback, options, take, PERSONR_LOG_ERROR, application, freed);
    OK(personr_options_set_log_callback, options, take, PERSONR_LOG_DEBUG, NULL, NULL);
    OK(personr_options_set_log_callback, options, NULL, -1, NULL, NULL);
    CHECK(application->freed == 2);
    OK(personr_options_set_token_store_callbacks, options, load, save, lock, unlock, application, freed);
    OK(personr_options_set_token_store, options, "memory:");
    CHECK(application->freed == 3);
    OK(personr_options_set_token_store_callbacks, options, load, save, lock, unlock, application, freed);
    personr_options_free(options);
    CHECK(application->freed == 4);
    free(application);
}

/* A handle that uses all three; it is their last owner. */
static personr_auth *all_callbacks(struct application *application)
{
    personr_options *options = options_of_the_environment();
    personr_auth *auth;

    OK(personr_options_set_token_store_callbacks, options, load, save, lock, unlock, application, freed);
    OK(personr_options_set_credentials_callback, options, ask, application, freed);
    OK(personr_options_set_log_callback, options, take, PERSONR_LOG_DEBUG, application, freed);
    auth = auth_with(options, NULL);
    personr_options_free(options);
    CHECK(application->freed == 0);
    application->auth = auth;
    return auth;
}

static void ended(struct application *application, personr_auth *auth)
{
    personr_auth_free(auth);
    CHECK(application->freed == 3 && !application->locked);
    personr_error_free(application->spare);
    free(application);
}

static void good_times(void)
{
    struct application *application = new_application();
    personr_auth *auth = all_callbacks(application);
    personr_token *token = NULL, *again = NULL;

    CHECK(personr_auth_new(NULL, NULL, NULL, NULL, &application->spare) == PERSONR_INVALID_ARGUMENT);
    OK(personr_auth_token, auth, &token);
    CHECK(application->loads > 0 && application->saves > 0 && application->unlocks == application->locks - 1
          && application->asked == 1);
    CHECK(application->events > 0 && application->spare == NULL);
    OK(personr_auth_reject, auth, personr_token_value(token));
    OK(personr_auth_token, auth, &again);
    CHECK(application->asked == 2 && strcmp(personr_token_value(token), personr_token_value(again)) != 0);
    personr_token_free(token);
    personr_token_free(again);
    ended(application, auth);
}

static void store_failures(void)
{
    struct application *application = new_application();
    personr_auth *auth = all_callbacks(application);
    personr_token *token = NULL;

    application->store = FAILING;
    FAILS(PERSONR_STORE, "store-callback", personr_auth_login, auth, &token);
    application->store = TOO_LONG;
    FAILS(PERSONR_STORE, "store-callback", personr_auth_login, auth, &token);
    CHECK(token == NULL);
    /* A record that cannot be read is as none. */
    application->store = FULL;
    OK(personr_auth_login, auth, &token);
    personr_token_free(token);
    ended(application, auth);
}

static void credentials_failures(void)
{
    struct application *application = new_application();
    personr_auth *auth = all_callbacks(application);
    personr_token *token = NULL;

    application->credentials = FAILING;
    FAILS(PERSONR_CREDENTIALS, "credentials-callback", personr_auth_login, auth, &token);
    application->credentials = TOO_LONG;
    FAILS(PERSONR_CREDENTIALS, "password", personr_auth_login, auth, &token);
    application->credentials = FULL;
    FAILS(PERSONR_INVALID_CREDENTIALS, "INVALID_LOGIN_CREDENTIALS", personr_auth_login, auth, &token);
    CHECK(token == NULL);
    ended(application, auth);
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
