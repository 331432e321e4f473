/*
 * An application without a descriptor left, and then with some. Each line: when, and what a login comes to.
 *
 *     few_descriptors [SPARE [BASE_URL [PROXY]]]    SPARE descriptors are left; the proxy is none unless named
 *     few_descriptors warm BASE_URL                 none is left, after a first login
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "application.h"

#define LIMIT 64

static void log_in(const char *when, const personr_auth *auth)
{
    personr_token *token = NULL;
    personr_error *error = NULL;

    if (personr_auth_login(auth, &token, &error) == PERSONR_OK)
        printf("%s: token\n", when);
    else
        printf("%s: %s %s, %s\n", when, personr_status_name(personr_error_status(error)), personr_error_reason(error),
               personr_error_message(error));
    personr_error_free(error);
    personr_token_free(token);
}

int main(int argc, char **argv)
{
    int is_warm = argc > 1 && strcmp(argv[1], "warm") == 0, spare = argc > 1 ? atoi(argv[1]) : 0, last = 0, opened, i;
    personr_options *options = application_options(NULL);
    personr_auth *auth;
    struct rlimit limit;

    if (personr_options_set_proxy(options, argc > 3 ? argv[3] : "", NULL) != PERSONR_OK
        || (argc > 2 && personr_options_set_base_url(options, argv[2], NULL) != PERSONR_OK))
        return EXIT_FAILURE;
    auth = application_auth(options, NULL);
    if (auth == NULL)
        return EXIT_FAILURE;
    if (is_warm)
        log_in("before", auth);
    limit.rlim_cur = limit.rlim_max = LIMIT;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        return EXIT_FAILURE;
    while ((opened = open("/dev/null", O_RDONLY)) >= 0)
        last = opened;
    for (i = 0; i < spare; i++)
        close(last--);
    log_in("few", auth);
    while (last > 2)
        close(last--);
    log_in("enough", auth);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
