/*
 * An application with more variables of each thread than the library's own thread would have stack.
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
    good = authorizes(auth, token) && variables[0] == 1;
    personr_token_free(token);
    personr_auth_free(auth);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
