/*
 * Seeded: claims more capacity than the buffer has, so that the library writes behind its end. Whole: most of the value
 * is. Last: only its NUL, a single byte that no checked function of the C library writes, but the library's own code.
 */
#include "seeded.h"

int main(int argc, char **argv)
{
    personr_auth *auth = auth_of_the_environment();
    size_t needed = 0, size;
    char *buffer;

    personr_auth_authorization(auth, NULL, 0, &needed, NULL);
    size = is(argc, argv, "whole") ? 8 : is(argc, argv, "last") ? needed : needed + 1;
    buffer = (char *)malloc(size);
    if (buffer == NULL || personr_auth_authorization(auth, buffer, needed + 1, NULL, NULL) != PERSONR_OK)
        return EXIT_FAILURE;
    free(buffer);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
