/*
 * What the calls have in common: how fields of COBOL come in and go out.
 *
 * The runtime knows the size and the type of each argument, so that a program passes its fields as they are:
 *
 * - A text that goes in is cut behind its last character that is neither a blank nor LOW-VALUE.
 * - A text that comes out is filled up with blanks. If the field is too short, it is blank, and the status says so.
 * - A number comes out into a field of any numeric type. If the field cannot hold it, it is zero, and the status says so.
 * - The last argument is PERSONR-RESULT, which tells how the call ended. RETURN-CODE stays 0: it is the exit status of the
 *   program.
 *
 * A call of another number of arguments than it takes, or without PERSONR-RESULT, ends the program with a message: no status
 * could tell of it. Arguments are counted from 1.
 */
#ifndef PERSONR_COBOL_H
#define PERSONR_COBOL_H

#include <personr.h>
#include <stddef.h>
#include <stdint.h>

/* PERSONR-SETTINGS, as PERSONR-RECORDS.cpy has it. */
struct settings {
    char email[256], password[1024], base_url[1024], ca_file[1024], token_store[1024], proxy[1024];
    int32_t login_method, timeout_ms;
};

/* PERSONR-RESULT. A record of COBOL may stand at any address. */
struct result {
    int32_t status, http_status;
    int64_t retry_ms, length;
    int32_t may_have_run;
    char name[40], reason[100], message[1000];
} __attribute__((packed));

/* What the getters read: the answer to a request, what the service said in a refusal, or a text of the program's own. */
struct answer {
    personr_response *response;
    personr_error *refusal;
    personr_json *document;
    const personr_json *json;
};

/* The program exports what it is made of, for CALL. These are nobody else's: no library shall find them. */
#pragma GCC visibility push(hidden)

void cobol_wipe(void *start, size_t length);

/* How many characters of a field count. */
size_t cobol_trimmed(const char *field, size_t size);

/* A copy of them with a NUL behind it, for cobol_free_text(). */
char *cobol_text_of(const char *field, size_t size);
char *cobol_text_argument(int number);
void cobol_free_text(char *text);

/* PERSONR-RESULT of a call that takes so many arguments. */
struct result *cobol_result_of(const char *call, int arguments);

/* Checks the number of arguments of a call without PERSONR-RESULT. */
void cobol_expect(const char *call, int arguments);

/* Tell how the call ended. cobol_finish() frees the error. What they return is RETURN-CODE. */
void cobol_tell(struct result *result, personr_status status, const personr_error *error);
int cobol_finish(struct result *result, personr_status status, personr_error *error);
int cobol_finish_with(struct result *result, personr_status status, const char *reason, const char *message);

/* A field of USAGE POINTER; another one ends the program with a message. */
void *cobol_handle_argument(int number);
void cobol_set_handle(int number, void *handle);

/* Makes an argument blank, or zero: no failure leaves in it what was there before. */
void cobol_clear_text(int number);
void cobol_clear_number(int number);

/* Put a value into an argument, which has been cleared, and tell how the call ended. */
int cobol_give_text(struct result *result, int number, const char *text, size_t length);
int cobol_give_number(struct result *result, int number, int64_t value);

#pragma GCC visibility pop

#endif
