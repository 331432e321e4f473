/* What each command does. Each returns an exit status, and has said what was wrong. */
#ifndef COMMANDS_H
#define COMMANDS_H

#include <personr.h>

#include "account.h"
#include "arguments.h"

int print_token(struct account *account);
int print_authorization(struct account *account);
int reject_token(struct account *account);
int print_status(struct account *account);
int send_request(struct account *account);
int print_json(const struct arguments *arguments);

/* Does with a value of a document what the arguments say: prints, counts or saves it. */
int use_value(const struct arguments *arguments, const personr_json *json, const char *pointer);

#endif
