/*
 * Every function that reads JSON documents, in every way that the header allows. surface_json_base64.c has those that
 * decode.
 */
#include "document.h"

#include <math.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define FAILS_TO_PARSE(reason, text, length) \
    do { \
        personr_json *none = (personr_json *)(void *)untouched(); \
        FAILS(PERSONR_PROTOCOL, reason, personr_json_parse, (const uint8_t *)(text), length, &none); \
        CHECK(none == NULL); \
    } while (0)

static void parsing(void)
{
    static const char *const broken[] = {"", " ", "{", "[1", "{\"a\":1]", "nul", "1 2", "'a'", "\"\\x\"", "[1,,]"};
    personr_json *json;
    char deep[129];
    size_t i;

    for (i = 0; i < COUNT(broken); i++)
        FAILS_TO_PARSE("json", broken[i], strlen(broken[i]));
    FAILS_TO_PARSE("json", NULL, 0);
    memset(deep, '[', sizeof deep);
    FAILS_TO_PARSE("json-depth", deep, sizeof deep);
    FAILS_TO_PARSE("json", deep, sizeof deep - 1);
    json = (personr_json *)(void *)untouched();
    REFUSES("text", personr_json_parse, NULL, 1, &json);
    CHECK(json == NULL);
    REFUSES("text", personr_json_parse, (const uint8_t *)"1", SIZE_MAX, &json);
    REFUSES("json_out", personr_json_parse, (const uint8_t *)"1", 1, NULL);
    personr_json_free(NULL);

    json = parsed("\xef\xbb\xbf 7 ");
    CHECK(personr_json_type(json, "") == PERSONR_TYPE_NUMBER);
    personr_json_free(json);
    json = parsed_bytes("7000", 1);
    CHECK(strcmp(personr_json_string(json, ""), "7") == 0);
    personr_json_free(json);
}

/* 64 MiB of blanks around a number, and a byte more. */
static void the_longest(void)
{
    const size_t longest = (size_t)64 * 1024 * 1024;
    char *text = (char *)malloc(longest + 1);
    personr_json *json;

    CHECK(text != NULL);
    memset(text, ' ', longest + 1);
    text[longest - 1] = '7';
    OK(personr_json_parse, (const uint8_t *)text, longest, &json);
    CHECK(personr_json_type(json, "") == PERSONR_TYPE_NUMBER);
    personr_json_free(json);
    FAILS_TO_PARSE("too-large", text, longest + 1);
    free(text);
}

static void types_and_ways(void)
{
    static const struct {
        const char *pointer;
        int32_t type;
        size_t count;
    } known[] = {
        {"", PERSONR_TYPE_OBJECT, 3},
        {"/status", PERSONR_TYPE_STRING, 0},
        {"/response", PERSONR_TYPE_OBJECT, 8},
        {"/response/base64", PERSONR_TYPE_ARRAY, 2},
        {"/response/base64/1", PERSONR_TYPE_STRING, 0},
        {"/response/Created Date", PERSONR_TYPE_NUMBER, 0},
        {"/response/a~1b", PERSONR_TYPE_OBJECT, 1},
        {"/response/a~1b/m~0n", PERSONR_TYPE_NUMBER, 0},
        {"/response/none", PERSONR_TYPE_NULL, 0},
        {"/response/yes", PERSONR_TYPE_BOOLEAN, 0},
    };
    static const char *const nowhere[] = {"/",
                                          "/x",
                                          "/Status",
                                          "/status/0",
                                          "/response/base64/2",
                                          "/response/base64/-",
                                          "/response/base64/00",
                                          "/response/none/0",
                                          "/response/base64/0/0"};
    /* Malformed ones, and bytes that are not UTF-8. */
    static const char *const bad[] = {"x", "status", "/~", "/a~2", " /status", "/\xff", "\xc3"};
    personr_json *json = parsed(DOCUMENT);
    const personr_json *response, *part;
    size_t i;

    for (i = 0; i < COUNT(known); i++) {
        part = personr_json_get(json, known[i].pointer);
        CHECK(part != NULL && part == personr_json_get(json, known[i].pointer));
        CHECK(personr_json_type(json, known[i].pointer) == known[i].type
              && personr_json_type(part, "") == known[i].type);
        CHECK(personr_json_count(json, known[i].pointer) == known[i].count);
        CHECK(personr_json_at(json, known[i].pointer, known[i].count) == NULL);
        CHECK(personr_json_at(json, known[i].pointer, SIZE_MAX) == NULL);
    }
    CHECK(personr_json_get(json, "") == json);
    for (i = 0; i < COUNT(nowhere); i++) {
        CHECK(personr_json_type(json, nowhere[i]) == PERSONR_TYPE_MISSING
              && personr_json_get(json, nowhere[i]) == NULL);
        CHECK(personr_json_count(json, nowhere[i]) == 0 && personr_json_at(json, nowhere[i], 0) == NULL);
        CHECK(strcmp(personr_json_string(json, nowhere[i]), "") == 0);
        CHECK(strcmp(personr_json_name(json, nowhere[i], 0), "") == 0);
        FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_copy, json, nowhere[i], NULL, 0, NULL);
    }
    for (i = 0; i < COUNT(bad); i++) {
        CHECK(personr_json_type(json, bad[i]) == PERSONR_TYPE_MISSING && personr_json_get(json, bad[i]) == NULL);
        REFUSES("pointer", personr_json_copy, json, bad[i], NULL, 0, NULL);
    }

    response = personr_json_get(json, "/response");
    for (i = 0; i < personr_json_count(response, ""); i++)
        CHECK(personr_json_at(response, "", i) == personr_json_at(json, "/response", i));
    CHECK(personr_json_at(response, "", 1) == personr_json_get(response, "/base64"));
    CHECK(strcmp(personr_json_name(response, "", 0), "IdDocType") == 0);
    CHECK(strcmp(personr_json_name(json, "/response", 3), "a/b") == 0);
    /* The last of the doubled ones, at its place. */
    CHECK(strcmp(personr_json_name(response, "", 7), "twice") == 0 && personr_json_name(response, "", 8)[0] == '\0');
    CHECK(strcmp(personr_json_string(response, "/twice"), "1.5e3") == 0);
    CHECK(strcmp(personr_json_name(response, "/base64", 0), "") == 0
          && personr_json_name(json, "/status", 0)[0] == '\0');

    /* What is borrowed is not freed. */
    part = personr_json_get(response, "/base64/0");
    personr_json_free((personr_json *)part);
    CHECK(strcmp(personr_json_string(part, ""), "UEFTUw==") == 0);
    personr_json_free(json);
}

/* Functions that return no status. */
static void nulls(void)
{
    static const char *const pointers[] = {"", "/a", "bad", NULL};
    personr_json *json = parsed("[0]");
    int64_t integer = 1;
    double number = 1;
    int32_t boolean = 1;
    size_t i, length = 1;

    for (i = 0; i < COUNT(pointers); i++) {
        CHECK(personr_json_type(NULL, pointers[i]) == PERSONR_TYPE_MISSING
              && personr_json_get(NULL, pointers[i]) == NULL);
        CHECK(personr_json_at(NULL, pointers[i], 0) == NULL && personr_json_count(NULL, pointers[i]) == 0);
        CHECK(personr_json_name(NULL, pointers[i], 0)[0] == '\0' && personr_json_string(NULL, pointers[i])[0] == '\0');
    }
    CHECK(personr_json_type(json, NULL) == PERSONR_TYPE_MISSING && personr_json_get(json, NULL) == NULL);
    CHECK(personr_json_at(json, NULL, 0) == NULL && personr_json_count(json, NULL) == 0);
    CHECK(personr_json_name(json, NULL, 0)[0] == '\0' && personr_json_string(json, NULL)[0] == '\0');

    /* The others: a missing value, and an argument that names its parameter. */
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_copy, NULL, "", NULL, 0, &length);
    CHECK(length == 0);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_integer, NULL, "/a", &integer);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_number, NULL, "", &number);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_boolean, NULL, "", &boolean);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_bytes, NULL, "", NULL, 0, &length);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_save_base64, NULL, "", "x");
    CHECK(integer == 0 && number == 0 && boolean == 0);
    REFUSES("pointer", personr_json_copy, json, NULL, NULL, 0, NULL);
    REFUSES("pointer", personr_json_integer, json, NULL, &integer);
    REFUSES("pointer", personr_json_number, json, NULL, &number);
    REFUSES("pointer", personr_json_boolean, json, NULL, &boolean);
    REFUSES("pointer", personr_json_bytes, json, NULL, NULL, 0, NULL);
    REFUSES("pointer", personr_json_save_base64, json, NULL, "x");
    REFUSES("value_out", personr_json_integer, json, "/0", NULL);
    REFUSES("value_out", personr_json_number, json, "/0", NULL);
    REFUSES("value_out", personr_json_boolean, json, "/0", NULL);
    REFUSES("buffer", personr_json_copy, json, "/0", NULL, 2, NULL);
    REFUSES("buffer", personr_json_bytes, json, "/0", NULL, 1, NULL);
    personr_json_free(json);
}

static void strings(void)
{
    personr_json *json =
        parsed("{\"text\":\"\\u00e4\\ud834\\udd1e\\ud834\\\"\\/\",\"nul\":\"a\\u0000b\",\"list\":[1, 2,],\"n\":null}");
    const char *text = personr_json_string(json, "/text");
    char buffer[16];
    size_t length = 1;

    CHECK(strcmp(text, "\xc3\xa4\xf0\x9d\x84\x9e\xef\xbf\xbd\"/") == 0);
    CHECK(text == personr_json_string(personr_json_get(json, "/text"), ""));
    CHECK(strcmp(personr_json_string(json, "/nul"),
                 "a\xef\xbf\xbd"
                 "b")
          == 0);
    CHECK(personr_json_string(json, "/list")[0] == '\0' && personr_json_string(json, "/n")[0] == '\0');
    CHECK(strcmp(personr_json_string(json, "/list/1"), "2") == 0);

    OK(personr_json_copy, json, "/text", buffer, 12, &length);
    CHECK(length == 11 && strcmp(buffer, text) == 0);
    memset(buffer, '#', sizeof buffer);
    FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_json_copy, json, "/text", buffer, 11, &length);
    CHECK(length == 11 && buffer[0] == '\0' && buffer[11] == '#');
    FAILS(PERSONR_BUFFER_TOO_SMALL, "buffer", personr_json_copy, json, "/text", NULL, 0, &length);
    CHECK(length == 11);
    OK(personr_json_copy, json, "/nul", buffer, sizeof buffer, &length);
    CHECK(length == 3 && memcmp(buffer, "a\0b", 4) == 0);
    OK(personr_json_copy, json, "/list", buffer, sizeof buffer, NULL);
    CHECK(strcmp(buffer, "[1, 2,]") == 0);
    OK(personr_json_copy, json, "/list/0", buffer, sizeof buffer, &length);
    CHECK(length == 1 && strcmp(buffer, "1") == 0);
    FAILS(PERSONR_NO_VALUE, "json-type", personr_json_copy, json, "/n", buffer, sizeof buffer, &length);
    CHECK(length == 0 && buffer[0] == '\0');
    personr_json_free(json);
}

static void numbers(void)
{
    personr_json *json = parsed(
        "[0, -0, 7.0, 1e3, 9223372036854775807, -9223372036854775808, 9223372036854775808, 1.5, 1e999, \"7\", true]");
    static const int64_t integers[] = {0, 0, 7, 1000, INT64_MAX, INT64_MIN};
    static const char *const pointers[] = {"/0", "/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9", "/10"};
    int64_t integer;
    double number;
    size_t i;

    for (i = 0; i < COUNT(pointers); i++) {
        integer = 1;
        if (i < COUNT(integers)) {
            OK(personr_json_integer, json, pointers[i], &integer);
            CHECK(integer == integers[i]);
        } else {
            FAILS(PERSONR_NO_VALUE, i < 9 ? "json-range" : "json-type", personr_json_integer, json, pointers[i],
                  &integer);
            CHECK(integer == 0);
        }
    }
    OK(personr_json_number, json, "/1", &number);
    CHECK(number == 0 && signbit(number));
    OK(personr_json_number, json, "/6", &number);
    CHECK(number == 9223372036854775808.0);
    OK(personr_json_number, personr_json_at(json, "", 7), "", &number);
    CHECK(number == 1.5);
    FAILS(PERSONR_NO_VALUE, "json-range", personr_json_number, json, "/8", &number);
    CHECK(number == 0);
    FAILS(PERSONR_NO_VALUE, "json-type", personr_json_number, json, "/9", &number);
    FAILS(PERSONR_NO_VALUE, "json-missing", personr_json_number, json, "/11", &number);
    personr_json_free(json);
}

static void booleans(void)
{
    personr_json *json = parsed("[true, false, 1, null]");
    int32_t boolean = 7;

    OK(personr_json_boolean, json, "/0", &boolean);
    CHECK(boolean == 1);
    OK(personr_json_boolean, json, "/1", &boolean);
    CHECK(boolean == 0);
    boolean = 7;
    FAILS(PERSONR_NO_VALUE, "json-type", personr_json_boolean, json, "/2", &boolean);
    CHECK(boolean == 0);
    FAILS(PERSONR_NO_VALUE, "json-type", personr_json_boolean, json, "/3", &boolean);
    personr_json_free(json);
}

static int told;

/* Documents may be read inside a callback, where nothing may be asked of an account. */
static void on_event(void *user_data, int32_t level, const char *event, const char *text)
{
    personr_json *json = parsed("{\"a\":[7]}");
    int64_t integer = 0;

    (void)user_data, (void)level, (void)event, (void)text;
    OK(personr_json_integer, json, "/a/0", &integer);
    CHECK(integer == 7 && personr_json_type(json, "") == PERSONR_TYPE_OBJECT);
    personr_json_free(json);
    told++;
}

static void inside_a_callback(void)
{
    personr_options *options = options_of_the_environment();
    personr_token *token = NULL;
    personr_auth *auth;

    OK(personr_options_set_log_callback, options, on_event, PERSONR_LOG_DEBUG, NULL, NULL);
    auth = auth_with(options, "not the battery staple");
    CHECK(personr_auth_login(auth, &token, NULL) == PERSONR_INVALID_CREDENTIALS);
    CHECK(told > 0);
    personr_auth_free(auth);
    personr_options_free(options);
}

int main(void)
{
    parsing();
    the_longest();
    types_and_ways();
    nulls();
    strings();
    numbers();
    booleans();
    inside_a_callback();
    puts("surface_json: all checked");
    return EXIT_SUCCESS;
}
