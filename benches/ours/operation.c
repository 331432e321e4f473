/* personr_auth_token_start, personr_operation_token and their frees, with a good token at hand: operation THREADS CALLS */
#include <personr.h>

#include "../client.h"
#include "../handout.h"

static const personr_auth *shared;

static int hand_out(char *buffer, size_t capacity)
{
    personr_operation *operation;
    personr_token *token;

    (void)buffer, (void)capacity;
    if (personr_auth_token_start(shared, 0, &operation, NULL) != PERSONR_OK
        || personr_operation_token(operation, &token, NULL) != PERSONR_OK)
        return 1;
    personr_token_free(token);
    personr_operation_free(operation);
    return 0;
}

int main(int argc, char **argv)
{
    struct client *client;
    char first[BUFFER_SIZE];

    /* One that goes to the network; the ones that are measured do not. */
    if (argc != 3 || clients_begin() != 0 || (client = client_new()) == NULL
        || client_authorization(client, first, sizeof first) != 0)
        return EXIT_FAILURE;
    shared = (const personr_auth *)client;
    return measure(atoi(argv[1]), atol(argv[2]));
}
