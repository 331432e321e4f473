#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "exits.h"
#include "message.h"
#include "prompt.h"

/* Of the library: 1024 bytes. */
#define LONGEST (PASSWORD_SIZE - 4)
#define NO_PASSWORD EXIT_OF(PERSONR_CREDENTIALS)

/* Takes one line break off: an editor has put it there. */
static int finish(struct password *password, const char *source)
{
    char *text = password->text;
    size_t length = password->length;

    if (length > 0 && text[length - 1] == '\n')
        length--;
    if (length > 0 && text[length - 1] == '\r')
        length--;
    text[length] = '\0';
    password->length = length;
    if (length == 0)
        return failure(NO_PASSWORD, "%s: there is no password in it", source);
    if (length > LONGEST || memchr(text, '\0', length) != NULL || memchr(text, '\n', length) != NULL)
        return failure(NO_PASSWORD, "%s: a password is one line of at most %d bytes", source, LONGEST);
    return EXIT_DONE;
}

/* Closes the descriptor. */
static int read_from(int descriptor, const char *source, struct password *password)
{
    ssize_t got = 1;

    password->length = 0;
    while (descriptor >= 0 && got != 0 && password->length < PASSWORD_SIZE - 1) {
        got = read(descriptor, password->text + password->length, PASSWORD_SIZE - 1 - password->length);
        if (got > 0)
            password->length += (size_t)got;
        else if (got < 0 && errno != EINTR)
            break;
    }
    if (descriptor < 0 || got < 0)
        return system_failure(NO_PASSWORD, "%s: the password cannot be read", source);
    close(descriptor);
    return finish(password, source);
}

static int read_from_file(const char *path, const char *source, struct password *password)
{
    return read_from(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), source, password);
}

/* Whether the unit has this credential: LoadCredential=personr.password:FILE. */
static int find_credential(char *path, size_t size)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    if (folder == NULL || (size_t)snprintf(path, size, "%s/personr.password", folder) >= size)
        return 0;
    return access(path, F_OK) == 0;
}

static int ask(const struct arguments *arguments, struct password *password)
{
    char question[1100];

    snprintf(question, sizeof question, "Password for %s: ", arguments->email);
    switch (prompt(question, password->text, sizeof password->text, &password->length)) {
    case PROMPTED:
        return finish(password, "the terminal");
    case PROMPT_NO_TERMINAL:
        return failure(NO_PASSWORD,
                       "a login needs the password, and there is no terminal to ask at: use --password-file "
                       "or PERSONR_PASSWORD_FILE");
    case PROMPT_FAILED:
    default:
        return failure(NO_PASSWORD, "no password was typed");
    }
}

int read_password(const struct arguments *arguments, struct password *password)
{
    const char *file = getenv("PERSONR_PASSWORD_FILE");
    char path[4096];

    if (arguments->password_descriptor >= 0)
        return read_from(arguments->password_descriptor, "--password-fd", password);
    if (arguments->password_file != NULL)
        return read_from_file(arguments->password_file, arguments->password_file, password);
    if (file != NULL && *file != '\0')
        return read_from_file(file, "PERSONR_PASSWORD_FILE", password);
    if (find_credential(path, sizeof path))
        return read_from_file(path, "the credential personr.password", password);
    return ask(arguments, password);
}
