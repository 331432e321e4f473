/* Logs in once. Prints by how many kibibytes the most resident memory of the process has grown by that. */
#include <stdio.h>
#include <stdlib.h>

#include "client.h"
#include "resident.h"

int main(void)
{
    long before = most_resident(), after;
    struct client *client;

    if (before < 0 || clients_begin() != 0 || (client = client_new()) == NULL || client_login(client) != 0)
        return EXIT_FAILURE;
    after = most_resident();
    client_free(client);
    clients_end();
    printf("%ld\n", after - before);
    return EXIT_SUCCESS;
}
