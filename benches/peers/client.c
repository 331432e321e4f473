/* A login as a careful C programmer would write it with libcurl and cJSON. It has no place to keep a token. */
#include "../client.h"

#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANSWER_MAX (64 * 1024)
#define TOKEN_MAX 4096
#define BOUNDARY "libcurl-and-cjson"

const int client_is_shared = 0;

struct client {
    CURL *curl;
    struct curl_slist *headers;
    char answer[ANSWER_MAX + 1];
    size_t length;
};

int clients_begin(void)
{
    return curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK;
}

void clients_end(void)
{
    curl_global_cleanup();
}

static size_t keep(char *bytes, size_t size, size_t count, void *user)
{
    struct client *client = user;

    if (count > ANSWER_MAX - client->length)
        return CURL_WRITEFUNC_ERROR;
    memcpy(client->answer + client->length, bytes, count);
    client->length += count;
    return size * count;
}

static int set_options(struct client *client)
{
    CURL *curl = client->curl;
    const char *bundle = getenv("PERSONR_BUNDLE");
    char url[2048];

    snprintf(url, sizeof url, "%s/api-basic-auth", getenv("PERSONR_BASE_URL"));
    client->headers = curl_slist_append(NULL, "Content-Type: multipart/form-data; boundary=" BOUNDARY);
    return client->headers == NULL || curl_easy_setopt(curl, CURLOPT_URL, url) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https") != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_CAINFO, bundle != NULL ? bundle : getenv("PERSONR_CA_FILE")) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_CAPATH, NULL) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_USERNAME, getenv("PERSONR_EMAIL")) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_PASSWORD, getenv("PERSONR_PASSWORD")) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_HTTPHEADER, client->headers) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "--" BOUNDARY "--\r\n") != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_USERAGENT, "peer/1.0") != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, 10000L) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 30000L) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep) != CURLE_OK
        || curl_easy_setopt(curl, CURLOPT_WRITEDATA, client) != CURLE_OK;
}

struct client *client_new(void)
{
    struct client *client = calloc(1, sizeof *client);

    if (client == NULL)
        return NULL;
    client->curl = curl_easy_init();
    if (client->curl == NULL || set_options(client) != 0) {
        client_free(client);
        return NULL;
    }
    return client;
}

void client_free(struct client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->curl);
    curl_slist_free_all(client->headers);
    explicit_bzero(client, sizeof *client);
    free(client);
}

static int is_token(const char *text)
{
    size_t length = strlen(text), i;

    for (i = 0; i < length; i++)
        if (text[i] < 0x21 || text[i] > 0x7e)
            return 0;
    return length > 0 && length <= TOKEN_MAX;
}

/* "Bearer " and the token of an answer that says success. */
static int read_answer(struct client *client, char *buffer, size_t capacity)
{
    cJSON *answer = cJSON_ParseWithLength(client->answer, client->length);
    const cJSON *status = cJSON_GetObjectItemCaseSensitive(answer, "status");
    const cJSON *response = cJSON_GetObjectItemCaseSensitive(answer, "response");
    const cJSON *token = cJSON_GetObjectItemCaseSensitive(response, "token");
    int result = -1;

    if (cJSON_IsString(status) && strcmp(status->valuestring, "success") == 0 && cJSON_IsString(token)
        && is_token(token->valuestring)
        && (size_t)snprintf(buffer, capacity, "Bearer %s", token->valuestring) < capacity)
        result = 0;
    cJSON_Delete(answer);
    return result;
}

int client_authorization(struct client *client, char *buffer, size_t capacity)
{
    long status = 0;

    client->length = 0;
    if (curl_easy_perform(client->curl) != CURLE_OK
        || curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || status != 200)
        return -1;
    return read_answer(client, buffer, capacity);
}

int client_login(struct client *client)
{
    char authorization[AUTHORIZATION_SIZE];
    int result = client_authorization(client, authorization, sizeof authorization);

    explicit_bzero(authorization, sizeof authorization);
    return result;
}
