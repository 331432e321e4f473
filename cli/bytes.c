#include "bytes.h"

#include <errno.h>
#include <fcntl.h>
#include <personr.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "exits.h"
#include "message.h"

#define FIRST_CAPACITY 4096

/* memset() would not do: compilers leave it out if nobody reads the memory again. */
void wipe(void *start, size_t length)
{
    volatile char *byte = (volatile char *)start;

    while (length-- > 0)
        *byte++ = 0;
}

void free_bytes(struct bytes *bytes)
{
    if (bytes->start != NULL)
        wipe(bytes->start, bytes->length);
    free(bytes->start);
    bytes->start = NULL;
    bytes->length = 0;
}

/* realloc() would leave a copy behind. */
static int grow(struct bytes *bytes, size_t capacity)
{
    char *larger = malloc(capacity + 1);

    if (larger == NULL)
        return 0;
    if (bytes->start != NULL) {
        memcpy(larger, bytes->start, bytes->length);
        wipe(bytes->start, bytes->length);
        free(bytes->start);
    }
    bytes->start = larger;
    return 1;
}

/* Waits if somebody has made the descriptor non-blocking. 0: it is another failure. */
static int can_go_on(int descriptor, short events)
{
    struct pollfd waiting;

    if (errno == EINTR)
        return 1;
    if (errno != EAGAIN && errno != EWOULDBLOCK)
        return 0;
    waiting.fd = descriptor;
    waiting.events = events;
    return poll(&waiting, 1, -1) >= 0 || errno == EINTR;
}

static int read_all(int descriptor, size_t limit, struct bytes *bytes)
{
    size_t capacity = 0;

    while (bytes->length < limit) {
        ssize_t got;

        if (bytes->length == capacity) {
            capacity = capacity == 0 ? FIRST_CAPACITY : capacity * 2;
            if (capacity > limit)
                capacity = limit;
            if (!grow(bytes, capacity))
                return 0;
        }
        got = read(descriptor, bytes->start + bytes->length, capacity - bytes->length);
        if (got == 0)
            break;
        if (got > 0)
            bytes->length += (size_t)got;
        else if (!can_go_on(descriptor, POLLIN))
            return 0;
    }
    bytes->start[bytes->length] = '\0';
    return 1;
}

int read_input(const char *path, size_t limit, struct bytes *bytes)
{
    static int was_stdin_read = 0;
    int is_stdin = strcmp(path, "-") == 0;
    int descriptor = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    int is_read;

    bytes->start = NULL;
    bytes->length = 0;
    if (is_stdin && was_stdin_read)
        return usage_error("stdin can be read once");
    was_stdin_read |= is_stdin;
    is_read = descriptor >= 0 && read_all(descriptor, limit, bytes);
    if (!is_read && is_stdin)
        return system_failure(EXIT_STREAM, "stdin cannot be read");
    if (!is_read)
        system_failure(0, "%s cannot be read", path);
    if (!is_stdin && descriptor >= 0)
        close(descriptor);
    return is_read ? EXIT_DONE : EXIT_OF(PERSONR_FILE);
}

static int write_all(int descriptor, const char *start, size_t length)
{
    while (length > 0) {
        ssize_t written = write(descriptor, start, length);

        if (written > 0) {
            start += written;
            length -= (size_t)written;
        } else if (written < 0 && !can_go_on(descriptor, POLLOUT)) {
            return 0;
        }
    }
    return 1;
}

int print(const void *start, size_t length)
{
    if (!write_all(STDOUT_FILENO, start, length))
        return system_failure(EXIT_STREAM, "stdout cannot be written");
    return EXIT_DONE;
}

int print_text(const char *text, size_t length, int is_line)
{
    int exit_status = print(text, length);

    return exit_status == EXIT_DONE && is_line ? print("\n", 1) : exit_status;
}

/* Writes, and closes in any case. Some file systems tell only then that they are full. */
static int write_and_close(int descriptor, const void *start, size_t length)
{
    int is_written = write_all(descriptor, start, length), error = errno;

    if (close(descriptor) != 0 && is_written)
        return 0;
    errno = error;
    return is_written;
}

static int replace(const char *path, const void *start, size_t length)
{
    size_t size = strlen(path) + sizeof ".XXXXXX";
    char *other = malloc(size);
    int descriptor = -1, is_there = 0, error;

    if (other != NULL) {
        snprintf(other, size, "%s.XXXXXX", path);
        descriptor = mkstemp(other); /* mode 0600 */
    }
    if (descriptor >= 0) {
        is_there = write_and_close(descriptor, start, length) && rename(other, path) == 0;
        error = errno;
        if (!is_there)
            unlink(other);
        errno = error;
    }
    error = errno;
    free(other);
    errno = error;
    return is_there;
}

int save_output(const char *path, const void *start, size_t length)
{
    struct stat found;
    int is_saved;

    if (stat(path, &found) == 0 && !S_ISREG(found.st_mode)) {
        int descriptor = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

        is_saved = descriptor >= 0 && write_and_close(descriptor, start, length);
    } else {
        is_saved = replace(path, start, length);
    }
    return is_saved ? EXIT_DONE : system_failure(EXIT_OF(PERSONR_FILE), "%s cannot be written", path);
}
