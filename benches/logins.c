/* Logs in so many times, each time with a new handle: logins COUNT. Says how many microseconds of CPU a login takes. */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static int log_in(const personr_options *options)
{
    personr_auth *auth = NULL;
    personr_token *token = NULL;
    int result = EXIT_FAILURE;

    if (personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL) == PERSONR_OK
        && personr_auth_login(auth, &token, NULL) == PERSONR_OK)
        result = EXIT_SUCCESS;
    personr_token_free(token);
    personr_auth_free(auth);
    return result;
}

static double microseconds(struct timeval time)
{
    return time.tv_sec * 1e6 + time.tv_usec;
}

int main(int argc, char **argv)
{
    personr_options *options = personr_options_new();
    struct rusage before, after;
    int result, i, count = argc == 2 ? atoi(argv[1]) : 0;

    if (personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), NULL) != PERSONR_OK
        || personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL) != PERSONR_OK
        || personr_options_set_system_roots(options, 0, NULL) != PERSONR_OK)
        return EXIT_FAILURE;
    /* The first one pays for what is made once. */
    result = log_in(options);
    getrusage(RUSAGE_SELF, &before);
    for (i = 0; i < count && result == EXIT_SUCCESS; i++)
        result = log_in(options);
    getrusage(RUSAGE_SELF, &after);
    personr_options_free(options);
    printf("%.3f\n", (microseconds(after.ru_utime) + microseconds(after.ru_stime) - microseconds(before.ru_utime)
                      - microseconds(before.ru_stime)) / (count > 0 ? count : 1));
    return result;
}
