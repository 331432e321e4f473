/* Prints how many nanoseconds one hand-out takes in C: handout BASE_URL CA_FILE EMAIL PASSWORD. */
#include <personr.h>
#include <stdio.h>
#include <time.h>

#define CALLS 3000000

static double now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int main(int argc, char **argv)
{
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    char authorization[PERSONR_AUTHORIZATION_MAX];
    double begun;
    int i;

    if (argc != 5 || personr_options_set_base_url(options, argv[1], NULL) != PERSONR_OK
        || personr_options_set_ca_file(options, argv[2], NULL) != PERSONR_OK
        || personr_auth_new(argv[3], argv[4], options, &auth, NULL) != PERSONR_OK
        || personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL) != PERSONR_OK)
        return 1;
    begun = now_ns();
    for (i = 0; i < CALLS; i++)
        if (personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL) != PERSONR_OK)
            return 1;
    printf("%.1f\n", (now_ns() - begun) / CALLS);
    personr_auth_free(auth);
    personr_options_free(options);
    return 0;
}
