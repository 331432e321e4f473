/* The calls that log in, hand out a token, and look after it. */
#include "personr-cobol.h"

#include <libcob.h>
#include <string.h>

typedef personr_status (*setter)(personr_options *, const char *, personr_error **);

/* A blank field leaves the default. */
static personr_status set(personr_options *options, setter setter, const char *field, size_t size,
                          personr_error **error)
{
    char *text;
    personr_status status;

    if (cobol_trimmed(field, size) == 0)
        return PERSONR_OK;
    text = cobol_text_of(field, size);
    status = setter(options, setter == personr_options_set_proxy && strcmp(text, "none") == 0 ? "" : text, error);
    cobol_free_text(text);
    return status;
}

static personr_status set_all(personr_options *options, const struct settings *it, personr_error **error)
{
    personr_status status = personr_options_set_login_method(options, it->login_method, error);

    if (status == PERSONR_OK && it->timeout_ms != 0)
        status = personr_options_set_timeout_ms(options, (uint32_t)it->timeout_ms, error);
    if (status == PERSONR_OK)
        status = set(options, personr_options_set_base_url, it->base_url, sizeof it->base_url, error);
    if (status == PERSONR_OK)
        status = set(options, personr_options_set_ca_file, it->ca_file, sizeof it->ca_file, error);
    if (status == PERSONR_OK)
        status = set(options, personr_options_set_token_store, it->token_store, sizeof it->token_store, error);
    if (status == PERSONR_OK)
        status = set(options, personr_options_set_proxy, it->proxy, sizeof it->proxy, error);
    return status;
}

/* CALL "PERSONR-OPEN" USING PERSONR-SETTINGS AUTH PERSONR-RESULT */
int PERSONR__OPEN(void)
{
    struct result *result = cobol_result_of("PERSONR-OPEN", 3);
    struct settings settings;
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_error *error = NULL;
    personr_status status = PERSONR_INVALID_ARGUMENT;
    char *email, *password;

    cobol_set_handle(2, NULL);
    if (cob_get_param_size(1) != (int)sizeof settings) {
        personr_options_free(options);
        return cobol_finish_with(result, status, "argument", "PERSONR-SETTINGS: it is not that of PERSONR-RECORDS.cpy");
    }
    memcpy(&settings, cob_get_param_data(1), sizeof settings);
    email = cobol_text_of(settings.email, sizeof settings.email);
    password = cobol_text_of(settings.password, sizeof settings.password);
    status = set_all(options, &settings, &error);
    if (status == PERSONR_OK)
        status = personr_auth_new(email, password, options, &auth, &error);
    cobol_set_handle(2, auth);
    cobol_free_text(email);
    cobol_free_text(password);
    cobol_wipe(&settings, sizeof settings);
    personr_options_free(options);
    return cobol_finish(result, status, error);
}

/* CALL "PERSONR-CLOSE" USING AUTH */
int PERSONR__CLOSE(void)
{
    cobol_expect("PERSONR-CLOSE", 1);
    personr_auth_free(cobol_handle_argument(1));
    cobol_set_handle(1, NULL);
    return 0;
}

typedef personr_status (*token_call)(const personr_auth *, personr_token **, personr_error **);

static int give_token(const char *call, token_call get, const char *(*part)(const personr_token *))
{
    struct result *result = cobol_result_of(call, 3);
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status = get(cobol_handle_argument(1), &token, &error);

    cobol_clear_text(2);
    if (status == PERSONR_OK)
        cobol_give_text(result, 2, part(token), strlen(part(token)));
    else
        cobol_finish(result, status, error);
    personr_token_free(token);
    return 0;
}

/* CALL "PERSONR-TOKEN" USING AUTH TOKEN PERSONR-RESULT */
int PERSONR__TOKEN(void)
{
    return give_token("PERSONR-TOKEN", personr_auth_token, personr_token_value);
}

/*
 * What a program calls before each request of a client of its own: no object is made for it.
 * CALL "PERSONR-AUTHORIZATION" USING AUTH HEADER PERSONR-RESULT
 */
int PERSONR__AUTHORIZATION(void)
{
    struct result *result = cobol_result_of("PERSONR-AUTHORIZATION", 3);
    char header[PERSONR_AUTHORIZATION_MAX];
    size_t length = 0;
    personr_error *error = NULL;
    personr_status status =
        personr_auth_authorization(cobol_handle_argument(1), header, sizeof header, &length, &error);

    cobol_clear_text(2);
    if (status == PERSONR_OK)
        cobol_give_text(result, 2, header, length);
    else
        cobol_finish(result, status, error);
    cobol_wipe(header, length);
    return 0;
}

/* Logs in anew. CALL "PERSONR-LOGIN" USING AUTH USER-ID PERSONR-RESULT */
int PERSONR__LOGIN(void)
{
    return give_token("PERSONR-LOGIN", personr_auth_login, personr_token_user_id);
}

/* CALL "PERSONR-REJECT" USING AUTH TOKEN PERSONR-RESULT */
int PERSONR__REJECT(void)
{
    struct result *result = cobol_result_of("PERSONR-REJECT", 3);
    personr_error *error = NULL;
    char *token = cobol_text_argument(2);
    personr_status status = personr_auth_reject(cobol_handle_argument(1), token, &error);

    cobol_free_text(token);
    return cobol_finish(result, status, error);
}

/* When the token expires, in seconds since 1970. CALL "PERSONR-EXPIRES" USING AUTH NUMBER PERSONR-RESULT */
int PERSONR__EXPIRES(void)
{
    struct result *result = cobol_result_of("PERSONR-EXPIRES", 3);
    personr_token *token = NULL;
    personr_error *error = NULL;
    personr_status status = personr_auth_token(cobol_handle_argument(1), &token, &error);

    cobol_clear_number(2);
    if (status == PERSONR_OK)
        cobol_give_number(result, 2, personr_token_expires_at(token));
    else
        cobol_finish(result, status, error);
    personr_token_free(token);
    return 0;
}
