/*
 * Bytes that are read and written whole. They may hold a token or personal data: they are wiped before they are freed, and
 * written without the buffers of stdio.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stddef.h>

/* The longest document that the library reads, and one byte more, so that it can say that there is more. */
#define INPUT_MAX (((size_t)64 << 20) + 1)

struct bytes {
    char *start; /* a NUL stands behind the last one */
    size_t length;
};

void wipe(void *start, size_t length);
void free_bytes(struct bytes *bytes);

/* Reads a file, "-" for stdin, but no more than `limit` bytes. Returns an exit status, and has said what was wrong. */
int read_input(const char *path, size_t limit, struct bytes *bytes);

/* Writes to stdout. Returns an exit status, and has said what was wrong. */
int print(const void *start, size_t length);

/* Writes a line, or the text alone. */
int print_text(const char *text, size_t length, int is_line);

/* Writes a file, whole or not at all, which its owner alone may read; a device or a FIFO as it stands. */
int save_output(const char *path, const void *start, size_t length);

#endif
