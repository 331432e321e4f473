/*
 * What the header lets any number of threads do at once, done at once. many_threads_callbacks.c has the callbacks.
 *
 *     many_threads ROUNDS [STORE]
 */
#define _GNU_SOURCE
#include "look_up.h"
#include "many_threads.h"

#define SENDS "api-applicant-status"

static personr_options *options;
static personr_request *request;
static personr_response *response;

/* The hand-out: most threads read, one renews, one rejects what it reads. */
static void hand_out(struct worker *worker)
{
    char authorization[PERSONR_AUTHORIZATION_MAX];
    int i, times = worker->number < 2 ? rounds : 100 * rounds;

    for (i = 0; i < times; i++) {
        personr_status status = personr_auth_authorization(auth, authorization, sizeof authorization, NULL, NULL);

        CHECK(status == PERSONR_OK || status == PERSONR_UNAUTHORIZED);
        CHECK(status != PERSONR_OK || strncmp(authorization, "Bearer ", 7) == 0);
        if (worker->number == 0)
            CHECK(log_in());
        else if (worker->number == 1 && status == PERSONR_OK)
            OK(personr_auth_reject, auth, authorization);
        else if (i % 16 == 0)
            take_token();
        CHECK(personr_auth_state(auth) <= PERSONR_STATE_FAILING && personr_auth_renews_at(auth) >= 0);
    }
}

static void check_response(personr_status status, personr_response *answer, personr_error *error)
{
    /* A 401 again, since other threads log in. */
    if (status != PERSONR_OK && status != PERSONR_UNAUTHORIZED)
        fail(__FILE__, __LINE__, SENDS, error);
    CHECK(status != PERSONR_OK || personr_response_http_status(answer) == 200);
    personr_response_free(answer);
    personr_error_free(error);
}

/* Many threads send one request: every third waits for the answer, every third watches a descriptor for it. */
static void send_it(struct worker *worker)
{
    personr_operation *operation;
    personr_response *answer = NULL;
    personr_error *error = NULL;
    personr_status status;

    if (worker->number % 3 == 0) {
        status = personr_request_send(auth, request, &answer, &error);
        check_response(status, answer, error);
        return;
    }
    OK(personr_request_start, auth, request, &operation);
    if (worker->number % 3 == 1)
        finish(operation);
    else
        while (!personr_operation_wait(operation, 1000))
            ;
    status = personr_operation_response(operation, &answer, &error);
    personr_operation_free(operation);
    check_response(status, answer, error);
}

/* Strings are copied when they are first asked for. */
static void read_it(struct worker *worker)
{
    const personr_json *json = personr_response_json(response), *value;
    size_t length;
    int i;

    CHECK(personr_response_body(response, &length)[length] == '\0' && length > 0);
    CHECK(strlen(personr_response_header(response, "content-type")) > 0);
    for (i = 0; (value = personr_json_at(json, "", (size_t)i)) != NULL; i++)
        CHECK(personr_json_type(value, "") != PERSONR_TYPE_MISSING && strlen(personr_json_name(json, "", (size_t)i)) > 0
              && personr_json_string(value, "") != NULL);
    CHECK(i > 0 && worker->number >= 0);
}

/* Handles come and go: with options that all threads read, and what an operation needs outlives its handle. */
static void make_accounts(struct worker *worker)
{
    int i;

    for (i = 0; i < rounds; i++) {
        personr_auth *own = auth_with(options, variable("PERSONR_PASSWORD")), *wrong = auth_with(options, "wrong");
        personr_operation *operation, *sending;
        personr_token *token = NULL;

        OK(personr_auth_token_start, own, 0, &operation);
        OK(personr_request_start, own, request, &sending);
        if (below(worker, 4) == 0) {
            personr_status status = personr_auth_token(wrong, &token, NULL);

            /* Whose token is in the store, a handle with a wrong password has as well. */
            CHECK(status == PERSONR_INVALID_CREDENTIALS || status == PERSONR_OK);
            personr_token_free(token);
        }
        personr_auth_free(wrong);
        if (below(worker, 2) == 0)
            personr_auth_free(own), own = NULL;
        if (below(worker, 2) == 0)
            finish(operation);
        personr_operation_free(operation);
        if (below(worker, 2) == 0)
            finish(sending);
        personr_operation_free(sending);
        personr_auth_free(own);
    }
}

static void part(int count, void (*work)(struct worker *))
{
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    at_once(count, work);
    personr_auth_free(auth);
}

static void read_one_answer(void)
{
    auth = auth_with(options, variable("PERSONR_PASSWORD"));
    OK(personr_request_send, auth, request, &response);
    personr_auth_free(auth);
    at_once(FEW, read_it);
    personr_response_free(response);
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? atoi(argv[1]) : 1;
    options = options_of_the_environment();
    if (argc > 2)
        OK(personr_options_set_token_store, options, argv[2]);
    /* At half of a token's life, if that is less. */
    OK(personr_options_set_renew_before_s, options, 3600);
    request = personr_request_new(SENDS);
    OK(personr_request_add_text, request, "applicantId", "1");
    part(FEW, hand_out);
    part(MANY, send_it);
    read_one_answer();
    part(FEW, cancel_logins);
    at_once(FEW, make_accounts);
    personr_request_free(request);
    personr_options_free(options);
    /* A login that is cancelled goes on. */
    (void)wait_for_library_threads(0);
    printf("threads: all checked\n");
    return EXIT_SUCCESS;
}
