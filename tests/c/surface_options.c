/*
 * Every function that takes no handle of an account: versions, names, and each setter with values that it accepts,
 * values that it refuses, and NULL. Nothing is sent.
 */
#include "check.h"

/* A byte that is in no UTF-8, half a character, an encoded surrogate, an overlong NUL. */
static const char *const NOT_UTF8[] = {"a\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void versions_and_names(void)
{
    int32_t status;

    CHECK(strcmp(personr_library_version(), PERSONR_VERSION) == 0);
    CHECK(personr_library_version_number() == PERSONR_VERSION_NUMBER);
    CHECK(strcmp(personr_status_name(PERSONR_OK), "PERSONR_OK") == 0);
    CHECK(strcmp(personr_status_name(PERSONR_NO_VALUE), "PERSONR_NO_VALUE") == 0);
    for (status = PERSONR_OK; status <= PERSONR_NO_VALUE; status++)
        CHECK(strcmp(personr_status_name(status), "PERSONR_UNKNOWN") != 0);
    CHECK(strcmp(personr_status_name(-1), "PERSONR_UNKNOWN") == 0);
    CHECK(strcmp(personr_status_name(PERSONR_NO_VALUE + 1), "PERSONR_UNKNOWN") == 0);
    CHECK(strcmp(personr_status_name(INT32_MIN), "PERSONR_UNKNOWN") == 0);
    CHECK(strcmp(personr_status_name(INT32_MAX), "PERSONR_UNKNOWN") == 0);
}

/* `length` bytes in a block of exactly that size: reading behind its NUL is noticed. */
static char *text_of(const char *start, char filler, size_t length)
{
    char *text = (char *)malloc(length + 1);

    CHECK(text != NULL && strlen(start) <= length);
    memset(text, filler, length);
    memcpy(text, start, strlen(start));
    text[length] = '\0';
    return text;
}

/* A text of the longest length that is accepted, and one of a byte more. */
#define LENGTHS(options, parameter, setter, start, longest) \
    do { \
        char *fits = text_of(start, 'x', longest), *exceeds = text_of(start, 'x', (longest) + 1); \
        OK(setter, options, fits); \
        REFUSES(parameter, setter, options, exceeds); \
        free(fits); \
        free(exceeds); \
    } while (0)

#define REFUSES_NO_TEXT(options, parameter, setter) \
    do { \
        size_t bad_text; \
        REFUSES("options", setter, NULL, "memory:"); \
        REFUSES(parameter, setter, options, NULL); \
        CHECK(setter(NULL, NULL, NULL) == PERSONR_INVALID_ARGUMENT); \
        for (bad_text = 0; bad_text < COUNT(NOT_UTF8); bad_text++) \
            REFUSES(parameter, setter, options, NOT_UTF8[bad_text]); \
    } while (0)

static void texts(personr_options *options)
{
    personr_status status;

    REFUSES_NO_TEXT(options, "base_url", personr_options_set_base_url);
    OK(personr_options_set_base_url, options, "http://localhost:1");
    REFUSES("base_url", personr_options_set_base_url, options, "");
    REFUSES("base_url", personr_options_set_base_url, options, "http://example.com");
    REFUSES("base_url", personr_options_set_base_url, options, "https://user:password@example.com");
    LENGTHS(options, "base_url", personr_options_set_base_url, "https://h/", 2048);

    REFUSES_NO_TEXT(options, "proxy", personr_options_set_proxy);
    OK(personr_options_set_proxy, options, "http://user:password@proxy.example:3128");
    REFUSES("proxy", personr_options_set_proxy, options, "socks5://proxy.example");
    LENGTHS(options, "proxy", personr_options_set_proxy, "https://h/", 2048);
    OK(personr_options_set_proxy, options, "");

    REFUSES_NO_TEXT(options, "user_agent", personr_options_set_user_agent);
    OK(personr_options_set_user_agent, options, "");
    REFUSES("user_agent", personr_options_set_user_agent, options, "a\nb");
    LENGTHS(options, "user_agent", personr_options_set_user_agent, "Surface/1 ", 256);

    REFUSES_NO_TEXT(options, "token_store", personr_options_set_token_store);
    REFUSES("token_store", personr_options_set_token_store, options, "");
    REFUSES("token_store", personr_options_set_token_store, options, "file:");
    REFUSES("token_store", personr_options_set_token_store, options, "redis://host/no-number");
    LENGTHS(options, "token_store", personr_options_set_token_store, "file:/", 4095 + 5);
    OK(personr_options_set_token_store, options, "memory:");
    /* With the feature alone it is accepted. */
    status = personr_options_set_token_store(options, "redis://user:password@host:1/2", NULL);
    CHECK(status == PERSONR_OK || status == PERSONR_INVALID_ARGUMENT);
}

static void numbers(personr_options *options)
{
    static const uint32_t times[] = {1, 3600000, 30000}, no_times[] = {0, 3600001, UINT32_MAX};
    static const int32_t no_constants[] = {-1, 2, INT32_MIN, INT32_MAX};
    size_t i;

    for (i = 0; i < COUNT(times); i++) {
        OK(personr_options_set_timeout_ms, options, times[i]);
        OK(personr_options_set_connect_timeout_ms, options, times[i]);
        REFUSES("timeout_ms", personr_options_set_timeout_ms, options, no_times[i]);
        REFUSES("connect_timeout_ms", personr_options_set_connect_timeout_ms, options, no_times[i]);
    }
    for (i = 0; i < COUNT(no_constants); i++) {
        REFUSES("login_method", personr_options_set_login_method, options, no_constants[i]);
        REFUSES("system_roots", personr_options_set_system_roots, options, no_constants[i]);
    }
    OK(personr_options_set_login_method, options, PERSONR_LOGIN_FORM);
    OK(personr_options_set_login_method, options, PERSONR_LOGIN_BASIC);
    OK(personr_options_set_system_roots, options, 0);
    OK(personr_options_set_system_roots, options, 1);
    OK(personr_options_set_max_retries, options, 0);
    OK(personr_options_set_max_retries, options, 10);
    REFUSES("max_retries", personr_options_set_max_retries, options, 11);
    REFUSES("max_retries", personr_options_set_max_retries, options, UINT32_MAX);
    OK(personr_options_set_renew_before_s, options, 0);
    OK(personr_options_set_renew_before_s, options, INT64_MAX);
    REFUSES("renew_before_s", personr_options_set_renew_before_s, options, -1);
    REFUSES("renew_before_s", personr_options_set_renew_before_s, options, INT64_MIN);
    REFUSES("options", personr_options_set_timeout_ms, NULL, 1);
    REFUSES("options", personr_options_set_connect_timeout_ms, NULL, 1);
    REFUSES("options", personr_options_set_login_method, NULL, PERSONR_LOGIN_BASIC);
    REFUSES("options", personr_options_set_system_roots, NULL, 1);
    REFUSES("options", personr_options_set_max_retries, NULL, 1);
    REFUSES("options", personr_options_set_renew_before_s, NULL, 1);
}

/* The file, in a block of exactly its size and without a NUL. */
static uint8_t *contents(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes;

    CHECK(file != NULL && fseek(file, 0, SEEK_END) == 0);
    *length = (size_t)ftell(file);
    bytes = (uint8_t *)malloc(*length);
    rewind(file);
    CHECK(bytes != NULL && fread(bytes, 1, *length, file) == *length);
    fclose(file);
    return bytes;
}

static void certificates(personr_options *options)
{
    const char *file = variable("PERSONR_CA_FILE");
    size_t length;
    uint8_t *pem = contents(file, &length);

    OK(personr_options_set_ca_pem, options, pem, length);
    REFUSES("ca_pem", personr_options_set_ca_pem, options, pem, length / 2);
    REFUSES("ca_pem", personr_options_set_ca_pem, options, pem, 1);
    REFUSES("ca_pem", personr_options_set_ca_pem, options, pem, 0);
    REFUSES("ca_pem", personr_options_set_ca_pem, options, pem, SIZE_MAX);
    REFUSES("ca_pem", personr_options_set_ca_pem, options, NULL, 0);
    REFUSES("ca_pem", personr_options_set_ca_pem, options, NULL, length);
    REFUSES("options", personr_options_set_ca_pem, NULL, pem, length);
    free(pem);
    REFUSES_NO_TEXT(options, "ca_file", personr_options_set_ca_file);
    OK(personr_options_set_ca_file, options, file);
    REFUSES("ca_file", personr_options_set_ca_file, options, "");
    REFUSES("ca_file", personr_options_set_ca_file, options, "/");
    REFUSES("ca_file", personr_options_set_ca_file, options, "/nonexistent/ca.pem");
    REFUSES("ca_file", personr_options_set_ca_file, options, "/dev/null");
}

int main(void)
{
    personr_options *options = personr_options_new();

    CHECK(options != NULL);
    versions_and_names();
    texts(options);
    numbers(options);
    certificates(options);
    personr_options_free(options);
    personr_options_free(NULL);
    puts("options: all checked");
    return EXIT_SUCCESS;
}
