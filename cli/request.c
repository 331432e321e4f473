/* The command `request`: the fields of the command line, one request, and its answer. */
#include <personr.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "commands.h"
#include "exits.h"
#include "message.h"

/* What the library finds wrong with a field is what the send returns. */
static int add_text_of(personr_request *request, const char *name, const char *path)
{
    struct bytes text;
    int exit_status = read_input(path, INPUT_MAX, &text);

    if (exit_status == EXIT_DONE && memchr(text.start, '\0', text.length) != NULL)
        exit_status = usage_error("a text holds no NUL: send the file as a file");
    if (exit_status == EXIT_DONE)
        personr_request_add_text(request, name, text.start, NULL);
    free_bytes(&text);
    return exit_status;
}

static int add_file(personr_request *request, const char *name, const char *path, const struct field *field)
{
    struct bytes contents;
    int exit_status;

    if (strcmp(path, "-") != 0) {
        personr_request_add_file(request, name, path, field->file_name, field->encoding, NULL);
        return EXIT_DONE;
    }
    exit_status = read_input("-", INPUT_MAX, &contents);
    if (exit_status == EXIT_DONE)
        personr_request_add_bytes(request, name, (const uint8_t *)contents.start, contents.length,
                                  field->file_name == NULL ? "stdin" : field->file_name, field->encoding, NULL);
    free_bytes(&contents);
    return exit_status;
}

static int add_field(personr_request *request, const struct field *field)
{
    const char *equals = strchr(field->text, '=');
    char *name;
    const char *value;
    int exit_status = EXIT_DONE;

    if (equals == NULL)
        return usage_error("a field is NAME=VALUE");
    name = strndup(field->text, (size_t)(equals - field->text));
    if (name == NULL)
        return system_failure(EXIT_STREAM, "no memory");
    value = equals + 1;
    if (field->kind == FIELD_JSON)
        personr_request_add_json(request, name, value, NULL);
    else if (field->kind == FIELD_FORM && *value == '@')
        exit_status = add_file(request, name, value + 1, field);
    else if (field->kind == FIELD_FORM && *value == '<')
        exit_status = add_text_of(request, name, value + 1);
    else
        personr_request_add_text(request, name, value, NULL);
    free(name);
    return exit_status;
}

static int set_data(personr_request *request, const struct arguments *arguments)
{
    const char *type = arguments->content_type == NULL ? "application/json" : arguments->content_type;
    const char *data = arguments->data;
    struct bytes body;
    int exit_status;

    if (*data != '@') {
        personr_request_set_body(request, type, (const uint8_t *)data, strlen(data), NULL);
        return EXIT_DONE;
    }
    exit_status = read_input(data + 1, INPUT_MAX, &body);
    if (exit_status == EXIT_DONE)
        personr_request_set_body(request, type, (const uint8_t *)body.start, body.length, NULL);
    free_bytes(&body);
    return exit_status;
}

static int fill(personr_request *request, const struct arguments *arguments)
{
    int exit_status = EXIT_DONE;
    size_t i;

    if (arguments->is_json)
        personr_request_set_format(request, PERSONR_FORMAT_JSON, NULL);
    if (arguments->is_repeatable)
        personr_request_set_repeatable(request, 1, NULL);
    if (arguments->timeout_ms != 0)
        personr_request_set_timeout_ms(request, arguments->timeout_ms, NULL);
    for (i = 0; i < arguments->field_count && exit_status == EXIT_DONE; i++)
        exit_status = add_field(request, &arguments->fields[i]);
    if (arguments->data != NULL && exit_status == EXIT_DONE)
        exit_status = set_data(request, arguments);
    return exit_status;
}

static int give(const struct arguments *arguments, const uint8_t *body, size_t length)
{
    if (arguments->output != NULL)
        return save_output(arguments->output, body, length);
    return print(body, length);
}

static int use_answer(const struct arguments *arguments, const personr_response *response)
{
    const char *pointer = arguments->pointer;
    const uint8_t *body;
    size_t length;

    if (pointer != NULL)
        return use_value(arguments, personr_response_json(response), pointer);
    body = personr_response_body(response, &length);
    return give(arguments, body, length);
}

/* The status of the refusal counts, whatever comes of its answer. */
static void show_refusal(const struct arguments *arguments, const personr_error *error)
{
    size_t length;
    const uint8_t *body = personr_error_body(error, &length);

    if (arguments->fails_with_body && length > 0)
        give(arguments, body, length);
}

int send_request(struct account *account)
{
    const struct arguments *arguments = account->arguments;
    personr_request *request = personr_request_new(arguments->operand);
    personr_response *response = NULL;
    personr_error *error = NULL;
    personr_status status;
    int exit_status = fill(request, arguments);

    if (exit_status == EXIT_DONE && arguments->save_base64 != NULL && arguments->pointer == NULL)
        exit_status = usage_error("--save-base64 needs --pointer");
    if (exit_status == EXIT_DONE) {
        do
            status = personr_request_send(account->auth, request, &response, &error);
        while (has_fetched_password(account, &status, &error));
        if (error != NULL)
            show_refusal(arguments, error);
        exit_status = report_request(status, &error);
        if (status == PERSONR_OK)
            exit_status = use_answer(arguments, response);
    }
    personr_response_free(response);
    personr_request_free(request);
    return exit_status;
}
