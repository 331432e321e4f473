#include "../exchange.h"

#include <personr.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../client.h"

struct exchanger *exchanger_new(void)
{
    return clients_begin() == 0 ? (struct exchanger *)client_new() : NULL;
}

/* Any number of threads may share a handle. */
struct exchanger *exchanger_for_thread(struct exchanger *exchanger)
{
    return exchanger;
}

void exchanger_free(struct exchanger *exchanger)
{
    client_free((struct client *)exchanger);
}

static personr_response *answer_to(struct exchanger *exchanger, personr_request *request)
{
    personr_response *response = NULL;

    personr_request_send((const personr_auth *)exchanger, request, &response, NULL);
    personr_request_free(request);
    return response;
}

int exchanger_ask(struct exchanger *exchanger)
{
    personr_request *request = personr_request_new("api-applicant-details");
    personr_response *response;
    int result;

    personr_request_add_text(request, "applicantId", APPLICANT, NULL);
    personr_request_add_text(request, "sourceKey", "bench", NULL);
    response = answer_to(exchanger, request);
    result = strcmp(personr_json_string(personr_response_json(response), "/status"), "success") == 0 ? 0 : -1;
    personr_response_free(response);
    return result;
}

int exchanger_upload(struct exchanger *exchanger, const char *path)
{
    personr_request *request = personr_request_new("api-document-upload");
    personr_response *response;
    int result;

    personr_request_set_format(request, PERSONR_FORMAT_JSON, NULL);
    personr_request_add_text(request, "applicantId", APPLICANT, NULL);
    personr_request_add_text(request, "docType", "ID_CARD", NULL);
    personr_request_add_text(request, "docCountryISO", "NZL", NULL);
    personr_request_add_file(request, "docFile", path, NULL, PERSONR_ENCODING_OBJECT, NULL);
    response = answer_to(exchanger, request);
    result = personr_json_type(personr_response_json(response), "/applicantId") == PERSONR_TYPE_STRING ? 0 : -1;
    personr_response_free(response);
    return result;
}

int exchanger_download(struct exchanger *exchanger, const char *path)
{
    personr_request *request = personr_request_new("api-document-download");
    personr_response *response;
    personr_status status;

    personr_request_add_text(request, "applicantId", APPLICANT, NULL);
    response = answer_to(exchanger, request);
    status = personr_json_save_base64(personr_response_json(response), "/response/base64/0", path, NULL);
    personr_response_free(response);
    return status;
}
