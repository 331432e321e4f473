/*
 * A pre-forking server in small: the parent gets a token, then its children work with it, each in a process of its own.
 * When the token ends, one of them logs in and the others find the new one in the store.
 *
 * Processes share a token through a file: store. With memory: the login of each child would end the token of the
 * others.
 *
 *     cc prefork.c -lpersonr -o prefork
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… PERSONR_BASE_URL=http://127.0.0.1:PORT/api/1.1/wf \
 *         ./prefork file:/var/lib/program/personr
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "post.h"
#include "wipe.h"

#define CHILDREN 8
#define REQUESTS 10

/* On a 401: reject the token, ask again, repeat once. Returns 1 if the request was served. */
static int serve(const personr_auth *auth, const char *base_url)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    personr_error *error = NULL;
    int tries, status = -1;

    for (tries = 0; tries < 2; tries++) {
        status = -1;
        if (personr_auth_authorization(auth, authorization, sizeof authorization, NULL, &error) != PERSONR_OK) {
            fprintf(stderr, "%ld: %s\n", (long)getpid(), personr_error_message(error));
            personr_error_free(error);
            break;
        }
        status = post(base_url, "api-applicant-status", authorization);
        if (status != 401)
            break;
        personr_auth_reject(auth, authorization, NULL);
    }
    wipe(authorization, sizeof authorization);
    return status == 200;
}

/* The work of one child. Returns how many requests were served. */
static int work(const personr_auth *auth, const char *base_url)
{
    int i, served = 0;

    for (i = 0; i < REQUESTS; i++)
        served += serve(auth, base_url);
    return served;
}

/* Starts the children and adds up what they served. */
static int run(personr_auth *auth, const char *base_url)
{
    int i, status, started = 0, served = 0;

    for (i = 0; i < CHILDREN; i++) {
        pid_t child = fork();

        if (child == 0) {
            served = work(auth, base_url);
            personr_auth_free(auth);
            _exit(served);
        }
        started += child > 0;
    }
    for (i = 0; i < started; i++)
        if (wait(&status) > 0 && WIFEXITED(status))
            served += WEXITSTATUS(status);
    printf("%d children, %d of %d requests served\n", started, served, CHILDREN * REQUESTS);
    return served == CHILDREN * REQUESTS ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const char *base_url = getenv("PERSONR_BASE_URL"), *store = argc > 1 ? argv[1] : NULL;
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL;
    personr_token *token = NULL;
    personr_error *error = NULL;
    int result = EXIT_FAILURE;

    if (personr_options_set_base_url(options, base_url, &error) == PERSONR_OK
        && personr_options_set_token_store(options, store, &error) == PERSONR_OK
        && personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, &error) == PERSONR_OK
        && personr_auth_token(auth, &token, &error) == PERSONR_OK)
        result = run(auth, base_url);
    else
        fprintf(stderr, "failed: %s\n", personr_error_message(error));
    personr_error_free(error);
    personr_token_free(token);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
