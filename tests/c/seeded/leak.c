/* Seeded: forgets to free an object. A checker must say so. */
#include "seeded.h"

int main(int argc, char **argv)
{
    personr_auth *auth = auth_of_the_environment();
    personr_token *token = token_of(auth);
    personr_error *error = NULL;

    personr_auth_reject(auth, NULL, &error);
    if (!is(argc, argv, "token"))
        personr_token_free(token);
    if (!is(argc, argv, "error"))
        personr_error_free(error);
    if (!is(argc, argv, "auth"))
        personr_auth_free(auth);
    /* Nothing may point to them any more. */
    token = NULL;
    error = NULL;
    auth = NULL;
    return personr_auth_state(auth) + (token != NULL) + (error != NULL);
}
