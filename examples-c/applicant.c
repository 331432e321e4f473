/*
 * An applicant, from the first request to the last: creates one, uploads a document, starts the check, waits for its
 * result, and downloads the documents.
 *
 *     cc applicant.c -lpersonr -o applicant
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./applicant passport.jpg FOLDER
 *
 * PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) are for another service than Personr's own, such as the sandbox.
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ID_SIZE 256
#define POLLS 300

/* A request that names the applicant. What is wrong with an argument is what personr_request_send() returns. */
static personr_request *about(const char *applicant, const char *endpoint)
{
    personr_request *request = personr_request_new(endpoint);

    personr_request_add_text(request, "applicantId", applicant, NULL);
    return request;
}

/* Sends the request, and frees it. NULL if it failed. */
static personr_response *answer_to(const personr_auth *auth, personr_request *request, personr_error **error)
{
    personr_response *response = NULL;

    personr_request_send(auth, request, &response, error);
    personr_request_free(request);
    return response;
}

/* Each call makes a new applicant: it is not for repeating when personr_error_may_have_run() says 1. */
static int create(const personr_auth *auth, char *applicant, personr_error **error)
{
    personr_request *request = personr_request_new("api-applicant-create");
    personr_response *response;
    personr_status status = PERSONR_INTERNAL;

    personr_request_add_text(request, "email", "maia@example.com", NULL);
    personr_request_add_text(request, "phone", "+64211234567", NULL);
    personr_request_add_text(request, "flowName", "Individual", NULL);
    response = answer_to(auth, request, error);
    if (response != NULL)
        status = personr_json_copy(personr_response_json(response), "/response/applicant_id", applicant, ID_SIZE, NULL,
                                   error);
    personr_response_free(response);
    return status == PERSONR_OK;
}

/* The file goes out as Base64 in JSON, piece by piece: it never stands in memory whole. */
static int upload(const personr_auth *auth, const char *applicant, const char *path, personr_error **error)
{
    personr_request *request = personr_request_new("api-document-upload");
    personr_response *response = NULL;
    personr_status status;

    personr_request_set_format(request, PERSONR_FORMAT_JSON, NULL);
    personr_request_add_text(request, "applicantId", applicant, NULL);
    personr_request_add_text(request, "docType", "PASSPORT", NULL);
    personr_request_add_text(request, "docCountryISO", "NZL", NULL);
    personr_request_add_file(request, "docFile", path, NULL, PERSONR_ENCODING_OBJECT, NULL);
    status = personr_request_send(auth, request, &response, error); /* says whatever was wrong above, too */
    personr_response_free(response);
    personr_request_free(request);
    return status == PERSONR_OK;
}

static int check(const personr_auth *auth, const char *applicant, personr_error **error)
{
    personr_response *response = answer_to(auth, about(applicant, "api-request-applicant-check"), error);

    personr_response_free(response);
    return response != NULL;
}

/* Prints how the check has ended. To ask twice does no harm, so the library may. */
static int wait_for_result(const personr_auth *auth, const char *applicant, personr_error **error)
{
    int i, is_pending = 1;

    for (i = 0; i < POLLS && is_pending; i++) {
        personr_request *request = about(applicant, "api-applicant-status");
        personr_response *response;
        const char *result;

        personr_request_set_repeatable(request, 1, NULL);
        response = answer_to(auth, request, error);
        if (response == NULL)
            return 0;
        result = personr_json_string(personr_response_json(response), "/result/Status");
        is_pending = strcmp(result, "Pending") == 0;
        if (is_pending)
            sleep(1);
        else
            printf("result: %s\n", result);
        personr_response_free(response);
    }
    return !is_pending;
}

/* Files appear whole or not at all, and nobody else may read them. */
static int download(const personr_auth *auth, const char *applicant, const char *folder, personr_error **error)
{
    personr_response *response = answer_to(auth, about(applicant, "api-document-download"), error);
    const personr_json *json = personr_response_json(response);
    size_t i, count = personr_json_count(json, "/response/base64");
    personr_status status = response == NULL ? PERSONR_INTERNAL : PERSONR_OK;
    char pointer[64], path[1024];

    for (i = 0; i < count && status == PERSONR_OK; i++) {
        snprintf(pointer, sizeof pointer, "/response/base64/%lu", (unsigned long)i);
        snprintf(path, sizeof path, "%s/document-%lu", folder, (unsigned long)i);
        status = personr_json_save_base64(json, pointer, path, error);
        if (status == PERSONR_OK)
            printf("%s: %s\n", personr_json_string(personr_json_at(json, "/response/IdDocType", i), ""), path);
    }
    personr_response_free(response);
    return status == PERSONR_OK;
}

int main(int argc, char **argv)
{
    const char *base_url = getenv("PERSONR_BASE_URL"), *ca_file = getenv("PERSONR_CA_FILE");
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_error *error = NULL;
    char applicant[ID_SIZE];
    int result = EXIT_FAILURE;

    if (argc != 3) {
        fprintf(stderr, "usage: %s DOCUMENT FOLDER\n", argv[0]);
    } else if ((base_url == NULL || personr_options_set_base_url(options, base_url, &error) == PERSONR_OK)
               && (ca_file == NULL || personr_options_set_ca_file(options, ca_file, &error) == PERSONR_OK)
               && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error)
                   == PERSONR_OK
               && create(auth, applicant, &error) && upload(auth, applicant, argv[1], &error)
               && check(auth, applicant, &error) && wait_for_result(auth, applicant, &error)
               && download(auth, applicant, argv[2], &error)) {
        result = EXIT_SUCCESS;
    } else {
        fprintf(stderr, "%s (%s): %s\n", personr_status_name(personr_error_status(error)), personr_error_reason(error),
                personr_error_message(error));
    }
    personr_error_free(error);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
