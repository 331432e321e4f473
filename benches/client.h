/*
 * What is compared: benches/ours/client.c does it by libpersonr, benches/peers/client.c by libcurl, OpenSSL and cJSON.
 * The programs beside this file are compiled with the one and with the other.
 *
 * Where and who is said by the environment: PERSONR_BASE_URL, PERSONR_EMAIL, PERSONR_PASSWORD; PERSONR_CA_FILE has the
 * sandbox's certificate; PERSONR_BUNDLE, if set, the system's and that one, and then the system's are to be read;
 * PERSONR_TOKEN_STORE, if set, is where the token is kept, by who can keep one.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include <stddef.h>

/* "Bearer ", a token as long as the library takes it, and a NUL. */
#define AUTHORIZATION_SIZE 4104

struct client;

/* Whether threads share one client, or each needs its own. */
extern const int client_is_shared;

/* Once in a process, before all else and after it. These and all below return 0, or not NULL, on success. */
int clients_begin(void);
void clients_end(void);

struct client *client_new(void);
void client_free(struct client *client);

/* Logs in anew. */
int client_login(struct client *client);

/* Writes "Bearer ..." and a NUL; who keeps a token logs in only without a good one. */
int client_authorization(struct client *client, char *buffer, size_t capacity);

#endif
