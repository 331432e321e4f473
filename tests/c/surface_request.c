/*
 * Every function that takes a request or a response: NULL, what is refused, what is sent, and the answer to it. By many
 * threads at once, from inside a callback, and over a fork.
 *
 *     surface_request FOLDER
 */
#include "check.h"

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8
#define CALLS 20

/* An endpoint that only reads. */
#define READS "api-applicant-status"

static void getters_of_null(void)
{
    size_t length = 99;

    CHECK(personr_response_http_status(NULL) == 0);
    CHECK(strcmp(personr_response_header(NULL, "date"), "") == 0);
    CHECK(*personr_response_body(NULL, &length) == '\0' && length == 0);
    CHECK(*personr_response_body(NULL, NULL) == '\0');
    length = 99;
    CHECK(*personr_error_body(NULL, &length) == '\0' && length == 0);
    CHECK(*personr_error_body(NULL, NULL) == '\0');
    CHECK(personr_response_json(NULL) == NULL && personr_error_json(NULL) == NULL);
    CHECK(personr_error_may_have_run(NULL) == 1);
    personr_request_free(NULL);
    personr_response_free(NULL);
}

static void calls_without_a_request(const personr_auth *auth)
{
    const uint8_t byte = 1;
    personr_request *request = personr_request_new(READS);
    personr_response *response = NULL;

    REFUSES("request", personr_request_set_format, NULL, PERSONR_FORMAT_JSON);
    REFUSES("request", personr_request_add_text, NULL, "a", "b");
    REFUSES("request", personr_request_add_json, NULL, "a", "1");
    REFUSES("request", personr_request_add_file, NULL, "a", "b", NULL, PERSONR_ENCODING_BASE64);
    REFUSES("request", personr_request_add_bytes, NULL, "a", &byte, 1, NULL, PERSONR_ENCODING_BASE64);
    REFUSES("request", personr_request_set_body, NULL, "a/b", &byte, 1);
    REFUSES("request", personr_request_set_repeatable, NULL, 1);
    REFUSES("request", personr_request_set_timeout_ms, NULL, 1);
    REFUSES("request", personr_request_set_response_max, NULL, 1);
    REFUSES("request", personr_request_send, auth, NULL, &response);
    REFUSES("auth", personr_request_send, NULL, request, &response);
    REFUSES("response_out", personr_request_send, auth, request, NULL);
    CHECK(response == NULL && personr_auth_state(auth) == PERSONR_STATE_EMPTY);
    personr_request_free(request);
}

/* The send returns what was refused first. */
#define STAYS(parameter, request) \
    do { \
        personr_response *stays_response = NULL; \
        REFUSES(parameter, personr_request_send, auth, request, &stays_response); \
        CHECK(stays_response == NULL); \
        personr_request_free(request); \
        request = personr_request_new(READS); \
        CHECK(request != NULL); \
    } while (0)

static void endpoints_that_are_none(const personr_auth *auth)
{
    static const char *const endpoints[] = {"",
                                            "/",
                                            "a/",
                                            "../a",
                                            "a//b",
                                            "%2e%2e",
                                            "a?b",
                                            "a\r\nHost: b",
                                            "a b",
                                            "a\xff",
                                            "api-basic-auth",
                                            "API-Token-Generate"};
    size_t i;

    for (i = 0; i <= sizeof endpoints / sizeof *endpoints; i++) {
        const char *endpoint = i < sizeof endpoints / sizeof *endpoints ? endpoints[i] : NULL;
        personr_request *request = personr_request_new(endpoint);

        CHECK(request != NULL);
        OK(personr_request_add_text, request, "a", "b");
        STAYS("endpoint", request);
        personr_request_free(request);
    }
}

static void what_is_refused(const personr_auth *auth)
{
    const uint8_t byte = 1;
    personr_request *request = personr_request_new(READS);

    REFUSES("format", personr_request_set_format, request, 2);
    STAYS("format", request);
    REFUSES("name", personr_request_add_text, request, NULL, "b");
    REFUSES("value", personr_request_add_text, request, "a", NULL);
    STAYS("name", request);
    REFUSES("name", personr_request_add_text, request, "", "b");
    REFUSES("name", personr_request_add_text, request, "a\r\nb", "b");
    REFUSES("name", personr_request_add_text, request, "a\xff", "b");
    STAYS("name", request);
    REFUSES("value", personr_request_add_text, request, "a", "b\xff");
    STAYS("value", request);
    REFUSES("json", personr_request_add_json, request, "a", "{");
    REFUSES("json", personr_request_add_json, request, "a", "");
    REFUSES("json", personr_request_add_json, request, "a", NULL);
    REFUSES("name", personr_request_add_json, request, NULL, "1");
    STAYS("json", request);
    REFUSES("path", personr_request_add_file, request, "a", NULL, NULL, PERSONR_ENCODING_BINARY);
    REFUSES("path", personr_request_add_file, request, "a", "", "b", PERSONR_ENCODING_BINARY);
    REFUSES("name", personr_request_add_file, request, NULL, "b", NULL, PERSONR_ENCODING_BINARY);
    STAYS("path", request);
    REFUSES("file_name", personr_request_add_file, request, "a", "/", NULL, PERSONR_ENCODING_OBJECT);
    REFUSES("file_name", personr_request_add_file, request, "a", "b\xff", NULL, PERSONR_ENCODING_OBJECT);
    REFUSES("file_name", personr_request_add_file, request, "a", "b", "c\n", PERSONR_ENCODING_OBJECT);
    REFUSES("encoding", personr_request_add_file, request, "a", "b", NULL, 3);
    STAYS("file_name", request);
    REFUSES("bytes", personr_request_add_bytes, request, "a", NULL, 1, NULL, PERSONR_ENCODING_BASE64);
    REFUSES("bytes", personr_request_add_bytes, request, "a", &byte, SIZE_MAX, NULL, PERSONR_ENCODING_BASE64);
    REFUSES("file_name", personr_request_add_bytes, request, "a", &byte, 1, NULL, PERSONR_ENCODING_BINARY);
    REFUSES("encoding", personr_request_add_bytes, request, "a", &byte, 1, "b", -1);
    REFUSES("name", personr_request_add_bytes, request, NULL, &byte, 1, "b", PERSONR_ENCODING_OBJECT);
    STAYS("bytes", request);
    REFUSES("content_type", personr_request_set_body, request, NULL, &byte, 1);
    REFUSES("content_type", personr_request_set_body, request, "a/b\r\nc: d", &byte, 1);
    REFUSES("body", personr_request_set_body, request, "a/b", NULL, 1);
    STAYS("content_type", request);
    REFUSES("repeatable", personr_request_set_repeatable, request, 2);
    STAYS("repeatable", request);
    REFUSES("timeout_ms", personr_request_set_timeout_ms, request, 0);
    REFUSES("timeout_ms", personr_request_set_timeout_ms, request, 3600001);
    STAYS("timeout_ms", request);
    REFUSES("response_max", personr_request_set_response_max, request, 0);
    REFUSES("response_max", personr_request_set_response_max, request, 67108865);
    STAYS("response_max", request);
    /* What is wrong with the whole. */
    OK(personr_request_set_format, request, PERSONR_FORMAT_JSON);
    OK(personr_request_add_bytes, request, "a", &byte, 1, "b", PERSONR_ENCODING_BINARY);
    STAYS("request", request);
    OK(personr_request_set_format, request, PERSONR_FORMAT_JSON);
    OK(personr_request_add_text, request, "a", "b");
    OK(personr_request_add_text, request, "a", "c");
    STAYS("request", request);
    OK(personr_request_set_body, request, "a/b", &byte, 1);
    OK(personr_request_add_text, request, "a", "b");
    STAYS("request", request);
    OK(personr_request_set_body, request, "a/b", NULL, 0);
    OK(personr_request_set_format, request, PERSONR_FORMAT_MULTIPART);
    STAYS("request", request);
    personr_request_free(request);
    CHECK(personr_auth_state(auth) == PERSONR_STATE_EMPTY);
}

/* Its getters agree, and there is a NUL behind the body. */
static void check_response(const personr_response *response)
{
    size_t length = 0;
    const uint8_t *body = personr_response_body(response, &length);

    CHECK(personr_response_http_status(response) >= 200 && personr_response_http_status(response) <= 299);
    CHECK(body != NULL && body[length] == '\0' && strlen((const char *)body) == length);
    CHECK(personr_response_body(response, NULL) == body);
    CHECK(strncmp(personr_response_header(response, "Content-TYPE"), "application/json", 16) == 0);
    CHECK(strcmp(personr_response_header(response, "no-such-header"), "") == 0);
    CHECK(strcmp(personr_response_header(response, NULL), "") == 0);
    CHECK(personr_json_type(personr_response_json(response), "") == PERSONR_TYPE_OBJECT);
}

static void send_it(const personr_auth *auth, const personr_request *request)
{
    personr_response *response = NULL;

    OK(personr_request_send, auth, request, &response);
    check_response(response);
    personr_response_free(response);
}

static void write_file(const char *path, size_t length)
{
    FILE *file = fopen(path, "wb");
    size_t i;

    CHECK(file != NULL);
    for (i = 0; i < length; i++)
        CHECK(putc((int)(i & 255), file) != EOF);
    CHECK(fclose(file) == 0);
}

static void add_all(personr_request *request, const char *path, int32_t encoding)
{
    const uint8_t bytes[] = {0, 1, 2, 255};
    char name[32];

    snprintf(name, sizeof name, "file%d", (int)encoding);
    OK(personr_request_add_file, request, name, path, NULL, encoding);
    snprintf(name, sizeof name, "named%d", (int)encoding);
    OK(personr_request_add_file, request, name, path, "a \"name\".pdf", encoding);
    snprintf(name, sizeof name, "bytes%d", (int)encoding);
    OK(personr_request_add_bytes, request, name, bytes, sizeof bytes, "b.pdf", encoding);
    snprintf(name, sizeof name, "empty%d", (int)encoding);
    OK(personr_request_add_bytes, request, name, NULL, 0, "c.pdf", encoding);
}

static void what_is_sent(const personr_auth *auth, const char *path)
{
    personr_request *request = personr_request_new(READS);

    send_it(auth, request);
    OK(personr_request_set_repeatable, request, 1);
    OK(personr_request_set_repeatable, request, 0);
    OK(personr_request_set_timeout_ms, request, 3600000);
    OK(personr_request_set_response_max, request, 67108864);
    OK(personr_request_add_text, request, "applicantId", "1x2");
    OK(personr_request_add_text, request, "a \"name\"", "");
    OK(personr_request_add_json, request, "list", "[\"UUID1\", 2]");
    add_all(request, path, PERSONR_ENCODING_OBJECT);
    add_all(request, path, PERSONR_ENCODING_BASE64);
    OK(personr_request_set_format, request, PERSONR_FORMAT_JSON);
    send_it(auth, request);
    OK(personr_request_set_format, request, PERSONR_FORMAT_MULTIPART);
    send_it(auth, request);
    add_all(request, path, PERSONR_ENCODING_BINARY);
    send_it(auth, request);
    send_it(auth, request);
    personr_request_free(request);
    request = personr_request_new(READS);
    OK(personr_request_set_body, request, "application/json", (const uint8_t *)"{}", 2);
    send_it(auth, request);
    personr_request_free(request);
}

static void what_fails(const personr_auth *auth, const char *path, const char *folder)
{
    personr_request *request = personr_request_new(READS);
    personr_response *response = NULL;
    personr_error *error = NULL;
    size_t length = 0;

    OK(personr_request_add_file, request, "f", path, NULL, PERSONR_ENCODING_BASE64);
    CHECK(remove(path) == 0);
    FAILS(PERSONR_FILE, "file-open", personr_request_send, auth, request, &response);
    personr_request_free(request);
    request = personr_request_new(READS);
    OK(personr_request_add_file, request, "f", folder, NULL, PERSONR_ENCODING_BASE64);
    FAILS(PERSONR_FILE, "file-type", personr_request_send, auth, request, &response);
    personr_request_free(request);
    request = personr_request_new(READS);
    OK(personr_request_set_response_max, request, 1);
    FAILS(PERSONR_PROTOCOL, "too-large", personr_request_send, auth, request, &response);
    personr_request_free(request);
    request = personr_request_new("api-no-such-endpoint");
    CHECK(personr_request_send(auth, request, &response, &error) == PERSONR_REJECTED && response == NULL);
    CHECK(personr_error_http_status(error) == 404 && personr_error_may_have_run(error) == 0);
    CHECK(personr_error_body(error, &length)[length] == '\0' && length > 0);
    CHECK(personr_json_type(personr_error_json(error), "") == PERSONR_TYPE_OBJECT);
    CHECK(personr_error_body(error, NULL) == personr_error_body(error, &length));
    personr_error_free(error);
    personr_request_free(request);
    /* No answer, no document. */
    CHECK(personr_request_send(auth, NULL, &response, &error) == PERSONR_INVALID_ARGUMENT);
    CHECK(personr_error_json(error) == NULL && personr_error_may_have_run(error) == 0);
    personr_error_free(error);
}

struct shared {
    const personr_auth *auth;
    const personr_request *request;
    const personr_response *response;
};

static void *work(void *argument)
{
    const struct shared *shared = (const struct shared *)argument;
    int i;

    for (i = 0; i < CALLS; i++) {
        send_it(shared->auth, shared->request);
        check_response(shared->response);
    }
    return NULL;
}

/* One request, sent by all; a response that all read. The child of a fork goes on with all that its parent has. */
static void threads_and_a_fork(const personr_auth *auth, const char *path)
{
    personr_request *request = personr_request_new(READS);
    pthread_t workers[THREADS];
    personr_response *response = NULL;
    struct shared shared;
    int i, status = -1;
    pid_t child;

    add_all(request, path, PERSONR_ENCODING_BASE64);
    OK(personr_request_send, auth, request, &response);
    shared.auth = auth;
    shared.request = request;
    shared.response = response;
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&workers[i], NULL, work, &shared) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(workers[i], NULL) == 0);
    child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        send_it(auth, request);
        check_response(response);
        _exit(EXIT_SUCCESS);
    }
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    send_it(auth, request);
    personr_request_free(request);
    personr_response_free(response);
}

/* Inside a callback a request may be filled, and an answer read; it may not be sent. */
static personr_response *an_answer;
static const personr_auth *an_auth;
static int events;

static void tell(void *user_data, int32_t level, const char *event, const char *text)
{
    personr_request *request = personr_request_new(READS);
    personr_response *response = NULL;

    (void)user_data;
    CHECK(level >= PERSONR_LOG_ERROR && level <= PERSONR_LOG_DEBUG);
    OK(personr_request_add_text, request, "a", "b");
    OK(personr_request_set_format, request, PERSONR_FORMAT_JSON);
    REFUSES("value", personr_request_add_text, request, "a", NULL);
    if (an_auth != NULL)
        FAILS(PERSONR_INVALID_ARGUMENT, "reentrant", personr_request_send, an_auth, request, &response);
    if (an_answer != NULL)
        check_response(an_answer);
    personr_request_free(request);
    CHECK(strstr(text, "swordfish") == NULL);
    if (strcmp(event, "request") == 0) {
        CHECK(strstr(text, READS) != NULL);
        events++;
    }
}

static void inside_a_callback(void)
{
    personr_options *options = options_of_the_environment();
    personr_request *request = personr_request_new(READS);
    personr_auth *auth;

    OK(personr_options_set_log_callback, options, tell, PERSONR_LOG_DEBUG, NULL, NULL);
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    an_auth = auth;
    OK(personr_request_add_text, request, "applicantId", "swordfish");
    OK(personr_request_send, auth, request, &an_answer);
    send_it(auth, request);
    CHECK(events == 2);
    personr_request_free(request);
    personr_auth_free(auth);
    personr_options_free(options);
    personr_response_free(an_answer);
}

int main(int argc, char **argv)
{
    personr_options *options = options_of_the_environment();
    char path[4096];
    personr_auth *auth;

    CHECK(argc == 2 && (size_t)snprintf(path, sizeof path, "%s.file", argv[1]) < sizeof path);
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    write_file(path, 100000);
    getters_of_null();
    calls_without_a_request(auth);
    endpoints_that_are_none(auth);
    what_is_refused(auth);
    what_is_sent(auth, path);
    threads_and_a_fork(auth, path);
    what_fails(auth, path, "/");
    inside_a_callback();
    personr_auth_free(auth);
    personr_options_free(options);
    puts("requests: all checked");
    return EXIT_SUCCESS;
}
