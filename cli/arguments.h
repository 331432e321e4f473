/* The command line, taken apart. Every string is one of argv, or of the environment. */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include <stddef.h>
#include <stdint.h>

enum command {
    COMMAND_TOKEN = 1,
    COMMAND_AUTHORIZATION = 2,
    COMMAND_REJECT = 4,
    COMMAND_STATUS = 8,
    COMMAND_REQUEST = 16,
    COMMAND_JSON = 32
};

enum field_kind { FIELD_FORM, FIELD_STRING, FIELD_JSON };

/* "NAME=VALUE" of -F, --form-string or --form-json, and what was said before it of the files behind it. */
struct field {
    enum field_kind kind;
    const char *text;
    const char *file_name;
    int32_t encoding;
};

struct arguments {
    enum command command;
    int wants_help;
    const char *operand; /* the endpoint of a request, the pointer into JSON */

    const char *email;
    const char *password_file;
    int password_descriptor; /* -1: none */
    const char *base_url;
    const char *ca_file;
    const char *store;
    const char *proxy;
    int32_t login_method;
    uint32_t timeout_ms; /* 0: the library's */
    int32_t log_level;   /* 0: none */
    int logs_in;

    int has_no_newline;
    const char *input;
    const char *output;
    const char *save_base64;
    int is_count;
    int is_type;

    struct field *fields;
    size_t field_count;
    const char *file_name; /* of the fields that follow */
    int32_t encoding;
    const char *pointer;
    const char *data;
    const char *content_type;
    int is_json;
    int is_repeatable;
    int fails_with_body;
};

/* Takes apart what stands behind the name of the command. Returns an exit status, and has said what was wrong. */
int take_arguments(struct arguments *arguments, enum command command, int argc, char **argv);
void free_arguments(struct arguments *arguments);

/* Prints the commands and their options. Returns an exit status. */
int print_help(void);

#endif
