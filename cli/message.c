#include "message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "exits.h"

/* Long enough for a message of the library, which has at most 1,000 characters. */
#define LINE_SIZE 6000

/* In one write, so that lines of several processes do not mix. What does not fit is cut off. */
static void say(const char *format, va_list arguments, const char *end)
{
    char line[LINE_SIZE];

    vsnprintf(line, sizeof line, format, arguments);
    fprintf(stderr, "personr: %s%s\n", line, end);
}

int usage_error(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments, " (personr --help)");
    va_end(arguments);
    return EXIT_USAGE;
}

int failure(int exit_status, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(format, arguments, "");
    va_end(arguments);
    return exit_status;
}

int system_failure(int exit_status, const char *format, ...)
{
    char end[256];
    va_list arguments;

    snprintf(end, sizeof end, ": %s", strerror(errno));
    va_start(arguments, format);
    say(format, arguments, end);
    va_end(arguments);
    return exit_status;
}

/* Adds to a list in brackets. */
static void add(char *list, size_t size, const char *format, long long number)
{
    size_t length = strlen(list);

    length += (size_t)snprintf(list + length, size - length, "%s", length == 0 ? " [" : ", ");
    snprintf(list + length, size - length, format, number);
}

static void say_error(personr_status status, const personr_error *error, int may_have_run)
{
    char list[160] = "";
    int64_t retry_after_ms = personr_error_retry_after_ms(error);

    if (personr_error_http_status(error) != 0)
        add(list, sizeof list, "HTTP %lld", personr_error_http_status(error));
    /* Rounded up: a script that sleeps so long does not come too early. */
    if (retry_after_ms >= 0)
        add(list, sizeof list, "retry after %lld s", (long long)((retry_after_ms + 999) / 1000));
    if (may_have_run)
        add(list, sizeof list, "may have run", 0);
    failure(0, "%s (%s): %s%s%s", personr_status_name(status), personr_error_reason(error),
            personr_error_message(error), list, list[0] == '\0' ? "" : "]");
}

static int reported(personr_status status, personr_error **error, int may_have_run)
{
    if (*error != NULL)
        say_error(status, *error, may_have_run);
    personr_error_free(*error);
    *error = NULL;
    if (status == PERSONR_OK)
        return EXIT_DONE;
    if (status == PERSONR_INVALID_ARGUMENT)
        return EXIT_USAGE;
    return may_have_run ? EXIT_MAY_HAVE_RUN(status) : EXIT_OF(status);
}

int report(personr_status status, personr_error **error)
{
    return reported(status, error, 0);
}

int report_request(personr_status status, personr_error **error)
{
    return reported(status, error, *error != NULL && personr_error_may_have_run(*error));
}
