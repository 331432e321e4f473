/*
 * An application in which no thread can be started, and so no operation.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include "application.h"

/* The application's own: the library finds it before the system's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    (void)thread, (void)attributes, (void)start, (void)argument;
    return EAGAIN;
}

static int is_refused(personr_status status, const personr_operation *operation, personr_error *error)
{
    printf("%s %s\n", personr_status_name(status), personr_error_reason(error));
    personr_error_free(error);
    return status != PERSONR_OK && operation == NULL;
}

int main(void)
{
    personr_auth *auth = application_auth(application_options(NULL), NULL);
    personr_request *request = personr_request_new("api-applicant-status");
    personr_operation *operation = NULL;
    personr_error *error = NULL;
    personr_status status;
    int good = auth != NULL;

    status = personr_auth_token_start(auth, 0, &operation, &error);
    good = good && is_refused(status, operation, error);
    status = personr_auth_login_start(auth, 0, &operation, &error);
    good = good && is_refused(status, operation, error);
    status = personr_request_start(auth, request, &operation, &error);
    good = good && is_refused(status, operation, error);
    personr_request_free(request);
    personr_auth_free(auth);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
