/*
 * Does what the lines of its standard input say, one after the other, and answers each by a line:
 *
 *     ca PATH          adds the certificates of a file to the options of the handles that come
 *     handles N        makes N handles
 *     login            logs in with each, whatever it has
 *     setenv NAME=TEXT
 *     storm            starts a thread that changes the environment all the time
 *     descriptors N    lets the process have N more than it has now; as many as before if N is negative
 *     user N           goes on as this user
 *     getenv           says how often the environment has been asked since the last time
 *     heap             says how many bytes of it are in use
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <malloc.h>
#include <personr.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MAX_HANDLES 1000

extern char **environ;

static personr_auth *handles[MAX_HANDLES];
static int count;
static char ca_file[4096];
static long asked;

/* In the place of the system's, for this program and for the library. */
char *getenv(const char *name)
{
    size_t length = strlen(name);
    char **entry;

    __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
    for (entry = environ; entry != NULL && *entry != NULL; entry++)
        if (strncmp(*entry, name, length) == 0 && (*entry)[length] == '=')
            return *entry + length + 1;
    return NULL;
}

static void answer_error(personr_error *error)
{
    printf("%s (%s): %s\n", personr_status_name(personr_error_status(error)), personr_error_reason(error),
           personr_error_message(error));
    personr_error_free(error);
}

static void make_handles(int wanted)
{
    const char *base_url = getenv("PERSONR_BASE_URL"), *email = getenv("PERSONR_EMAIL");
    const char *password = getenv("PERSONR_PASSWORD");
    personr_error *error = NULL;

    for (; wanted > 0 && count < MAX_HANDLES; wanted--) {
        personr_options *options = personr_options_new();
        personr_status status = personr_options_set_base_url(options, base_url, &error);

        if (status == PERSONR_OK)
            status = personr_options_set_max_retries(options, 0, &error);
        if (status == PERSONR_OK && ca_file[0] != '\0')
            status = personr_options_set_ca_file(options, ca_file, &error);
        if (status == PERSONR_OK)
            status = personr_auth_new(email, password, options, &handles[count], &error);
        personr_options_free(options);
        if (status != PERSONR_OK) {
            answer_error(error);
            return;
        }
        count++;
    }
    puts("ok");
}

static void log_in(void)
{
    personr_error *error = NULL;
    int i;

    for (i = 0; i < count; i++) {
        personr_token *token = NULL;

        if (personr_auth_login(handles[i], &token, &error) != PERSONR_OK) {
            answer_error(error);
            return;
        }
        personr_token_free(token);
    }
    puts("ok");
}

static void *change_environment(void *argument)
{
    char name[32];
    int i;

    /* Each new name makes the system's list longer, and so moves it. */
    for (i = 0;; i = (i + 1) % 5000) {
        snprintf(name, sizeof name, "STORM_%d", i);
        setenv(name, "value", 1);
        unsetenv(name);
        setenv(name, "value", 1);
        if (i == 4999)
            clearenv();
    }
    return argument;
}

static void limit_descriptors(int more)
{
    static struct rlimit before;
    struct rlimit limit;
    int lowest = dup(0);

    close(lowest);
    if (before.rlim_max == 0)
        getrlimit(RLIMIT_NOFILE, &before);
    limit = before;
    if (more >= 0)
        limit.rlim_cur = (rlim_t)lowest + (rlim_t)more;
    puts(setrlimit(RLIMIT_NOFILE, &limit) == 0 ? "ok" : "setrlimit failed");
}

static void set_variable(char *assignment)
{
    char *value = strchr(assignment, '=');

    *value = '\0';
    puts(setenv(assignment, value + 1, 1) == 0 ? "ok" : "setenv failed");
}

int main(void)
{
    char line[8192];
    pthread_t thread;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        char *argument = strchr(line, ' ');

        line[strcspn(line, "\n")] = '\0';
        argument = argument == NULL ? line + strlen(line) : argument + 1;
        if (strncmp(line, "ca ", 3) == 0) {
            snprintf(ca_file, sizeof ca_file, "%s", argument);
            puts("ok");
        } else if (strncmp(line, "handles ", 8) == 0) {
            make_handles(atoi(argument));
        } else if (strcmp(line, "login") == 0) {
            log_in();
        } else if (strncmp(line, "setenv ", 7) == 0) {
            set_variable(argument);
        } else if (strcmp(line, "storm") == 0) {
            puts(pthread_create(&thread, NULL, change_environment, NULL) == 0 ? "ok" : "no thread");
        } else if (strncmp(line, "descriptors ", 12) == 0) {
            limit_descriptors(atoi(argument));
        } else if (strncmp(line, "user ", 5) == 0) {
            puts(setuid((uid_t)atoi(argument)) == 0 ? "ok" : "setuid failed");
        } else if (strcmp(line, "getenv") == 0) {
            printf("%ld\n", __atomic_exchange_n(&asked, 0, __ATOMIC_RELAXED));
        } else if (strcmp(line, "heap") == 0) {
            struct mallinfo2 used = mallinfo2();

            printf("%zu\n", used.uordblks + used.hblkhd);
        } else {
            printf("unknown: %s\n", line);
        }
    }
    while (count > 0)
        personr_auth_free(handles[--count]);
    return 0;
}
