/* Where the password comes from. It is read only if a login needs it. */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stddef.h>

#include "arguments.h"

/* Longer by one than any password, so that a longer one is noticed, and room for a line break and a NUL. */
#define PASSWORD_SIZE 1028

struct password {
    char text[PASSWORD_SIZE];
    size_t length; /* 0: there is none */
};

/*
 * Reads it from --password-fd, --password-file, PERSONR_PASSWORD_FILE, the credential "personr.password" of a systemd
 * unit, or the terminal: the first of these that there is. Returns an exit status, and has said what was wrong.
 */
int read_password(const struct arguments *arguments, struct password *password);

#endif
