/* The calls that read an answer, or a JSON text of the program's own. They use no network. */
#include "personr-cobol.h"

#include <libcob.h>
#include <stdlib.h>
#include <string.h>

/* Reads the body of a webhook, say. CALL "PERSONR-PARSE" USING TEXT ANSWER PERSONR-RESULT */
int PERSONR__PARSE(void)
{
    struct result *result = cobol_result_of("PERSONR-PARSE", 3);
    struct answer *answer = calloc(1, sizeof *answer);
    personr_error *error = NULL;
    char *text = cobol_text_argument(1);
    personr_status status;

    if (answer == NULL)
        cob_fatal_error(COB_FERROR_MEMORY);
    status = personr_json_parse((const uint8_t *)text, strlen(text), &answer->document, &error);
    cobol_free_text(text);
    answer->json = answer->document;
    cobol_set_handle(2, answer);
    return cobol_finish(result, status, error);
}

/* CALL "PERSONR-FREE-ANSWER" USING ANSWER */
int PERSONR__FREE__ANSWER(void)
{
    struct answer *answer;

    cobol_expect("PERSONR-FREE-ANSWER", 1);
    answer = cobol_handle_argument(1);
    if (answer != NULL) {
        personr_response_free(answer->response);
        personr_error_free(answer->refusal);
        personr_json_free(answer->document);
        free(answer);
    }
    cobol_set_handle(1, NULL);
    return 0;
}

/* Of the first argument. */
static const personr_json *json_argument(void)
{
    const struct answer *answer = cobol_handle_argument(1);

    return answer == NULL ? NULL : answer->json;
}

/* CALL "PERSONR-GET-TEXT" USING ANSWER POINTER TEXT PERSONR-RESULT */
int PERSONR__GET__TEXT(void)
{
    struct result *result = cobol_result_of("PERSONR-GET-TEXT", 4);
    char *pointer = cobol_text_argument(2), *text = NULL;
    size_t length = 0;
    personr_error *error = NULL;
    personr_status status = personr_json_copy(json_argument(), pointer, NULL, 0, &length, &error);

    cobol_clear_text(3);
    if (status == PERSONR_BUFFER_TOO_SMALL) {
        personr_error_free(error);
        text = calloc(length + 1, 1);
        if (text == NULL)
            cob_fatal_error(COB_FERROR_MEMORY);
        status = personr_json_copy(json_argument(), pointer, text, length + 1, &length, &error);
    }
    if (status == PERSONR_OK)
        cobol_give_text(result, 3, text, length);
    else
        cobol_finish(result, status, error);
    if (text != NULL)
        cobol_wipe(text, length);
    free(text);
    cobol_free_text(pointer);
    return 0;
}

/* A whole number, to 64 bits. CALL "PERSONR-GET-INTEGER" USING ANSWER POINTER NUMBER PERSONR-RESULT */
int PERSONR__GET__INTEGER(void)
{
    struct result *result = cobol_result_of("PERSONR-GET-INTEGER", 4);
    char *pointer = cobol_text_argument(2);
    int64_t value;
    personr_error *error = NULL;
    personr_status status = personr_json_integer(json_argument(), pointer, &value, &error);

    cobol_free_text(pointer);
    cobol_clear_number(3);
    return status == PERSONR_OK ? cobol_give_number(result, 3, value) : cobol_finish(result, status, error);
}

/* 1 for true, 0 for false. CALL "PERSONR-GET-BOOLEAN" USING ANSWER POINTER NUMBER PERSONR-RESULT */
int PERSONR__GET__BOOLEAN(void)
{
    struct result *result = cobol_result_of("PERSONR-GET-BOOLEAN", 4);
    char *pointer = cobol_text_argument(2);
    int32_t value;
    personr_error *error = NULL;
    personr_status status = personr_json_boolean(json_argument(), pointer, &value, &error);

    cobol_free_text(pointer);
    cobol_clear_number(3);
    return status == PERSONR_OK ? cobol_give_number(result, 3, value) : cobol_finish(result, status, error);
}

/* How many elements or members there are; 0 for what has none. CALL "PERSONR-COUNT" USING ANSWER POINTER NUMBER PERSONR-RESULT */
int PERSONR__COUNT(void)
{
    struct result *result = cobol_result_of("PERSONR-COUNT", 4);
    char *pointer = cobol_text_argument(2);
    size_t count = personr_json_count(json_argument(), pointer);

    cobol_free_text(pointer);
    return cobol_give_number(result, 3, (int64_t)count);
}

/* PERSONR-TYPE-STRING and its like. CALL "PERSONR-TYPE" USING ANSWER POINTER NUMBER PERSONR-RESULT */
int PERSONR__TYPE(void)
{
    struct result *result = cobol_result_of("PERSONR-TYPE", 4);
    char *pointer = cobol_text_argument(2);
    int32_t type = personr_json_type(json_argument(), pointer);

    cobol_free_text(pointer);
    return cobol_give_number(result, 3, type);
}

/* Decodes Base64 into a file. CALL "PERSONR-SAVE-BASE64" USING ANSWER POINTER PATH PERSONR-RESULT */
int PERSONR__SAVE__BASE64(void)
{
    struct result *result = cobol_result_of("PERSONR-SAVE-BASE64", 4);
    char *pointer = cobol_text_argument(2), *path = cobol_text_argument(3);
    personr_error *error = NULL;
    personr_status status = personr_json_save_base64(json_argument(), pointer, path, &error);

    cobol_free_text(pointer);
    cobol_free_text(path);
    return cobol_finish(result, status, error);
}
