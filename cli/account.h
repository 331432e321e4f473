/* The handle of the account that the arguments name, and the password for its logins. */
#ifndef ACCOUNT_H
#define ACCOUNT_H

#include <personr.h>

#include "arguments.h"

struct account {
    const struct arguments *arguments;
    personr_options *options;
    personr_auth *auth;
    const char *rejected; /* a token that the service refused, or NULL */
    int was_asked;        /* for the password */
};

/* Returns an exit status, and has said what was wrong. close_account() follows in any case. */
int open_account(struct account *account, const struct arguments *arguments);
void close_account(struct account *account);

/*
 * Whether a call failed because a login needs the password, which has been read now: the call is to be made once more, on the
 * handle that stands in `auth` now. Nothing has been done by it. If the password cannot be had, `status` stays, what was
 * wrong has been said, and there is no error; if it cannot be one, status and error say so.
 *
 *     do
 *         status = personr_auth_token(account->auth, &token, &error);
 *     while (has_fetched_password(account, &status, &error));
 */
int has_fetched_password(struct account *account, personr_status *status, personr_error **error);

/* The store that is used if none is named. Returns an exit status, and has said what was wrong. */
int default_store(char *store, size_t size);

#endif
