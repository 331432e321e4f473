/* A process that needs one authorization, and ends. */
#include <stdlib.h>

#include "client.h"

int main(void)
{
    char authorization[AUTHORIZATION_SIZE];
    struct client *client;
    int result = EXIT_FAILURE;

    if (clients_begin() != 0)
        return EXIT_FAILURE;
    client = client_new();
    if (client != NULL && client_authorization(client, authorization, sizeof authorization) == 0)
        result = EXIT_SUCCESS;
    client_free(client);
    clients_end();
    return result;
}
