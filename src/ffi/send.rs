use super::auth::personr_auth;
use super::error::personr_error;
use super::guard::guard;
use super::handle::handle;
use super::request::personr_request;
use super::response::personr_response;
use super::status::personr_status;
use super::strings::Output;

/// Sends a request with a token that is good now, and reads the answer. #PERSONR_OK means that the service has done it.
///
///     if (personr_request_send(auth, request, &response, &error) == PERSONR_OK)
///         use(personr_response_json(response));
///     else if (personr_error_may_have_run(error) == 0)
///         it was not done, and may be sent again
///     personr_response_free(response);
///
/// **The token.** It is obtained as by personr_auth_token(). If the service answers 401, the token is rejected, another
/// one obtained, and the request sent again: a workflow runs only after its token was accepted. The answer to that one
/// counts; once more it is sent if its token was another program's, which may have ended in between. An answer of 401
/// that is a web page is a firewall's, and no reason to reject.
///
/// **Repetition.** What did not reach the service (it could not be connected to) is tried again, as often as
/// personr_options_set_max_retries() allows. So is what was answered by 429 with a Retry-After that fits into the
/// timeout. What may have reached it is sent again only if personr_request_set_repeatable() says so: after a 5xx or a
/// broken connection, and never after a time-out. Between two attempts are the pauses of a login.
///
/// **What an answer means.** The service refuses with HTTP 200, too: an object with "status":"error", or with a number
/// "statusCode" of 400 or more, is #PERSONR_REJECTED. So is each 4xx that is not listed below, and a redirect with a
/// "message" in it; a list "errors" that is not empty, beside a success, is left for you to judge. The reason is the
/// service's own word (or "http-STATUS"), and the message is always the library's: the service's text, which may repeat
/// what you sent, stands in personr_error_json() alone. A redirect is never followed.
///
/// **Connections** are kept for the next request: of each handle at most 8, for 60 seconds. A request that is not
/// repeatable uses only one that was in use within the last 5 seconds, and has not been closed. A forked child does not
/// use its parent's.
///
/// **What is yours stays yours.** No field, file name or answer is ever in an error's texts or in the log, and in an
/// answer each occurrence of the token is overwritten with "*". The log event "request" (#PERSONR_LOG_DEBUG) has the
/// endpoint, the status, the number of attempts, and the time.
///
/// @param auth         The handle.
/// @param request      The request. It may be changed, freed or sent again afterwards.
/// @param response_out Receives the answer, yours to free by personr_response_free(). NULL on failure.
/// @param error        Receives the reason of a failure, yours to free by personr_error_free(). May be NULL.
///
/// @return #PERSONR_OK; those of personr_auth_token(), if there is no token to send; #PERSONR_INVALID_ARGUMENT (what a
/// setter or an adder has found wrong too); #PERSONR_UNAUTHORIZED (one token after the other was refused);
/// #PERSONR_REJECTED; #PERSONR_RATE_LIMITED (429); #PERSONR_SERVER (5xx); #PERSONR_PROTOCOL (reasons "http",
/// "too-large", "content-encoding", "redirect", "html", "json"); #PERSONR_NETWORK; #PERSONR_TIMEOUT; #PERSONR_TLS;
/// #PERSONR_FILE; #PERSONR_INTERNAL (reason "random": the system has no random bytes for a form's boundary). Whether the
/// service may have begun tells personr_error_may_have_run().
///
/// Threads: any number at once. Network: always. Takes at most the timeout of the request; but a login that has reached
/// the service is waited for until the timeout of the options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn personr_request_send(
    auth: *const personr_auth,
    request: *const personr_request,
    response_out: *mut *mut personr_response,
    error: *mut *mut personr_error,
) -> personr_status {
    // SAFETY: the header asks for NULL or live handles, and places to write to.
    unsafe {
        let response_out = Output::cleared(response_out, std::ptr::null_mut());
        guard(error, || {
            let response_out = response_out.required("response_out")?;
            let account = handle("auth", auth)?.shared.enter();
            // As it stands now: whoever frees or changes it meanwhile does not reach this one.
            let request = handle("request", request)?.request.clone();
            response_out.set(personr_response::boxed(account.auth.peek().send(&request)?));
            Ok(())
        })
    }
}
