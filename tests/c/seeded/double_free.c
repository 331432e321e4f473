/*
 * Seeded: frees an object twice, or a borrowed string that was freed with its object. A checker must say so: in the
 * first case when the library looks at the object, in the second when it is freed.
 */
#include "seeded.h"

int main(int argc, char **argv)
{
    personr_auth *auth = auth_of_the_environment();
    personr_token *token = token_of(auth);
    personr_error *error = NULL;
    void *message;

    personr_auth_reject(auth, NULL, &error);
    message = (void *)personr_error_message(error);
    personr_token_free(token);
    personr_error_free(error);
    if (is(argc, argv, "token"))
        personr_token_free(token);
    if (is(argc, argv, "error"))
        personr_error_free(error);
    if (is(argc, argv, "message"))
        free(message);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
