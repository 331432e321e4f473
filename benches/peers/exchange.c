/* Authorised requests as a careful C programmer would write them with libcurl, OpenSSL and cJSON. */
#include "../exchange.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../client.h"

#define ANSWER_MAX ((size_t)64 * 1024 * 1024)

struct bytes {
    char *start;
    size_t length, capacity;
};

struct exchanger {
    CURL *curl;
    struct curl_slist *headers;
    char authorization[sizeof "Authorization: " + AUTHORIZATION_SIZE];
    struct bytes answer;
};

static size_t keep(char *bytes, size_t size, size_t count, void *user)
{
    struct bytes *answer = user;
    size_t length = size * count;
    char *larger;

    if (length > ANSWER_MAX - answer->length)
        return CURL_WRITEFUNC_ERROR;
    if (answer->capacity - answer->length <= length) {
        size_t capacity = 2 * (answer->length + length) + 4096;

        larger = realloc(answer->start, capacity);
        if (larger == NULL)
            return CURL_WRITEFUNC_ERROR;
        answer->start = larger;
        answer->capacity = capacity;
    }
    memcpy(answer->start + answer->length, bytes, length);
    answer->length += length;
    return length;
}

static struct exchanger *exchanger_with(const char *authorization)
{
    struct exchanger *exchanger = calloc(1, sizeof *exchanger);
    CURL *curl = curl_easy_init();

    if (exchanger == NULL || curl == NULL) {
        free(exchanger);
        curl_easy_cleanup(curl);
        return NULL;
    }
    exchanger->curl = curl;
    snprintf(exchanger->authorization, sizeof exchanger->authorization, "%s", authorization);
    if (curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_CAINFO, getenv("PERSONR_CA_FILE")) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_USERAGENT, "peer/1.0") != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 10000L) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 60000L) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_WRITEDATA, &exchanger->answer) != CURLE_OK) {
        exchanger_free(exchanger);
        return NULL;
    }
    return exchanger;
}

struct exchanger *exchanger_new(void)
{
    char line[sizeof "Authorization: " + AUTHORIZATION_SIZE] = "Authorization: ";
    size_t length = strlen(line);
    struct exchanger *exchanger = NULL;
    struct client *client;

    if (clients_begin() != 0)
        return NULL;
    client = client_new();
    if (client != NULL && client_authorization(client, line + length, sizeof line - length) == 0)
        exchanger = exchanger_with(line);
    client_free(client);
    explicit_bzero(line, sizeof line);
    return exchanger;
}

struct exchanger *exchanger_for_thread(struct exchanger *exchanger)
{
    return exchanger_with(exchanger->authorization);
}

void exchanger_free(struct exchanger *exchanger)
{
    if (exchanger == NULL)
        return;
    curl_easy_cleanup(exchanger->curl);
    curl_slist_free_all(exchanger->headers);
    free(exchanger->answer.start);
    explicit_bzero(exchanger, sizeof *exchanger);
    free(exchanger);
}

/* Sends what is set. Returns the answer if it says success, or NULL. */
static cJSON *answer_of(struct exchanger *exchanger, const char *endpoint, const char *content_type)
{
    struct curl_slist *headers = curl_slist_append(NULL, exchanger->authorization), *more;
    cJSON *answer = NULL;
    long status = 0;
    char url[2048];

    snprintf(url, sizeof url, "%s/%s", getenv("PERSONR_BASE_URL"), endpoint);
    /* Without `Expect`, which would cost a round trip. */
    more = headers == NULL ? NULL : curl_slist_append(headers, "Expect:");
    if (more != NULL && content_type != NULL)
        more = curl_slist_append(headers, content_type);
    exchanger->answer.length = 0;
    if (more != NULL && curl_easy_setopt(exchanger->curl, CURLOPT_URL, url) == CURLE_OK
        && curl_easy_setopt(exchanger->curl, CURLOPT_HTTPHEADER, headers) == CURLE_OK
        && curl_easy_perform(exchanger->curl) == CURLE_OK
        && curl_easy_getinfo(exchanger->curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200)
        answer = cJSON_ParseWithLength(exchanger->answer.start, exchanger->answer.length);
    curl_easy_setopt(exchanger->curl, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return answer;
}

static int add(curl_mime *form, const char *name, const char *value)
{
    curl_mimepart *part = curl_mime_addpart(form);

    return part == NULL || curl_mime_name(part, name) != CURLE_OK
        || curl_mime_data(part, value, CURL_ZERO_TERMINATED) != CURLE_OK;
}

/* A form with the applicant, and with another field if it is not NULL. */
static cJSON *answer_of_form(struct exchanger *exchanger, const char *endpoint, const char *name, const char *value)
{
    curl_mime *form = curl_mime_init(exchanger->curl);
    cJSON *answer = NULL;

    if (form != NULL && add(form, "applicantId", APPLICANT) == 0 && (name == NULL || add(form, name, value) == 0)
        && curl_easy_setopt(exchanger->curl, CURLOPT_MIMEPOST, form) == CURLE_OK)
        answer = answer_of(exchanger, endpoint, NULL);
    curl_easy_setopt(exchanger->curl, CURLOPT_MIMEPOST, NULL);
    curl_mime_free(form);
    return answer;
}

int exchanger_ask(struct exchanger *exchanger)
{
    cJSON *answer = answer_of_form(exchanger, "api-applicant-details", "sourceKey", "bench");
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(answer, "status");
    int result = cJSON_IsString(status) && strcmp(status->valuestring, "success") == 0 ? 0 : -1;

    cJSON_Delete(answer);
    return result;
}

static int read_file(const char *path, struct bytes *bytes)
{
    FILE *file = fopen(path, "rb");
    int result = -1;
    long length;

    if (file == NULL)
        return -1;
    if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0 && fseek(file, 0, SEEK_SET) == 0
        && (bytes->start = malloc((size_t)length + 1)) != NULL) {
        bytes->length = fread(bytes->start, 1, (size_t)length, file);
        result = bytes->length == (size_t)length ? 0 : -1;
    }
    fclose(file);
    return result;
}

int exchanger_upload(struct exchanger *exchanger, const char *path)
{
    static const char before[] = "{\"applicantId\":\"" APPLICANT "\",\"docType\":\"ID_CARD\",\"docCountryISO\":\"NZL\","
                                 "\"docFile\":{\"filename\":\"document.bin\",\"contents\":\"";
    static const char after[] = "\"}}";
    struct bytes file = {0};
    char *body = NULL, *end;
    cJSON *answer = NULL;
    int result = -1;

    if (read_file(path, &file) == 0)
        body = malloc(sizeof before + 4 * ((file.length + 2) / 3) + sizeof after);
    if (body != NULL) {
        memcpy(body, before, sizeof before - 1);
        end = body + sizeof before - 1;
        end += EVP_EncodeBlock((unsigned char *)end, (const unsigned char *)file.start, (int)file.length);
        memcpy(end, after, sizeof after - 1);
        end += sizeof after - 1;
        if (curl_easy_setopt(exchanger->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(end - body)) == CURLE_OK
            && curl_easy_setopt(exchanger->curl, CURLOPT_POSTFIELDS, body) == CURLE_OK)
            answer = answer_of(exchanger, "api-document-upload", "Content-Type: application/json");
        result = cJSON_IsString(cJSON_GetObjectItemCaseSensitive(answer, "applicantId")) ? 0 : -1;
        curl_easy_setopt(exchanger->curl, CURLOPT_POSTFIELDS, NULL);
        curl_easy_setopt(exchanger->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)-1);
    }
    cJSON_Delete(answer);
    free(body);
    free(file.start);
    return result;
}

static int write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    int result = -1;

    if (file != NULL && fwrite(bytes, 1, length, file) == length)
        result = 0;
    if (file != NULL && fclose(file) != 0)
        result = -1;
    return result;
}

int exchanger_download(struct exchanger *exchanger, const char *path)
{
    cJSON *answer = answer_of_form(exchanger, "api-document-download", NULL, NULL);
    const cJSON *response = cJSON_GetObjectItemCaseSensitive(answer, "response");
    const cJSON *base64 = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(response, "base64"), 0);
    int result = -1, length, padding = 0;

    if (cJSON_IsString(base64)) {
        size_t text = strlen(base64->valuestring);
        unsigned char *decoded = malloc(3 * (text / 4) + 3);

        while (padding < 2 && (size_t)padding < text && base64->valuestring[text - 1 - (size_t)padding] == '=')
            padding++;
        if (decoded != NULL
            && (length = EVP_DecodeBlock(decoded, (const unsigned char *)base64->valuestring, (int)text)) >= padding)
            result = write_file(path, decoded, (size_t)(length - padding));
        free(decoded);
    }
    cJSON_Delete(answer);
    return result;
}
