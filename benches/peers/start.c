/* From dlopen until curl_easy_init is done. */
#include <curl/curl.h>

#include "../start.h"

static int start(void)
{
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    CURL *(*easy_init)(void);

    return library == NULL || find(library, "curl_easy_init", &easy_init) != 0 || easy_init() == NULL;
}
