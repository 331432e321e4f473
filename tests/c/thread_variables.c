/*
 * An application with more variables of each thread than the library's own threads would have stack: that of a look-up,
 * and those of operations.
 */
#define _GNU_SOURCE
#include "application.h"
#include "look_up.h"

/* glibc puts them into the stack of each thread. */
static __thread char variables[600 * 1024];

/* Of the 256 KiB that a look-up has. The system's resolver and its modules may need most of them. */
#define STACK_USED (200 * 1024)

static void use_variables(void)
{
    volatile char room[STACK_USED];
    size_t i;

    memset(variables, 1, sizeof variables);
    for (i = 0; i < sizeof room; i += 512)
        room[i] = 1;
}

/* On a thread of the library each: a login, and a request. */
static int operate(const personr_auth *auth)
{
    personr_request *request = personr_request_new("api-applicant-status");
    personr_operation *login = NULL, *sending = NULL;
    personr_response *response = NULL;
    personr_token *token = NULL;
    int good = personr_auth_login_start(auth, 0, &login, NULL) == PERSONR_OK
        && personr_request_start(auth, request, &sending, NULL) == PERSONR_OK;

    personr_request_free(request);
    while (!personr_operation_wait(login, 1000) || !personr_operation_wait(sending, 1000))
        ;
    good = good && personr_operation_token(login, &token, NULL) == PERSONR_OK
        && personr_operation_response(sending, &response, NULL) == PERSONR_OK;
    personr_token_free(token);
    personr_response_free(response);
    personr_operation_free(login);
    personr_operation_free(sending);
    return good;
}

int main(void)
{
    personr_auth *auth = application_auth(application_options(NULL), NULL);
    personr_token *token = NULL;
    personr_error *error = NULL;
    int good;

    during_look_up = use_variables;
    use_variables();
    if (auth == NULL)
        return EXIT_FAILURE;
    if (personr_auth_login(auth, &token, &error) != PERSONR_OK)
        return complain("personr_auth_login", error), EXIT_FAILURE;
    good = authorizes(auth, token) && operate(auth) && variables[0] == 1;
    personr_token_free(token);
    personr_auth_free(auth);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
