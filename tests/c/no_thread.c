/*
 * An application in which no thread can be started.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>

#include "application.h"
#include "look_up.h"

/* The application's own: the library finds it before the system's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    (void)thread, (void)attributes, (void)start, (void)argument;
    return EAGAIN;
}

int main(void)
{
    personr_auth *auth = application_auth(application_options(NULL), NULL);
    personr_token *token = NULL;
    personr_error *error = NULL;

    if (auth == NULL || personr_auth_login(auth, &token, &error) == PERSONR_OK)
        return EXIT_FAILURE;
    printf("%s %s\n%s\n", personr_status_name(personr_error_status(error)), personr_error_reason(error),
           personr_error_message(error));
    personr_error_free(error);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
