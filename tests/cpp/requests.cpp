/*
 * Requests and their answers: every setter in its three forms, what stays of a mistake, and what is sent.
 */
#include <fstream>

#include "check.hpp"

using personr::Auth;
using personr::Encoding;
using personr::Format;
using personr::Request;
using personr::Response;
using personr::Status;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

static_assert(std::is_nothrow_move_constructible_v<Request> && std::is_nothrow_move_assignable_v<Request>);
static_assert(!std::is_copy_constructible_v<Request> && !std::is_copy_assignable_v<Request>);
static_assert(std::is_nothrow_move_constructible_v<Response> && std::is_nothrow_move_assignable_v<Response>);
static_assert(!std::is_copy_constructible_v<Response> && !std::is_copy_assignable_v<Response>);

/* An endpoint that only reads. */
static constexpr const char *READS = "api-applicant-status";

/* Each takes a setter in its three forms. */
#define TAKES(setter, ...) \
    do { \
        Request takes(READS); \
        CHECK(takes.try_##setter(__VA_ARGS__)); \
        CHECK(&takes.setter(__VA_ARGS__) == &takes); \
        CHECK(Request(READS).setter(__VA_ARGS__).get() != nullptr); \
    } while (0)

/* And it stays: a send returns the same, which is not sent for that. */
#define REFUSES_IN_ALL_FORMS(parameter, setter, ...) \
    do { \
        Request refuses(READS); \
        REFUSES(parameter, refuses.try_##setter(__VA_ARGS__)); \
        REFUSES(parameter, auth.try_send(refuses)); \
        REFUSES(parameter, thrown([&] { refuses.setter(__VA_ARGS__); })); \
        REFUSES(parameter, thrown([&] { Request(READS).setter(__VA_ARGS__); })); \
    } while (0)

static void values()
{
    TAKES(format, Format::Multipart);
    TAKES(format, Format::Json);
    TAKES(text, "a", "");
    TAKES(text, std::string("a \"name\""), "value and no more"sv.substr(0, 5));
    TAKES(json, "a", "[1, null]");
    TAKES(file, "a", "no-such-file.pdf", Encoding::Object);
    TAKES(file, "a", "no-such-file.pdf", "scan.pdf", Encoding::Binary);
    TAKES(bytes, "a", "with a NUL \0 in it"sv, "scan.pdf", Encoding::Base64);
    TAKES(bytes, "a", std::string_view(), "scan.pdf", Encoding::Object);
    TAKES(body, "text/plain", "with a NUL \0 in it"sv);
    TAKES(body, "text/plain", std::string_view());
    TAKES(repeatable, true);
    TAKES(timeout, 1ms);
    TAKES(timeout, 1h);
    TAKES(response_max, 1);
}

static void refusals(const Auth &auth)
{
    const char *const null = nullptr;

    REFUSES_IN_ALL_FORMS("format", format, static_cast<Format>(2));
    REFUSES_IN_ALL_FORMS("name", text, "", "b");
    REFUSES_IN_ALL_FORMS("name", text, null, "b");
    REFUSES_IN_ALL_FORMS("name", text, "a\0b"sv, "b");
    REFUSES_IN_ALL_FORMS("value", text, "a", null);
    REFUSES_IN_ALL_FORMS("value", text, "a", "b\0c"sv);
    REFUSES_IN_ALL_FORMS("json", json, "a", "{");
    REFUSES_IN_ALL_FORMS("json", json, "a", null);
    REFUSES_IN_ALL_FORMS("path", file, "a", null, Encoding::Object);
    REFUSES_IN_ALL_FORMS("path", file, "a", "b\0c"sv, "d", Encoding::Object);
    REFUSES_IN_ALL_FORMS("file_name", file, "a", "b", null, Encoding::Object);
    REFUSES_IN_ALL_FORMS("file_name", file, "a", "b", "c\0d"sv, Encoding::Object);
    REFUSES_IN_ALL_FORMS("encoding", file, "a", "b", static_cast<Encoding>(3));
    REFUSES_IN_ALL_FORMS("bytes", bytes, "a", null, "b", Encoding::Object);
    REFUSES_IN_ALL_FORMS("file_name", bytes, "a", "b", null, Encoding::Object);
    REFUSES_IN_ALL_FORMS("content_type", body, null, "b");
    REFUSES_IN_ALL_FORMS("content_type", body, "a/b\r\nc: d", "b");
    REFUSES_IN_ALL_FORMS("body", body, "a/b", null);
    REFUSES_IN_ALL_FORMS("timeout_ms", timeout, 0ms);
    REFUSES_IN_ALL_FORMS("timeout_ms", timeout, std::chrono::milliseconds::max());
    REFUSES_IN_ALL_FORMS("response_max", response_max, 0);
    REFUSES("endpoint", auth.try_send(Request("../elsewhere")));
    REFUSES("endpoint", auth.try_send(Request(null)));
    REFUSES("endpoint", auth.try_send(Request("a\0b"sv)));
}

static void check_response(const Response &response)
{
    CHECK(response.http_status() == 200 && !response.body().empty());
    CHECK(response.header("Content-Type").substr(0, 16) == "application/json");
    CHECK(response.header("no-such-header").empty() && response.header(nullptr).empty());
    CHECK(response.json().type() == personr::Type::Object);
}

static void what_is_sent(const Auth &auth)
{
    const std::string path = std::string(variable("PERSONR_CA_FILE"));
    Request request(READS);

    request.format(Format::Json).text("a", "b").json("c", "null").repeatable(true).timeout(1min);
    request.file("d", path, Encoding::Object).bytes("e", "\0\1"sv, "f.pdf", Encoding::Base64);
    check_response(auth.send(request));
    check_response(auth.send(Request(READS).file("d", path, "g.pdf", Encoding::Binary)));
    check_response(auth.send(Request(READS).body("application/json", "{}")));
    Response response = auth.try_send(request).value(), moved = std::move(response);
    CHECK(response.http_status() == 0 && response.body().empty() && !response.json());
    check_response(moved);
    const Response again(moved.release());
    check_response(again);
    CHECK(again.get() != nullptr);
}

static void what_fails(const Auth &auth)
{
    const personr::Result<Response> refused = auth.try_send(Request("api-no-such-endpoint"));

    CHECK(!refused && refused.error().status() == Status::Rejected);
    CHECK(refused.error().http_status() == 404 && !refused.error().may_have_run());
    CHECK(!refused.error().body().empty() && refused.error().json());
    FAILS(Status::File, "file-open", auth.try_send(Request(READS).file("a", "/no/such/file", Encoding::Base64)));
    THROWS(Status::File, "file-type", auth.send(Request(READS).file("a", "/", "b", Encoding::Base64)));
    Request request(READS), moved = std::move(request);
    REFUSES("request", request.try_text("a", "b"));
    REFUSES("request", auth.try_send(request));
    CHECK(std::as_const(moved).get() != nullptr);
    const personr::Error own = auth.try_reject(nullptr).error();
    CHECK(!own.may_have_run() && own.body().empty() && !own.json());
}

int main()
{
    const Auth auth(variable("PERSONR_EMAIL"), variable("PERSONR_PASSWORD"), options_of_the_environment());

    values();
    refusals(auth);
    CHECK(auth.state() == personr::State::Empty);
    what_is_sent(auth);
    what_fails(auth);
    std::puts("requests: all checked");
    return EXIT_SUCCESS;
}
