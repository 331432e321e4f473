/*
 * An authorised request, and what to do about a 401: reject the token, ask again, repeat ONCE.
 *
 * Any login to the account, by whatever program, ends the token of the login before it. So any request may meet a 401,
 * however good its token was a moment ago.
 *
 *     cc request.c -lpersonr -o request
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… PERSONR_BASE_URL=http://127.0.0.1:PORT/api/1.1/wf ./request
 *
 * post() in post.h stands for the HTTP client of your application. It speaks plain HTTP to the sandbox and can do no
 * more than that.
 */
#include <personr.h>
#include <stdio.h>
#include <stdlib.h>

#include "post.h"
#include "wipe.h"

/* The pattern. Returns the HTTP status of the last answer, or -1 if there was no token or no answer. */
static int authorised_post(const personr_auth *auth, const char *base_url, const char *endpoint, personr_error **error)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    int tries, status = -1;

    for (tries = 0; tries < 2; tries++) {
        status = -1;
        if (personr_auth_authorization(auth, authorization, sizeof authorization, NULL, error) != PERSONR_OK)
            break;
        status = post(base_url, endpoint, authorization);
        printf("%s: %d\n", endpoint, status);
        if (status != 401 || personr_auth_reject(auth, authorization, error) != PERSONR_OK)
            break;
    }
    /* On every path: even after a failure the buffer may hold an earlier value. */
    wipe(authorization, sizeof authorization);
    return status;
}

/* Something else logs in to the account: here another handle, but it might as well be another program. */
static personr_status log_in_elsewhere(const personr_auth *auth, personr_error **error)
{
    personr_token *token;
    personr_status status = personr_auth_login(auth, &token, error);

    if (status == PERSONR_OK)
        puts("another login ended the token");
    personr_token_free(token);
    return status;
}

int main(void)
{
    const char *base_url = getenv("PERSONR_BASE_URL");
    const char *email = getenv("PERSONR_EMAIL"), *password = getenv("PERSONR_PASSWORD");
    personr_options *options = personr_options_new();
    personr_auth *auth = NULL, *other = NULL;
    personr_error *error = NULL;
    int result = EXIT_FAILURE;

    if (personr_options_set_base_url(options, base_url, &error) == PERSONR_OK
        && personr_auth_new(email, password, options, &auth, &error) == PERSONR_OK
        && personr_auth_new(email, password, options, &other, &error) == PERSONR_OK
        && authorised_post(auth, base_url, "api-applicant-status", &error) == 200
        && log_in_elsewhere(other, &error) == PERSONR_OK
        && authorised_post(auth, base_url, "api-applicant-status", &error) == 200)
        result = EXIT_SUCCESS;
    else
        fprintf(stderr, "failed: %s\n", personr_error_message(error));
    personr_error_free(error);
    personr_auth_free(other);
    personr_auth_free(auth);
    personr_options_free(options);
    return result;
}
