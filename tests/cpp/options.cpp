/*
 * Every setter in its three forms, with what the library takes and with what it does not; and what becomes of options.
 */
#include <fstream>
#include <iterator>

#include "check.hpp"

using personr::Auth;
using personr::Options;
using personr::Status;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

static_assert(std::is_nothrow_move_constructible_v<Options> && std::is_nothrow_move_assignable_v<Options>);
static_assert(!std::is_copy_constructible_v<Options> && !std::is_copy_assignable_v<Options>);

/* Each takes a setter in its three forms. */
#define TAKES(setter, value) \
    do { \
        Options takes; \
        CHECK(takes.try_##setter(value)); \
        CHECK(&takes.setter(value) == &takes); \
        CHECK(Options().setter(value).get() != nullptr); \
    } while (0)

#define REFUSES_IN_ALL_FORMS(parameter, setter, value) \
    do { \
        Options refuses; \
        REFUSES(parameter, refuses.try_##setter(value)); \
        REFUSES(parameter, thrown([&] { refuses.setter(value); })); \
        REFUSES(parameter, thrown([&] { Options().setter(value); })); \
    } while (0)

/* As strings of other libraries are. */
struct ConvertibleToView {
    operator std::string_view() const { return "https://example.com/api"; }
};

static std::string ca_pem()
{
    std::ifstream file(variable("PERSONR_CA_FILE"));
    return {std::istreambuf_iterator<char>(file), {}};
}

static void values()
{
    const std::string pem = ca_pem();

    TAKES(base_url, "https://example.com/api");
    TAKES(base_url, std::string("https://example.com/api"));
    TAKES(base_url, std::string("https://example.com/api").data());
    TAKES(base_url, ConvertibleToView());
    TAKES(base_url, "https://example.com/api and no more"sv.substr(0, 23));
    TAKES(login_method, personr::LoginMethod::Basic);
    TAKES(login_method, personr::LoginMethod::Form);
    TAKES(timeout, 1ms);
    TAKES(timeout, 1h);
    TAKES(connect_timeout, 1ms);
    TAKES(connect_timeout, 1h);
    TAKES(max_retries, 0);
    TAKES(max_retries, 10);
    TAKES(proxy, "");
    TAKES(proxy, std::string_view());
    TAKES(proxy, "http://user:password@proxy.example:3128");
    TAKES(ca_file, variable("PERSONR_CA_FILE"));
    TAKES(ca_pem, pem);
    TAKES(system_roots, true);
    TAKES(system_roots, false);
    TAKES(user_agent, "Billing/2.1");
    TAKES(token_store, "memory:");
    TAKES(token_store, "file:tokens");
    TAKES(renew_before, 0s);
    TAKES(renew_before, 24h);
}

static void refusals()
{
    REFUSES_IN_ALL_FORMS("base_url", base_url, "ftp://example.com");
    REFUSES_IN_ALL_FORMS("base_url", base_url, "https://example.com\0.evil.example"sv);
    REFUSES_IN_ALL_FORMS("base_url", base_url, "https://example.com/\xff");
    REFUSES_IN_ALL_FORMS("login_method", login_method, static_cast<personr::LoginMethod>(2));
    REFUSES_IN_ALL_FORMS("timeout_ms", timeout, 0ms);
    REFUSES_IN_ALL_FORMS("timeout_ms", timeout, -1ms);
    REFUSES_IN_ALL_FORMS("timeout_ms", timeout, 1h + 1ms);
    REFUSES_IN_ALL_FORMS("timeout_ms", timeout, std::chrono::milliseconds((std::int64_t{1} << 32) + 1000));
    REFUSES_IN_ALL_FORMS("connect_timeout_ms", connect_timeout, std::chrono::milliseconds::max());
    REFUSES_IN_ALL_FORMS("connect_timeout_ms", connect_timeout, std::chrono::milliseconds::min());
    REFUSES_IN_ALL_FORMS("max_retries", max_retries, 11);
    REFUSES_IN_ALL_FORMS("proxy", proxy, "socks5://proxy.example");
    REFUSES_IN_ALL_FORMS("proxy", proxy, "\0"sv);
    REFUSES_IN_ALL_FORMS("ca_file", ca_file, "/dev/null/none");
    REFUSES_IN_ALL_FORMS("ca_file", ca_file, "ca.pem\0"sv);
    REFUSES_IN_ALL_FORMS("ca_pem", ca_pem, "no certificate");
    REFUSES_IN_ALL_FORMS("ca_pem", ca_pem, std::string_view());
    REFUSES_IN_ALL_FORMS("user_agent", user_agent, "two\nlines");
    REFUSES_IN_ALL_FORMS("user_agent", user_agent, "Billing\0/2.1"sv);
    REFUSES_IN_ALL_FORMS("token_store", token_store, "nowhere:");
    REFUSES_IN_ALL_FORMS("token_store", token_store, "file:tokens\0"sv);
    REFUSES_IN_ALL_FORMS("renew_before_s", renew_before, -1s);
}

/* As std::getenv() gives one for a variable that is not set. */
static void null()
{
    const char *unset = std::getenv("PERSONR_IS_NOT_SET");

    CHECK(unset == nullptr);
    REFUSES_IN_ALL_FORMS("base_url", base_url, unset);
    REFUSES_IN_ALL_FORMS("proxy", proxy, unset);
    REFUSES_IN_ALL_FORMS("ca_file", ca_file, unset);
    REFUSES_IN_ALL_FORMS("ca_pem", ca_pem, unset);
    REFUSES_IN_ALL_FORMS("user_agent", user_agent, std::getenv("PERSONR_IS_NOT_SET"));
    REFUSES_IN_ALL_FORMS("token_store", token_store, nullptr);
}

/* A setter that fails leaves the setting as it was, and the object as good as before. */
static void a_chain_goes_on()
{
    Options options = Options().base_url("https://127.0.0.1:1").timeout(5s).max_retries(0).proxy("").user_agent("A/1");

    options.connect_timeout(1s).renew_before(60s);
    REFUSES("base_url", options.try_base_url("http://example.com"));
    const Auth auth("someone@example.com", "password", options);
    const auto token = auth.try_token();
    FAILS(Status::Network, "connect", token);
    CHECK(token.error().retry_after() > 0ms && token.error().http_status() == 0);
}

static void moved()
{
    Options first = options_of_the_environment(), second = std::move(first);

    REFUSES("options", first.try_max_retries(1)); // NOLINT: what was moved from refuses
    REFUSES("options", first.try_base_url("https://example.com"));
    REFUSES("options", first.try_log_callback(personr::Level::Info, [](auto...) {}));
    REFUSES("options", first.try_log_callback(personr::Level::Info, nullptr));
    CHECK(first.get() == nullptr && std::as_const(first).get() == nullptr && second.get() != nullptr);
    /* Not the defaults, which are another service. */
    REFUSES("options", Auth::try_new("someone@example.com", "password", first));
    REFUSES("options", Auth::try_new("someone@example.com", first));
    THROWS(Status::InvalidArgument, "argument", Auth("someone@example.com", "password", first));
    first = std::move(second);
    CHECK(first.try_max_retries(1) && Auth::try_new("someone@example.com", "password", first));
}

/* What C code makes or sets, and the other way round. */
static void together_with_c()
{
    Options options;

    CHECK(personr_options_set_max_retries(options.get(), 11, nullptr) == PERSONR_INVALID_ARGUMENT);
    CHECK(personr_options_set_max_retries(options.get(), 3, nullptr) == PERSONR_OK);
}

static void names()
{
    CHECK(personr::library_version() == personr_library_version()
          && personr::library_version_number() == PERSONR_VERSION_NUMBER);
    CHECK(personr::status_name(Status::Timeout) == "PERSONR_TIMEOUT");
    CHECK(personr::status_name(static_cast<Status>(4711)) == "PERSONR_UNKNOWN");
    CHECK(static_cast<std::int32_t>(static_cast<Status>(4711)) == 4711);
}

int main()
{
    values();
    refusals();
    null();
    a_chain_goes_on();
    moved();
    together_with_c();
    names();
    std::puts("options: all checked");
    return EXIT_SUCCESS;
}
