/*
 * Every function of Auth, Token, Authorization, Error and Result; that what held a secret is wiped; and threads.
 */
#include <algorithm>
#include <atomic>
#include <cstring>
#include <malloc.h>
#include <new>
#include <thread>
#include <vector>

#include "check.hpp"

using personr::Auth;
using personr::Authorization;
using personr::Error;
using personr::Result;
using personr::State;
using personr::Status;
using personr::Token;
using namespace std::chrono_literals;
using namespace std::string_view_literals;

static_assert(std::is_nothrow_move_constructible_v<Auth> && std::is_nothrow_move_assignable_v<Auth>);
static_assert(std::is_nothrow_move_constructible_v<Token> && std::is_nothrow_move_assignable_v<Token>);
static_assert(!std::is_copy_constructible_v<Auth> && !std::is_copy_assignable_v<Auth>);
static_assert(!std::is_copy_constructible_v<Token> && !std::is_copy_assignable_v<Token>);
static_assert(!std::is_copy_constructible_v<Authorization> && !std::is_copy_assignable_v<Authorization>);
static_assert(std::is_nothrow_copy_constructible_v<Error> && std::is_base_of_v<std::runtime_error, Error>);

/* All members, so that each is compiled, whether it is called or not. */
template class personr::Result<Auth>;
template class personr::Result<Token>;
template class personr::Result<Authorization>;

static const char *const PASSWORD = variable("PERSONR_PASSWORD");

static std::atomic<int> array_count{0}, unwiped_count{0};

static bool holds(const void *bytes, std::size_t length, std::string_view secret)
{
    const char *first = static_cast<const char *>(bytes);
    return std::search(first, first + length, secret.begin(), secret.end()) != first + length;
}

/* Where the compiler sees into them it takes the pairs for mismatched. */
#define OPAQUE __attribute__((noinline))

/* The arrays of this program are the copies that the header makes of strings. */
OPAQUE void *operator new[](std::size_t size)
{
    ++array_count;
    return operator new(size);
}

OPAQUE void operator delete[](void *array) noexcept
{
    if (array != nullptr && PASSWORD != nullptr && holds(array, malloc_usable_size(array), PASSWORD))
        ++unwiped_count;
    operator delete(array);
}

OPAQUE void operator delete[](void *array, std::size_t) noexcept
{
    operator delete[](array);
}

/* Of one kind with the two above, so that no checker finds them mixed up. */
OPAQUE void *operator new(std::size_t size)
{
    void *bytes = std::malloc(size);
    CHECK(bytes != nullptr);
    return bytes;
}

OPAQUE void operator delete(void *bytes) noexcept
{
    std::free(bytes);
}

OPAQUE void operator delete(void *bytes, std::size_t) noexcept
{
    std::free(bytes);
}

static Auth auth_of_the_environment(std::string_view password = PASSWORD)
{
    return Auth(variable("PERSONR_EMAIL"), password, options_of_the_environment());
}

static void tokens()
{
    const Auth auth = auth_of_the_environment();
    CHECK(auth.state() == State::Empty && !auth.renews_at());
    const Token token = auth.login();
    CHECK(auth.state() == State::Good);
    const auto now = std::chrono::system_clock::now();
    CHECK(auth.renews_at() > now && auth.renews_at() < token.expires_at());

    CHECK(token.authorization() == "Bearer " + std::string(token.value()) && token.value().size() > 6);
    CHECK(token.value() == personr_token_value(token.get()) && token.user_id() == personr_token_user_id(token.get()));
    CHECK(!token.user_id().empty() && token.lifetime() > 1h && token.seconds_left() > 0s);
    CHECK(token.seconds_left() <= token.lifetime() && token.expires_at() - now > token.lifetime() - 1min);
    CHECK(token.expires_at() - now <= token.lifetime());

    CHECK(auth.token().value() == token.value() && auth.try_token()->value() == token.value());
    const Result<Token> again = auth.try_login();
    CHECK(again && (*again).value() != token.value() && again.value().value() == auth.token().value());
}

static void authorizations()
{
    const Auth auth = auth_of_the_environment();
    Authorization first = auth.authorization();
    const std::string text(first.view());
    CHECK(text == auth.token().authorization() && text == first.c_str());
    CHECK(auth.try_authorization().value().view() == text);

    Authorization second = std::move(first);
    CHECK(second.view() == text && first.view().empty() && first.c_str()[0] == '\0');
    CHECK(!holds(&first, sizeof first, text.substr(7)));
    second = auth.authorization();
    CHECK(second.view() == text);
    Authorization &itself = second;
    second = std::move(itself);
    CHECK(second.view() == text);

    alignas(Authorization) unsigned char place[sizeof(Authorization)];
    std::fill(std::begin(place), std::end(place), static_cast<unsigned char>(0xff));
    auto *third = new (place) Authorization(std::move(second));
    CHECK(holds(place, sizeof place, text));
    third->~Authorization();
    CHECK(!holds(place, sizeof place, text.substr(7)));
}

/* Each way to say which token was refused leads to another one. */
static void rejections()
{
    const Auth auth = auth_of_the_environment();
    const auto token_after = [&](auto reject) {
        const Token before = auth.token();
        reject(before);
        CHECK(auth.state() == State::Empty && !auth.renews_at());
        const Token after = auth.token();
        CHECK(after.value() != before.value());
    };
    token_after([&](const Token &) { auth.reject(auth.authorization()); });
    token_after([&](const Token &token) { auth.reject(token); });
    token_after([&](const Token &token) { CHECK(auth.try_reject(token.authorization())); });

    const std::string kept(auth.token().value());
    CHECK(auth.try_reject("another-token"));
    REFUSES("token_or_authorization", auth.try_reject(kept + std::string(1, 0) + "x"));
    REFUSES("token_or_authorization", thrown([&] { auth.reject("\0"sv); }));
    CHECK(auth.token().value() == kept);
}

static void failures()
{
    const Auth auth = auth_of_the_environment("not the battery staple");
    THROWS(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", auth.login());
    THROWS(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", auth.token());
    THROWS(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", auth.authorization());
    FAILS(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", auth.try_authorization());
    CHECK(auth.state() == State::Refused);
    const Error error = auth.try_token().error();
    CHECK(error.http_status() == 400);
    /* Copies borrow from the same. */
    const Error copy = error;
    CHECK(copy.reason().data() == error.reason().data() && std::string_view(copy.what()) == error.what());
    Error from = copy;
    const Error to = std::move(from);
    CHECK(from.reason() == to.reason() && from.status() == to.status() && from.message() == to.message());
    try {
        auth.try_token().value();
    } catch (const std::exception &caught) {
        CHECK(error.message() == caught.what());
    }
    Result<Token> result = auth.try_token();
    THROWS(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", result.value());
    THROWS(Status::InvalidCredentials, "INVALID_LOGIN_CREDENTIALS", std::as_const(result).value());
    CHECK(std::move(result).error().message() == error.message());
}

static void arguments()
{
    const personr::Options options = options_of_the_environment();
    REFUSES("email", Auth::try_new("", "password"));
    REFUSES("email", Auth::try_new("some\0one@example.com"sv, "password"));
    REFUSES("email", Auth::try_new("some:one@example.com", "password", options));
    REFUSES("password", Auth::try_new("someone@example.com", "pass\0word"sv, options));
    REFUSES("password", Auth::try_new("someone@example.com", "", options));
    REFUSES("password", Auth::try_new("someone@example.com", options));
    THROWS(Status::InvalidArgument, "argument", Auth("someone@example.com", "pass\0word"sv));
    THROWS(Status::InvalidArgument, "argument", Auth("someone@example.com", options));
    const char *unset = std::getenv("PERSONR_IS_NOT_SET");
    CHECK(unset == nullptr);
    REFUSES("email", Auth::try_new(unset, "password"));
    REFUSES("password", Auth::try_new("someone@example.com", unset));
    REFUSES("password", Auth::try_new("someone@example.com", nullptr, options));
    REFUSES("email", Auth::try_new(unset, options));
    THROWS(Status::InvalidArgument, "argument", Auth(unset, unset));
    THROWS(Status::InvalidArgument, "argument", Auth(std::getenv("PERSONR_IS_NOT_SET"), options));
    REFUSES("token_or_authorization", auth_of_the_environment().try_reject(unset));
    CHECK(Auth::try_new("someone@example.com", "password"));
    CHECK(Auth("someone@example.com", "password").state() == State::Empty);
    Result<void> refused = personr::Options().try_base_url("nonsense");
    CHECK(std::move(refused).error().status() == Status::InvalidArgument);
}

static void results()
{
    Result<Auth> result = Auth::try_new(variable("PERSONR_EMAIL"), PASSWORD, options_of_the_environment());
    CHECK(result && &*result == result.operator->() && &result.value() == &*result);
    const Result<Auth> &same = result;
    CHECK(&*same == &same.value() && same->state() == State::Empty && (*same).get() == result->get());
    Auth auth = *std::move(result);
    CHECK(auth.get() != nullptr && result->get() == nullptr);
    CHECK(auth.try_token());
}

static void moved_and_given_away()
{
    Auth first = auth_of_the_environment(), second = std::move(first);
    CHECK(first.get() == nullptr && first.state() == State::Empty && !first.renews_at());
    REFUSES("auth", first.try_token());
    REFUSES("auth", first.try_login());
    REFUSES("auth", first.try_authorization());
    REFUSES("auth", first.try_reject("token"));
    personr_auth *raw_auth = second.release();
    const Auth third(raw_auth);
    CHECK(second.get() == nullptr && third.get() == raw_auth);

    Token token = third.token(), other = std::move(token);
    CHECK(token.get() == nullptr && token.value().empty() && token.authorization().empty() && token.user_id().empty());
    CHECK(token.lifetime() == 0s && token.seconds_left() == 0s && token.expires_at().time_since_epoch() == 0s);
    personr_token *raw_token = other.release();
    CHECK(Token(raw_token).value() == third.token().value() && other.get() == nullptr);

    personr_error *raw_error = nullptr;
    CHECK(personr_auth_reject(third.get(), nullptr, &raw_error) == PERSONR_INVALID_ARGUMENT);
    REFUSES("token_or_authorization", Result<void>(Error(raw_error)));
}

/* A time behind the end of the clock is its end. */
static void times()
{
    using Time = std::chrono::system_clock::time_point;
    CHECK(personr::detail::time_point(0) == Time());
    CHECK(personr::detail::time_point(4102444800) == Time(std::chrono::seconds(4102444800)));
    CHECK(Time::max() - personr::detail::time_point(INT64_MAX) < 1s);
}

static void threads()
{
    const Auth auth = auth_of_the_environment();
    std::atomic<int> served{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&] {
            for (int calls = 0; calls < 100; calls++)
                served += auth.authorization().view() == auth.token().authorization() ? 1 : 0;
        });
    for (std::thread &thread : threads)
        thread.join();
    CHECK(served == 800);
}

int main()
{
    tokens();
    authorizations();
    rejections();
    failures();
    arguments();
    results();
    moved_and_given_away();
    times();
    threads();
    CHECK(array_count > 10 && unwiped_count == 0);
    std::puts("auth: all checked");
    return EXIT_SUCCESS;
}
