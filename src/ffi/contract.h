/*
 * libpersonr: logs in to Personr's API, keeps the token usable, and sends the requests that the token is for.
 *
 *     personr_auth *auth;
 *     personr_request *request;
 *     personr_response *response;
 *
 *     if (personr_auth_new(email, password, NULL, &auth, NULL) != PERSONR_OK) ...
 *
 *     request = personr_request_new("api-applicant-status");
 *     personr_request_add_text(request, "applicantId", id, NULL);
 *     if (personr_request_send(auth, request, &response, NULL) == PERSONR_OK)
 *         puts(personr_json_string(personr_response_json(response), "/result/Status"));
 *     personr_response_free(response);
 *     personr_request_free(request);
 *
 *     personr_auth_free(auth);
 *
 * An application with an HTTP client of its own asks personr_auth_authorization() for the header before each request.
 *
 * These rules hold for every function:
 *
 * - What can fail returns a personr_status, PERSONR_OK (0) for success, and takes personr_error **error last. Pass NULL
 *   if you do not want the details, else free what you get.
 * - Outputs (..._out, error) are set to NULL or 0 first, and to their value only on success (error: only on failure).
 * - Handles are opaque. A ..._new, or an output, gives you one; the ..._free of its type ends it, once. ..._free(NULL)
 *   does nothing. Freeing a handle while a call on it runs is an error of the application (see personr_auth_free()).
 * - A handle of another type than the parameter's (after a cast) is PERSONR_INVALID_ARGUMENT. What returns no status
 *   treats it as NULL: getters give what they give for NULL, and ..._free does nothing, so that it leaks. A freed
 *   handle is not recognised: nothing is promised, and tools that check memory report it.
 * - Strings that you pass are NUL-terminated UTF-8 and copied. Strings that you get are borrowed from the handle that
 *   you asked, until it is freed; they are never NULL and never yours to free.
 * - A NULL where a value is needed (PERSONR_NONNULL; where NULL is allowed stands PERSONR_NULLABLE), bad UTF-8, an
 *   unknown constant or a number out of range is PERSONR_INVALID_ARGUMENT with a message that names the parameter.
 * - personr_auth may be used by any number of threads at once, personr_token, personr_error, personr_json and
 *   personr_response as well (they never change); personr_options by one at a time, and personr_request by one at a time
 *   while it is filled.
 * - Callbacks return PERSONR_CALLBACK_OK (1) for success, and those of a store may say PERSONR_STORE_BUSY. All else is a
 *   failure, also 0.
 * - Callbacks are called on a thread that called the library, maybe on several at once; they must return (no longjmp,
 *   no exception, no pthread_exit, no cancellation: see personr_store_load_fn). From inside one, what returns a
 *   status is PERSONR_INVALID_ARGUMENT, reason "reentrant"; the getters, the functions of personr_json, those that fill
 *   a personr_request, personr_operation_cancel(), and the ..._free of other handles work.
 * - A call blocks its thread until it has its result. An application with a loop starts operations instead
 *   (personr_auth_token_start() and so on): these never block, can be watched by one descriptor, and be cancelled.
 * - A thread may be cancelled (pthread_cancel) while it is in a call: the call goes on to its end, and the cancellation
 *   acts at the next cancellation point after the call. A thread of asynchronous cancelability must not call the
 *   library: POSIX lets it call none.
 * - Nothing is ever printed, no signal handler is changed, no environment variable is written, and no thread is started
 *   but those of name look-ups, which callers share (at most four for one host), and those of operations (see
 *   personr_operation). All signals are blocked on them. Running out of memory ends the process (abort, with a line on
 *   stderr).
 * - The environment is read while personr_auth_new() runs (and when the library is loaded), and never later: other
 *   threads may change it while any other function runs. The exception is the C library's name look-up (RES_OPTIONS,
 *   LOCALDOMAIN, HOSTALIASES). In a program with more rights than its caller (setuid, setgid, file capabilities) the
 *   library ignores the environment.
 * - A forked child keeps the token in hand and may go on with its parent's handles. Both share their logins if the
 *   token store is one that processes share ("file:", Redis, callbacks). A "memory:" store is not: a login of the child
 *   then ends its parent's token, as any login elsewhere does.
 *
 * Any login to an account, by whatever program, ends the token of the login before it. So a request may meet a 401
 * (Unauthorized) at any time. personr_request_send() sees to that. If you send requests by other means, on a 401:
 * personr_auth_reject(), ask for the token again, repeat the request once. A 403 is no reason to reject.
 */
