/* What the command says on stderr: always one line, and never a secret. */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <personr.h>

#if defined(__GNUC__)
#define LIKE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define LIKE_PRINTF(text, first)
#endif

/* Says what is wrong with the command line. Returns EXIT_USAGE. */
int usage_error(const char *format, ...) LIKE_PRINTF(1, 2);

/* Says what went wrong, and returns the exit status that is given. */
int failure(int exit_status, const char *format, ...) LIKE_PRINTF(2, 3);

/* The same with the system's word for errno behind it. */
int system_failure(int exit_status, const char *format, ...) LIKE_PRINTF(2, 3);

/*
 * Says what the library reported, frees the error, and returns the exit status for it. Without an error it says nothing.
 * The error is passed by its address, so that the call which makes it may stand in the same expression.
 */
int report(personr_status status, personr_error **error);

/* Of a request: says as well if the service may have begun to do it. */
int report_request(personr_status status, personr_error **error);

#endif
