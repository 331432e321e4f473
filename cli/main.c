/*
 * The command personr(1): the library for the shell. It stands on the public interface alone.
 *
 *     main ----> arguments      what was asked for
 *      |-------> account ----> password ----> prompt
 *      `-------> token, request, json          one command each
 *
 * Below all of them: bytes (input and output), message (stderr), exits (exit statuses).
 */
#include <errno.h>
#include <fcntl.h>
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "account.h"
#include "arguments.h"
#include "bytes.h"
#include "commands.h"
#include "exits.h"
#include "message.h"

/*
 * A standard stream that the caller has closed is opened the wrong way round: nothing that is opened later gets its
 * number, and its use still fails.
 */
static int stand_in_for_closed_streams(void)
{
    static const int wrong[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    int stream;

    for (stream = 0; stream <= 2; stream++)
        if (fcntl(stream, F_GETFD) < 0 && errno == EBADF && open("/dev/null", wrong[stream]) != stream)
            return 0;
    return 1;
}

/* The password and the token are in no core file. */
static void leave_no_core(void)
{
    struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
}

static int command_of(const char *name, enum command *command)
{
    static const char *const names[] = {"token", "authorization", "reject", "status", "request", "json"};
    static const enum command commands[] = {COMMAND_TOKEN,  COMMAND_AUTHORIZATION, COMMAND_REJECT,
                                            COMMAND_STATUS, COMMAND_REQUEST,       COMMAND_JSON};
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0) {
            *command = commands[i];
            return 1;
        }
    }
    return 0;
}

static int run_with_account(const struct arguments *arguments)
{
    struct account account;
    int exit_status = open_account(&account, arguments);

    if (exit_status == EXIT_DONE) {
        switch (arguments->command) {
        case COMMAND_TOKEN:
            exit_status = print_token(&account);
            break;
        case COMMAND_AUTHORIZATION:
            exit_status = print_authorization(&account);
            break;
        case COMMAND_REJECT:
            exit_status = reject_token(&account);
            break;
        case COMMAND_STATUS:
            exit_status = print_status(&account);
            break;
        case COMMAND_REQUEST:
        case COMMAND_JSON:
            exit_status = send_request(&account);
            break;
        }
    }
    close_account(&account);
    return exit_status;
}

static int run(enum command command, int argc, char **argv)
{
    struct arguments arguments;
    int exit_status = take_arguments(&arguments, command, argc, argv);

    if (exit_status == EXIT_DONE && arguments.wants_help)
        exit_status = print_help();
    else if (exit_status == EXIT_DONE && command == COMMAND_JSON)
        exit_status = print_json(&arguments);
    else if (exit_status == EXIT_DONE)
        exit_status = run_with_account(&arguments);
    free_arguments(&arguments);
    return exit_status;
}

static int print_version(void)
{
    char line[128];

    snprintf(line, sizeof line, "personr %s (libpersonr %s)", PERSONR_VERSION, personr_library_version());
    return print_text(line, strlen(line), 1);
}

int main(int argc, char **argv)
{
    enum command command;
    int exit_status;

    if (!stand_in_for_closed_streams())
        return EXIT_STREAM;
    leave_no_core();
    if (argc < 2)
        exit_status = usage_error("which command?");
    else if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
        exit_status = print_help();
    else if (strcmp(argv[1], "--version") == 0)
        exit_status = print_version();
    else if (!command_of(argv[1], &command))
        exit_status = usage_error("there is no such command");
    else
        exit_status = run(command, argc - 1, argv + 1);
    /* Some file systems tell only now that they are full. */
    if (close(STDOUT_FILENO) != 0 && exit_status == EXIT_DONE)
        exit_status = system_failure(EXIT_STREAM, "stdout cannot be written");
    return exit_status;
}
