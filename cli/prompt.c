/*
 * While the terminal shows nothing, signals are blocked but for the moments in which pselect() waits: none can come between
 * a look at what was caught and the wait. Whatever comes, the terminal is set back first; then the signal is raised
 * again and does what it always does. After a stop the question is asked anew.
 */
#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/select.h>
#include <termios.h>
#include <unistd.h>

#include "bytes.h"

static const int caught_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU};

#define SIGNALS (sizeof caught_signals / sizeof caught_signals[0])

static volatile sig_atomic_t caught;

static void catch (int number)
{
    caught = number;
}

struct handling {
    struct sigaction actions[SIGNALS];
    sigset_t mask;
};

static void begin_handling(struct handling *before)
{
    struct sigaction action;
    sigset_t blocked;
    size_t i;

    caught = 0;
    memset(&action, 0, sizeof action);
    action.sa_handler = catch;
    sigemptyset(&action.sa_mask);
    sigemptyset(&blocked);
    for (i = 0; i < SIGNALS; i++)
        sigaddset(&blocked, caught_signals[i]);
    sigprocmask(SIG_BLOCK, &blocked, &before->mask);
    for (i = 0; i < SIGNALS; i++) {
        sigaction(caught_signals[i], &action, &before->actions[i]);
        /* Who ignores one (nohup) goes on ignoring it. */
        if (before->actions[i].sa_handler == SIG_IGN)
            sigaction(caught_signals[i], &before->actions[i], NULL);
    }
}

/* And raises what was caught. */
static void end_handling(const struct handling *before)
{
    size_t i;

    for (i = 0; i < SIGNALS; i++)
        sigaction(caught_signals[i], &before->actions[i], NULL);
    if (caught != 0)
        raise(caught); /* it waits until it is no longer blocked */
    sigprocmask(SIG_SETMASK, &before->mask, NULL);
}

/* Waits for input. 0: a signal came, or it failed. */
static int wait_for(int terminal, const sigset_t *mask)
{
    fd_set readable;

    while (caught == 0) {
        FD_ZERO(&readable);
        FD_SET(terminal, &readable);
        if (pselect(terminal + 1, &readable, NULL, NULL, NULL, mask) > 0)
            return 1;
        if (errno != EINTR)
            return 0;
    }
    return 0;
}

/* The whole line is read, also if it does not fit: what is left would go to the shell. */
static enum prompted read_line(int terminal, const sigset_t *mask, char *line, size_t capacity, size_t *length)
{
    ssize_t got;
    char byte;

    *length = 0;
    while (wait_for(terminal, mask)) {
        got = read(terminal, &byte, 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || (got == 0 && *length == 0))
            return PROMPT_FAILED;
        if (got == 0 || byte == '\n') {
            line[*length] = '\0';
            return PROMPTED;
        }
        if (*length + 1 < capacity)
            line[(*length)++] = byte;
    }
    return PROMPT_FAILED;
}

static void show(int terminal, const char *text)
{
    ssize_t written = write(terminal, text, strlen(text));

    (void)written; /* a terminal that is gone is noticed by the read */
}

/* Asks once. If `caught` is set afterwards, there is no answer. */
static enum prompted ask(int terminal, const char *question, char *line, size_t capacity, size_t *length)
{
    struct termios before, silent;
    struct handling handling;
    enum prompted result = PROMPT_FAILED;

    if (tcgetattr(terminal, &before) != 0)
        return PROMPT_FAILED;
    silent = before;
    silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    silent.c_lflag |= ICANON | ISIG;
    begin_handling(&handling);
    /* What was typed ahead was typed for another program, and shown. */
    if (tcsetattr(terminal, TCSAFLUSH, &silent) == 0) {
        show(terminal, question);
        result = read_line(terminal, &handling.mask, line, capacity, length);
        show(terminal, "\n");
        tcsetattr(terminal, TCSANOW, &before);
    }
    end_handling(&handling);
    return result;
}

enum prompted prompt(const char *question, char *line, size_t capacity, size_t *length)
{
    int terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    enum prompted result;

    if (terminal < 0)
        return PROMPT_NO_TERMINAL;
    do
        result = ask(terminal, question, line, capacity, length);
    while (result == PROMPT_FAILED && (caught == SIGTSTP || caught == SIGTTIN || caught == SIGTTOU));
    close(terminal);
    if (result != PROMPTED)
        wipe(line, capacity);
    return result;
}
