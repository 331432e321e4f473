/*
 * Logs in again and again, each time in a child process in which another allocation fails.
 *
 *     out_of_memory          logs in once, and tells how many allocations that takes
 *     out_of_memory serve    reads lines "NUMBER ALL STORE", with answers each with a line:
 *
 *     success ALLOCATIONS HASH    a token; its FNV-1a, so that it can be compared and is not told
 *     error NAME REASON           a documented error
 *     abort TEXT                  SIGABRT, and what stood on stderr
 *     ended STATUS TEXT           anything else
 *     hung
 */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "failing_malloc.h"
#include "application.h"
#include "look_up.h"

#define PATIENCE_MS 60000

static uint64_t fnv(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

/* What a token is told by: that of the header line, if both agree. */
static personr_status tell_token(const personr_auth *auth, const personr_token *token, char *answer, size_t capacity,
                                 personr_error **error)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    personr_status status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, error);

    if (status == PERSONR_OK && strcmp(authorization, personr_token_authorization(token)) == 0)
        snprintf(answer, capacity, "%016llx", (unsigned long long)fnv(personr_token_value(token)));
    memset(authorization, 0, sizeof authorization);
    return status;
}

/* A whole life of a handle, from nothing to nothing. The error is the caller's to free. */
static personr_status log_in(const char *store, char *answer, size_t capacity, personr_error **error)
{
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_token *token = NULL;
    personr_status status;

    if (options == NULL)
        return PERSONR_INTERNAL;
    if ((status = personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), error)) == PERSONR_OK
        && (status = personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), error)) == PERSONR_OK
        && (status = personr_options_set_system_roots(options, 0, error)) == PERSONR_OK
        && (status = personr_options_set_max_retries(options, 0, error)) == PERSONR_OK
        && (status = personr_options_set_token_store(options, store, error)) == PERSONR_OK
        && (status = personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, error))
            == PERSONR_OK
        && (status = personr_auth_login(auth, &token, error)) == PERSONR_OK)
        status = tell_token(auth, token, answer, capacity, error);
    personr_token_free(token);
    personr_auth_free(auth);
    personr_options_free(options);
    return status;
}

/* In the child: says how it went on the pipe. */
static void log_in_without(long number, int all_after, const char *store, int pipe)
{
    char answer[32] = "", line[512];
    personr_error *error = NULL;
    personr_status status;
    long asked;
    int length;

    fail_allocation(number, all_after);
    status = log_in(store, answer, sizeof answer, &error);
    asked = stop_failing();
    if (status == PERSONR_OK)
        length = snprintf(line, sizeof line, "success %ld %s", asked, answer);
    else
        length = snprintf(line, sizeof line, "error %s %s", personr_status_name(status), personr_error_reason(error));
    personr_error_free(error);
    _exit(write(pipe, line, (size_t)length) == length ? 0 : 1);
}

/* Reads all that the child says, which ends with it, and keeps what fits. Returns 0 if it does not end in time. */
static int read_to_end(int pipe, char *text, size_t capacity)
{
    struct pollfd readable = {pipe, POLLIN, 0};
    char piece[1024];
    size_t length = 0, fits;
    ssize_t n = 1;

    while (n > 0) {
        if (poll(&readable, 1, PATIENCE_MS) != 1)
            return 0;
        if ((n = read(pipe, piece, sizeof piece)) <= 0)
            break;
        fits = (size_t)n < capacity - 1 - length ? (size_t)n : capacity - 1 - length;
        memcpy(text + length, piece, fits);
        length += fits;
    }
    text[length] = '\0';
    return 1;
}

/* One line for what came of the child. */
static void tell(int in_time, int status, char *text)
{
    char *end;

    for (end = text; *end != '\0'; end++)
        if (*end == '\n')
            *end = ' ';
    if (!in_time)
        printf("hung\n");
    else if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        printf("%s\n", text);
    else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)
        printf("abort %s\n", text);
    else
        printf("ended %d %s\n", status, text);
    fflush(stdout);
}

static int serve(long number, int all_after, const char *store)
{
    static char text[65536];
    int ends[2], status = 0, in_time;
    pid_t child;

    if (pipe(ends) != 0 || (child = fork()) < 0)
        return 0;
    if (child == 0) {
        close(ends[0]);
        dup2(ends[1], STDERR_FILENO);
        log_in_without(number, all_after, store, ends[1]);
    }
    close(ends[1]);
    in_time = read_to_end(ends[0], text, sizeof text);
    close(ends[0]);
    if (!in_time)
        kill(child, SIGKILL);
    waitpid(child, &status, 0);
    tell(in_time, status, text);
    return 1;
}

int main(int argc, char **argv)
{
    char line[4200], store[4096], answer[32] = "";
    long number;
    int all_after;
    personr_error *error = NULL;
    struct rlimit no_core = {0, 0};

    if (argc > 1 && strcmp(argv[1], "serve") == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        while (fgets(line, sizeof line, stdin) != NULL)
            if (sscanf(line, "%ld %d %4095s", &number, &all_after, store) != 3 || !serve(number, all_after, store))
                return EXIT_FAILURE;
        return EXIT_SUCCESS;
    }
    fail_allocation(0, 0);
    if (log_in("memory:", answer, sizeof answer, &error) != PERSONR_OK) {
        complain("log_in", error);
        return EXIT_FAILURE;
    }
    printf("allocations: %ld\n", stop_failing());
    return EXIT_SUCCESS;
}
