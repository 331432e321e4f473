#include "bridge.h"

#include <fcntl.h>

#include "_cgo_export.h"

/*
 * A token that is good between the two calls is good in the second but for the rarest of cases (it was rejected, or
 * expired, within these nanoseconds). The second then logs in, and holds its thread for so long: of all goroutines this
 * can meet as many as run at one moment, and so GOMAXPROCS at most.
 */
int64_t personr_go_authorization(const personr_auth *auth, char *buffer)
{
    size_t length = 0;

    if (personr_auth_state(auth) != PERSONR_STATE_GOOD)
        return -1;
    if (personr_auth_authorization(auth, buffer, PERSONR_AUTHORIZATION_MAX, &length, NULL) != PERSONR_OK)
        return -1;
    return (int64_t)length;
}

/* The poller closes what it watches, and the operation closes its own: each gets a descriptor of its own. */
int32_t personr_go_watch(const personr_operation *operation)
{
    int32_t fd = personr_operation_fd(operation);

    return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
}

/*
 * The trampolines. A goroutine stays on its thread while C code calls it back, so a variable of the thread tells
 * whether a call comes from inside a callback.
 */
static __thread int32_t depth;

int32_t personr_go_in_callback(void)
{
    return depth > 0;
}

static int32_t load(void *user_data, const char *key, uint8_t *buffer, size_t capacity, size_t *length_out)
{
    int32_t result;

    depth++;
    result = personrGoLoad((uintptr_t)user_data, (char *)key, buffer, capacity, length_out);
    depth--;
    return result;
}

static int32_t save(void *user_data, const char *key, const char *owner, const uint8_t *record, size_t length)
{
    int32_t result;

    depth++;
    result = personrGoSave((uintptr_t)user_data, (char *)key, (char *)owner, (uint8_t *)record, length);
    depth--;
    return result;
}

static int32_t lock(void *user_data, const char *key, const char *owner, uint32_t wait_ms, uint32_t lease_ms)
{
    int32_t result;

    depth++;
    result = personrGoLock((uintptr_t)user_data, (char *)key, (char *)owner, wait_ms, lease_ms);
    depth--;
    return result;
}

static int32_t unlock(void *user_data, const char *key, const char *owner)
{
    int32_t result;

    depth++;
    result = personrGoUnlock((uintptr_t)user_data, (char *)key, (char *)owner);
    depth--;
    return result;
}

static int32_t credentials(void *user_data, const char *email, char *password, size_t capacity)
{
    int32_t result;

    depth++;
    result = personrGoCredentials((uintptr_t)user_data, (char *)email, password, capacity);
    depth--;
    return result;
}

static void log_event(void *user_data, int32_t level, const char *event, const char *text)
{
    depth++;
    personrGoLog((uintptr_t)user_data, level, (char *)event, (char *)text);
    depth--;
}

static void release(void *user_data)
{
    depth++;
    personrGoRelease((uintptr_t)user_data);
    depth--;
}

personr_status personr_go_set_store(personr_options *options, uintptr_t handle, personr_error **error)
{
    return personr_options_set_token_store_callbacks(options, load, save, lock, unlock, (void *)handle, release, error);
}

personr_status personr_go_set_credentials(personr_options *options, uintptr_t handle, personr_error **error)
{
    return personr_options_set_credentials_callback(options, credentials, (void *)handle, release, error);
}

personr_status personr_go_set_log(personr_options *options, uintptr_t handle, personr_error **error)
{
    return personr_options_set_log_callback(options, log_event, PERSONR_LOG_DEBUG, (void *)handle, release, error);
}
