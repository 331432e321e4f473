/*
 * What R calls of libpersonr, by .Call. An error in R is a longjmp, also out of whatever allocates. So each function
 * asks R for what it needs first, then calls the library alone until its handles are freed, and ends with R again.
 */
#define R_NO_REMAP /* else "error" and others are macros */
#include <R.h>
#include <Rinternals.h>
#include <personr.h>
#include <stdio.h>

#define VALUE_SIZE 4097 /* a user id has up to 4096 bytes */

static char value[VALUE_SIZE]; /* R has one thread */

/* UTF-8, which lives until .Call returns; NULL for NA. */
static const char *text(SEXP strings, R_xlen_t index)
{
    SEXP string = STRING_ELT(strings, index);

    return string == NA_STRING ? NULL : Rf_translateCharUTF8(string);
}

/* The value, or the error, which it frees. */
static SEXP result(personr_error *error)
{
    char message[1024];

    if (error == NULL)
        return Rf_ScalarString(Rf_mkCharCE(value, CE_UTF8));
    snprintf(message, sizeof message, "%s (%s): %s", personr_status_name(personr_error_status(error)),
             personr_error_reason(error), personr_error_message(error));
    personr_error_free(error);
    Rf_error("%s", message);
}

static personr_auth *auth_of(SEXP handle)
{
    return R_ExternalPtrAddr(handle);
}

/* The collector calls it, and never for a handle that a call was given. */
static void free_auth(SEXP handle)
{
    personr_auth_free(auth_of(handle));
    R_ClearExternalPtr(handle);
}

/* settings: base URL, CA file and token store, or NA for the library's own. */
SEXP r_auth(SEXP email, SEXP password, SEXP settings)
{
    SEXP handle = PROTECT(R_MakeExternalPtr(NULL, R_NilValue, R_NilValue));
    const char *email_text = text(email, 0), *password_text = text(password, 0);
    const char *base_url = text(settings, 0), *ca_file = text(settings, 1), *store = text(settings, 2);
    personr_options *options;
    personr_auth *auth = NULL;
    personr_error *error = NULL;

    R_RegisterCFinalizerEx(handle, free_auth, TRUE);
    options = personr_options_new();
    if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
        && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
        && (store == NULL || personr_options_set_token_store(options, store, &error) == PERSONR_OK))
        personr_auth_new(email_text, password_text, options, &auth, &error);
    personr_options_free(options);
    R_SetExternalPtrAddr(handle, auth);
    UNPROTECT(1);
    return error == NULL ? handle : result(error);
}

SEXP r_user_id(SEXP handle)
{
    personr_token *token;
    personr_error *error;

    personr_auth_token(auth_of(handle), &token, &error);
    snprintf(value, sizeof value, "%s", personr_token_user_id(token));
    personr_token_free(token);
    return result(error);
}

/* Sends the fields, a vector of strings with names, and returns the string that the pointer leads to in the answer. */
SEXP r_send(SEXP handle, SEXP endpoint, SEXP fields, SEXP pointer)
{
    const char *endpoint_text = text(endpoint, 0), *pointer_text = text(pointer, 0);
    SEXP names = Rf_getAttrib(fields, R_NamesSymbol);
    R_xlen_t i, count = Rf_xlength(fields);
    const char **texts = (const char **)R_alloc(2 * count, sizeof *texts);
    personr_request *request;
    personr_response *response;
    personr_error *error;

    for (i = 0; i < count; i++) {
        texts[2 * i] = text(names, i);
        texts[2 * i + 1] = text(fields, i);
    }
    request = personr_request_new(endpoint_text);
    for (i = 0; i < count; i++) /* what is wrong with a field is what the send returns */
        personr_request_add_text(request, texts[2 * i], texts[2 * i + 1], NULL);
    if (personr_request_send(auth_of(handle), request, &response, &error) == PERSONR_OK)
        personr_json_copy(personr_response_json(response), pointer_text, value, sizeof value, NULL, &error);
    personr_response_free(response);
    personr_request_free(request);
    return result(error);
}
