/*
 * What the Go files call beside personr.h: the calls that take function pointers, and what would cost Go two calls.
 */
#ifndef PERSONR_GO_BRIDGE_H
#define PERSONR_GO_BRIDGE_H

#include <personr.h>
#include <stddef.h>
#include <stdint.h>

/* Writes the header's value if a good token is in hand, and never waits. Returns its length; -1 if there is none. */
int64_t personr_go_authorization(const personr_auth *auth, char *buffer);

/* Returns a copy of the operation's descriptor, for the network poller to watch and to close; -1 if there is none. */
int32_t personr_go_watch(const personr_operation *operation);

/* Returns 1 on a thread that is in a callback, else 0. */
int32_t personr_go_in_callback(void);

/* The setters of callbacks. The handle is a cgo.Handle, which is deleted when its last owner goes. */
personr_status personr_go_set_store(personr_options *options, uintptr_t handle, personr_error **error);
personr_status personr_go_set_credentials(personr_options *options, uintptr_t handle, personr_error **error);
personr_status personr_go_set_log(personr_options *options, uintptr_t handle, personr_error **error);

#endif
