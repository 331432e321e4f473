/*
 * An application that leaves SIGPIPE as it is, to end it, and logs in once to a server that goes away.
 *
 *     broken_pipe         logs in
 *     broken_pipe late    begins to write only after the connection has been reset
 *
 * Prints how the login ended, and how many writes went into a broken pipe.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "application.h"

static int is_late, has_written, broken_pipes;

/* What the library calls between connecting and its first write: the server hears that the time has come, and resets. */
int setsockopt(int sock, int level, int name, const void *value, socklen_t length)
{
    int (*systems)(int, int, int, const void *, socklen_t);
    struct pollfd reset = {sock, 0, 0};

    *(void **)&systems = dlsym(RTLD_NEXT, "setsockopt");
    if (is_late && level == IPPROTO_TCP && name == TCP_NODELAY && write(sock, "!", 1) == 1)
        while (poll(&reset, 1, -1) != 1)
            continue;
    return systems(sock, level, name, value, length);
}

ssize_t send(int sock, const void *bytes, size_t length, int flags)
{
    ssize_t (*systems)(int, const void *, size_t, int);
    ssize_t sent;

    *(void **)&systems = dlsym(RTLD_NEXT, "send");
    has_written = 1;
    sent = systems(sock, bytes, length, flags);
    broken_pipes += sent < 0 && errno == EPIPE;
    return sent;
}

/* The library looks for an end before it writes. The one that it is to write into comes right after that look. */
ssize_t recv(int sock, void *buffer, size_t length, int flags)
{
    ssize_t (*systems)(int, void *, size_t, int);

    *(void **)&systems = dlsym(RTLD_NEXT, "recv");
    if (is_late && !has_written) {
        errno = EAGAIN;
        return -1;
    }
    return systems(sock, buffer, length, flags);
}

int main(int argc, char **argv)
{
    personr_auth *auth;
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status;

    is_late = argc > 1 && strcmp(argv[1], "late") == 0;
    signal(SIGPIPE, SIG_DFL);
    auth = application_auth(application_options(NULL), NULL);
    if (auth == NULL)
        return EXIT_FAILURE;
    status = personr_auth_login(auth, &token, &error);
    printf("%s %s\n", personr_status_name(status), personr_error_reason(error));
    printf("broken pipes: %d\n", broken_pipes);
    personr_error_free(error);
    personr_token_free(token);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
