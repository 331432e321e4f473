/* The command `json`, and what `request` does with a value of its answer. */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "commands.h"
#include "exits.h"
#include "message.h"

static int give(const struct arguments *arguments, const char *text, size_t length)
{
    if (arguments->output != NULL)
        return save_output(arguments->output, text, length);
    return print_text(text, length, !arguments->has_no_newline);
}

static const char *type_name(int32_t type)
{
    static const char *const names[] = {"missing", "null", "boolean", "number", "string", "array", "object"};

    return type >= 0 && type <= PERSONR_TYPE_OBJECT ? names[type] : "unknown";
}

/* Only PERSONR_INVALID_ARGUMENT tells a malformed pointer from one that leads nowhere. */
static int print_type(const struct arguments *arguments, const personr_json *json, const char *pointer)
{
    personr_error *error = NULL;
    const char *name = type_name(personr_json_type(json, pointer));
    personr_status status = personr_json_copy(json, pointer, NULL, 0, NULL, &error);
    int exit_status = status == PERSONR_INVALID_ARGUMENT ? report(status, &error) : give(arguments, name, strlen(name));

    personr_error_free(error);
    return exit_status;
}

static int print_count(const struct arguments *arguments, const personr_json *json, const char *pointer)
{
    char text[32];
    personr_error *error = NULL;
    int32_t type = personr_json_type(json, pointer);
    personr_status status = personr_json_copy(json, pointer, NULL, 0, NULL, &error);
    int exit_status;

    if (status == PERSONR_INVALID_ARGUMENT || type == PERSONR_TYPE_MISSING)
        exit_status = report(status, &error);
    else if (type != PERSONR_TYPE_ARRAY && type != PERSONR_TYPE_OBJECT)
        exit_status = failure(EXIT_OF(PERSONR_NO_VALUE), "PERSONR_NO_VALUE (json-type): it is no array and no object");
    else
        exit_status =
            give(arguments, text, (size_t)snprintf(text, sizeof text, "%zu", personr_json_count(json, pointer)));
    personr_error_free(error);
    return exit_status;
}

static int print_value(const struct arguments *arguments, const personr_json *json, const char *pointer)
{
    personr_error *error = NULL;
    size_t length = 0;
    personr_status status = personr_json_copy(json, pointer, NULL, 0, &length, &error);
    char *text;
    int exit_status;

    if (status != PERSONR_BUFFER_TOO_SMALL)
        return report(status, &error);
    personr_error_free(error);
    error = NULL;
    text = malloc(length + 1);
    if (text == NULL)
        return system_failure(EXIT_STREAM, "no memory");
    status = personr_json_copy(json, pointer, text, length + 1, &length, &error);
    exit_status = status == PERSONR_OK ? give(arguments, text, length) : report(status, &error);
    wipe(text, length);
    free(text);
    return exit_status;
}

int use_value(const struct arguments *arguments, const personr_json *json, const char *pointer)
{
    personr_error *error = NULL;

    if (arguments->is_type)
        return print_type(arguments, json, pointer);
    if (arguments->is_count)
        return print_count(arguments, json, pointer);
    if (arguments->save_base64 == NULL)
        return print_value(arguments, json, pointer);
    return report(personr_json_save_base64(json, pointer, arguments->save_base64, &error), &error);
}

int print_json(const struct arguments *arguments)
{
    struct bytes text;
    personr_json *json = NULL;
    personr_error *error = NULL;
    int exit_status = read_input(arguments->input == NULL ? "-" : arguments->input, INPUT_MAX, &text);

    if (exit_status == EXIT_DONE)
        exit_status = report(personr_json_parse((const uint8_t *)text.start, text.length, &json, &error), &error);
    free_bytes(&text);
    if (exit_status == EXIT_DONE)
        exit_status = use_value(arguments, json, arguments->operand);
    personr_json_free(json);
    return exit_status;
}
