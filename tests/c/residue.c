/*
 * An application that wipes what is its own, so that whatever of a secret is found in its memory is the library's.
 *
 * residue WORD...: goes through the words in order, says after each how it went, and when all is freed and wiped it says
 * "ready PID" and waits for a byte. The settings, secrets among them, come by stdin and read(2): they stand in no
 * argument, no variable of the environment and no buffer of stdio.
 */
#define _GNU_SOURCE /* pthread_getattr_np */
#include <errno.h>
#include <personr.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { EMAIL, PASSWORD, BASE_URL, CA_FILE, STORE, PROXY, SETTINGS };
enum { THREADS = 4, RENEWAL_TRIES = 500, PLANTED = 2048 };

static char input[8192];
static char *settings[SETTINGS];
static char authorization[PERSONR_AUTHORIZATION_MAX];
static char *planted;
static personr_options *options;
static personr_auth *auth;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static void wipe(void *start, size_t length)
{
    volatile char *byte = start;

    while (length-- > 0)
        *byte++ = 0;
}

/* Byte by byte: what a copy of the C library's leaves in registers would be ours, and not what is looked for. */
static void copy(char *to, const char *from, size_t capacity)
{
    volatile char *place = to;

    while (capacity-- > 1 && *from != 0)
        *place++ = *from++;
    *place = 0;
}

static void fail(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* As many strings as there are settings, each with its NUL. */
static void read_settings(void)
{
    size_t length = 0;
    int count = 0;

    settings[0] = input;
    while (count < SETTINGS) {
        if (length == sizeof input || read(STDIN_FILENO, input + length, 1) != 1)
            fail("stdin");
        if (input[length++] == 0 && ++count < SETTINGS)
            settings[count] = input + length;
    }
}

static void stop(const char *word)
{
    char byte;

    printf("%s %ld\n", word, (long)getpid());
    if (read(STDIN_FILENO, &byte, 1) < 0)
        fail("stdin");
}

static void say_stack(void)
{
    pthread_attr_t attributes;
    void *start;
    size_t size;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0 || pthread_attr_getstack(&attributes, &start, &size) != 0)
        fail("the stack");
    pthread_attr_destroy(&attributes);
    printf("stack %lx-%lx\n", (unsigned long)start, (unsigned long)start + size);
}

static void say(const char *word, personr_status status, personr_error *error)
{
    printf("%s %s %s\n", word, personr_status_name(status), personr_error_reason(error));
    personr_error_free(error);
}

static void check(const char *what, personr_status status)
{
    if (status != PERSONR_OK) {
        fprintf(stderr, "%s: %s\n", what, personr_status_name(status));
        exit(EXIT_FAILURE);
    }
}

static int32_t ask(void *user_data, const char *email, char *password, size_t capacity)
{
    (void)user_data;
    (void)email;
    copy(password, settings[PASSWORD], capacity);
    return PERSONR_CALLBACK_OK;
}

static void open_handle(int asks)
{
    if (asks)
        check("callback", personr_options_set_credentials_callback(options, ask, NULL, NULL, NULL));
    check("new", personr_auth_new(settings[EMAIL], asks ? NULL : settings[PASSWORD], options, &auth, NULL));
}

static void close_handle(void)
{
    personr_auth_free(auth);
    auth = NULL;
}

static void set_options(void)
{
    options = personr_options_new();
    check("base_url", personr_options_set_base_url(options, settings[BASE_URL], NULL));
    check("max_retries", personr_options_set_max_retries(options, 0, NULL));
    check("proxy", personr_options_set_proxy(options, settings[PROXY], NULL));
    if (settings[CA_FILE][0] != 0) {
        check("ca_file", personr_options_set_ca_file(options, settings[CA_FILE], NULL));
        check("system_roots", personr_options_set_system_roots(options, 0, NULL));
    }
    if (settings[STORE][0] != 0)
        check("token_store", personr_options_set_token_store(options, settings[STORE], NULL));
}

static void obtain(const char *word, personr_status (*how)(const personr_auth *, personr_token **, personr_error **))
{
    personr_token *token;
    personr_error *error;

    personr_status status = how(auth, &token, &error);
    personr_token_free(token);
    say(word, status, error);
}

static void authorize(const char *word)
{
    personr_error *error;
    personr_status status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, &error);

    say(word, status, error);
}

/* And until what still works for it has ended. A directory has two links, and one for each folder in it. */
static void wait_until_done(personr_operation *operation)
{
    struct stat tasks;

    while (!personr_operation_wait(operation, 1000) || (stat("/proc/self/task", &tasks) == 0 && tasks.st_nlink > 3))
        usleep(1000);
}

static void operate(const char *word, int is_cancelled)
{
    personr_operation *operation;
    personr_token *token;
    personr_error *error;

    check("start", personr_auth_login_start(auth, 0, &operation, NULL));
    if (is_cancelled && !personr_operation_wait(operation, 100))
        personr_operation_cancel(operation);
    wait_until_done(operation);
    personr_status status = personr_operation_token(operation, &token, &error);
    personr_token_free(token);
    personr_operation_free(operation);
    say(word, status, error);
}

static personr_status operated(const personr_request *request, personr_response **response, personr_error **error)
{
    personr_operation *operation;

    check("start", personr_request_start(auth, request, &operation, NULL));
    wait_until_done(operation);
    personr_status status = personr_operation_response(operation, response, error);
    personr_operation_free(operation);
    return status;
}

/* The password stands for what is personal in a request: as a field, as bytes, and in a form. */
static void send_it(const char *word, const char *endpoint, int32_t format, int by_operation)
{
    const uint8_t *bytes = (const uint8_t *)settings[PASSWORD];
    size_t length = strlen(settings[PASSWORD]);
    personr_request *request = personr_request_new(endpoint);
    personr_response *response;
    personr_error *error;

    check("format", personr_request_set_format(request, format, NULL));
    check("text", personr_request_add_text(request, "text", settings[PASSWORD], NULL));
    check("bytes", personr_request_add_bytes(request, "bytes", bytes, length, "b", PERSONR_ENCODING_OBJECT, NULL));
    personr_status status =
        by_operation ? operated(request, &response, &error) : personr_request_send(auth, request, &response, &error);
    personr_request_free(request);
    personr_response_free(response);
    say(word, status, error);
}

/* Asks until the token is another one. */
static void renew(const char *word)
{
    const struct timespec pause = {0, 10 * 1000 * 1000};
    int64_t first = 0;
    int tries;

    for (tries = 0; tries < RENEWAL_TRIES; tries++) {
        personr_token *token;

        check(word, personr_auth_token(auth, &token, NULL));
        int64_t expires = personr_auth_renews_at(auth);
        personr_token_free(token);
        if (first == 0)
            first = expires;
        else if (expires != first)
            break;
        nanosleep(&pause, NULL);
    }
    say(word, tries < RENEWAL_TRIES ? PERSONR_OK : PERSONR_TIMEOUT, NULL);
}

static void *work(void *unused)
{
    char mine[PERSONR_AUTHORIZATION_MAX];
    personr_token *token;

    (void)unused;
    pthread_mutex_lock(&one_at_a_time);
    say_stack();
    check("login", personr_auth_login(auth, &token, NULL));
    personr_token_free(token);
    stop("paused");
    check("authorization", personr_auth_authorization(auth, mine, sizeof mine, NULL, NULL));
    wipe(mine, sizeof mine);
    pthread_mutex_unlock(&one_at_a_time);
    return NULL;
}

/* All stand there at once, each on a stack of its own, and log in one after the other. */
static void run_threads(const char *word)
{
    pthread_t threads[THREADS];
    int i;

    pthread_mutex_lock(&one_at_a_time);
    for (i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            fail(word);
    pthread_mutex_unlock(&one_at_a_time);
    for (i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    say(word, PERSONR_OK, NULL);
}

static void *log_in_aside(void *unused)
{
    personr_token *token;

    (void)unused;
    personr_auth_login(auth, &token, NULL);
    personr_token_free(token);
    return NULL;
}

/* Stops in the middle of a login of another thread's. */
static void begin_login_aside(const char *word)
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, log_in_aside, NULL) != 0)
        fail(word);
    stop("paused");
}

/* The child goes on; the parent ends as it does. */
static void go_on_in_child(void)
{
    int status;

    fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        fail("fork");
    if (child > 0)
        _exit(waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_FAILURE);
}

static void plant(const char *text)
{
    if (planted == NULL && (planted = malloc(PLANTED)) == NULL)
        fail("malloc");
    copy(planted, text, PLANTED);
}

static void dump_core(void)
{
    const struct rlimit unlimited = {RLIM_INFINITY, RLIM_INFINITY};

    if (setrlimit(RLIMIT_CORE, &unlimited) != 0)
        fail("RLIMIT_CORE");
    fflush(stdout);
    /* A shell lets what it starts in the background ignore it. */
    signal(SIGQUIT, SIG_DFL);
    raise(SIGQUIT);
}

static void wipe_own(void)
{
    wipe(input, sizeof input);
    wipe(authorization, sizeof authorization);
}

static void go_through(const char *word)
{
    if (strcmp(word, "form") == 0)
        check(word, personr_options_set_login_method(options, PERSONR_LOGIN_FORM, NULL));
    else if (strcmp(word, "hurry") == 0)
        check(word, personr_options_set_timeout_ms(options, 300, NULL));
    else if (strcmp(word, "open") == 0)
        open_handle(0);
    else if (strcmp(word, "open-asking") == 0)
        open_handle(1);
    else if (strcmp(word, "login") == 0)
        obtain(word, personr_auth_login);
    else if (strcmp(word, "token") == 0)
        obtain(word, personr_auth_token);
    else if (strcmp(word, "authorization") == 0)
        authorize(word);
    else if (strcmp(word, "send") == 0)
        send_it(word, "api-applicant-status", PERSONR_FORMAT_JSON, 0);
    else if (strcmp(word, "send-form") == 0)
        send_it(word, "api-applicant-status", PERSONR_FORMAT_MULTIPART, 0);
    else if (strcmp(word, "send-nowhere") == 0)
        send_it(word, "api-no-such-endpoint", PERSONR_FORMAT_MULTIPART, 0);
    else if (strcmp(word, "login-operation") == 0)
        operate(word, 0);
    else if (strcmp(word, "login-cancelled") == 0)
        operate(word, 1);
    else if (strcmp(word, "send-operation") == 0)
        send_it(word, "api-applicant-status", PERSONR_FORMAT_MULTIPART, 1);
    else if (strcmp(word, "reject") == 0)
        say(word, personr_auth_reject(auth, authorization, NULL), NULL);
    else if (strcmp(word, "renew") == 0)
        renew(word);
    else if (strcmp(word, "threads") == 0)
        run_threads(word);
    else if (strcmp(word, "login-aside") == 0)
        begin_login_aside(word);
    else if (strcmp(word, "fork") == 0)
        go_on_in_child();
    else if (strcmp(word, "plant") == 0)
        plant(settings[PASSWORD]);
    else if (strcmp(word, "mark") == 0)
        plant(settings[EMAIL]);
    else if (strcmp(word, "close") == 0)
        close_handle();
    else if (strcmp(word, "wipe") == 0)
        wipe_own();
    else if (strcmp(word, "core") == 0)
        dump_core();
    else if (strcmp(word, "pause") == 0)
        stop("paused");
    else {
        errno = EINVAL;
        fail(word);
    }
}

int main(int argc, char **argv)
{
    int i;

    setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
    read_settings();
    say_stack();
    set_options();
    for (i = 1; i < argc; i++)
        go_through(argv[i]);
    close_handle();
    personr_options_free(options);
    wipe_own();
    stop("ready");
    return EXIT_SUCCESS;
}
