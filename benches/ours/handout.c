/* personr_auth_authorization, with a good token at hand: handout THREADS CALLS */
#include <personr.h>

#include "../client.h"
#include "../handout.h"

static const personr_auth *shared;

static int hand_out(char *buffer, size_t capacity)
{
    size_t length;

    return personr_auth_authorization(shared, buffer, capacity, &length, NULL);
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
