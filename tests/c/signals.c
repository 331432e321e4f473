/*
 * An application with signals of its own.
 *
 *     signals                         compares all dispositions, the mask and the signal stack before and after
 *     signals timer LOGINS [STORE]    logs in so often while a signal arrives every millisecond
 *     signals quiet LOGINS [STORE]    the same without the signals
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "application.h"
#include "look_up.h"

/* Signals that a look-up waits for. */
#define SIGNALS_PER_LOOK_UP 5

static long application_thread;
static volatile sig_atomic_t inside, arrived, strays, look_ups, unmasked;

static void on_alarm(int signal)
{
    (void)signal;
    if (syscall(SYS_gettid) != application_thread)
        strays++;
    else if (inside)
        arrived++;
}

/* Of every millisecond, and without SA_RESTART: a system call that waits ends with EINTR. 0 stops it. */
static int set_timer(int microseconds)
{
    struct itimerval timer;
    struct sigaction action;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_alarm;
    memset(&timer, 0, sizeof timer);
    timer.it_interval.tv_usec = timer.it_value.tv_usec = microseconds;
    return sigaction(SIGALRM, &action, NULL) == 0 && setitimer(ITIMER_REAL, &timer, NULL) == 0;
}

/* On the library's thread: no handler of the application may run there. Those 2 between are the C library's own. */
static void look_at_mask(void)
{
    sigset_t mask;
    int signal;

    pthread_sigmask(SIG_BLOCK, NULL, &mask);
    for (signal = 1; signal <= SIGRTMAX; signal++)
        if (signal != SIGKILL && signal != SIGSTOP && (signal <= SIGSYS || signal >= SIGRTMIN))
            unmasked += sigismember(&mask, signal) != 1;
    look_ups++;
}

static void wait_for_signals(void)
{
    int until = arrived + SIGNALS_PER_LOOK_UP;

    look_at_mask();
    while (arrived < until)
        sched_yield();
}

/* One line: how it went. Returns 0 if what came is no token. */
static int log_in(const personr_auth *auth)
{
    personr_token *token = NULL;
    personr_error *error = NULL;
    int good = 1;

    inside = 1;
    if (personr_auth_login(auth, &token, &error) == PERSONR_OK) {
        good = authorizes(auth, token);
        printf("%s, lifetime %lld\n", good ? "a token" : "no token", (long long)personr_token_lifetime(token));
    } else {
        printf("%s %s\n", personr_status_name(personr_error_status(error)), personr_error_reason(error));
    }
    inside = 0;
    personr_token_free(token);
    personr_error_free(error);
    return good;
}

static int log_in_often(int logins, const char *store, int microseconds)
{
    personr_auth *auth = application_auth(application_options(store), NULL);
    int good = auth != NULL && set_timer(microseconds);

    during_look_up = microseconds > 0 ? wait_for_signals : look_at_mask;
    while (good && logins-- > 0)
        good = log_in(auth);
    set_timer(0);
    personr_auth_free(auth);
    printf("signals: %d\nstray signals: %d\nlook-ups: %d\nunmasked: %d\n", arrived, strays, look_ups, unmasked);
    return good && strays == 0 && unmasked == 0;
}

/* What of the signals belongs to the application. */
struct signals {
    struct sigaction actions[65];
    sigset_t mask;
    stack_t stack;
};

static void look(struct signals *seen)
{
    int signal;

    memset(seen, 0, sizeof *seen);
    for (signal = 1; signal <= SIGRTMAX; signal++)
        sigaction(signal, NULL, &seen->actions[signal]);
    pthread_sigmask(SIG_BLOCK, NULL, &seen->mask);
    sigaltstack(NULL, &seen->stack);
}

static int same_set(const sigset_t *one, const sigset_t *other)
{
    int signal, same = 1;

    for (signal = 1; signal <= SIGRTMAX; signal++)
        same &= sigismember(one, signal) == sigismember(other, signal);
    return same;
}

/* Returns how many differ, and names them. */
static int differences(const struct signals *before, const struct signals *after)
{
    int signal, differ = 0;

    for (signal = 1; signal <= SIGRTMAX; signal++) {
        const struct sigaction *one = &before->actions[signal], *other = &after->actions[signal];

        if (one->sa_handler != other->sa_handler || one->sa_flags != other->sa_flags
            || !same_set(&one->sa_mask, &other->sa_mask)) {
            fprintf(stderr, "the disposition of signal %d has changed\n", signal);
            differ++;
        }
    }
    if (!same_set(&before->mask, &after->mask))
        differ += fprintf(stderr, "the signal mask has changed\n") > 0;
    if (before->stack.ss_sp != after->stack.ss_sp || before->stack.ss_flags != after->stack.ss_flags)
        differ += fprintf(stderr, "the signal stack has changed\n") > 0;
    return differ;
}

static volatile sig_atomic_t children;

static void on_any(int signal)
{
    children += signal == SIGCHLD;
}

/* Handlers of the application for whatever can be handled, and some signals blocked. */
static void handle_all(void)
{
    struct sigaction action;
    sigset_t some;
    int signal;

    memset(&action, 0, sizeof action);
    action.sa_handler = on_any;
    sigaddset(&action.sa_mask, SIGUSR1);
    for (signal = 1; signal <= SIGRTMAX; signal++)
        sigaction(signal, &action, NULL);
    sigemptyset(&some);
    sigaddset(&some, SIGTERM);
    sigaddset(&some, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &some, NULL);
}

/* Calls every function that does something, with success and without. */
static int use_all(void)
{
    personr_options *options = application_options(NULL);
    personr_auth *auth, *wrong;
    personr_token *token = NULL;
    personr_error *error = NULL;
    int good;

    good = personr_options_set_base_url(options, "ftp://example.com", NULL) == PERSONR_INVALID_ARGUMENT;
    auth = application_auth(options, NULL);
    wrong = application_auth(application_options(NULL), "nobody@example.com");
    if (personr_auth_token(auth, &token, &error) != PERSONR_OK)
        good = complain("personr_auth_token", error);
    good = good && authorizes(auth, token) && personr_auth_reject(auth, personr_token_value(token), NULL) == PERSONR_OK;
    personr_token_free(token);
    good = good && personr_auth_login(auth, &token, NULL) == PERSONR_OK && authorizes(auth, token);
    personr_token_free(token);
    good = good && personr_auth_login(wrong, &token, NULL) == PERSONR_INVALID_CREDENTIALS;
    personr_auth_free(wrong);
    personr_auth_free(auth);
    return good;
}

static int compare(const char *when)
{
    struct signals before, after;

    look(&before);
    if (!use_all()) {
        fprintf(stderr, "%s: a call did not do what it should\n", when);
        return 0;
    }
    look(&after);
    return differences(&before, &after) == 0;
}

/* The end of a child is still told to the application. */
static int child_is_told(void)
{
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    return waitpid(child, NULL, 0) == child && children == 1;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    int good;

    application_thread = syscall(SYS_gettid);
    if (argc > 2) {
        good = log_in_often(atoi(argv[2]), argc > 3 ? argv[3] : NULL, strcmp(mode, "timer") == 0 ? 1000 : 0);
        return good ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    during_look_up = look_at_mask;
    good = compare("default dispositions");
    handle_all();
    good = good && compare("handlers of the application") && child_is_told() && unmasked == 0;
    printf("look-ups: %d\nunmasked: %d\n", look_ups, unmasked);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
