/*
 * A token store of the application's own, in SQLite: all processes of a machine that use the same database share one
 * login.
 *
 *     cc custom_store.c -lpersonr -lsqlite3 -o custom_store
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./custom_store tokens.db
 *
 * Start it as often as you like, also at the same moment: one of them logs in.
 *
 * Each call opens a connection of its own, so that no connection is used by two threads or survives a fork. The library
 * calls rarely: for a login, and every 10 s while one is due.
 */
#include <fcntl.h>
#include <personr.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define FAILED 0 /* any number but PERSONR_CALLBACK_OK and PERSONR_STORE_BUSY */
#define BUSY_MS 1000
#define PAUSE_MS 20

struct store {
    const char *path;
};

static const char SCHEMA[] = "CREATE TABLE IF NOT EXISTS personr (key TEXT PRIMARY KEY, record BLOB, owner TEXT, "
                             "lease_ends INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;";
static const char LOAD[] = "SELECT record FROM personr WHERE key = ?1 AND record IS NOT NULL";
static const char SAVE[] = "UPDATE personr SET record = ?2 WHERE key = ?1 AND owner = ?3";
static const char LOCK[] = "INSERT INTO personr (key, owner, lease_ends) VALUES (?1, ?3, ?4 + ?5) "
                           "ON CONFLICT (key) DO UPDATE SET owner = excluded.owner, lease_ends = excluded.lease_ends "
                           "WHERE owner IS NULL OR owner = ?3 OR lease_ends <= ?4 OR lease_ends > ?4 + ?5";
static const char UNLOCK[] = "UPDATE personr SET owner = NULL WHERE key = ?1 AND owner = ?3";

static sqlite3_int64 now_ms(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (sqlite3_int64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Opens a connection. NULL on failure. */
static sqlite3 *open_database(const struct store *store)
{
    sqlite3 *database = NULL;

    if (sqlite3_open_v2(store->path, &database, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK
        && sqlite3_busy_timeout(database, BUSY_MS) == SQLITE_OK
        /* So that no old token stays behind in the file. */
        && sqlite3_exec(database, "PRAGMA secure_delete = ON", NULL, NULL, NULL) == SQLITE_OK)
        return database;
    sqlite3_close(database);
    return NULL;
}

/* A statement with the key and, if it has such a parameter, the owner. NULL on failure. */
static sqlite3_stmt *prepare(sqlite3 *database, const char *sql, const char *key, const char *owner)
{
    sqlite3_stmt *statement = NULL;

    if (database == NULL || sqlite3_prepare_v2(database, sql, -1, &statement, NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (owner != NULL)
        sqlite3_bind_text(statement, 3, owner, -1, SQLITE_STATIC);
    return statement;
}

/* Runs a statement in a transaction of its own, and tells how many rows it has changed. Returns SQLite's code. */
static int change(sqlite3 *database, sqlite3_stmt *statement, int *rows)
{
    int code = statement == NULL ? SQLITE_ERROR : sqlite3_exec(database, "BEGIN IMMEDIATE", NULL, NULL, NULL);

    *rows = 0;
    if (code != SQLITE_OK)
        return code;
    code = sqlite3_step(statement);
    *rows = sqlite3_changes(database);
    sqlite3_reset(statement);
    if (code == SQLITE_DONE)
        code = sqlite3_exec(database, "COMMIT", NULL, NULL, NULL);
    if (code != SQLITE_OK)
        sqlite3_exec(database, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

static int32_t load(void *user_data, const char *key, uint8_t *buffer, size_t capacity, size_t *length_out)
{
    sqlite3 *database = open_database(user_data);
    sqlite3_stmt *statement = prepare(database, LOAD, key, NULL);
    int code = statement == NULL ? SQLITE_ERROR : sqlite3_step(statement);

    if (code == SQLITE_ROW) {
        const void *record = sqlite3_column_blob(statement, 0);
        size_t length = (size_t)sqlite3_column_bytes(statement, 0);

        if (record != NULL && length <= capacity) {
            memcpy(buffer, record, length);
            *length_out = length;
            code = SQLITE_DONE;
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return code == SQLITE_DONE ? PERSONR_CALLBACK_OK : FAILED;
}

/* One statement looks whose the lock is and writes: what has changed no row was not the owner's any more. */
static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    sqlite3 *database = open_database(user_data);
    sqlite3_stmt *statement = prepare(database, SAVE, key, owner);
    int code, rows;

    if (statement != NULL)
        sqlite3_bind_blob(statement, 2, record, (int)length, SQLITE_STATIC);
    code = change(database, statement, &rows);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    if (code != SQLITE_OK)
        return FAILED;
    return rows == 1 ? PERSONR_CALLBACK_OK : PERSONR_STORE_BUSY;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    const struct timespec pause = {0, PAUSE_MS * 1000000L};
    sqlite3_int64 left, until = now_ms(CLOCK_MONOTONIC) + wait_ms;
    sqlite3 *database = open_database(user_data);
    sqlite3_stmt *statement = prepare(database, LOCK, key, owner);
    int code, rows;

    for (;;) {
        left = until - now_ms(CLOCK_MONOTONIC);
        if (statement != NULL) {
            /* Unix time is the one clock that all processes share, and it may be set. No lease ends later than a whole
               one from now, unless it was taken while the clock was wrong. */
            sqlite3_bind_int64(statement, 4, now_ms(CLOCK_REALTIME));
            sqlite3_bind_int64(statement, 5, lease_ms);
            sqlite3_busy_timeout(database, left > 0 ? (int)left : 0);
        }
        code = change(database, statement, &rows);
        if ((code == SQLITE_OK && rows == 1) || (code != SQLITE_OK && code != SQLITE_BUSY) || left <= PAUSE_MS)
            break;
        nanosleep(&pause, NULL);
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    if (code == SQLITE_BUSY || (code == SQLITE_OK && rows == 0))
        return PERSONR_STORE_BUSY;
    return code == SQLITE_OK ? PERSONR_CALLBACK_OK : FAILED;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    sqlite3 *database = open_database(user_data);
    sqlite3_stmt *statement = prepare(database, UNLOCK, key, owner);
    int code, rows;

    code = change(database, statement, &rows);
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return code == SQLITE_OK ? PERSONR_CALLBACK_OK : FAILED;
}

/* Makes the database, for this user alone: tokens stand in it in clear. Returns whether it is there. */
static int make_database(struct store *store, const char *path)
{
    int file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    sqlite3 *database;
    int is_made;

    store->path = path;
    if (file < 0)
        return 0;
    close(file);
    database = open_database(store);
    is_made = database != NULL && sqlite3_exec(database, SCHEMA, NULL, NULL, NULL) == SQLITE_OK;
    sqlite3_close(database);
    return is_made;
}

static int print_token(const personr_auth *auth, personr_error **error)
{
    personr_token *token;

    if (personr_auth_token(auth, &token, error) != PERSONR_OK)
        return EXIT_FAILURE;
    printf("token:    %.6s... (a secret: never print a whole one)\n", personr_token_value(token));
    personr_token_free(token);
    return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *ca_file = getenv("PERSONR_CA_FILE");
    personr_options *options;
    personr_auth *auth = NULL;
    personr_error *error = NULL;
    struct store store;
    int result = EXIT_FAILURE;

    if (argc != 2 || !make_database(&store, argv[1])) {
        fprintf(stderr, "usage: custom_store DATABASE\n");
        return EXIT_FAILURE;
    }
    options = personr_options_new();
    /* The store lives longer than the handle and the options, so there is nothing to be freed. */
    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && personr_options_set_token_store_callbacks(options, load, save, lock, unlock, &store, NULL, &error)
            == PERSONR_OK
        && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error) == PERSONR_OK)
        result = print_token(auth, &error);
    if (result != EXIT_SUCCESS)
        fprintf(stderr, "%s: %s\n", personr_status_name(personr_error_status(error)), personr_error_message(error));
    personr_error_free(error);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
