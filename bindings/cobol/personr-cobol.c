/* libpersonr for GnuCOBOL: cobc compiles personr-cobol*.c with the program. README.md lists the calls. */
#include "personr-cobol.h"

#include <libcob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* memset() would not do: compilers leave it out if nobody reads the memory again. */
void cobol_wipe(void *start, size_t length)
{
    volatile char *byte = start;

    while (length-- > 0)
        *byte++ = 0;
}

size_t cobol_trimmed(const char *text, size_t size)
{
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    return size;
}

char *cobol_text_of(const char *field, size_t size)
{
    size_t length = cobol_trimmed(field, size);
    char *text = calloc(length + 1, 1);

    if (text == NULL)
        cob_fatal_error(COB_FERROR_MEMORY);
    memcpy(text, field, length);
    return text;
}

void cobol_free_text(char *text)
{
    cobol_wipe(text, strlen(text));
    free(text);
}

char *cobol_text_argument(int number)
{
    return cobol_text_of(cob_get_param_data(number), (size_t)cob_get_param_size(number));
}

/* Fills a field up with blanks. What does not fit is cut between two characters of UTF-8. */
static void fill(char *field, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length > size) {
        length = size;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
            length--;
    }
    memset(field, ' ', size);
    memcpy(field, text, length);
}

/* The program is wrong, and no status could tell it so. */
static void stop(const char *call, const char *what)
{
    fprintf(stderr, "%s: %s\n", call, what);
    cob_stop_run(1);
}

void cobol_expect(const char *call, int arguments)
{
    char what[40];

    if (cob_get_num_params() == arguments)
        return;
    snprintf(what, sizeof what, "it takes %d arguments", arguments);
    stop(call, what);
}

struct result *cobol_result_of(const char *call, int arguments)
{
    cobol_expect(call, arguments);
    if (cob_get_param_size(arguments) != (int)sizeof(struct result))
        stop(call, "the last argument is PERSONR-RESULT of PERSONR-RECORDS.cpy");
    return cob_get_param_data(arguments);
}

void cobol_tell(struct result *result, personr_status status, const personr_error *error)
{
    result->status = status;
    result->http_status = personr_error_http_status(error);
    result->retry_ms = personr_error_retry_after_ms(error);
    result->length = 0;
    result->may_have_run = 0;
    fill(result->name, sizeof result->name, personr_status_name(status));
    fill(result->reason, sizeof result->reason, personr_error_reason(error));
    fill(result->message, sizeof result->message, personr_error_message(error));
}

int cobol_finish(struct result *result, personr_status status, personr_error *error)
{
    cobol_tell(result, status, error);
    personr_error_free(error);
    return 0;
}

int cobol_finish_with(struct result *result, personr_status status, const char *reason, const char *message)
{
    cobol_finish(result, status, NULL);
    fill(result->reason, sizeof result->reason, reason);
    fill(result->message, sizeof result->message, message);
    return 0;
}

/* It may stand at any address. */
static void *pointer_argument(int number)
{
    if (cob_get_param_size(number) != (int)sizeof(void *))
        stop("libpersonr", "a handle is a field of USAGE POINTER");
    return cob_get_param_data(number);
}

void *cobol_handle_argument(int number)
{
    void *handle;

    memcpy(&handle, pointer_argument(number), sizeof handle);
    return handle;
}

void cobol_set_handle(int number, void *handle)
{
    memcpy(pointer_argument(number), &handle, sizeof handle);
}

void cobol_clear_text(int number)
{
    memset(cob_get_param_data(number), ' ', (size_t)cob_get_param_size(number));
}

void cobol_clear_number(int number)
{
    cob_put_s64_param(number, 0);
}

int cobol_give_text(struct result *result, int number, const char *text, size_t length)
{
    size_t size = (size_t)cob_get_param_size(number);

    if (length > size) {
        cobol_finish_with(result, PERSONR_BUFFER_TOO_SMALL, "buffer", "the field is shorter than the text");
    } else {
        memcpy(cob_get_param_data(number), text, length);
        cobol_finish(result, PERSONR_OK, NULL);
    }
    result->length = (int64_t)length;
    return 0;
}

/* The runtime cuts a number that does not fit, and says nothing: the field is read again. */
int cobol_give_number(struct result *result, int number, int64_t value)
{
    cob_put_s64_param(number, value);
    if (cob_get_s64_param(number) == value && (value >= 0 || cob_get_param_sign(number)))
        return cobol_finish(result, PERSONR_OK, NULL);
    cobol_clear_number(number);
    return cobol_finish_with(result, PERSONR_BUFFER_TOO_SMALL, "buffer", "the field is shorter than the number");
}
