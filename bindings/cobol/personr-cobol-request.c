/* The calls that fill a request and send it. What is wrong with a field is what PERSONR-SEND tells. */
#include "personr-cobol.h"

#include <libcob.h>
#include <stdlib.h>
#include <string.h>

/* CALL "PERSONR-REQUEST" USING REQUEST ENDPOINT */
int PERSONR__REQUEST(void)
{
    char *endpoint;

    cobol_expect("PERSONR-REQUEST", 2);
    endpoint = cobol_text_argument(2);
    cobol_set_handle(1, personr_request_new(endpoint));
    cobol_free_text(endpoint);
    return 0;
}

/* CALL "PERSONR-FREE-REQUEST" USING REQUEST */
int PERSONR__FREE__REQUEST(void)
{
    cobol_expect("PERSONR-FREE-REQUEST", 1);
    personr_request_free(cobol_handle_argument(1));
    cobol_set_handle(1, NULL);
    return 0;
}

/* CALL "PERSONR-FORMAT" USING REQUEST PERSONR-FORMAT-JSON */
int PERSONR__FORMAT(void)
{
    cobol_expect("PERSONR-FORMAT", 2);
    personr_request_set_format(cobol_handle_argument(1), (int32_t)cob_get_s64_param(2), NULL);
    return 0;
}

/* To send it twice does no harm. CALL "PERSONR-REPEATABLE" USING REQUEST */
int PERSONR__REPEATABLE(void)
{
    cobol_expect("PERSONR-REPEATABLE", 1);
    personr_request_set_repeatable(cobol_handle_argument(1), 1, NULL);
    return 0;
}

/* CALL "PERSONR-REQUEST-TIMEOUT" USING REQUEST MILLISECONDS */
int PERSONR__REQUEST__TIMEOUT(void)
{
    int64_t milliseconds;

    cobol_expect("PERSONR-REQUEST-TIMEOUT", 2);
    milliseconds = cob_get_s64_param(2);
    /* 0 is out of range, too, and so what the send tells. */
    personr_request_set_timeout_ms(cobol_handle_argument(1),
                                   milliseconds > 0 && milliseconds <= 3600000 ? (uint32_t)milliseconds : 0, NULL);
    return 0;
}

typedef personr_status (*adder)(personr_request *, const char *, const char *, personr_error **);

static int add(const char *call, adder add)
{
    char *name, *value;

    cobol_expect(call, 3);
    name = cobol_text_argument(2);
    value = cobol_text_argument(3);
    add(cobol_handle_argument(1), name, value, NULL);
    cobol_free_text(name);
    cobol_free_text(value);
    return 0;
}

/* CALL "PERSONR-ADD-TEXT" USING REQUEST NAME VALUE */
int PERSONR__ADD__TEXT(void)
{
    return add("PERSONR-ADD-TEXT", personr_request_add_text);
}

/* CALL "PERSONR-ADD-JSON" USING REQUEST NAME JSON */
int PERSONR__ADD__JSON(void)
{
    return add("PERSONR-ADD-JSON", personr_request_add_json);
}

/* CALL "PERSONR-ADD-FILE" USING REQUEST NAME PATH PERSONR-ENCODING-OBJECT */
int PERSONR__ADD__FILE(void)
{
    char *name, *path;

    cobol_expect("PERSONR-ADD-FILE", 4);
    name = cobol_text_argument(2);
    path = cobol_text_argument(3);
    personr_request_add_file(cobol_handle_argument(1), name, path, NULL, (int32_t)cob_get_s64_param(4), NULL);
    cobol_free_text(name);
    cobol_free_text(path);
    return 0;
}

/*
 * If the service refuses, ANSWER is what it said.
 * CALL "PERSONR-SEND" USING AUTH REQUEST ANSWER PERSONR-RESULT
 */
int PERSONR__SEND(void)
{
    struct result *result = cobol_result_of("PERSONR-SEND", 4);
    struct answer *answer = calloc(1, sizeof *answer);
    personr_error *error = NULL;
    personr_status status;
    int may_have_run;

    if (answer == NULL)
        cob_fatal_error(COB_FERROR_MEMORY);
    status = personr_request_send(cobol_handle_argument(1), cobol_handle_argument(2), &answer->response, &error);
    may_have_run = status != PERSONR_OK && personr_error_may_have_run(error);
    answer->refusal = error;
    answer->json = status == PERSONR_OK ? personr_response_json(answer->response) : personr_error_json(error);
    cobol_set_handle(3, answer);
    cobol_tell(result, status, error);
    if (status == PERSONR_OK)
        result->http_status = personr_response_http_status(answer->response);
    result->may_have_run = may_have_run;
    return 0;
}
