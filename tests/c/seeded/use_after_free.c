/*
 * Seeded: uses an object, or a string borrowed from it, after it was freed. A checker must say so.
 *
 * A token's string stands in pages of its own, which are given back when its last owner goes: the handle is another.
 */
#include "seeded.h"

int main(int argc, char **argv)
{
    personr_auth *auth = auth_of_the_environment();
    personr_token *token = token_of(auth);
    const char *value = personr_token_value(token), *message;
    personr_error *error = NULL;
    size_t length = strlen(value);

    personr_auth_reject(auth, NULL, &error);
    message = personr_error_message(error);
    personr_auth_free(auth);
    personr_token_free(token);
    personr_error_free(error);
    if (is(argc, argv, "auth"))
        length += (size_t)personr_auth_state(auth);
    if (is(argc, argv, "token"))
        length += (size_t)value[0];
    if (is(argc, argv, "handle"))
        length += strlen(personr_token_value(token));
    if (is(argc, argv, "error"))
        length += (size_t)message[0];
    return length > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
