#include "../client.h"

#include <personr.h>
#include <stdlib.h>

const int client_is_shared = 1;

static personr_options *options;

int clients_begin(void)
{
    const char *store = getenv("PERSONR_TOKEN_STORE");
    personr_status status;

    options = personr_options_new();
    status = personr_options_set_base_url(options, getenv("PERSONR_BASE_URL"), NULL);
    if (status == PERSONR_OK)
        status = personr_options_set_ca_file(options, getenv("PERSONR_CA_FILE"), NULL);
    if (status == PERSONR_OK)
        status = personr_options_set_system_roots(options, getenv("PERSONR_BUNDLE") != NULL, NULL);
    if (status == PERSONR_OK && store != NULL)
        status = personr_options_set_token_store(options, store, NULL);
    return status;
}

void clients_end(void)
{
    personr_options_free(options);
}

struct client *client_new(void)
{
    personr_auth *auth = NULL;

    personr_auth_new(getenv("PERSONR_EMAIL"), getenv("PERSONR_PASSWORD"), options, &auth, NULL);
    return (struct client *)auth;
}

void client_free(struct client *client)
{
    personr_auth_free((personr_auth *)client);
}

int client_login(struct client *client)
{
    personr_token *token = NULL;
    personr_status status = personr_auth_login((const personr_auth *)client, &token, NULL);

    personr_token_free(token);
    return status;
}

int client_authorization(struct client *client, char *buffer, size_t capacity)
{
    return personr_auth_authorization((const personr_auth *)client, buffer, capacity, NULL, NULL);
}
