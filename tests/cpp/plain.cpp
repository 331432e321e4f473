/*
 * A program without exceptions and run-time type information. With an argument it calls what would throw: that ends it.
 */
#include "check.hpp"

#if defined(__cpp_exceptions) || defined(__cpp_rtti)
#error "this is to be compiled with -fno-exceptions -fno-rtti"
#endif

using personr::Auth;
using personr::Result;
using personr::Status;
using personr::Token;

static void log_in(const personr::Options &options)
{
    const Result<Auth> auth = Auth::try_new(variable("PERSONR_EMAIL"), variable("PERSONR_PASSWORD"), options);
    CHECK(auth);
    const Result<Token> token = auth->try_token();
    CHECK(token && !token->value().empty());
    Result<personr::Authorization> authorization = auth->try_authorization();
    CHECK(authorization && authorization->view() == token->authorization());
    CHECK(auth->try_reject(*authorization));
    authorization = auth->try_authorization();
    CHECK(authorization && authorization->view() != token->authorization());
}

static void callbacks(personr::Options &options)
{
    int told = 0;
    CHECK(options.try_log_callback(personr::Level::Debug, [&](auto...) { told++; }));
    CHECK(options.try_credentials_callback([](auto, personr::Buffer &) { return false; }));
    const Result<Auth> auth = Auth::try_new(variable("PERSONR_EMAIL"), options);
    CHECK(auth);
    FAILS(Status::Credentials, "credentials-callback", auth->try_login());
    CHECK(told > 0);
}

int main(int argc, char **)
{
    personr::Options options = options_of_the_environment();

    REFUSES("base_url", options.try_base_url("nonsense"));
    if (argc > 2)
        options.base_url("nonsense");
    log_in(options);
    callbacks(options);
    std::puts("plain: all checked");
    return EXIT_SUCCESS;
}
