/*
 * For test.sh. Between a program and the library it counts the handles that the program frees, and writes the counts
 * into the file PERSONR_FREED when the process ends. The library's own functions are renamed to really_... for it.
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>

#define COUNT_FREED(kind) \
    void really_##kind##_free(personr_##kind *handle); \
    static int kind##_freed; \
    void personr_##kind##_free(personr_##kind *handle) \
    { \
        kind##_freed += handle != NULL; \
        really_##kind##_free(handle); \
    }

COUNT_FREED(options)
COUNT_FREED(auth)
COUNT_FREED(token)
COUNT_FREED(request)
COUNT_FREED(response)
COUNT_FREED(error)

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("PERSONR_FREED");
    FILE *file = path == NULL ? NULL : fopen(path, "w");

    if (file == NULL)
        return;
    fprintf(file, "options %d, auth %d, token %d, request %d, response %d, error %d\n", options_freed, auth_freed,
            token_freed, request_freed, response_freed, error_freed);
    fclose(file);
}
