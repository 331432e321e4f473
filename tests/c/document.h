/*
 * A document for the programs that read JSON, with what the service sends besides valid JSON.
 */
#ifndef DOCUMENT_H
#define DOCUMENT_H

#include "check.h"

static const char DOCUMENT[] = "{\n"
                               "  \"status\": \"success\",\n"
                               "  \"text\": \"no Base64!\",\n"
                               "  \"response\": {\n"
                               "    \"IdDocType\": [\"PASSPORT\", \"SELFIE\"],\n"
                               "    \"base64\": [\"UEFTUw==\", \"data:image\\/png;base64,U0VM\\r\\nRklF\"],\n"
                               "    \"Created Date\": 1670035114445631333,\n"
                               "    \"a/b\": {\"m~n\": -0.5},\n"
                               "    \"none\": null, \"yes\": true \"no\": false,\n"
                               "    \"twice\": 1, \"twice\": 1.5e3,\n"
                               "  },\n"
                               "}\n";

static personr_json *parsed_bytes(const char *text, size_t length)
{
    /* In a block of exactly that size, which is freed at once: it is copied, and not read behind its end. */
    uint8_t *bytes = (uint8_t *)malloc(length > 0 ? length : 1);
    personr_json *json = (personr_json *)(void *)untouched();

    CHECK(bytes != NULL);
    memcpy(bytes, text, length);
    OK(personr_json_parse, bytes, length, &json);
    CHECK(json != NULL);
    memset(bytes, '#', length);
    free(bytes);
    return json;
}

static personr_json *parsed(const char *text)
{
    return parsed_bytes(text, strlen(text));
}

#endif
