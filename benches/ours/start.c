/* From dlopen until personr_auth_new is done. */
#include <personr.h>

#include "../start.h"

static int start(void)
{
    void *library = dlopen("libpersonr.so.0", RTLD_NOW | RTLD_LOCAL);
    personr_status (*auth_new)(const char *, const char *, const personr_options *, personr_auth **, personr_error **);
    personr_auth *auth = NULL;

    return library == NULL || find(library, "personr_auth_new", &auth_new) != 0
        || auth_new("dev@example.com", "correct horse battery staple", NULL, &auth, NULL) != PERSONR_OK;
}
