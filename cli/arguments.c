/*
 * One table says which options there are, for which commands, and what --help tells of them. No message repeats an
 * argument: somebody may have put a password or a token there.
 */
#include "arguments.h"

#include <getopt.h>
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "exits.h"
#include "message.h"

#define WITH_ACCOUNT (COMMAND_TOKEN | COMMAND_AUTHORIZATION | COMMAND_REJECT | COMMAND_STATUS | COMMAND_REQUEST)
#define WITH_LOGIN (WITH_ACCOUNT & ~COMMAND_STATUS)
#define WITH_ALL (WITH_ACCOUNT | COMMAND_JSON)
#define WITH_TEXT (COMMAND_TOKEN | COMMAND_AUTHORIZATION | COMMAND_JSON | COMMAND_REQUEST)

struct definition {
    const char *name;
    int letter; /* 0: none */
    const char *argument;
    unsigned commands;
    const char *help;
    int (*take)(struct arguments *arguments, const char *value); /* an exit status */
};

#define TAKES_STRING(function, member) \
    static int function(struct arguments *arguments, const char *value) \
    { \
        arguments->member = value; \
        return EXIT_DONE; \
    }
#define TAKES_FLAG(function, member) \
    static int function(struct arguments *arguments, const char *value) \
    { \
        (void)value; \
        arguments->member = 1; \
        return EXIT_DONE; \
    }

TAKES_STRING(take_email, email)
TAKES_STRING(take_password_file, password_file)
TAKES_STRING(take_base_url, base_url)
TAKES_STRING(take_ca_file, ca_file)
TAKES_STRING(take_store, store)
TAKES_STRING(take_proxy, proxy)
TAKES_STRING(take_input, input)
TAKES_STRING(take_output, output)
TAKES_STRING(take_save_base64, save_base64)
TAKES_STRING(take_file_name, file_name)
TAKES_STRING(take_pointer, pointer)
TAKES_STRING(take_data, data)
TAKES_STRING(take_content_type, content_type)
TAKES_FLAG(take_help, wants_help)
TAKES_FLAG(take_login, logs_in)
TAKES_FLAG(take_no_newline, has_no_newline)
TAKES_FLAG(take_count, is_count)
TAKES_FLAG(take_type, is_type)
TAKES_FLAG(take_json, is_json)
TAKES_FLAG(take_repeatable, is_repeatable)
TAKES_FLAG(take_fail_with_body, fails_with_body)

/* One of some words, each of which stands for a number. */
static int take_word(const char *option, const char *value, const char *const *words, int32_t first, int32_t *number)
{
    int32_t i;

    for (i = 0; words[i] != NULL; i++) {
        if (strcmp(value, words[i]) == 0) {
            *number = first + i;
            return EXIT_DONE;
        }
    }
    return usage_error("%s: there is no such word", option);
}

static int take_login_method(struct arguments *arguments, const char *value)
{
    static const char *const words[] = {"basic", "form", NULL};

    return take_word("--login-method", value, words, PERSONR_LOGIN_BASIC, &arguments->login_method);
}

static int take_encoding(struct arguments *arguments, const char *value)
{
    static const char *const words[] = {"object", "base64", "binary", NULL};

    return take_word("--encoding", value, words, PERSONR_ENCODING_OBJECT, &arguments->encoding);
}

static int take_log(struct arguments *arguments, const char *value)
{
    static const char *const words[] = {"error", "warn", "info", "debug", NULL};

    return take_word("--log", value, words, PERSONR_LOG_ERROR, &arguments->log_level);
}

static int take_timeout(struct arguments *arguments, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);

    if (*value == '\0' || *end != '\0' || !(seconds >= 0.001 && seconds <= 3600))
        return usage_error("--timeout: it is a number of seconds, 0.001 to 3600");
    arguments->timeout_ms = (uint32_t)(seconds * 1000 + 0.5);
    return EXIT_DONE;
}

static int take_password_descriptor(struct arguments *arguments, const char *value)
{
    char *end;
    long number = strtol(value, &end, 10);

    if (*value == '\0' || *end != '\0' || number < 0 || number > 1048576)
        return usage_error("--password-fd: it is the number of an open descriptor");
    arguments->password_descriptor = (int)number;
    return EXIT_DONE;
}

static int take_password(struct arguments *arguments, const char *value)
{
    (void)arguments;
    (void)value;
    return usage_error("a password in the arguments can be read by everybody: use --password-file or --password-fd");
}

static int add_field(struct arguments *arguments, enum field_kind kind, const char *text)
{
    struct field *field = &arguments->fields[arguments->field_count++];

    field->kind = kind;
    field->text = text;
    field->file_name = arguments->file_name;
    field->encoding = arguments->encoding;
    return EXIT_DONE;
}

static int take_form(struct arguments *arguments, const char *value)
{
    return add_field(arguments, FIELD_FORM, value);
}

static int take_form_string(struct arguments *arguments, const char *value)
{
    return add_field(arguments, FIELD_STRING, value);
}

static int take_form_json(struct arguments *arguments, const char *value)
{
    return add_field(arguments, FIELD_JSON, value);
}

/* What has no help is not shown. */
static const struct definition definitions[] = {
    {"email", 0, "EMAIL", WITH_ACCOUNT, "the account; else PERSONR_EMAIL", take_email},
    {"password-file", 0, "FILE", WITH_LOGIN, "where the password stands; else PERSONR_PASSWORD_FILE",
     take_password_file},
    {"password-fd", 0, "NUMBER", WITH_LOGIN, "a descriptor that the password is read from", take_password_descriptor},
    {"password", 0, "", WITH_ACCOUNT, NULL, take_password},
    {"store", 0, "STORE", WITH_ACCOUNT, "where the token is kept; else PERSONR_STORE", take_store},
    {"base-url", 0, "URL", WITH_ACCOUNT, "where the service is; else PERSONR_BASE_URL", take_base_url},
    {"ca-file", 0, "FILE", WITH_ACCOUNT, "root certificates to trust as well; else PERSONR_CA_FILE", take_ca_file},
    {"login-method", 0, "WORD", WITH_ACCOUNT, "basic (the default) or form", take_login_method},
    {"proxy", 0, "URL", WITH_ACCOUNT, "the proxy; \"\" for none", take_proxy},
    {"timeout", 0, "SECONDS", WITH_ACCOUNT, "how long it may take in all", take_timeout},
    {"log", 0, "LEVEL", WITH_ACCOUNT, "tell on stderr what happens: error, warn, info or debug", take_log},
    {"login", 0, NULL, COMMAND_TOKEN | COMMAND_AUTHORIZATION, "log in anew, whatever token there is", take_login},
    {"no-newline", 'n', NULL, WITH_TEXT, "end the text without a newline", take_no_newline},
    {"form", 'F', "NAME=VALUE", COMMAND_REQUEST, "a field: text, @FILE for a file, <FILE for a text in a file",
     take_form},
    {"form-string", 0, "NAME=VALUE", COMMAND_REQUEST, "a field whose text may begin with @ or <", take_form_string},
    {"form-json", 0, "NAME=JSON", COMMAND_REQUEST, "a field whose value is JSON", take_form_json},
    {"encoding", 0, "WORD", COMMAND_REQUEST, "how the files behind it are sent: object, base64 or binary",
     take_encoding},
    {"file-name", 0, "NAME", COMMAND_REQUEST, "how the service is to call the files behind it", take_file_name},
    {"json", 0, NULL, COMMAND_REQUEST, "send the fields as a JSON object, and not as a form", take_json},
    {"data", 'd', "TEXT", COMMAND_REQUEST, "a body in place of fields; @FILE for one in a file", take_data},
    {"content-type", 0, "TYPE", COMMAND_REQUEST, "what the body is; application/json unless said", take_content_type},
    {"repeatable", 0, NULL, COMMAND_REQUEST, "to do it twice does no harm", take_repeatable},
    {"fail-with-body", 0, NULL, COMMAND_REQUEST, "print the answer also if it is a refusal", take_fail_with_body},
    {"pointer", 'p', "POINTER", COMMAND_REQUEST, "print this value of the answer alone", take_pointer},
    {"input", 'i', "FILE", COMMAND_JSON, "the document; else stdin", take_input},
    {"count", 0, NULL, COMMAND_JSON, "print how many elements or members there are", take_count},
    {"type", 0, NULL, COMMAND_JSON, "print the type of the value", take_type},
    {"save-base64", 0, "FILE", COMMAND_JSON | COMMAND_REQUEST, "decode the value into a file", take_save_base64},
    {"output", 'o', "FILE", COMMAND_JSON | COMMAND_REQUEST, "write to a file, which appears whole", take_output},
    {"help", 'h', NULL, WITH_ALL, "print this", take_help},
};

#define DEFINITIONS (sizeof definitions / sizeof definitions[0])
/* What getopt_long() returns for the first of them: no letter. */
#define FIRST 256

int print_help(void)
{
    static const char usage[] = "usage: personr token | authorization | reject | status [OPTION...]\n"
                                "       personr request ENDPOINT [-F NAME=VALUE...] [OPTION...]\n"
                                "       personr json POINTER [-i FILE] [OPTION...]\n"
                                "       personr --help | --version\n\n";
    char line[160];
    size_t i;
    int exit_status = print(usage, sizeof usage - 1);

    for (i = 0; i < DEFINITIONS && exit_status == EXIT_DONE; i++) {
        const struct definition *it = &definitions[i];
        char names[48], letter[8] = "    ";

        if (it->help == NULL)
            continue;
        if (it->letter != 0)
            snprintf(letter, sizeof letter, "-%c, ", it->letter);
        snprintf(names, sizeof names, "%s--%s %s", letter, it->name, it->argument == NULL ? "" : it->argument);
        snprintf(line, sizeof line, "  %-32s %s\n", names, it->help);
        exit_status = print(line, strlen(line));
    }
    return exit_status;
}

/* For getopt_long(): the options of one command. */
static void choose(enum command command, struct option *options, char *letters)
{
    size_t i;

    *letters++ = ':';
    for (i = 0; i < DEFINITIONS; i++) {
        if ((definitions[i].commands & (unsigned)command) == 0)
            continue;
        options->name = definitions[i].name;
        options->has_arg = definitions[i].argument == NULL ? no_argument : required_argument;
        options->flag = NULL;
        options->val = FIRST + (int)i;
        options++;
        if (definitions[i].letter == 0)
            continue;
        *letters++ = (char)definitions[i].letter;
        if (definitions[i].argument != NULL)
            *letters++ = ':';
    }
    memset(options, 0, sizeof *options);
    *letters = '\0';
}

static const struct definition *definition_of(int found)
{
    size_t i;

    for (i = 0; i < DEFINITIONS; i++)
        if (found == FIRST + (int)i || (found < FIRST && found == definitions[i].letter))
            return &definitions[i];
    return NULL;
}

/* What stands behind "=" may be a secret. */
static int unknown_option(const char *argument)
{
    if (strncmp(argument, "--", 2) == 0)
        return usage_error("this command has no option %.*s", (int)strcspn(argument, "="), argument);
    return usage_error("this command has no option -%c", optopt);
}

static int take_options(struct arguments *arguments, int argc, char **argv)
{
    struct option options[DEFINITIONS + 1];
    char letters[2 * DEFINITIONS + 2];
    int found, exit_status = EXIT_DONE;

    choose(arguments->command, options, letters);
    opterr = 0; /* its own messages repeat arguments */
    while (exit_status == EXIT_DONE && (found = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        if (found == '?')
            return unknown_option(argv[optind - 1]);
        if (found == ':')
            return usage_error("--%s takes an argument", definition_of(optopt)->name);
        exit_status = definition_of(found)->take(arguments, optarg);
    }
    return exit_status;
}

/* An empty variable counts as unset. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? NULL : value;
}

static const char *operand_name(enum command command)
{
    return command == COMMAND_REQUEST ? "an endpoint" : command == COMMAND_JSON ? "a JSON pointer" : NULL;
}

int take_arguments(struct arguments *arguments, enum command command, int argc, char **argv)
{
    const char *operand = operand_name(command);
    int exit_status;

    memset(arguments, 0, sizeof *arguments);
    arguments->command = command;
    arguments->password_descriptor = -1;
    arguments->email = variable("PERSONR_EMAIL");
    arguments->base_url = variable("PERSONR_BASE_URL");
    arguments->ca_file = variable("PERSONR_CA_FILE");
    arguments->store = variable("PERSONR_STORE");
    arguments->fields = calloc((size_t)argc + 1, sizeof *arguments->fields);
    if (arguments->fields == NULL)
        return system_failure(EXIT_STREAM, "no memory");
    exit_status = take_options(arguments, argc, argv);
    if (exit_status != EXIT_DONE || arguments->wants_help)
        return exit_status;
    if (operand != NULL && optind == argc)
        return usage_error("%s is missing", operand);
    if (operand != NULL)
        arguments->operand = argv[optind++];
    /* Whatever it is, it may be a secret. */
    return optind < argc ? usage_error("there is an argument too many") : EXIT_DONE;
}

void free_arguments(struct arguments *arguments)
{
    free(arguments->fields);
}
