/*
 * The exit statuses, as personr(1) lists them. What the library reports becomes EXIT_OF(status), and of a request that the
 * service may have begun to do EXIT_MAY_HAVE_RUN(status): a script sees in one number whether it may send it again.
 */
#ifndef EXITS_H
#define EXITS_H

#define EXIT_DONE 0
/* A standard stream or the terminal could not be read or written. */
#define EXIT_STREAM 1
/* The command line, or what the library calls PERSONR_INVALID_ARGUMENT. */
#define EXIT_USAGE 2
/* `personr status` found no good token. */
#define EXIT_NO_TOKEN 3
#define EXIT_OF(status) (10 + (status))
#define EXIT_MAY_HAVE_RUN(status) (40 + (status))

#endif
