/*
 * Operations: started for a token, a login and a request, stepped, waited for and cancelled, in both forms.
 */
#include <atomic>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "check.hpp"

using personr::Auth;
using personr::Operation;
using personr::Request;
using personr::Result;
using personr::Status;
using namespace std::chrono_literals;

static_assert(std::is_nothrow_move_constructible_v<Operation> && std::is_nothrow_move_assignable_v<Operation>);
static_assert(!std::is_copy_constructible_v<Operation> && !std::is_copy_assignable_v<Operation>);

/* All members, so that each is compiled, whether it is called or not. */
template class personr::Result<Operation>;

/* An endpoint that only reads. */
static constexpr const char *READS = "api-applicant-status";

/* A server that takes connections and says nothing: a handshake with it lasts until somebody ends it. */
class Silent {
public:
    Silent() : socket_(socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        socklen_t length = sizeof address;

        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        CHECK(bind(socket_, reinterpret_cast<sockaddr *>(&address), length) == 0 && listen(socket_, 8) == 0);
        CHECK(getsockname(socket_, reinterpret_cast<sockaddr *>(&address), &length) == 0);
        port_ = ntohs(address.sin_port);
    }
    Silent(const Silent &) = delete;
    Silent &operator=(const Silent &) = delete;
    ~Silent() { close(socket_); }

    Auth auth() const
    {
        personr::Options options;
        options.base_url("https://127.0.0.1:" + std::to_string(port_)).connect_timeout(1h).timeout(1h);
        return Auth("someone@example.com", "password", options);
    }

private:
    int socket_, port_;
};

static Auth auth_of_the_environment(const personr::Options &options = options_of_the_environment())
{
    return Auth(variable("PERSONR_EMAIL"), variable("PERSONR_PASSWORD"), options);
}

/* As a loop does. */
static Operation &run(Operation &operation)
{
    pollfd polled{operation.fd(), POLLIN, 0};

    while (!operation.step()) {
        CHECK(polled.fd >= 3 && operation.fd() == polled.fd);
        CHECK(poll(&polled, 1, 60000) == 1);
    }
    return operation;
}

static void tokens(const Auth &auth)
{
    Operation first = auth.start_token();
    const std::string value(run(first).token().value());
    CHECK(first.try_token()->value() == value && auth.token().value() == value);
    FAILS(Status::InvalidArgument, "kind", first.try_response());
    THROWS(Status::InvalidArgument, "kind", first.response());
    CHECK(first.progress().sent == 0 && !first.progress().total);

    /* There is one at hand now. */
    Operation second = auth.start_token(1ms);
    CHECK(second.fd() == -1 && second.step() && second.wait(0ms) && second.token().value() == value);

    Operation third = auth.try_start_login(1min).value();
    while (!third.wait(1s))
        ;
    CHECK(third.token().value() != value);
    Operation fourth = auth.start_login();
    const personr::Token issued = run(fourth).token();
    CHECK(issued.value() != third.token().value());
    CHECK(auth.try_start_token(1h)->token().value() == issued.value());
    Operation fifth = auth.start_login(1h);
    CHECK(run(fifth).token().value() != issued.value() && auth.try_start_token());
}

static void requests(const Auth &auth)
{
    std::vector<Operation> operations;

    for (int i = 0; i < 20; i++)
        operations.push_back(i % 2 == 0 ? auth.start(Request(READS).text("a", "b")) : *auth.try_start(Request(READS)));
    for (Operation &operation : operations) {
        CHECK(run(operation).response().http_status() == 200);
        FAILS(Status::InvalidArgument, "taken", operation.try_response());
        FAILS(Status::InvalidArgument, "kind", operation.try_token());
        const personr::Progress progress = operation.progress();
        CHECK(progress.sent > 0 && progress.total == progress.sent);
    }
    Operation refused = auth.start(Request("api-no-such-endpoint"));
    const personr::Error error = run(refused).try_response().error();
    CHECK(error.status() == Status::Rejected && error.http_status() == 404 && !error.may_have_run());
    THROWS(Status::Rejected, error.reason(), refused.response());
}

static void refusals(const Auth &auth)
{
    REFUSES("timeout_ms", auth.try_start_token(0ms));
    REFUSES("timeout_ms", auth.try_start_token(-1ms));
    REFUSES("timeout_ms", auth.try_start_login(std::chrono::milliseconds::max()));
    THROWS(Status::InvalidArgument, "argument", auth.start_token(61min));
    THROWS(Status::InvalidArgument, "argument", auth.start_login(0ms));
    Request request(READS), moved = std::move(request);
    REFUSES("request", auth.try_start(request));
    THROWS(Status::InvalidArgument, "argument", auth.start(request));
    /* What is wrong with the request is what the operation ends with. */
    Operation operation = auth.start(Request("../elsewhere"));
    REFUSES("endpoint", run(operation).try_response());
}

static void cancelled()
{
    const Silent service;
    const Auth auth = service.auth();
    Operation operation = auth.start_login();

    CHECK(!operation.step() && !operation.wait(1ms));
    FAILS(Status::InvalidArgument, "not-done", operation.try_token());
    std::thread other([&] { std::as_const(operation).cancel(); });
    other.join();
    CHECK(operation.step() && operation.wait(0ms));
    FAILS(Status::Cancelled, "cancelled", operation.try_token());
    THROWS(Status::Cancelled, "cancelled", operation.token());
    Operation request = auth.start(Request(READS));
    request.cancel();
    request.cancel();
    FAILS(Status::Cancelled, "cancelled", run(request).try_response());
    CHECK(!request.try_response().error().may_have_run());
    /* Destroyed before it is done. */
    static_cast<void>(auth.start_login());
}

static void moved_and_given_away(const Auth &auth)
{
    Operation first = auth.start_login(), second = std::move(first);
    CHECK(first.get() == nullptr && first.fd() == -1 && first.step() && first.wait(1h));
    CHECK(first.progress().sent == 0 && !first.progress().total);
    first.cancel();
    REFUSES("operation", first.try_token());
    REFUSES("operation", first.try_response());
    THROWS(Status::InvalidArgument, "argument", first.token());
    personr_operation *raw = second.release();
    Operation third(raw);
    CHECK(second.get() == nullptr && std::as_const(third).get() == raw);
    CHECK(!run(third).token().value().empty());
    Auth given = auth_of_the_environment(), taken = std::move(given);
    REFUSES("auth", given.try_start_token());
    REFUSES("auth", given.try_start(Request(READS)));
    /* It outlives the Auth. */
    std::optional<Auth> short_lived(std::move(taken));
    Operation last = short_lived->start_token();
    short_lived.reset();
    CHECK(!run(last).token().value().empty());
}

/* Callbacks run in steps, and so on this thread; they go with the last of Options, Auth and Operation. */
static void callbacks()
{
    struct Destroyed {
        explicit Destroyed(std::atomic<int> &count) : count_(count) {}
        ~Destroyed() { ++count_; }
        std::atomic<int> &count_;
    };
    std::atomic<int> asked{0}, destroyed{0};
    {
        const auto owned = std::make_shared<Destroyed>(destroyed);
        const std::thread::id here = std::this_thread::get_id();
        personr::Options options = options_of_the_environment();
        options.credentials_callback([&, owned, here](std::string_view, personr::Buffer &password) {
            ++asked;
            password.assign(variable("PERSONR_PASSWORD"));
            return std::this_thread::get_id() == here;
        });
        std::optional<Auth> auth(std::in_place, variable("PERSONR_EMAIL"), options);
        Operation operation = auth->start_login();
        auth.reset();
        CHECK(!run(operation).token().value().empty());
        options.credentials_callback(nullptr);
        CHECK(owned.use_count() == 2);
    }
    CHECK(asked == 1 && destroyed == 1);
}

int main()
{
    const Auth auth = auth_of_the_environment();

    refusals(auth);
    CHECK(auth.state() == personr::State::Empty);
    tokens(auth);
    requests(auth);
    cancelled();
    moved_and_given_away(auth);
    callbacks();
    std::puts("operations: all checked");
    return EXIT_SUCCESS;
}
