/* Seeded: two threads do what only one may do at a time. A checker must say so. */
#include "seeded.h"

#include <pthread.h>

static pthread_barrier_t begin;
static const char *done_at_once;
static personr_auth *auth;
static personr_options *options;
static personr_request *request;
static char authorization[PERSONR_AUTHORIZATION_MAX];

static void make_a_handle(void)
{
    personr_auth *made = NULL;

    if (personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &made, NULL) != PERSONR_OK)
        exit(EXIT_FAILURE);
    personr_auth_free(made);
}

static void *race(void *second)
{
    pthread_barrier_wait(&begin);
    if (strcmp(done_at_once, "authorization") == 0)
        (void)personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL);
    else if (strcmp(done_at_once, "request") == 0)
        (void)personr_request_add_text(request, "name", "value", NULL);
    else if (second == NULL)
        (void)personr_options_set_timeout_ms(options, 1000, NULL);
    else
        make_a_handle();
    return NULL;
}

static void run_race(void)
{
    pthread_t threads[2];

    if (pthread_barrier_init(&begin, NULL, 2) != 0 || pthread_create(&threads[0], NULL, race, NULL) != 0
        || pthread_create(&threads[1], NULL, race, &begin) != 0)
        exit(EXIT_FAILURE);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
}

int main(int argc, char **argv)
{
    auth = auth_of_the_environment();
    personr_token_free(token_of(auth));
    options = personr_options_new();
    request = personr_request_new("api-applicant-status");
    if (argc == 2 && !is(argc, argv, "none")) {
        done_at_once = argv[1];
        run_race();
    }
    personr_request_free(request);
    personr_options_free(options);
    personr_auth_free(auth);
    return EXIT_SUCCESS;
}
