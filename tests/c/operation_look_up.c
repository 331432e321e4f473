/*
 * Cancels an operation while the host of the service is looked up, which nothing can end: its thread ends at once.
 */
#define _GNU_SOURCE
#include "check.h"
#include "look_up.h"

#include <unistd.h>

static int begun[2], goes_on[2];

static void stay(void)
{
    char byte = 0;

    CHECK(write(begun[1], &byte, 1) == 1);
    CHECK(read(goes_on[0], &byte, 1) == 1);
}

int main(void)
{
    personr_options *options = options_of_the_environment();
    personr_operation *operation;
    personr_token *token = NULL;
    personr_auth *auth;
    char byte = 0;

    CHECK(pipe(begun) == 0 && pipe(goes_on) == 0);
    during_look_up = stay;
    /* No time ends it before the cancel does. */
    OK(personr_options_set_timeout_ms, options, 120000);
    OK(personr_options_set_connect_timeout_ms, options, 120000);
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    OK(personr_auth_login_start, auth, 0, &operation);
    CHECK(read(begun[0], &byte, 1) == 1);
    CHECK(personr_operation_step(operation) == 0);
    personr_operation_cancel(operation);
    CHECK(personr_operation_step(operation) == 1);
    FAILS(PERSONR_CANCELLED, "cancelled", personr_operation_token, operation, &token);
    /* That of the look-up. */
    CHECK(wait_for_library_threads(1) <= 1);
    CHECK(personr_auth_state(auth) == PERSONR_STATE_EMPTY);
    personr_operation_free(operation);

    /* Another login shares the look-up, or has one of its own. */
    CHECK(write(goes_on[1], "12", 2) == 2);
    OK(personr_auth_login_start, auth, 0, &operation);
    while (!personr_operation_wait(operation, 1000))
        ;
    OK(personr_operation_token, operation, &token);
    personr_token_free(token);
    personr_operation_free(operation);
    personr_auth_free(auth);
    personr_options_free(options);
    puts("look-up: all checked");
    return EXIT_SUCCESS;
}
