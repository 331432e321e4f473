/*
 * libpersonr: logs in to Personr's API, keeps the token usable, and sends the requests that the token is for.
 *
 *     personr_auth *auth;
 *     personr_request *request;
 *     personr_response *response;
 *
 *     if (personr_auth_new(email, password, NULL, &auth, NULL) != PERSONR_OK) ...
 *
 *     request = personr_request_new("api-applicant-status");
 *     personr_request_add_text(request, "applicantId", id, NULL);
 *     if (personr_request_send(auth, request, &response, NULL) == PERSONR_OK)
 *         puts(personr_json_string(personr_response_json(response), "/result/Status"));
 *     personr_response_free(response);
 *     personr_request_free(request);
 *
 *     personr_auth_free(auth);
 *
 * An application with an HTTP client of its own asks personr_auth_authorization() for the header before each request.
 *
 * These rules hold for every function:
 *
 * - What can fail returns a personr_status, PERSONR_OK (0) for success, and takes personr_error **error last. Pass NULL
 *   if you do not want the details, else free what you get.
 * - Outputs (..._out, error) are set to NULL or 0 first, and to their value only on success (error: only on failure).
 * - Handles are opaque. A ..._new, or an output, gives you one; the ..._free of its type ends it, once. ..._free(NULL)
 *   does nothing. Freeing a handle while a call on it runs is an error of the application (see personr_auth_free()).
 * - A handle of another type than the parameter's (after a cast) is PERSONR_INVALID_ARGUMENT. What returns no status
 *   treats it as NULL: getters give what they give for NULL, and ..._free does nothing, so that it leaks. A freed
 *   handle is not recognised: nothing is promised, and tools that check memory report it.
 * - Strings that you pass are NUL-terminated UTF-8 and copied. Strings that you get are borrowed from the handle that
 *   you asked, until it is freed; they are never NULL and never yours to free.
 * - A NULL where a value is needed (PERSONR_NONNULL; where NULL is allowed stands PERSONR_NULLABLE), bad UTF-8, an
 *   unknown constant or a number out of range is PERSONR_INVALID_ARGUMENT with a message that names the parameter.
 * - personr_auth may be used by any number of threads at once, personr_token, personr_error, personr_json and
 *   personr_response as well (they never change); personr_options by one at a time, and personr_request by one at a time
 *   while it is filled.
 * - Callbacks return PERSONR_CALLBACK_OK (1) for success, and those of a store may say PERSONR_STORE_BUSY. All else is a
 *   failure, also 0.
 * - Callbacks are called on a thread that called the library, maybe on several at once; they must return (no longjmp,
 *   no exception, no pthread_exit, no cancellation: see personr_store_load_fn). From inside one, what returns a
 *   status is PERSONR_INVALID_ARGUMENT, reason "reentrant"; the getters, the functions of personr_json, those that fill
 *   a personr_request, personr_operation_cancel(), and the ..._free of other handles work.
 * - A call blocks its thread until it has its result. An application with a loop starts operations instead
 *   (personr_auth_token_start() and so on): these never block, can be watched by one descriptor, and be cancelled.
 * - A thread may be cancelled (pthread_cancel) while it is in a call: the call goes on to its end, and the cancellation
 *   acts at the next cancellation point after the call. A thread of asynchronous cancelability must not call the
 *   library: POSIX lets it call none.
 * - Nothing is ever printed, no signal handler is changed, no environment variable is written, and no thread is started
 *   but those of name look-ups, which callers share (at most four for one host), and those of operations (see
 *   personr_operation). All signals are blocked on them. Running out of memory ends the process (abort, with a line on
 *   stderr).
 * - The environment is read while personr_auth_new() runs (and when the library is loaded), and never later: other
 *   threads may change it while any other function runs. The exception is the C library's name look-up (RES_OPTIONS,
 *   LOCALDOMAIN, HOSTALIASES). In a program with more rights than its caller (setuid, setgid, file capabilities) the
 *   library ignores the environment.
 * - A forked child keeps the token in hand and may go on with its parent's handles. Both share their logins if the
 *   token store is one that processes share ("file:", Redis, callbacks). A "memory:" store is not: a login of the child
 *   then ends its parent's token, as any login elsewhere does.
 *
 * Any login to an account, by whatever program, ends the token of the login before it. So a request may meet a 401
 * (Unauthorized) at any time. personr_request_send() sees to that. If you send requests by other means, on a 401:
 * personr_auth_reject(), ask for the token again, repeat the request once. A 403 is no reason to reject.
 */


#ifndef PERSONR_H
#define PERSONR_H

#include <stddef.h>
#include <stdint.h>

/*
 * Whether a pointer may be NULL. clang warns by it, and Swift makes optionals of it; other compilers see nothing.
 */
#if defined(__has_feature)
#if __has_feature(nullability)
#define PERSONR_NONNULL _Nonnull
#define PERSONR_NULLABLE _Nullable
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wnullability-extension"
#endif
#endif
#ifndef PERSONR_NULLABLE
#define PERSONR_NONNULL
#define PERSONR_NULLABLE
#endif

/**
 * The version of this header. personr_library_version() tells that of the library that is loaded.
 */
#define PERSONR_VERSION "0.1.0"
#define PERSONR_VERSION_MAJOR 0
#define PERSONR_VERSION_MINOR 1
#define PERSONR_VERSION_PATCH 0

/**
 * major * 10000 + minor * 100 + patch, comparable with personr_library_version_number().
 */
#define PERSONR_VERSION_NUMBER 100

/**
 * Success.
 */
#define PERSONR_OK 0

/**
 * A parameter is NULL, malformed or out of range; the message names it. Or (reason "reentrant") the function was
 * called from inside a callback. Nothing was sent.
 */
#define PERSONR_INVALID_ARGUMENT 1

/**
 * The service knows no account with this email and password. This is remembered: personr_auth_token() does not send
 * the same password again, so that a loop does not lock the account. personr_auth_login() does send it.
 */
#define PERSONR_INVALID_CREDENTIALS 2

/**
 * The service answered 401 to the login, or to a request with one token after the other; or (reason
 * "tokens-keep-being-refused") tokens that it had just issued were rejected one after the other: something else logs in
 * to the same account.
 */
#define PERSONR_UNAUTHORIZED 3

/**
 * The service refused the login or the request for another reason. The reason is its own; so is the message of a login.
 */
#define PERSONR_REJECTED 4

/**
 * The service answered 429, and not for unknown credentials. personr_error_retry_after_ms() says when to try again.
 */
#define PERSONR_RATE_LIMITED 5

/**
 * The service answered 5xx.
 */
#define PERSONR_SERVER 6

/**
 * The service could not be reached, or the connection broke. Reasons: "dns", "connect", "proxy", "reset", "closed",
 * "io", "descriptors" (too many open files, in this process or the system), "thread" (none could be started for an
 * operation). If all addresses of a host fail, the message is about the failure that tells most.
 */
#define PERSONR_NETWORK 7

/**
 * The time allowed has passed. Reasons: "connect" (which includes the name look-up), "proxy", "handshake", "request",
 * "answer", "login" (another thread's), "store-lock" (another process's), "store", "credentials-callback", "operation"
 * (whatever it was about to do).
 */
#define PERSONR_TIMEOUT 8

/**
 * The server could not prove who it is. Reasons: "certificate-expired", "certificate-not-yet-valid",
 * "certificate-unknown-issuer", "certificate-name", "certificate-other", "handshake". Or (reasons "no-roots",
 * "roots-unreadable") the system's root certificates are missing, or could not all be read.
 */
#define PERSONR_TLS 9

/**
 * The answer is not one of Personr's, or a text is no JSON. Reasons: "http", "too-large", "empty", "html", "json",
 * "json-depth", "answer", "token", "user_id", "expires", "redirect", "content-encoding".
 */
#define PERSONR_PROTOCOL 10

/**
 * The token store failed, and there is no good token in hand. Reasons: "store-version" (the record is of a later
 * version of the library, and left alone), "store-record" (the record would be too long); with "file:" also
 * "store-open", "store-permissions", "store-owner", "store-link", "store-type", "store-size", "store-full",
 * "store-read-only", "store-network-fs", "store-io"; with Redis also "store-connect", "store-open" (too many files are
 * open), "store-tls", "store-auth", "store-command" (Redis does not know a command that the store needs),
 * "store-database", "store-timeout", "store-busy", "store-read-only", "store-full", "store-moved", "store-answer",
 * "store-lock-lost"; with callbacks also "store-callback".
 */
#define PERSONR_STORE 11

/**
 * The buffer cannot hold the value; the length output says what is needed, without the NUL.
 */
#define PERSONR_BUFFER_TOO_SMALL 12

/**
 * A defect of the library. Please report it.
 */
#define PERSONR_INTERNAL 13

/**
 * The operation was cancelled (reason "cancelled"), or belongs to the process that this one was forked from ("forked").
 */
#define PERSONR_CANCELLED 14

/**
 * The credentials callback failed (reason "credentials-callback"), or wrote no valid password ("password").
 */
#define PERSONR_CREDENTIALS 15

/**
 * A file could not be read or written. Reasons: "file-open" (it cannot be opened or made, or its folder cannot),
 * "file-type" (what stands at the path is no regular file), "file-changed" (it was written to while it was being
 * sent), "file-full" (the disk is full, or the quota or the process's limit on file sizes is reached), "file-io".
 */
#define PERSONR_FILE 16

/**
 * The JSON document has no such value. Reasons: "json-missing" (nothing stands there), "json-type" (a value of another
 * type does), "json-range" (a number that the result cannot hold), "json-base64" (a string that is no Base64).
 */
#define PERSONR_NO_VALUE 17

/**
 * Email and password in the Authorization header (api-basic-auth). The default.
 */
#define PERSONR_LOGIN_BASIC 0

/**
 * Email and password in a form (api-token-generate).
 */
#define PERSONR_LOGIN_FORM 1

/**
 * The longest record of a token store, in bytes: the capacity that a load callback gets.
 */
#define PERSONR_RECORD_MAX 32768

/**
 * What a callback returns that has done its work. Every other number is a failure, but for #PERSONR_STORE_BUSY. So is
 * 0: it is what a callback in another language returns if it throws (Python's cffi, Java's JNA).
 */
#define PERSONR_CALLBACK_OK 1

/**
 * What a lock callback returns if another one holds the lock, and a save callback if the lock was lost.
 */
#define PERSONR_STORE_BUSY -1

/**
 * Something has to be done: "refused" (the service does not know the email and password), "save-failed".
 */
#define PERSONR_LOG_ERROR 1

/**
 * A failure that a later call may not meet: "failed" (a login failed, or could not be begun), "rejected" (a token
 * was told to be refused), "forked" (a forked child ended the token of its parent), "save-failed" (the lock was lost
 * meanwhile), "login" (of an account whose last handle was freed with a good token, which a "memory:" store does not
 * keep).
 */
#define PERSONR_LOG_WARN 2

/**
 * What happens when all goes well: "login", "renewed", "adopted" (another one's token was found in the store).
 */
#define PERSONR_LOG_INFO 3

/**
 * What is only of use in a search for a defect: "lock-wait" (another process is logging in).
 */
#define PERSONR_LOG_DEBUG 4

/**
 * There is no token: the next call logs in, or asks the store.
 */
#define PERSONR_STATE_EMPTY 0

/**
 * There is a good token.
 */
#define PERSONR_STATE_GOOD 1

/**
 * There is a good token, and it is time to renew it: the next call tries that.
 */
#define PERSONR_STATE_RENEWING 2

/**
 * There is no usable token, and logins fail just now.
 */
#define PERSONR_STATE_FAILING 3

/**
 * There is no usable token, and the service refused the email and password.
 */
#define PERSONR_STATE_REFUSED 4

/**
 * The size of a buffer that personr_auth_authorization() can always use, in bytes, with the NUL.
 */
#define PERSONR_AUTHORIZATION_MAX 4104

/**
 * The fields become a form (multipart/form-data, RFC 7578). The default, and what most endpoints are documented with.
 */
#define PERSONR_FORMAT_MULTIPART 0

/**
 * The fields become the members of one JSON object.
 */
#define PERSONR_FORMAT_JSON 1

/**
 * A file becomes a JSON object: {"filename":"...","contents":"BASE64"}. In a form it is the text of a field.
 */
#define PERSONR_ENCODING_OBJECT 0

/**
 * A file becomes its Base64 alone, as text.
 */
#define PERSONR_ENCODING_BASE64 1

/**
 * A file is sent as it is: a part of a form with a file name and the type application/octet-stream (RFC 7578). Not for
 * #PERSONR_FORMAT_JSON.
 */
#define PERSONR_ENCODING_BINARY 2

/**
 * There is no such value.
 */
#define PERSONR_TYPE_MISSING 0

/**
 * null.
 */
#define PERSONR_TYPE_NULL 1

/**
 * true or false.
 */
#define PERSONR_TYPE_BOOLEAN 2

/**
 * A number.
 */
#define PERSONR_TYPE_NUMBER 3

/**
 * A string.
 */
#define PERSONR_TYPE_STRING 4

/**
 * An array: elements in their order.
 */
#define PERSONR_TYPE_ARRAY 5

/**
 * An object: members with names, in their order.
 */
#define PERSONR_TYPE_OBJECT 6

/**
 * An account at the service, and its one live token.
 *
 * Make one for each account of an application, share it between all threads, and keep it. Freed by
 * personr_auth_free().
 *
 * **A token in a "memory:" store, the default, ends with the last handle of its account.** An application that makes
 * a handle for each request then logs in for each request, and each of its logins ends the token of the one before.
 *
 * Password and token stand in pages of their own, which core dumps leave out (Linux). The library locks at most 2 MiB
 * of these pages into memory, for all handles of a process (enough for about 70), and never more than half of
 * RLIMIT_MEMLOCK.
 */
typedef struct personr_auth personr_auth;

/**
 * Why a call failed: an object of the caller's, made by the call, freed by personr_error_free(). It never changes.
 */
typedef struct personr_error personr_error;

/**
 * A value of a JSON document: the whole of it, or a part.
 *
 * Every function takes a value and a JSON pointer (RFC 6901), which says where to go from there: "" is the value
 * itself, "/response/base64/0" the first element of the member "base64" of the member "response". In a name "~1"
 * stands for "/" and "~0" for "~"; blanks and capitals count: "/result/Created Date". A pointer that is no such thing
 * ("response", "/a~2") is #PERSONR_INVALID_ARGUMENT; one that leads nowhere is #PERSONR_NO_VALUE, reason
 * "json-missing", as is an element "01", "-" or after the last. NULL stands for a value that is missing, so calls can
 * be nested. For a missing value and for a malformed pointer, a function that returns no status returns what it
 * returns for NULL.
 *
 * What personr_json_parse() makes is yours to free. Every other personr_json is borrowed from the document that it is
 * a part of, costs nothing, and is valid as long as that is.
 *
 * Documents are read as RFC 8259 says, and as the service writes them: also with a comma after the last element or
 * member, with none before a member's name, with a byte order mark, with raw control characters in a string (but no
 * NUL), with bytes that are not UTF-8 and with halves of surrogate pairs (each becomes U+FFFD). At most 64 MiB,
 * 1,000,000 values, and 128 arrays and objects within each other. If a name is doubled, the last of these members
 * counts and the others are not there.
 *
 * A document is an index over its text, 16 bytes for each value, and never changes: any number of threads may read it
 * at once, without a lock. All functions but personr_json_free() may also be called inside a callback.
 */
typedef struct personr_json personr_json;

/**
 * A call that does not block, for an application with a loop of its own: an object of the caller's, freed by
 * personr_operation_free().
 *
 *     personr_auth_token_start(auth, 0, &operation, &error);
 *     if (!personr_operation_step(operation))
 *         watch personr_operation_fd(operation) for reading, and step again each time that it is ready
 *     once a step has returned 1: stop watching, then
 *         personr_operation_token(operation, &token, &error);
 *         personr_operation_free(operation);
 *
 * Step once right after the start: an operation that was done at once has no descriptor, which no loop would wake for.
 *
 * A thread of the library works meanwhile: one for all token operations of a handle, and one for each request that is
 * being sent, at most 64 in a process (further requests wait for one of these). All signals are blocked on these
 * threads, and no callback ever runs on one: what is to be called is called by the start or a step of an operation of
 * the handle, by personr_operation_wait(), or by a blocking call. Hold no lock around these that a callback takes. An operation keeps what it needs of its personr_auth
 * and personr_request: these may be freed before it.
 *
 * In a forked child the operations of its parent are over (#PERSONR_CANCELLED, reason "forked"); the parent's go on.
 * The child only frees them.
 */
typedef struct personr_operation personr_operation;

/**
 * Settings for personr_auth_new(), which copies them.
 *
 * A setter that fails leaves the setting as it was. One thread at a time may use an options object.
 */
typedef struct personr_options personr_options;

/**
 * What is sent to one endpoint of the service: fields, or a body of your own. Freed by personr_request_free().
 *
 *     personr_request *request = personr_request_new("api-document-upload");
 *     personr_response *response;
 *
 *     personr_request_set_format(request, PERSONR_FORMAT_JSON, NULL);
 *     personr_request_add_text(request, "applicantId", id, NULL);
 *     personr_request_add_file(request, "docFile", "scan.pdf", NULL, PERSONR_ENCODING_OBJECT, NULL);
 *     if (personr_request_send(auth, request, &response, &error) != PERSONR_OK) ...
 *     personr_request_free(request);
 *
 * **Check at the send alone, if you like.** The first thing that personr_request_new(), a setter or an adder finds
 * wrong stays, and is what personr_request_send() returns; its message repeats no argument. The calls report what each
 * of them finds wrong, too. What a failed call was to set or add is left out. #PERSONR_INTERNAL does not stay.
 *
 * One thread fills it. Then any number of threads may send it at once, and again: each send takes it as it stands at
 * the call. All that it holds is copied, and wiped when it is freed; files are read at the send.
 */
typedef struct personr_request personr_request;

/**
 * The answer to a request that the service has done: an object of the caller's, freed by personr_response_free(). It
 * never changes, outlives the personr_auth and the request, and is wiped when it is freed.
 */
typedef struct personr_response personr_response;

/**
 * A token as it was when it was handed out: an object of the caller's, freed by personr_token_free(). It never
 * changes, and outlives the personr_auth that it came from.
 */
typedef struct personr_token personr_token;

/**
 * How a call ended: #PERSONR_OK, or which kind of failure it was.
 *
 * A number never changes its meaning. Later versions may add numbers: treat one that you do not know as a failure.
 */
typedef int32_t personr_status;

/**
 * Reads a record of a token store.
 *
 * All callbacks are called on a thread that called the library, maybe on several at once with the same user data,
 * and with no lock of the library held. A function of the library that returns a status does nothing when it is
 * called from inside one, and returns #PERSONR_INVALID_ARGUMENT, reason "reentrant". The time that a callback takes
 * is its caller's; others wait no longer than their own timeout.
 *
 * They must return: no longjmp, no exception, no pthread_exit. Nor may a cancellation (pthread_cancel) act in one:
 * it ends the process. In callbacks a thread can be cancelled if it could be before the call, so if your threads are
 * ever cancelled, switch that off in them (pthread_setcancelstate): most functions that read, write or wait are
 * cancellation points. A child that is forked in a callback may call exec or _exit, and must not return.
 *
 * This one is also called without the lock, and must then give a whole record, as it was before or after a save.
 *
 * @param user_data  What was given to the setter, so it may be NULL.
 * @param key        The account: 64 hexadecimal digits. Valid during the call.
 * @param buffer     Where to write the record: bytes that mean nothing to the callback. The token stands in them in
 *                   clear. Valid during the call.
 * @param capacity   Size of the buffer in bytes: #PERSONR_RECORD_MAX.
 * @param length_out Where to write the length of the record; 0 (which stands there) if there is none. Valid during
 *                   the call.
 *
 * @return #PERSONR_CALLBACK_OK, also if there is no record; any other number for a failure: no login is made behind a
 * store that cannot be read, and the call that needs one is #PERSONR_STORE.
 */
typedef int32_t (*personr_store_load_fn)(void *PERSONR_NULLABLE user_data,
                                         const char *PERSONR_NONNULL key,
                                         uint8_t *PERSONR_NONNULL buffer,
                                         size_t capacity,
                                         size_t *PERSONR_NONNULL length_out);

/**
 * Replaces a record of a token store: afterwards there is the new one, whole, or after a failure the old one.
 *
 * The library holds the lock of the key, as the owner that took it. To be safe from a lease that ended meanwhile, look
 * whether the lock is this owner's still, and write, in one step (one transaction). Before a login the library saves
 * the record that is there once more (if there is none, "{}"), to see that its token will find a place. See
 * #personr_store_load_fn for the rules.
 *
 * @param user_data What was given to the setter, so it may be NULL.
 * @param key       The account, as in the load callback. Valid during the call.
 * @param owner     Who holds the lock, as in the lock callback. Valid during the call.
 * @param record    The record. Valid during the call. It holds a secret.
 * @param length    Its length in bytes, 1 to #PERSONR_RECORD_MAX.
 *
 * @return #PERSONR_CALLBACK_OK; #PERSONR_STORE_BUSY if the lock is no longer this owner's, since its lease has ended
 * and another one took it: nothing may be written then, and the library uses what the other one saves; any other
 * number for a failure. Before a login that is #PERSONR_STORE; after it, the token is handed out, "save-failed" is
 * logged, and saved by a later call.
 */
typedef int32_t (*personr_store_save_fn)(void *PERSONR_NULLABLE user_data,
                                         const char *PERSONR_NONNULL key,
                                         const char *PERSONR_NONNULL owner,
                                         const uint8_t *PERSONR_NONNULL record,
                                         size_t length);

/**
 * Takes the lock of a key: one holder at a time, of all threads, processes and machines that share the store.
 *
 * The holder that does not come back (its process may have died) loses it when the lease ends, and not before. The
 * save and the unlock callback for it may be called on other threads than this one: the owner tells whose lock it is.
 * See #personr_store_load_fn for the rules.
 *
 * @param user_data What was given to the setter, so it may be NULL.
 * @param key       The account, as in the load callback. Valid during the call.
 * @param owner     Who asks: 32 hexadecimal digits that nobody else has. They are the same however often one login
 *                  asks for its lock, and a lock that they hold already may be given to them again. Valid during the
 *                  call.
 * @param wait_ms   How long to wait at most, in milliseconds, 0 to 1000; the library asks again as long as it has
 *                  time. A callback that cannot wait may return #PERSONR_STORE_BUSY at once, and is asked again
 *                  after a pause.
 * @param lease_ms  How long the lock must last without an unlock, in milliseconds: 20000 in this version. A login
 *                  under it gets at most 15 seconds, less what the callbacks under it take.
 *
 * @return #PERSONR_CALLBACK_OK if this owner holds the lock now; #PERSONR_STORE_BUSY if another one does; any other
 * number for a failure, which is #PERSONR_STORE.
 */
typedef int32_t (*personr_store_lock_fn)(void *PERSONR_NULLABLE user_data,
                                         const char *PERSONR_NONNULL key,
                                         const char *PERSONR_NONNULL owner,
                                         uint32_t wait_ms,
                                         uint32_t lease_ms);

/**
 * Gives the lock of a key back, but not one that another holder has by now.
 *
 * It is called once for each lock that was taken. See #personr_store_load_fn for the rules.
 *
 * @param user_data What was given to the setter, so it may be NULL.
 * @param key       The account, as in the load callback. Valid during the call.
 * @param owner     Who holds the lock, as in the lock callback. Valid during the call.
 *
 * @return #PERSONR_CALLBACK_OK; any other number for a failure, which fails no call: the lock ends with its lease.
 */
typedef int32_t (*personr_store_unlock_fn)(void *PERSONR_NULLABLE user_data,
                                           const char *PERSONR_NONNULL key,
                                           const char *PERSONR_NONNULL owner);

/**
 * Frees the user data of callbacks.
 *
 * It is called once for each successful call of a setter that was given it, when the last owner goes. Owners are the
 * options object, until it is freed or set anew, each personr_auth that was made with it, and each operation of these.
 * A setter that fails does not call it: the user data stay the caller's. A forked child has its own copy of the data
 * and calls it for that, whatever its parent's threads were doing; if one of them was just making or freeing an owner
 * it may not.
 *
 * It runs on the thread that frees the last owner; the rules of #personr_store_load_fn hold for it. No callback with
 * these user data runs any more, nor will.
 *
 * @param user_data What was given to the setter, so it may be NULL.
 */
typedef void (*personr_user_data_free_fn)(void *PERSONR_NULLABLE user_data);

/**
 * Tells the password of an account.
 *
 * It is asked before each login and before the lock of the store is taken, so that it may take its time, of the
 * timeout of the call. See #personr_store_load_fn for the rules.
 *
 * @param user_data What was given to the setter, so it may be NULL.
 * @param email     As it was given to personr_auth_new(). Valid during the call.
 * @param password  Where to write the password and a NUL: UTF-8, 1 to 1024 bytes, no control character. Valid during
 *                  the call, and wiped by the library after it.
 * @param capacity  Size of that buffer in bytes: 1025.
 *
 * @return #PERSONR_CALLBACK_OK; any other number for a failure. That, or a password that cannot be one, is
 * #PERSONR_CREDENTIALS, and the next call that needs a login asks again.
 */
typedef int32_t (*personr_credentials_fn)(void *PERSONR_NULLABLE user_data,
                                          const char *PERSONR_NONNULL email,
                                          char *PERSONR_NONNULL password,
                                          size_t capacity);

/**
 * Is told what happened.
 *
 * It is called at the end of the call in which it happened, after every lock has been given back, the store's too.
 * See #personr_store_load_fn for the rules.
 *
 * @param user_data What was given to the setter, so it may be NULL.
 * @param level     #PERSONR_LOG_ERROR, #PERSONR_LOG_WARN, #PERSONR_LOG_INFO or #PERSONR_LOG_DEBUG. Later versions may
 *                  add numbers.
 * @param event     For programs: one of the names that stand with the levels. They never change their meaning; later
 *                  versions may add some. Valid during the call.
 * @param text      For people: a sentence in English, UTF-8, with the host, the HTTP status, the duration and the
 *                  number of attempts of a login. Never a secret, at any level. Valid during the call.
 */
typedef void (*personr_log_fn)(void *PERSONR_NULLABLE user_data,
                               int32_t level,
                               const char *PERSONR_NONNULL event,
                               const char *PERSONR_NONNULL text);

#ifdef __cplusplus
extern "C" {
#endif /* __cplusplus */

/**
 * Returns the version of the library that is loaded, such as "0.1.0".
 *
 * It may be another than #PERSONR_VERSION, which is of the header that was compiled against. Minor versions after
 * 1.0.0 only add.
 *
 * @return A string that is valid for ever. Never NULL.
 *
 * Threads: any. Network: never.
 */
const char *PERSONR_NONNULL personr_library_version(void);

/**
 * Returns the version of the library that is loaded as a number, comparable with #PERSONR_VERSION_NUMBER.
 *
 * @return major * 10000 + minor * 100 + patch.
 *
 * Threads: any. Network: never.
 */
uint32_t personr_library_version_number(void);

/**
 * Returns the name of a status, such as "PERSONR_TIMEOUT", for logs.
 *
 * @param status Any number.
 * @return A string that is valid for ever; "PERSONR_UNKNOWN" for a number that this version does not know. Never
 * NULL.
 *
 * Threads: any. Network: never.
 */
const char *PERSONR_NONNULL personr_status_name(int32_t status);

/**
 * Makes an options object with the defaults.
 *
 * @return The object, yours to free by personr_options_free(). NULL only in case of a defect of the library.
 *
 * Threads: any. Network: never.
 */
personr_options *PERSONR_NULLABLE personr_options_new(void);

/**
 * Frees an options object. Handles that were made with it are not affected.
 *
 * @param options The object. NULL does nothing.
 *
 * Threads: nothing else may use the object any more. Network: never.
 */
void personr_options_free(personr_options *PERSONR_NULLABLE options);

/**
 * Sets where the service is: "https://enterprise.personr.co/api/1.1/wf" unless set.
 *
 * Different ways to write the same URL name the same account: capitals in the host, a dot at its end, the default
 * port, the spelling of an IPv6 address, "%2f" for "%2F".
 *
 * @param options  The object.
 * @param base_url An https:// URL of at most 2048 bytes, without user name, query, fragment, or blanks around it;
 *                 http:// for a loopback address alone ("localhost", 127.0.0.0/8, [::1]). Copied.
 * @param error    Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_base_url(personr_options *PERSONR_NONNULL options,
                                            const char *PERSONR_NONNULL base_url,
                                            personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets which of the service's two login endpoints is used.
 *
 * @param options      The object.
 * @param login_method #PERSONR_LOGIN_BASIC (the default) or #PERSONR_LOGIN_FORM.
 * @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_login_method(personr_options *PERSONR_NONNULL options,
                                                int32_t login_method,
                                                personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets how long a whole call may take: name look-up, connecting, TLS, retries, the answer, and waiting for other calls
 * and processes.
 *
 * @param options    The object.
 * @param timeout_ms Milliseconds, 1 to 3600000 (an hour). 30000 unless set.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_timeout_ms(personr_options *PERSONR_NONNULL options,
                                              uint32_t timeout_ms,
                                              personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets how long one connection may take to open: name look-up, connecting, proxy and TLS.
 *
 * @param options            The object.
 * @param connect_timeout_ms Milliseconds, 1 to 3600000 (an hour). 10000 unless set.
 * @param error              Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_connect_timeout_ms(personr_options *PERSONR_NONNULL options,
                                                      uint32_t connect_timeout_ms,
                                                      personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets how often one login is tried again after a failure that may be over a moment later: no connection, a connection
 * that broke before the answer, a 5xx, or a 429 that says when to come back. A refusal is never tried again.
 *
 * The pauses are random and grow, and are never shorter than the service asks for. All pauses of one login together
 * take at most 2 seconds, since other processes wait meanwhile. If the next pause had to be longer ("Retry-After:
 * 20"), the call fails at once, and personr_error_retry_after_ms() says how long this process and the others do not
 * log in.
 *
 * personr_request_send() goes by the same number, but for what it must not send twice, and its pauses may take all of
 * its own timeout.
 *
 * @param options     The object.
 * @param max_retries 0 to 10. 2 unless set.
 * @param error       Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_max_retries(personr_options *PERSONR_NONNULL options,
                                               uint32_t max_retries,
                                               personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets the HTTP proxy to connect through (CONNECT). The proxy learns the name and the port of the service, and nothing
 * that is sent to the service.
 *
 * No proxy is ever used for a loopback address. Unless set, the environment names the proxy: see personr_auth_new().
 *
 * @param options The object.
 * @param proxy   "" for none at all, or a URL such as "http://user:password@proxy.example:3128": http:// (also if no
 *                scheme is given), or https:// for TLS to the proxy; port 80 or 443 unless given. User and password
 *                are bytes in any encoding, as for curl; "/", "?", "#", "%", a blank, and ":" in a user are
 *                percent-encoded. No blanks around it. SOCKS is not supported. Copied.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_proxy(personr_options *PERSONR_NONNULL options,
                                         const char *PERSONR_NONNULL proxy,
                                         personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Adds the root certificates of a PEM file to those that are trusted. May be called more than once.
 *
 * If one of its certificates cannot be read, none is added, and the message names that one by its number and line.
 * Whatever OpenSSL reads is read: comments in any encoding, "X509 CERTIFICATE", and "TRUSTED CERTIFICATE" if its trust
 * settings are for servers. Files that were joined without a line break are read as well.
 *
 * @param options The object.
 * @param ca_file Path of the file, which is read now; a regular file (or a link to one) of at most 16 MiB.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_ca_file(personr_options *PERSONR_NONNULL options,
                                           const char *PERSONR_NONNULL ca_file,
                                           personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Adds the root certificates of a PEM text, as personr_options_set_ca_file() does.
 *
 * @param options The object.
 * @param ca_pem  The text: certificates in PEM. Read now.
 * @param length  Its length in bytes; a NUL at its end need not be counted.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_ca_pem(personr_options *PERSONR_NONNULL options,
                                          const uint8_t *PERSONR_NONNULL ca_pem,
                                          size_t length,
                                          personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets whether the system's root certificates are trusted beside the added ones.
 *
 * On Linux and similar systems they stand in files: all of them in one file, and each in a file of its own, in a
 * directory, under a name such as 0a1b2c3d.0 ("openssl rehash" makes these names). As for OpenSSL, SSL_CERT_FILE names
 * another file, and SSL_CERT_DIR other directories, with colons between them; an empty variable counts as unset.
 * personr_auth_new() reads both variables. The file is read at the first login, and the directories only if no
 * certificate in the file vouches for the server. What has changed is read again at the next login. Only regular files
 * are read. Without any root certificate a login fails with #PERSONR_TLS, reason "no-roots". The reason
 * "roots-unreadable" says that some could not be read, and that no other one vouches for the server.
 *
 * @param options      The object.
 * @param system_roots 1 (the default), or 0 to trust the added ones alone, of which there must then be some.
 * @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_system_roots(personr_options *PERSONR_NONNULL options,
                                                int32_t system_roots,
                                                personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets what the User-Agent header names before "libpersonr/VERSION".
 *
 * @param options    The object.
 * @param user_agent Such as "Billing/2.1": printable ASCII, at most 256 bytes; "" for nothing. Copied.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_user_agent(personr_options *PERSONR_NONNULL options,
                                              const char *PERSONR_NONNULL user_agent,
                                              personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets where the token is kept, and so who shares it.
 *
 * A "file:" store is shared by all processes of a machine that run as the same user, forked ones too, and outlives
 * them: one of them logs in, the others find its token. The directory must belong to this user alone. If it is missing
 * it is made (mode 0700, whatever the umask is), but its parents are not. The token stands in it in clear, in files of
 * mode 0600. The store is not used, and the call returns #PERSONR_STORE, if the directory belongs to another user or
 * others may write to it; if a file in it belongs to another user, may be read or written by others, or is a link; and
 * if the directory is on a network file system or on FUSE, where machines may not see each other's locks.
 *
 * @param options     The object.
 * @param token_store "memory:" (the default): shared by all handles of this process with the same service, email and
 *                    password. **It ends with the last of these handles.** "file:DIRECTORY" (also
 *                    "file:///DIRECTORY"): shared by all handles with the same directory, service and email. The path
 *                    is taken as it is, at most 4095 bytes; a relative path starts at the working directory of this
 *                    moment. Nothing is opened before a token is asked for.
 *                    "redis://[[user]:password@]host[:port][/database]", or "rediss://..." for TLS: shared by all
 *                    machines that use the same Redis server (in a library that was built with the cargo feature
 *                    "redis"). User and password are written as in personr_options_set_proxy(). There must be no
 *                    blanks around the whole, nor around the directory. Copied.
 * @param error       Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_token_store(personr_options *PERSONR_NONNULL options,
                                               const char *PERSONR_NONNULL token_store,
                                               personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets how long before its end a token is renewed. The first call in that time renews it; if that fails, the token in
 * hand stays in use.
 *
 * @param options        The object.
 * @param renew_before_s Seconds, not negative; more than half of the token's life counts as half of it. A fifth of
 *                       its life unless set; 0 for no renewal before the end.
 * @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_renew_before_s(personr_options *PERSONR_NONNULL options,
                                                  int64_t renew_before_s,
                                                  personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets a token store that the application keeps, in a database for example, instead of the one that
 * personr_options_set_token_store() names. The last of both calls counts.
 *
 * Who reads and writes the same records shares their tokens. The records hold tokens in clear: keep them as you would
 * keep a password.
 *
 * @param options        The object.
 * @param load           Reads a record.
 * @param save           Replaces a record.
 * @param lock           Takes the lock of a record.
 * @param unlock         Gives it back.
 * @param user_data      Passed to each of them. May be NULL.
 * @param user_data_free Frees user_data when its last owner has gone. May be NULL. Not called if this function fails.
 * @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_token_store_callbacks(personr_options *PERSONR_NONNULL options,
                                                         personr_store_load_fn PERSONR_NONNULL load,
                                                         personr_store_save_fn PERSONR_NONNULL save,
                                                         personr_store_lock_fn PERSONR_NONNULL lock,
                                                         personr_store_unlock_fn PERSONR_NONNULL unlock,
                                                         void *PERSONR_NULLABLE user_data,
                                                         personr_user_data_free_fn PERSONR_NULLABLE user_data_free,
                                                         personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets who is asked for the password before each login. It is then not kept in memory, and personr_auth_new() may be
 * given NULL for it.
 *
 * After a refusal it is asked again at most once a minute, and only another password is sent; personr_auth_login()
 * always asks and sends. In a "memory:" store the handles of one account share its token, whatever the password is.
 *
 * @param options        The object.
 * @param callback       Tells the password. NULL for none again: the other two are then not used.
 * @param user_data      Passed to it. May be NULL.
 * @param user_data_free Frees user_data when its last owner has gone. May be NULL. Not called if this function fails.
 * @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_credentials_callback(personr_options *PERSONR_NONNULL options,
                                                        personr_credentials_fn PERSONR_NULLABLE callback,
                                                        void *PERSONR_NULLABLE user_data,
                                                        personr_user_data_free_fn PERSONR_NULLABLE user_data_free,
                                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets who is told what happens: logins, renewals, failures. Never a secret, at any level.
 *
 * @param options        The object.
 * @param callback       Is told. NULL for none again: the next three are then not used.
 * @param level          The last level that is told: #PERSONR_LOG_ERROR for the fewest events, then
 *                       #PERSONR_LOG_WARN, #PERSONR_LOG_INFO, and #PERSONR_LOG_DEBUG for all.
 * @param user_data      Passed to it. May be NULL.
 * @param user_data_free Frees user_data when its last owner has gone. May be NULL. Not called if this function fails.
 * @param error          Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each object. Network: never.
 */
personr_status personr_options_set_log_callback(personr_options *PERSONR_NONNULL options,
                                                personr_log_fn PERSONR_NULLABLE callback,
                                                int32_t level,
                                                void *PERSONR_NULLABLE user_data,
                                                personr_user_data_free_fn PERSONR_NULLABLE user_data_free,
                                                personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Makes a handle for an account. Nothing is sent: the first call that needs a token logs in.
 *
 * Unless a proxy is set, HTTPS_PROXY, ALL_PROXY and NO_PROXY are read from the environment now, in capital or small
 * letters; HTTP_PROXY is not. NO_PROXY is read as curl reads it: "*", or domains, addresses and ranges ("10.0.0.0/8")
 * with commas between them; an entry with a port, or such as "*.example.com", has no meaning. SSL_CERT_FILE and
 * SSL_CERT_DIR are read now, too: see personr_options_set_system_roots(). Handles of one process for the same service,
 * email and password share one token.
 *
 * @param email     UTF-8, 1 to 1024 bytes, no control character, no colon (Basic authentication cannot carry one, RFC
 *                  7617), no blank at its beginning or end (cut off the padding of a field of fixed length, as in
 *                  COBOL). Capital and small letters name the same account. Copied.
 * @param password  UTF-8, 1 to 1024 bytes, no control character. Blanks are part of it, also at its end: cut off the
 *                  padding of a field of fixed length. Copied; wipe your own copy. With a credentials callback it is
 *                  not used and may be NULL; without one NULL is #PERSONR_INVALID_ARGUMENT ("password: it is NULL").
 * @param options   Copied: free or change them afterwards as you like. NULL for the defaults.
 * @param auth_out  Receives the handle, yours to free by personr_auth_free(). NULL on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT (also for a proxy variable that cannot be used, which the message
 * names); #PERSONR_INTERNAL.
 *
 * Threads: any. Network: never.
 */
personr_status personr_auth_new(const char *PERSONR_NONNULL email,
                                const char *PERSONR_NULLABLE password,
                                const personr_options *PERSONR_NULLABLE options,
                                personr_auth *PERSONR_NULLABLE *PERSONR_NONNULL auth_out,
                                personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Logs in anew, whether there is a good token or not. This is how a password is verified.
 *
 * Each login ends the token of the login before it, here and on every other machine. An application that wants a
 * token to work with calls personr_auth_token() or personr_auth_authorization(), which log in only if they must.
 *
 * Calls that are waiting when a login begins share its result: of 64 at once, two at most reach the service.
 *
 * @param auth      The handle.
 * @param token_out Receives the token, yours to free by personr_token_free(). NULL on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_CREDENTIALS, #PERSONR_UNAUTHORIZED, #PERSONR_REJECTED,
 * #PERSONR_RATE_LIMITED, #PERSONR_SERVER, #PERSONR_PROTOCOL (the service's answer); #PERSONR_NETWORK,
 * #PERSONR_TIMEOUT, #PERSONR_TLS (no answer); #PERSONR_STORE; #PERSONR_CREDENTIALS; #PERSONR_INVALID_ARGUMENT;
 * #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: always. Takes at most the timeout of the options.
 */
personr_status personr_auth_login(const personr_auth *PERSONR_NONNULL auth,
                                  personr_token *PERSONR_NULLABLE *PERSONR_NONNULL token_out,
                                  personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Hands out a token that is good now. Logs in if there is none, and renews one that ends soon.
 *
 * When the service answers a request with 401, another login has ended the token: call personr_auth_reject(), ask for
 * the token again, and repeat the request ONCE. A 403 is no reason to reject.
 *
 * Calls that wait for the login of another call share its result, also if that login could not be begun
 * (#PERSONR_STORE, #PERSONR_CREDENTIALS).
 *
 * A login that failed is remembered for a while (1 second, doubling up to 60, or as long as the service asks): until
 * then a call returns the same error at once. Refused credentials are remembered until personr_auth_login() succeeds.
 * While there is a good token, no failure of the service is ever returned.
 *
 * @param auth      The handle.
 * @param token_out Receives the token, yours to free by personr_token_free(). NULL on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_CREDENTIALS, #PERSONR_UNAUTHORIZED, #PERSONR_REJECTED,
 * #PERSONR_RATE_LIMITED, #PERSONR_SERVER, #PERSONR_PROTOCOL (the service's answer); #PERSONR_NETWORK,
 * #PERSONR_TIMEOUT, #PERSONR_TLS (no answer); #PERSONR_STORE; #PERSONR_CREDENTIALS; #PERSONR_INVALID_ARGUMENT;
 * #PERSONR_INTERNAL.
 *
 * Threads: any number at once; one logs in and the others wait for its result. Network: only if there is no good
 * token, or it ends soon. Takes at most the timeout of the options.
 */
personr_status personr_auth_token(const personr_auth *PERSONR_NONNULL auth,
                                  personr_token *PERSONR_NULLABLE *PERSONR_NONNULL token_out,
                                  personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Writes "Bearer TOKEN" and a NUL into a buffer: what an application calls before each request.
 *
 * Does what personr_auth_token() does, without making an object. With a good token in hand it takes no lock, allocates
 * nothing, and makes no system call but to read the clock. The buffer holds a secret afterwards.
 *
 * @param auth       The handle.
 * @param buffer     Where to write. #PERSONR_AUTHORIZATION_MAX bytes always suffice. On failure buffer[0] is NUL;
 *                   what follows it is unspecified. May be NULL if capacity is 0.
 * @param capacity   Size of the buffer in bytes, with room for the NUL.
 * @param length_out Receives the length without the NUL, also with #PERSONR_BUFFER_TOO_SMALL; else 0 on failure. May
 *                   be NULL.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return Those of personr_auth_token(); #PERSONR_BUFFER_TOO_SMALL.
 *
 * Threads: any number at once, each with a buffer of its own. Network: as personr_auth_token().
 */
personr_status personr_auth_authorization(const personr_auth *PERSONR_NONNULL auth,
                                          char *PERSONR_NULLABLE buffer,
                                          size_t capacity,
                                          size_t *PERSONR_NULLABLE length_out,
                                          personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Tells the library that the service refused a token (answered 401). The token is not handed out again. The next call
 * for a token takes one that another process has put into the store meanwhile, or logs in.
 *
 * Rejecting a token that has been replaced already does nothing, and a token that many threads reject counts once. So
 * a burst of 401s leads to one login. Logins after rejections are limited to three in a row, then one a minute; in
 * between personr_auth_token() returns #PERSONR_UNAUTHORIZED. Without this limit, two programs that end each other's
 * tokens would storm the service.
 *
 * @param auth                   The handle.
 * @param token_or_authorization The token that was sent: itself, "Bearer TOKEN", or "Authorization: Bearer TOKEN",
 *                               with or without blanks and line breaks around. What cannot be a token is
 *                               #PERSONR_INVALID_ARGUMENT. The library keeps a hash of it alone.
 * @param error                  Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: never.
 */
personr_status personr_auth_reject(const personr_auth *PERSONR_NONNULL auth,
                                   const char *PERSONR_NONNULL token_or_authorization,
                                   personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Returns the state of the account's token, for monitoring.
 *
 * @param auth The handle. NULL gives #PERSONR_STATE_EMPTY.
 * @return #PERSONR_STATE_EMPTY, #PERSONR_STATE_GOOD, #PERSONR_STATE_RENEWING, #PERSONR_STATE_FAILING or
 * #PERSONR_STATE_REFUSED. Later versions may add numbers.
 *
 * Threads: any number at once, also from inside a callback. Network: never.
 */
int32_t personr_auth_state(const personr_auth *PERSONR_NULLABLE auth);

/**
 * Returns when the token in hand is to be renewed. The first call after that moment renews it.
 *
 * @param auth The handle. NULL gives 0.
 * @return Unix time in seconds; 0 if the next call logs in or renews.
 *
 * Threads: any number at once, also from inside a callback. Network: never.
 */
int64_t personr_auth_renews_at(const personr_auth *PERSONR_NULLABLE auth);

/**
 * Frees a handle. Tokens that it handed out stay valid, here and at the service.
 *
 * **With the last handle of an account goes its token in a "memory:" store.** The next handle of this account logs in
 * anew, and logs "login" at #PERSONR_LOG_WARN to say so.
 *
 * To free a handle while a call on it runs is an error of the application: the call may read memory that is freed. A
 * call that waits already goes on to its end nevertheless, with its callbacks. The password and the user data of
 * callbacks are then freed when the last of these calls ends, on its thread. In a forked child the calls of its
 * parent's threads do not run, so its copies are freed at once.
 *
 * @param auth The handle. NULL does nothing.
 *
 * Threads: no call on the handle may be running or come later. Network: never.
 */
void personr_auth_free(personr_auth *PERSONR_NULLABLE auth);

/**
 * Returns the token itself, without "Bearer ": printable ASCII, at most 4096 bytes. It is a secret.
 *
 * @param token The token. NULL gives "".
 * @return Borrowed: valid until the token is freed. Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_token_value(const personr_token *PERSONR_NULLABLE token);

/**
 * Returns "Bearer " and the token: the value of an Authorization header. It is a secret.
 *
 * @param token The token. NULL gives "".
 * @return Borrowed: valid until the token is freed. Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_token_authorization(const personr_token *PERSONR_NULLABLE token);

/**
 * Returns the service's id of the user who logged in: printable ASCII, at most 4096 bytes.
 *
 * @param token The token. NULL gives "".
 * @return Borrowed: valid until the token is freed; "" if the service did not say. Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_token_user_id(const personr_token *PERSONR_NULLABLE token);

/**
 * Returns how long the token was good when it was issued.
 *
 * By the service's rules a token that is unused for 30 days ends before that.
 *
 * @param token The token. NULL gives 0.
 * @return Seconds, at least 1.
 *
 * Threads: any number at once. Network: never.
 */
int64_t personr_token_lifetime(const personr_token *PERSONR_NULLABLE token);

/**
 * Returns when the token expires, by this machine's clock as it stood at the login.
 *
 * @param token The token. NULL gives 0.
 * @return Unix time in seconds.
 *
 * Threads: any number at once. Network: never.
 */
int64_t personr_token_expires_at(const personr_token *PERSONR_NULLABLE token);

/**
 * Returns how long the token is still good, counted by a clock that goes on while the machine sleeps and that nobody
 * can set.
 *
 * @param token The token. NULL gives 0.
 * @return Seconds; 0 once it has expired, never negative.
 *
 * Threads: any number at once. Network: never.
 */
int64_t personr_token_seconds_left(const personr_token *PERSONR_NULLABLE token);

/**
 * Frees a token and the strings borrowed from it. The service is not told: the token stays good.
 *
 * @param token The token. NULL does nothing.
 *
 * Threads: nothing else may use this personr_token any more. Network: never.
 */
void personr_token_free(personr_token *PERSONR_NULLABLE token);

/**
 * Makes a request to an endpoint, which sends no fields yet.
 *
 * @param endpoint Its name under the base URL, such as "api-applicant-create": 1 to 255 letters, digits, "-", ".",
 *                 "_" and "~", in segments with "/" between them. No segment is empty, "." or ".."; there is no query
 *                 and no percent-encoding. The two logins (api-basic-auth, api-token-generate) are refused: their
 *                 token would be unknown to the token store, and end the one in it. Copied. May be NULL:
 *                 that, and whatever is wrong with it, is what personr_request_send() returns.
 * @return The request, yours to free by personr_request_free(). Never NULL.
 *
 * Threads: any, also inside a callback. Network: never.
 */
personr_request *PERSONR_NONNULL personr_request_new(const char *PERSONR_NULLABLE endpoint);

/**
 * Frees a request, and wipes what it holds.
 *
 * @param request The request. NULL does nothing.
 *
 * Threads: nothing else may use the request any more. Network: never.
 */
void personr_request_free(personr_request *PERSONR_NULLABLE request);

/**
 * Sets how the fields become a body. With personr_request_set_body() there are no fields: a send of both is
 * #PERSONR_INVALID_ARGUMENT.
 *
 * With #PERSONR_FORMAT_JSON a send of two fields of the same name, or of a file as #PERSONR_ENCODING_BINARY, is
 * #PERSONR_INVALID_ARGUMENT. In a form a name may stand more than once: the parts keep their order. A request without
 * fields sends "{}", or an empty form.
 *
 * @param request The request.
 * @param format  #PERSONR_FORMAT_MULTIPART (the default) or #PERSONR_FORMAT_JSON.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_set_format(personr_request *PERSONR_NONNULL request,
                                          int32_t format,
                                          personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Adds a text.
 *
 * @param request The request.
 * @param name    1 to 256 bytes of UTF-8, no control character. It is sent as it stands, but for a double quote in a
 *                form, which is "%22" there, as browsers write it. Copied.
 * @param value   UTF-8 of any length, which may be empty. In a form it is sent byte for byte, in JSON as a string.
 *                Copied.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_add_text(personr_request *PERSONR_NONNULL request,
                                        const char *PERSONR_NONNULL name,
                                        const char *PERSONR_NONNULL value,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Adds a value that is JSON already: a list, a number, true, null, an object.
 *
 * @param request The request.
 * @param name    As for personr_request_add_text(). Copied.
 * @param json    One JSON value as RFC 8259 writes it, at most 128 levels deep, such as "[\"UUID1\",\"UUID2\"]". It is
 *                sent byte for byte; in a form as text. Copied.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_add_json(personr_request *PERSONR_NONNULL request,
                                        const char *PERSONR_NONNULL name,
                                        const char *PERSONR_NONNULL json,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Adds a file, which is opened and read at each send, piece by piece: it never stands in memory whole.
 *
 * The send ends with #PERSONR_FILE if it is not there, if it is no regular file (symbolic links are followed), or if
 * it is written to while it is being sent, as its size and its times tell. What was sent of it then is incomplete, and
 * cannot be taken for the whole.
 *
 * @param request   The request.
 * @param name      As for personr_request_add_text(). Copied.
 * @param path      Any bytes but NUL. A relative one is resolved at the send. Copied.
 * @param file_name How the service is to call the file: as a name. NULL for the last part of the path, which then must
 *                  be such a name too. Not used by #PERSONR_ENCODING_BASE64. Copied.
 * @param encoding  #PERSONR_ENCODING_OBJECT, #PERSONR_ENCODING_BASE64 or #PERSONR_ENCODING_BINARY. Which one an
 *                  endpoint takes stands in the service's manual.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_add_file(personr_request *PERSONR_NONNULL request,
                                        const char *PERSONR_NONNULL name,
                                        const char *PERSONR_NONNULL path,
                                        const char *PERSONR_NULLABLE file_name,
                                        int32_t encoding,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Adds bytes of yours as a file.
 *
 * @param request   The request.
 * @param name      As for personr_request_add_text(). Copied.
 * @param bytes     The contents. Copied. May be NULL if length is 0.
 * @param length    Their number.
 * @param file_name How the service is to call the file: as a name. NULL for #PERSONR_ENCODING_BASE64 alone, which does
 *                  not use it. Copied.
 * @param encoding  #PERSONR_ENCODING_OBJECT, #PERSONR_ENCODING_BASE64 or #PERSONR_ENCODING_BINARY.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_add_bytes(personr_request *PERSONR_NONNULL request,
                                         const char *PERSONR_NONNULL name,
                                         const uint8_t *PERSONR_NULLABLE bytes,
                                         size_t length,
                                         const char *PERSONR_NULLABLE file_name,
                                         int32_t encoding,
                                         personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets a body that is sent as it stands, in place of fields. A send of a request that has fields or a format as well
 * is #PERSONR_INVALID_ARGUMENT.
 *
 * @param request      The request.
 * @param content_type The value of its Content-Type header: 1 to 256 characters of printable ASCII, no space at its
 *                     ends. Copied.
 * @param body         Any bytes. Copied. May be NULL if length is 0.
 * @param length       Their number.
 * @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_set_body(personr_request *PERSONR_NONNULL request,
                                        const char *PERSONR_NONNULL content_type,
                                        const uint8_t *PERSONR_NULLABLE body,
                                        size_t length,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Says whether it does no harm if the service does twice what the request asks for.
 *
 * Most endpoints have side effects: api-applicant-create makes a new applicant each time, and
 * api-request-applicant-check counts towards a limit. So by default what may have reached the service is never sent
 * again. For a request that only reads, such as api-applicant-status, set 1: then it is sent again after a 5xx or a
 * broken connection, as often as personr_options_set_max_retries() allows, and never after a time-out.
 *
 * @param request    The request.
 * @param repeatable 0 (the default) or 1.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_set_repeatable(personr_request *PERSONR_NONNULL request,
                                              int32_t repeatable,
                                              personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets how long a send may take in all: the token, connecting, the upload, repetitions, and the answer.
 *
 * @param request    The request.
 * @param timeout_ms Milliseconds, 1 to 3600000 (an hour). 60000 unless set.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_set_timeout_ms(personr_request *PERSONR_NONNULL request,
                                              uint32_t timeout_ms,
                                              personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sets how long an answer may be. A longer one is #PERSONR_PROTOCOL, reason "too-large".
 *
 * @param request      The request.
 * @param response_max Bytes of the answer's body, 1 to 67108864 (64 MiB, which is the default).
 * @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: one at a time for each request, also inside a callback. Network: never.
 */
personr_status personr_request_set_response_max(personr_request *PERSONR_NONNULL request,
                                                uint32_t response_max,
                                                personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Sends a request with a token that is good now, and reads the answer. #PERSONR_OK means that the service has done it.
 *
 *     if (personr_request_send(auth, request, &response, &error) == PERSONR_OK)
 *         use(personr_response_json(response));
 *     else if (personr_error_may_have_run(error) == 0)
 *         it was not done, and may be sent again
 *     personr_response_free(response);
 *
 * **The token.** It is obtained as by personr_auth_token(). If the service answers 401, the token is rejected, another
 * one obtained, and the request sent again: a workflow runs only after its token was accepted. The answer to that one
 * counts; once more it is sent if its token was another program's, which may have ended in between. An answer of 401
 * that is a web page is a firewall's, and no reason to reject.
 *
 * **Repetition.** What did not reach the service (it could not be connected to) is tried again, as often as
 * personr_options_set_max_retries() allows. So is what was answered by 429 with a Retry-After that fits into the
 * timeout. What may have reached it is sent again only if personr_request_set_repeatable() says so: after a 5xx or a
 * broken connection, and never after a time-out. Between two attempts are the pauses of a login.
 *
 * **What an answer means.** The service refuses with HTTP 200, too: an object with "status":"error", or with a number
 * "statusCode" of 400 or more, is #PERSONR_REJECTED. So is each 4xx that is not listed below, and a redirect with a
 * "message" in it; a list "errors" that is not empty, beside a success, is left for you to judge. The reason is the
 * service's own word (or "http-STATUS"), and the message is always the library's: the service's text, which may repeat
 * what you sent, stands in personr_error_json() alone. A redirect is never followed.
 *
 * **Connections** are kept for the next request: of each handle at most 8, for 60 seconds. A request that is not
 * repeatable uses only one that was in use within the last 5 seconds, and has not been closed. A forked child does not
 * use its parent's.
 *
 * **What is yours stays yours.** No field, file name or answer is ever in an error's texts or in the log, and in an
 * answer each occurrence of the token is overwritten with "*". The log event "request" (#PERSONR_LOG_DEBUG) has the
 * endpoint, the status, the number of attempts, and the time.
 *
 * @param auth         The handle.
 * @param request      The request. It may be changed, freed or sent again afterwards.
 * @param response_out Receives the answer, yours to free by personr_response_free(). NULL on failure.
 * @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; those of personr_auth_token(), if there is no token to send; #PERSONR_INVALID_ARGUMENT (what a
 * setter or an adder has found wrong too); #PERSONR_UNAUTHORIZED (one token after the other was refused);
 * #PERSONR_REJECTED; #PERSONR_RATE_LIMITED (429); #PERSONR_SERVER (5xx); #PERSONR_PROTOCOL (reasons "http",
 * "too-large", "content-encoding", "redirect", "html", "json"); #PERSONR_NETWORK; #PERSONR_TIMEOUT; #PERSONR_TLS;
 * #PERSONR_FILE; #PERSONR_INTERNAL (reason "random": the system has no random bytes for a form's boundary). Whether the
 * service may have begun tells personr_error_may_have_run().
 *
 * Threads: any number at once. Network: always. Takes at most the timeout of the request; but a login that has reached
 * the service is waited for until the timeout of the options.
 */
personr_status personr_request_send(const personr_auth *PERSONR_NONNULL auth,
                                    const personr_request *PERSONR_NONNULL request,
                                    personr_response *PERSONR_NULLABLE *PERSONR_NONNULL response_out,
                                    personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Returns the HTTP status of the answer.
 *
 * @param response The response. NULL gives 0.
 * @return 200 to 299.
 *
 * Threads: any number at once. Network: never.
 */
int32_t personr_response_http_status(const personr_response *PERSONR_NULLABLE response);

/**
 * Returns a header of the answer.
 *
 * @param response The response. NULL gives "".
 * @param name     Its name, such as "content-type", in capital or small letters. NULL gives "".
 * @return Borrowed: valid until the response is freed. The first of several; "" if there is none, or if its value is
 * not visible ASCII. Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_response_header(const personr_response *PERSONR_NULLABLE response,
                                                    const char *PERSONR_NULLABLE name);

/**
 * Returns the body of the answer, as it was received but for the token, which is overwritten with "*".
 *
 * @param response   The response. NULL gives no bytes.
 * @param length_out Receives the number of bytes. May be NULL.
 * @return Borrowed: valid until the response is freed. Never NULL; a NUL stands behind the bytes and is not counted.
 *
 * Threads: any number at once. Network: never.
 */
const uint8_t *PERSONR_NONNULL personr_response_body(const personr_response *PERSONR_NULLABLE response,
                                                     size_t *PERSONR_NULLABLE length_out);

/**
 * Returns the answer as JSON.
 *
 * @param response The response. NULL gives NULL.
 * @return Borrowed: valid until the response is freed, and never yours to free. NULL if the answer is no JSON: an empty
 * one, say.
 *
 * Threads: any number at once. Network: never.
 */
const personr_json *PERSONR_NULLABLE personr_response_json(const personr_response *PERSONR_NULLABLE response);

/**
 * Frees a response, what was borrowed from it, and wipes it.
 *
 * @param response The response. NULL does nothing.
 *
 * Threads: nothing else may use the response any more. Network: never.
 */
void personr_response_free(personr_response *PERSONR_NULLABLE response);

/**
 * Reads a JSON document: the body of a webhook, say.
 *
 * @param text     The text: UTF-8, at most 64 MiB. Copied. May be NULL if the length is 0.
 * @param length   Its length in bytes.
 * @param json_out Receives the document, yours to free by personr_json_free(). NULL on failure.
 * @param error    Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_PROTOCOL, reason "json" (it is no JSON; the message says at which byte), "json-depth"
 * (more than 128 arrays and objects within each other) or "too-large" (64 MiB, 1,000,000 values);
 * #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any. Network: never.
 */
personr_status personr_json_parse(const uint8_t *PERSONR_NULLABLE text,
                                  size_t length,
                                  personr_json *PERSONR_NULLABLE *PERSONR_NONNULL json_out,
                                  personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Frees a document that personr_json_parse() made, and all that is borrowed from it. Its text is wiped.
 *
 * @param json The document. NULL does nothing, and neither does a value that is borrowed.
 *
 * Threads: nothing else may use the document any more. Network: never.
 */
void personr_json_free(personr_json *PERSONR_NULLABLE json);

/**
 * Returns the type of a value.
 *
 * @param json    A value. NULL gives #PERSONR_TYPE_MISSING.
 * @param pointer Where to go from there, "" for itself.
 * @return #PERSONR_TYPE_MISSING (also for a malformed pointer), #PERSONR_TYPE_NULL, #PERSONR_TYPE_BOOLEAN,
 * #PERSONR_TYPE_NUMBER, #PERSONR_TYPE_STRING, #PERSONR_TYPE_ARRAY or #PERSONR_TYPE_OBJECT.
 *
 * Threads: any number at once. Network: never.
 */
int32_t personr_json_type(const personr_json *PERSONR_NULLABLE json, const char *PERSONR_NONNULL pointer);

/**
 * Returns a part of a document, to go on from there.
 *
 * To find a member takes time in proportion to the number of members beside it; to find an element does not. Whoever
 * reads many values of one object gets that first.
 *
 * @param json    A value. NULL gives NULL.
 * @param pointer Where to go from there.
 * @return Borrowed: valid as long as the document. NULL if nothing is there, or if the pointer is malformed.
 *
 * Threads: any number at once. Network: never.
 */
const personr_json *PERSONR_NULLABLE personr_json_get(const personr_json *PERSONR_NULLABLE json,
                                                      const char *PERSONR_NONNULL pointer);

/**
 * Returns an element of an array, or the value of a member of an object, by its number. It is found at once, however
 * many there are.
 *
 * @param json    A value. NULL gives NULL.
 * @param pointer Where the array or object is.
 * @param index   The number: 0 is the first.
 * @return Borrowed: valid as long as the document. NULL if there are fewer, or if it is no array or object.
 *
 * Threads: any number at once. Network: never.
 */
const personr_json *PERSONR_NULLABLE personr_json_at(const personr_json *PERSONR_NULLABLE json,
                                                     const char *PERSONR_NONNULL pointer,
                                                     size_t index);

/**
 * Returns how many elements an array has, or how many members an object has.
 *
 * @param json    A value. NULL gives 0.
 * @param pointer Where the array or object is.
 * @return The number; 0 for what is no array or object.
 *
 * Threads: any number at once. Network: never.
 */
size_t personr_json_count(const personr_json *PERSONR_NULLABLE json, const char *PERSONR_NONNULL pointer);

/**
 * Returns the name of a member of an object, by its number.
 *
 * It is copied when it is asked for the first time, and kept until the document is freed. U+FFFD stands for a NUL in
 * it.
 *
 * @param json    A value. NULL gives "".
 * @param pointer Where the object is.
 * @param index   The number: 0 is the first.
 * @return UTF-8, borrowed: valid as long as the document. "" if there are fewer members, or if it is no object. Never
 * NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_json_name(const personr_json *PERSONR_NULLABLE json,
                                              const char *PERSONR_NONNULL pointer,
                                              size_t index);

/**
 * Returns a value as a string: what a string says, a number or a boolean as it stands in the text ("1e3", "true").
 *
 * It is copied when it is asked for the first time, and kept until the document is freed; then it is wiped. For long
 * strings personr_json_copy() or personr_json_save_base64() keep nothing. U+FFFD stands for a NUL in it.
 *
 * @param json    A value. NULL gives "".
 * @param pointer Where to go from there.
 * @return UTF-8, borrowed: valid as long as the document. "" if nothing is there, and for null, arrays and objects.
 * Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_json_string(const personr_json *PERSONR_NULLABLE json,
                                                const char *PERSONR_NONNULL pointer);

/**
 * Copies a value as text: what a string says; a number, a boolean, an array or an object as it stands in the document,
 * byte for byte.
 *
 * To ask for the length alone, pass NULL and a capacity of 0: it is #PERSONR_BUFFER_TOO_SMALL then.
 *
 * @param json       A value. May be NULL, for one that is missing.
 * @param pointer    Where to go from there.
 * @param buffer     Receives the text and a NUL. On failure it holds "". Of a string it is UTF-8, and a NUL in it is
 *                   copied: the length tells where the end is. May be NULL if capacity is 0.
 * @param capacity   Size of the buffer in bytes, with room for the NUL.
 * @param length_out Receives the length without the NUL, also with #PERSONR_BUFFER_TOO_SMALL; else 0 on failure. May
 *                   be NULL.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", or "json-type" for null; #PERSONR_BUFFER_TOO_SMALL;
 * #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any number at once, each with a buffer of its own. Network: never.
 */
personr_status personr_json_copy(const personr_json *PERSONR_NULLABLE json,
                                 const char *PERSONR_NONNULL pointer,
                                 char *PERSONR_NULLABLE buffer,
                                 size_t capacity,
                                 size_t *PERSONR_NULLABLE length_out,
                                 personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Reads a number that is whole, exactly to 64 bits: "1.0", "1e3" and "-0" are whole, too. A string is no number, whatever
 * it holds.
 *
 * @param json      A value. May be NULL, for one that is missing.
 * @param pointer   Where to go from there.
 * @param value_out Receives the number. 0 on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-range" (1.5,
 * 18446744073709551615); #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: never.
 */
personr_status personr_json_integer(const personr_json *PERSONR_NULLABLE json,
                                    const char *PERSONR_NONNULL pointer,
                                    int64_t *PERSONR_NONNULL value_out,
                                    personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Reads a number: the double that is nearest to it.
 *
 * @param json      A value. May be NULL, for one that is missing.
 * @param pointer   Where to go from there.
 * @param value_out Receives the number. 0 on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-range" (1e999);
 * #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: never.
 */
personr_status personr_json_number(const personr_json *PERSONR_NULLABLE json,
                                   const char *PERSONR_NONNULL pointer,
                                   double *PERSONR_NONNULL value_out,
                                   personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Reads a boolean.
 *
 * @param json      A value. May be NULL, for one that is missing.
 * @param pointer   Where to go from there.
 * @param value_out Receives 1 for true and 0 for false. 0 on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing" or "json-type"; #PERSONR_INVALID_ARGUMENT;
 * #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: never.
 */
personr_status personr_json_boolean(const personr_json *PERSONR_NULLABLE json,
                                    const char *PERSONR_NONNULL pointer,
                                    int32_t *PERSONR_NONNULL value_out,
                                    personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Decodes the Base64 of a string into a buffer.
 *
 * Blanks and line breaks in it are passed over, the padding may be missing, and "data:TYPE;base64," may stand before
 * it. To ask for the length alone, pass NULL and a capacity of 0: it is #PERSONR_BUFFER_TOO_SMALL then, if there are
 * any bytes. Decoding takes its time for that: for a large one guess three quarters of the string's length.
 *
 * @param json       A value. May be NULL, for one that is missing.
 * @param pointer    Where to go from there.
 * @param buffer     Receives the bytes. On failure what stands in it is unspecified. May be NULL if capacity is 0.
 * @param capacity   Size of the buffer in bytes.
 * @param length_out Receives the number of bytes, also with #PERSONR_BUFFER_TOO_SMALL; else 0 on failure. May be NULL.
 * @param error      Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-base64";
 * #PERSONR_BUFFER_TOO_SMALL; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any number at once, each with a buffer of its own. Network: never.
 */
personr_status personr_json_bytes(const personr_json *PERSONR_NULLABLE json,
                                  const char *PERSONR_NONNULL pointer,
                                  uint8_t *PERSONR_NULLABLE buffer,
                                  size_t capacity,
                                  size_t *PERSONR_NULLABLE length_out,
                                  personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Decodes the Base64 of a string into a file, which appears whole or not at all. Memory does not hold it.
 *
 * The string is read as by personr_json_bytes(). The file is written beside the path as ".personr-" and 16 random
 * letters and digits, brought to the disk, and renamed; if that fails it is removed. Its owner alone may read and write
 * it (mode 0600). A regular file at the path is replaced; anything else (a symbolic link, a folder, a device, a FIFO)
 * is not, and is #PERSONR_FILE, reason "file-type". If only the last step fails, which brings the folder to the disk,
 * the new file stands there already. No signal is raised: a limit on file sizes is "file-full".
 *
 * @param json    A value. May be NULL, for one that is missing.
 * @param pointer Where to go from there.
 * @param path    Where the file will be. Its folder exists. Bytes as the system takes them; a relative path is resolved
 *                now.
 * @param error   Receives the reason of a failure, yours to free by personr_error_free(). May be NULL. No message
 *                repeats the path.
 *
 * @return #PERSONR_OK; #PERSONR_NO_VALUE, reason "json-missing", "json-type" or "json-base64"; #PERSONR_FILE, reason
 * "file-open", "file-type", "file-full" or "file-io"; #PERSONR_INVALID_ARGUMENT; #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: never.
 */
personr_status personr_json_save_base64(const personr_json *PERSONR_NULLABLE json,
                                        const char *PERSONR_NONNULL pointer,
                                        const char *PERSONR_NONNULL path,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Begins to do what personr_auth_token() does, and does not wait for it.
 *
 * With a good token at hand the operation is done at once: no thread is started, no descriptor opened. If that token is
 * to be renewed, a thread does that, and nobody waits for it; with callbacks for the store or the credentials, which a
 * step has to run, the operation is done when the renewal has succeeded or failed.
 *
 * @param auth          The handle.
 * @param timeout_ms    The time for the operation, in milliseconds: 1 to 3600000; 0 is the timeout of the options.
 * @param operation_out Receives the operation, yours to free by personr_operation_free(). NULL on failure.
 * @param error         Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return #PERSONR_OK; #PERSONR_INVALID_ARGUMENT; #PERSONR_NETWORK (reason "thread": no thread could be started;
 * "descriptors": no descriptor could be opened; nothing was sent); #PERSONR_INTERNAL.
 *
 * Threads: any number at once. Network: not on this thread. Does not wait.
 */
personr_status personr_auth_token_start(const personr_auth *PERSONR_NONNULL auth,
                                        uint32_t timeout_ms,
                                        personr_operation *PERSONR_NULLABLE *PERSONR_NONNULL operation_out,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Begins to do what personr_auth_login() does, and does not wait for it.
 *
 * @param auth          The handle.
 * @param timeout_ms    The time for the operation, in milliseconds: 1 to 3600000; 0 is the timeout of the options.
 * @param operation_out Receives the operation, yours to free by personr_operation_free(). NULL on failure.
 * @param error         Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return Those of personr_auth_token_start().
 *
 * Threads: any number at once. Network: not on this thread. Does not wait.
 */
personr_status personr_auth_login_start(const personr_auth *PERSONR_NONNULL auth,
                                        uint32_t timeout_ms,
                                        personr_operation *PERSONR_NULLABLE *PERSONR_NONNULL operation_out,
                                        personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Begins to do what personr_request_send() does, and does not wait for it. Its time is that of the request, from now
 * on.
 *
 * @param auth          The handle.
 * @param request       The request, as it stands now: it may be changed or freed afterwards.
 * @param operation_out Receives the operation, yours to free by personr_operation_free(). NULL on failure.
 * @param error         Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return Those of personr_auth_token_start(). What is wrong with the request is what the operation ends with.
 *
 * Threads: any number at once. Network: not on this thread. Does not wait.
 */
personr_status personr_request_start(const personr_auth *PERSONR_NONNULL auth,
                                     const personr_request *PERSONR_NONNULL request,
                                     personr_operation *PERSONR_NULLABLE *PERSONR_NONNULL operation_out,
                                     personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Returns the descriptor of an operation: it is ready for reading when there is something to do in
 * personr_operation_step(). It never changes.
 *
 * For poll, select, epoll, kqueue, and what stands on them. Only watch it: do not read it, and do not close it. A
 * runtime that closes what it watches (Go) gets a copy (dup). Stop watching it before the operation is freed.
 *
 * @param operation The operation. NULL gives -1.
 * @return The descriptor, 3 or above, close-on-exec; -1 if the operation was done at once, so that there is nothing to
 * watch. Most loops pass over -1 without a word, so step first.
 *
 * Threads: one at a time for each operation. Network: never.
 */
int32_t personr_operation_fd(const personr_operation *PERSONR_NULLABLE operation);

/**
 * Does what is due, and tells whether the operation is done. Never waits, but for the callbacks of the application that
 * it runs.
 *
 * To be called when the descriptor is ready; at any other time it does no harm. Once the operation is done, the
 * descriptor stays ready.
 *
 * @param operation The operation. NULL gives 1.
 * @return 1 if it is done, well or not: personr_operation_token() or personr_operation_response() tells how. 0 if it
 * is not done yet, and from inside a callback.
 *
 * Threads: one at a time for each operation. Network: never.
 */
int32_t personr_operation_step(personr_operation *PERSONR_NULLABLE operation);

/**
 * Waits until an operation is done, and steps it meanwhile. For an application without a loop: with it, another thread
 * can cancel what would else be a blocking call.
 *
 *     personr_auth_token_start(auth, 0, &operation, &error);
 *     while (!personr_operation_wait(operation, 1000))
 *         ;
 *     personr_operation_token(operation, &token, &error);
 *
 * @param operation The operation. NULL gives 1.
 * @param wait_ms   The longest wait, in milliseconds. 0 only steps.
 * @return 1 if it is done. 0 if it is not done yet: after wait_ms, after a signal was handled on this thread, and from
 * inside a callback.
 *
 * Threads: one at a time for each operation. Network: never on this thread.
 */
int32_t personr_operation_wait(personr_operation *PERSONR_NULLABLE operation, uint32_t wait_ms);

/**
 * Takes the token of an operation that is done.
 *
 * @param operation The operation: one of personr_auth_token_start() or personr_auth_login_start().
 * @param token_out Receives the token, yours to free by personr_token_free(). NULL on failure.
 * @param error     Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return Those of personr_auth_token() or personr_auth_login(); #PERSONR_TIMEOUT (reason "operation": its time is
 * over); #PERSONR_CANCELLED (reason "cancelled" or "forked"); #PERSONR_INVALID_ARGUMENT, reason "not-done" before
 * personr_operation_step() has returned 1, and "kind" for an operation of personr_request_start().
 *
 * Threads: one at a time for each operation. Network: never.
 */
personr_status personr_operation_token(personr_operation *PERSONR_NONNULL operation,
                                       personr_token *PERSONR_NULLABLE *PERSONR_NONNULL token_out,
                                       personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Takes the answer to a request whose operation is done. It is given once.
 *
 * @param operation    The operation: one of personr_request_start().
 * @param response_out Receives the answer, yours to free by personr_response_free(). NULL on failure.
 * @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
 *
 * @return Those of personr_request_send(); #PERSONR_TIMEOUT (reason "operation": its time is over);
 * #PERSONR_CANCELLED (reason "cancelled" or "forked"); #PERSONR_INVALID_ARGUMENT, reason "not-done" before
 * personr_operation_step() has returned 1, "taken" once the answer was given, and "kind" for an operation of another
 * function. Whether the service may have begun tells personr_error_may_have_run().
 *
 * Threads: one at a time for each operation. Network: never.
 */
personr_status personr_operation_response(personr_operation *PERSONR_NONNULL operation,
                                          personr_response *PERSONR_NULLABLE *PERSONR_NONNULL response_out,
                                          personr_error *PERSONR_NULLABLE *PERSONR_NULLABLE error);

/**
 * Tells how much of a request's body has been sent: for a progress bar.
 *
 * @param operation The operation. NULL is as one of a token.
 * @param sent_out  Receives the bytes of the body that this attempt has sent. 0 for an operation of a token. May be NULL.
 * @param total_out Receives the length of the body in bytes; -1 while it is not known, and for an operation of a token.
 *                  May be NULL.
 *
 * Threads: one at a time for each operation. Network: never.
 */
void personr_operation_progress(const personr_operation *PERSONR_NONNULL operation,
                                int64_t *PERSONR_NULLABLE sent_out,
                                int64_t *PERSONR_NULLABLE total_out);

/**
 * Cancels an operation: it is done at once, with #PERSONR_CANCELLED. Does nothing if it was done already.
 *
 * A login that another call or operation waits for goes on for them. A login whose request is on its way goes on in
 * the background, because it has probably ended the former token: what it issues is saved, and the next call has it.
 * (With a store of callbacks it is saved by the next call of the handle; if the handle is freed as well, it is lost.)
 * Any other login is given up, and the connection of a request is shut down; personr_error_may_have_run() tells
 * whether the service may have begun.
 *
 * @param operation The operation. NULL does nothing.
 *
 * Threads: any, at any time before the operation is freed; from a signal handler and from a callback, too. Network: never.
 */
void personr_operation_cancel(personr_operation *PERSONR_NULLABLE operation);

/**
 * Frees an operation. If it is not done, it is cancelled. Its descriptor is closed: stop watching it before.
 *
 * If it was the last of the handles of an account (its personr_auth was freed before), the user data of the callbacks
 * are freed on this thread.
 *
 * @param operation The operation. NULL does nothing.
 *
 * Threads: nothing else may use the operation any more; each personr_operation_cancel() has returned. Not from a
 * callback that a step of this very operation runs. Network: never.
 */
void personr_operation_free(personr_operation *PERSONR_NULLABLE operation);

/**
 * Returns the kind of failure.
 *
 * @param error The error. NULL gives #PERSONR_OK.
 * @return The status that the call returned too.
 *
 * Threads: any number at once. Network: never.
 */
personr_status personr_error_status(const personr_error *PERSONR_NULLABLE error);

/**
 * Returns what happened, for people: a sentence in English or the service's own text, UTF-8, at most 1,000 characters.
 *
 * It never holds a secret, and it is one line: each line break, control character and invisible character is replaced
 * by a space. If the service's text shows a secret once it is decoded, the whole text is "[redacted]".
 *
 * @param error The error. NULL gives "".
 * @return Borrowed: valid until the error is freed. Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_error_message(const personr_error *PERSONR_NULLABLE error);

/**
 * Returns what happened, for programs: the service's own word ("INVALID_LOGIN_CREDENTIALS"), "http-STATUS" where it
 * has none, or one of the library's, which the statuses list ("connect", "certificate-expired").
 *
 * The library's own words never change their meaning; later versions may add some. It never holds a secret, is one
 * line, and has at most 100 characters.
 *
 * @param error The error. NULL gives "".
 * @return Borrowed: valid until the error is freed. Never NULL.
 *
 * Threads: any number at once. Network: never.
 */
const char *PERSONR_NONNULL personr_error_reason(const personr_error *PERSONR_NULLABLE error);

/**
 * Returns the HTTP status of the service's answer.
 *
 * @param error The error. NULL gives 0.
 * @return 100 to 599; 0 if there was no answer.
 *
 * Threads: any number at once. Network: never.
 */
int32_t personr_error_http_status(const personr_error *PERSONR_NULLABLE error);

/**
 * Returns how long to wait before the next try, in milliseconds from the moment of the failure.
 *
 * It is what the service asked for (a day at most), or how long the library itself does not log in again. Until then a
 * call returns the same error without using the network.
 *
 * @param error The error. NULL gives -1.
 * @return Milliseconds; -1 if it is not known.
 *
 * Threads: any number at once. Network: never.
 */
int64_t personr_error_retry_after_ms(const personr_error *PERSONR_NULLABLE error);

/**
 * Returns the answer that refused a request (personr_request_send()), as JSON: what the service itself says, in
 * "/message", "/response" or "/translation". It may repeat what you sent: it is not for a log.
 *
 * @param error The error. NULL gives NULL.
 * @return Borrowed: valid until the error is freed, and never yours to free. NULL if there was no answer, or it is no
 * JSON.
 *
 * Threads: any number at once. Network: never.
 */
const personr_json *PERSONR_NULLABLE personr_error_json(const personr_error *PERSONR_NULLABLE error);

/**
 * Returns the body of the answer that refused a request (personr_request_send()), as it was received but for the token,
 * which is overwritten with "*". It may repeat what you sent: it is not for a log.
 *
 * @param error      The error. NULL gives no bytes.
 * @param length_out Receives the number of bytes; 0 if there was no answer. May be NULL.
 * @return Borrowed: valid until the error is freed. Never NULL; a NUL stands behind the bytes and is not counted.
 *
 * Threads: any number at once. Network: never.
 */
const uint8_t *PERSONR_NONNULL personr_error_body(const personr_error *PERSONR_NULLABLE error,
                                                  size_t *PERSONR_NULLABLE length_out);

/**
 * Returns whether the service may have begun to do what personr_request_send() asked for.
 *
 * 0: it has not begun, and sending the request again does no harm. So it is before the first byte has left, after a
 * 401, 404, 405, 408, 413 and 429, and where there was no token. 1: it is not known. So it is after a 5xx, another 4xx,
 * a refusal with HTTP 200, a broken connection, a time-out of the answer, and an answer that cannot be read.
 *
 * @param error The error. NULL gives 1.
 * @return 0 or 1. For errors of functions that send no request it has no meaning.
 *
 * Threads: any number at once. Network: never.
 */
int32_t personr_error_may_have_run(const personr_error *PERSONR_NULLABLE error);

/**
 * Frees an error and the strings borrowed from it.
 *
 * @param error The error. NULL does nothing.
 *
 * Threads: nothing else may use the error any more. Network: never.
 */
void personr_error_free(personr_error *PERSONR_NULLABLE error);

#ifdef __cplusplus
}  // extern "C"
#endif  /* __cplusplus */

#if defined(__has_feature)
#if __has_feature(nullability)
#pragma clang diagnostic pop
#endif
#endif

#endif  /* PERSONR_H */
