/*
 * personr.hpp: libpersonr for C++17 and later. It stands on personr.h, and needs no other library than that does.
 *
 *     personr::Auth auth(email, password);
 *
 *     before each request:
 *     personr::Authorization authorization = auth.authorization();
 *     send authorization.view() as the Authorization header
 *
 *     on a 401: auth.reject(authorization), ask again, repeat the request once
 *
 * personr.h says at the function of the same name what a function does, which values it takes, which statuses it can
 * end with, and whether it uses the network: for Auth::token() at personr_auth_token(). These rules hold besides:
 *
 * - What can fail comes in two forms. token() throws a personr::Error; try_token() returns a personr::Result, which
 *   holds the value or the Error, and throws nothing. In a program without exceptions (-fno-exceptions) the first form
 *   ends the process (abort) if it fails.
 * - Options, Auth, Token, Request, Response, Operation and JsonDocument own the C object that they stand for: they are
 *   moved, never copied, and free it when they are destroyed. One that was moved from is empty: its getters return "", 0 or none, and
 *   whatever can fail is Status::InvalidArgument. A Json is a value that is borrowed from a document: it is copied as a
 *   pointer is, and valid as long as the document is.
 * - Strings are std::string_view. Where you pass one it may also be a const char *, and that may be NULL, as what
 *   std::getenv() returns: NULL, and a NUL in the middle of a string, is Status::InvalidArgument. What you pass is
 *   copied, and the copies that this header makes are wiped. The strings that you get are borrowed from the object that
 *   you asked, until it is destroyed or moved from (clang warns if one outlives a temporary object).
 * - Times are std::chrono. A time that the C function cannot take is Status::InvalidArgument: no other time is taken in
 *   its place.
 * - The const functions may be called by any number of threads at once, the others by one at a time; those of an
 *   Operation by one at a time, const or not, but for cancel().
 * - Running out of memory ends the process in the try_ forms, as it does in the library; the other forms may throw
 *   std::bad_alloc.
 */
#ifndef PERSONR_HPP
#define PERSONR_HPP

#if !(__cplusplus >= 201703L || (defined(_MSVC_LANG) && _MSVC_LANG >= 201703L))
#error "personr.hpp needs C++17 or later (-std=c++17)"
#endif

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "personr.h"

#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define PERSONR_HPP_EXCEPTIONS 1
#else
#define PERSONR_HPP_EXCEPTIONS 0
#endif

/* The result is borrowed from the object. */
#define PERSONR_HPP_BORROWED
#if defined(__has_cpp_attribute)
#if __has_cpp_attribute(clang::lifetimebound)
#undef PERSONR_HPP_BORROWED
#define PERSONR_HPP_BORROWED [[clang::lifetimebound]]
#endif
#endif

namespace personr {

/** How a call ended. Later versions of the library may give numbers that have no name here: they are failures. */
enum class Status : std::int32_t {
    Ok = PERSONR_OK,
    InvalidArgument = PERSONR_INVALID_ARGUMENT,
    InvalidCredentials = PERSONR_INVALID_CREDENTIALS,
    Unauthorized = PERSONR_UNAUTHORIZED,
    Rejected = PERSONR_REJECTED,
    RateLimited = PERSONR_RATE_LIMITED,
    Server = PERSONR_SERVER,
    Network = PERSONR_NETWORK,
    Timeout = PERSONR_TIMEOUT,
    Tls = PERSONR_TLS,
    Protocol = PERSONR_PROTOCOL,
    Store = PERSONR_STORE,
    BufferTooSmall = PERSONR_BUFFER_TOO_SMALL,
    Internal = PERSONR_INTERNAL,
    Cancelled = PERSONR_CANCELLED,
    Credentials = PERSONR_CREDENTIALS,
    File = PERSONR_FILE,
    NoValue = PERSONR_NO_VALUE,
};

/** How the fields of a request become its body. */
enum class Format : std::int32_t {
    Multipart = PERSONR_FORMAT_MULTIPART,
    Json = PERSONR_FORMAT_JSON,
};

/** How the bytes of a file are written in a request. */
enum class Encoding : std::int32_t {
    Object = PERSONR_ENCODING_OBJECT,
    Base64 = PERSONR_ENCODING_BASE64,
    Binary = PERSONR_ENCODING_BINARY,
};

/** Which of the service's two login endpoints is used. */
enum class LoginMethod : std::int32_t {
    Basic = PERSONR_LOGIN_BASIC,
    Form = PERSONR_LOGIN_FORM,
};

/** How important a log event is. Later versions may give other levels. */
enum class Level : std::int32_t {
    Error = PERSONR_LOG_ERROR,
    Warn = PERSONR_LOG_WARN,
    Info = PERSONR_LOG_INFO,
    Debug = PERSONR_LOG_DEBUG,
};

/** The state of an account's token. Later versions may give other states. */
enum class State : std::int32_t {
    Empty = PERSONR_STATE_EMPTY,
    Good = PERSONR_STATE_GOOD,
    Renewing = PERSONR_STATE_RENEWING,
    Failing = PERSONR_STATE_FAILING,
    Refused = PERSONR_STATE_REFUSED,
};

/** How a callback of a token store ended. */
enum class StoreResult : std::int32_t {
    Done = PERSONR_CALLBACK_OK,
    /** lock: somebody else holds the lock; save: the lock was lost. */
    Busy = PERSONR_STORE_BUSY,
    Failed = 0,
};

/** What a value of a JSON document is. */
enum class Type : std::int32_t {
    Missing = PERSONR_TYPE_MISSING,
    Null = PERSONR_TYPE_NULL,
    Boolean = PERSONR_TYPE_BOOLEAN,
    Number = PERSONR_TYPE_NUMBER,
    String = PERSONR_TYPE_STRING,
    Array = PERSONR_TYPE_ARRAY,
    Object = PERSONR_TYPE_OBJECT,
};

/** The version of the library that is loaded, such as "0.1.0". Valid for ever. */
inline std::string_view library_version() noexcept { return personr_library_version(); }

/** The version of the library that is loaded as a number, comparable with PERSONR_VERSION_NUMBER. */
inline std::uint32_t library_version_number() noexcept { return personr_library_version_number(); }

/** The name of a status, such as "PERSONR_TIMEOUT", for logs. Valid for ever. */
inline std::string_view status_name(Status status) noexcept
{
    return personr_status_name(static_cast<std::int32_t>(status));
}

class Error;
class Json;

/* Not for applications. */
namespace detail {

struct Free {
    void operator()(personr_auth *auth) const noexcept { personr_auth_free(auth); }
    void operator()(personr_error *error) const noexcept { personr_error_free(error); }
    void operator()(personr_json *json) const noexcept { personr_json_free(json); }
    void operator()(personr_operation *operation) const noexcept { personr_operation_free(operation); }
    void operator()(personr_options *options) const noexcept { personr_options_free(options); }
    void operator()(personr_request *request) const noexcept { personr_request_free(request); }
    void operator()(personr_response *response) const noexcept { personr_response_free(response); }
    void operator()(personr_token *token) const noexcept { personr_token_free(token); }
};

template <class T>
using Handle = std::unique_ptr<T, Free>;

struct Callbacks;

Error refused(const char *parameter, const char *why);

/* Wipes in a way that the compiler may not leave out, although nobody reads these bytes again. */
inline void wipe(char *bytes, std::size_t length) noexcept
{
#if defined(__GNUC__)
    /* Auth::authorization() needs this to be fast. For the compiler, the statement after it may read the bytes. */
    std::fill_n(bytes, length, '\0');
    __asm__ __volatile__("" : : "r"(bytes) : "memory");
#else
    for (volatile char *byte = bytes; length > 0; --length)
        *byte++ = 0;
#endif
}

inline bool holds_nul(std::string_view text) noexcept { return text.find('\0') != std::string_view::npos; }

/* A string that is passed: a const char *, which may be NULL, or what a std::string_view can be made of. */
class Argument {
public:
    Argument(const char *text) noexcept : text_(text != nullptr ? text : ""), is_null_(text == nullptr) {}
    template <class T, std::enable_if_t<std::is_convertible_v<const T &, std::string_view>
                                            && !std::is_pointer_v<std::decay_t<T>> && !std::is_null_pointer_v<T>,
                                        int> = 0>
    Argument(const T &text) : text_(text)
    {
    }

    std::string_view text() const noexcept { return text_; }

    /* Why it cannot be passed on to C; NULL if it can. */
    const char *problem() const noexcept
    {
        if (is_null_)
            return "it is NULL";
        return holds_nul(text_) ? "it holds a NUL" : nullptr;
    }
    bool is_null() const noexcept { return is_null_; }

private:
    std::string_view text_;
    bool is_null_ = false;
};

/* A string with a NUL behind it, for one call. Each counts as a secret: the URL of a proxy may hold a password. */
class Text {
public:
    explicit Text(std::string_view text) : length_(text.size()), copy_(new char[length_ + 1])
    {
        text.copy(copy_.get(), length_);
        copy_[length_] = '\0';
    }
    Text(const Text &) = delete;
    Text &operator=(const Text &) = delete;
    ~Text() { wipe(copy_.get(), length_); }

    const char *c_str() const noexcept { return copy_.get(); }

private:
    std::size_t length_;
    std::unique_ptr<char[]> copy_;
};

/* A string for a C function that keeps what is wrong with it: one that cannot be passed is NULL there. */
class Passed {
public:
    Passed(const char *parameter, Argument argument)
        : parameter_(parameter), problem_(argument.problem()), text_(problem_ ? std::string_view() : argument.text())
    {
    }

    const char *parameter() const noexcept { return parameter_; }
    const char *problem() const noexcept { return problem_; }
    const char *c_str() const noexcept { return problem_ ? nullptr : text_.c_str(); }

private:
    const char *parameter_, *problem_;
    Text text_;
};

/* Bytes that a C function lends. */
inline std::string_view lent(const std::uint8_t *bytes, std::size_t length) noexcept
{
    return std::string_view(reinterpret_cast<const char *>(bytes), length);
}

/* The nearest value that the clock has: one that counts nanoseconds ends in 2262. */
inline std::chrono::system_clock::time_point time_point(std::int64_t unix_seconds) noexcept
{
    using Time = std::chrono::system_clock::time_point;
    const std::chrono::seconds since_1970(unix_seconds);
    const auto last = std::chrono::floor<std::chrono::seconds>(Time::max().time_since_epoch());
    return Time(std::min(since_1970, last));
}

/* The nearest value of the type. Zero and the greatest one are no timeouts: the library refuses them. */
inline std::uint32_t milliseconds(std::chrono::milliseconds time) noexcept
{
    constexpr std::chrono::milliseconds greatest(std::numeric_limits<std::uint32_t>::max());
    return static_cast<std::uint32_t>(std::clamp(time, std::chrono::milliseconds::zero(), greatest).count());
}

/* The same for a C function that takes 0 for the timeout of the options, which nobody has asked for. */
inline std::uint32_t timeout(std::chrono::milliseconds time) noexcept
{
    return time > time.zero() ? milliseconds(time) : std::numeric_limits<std::uint32_t>::max();
}

} // namespace detail

/** Why a call failed. It never changes, and never holds a secret; copies share what they borrow from. */
class Error : public std::runtime_error {
public:
    /** Takes over the error of a C function, for programs that use both headers. */
    explicit Error(personr_error *error) : Error(detail::Handle<personr_error>(error)) {}
    /* And no move: an Error is never empty. */
    Error(const Error &) noexcept = default;
    Error &operator=(const Error &) noexcept = default;
    ~Error() override = default;

    /** The kind of failure. */
    Status status() const noexcept { return status_; }

    /** What happened, for programs: "INVALID_LOGIN_CREDENTIALS", "connect". */
    std::string_view reason() const noexcept PERSONR_HPP_BORROWED
    {
        return error_ ? personr_error_reason(error_.get()) : "argument";
    }

    /** What happened, for people: a sentence in English. what() is the same. */
    std::string_view message() const noexcept PERSONR_HPP_BORROWED { return what(); }

    /** The HTTP status of the service's answer, 100 to 599; 0 if there was none. */
    int http_status() const noexcept { return personr_error_http_status(error_.get()); }

    /** How long to wait before the next try, from the moment of the failure; none if it is not known. */
    std::optional<std::chrono::milliseconds> retry_after() const noexcept
    {
        const std::int64_t retry_after_ms = personr_error_retry_after_ms(error_.get());
        if (retry_after_ms < 0)
            return std::nullopt;
        return std::chrono::milliseconds(retry_after_ms);
    }

    /** Of Auth::send() and Auth::start(): whether the service may have begun. If not, the request may be sent again. */
    bool may_have_run() const noexcept { return error_ && personr_error_may_have_run(error_.get()) != 0; }

    /** The body of the answer that refused a request; "" if there was none. It may repeat what you sent. */
    std::string_view body() const noexcept PERSONR_HPP_BORROWED
    {
        std::size_t length = 0;
        const std::uint8_t *body = personr_error_body(error_.get(), &length);
        return detail::lent(body, length);
    }

    /** The same as JSON; a missing value if it is none. Borrowed. */
    Json json() const noexcept PERSONR_HPP_BORROWED;

private:
    friend Error detail::refused(const char *parameter, const char *why);

    explicit Error(detail::Handle<personr_error> error)
        : std::runtime_error(personr_error_message(error.get())),
          status_(static_cast<Status>(personr_error_status(error.get()))), error_(std::move(error))
    {
    }
    /* The error for an argument that this header itself refuses. */
    explicit Error(const std::string &message)
        : std::runtime_error(message), status_(Status::InvalidArgument), error_(nullptr)
    {
    }

    Status status_;
    std::shared_ptr<const personr_error> error_;
};

namespace detail {

inline Error refused(const char *parameter, const char *why)
{
    return Error(std::string(parameter) + ": " + why);
}

[[noreturn]] inline void raise(const Error &error)
{
#if PERSONR_HPP_EXCEPTIONS
    throw error;
#else
    static_cast<void>(error);
    std::abort();
#endif
}

} // namespace detail

/**
 * The result of a try_ function: the value, or the Error that says why there is none.
 *
 *     personr::Result<personr::Token> token = auth.try_token();
 *     if (!token)
 *         return report(token.error());
 *     use(token->value());
 */
template <class T>
class [[nodiscard]] Result {
    static_assert(std::is_nothrow_move_constructible_v<T>);

public:
    Result(T &&value) noexcept : either_(std::move(value)) {}
    Result(const Error &error) noexcept : either_(error) {}

    explicit operator bool() const noexcept { return either_.index() == 0; }

    /** The value. Throws the Error if there is none. */
    T &value() & PERSONR_HPP_BORROWED { return checked(), **this; }
    const T &value() const & PERSONR_HPP_BORROWED { return checked(), **this; }
    T value() && { return checked(), *std::move(*this); }

    /** The value. To be called only if there is one. */
    T &operator*() & noexcept PERSONR_HPP_BORROWED { return *std::get_if<0>(&either_); }
    const T &operator*() const & noexcept PERSONR_HPP_BORROWED { return *std::get_if<0>(&either_); }
    T operator*() && noexcept { return std::move(*std::get_if<0>(&either_)); }
    T *operator->() noexcept PERSONR_HPP_BORROWED { return std::get_if<0>(&either_); }
    const T *operator->() const noexcept PERSONR_HPP_BORROWED { return std::get_if<0>(&either_); }

    /** Why there is no value. To be called only if there is none. */
    const Error &error() const & noexcept PERSONR_HPP_BORROWED { return *std::get_if<1>(&either_); }
    Error error() && noexcept { return *std::get_if<1>(&either_); }

private:
    void checked() const
    {
        if (const Error *error = std::get_if<1>(&either_))
            detail::raise(*error);
    }

    std::variant<T, Error> either_;
};

/** The result of a function without a value: success, or the Error that says why it failed. */
template <>
class [[nodiscard]] Result<void> {
public:
    Result() noexcept = default;
    Result(const Error &error) noexcept : error_(error) {}

    explicit operator bool() const noexcept { return !error_; }

    /** Throws the Error if there is one. */
    void value() const
    {
        if (error_)
            detail::raise(*error_);
    }

    /** Why it failed. To be called only if it did. */
    const Error &error() const & noexcept PERSONR_HPP_BORROWED { return *error_; }
    Error error() && noexcept { return *error_; }

private:
    std::optional<Error> error_;
};

namespace detail {

/* Calls a C function, and passes it the place for its error. */
template <class Call>
Result<void> attempt(Call call) noexcept
{
    personr_error *error = nullptr;
    if (call(&error) != PERSONR_OK)
        return Error(error);
    return {};
}

} // namespace detail

/** A token as it was when it was handed out. It never changes, and outlives the Auth that it came from. */
class Token {
public:
    /** Takes over the token of a C function, for programs that use both headers. */
    explicit Token(personr_token *token) noexcept : token_(token) {}

    /** The token itself, without "Bearer ". It is a secret. */
    std::string_view value() const noexcept PERSONR_HPP_BORROWED { return personr_token_value(get()); }

    /** "Bearer " and the token: the value of an Authorization header. It is a secret. */
    std::string_view authorization() const noexcept PERSONR_HPP_BORROWED { return personr_token_authorization(get()); }

    /** The service's id of the user who logged in; "" if the service did not say. */
    std::string_view user_id() const noexcept PERSONR_HPP_BORROWED { return personr_token_user_id(get()); }

    /** How long the token was good when it was issued. */
    std::chrono::seconds lifetime() const noexcept { return std::chrono::seconds(personr_token_lifetime(get())); }

    /** When the token expires, by this machine's clock as it stood at the login. */
    std::chrono::system_clock::time_point expires_at() const noexcept
    {
        return detail::time_point(personr_token_expires_at(get()));
    }

    /** How long the token is still good, by a clock that goes on while the machine sleeps; 0 once it has expired. */
    std::chrono::seconds seconds_left() const noexcept
    {
        return std::chrono::seconds(personr_token_seconds_left(get()));
    }

    /** The token for functions of personr.h. Borrowed. */
    const personr_token *get() const noexcept PERSONR_HPP_BORROWED { return token_.get(); }

    /** The token for functions of personr.h, from now on yours to free by personr_token_free(). */
    [[nodiscard]] personr_token *release() noexcept { return token_.release(); }

private:
    detail::Handle<personr_token> token_;
};

/**
 * A value of a JSON document: the whole of it, or a part; or a missing one. It is borrowed, and valid as long as the
 * document is.
 *
 *     for (std::size_t i = 0; i < json.count("/response/base64"); i++)
 *         json.at("/response/base64", i).save_base64("", "document-" + std::to_string(i));
 *
 * A pointer (RFC 6901) says where to go from the value: "" is itself. For a malformed one, what cannot fail gives the
 * answer of a missing value.
 */
class Json {
public:
    /** A missing value. */
    Json() noexcept : json_(nullptr) {}
    /** Borrows what a C function lent: for programs that use both. NULL is a missing value. */
    explicit Json(const personr_json *json) noexcept : json_(json) {}

    /** Whether it is there. */
    explicit operator bool() const noexcept { return json_ != nullptr; }

    /** What stands there. */
    Type type(detail::Argument pointer = "") const noexcept
    {
        return static_cast<Type>(asked(pointer, personr_json_type));
    }

    /** The part that stands there, to go on from it. */
    Json get(detail::Argument pointer) const noexcept { return Json(asked(pointer, personr_json_get)); }

    /** The element of this number, or the value of the member of this number. */
    Json at(std::size_t index) const noexcept { return at("", index); }
    Json at(detail::Argument pointer, std::size_t index) const noexcept
    {
        return Json(asked(pointer, personr_json_at, index));
    }

    /** How many elements or members there are. */
    std::size_t count(detail::Argument pointer = "") const noexcept { return asked(pointer, personr_json_count); }

    /** The name of the member of this number; "" if there is none. */
    std::string_view name(std::size_t index) const noexcept { return name("", index); }
    std::string_view name(detail::Argument pointer, std::size_t index) const noexcept
    {
        return asked(pointer, personr_json_name, index);
    }

    /** What a string says; a number or a boolean as it stands there; "" for everything else. The document keeps it. */
    std::string_view string(detail::Argument pointer = "") const noexcept
    {
        return asked(pointer, personr_json_string);
    }

    /** The same, and an array or object as it was received, as a copy of your own. */
    std::string copy(detail::Argument pointer = "") const { return try_copy(pointer).value(); }
    Result<std::string> try_copy(detail::Argument pointer = "") const noexcept
    {
        /* It writes a NUL, which a std::string has room for. */
        return filled<std::string>(pointer, [&](const char *to, std::string &text, std::size_t *length, auto **error) {
            return personr_json_copy(json_, to, text.data(), text.empty() ? 0 : text.size() + 1, length, error);
        });
    }

    /** A number that is whole, exactly to 64 bits. */
    std::int64_t integer(detail::Argument pointer = "") const { return try_integer(pointer).value(); }
    Result<std::int64_t> try_integer(detail::Argument pointer = "") const noexcept
    {
        return read<std::int64_t>(pointer, personr_json_integer);
    }

    /** The double that is nearest to a number. */
    double number(detail::Argument pointer = "") const { return try_number(pointer).value(); }
    Result<double> try_number(detail::Argument pointer = "") const noexcept
    {
        return read<double>(pointer, personr_json_number);
    }

    /** Whether it is true. */
    bool boolean(detail::Argument pointer = "") const { return try_boolean(pointer).value(); }
    Result<bool> try_boolean(detail::Argument pointer = "") const noexcept
    {
        const Result<std::int32_t> read_number = read<std::int32_t>(pointer, personr_json_boolean);
        if (!read_number)
            return read_number.error();
        return *read_number != 0;
    }

    /** The bytes that a string has in Base64. */
    std::vector<std::uint8_t> bytes(detail::Argument pointer = "") const { return try_bytes(pointer).value(); }
    Result<std::vector<std::uint8_t>> try_bytes(detail::Argument pointer = "") const noexcept
    {
        using Bytes = std::vector<std::uint8_t>;
        return filled<Bytes>(pointer, [&](const char *to, Bytes &bytes, std::size_t *length, auto **error) {
            return personr_json_bytes(json_, to, bytes.data(), bytes.size(), length, error);
        });
    }

    /** Writes these bytes to a file, which appears whole, over nothing or over a regular file. */
    void save_base64(detail::Argument pointer, detail::Argument path) const { try_save_base64(pointer, path).value(); }
    Result<void> try_save_base64(detail::Argument pointer, detail::Argument path) const noexcept
    {
        if (const char *problem = pointer.problem())
            return detail::refused("pointer", problem);
        if (const char *problem = path.problem())
            return detail::refused("path", problem);
        const detail::Text pointer_text(pointer.text()), path_text(path.text());
        return detail::attempt([&](personr_error **error) {
            return personr_json_save_base64(json_, pointer_text.c_str(), path_text.c_str(), error);
        });
    }

    /** For functions of personr.h. Borrowed. */
    const personr_json *get() const noexcept { return json_; }

private:
    /* A pointer that C cannot take names nothing. */
    template <class R, class... Rest>
    R asked(detail::Argument pointer, R (*function)(const personr_json *, const char *, Rest...),
            Rest... rest) const noexcept
    {
        const detail::Text text(pointer.text());
        return function(pointer.problem() == nullptr ? json_ : nullptr, text.c_str(), rest...);
    }

    template <class T>
    Result<T> read(detail::Argument pointer,
                   personr_status (*function)(const personr_json *, const char *, T *, personr_error **)) const noexcept
    {
        if (const char *problem = pointer.problem())
            return detail::refused("pointer", problem);
        const detail::Text text(pointer.text());
        T value{};
        personr_error *error = nullptr;
        if (function(json_, text.c_str(), &value, &error) != PERSONR_OK)
            return Error(error);
        return value;
    }

    /* Asks for the length first. */
    template <class T, class Call>
    static Result<T> filled(detail::Argument pointer, Call call) noexcept
    {
        if (const char *problem = pointer.problem())
            return detail::refused("pointer", problem);
        const detail::Text text(pointer.text());
        T value;
        std::size_t length = 0;
        personr_error *error = nullptr;
        personr_status status = call(text.c_str(), value, &length, &error);
        if (status == PERSONR_BUFFER_TOO_SMALL && length > 0) {
            personr_error_free(error);
            value.resize(length);
            status = call(text.c_str(), value, &length, &error);
        }
        /* "" has no bytes, and its NUL has no room in nothing. */
        const bool is_empty = status == PERSONR_BUFFER_TOO_SMALL && length == 0;
        if (status != PERSONR_OK && !is_empty)
            return Error(error);
        personr_error_free(error);
        return value;
    }

    const personr_json *json_;
};

inline Json Error::json() const noexcept { return Json(personr_error_json(error_.get())); }

/** A JSON document that the program has from elsewhere: the body of a webhook. Its text is wiped when it goes. */
class JsonDocument {
public:
    /** Reads a text. It is copied. */
    static JsonDocument parse(std::string_view text) { return try_parse(text).value(); }
    static Result<JsonDocument> try_parse(std::string_view text) noexcept
    {
        personr_json *json = nullptr;
        personr_error *error = nullptr;
        const auto *bytes = reinterpret_cast<const std::uint8_t *>(text.data());
        if (personr_json_parse(bytes, text.size(), &json, &error) != PERSONR_OK)
            return Error(error);
        return JsonDocument(json);
    }

    /** Takes over what a C function gave: for programs that use both. */
    explicit JsonDocument(personr_json *json) noexcept : json_(json) {}

    /** The whole; a missing value if this was moved from. Borrowed. */
    Json json() const noexcept PERSONR_HPP_BORROWED { return Json(json_.get()); }

    /** For functions of personr.h. Borrowed. */
    const personr_json *get() const noexcept PERSONR_HPP_BORROWED { return json_.get(); }

    /** The same, and from now on yours to free by personr_json_free(). */
    [[nodiscard]] personr_json *release() noexcept { return json_.release(); }

private:
    detail::Handle<personr_json> json_;
};

/**
 * "Bearer TOKEN", the value of an Authorization header, in this very object: nothing is allocated for it, and its bytes
 * are wiped when it goes. It is moved and never copied, so that the secret stands in one place.
 */
class Authorization {
public:
    Authorization(Authorization &&other) noexcept { take(other); }
    Authorization &operator=(Authorization &&other) noexcept
    {
        if (this != &other) {
            wipe();
            take(other);
        }
        return *this;
    }
    ~Authorization() { wipe(); }

    /** "Bearer " and the token: a secret. */
    std::string_view view() const noexcept PERSONR_HPP_BORROWED { return std::string_view(text_, length_); }

    /** "Bearer " and the token as a C string. */
    const char *c_str() const noexcept PERSONR_HPP_BORROWED { return text_; }

private:
    friend class Auth;

    Authorization() noexcept { text_[0] = '\0'; }

    void take(Authorization &other) noexcept
    {
        length_ = other.length_;
        std::copy_n(other.text_, length_ + 1, text_);
        other.wipe();
    }
    void wipe() noexcept
    {
        detail::wipe(text_, length_);
        length_ = 0;
    }

    std::size_t length_ = 0;
    char text_[PERSONR_AUTHORIZATION_MAX]; /* the bytes after the NUL are never written */
};

/** Where a callback writes a record or a password: a buffer of the library, which wipes it afterwards. */
class Buffer {
public:
    Buffer(const Buffer &) = delete;
    Buffer &operator=(const Buffer &) = delete;

    /**
     * Copies bytes into the buffer, in place of what was there. If they are NULL or do not fit, or if a password holds
     * a NUL, the callback fails.
     */
    void assign(detail::Argument argument) noexcept
    {
        const std::string_view bytes = argument.text();
        is_refused_ =
            argument.is_null() || bytes.size() > capacity_ || (is_text_ && detail::holds_nul(bytes));
        length_ = is_refused_ ? 0 : bytes.size();
        bytes.copy(bytes_, length_);
        if (is_text_)
            bytes_[length_] = '\0';
    }

private:
    friend struct detail::Callbacks;

    Buffer(char *bytes, std::size_t capacity, bool is_text) noexcept
        : bytes_(bytes), capacity_(is_text ? capacity - 1 : capacity), is_text_(is_text)
    {
    }

    char *bytes_;
    std::size_t capacity_, length_ = 0;
    bool is_text_, is_refused_ = false;
};

/**
 * A token store that the application keeps. See personr_store_load_fn and its siblings for what each has to do.
 *
 * These and the other callbacks are called on a thread that called the library, maybe on several at once. If one
 * throws, it has failed, and the exception goes no further. No thread may end in one, by pthread_exit() or a
 * cancellation. They are destroyed with their last owner: owners are the Options, every Auth made with them, and every
 * Operation of such an Auth.
 */
struct StoreCallbacks {
    /** Reads the record of a key, and assigns it to the buffer if there is one: at most PERSONR_RECORD_MAX bytes. */
    std::function<StoreResult(std::string_view key, Buffer &record)> load;
    /** Replaces the record of a key, whole, if this owner still has the lock. It holds a secret. */
    std::function<StoreResult(std::string_view key, std::string_view owner, std::string_view record)> save;
    /** Takes the lock of a key for an owner, and waits for at most `wait`. It ends by itself after `lease`. */
    std::function<StoreResult(std::string_view key, std::string_view owner, std::chrono::milliseconds wait,
                              std::chrono::milliseconds lease)>
        lock;
    /** Gives the lock of a key back, if this owner still has it. */
    std::function<StoreResult(std::string_view key, std::string_view owner)> unlock;
};

/** Writes the password of an account by Buffer::assign(). Returns whether it could. */
using CredentialsCallback = std::function<bool(std::string_view email, Buffer &password)>;

/** Is told what happened: an event for programs, and a sentence for people. */
using LogCallback = std::function<void(Level level, std::string_view event, std::string_view text)>;

namespace detail {

/* The C callbacks, which have those of the application as their user data. */
struct Callbacks {
    static std::int32_t load(void *store, const char *key, std::uint8_t *bytes, std::size_t capacity,
                             std::size_t *length_out) noexcept
    {
        return contained([&] {
            Buffer record(reinterpret_cast<char *>(bytes), capacity, false);
            const StoreResult result = static_cast<const StoreCallbacks *>(store)->load(key, record);
            *length_out = record.length_;
            return record.is_refused_ ? StoreResult::Failed : result;
        });
    }

    static std::int32_t save(void *store, const char *key, const char *owner, const std::uint8_t *record,
                             std::size_t length) noexcept
    {
        const std::string_view bytes(reinterpret_cast<const char *>(record), length);
        return contained([&] { return static_cast<const StoreCallbacks *>(store)->save(key, owner, bytes); });
    }

    static std::int32_t lock(void *store, const char *key, const char *owner, std::uint32_t wait_ms,
                             std::uint32_t lease_ms) noexcept
    {
        const std::chrono::milliseconds wait(wait_ms), lease(lease_ms);
        return contained([&] { return static_cast<const StoreCallbacks *>(store)->lock(key, owner, wait, lease); });
    }

    static std::int32_t unlock(void *store, const char *key, const char *owner) noexcept
    {
        return contained([&] { return static_cast<const StoreCallbacks *>(store)->unlock(key, owner); });
    }

    static std::int32_t credentials(void *callback, const char *email, char *bytes, std::size_t capacity) noexcept
    {
        return contained([&] {
            Buffer password(bytes, capacity, true);
            const bool is_told = (*static_cast<const CredentialsCallback *>(callback))(email, password);
            return is_told && !password.is_refused_ ? StoreResult::Done : StoreResult::Failed;
        });
    }

    static void log(void *callback, std::int32_t level, const char *event, const char *text) noexcept
    {
        contained([&] {
            (*static_cast<const LogCallback *>(callback))(static_cast<Level>(level), event, text);
            return StoreResult::Done;
        });
    }

    template <class T>
    static void destroy(void *user_data) noexcept
    {
        delete static_cast<T *>(user_data);
    }

private:
    /* No exception may cross the frames of the library, which is written in another language. */
    template <class Call>
    static std::int32_t contained(Call call) noexcept
    {
#if PERSONR_HPP_EXCEPTIONS
        try {
            return static_cast<std::int32_t>(call());
        } catch (...) {
            return static_cast<std::int32_t>(StoreResult::Failed);
        }
#else
        return static_cast<std::int32_t>(call());
#endif
    }
};

} // namespace detail

/**
 * Settings for an Auth, which copies them. A setter that fails leaves the setting as it was.
 *
 *     personr::Auth auth(email, password, personr::Options().timeout(10s).token_store("file:/var/lib/billing"));
 */
class Options {
public:
    /** The defaults. */
    Options() : options_(personr_options_new()) {}

    /** Where the service is: "https://enterprise.personr.co/api/1.1/wf" unless set. */
    Options &base_url(detail::Argument url) & { return set(try_base_url(url)); }
    Options base_url(detail::Argument url) && { return std::move(base_url(url)); }
    Result<void> try_base_url(detail::Argument url) noexcept
    {
        return text("base_url", personr_options_set_base_url, url);
    }

    /** Which of the service's two login endpoints is used: LoginMethod::Basic unless set. */
    Options &login_method(LoginMethod method) & { return set(try_login_method(method)); }
    Options login_method(LoginMethod method) && { return std::move(login_method(method)); }
    Result<void> try_login_method(LoginMethod method) noexcept
    {
        return value(personr_options_set_login_method, static_cast<std::int32_t>(method));
    }

    /** How long a whole call may take, a millisecond to an hour: 30 seconds unless set. */
    Options &timeout(std::chrono::milliseconds time) & { return set(try_timeout(time)); }
    Options timeout(std::chrono::milliseconds time) && { return std::move(timeout(time)); }
    Result<void> try_timeout(std::chrono::milliseconds time) noexcept
    {
        return value(personr_options_set_timeout_ms, detail::milliseconds(time));
    }

    /** How long one connection may take to open, a millisecond to an hour: 10 seconds unless set. */
    Options &connect_timeout(std::chrono::milliseconds time) & { return set(try_connect_timeout(time)); }
    Options connect_timeout(std::chrono::milliseconds time) && { return std::move(connect_timeout(time)); }
    Result<void> try_connect_timeout(std::chrono::milliseconds time) noexcept
    {
        return value(personr_options_set_connect_timeout_ms, detail::milliseconds(time));
    }

    /** How often one login is tried again after a failure that may soon be over, 0 to 10 times: twice unless set. */
    Options &max_retries(std::uint32_t times) & { return set(try_max_retries(times)); }
    Options max_retries(std::uint32_t times) && { return std::move(max_retries(times)); }
    Result<void> try_max_retries(std::uint32_t times) noexcept { return value(personr_options_set_max_retries, times); }

    /** The HTTP proxy to connect through, "" for none: unless set, the environment names it. */
    Options &proxy(detail::Argument url) & { return set(try_proxy(url)); }
    Options proxy(detail::Argument url) && { return std::move(proxy(url)); }
    Result<void> try_proxy(detail::Argument url) noexcept { return text("proxy", personr_options_set_proxy, url); }

    /** Adds the root certificates of a PEM file to those that are trusted. It is read now. */
    Options &ca_file(detail::Argument path) & { return set(try_ca_file(path)); }
    Options ca_file(detail::Argument path) && { return std::move(ca_file(path)); }
    Result<void> try_ca_file(detail::Argument path) noexcept
    {
        return text("ca_file", personr_options_set_ca_file, path);
    }

    /** Adds the root certificates of a PEM text. */
    Options &ca_pem(detail::Argument pem) & { return set(try_ca_pem(pem)); }
    Options ca_pem(detail::Argument pem) && { return std::move(ca_pem(pem)); }
    Result<void> try_ca_pem(detail::Argument pem) noexcept
    {
        if (pem.is_null())
            return detail::refused("ca_pem", pem.problem());
        const std::string_view text = pem.text();
        const auto *bytes = reinterpret_cast<const std::uint8_t *>(text.empty() ? "" : text.data());
        return detail::attempt([&](personr_error **error) {
            return personr_options_set_ca_pem(get(), bytes, text.size(), error);
        });
    }

    /** Whether the system's root certificates are trusted beside the added ones: true unless set. */
    Options &system_roots(bool are_trusted) & { return set(try_system_roots(are_trusted)); }
    Options system_roots(bool are_trusted) && { return std::move(system_roots(are_trusted)); }
    Result<void> try_system_roots(bool are_trusted) noexcept
    {
        return value(personr_options_set_system_roots, static_cast<std::int32_t>(are_trusted));
    }

    /** What the User-Agent header names before "libpersonr/VERSION", such as "Billing/2.1". */
    Options &user_agent(detail::Argument name) & { return set(try_user_agent(name)); }
    Options user_agent(detail::Argument name) && { return std::move(user_agent(name)); }
    Result<void> try_user_agent(detail::Argument name) noexcept
    {
        return text("user_agent", personr_options_set_user_agent, name);
    }

    /** Where the token is kept, and so who shares it: "memory:" unless set, "file:DIRECTORY", "redis://...". */
    Options &token_store(detail::Argument store) & { return set(try_token_store(store)); }
    Options token_store(detail::Argument store) && { return std::move(token_store(store)); }
    Result<void> try_token_store(detail::Argument store) noexcept
    {
        return text("token_store", personr_options_set_token_store, store);
    }

    /** How long before its end a token is renewed, at most half of its life: a fifth of it unless set; 0 for never. */
    Options &renew_before(std::chrono::seconds time) & { return set(try_renew_before(time)); }
    Options renew_before(std::chrono::seconds time) && { return std::move(renew_before(time)); }
    Result<void> try_renew_before(std::chrono::seconds time) noexcept
    {
        return value(personr_options_set_renew_before_s, std::int64_t{time.count()});
    }

    /** A token store of the application, instead of the one that token_store() names. No callback may be empty. */
    Options &token_store_callbacks(StoreCallbacks store) & { return set(try_token_store_callbacks(std::move(store))); }
    Options token_store_callbacks(StoreCallbacks store) &&
    {
        return std::move(token_store_callbacks(std::move(store)));
    }
    Result<void> try_token_store_callbacks(StoreCallbacks store) noexcept
    {
        using detail::Callbacks;
        const auto load = store.load ? Callbacks::load : nullptr;
        const auto save = store.save ? Callbacks::save : nullptr;
        const auto lock = store.lock ? Callbacks::lock : nullptr;
        const auto unlock = store.unlock ? Callbacks::unlock : nullptr;
        return give(true, std::move(store), [&](void *user_data, personr_user_data_free_fn destroy, auto **error) {
            return personr_options_set_token_store_callbacks(get(), load, save, lock, unlock, user_data, destroy,
                                                             error);
        });
    }

    /** Is asked for the password before each login, which is then not kept. An empty function unsets it. */
    Options &credentials_callback(CredentialsCallback ask) & { return set(try_credentials_callback(std::move(ask))); }
    Options credentials_callback(CredentialsCallback ask) && { return std::move(credentials_callback(std::move(ask))); }
    Result<void> try_credentials_callback(CredentialsCallback ask) noexcept
    {
        const auto call = ask ? detail::Callbacks::credentials : nullptr;
        return give(call, std::move(ask), [&](void *user_data, personr_user_data_free_fn destroy, auto **error) {
            return personr_options_set_credentials_callback(get(), call, user_data, destroy, error);
        });
    }

    /** Is told what happens, up to this level, and never a secret. An empty function unsets it. */
    Options &log_callback(Level level, LogCallback tell) & { return set(try_log_callback(level, std::move(tell))); }
    Options log_callback(Level level, LogCallback tell) && { return std::move(log_callback(level, std::move(tell))); }
    Result<void> try_log_callback(Level level, LogCallback tell) noexcept
    {
        const auto call = tell ? detail::Callbacks::log : nullptr;
        const auto last = static_cast<std::int32_t>(level);
        return give(call, std::move(tell), [&](void *user_data, personr_user_data_free_fn destroy, auto **error) {
            return personr_options_set_log_callback(get(), call, last, user_data, destroy, error);
        });
    }

    /** The options for functions of personr.h. Borrowed. */
    personr_options *get() noexcept PERSONR_HPP_BORROWED { return options_.get(); }
    const personr_options *get() const noexcept PERSONR_HPP_BORROWED { return options_.get(); }

private:
    template <class T>
    using Setter = personr_status (*)(personr_options *, T, personr_error **);

    template <class T>
    Result<void> value(Setter<T> setter, T value) noexcept
    {
        return detail::attempt([&](personr_error **error) { return setter(get(), value, error); });
    }

    Result<void> text(const char *parameter, Setter<const char *> setter, detail::Argument argument) noexcept
    {
        if (const char *problem = argument.problem())
            return detail::refused(parameter, problem);
        return value<const char *>(setter, detail::Text(argument.text()).c_str());
    }

    /* The library owns the callbacks once a setter that takes them has succeeded, and not before. */
    template <class T, class Setter>
    static Result<void> give(bool is_taken, T callbacks, Setter setter) noexcept
    {
        auto user_data = std::make_unique<T>(std::move(callbacks));
        const Result<void> result = detail::attempt([&](personr_error **error) {
            return setter(user_data.get(), detail::Callbacks::destroy<T>, error);
        });
        if (result && is_taken)
            static_cast<void>(user_data.release());
        return result;
    }

    Options &set(const Result<void> &result) &
    {
        result.value();
        return *this;
    }

    detail::Handle<personr_options> options_;
};

/**
 * What is sent to one endpoint of the service: fields, or a body of your own. What goes wrong first stays, and is what
 * Auth::send() returns: a program that uses the try_ forms may look at that alone.
 *
 *     auth.send(personr::Request("api-document-upload")
 *                   .format(personr::Format::Json)
 *                   .text("applicantId", id)
 *                   .file("docFile", "scan.pdf", personr::Encoding::Object));
 */
class Request {
public:
    /** To an endpoint under the base URL, such as "api-applicant-create". What is wrong with it is what a send returns. */
    explicit Request(detail::Argument endpoint)
        : request_(personr_request_new(detail::Passed("endpoint", endpoint).c_str()))
    {
    }

    /** How the fields become the body: Format::Multipart unless set. */
    Request &format(Format format) & { return done(try_format(format)); }
    Request format(Format format) && { return std::move(this->format(format)); }
    Result<void> try_format(Format format) noexcept
    {
        return value(personr_request_set_format, static_cast<std::int32_t>(format));
    }

    /** Adds a text. */
    Request &text(detail::Argument name, detail::Argument value) & { return done(try_text(name, value)); }
    Request text(detail::Argument name, detail::Argument value) && { return std::move(text(name, value)); }
    Result<void> try_text(detail::Argument name, detail::Argument value) noexcept
    {
        const detail::Passed passed_name("name", name), passed_value("value", value);
        return add(
            [&](personr_error **error) {
                return personr_request_add_text(get(), passed_name.c_str(), passed_value.c_str(), error);
            },
            passed_name, passed_value);
    }

    /** Adds one value that is JSON already. */
    Request &json(detail::Argument name, detail::Argument json) & { return done(try_json(name, json)); }
    Request json(detail::Argument name, detail::Argument json) && { return std::move(this->json(name, json)); }
    Result<void> try_json(detail::Argument name, detail::Argument json) noexcept
    {
        const detail::Passed passed_name("name", name), passed_json("json", json);
        return add(
            [&](personr_error **error) {
                return personr_request_add_json(get(), passed_name.c_str(), passed_json.c_str(), error);
            },
            passed_name, passed_json);
    }

    /** Adds a file, which is read at each send. The service gets the last part of the path as its name. */
    Request &file(detail::Argument name, detail::Argument path, Encoding as) & { return done(try_file(name, path, as)); }
    Request file(detail::Argument name, detail::Argument path, Encoding as) && { return std::move(file(name, path, as)); }
    Result<void> try_file(detail::Argument name, detail::Argument path, Encoding as) noexcept
    {
        const detail::Passed passed_name("name", name), passed_path("path", path);
        return add(
            [&](personr_error **error) {
                return personr_request_add_file(get(), passed_name.c_str(), passed_path.c_str(), nullptr,
                                                static_cast<std::int32_t>(as), error);
            },
            passed_name, passed_path);
    }

    /** The same with another name. */
    Request &file(detail::Argument name, detail::Argument path, detail::Argument file_name, Encoding as) &
    {
        return done(try_file(name, path, file_name, as));
    }
    Request file(detail::Argument name, detail::Argument path, detail::Argument file_name, Encoding as) &&
    {
        return std::move(file(name, path, file_name, as));
    }
    Result<void> try_file(detail::Argument name, detail::Argument path, detail::Argument file_name, Encoding as) noexcept
    {
        const detail::Passed passed_name("name", name), passed_path("path", path), passed_as("file_name", file_name);
        return add(
            [&](personr_error **error) {
                return personr_request_add_file(get(), passed_name.c_str(), passed_path.c_str(), named(passed_as),
                                                static_cast<std::int32_t>(as), error);
            },
            passed_name, passed_path, passed_as);
    }

    /** Adds bytes of yours as a file. */
    Request &bytes(detail::Argument name, detail::Argument bytes, detail::Argument file_name, Encoding as) &
    {
        return done(try_bytes(name, bytes, file_name, as));
    }
    Request bytes(detail::Argument name, detail::Argument bytes, detail::Argument file_name, Encoding as) &&
    {
        return std::move(this->bytes(name, bytes, file_name, as));
    }
    Result<void> try_bytes(detail::Argument name, detail::Argument bytes, detail::Argument file_name, Encoding as) noexcept
    {
        const detail::Passed passed_name("name", name), passed_as("file_name", file_name);
        return add(
            [&](personr_error **error) {
                return personr_request_add_bytes(get(), passed_name.c_str(), start(bytes), length(bytes),
                                                 named(passed_as), static_cast<std::int32_t>(as), error);
            },
            passed_name, passed_as);
    }

    /** Sets a body that is sent as it stands, in place of fields. */
    Request &body(detail::Argument content_type, detail::Argument body) & { return done(try_body(content_type, body)); }
    Request body(detail::Argument content_type, detail::Argument body) &&
    {
        return std::move(this->body(content_type, body));
    }
    Result<void> try_body(detail::Argument content_type, detail::Argument body) noexcept
    {
        const detail::Passed passed_type("content_type", content_type);
        return add(
            [&](personr_error **error) {
                return personr_request_set_body(get(), passed_type.c_str(), start(body), length(body), error);
            },
            passed_type);
    }

    /** Whether it does no harm if the service does it twice: false unless set. */
    Request &repeatable(bool is_repeatable) & { return done(try_repeatable(is_repeatable)); }
    Request repeatable(bool is_repeatable) && { return std::move(repeatable(is_repeatable)); }
    Result<void> try_repeatable(bool is_repeatable) noexcept
    {
        return value(personr_request_set_repeatable, static_cast<std::int32_t>(is_repeatable));
    }

    /** How long a send may take in all, a millisecond to an hour: a minute unless set. */
    Request &timeout(std::chrono::milliseconds time) & { return done(try_timeout(time)); }
    Request timeout(std::chrono::milliseconds time) && { return std::move(timeout(time)); }
    Result<void> try_timeout(std::chrono::milliseconds time) noexcept
    {
        return value(personr_request_set_timeout_ms, detail::milliseconds(time));
    }

    /** How many bytes an answer may have, 1 to 64 MiB: 64 MiB unless set. */
    Request &response_max(std::uint32_t bytes) & { return done(try_response_max(bytes)); }
    Request response_max(std::uint32_t bytes) && { return std::move(response_max(bytes)); }
    Result<void> try_response_max(std::uint32_t bytes) noexcept
    {
        return value(personr_request_set_response_max, bytes);
    }

    /** For functions of personr.h. Borrowed. */
    personr_request *get() noexcept PERSONR_HPP_BORROWED { return request_.get(); }
    const personr_request *get() const noexcept PERSONR_HPP_BORROWED { return request_.get(); }

private:
    template <class T>
    Result<void> value(personr_status (*setter)(personr_request *, T, personr_error **), T value) noexcept
    {
        return detail::attempt([&](personr_error **error) { return setter(get(), value, error); });
    }

    /* What cannot be passed has been told to the C function, which keeps it; here it is told in its own words. */
    template <class Call, class... Strings>
    static Result<void> add(Call call, const Strings &...strings) noexcept
    {
        const Result<void> result = detail::attempt(call);
        for (const detail::Passed *passed : {&strings...})
            if (passed->problem() != nullptr)
                return detail::refused(passed->parameter(), passed->problem());
        return result;
    }

    /* NULL would be no name, and no mistake. */
    static const char *named(const detail::Passed &file_name) noexcept
    {
        return file_name.problem() != nullptr ? "" : file_name.c_str();
    }

    /* NULL, which is none, is passed on as a length that cannot be one. */
    static const std::uint8_t *start(const detail::Argument &bytes) noexcept
    {
        return bytes.is_null() ? nullptr : reinterpret_cast<const std::uint8_t *>(bytes.text().data());
    }
    static std::size_t length(const detail::Argument &bytes) noexcept
    {
        return bytes.is_null() ? 1 : bytes.text().size();
    }

    Request &done(const Result<void> &result) &
    {
        result.value();
        return *this;
    }

    detail::Handle<personr_request> request_;
};

/** The answer to a request that the service has done. It never changes, and outlives the Auth that it came from. */
class Response {
public:
    /** Takes over what a C function gave: for programs that use both. */
    explicit Response(personr_response *response) noexcept : response_(response) {}

    /** 200 to 299. */
    int http_status() const noexcept { return personr_response_http_status(get()); }

    /** A header of the answer, by its name in capital or small letters; "" if there is none. */
    std::string_view header(detail::Argument name) const noexcept PERSONR_HPP_BORROWED
    {
        return personr_response_header(get(), detail::Passed("name", name).c_str());
    }

    /** The body as it was received, but for the token, which is overwritten. A NUL stands behind it. */
    std::string_view body() const noexcept PERSONR_HPP_BORROWED
    {
        std::size_t length = 0;
        const std::uint8_t *body = personr_response_body(get(), &length);
        return detail::lent(body, length);
    }

    /** The body as JSON; a missing value if it is none. Borrowed. */
    Json json() const noexcept PERSONR_HPP_BORROWED { return Json(personr_response_json(get())); }

    /** For functions of personr.h. Borrowed. */
    const personr_response *get() const noexcept PERSONR_HPP_BORROWED { return response_.get(); }

    /** The same, and from now on yours to free by personr_response_free(). */
    [[nodiscard]] personr_response *release() noexcept { return response_.release(); }

private:
    detail::Handle<personr_response> response_;
};

/** How much of a request's body has been sent. */
struct Progress {
    /** The bytes that this attempt has sent. */
    std::int64_t sent;
    /** The length of the body in bytes; none while it is not known, and for an operation of a token. */
    std::optional<std::int64_t> total;
};

/**
 * A call that does not block, for a program with a loop of its own. If it is destroyed before it is done, it is
 * cancelled.
 *
 *     personr::Operation operation = auth.start_token();
 *
 *     at once, and then each time that operation.fd() is ready for reading:
 *     if (operation.step())
 *         use(operation.token());
 *
 * The first step comes at once, because an operation that is done already has no descriptor that a loop could watch.
 */
class [[nodiscard]] Operation {
public:
    /** Takes over the operation of a C function, for programs that use both headers. */
    explicit Operation(personr_operation *operation) noexcept : operation_(operation) {}

    /**
     * What to watch for reading: it never changes. -1 if the operation was done at once. Stop watching it before the
     * Operation is destroyed, and never close it.
     */
    int fd() const noexcept { return personr_operation_fd(get()); }

    /** Does what is due, also callbacks, and never waits. Whether the operation is done. */
    bool step() noexcept { return personr_operation_step(operation_.get()) != 0; }

    /** Waits, and steps meanwhile. Whether the operation is done: false after this time, and after a signal. */
    bool wait(std::chrono::milliseconds longest) noexcept
    {
        return personr_operation_wait(operation_.get(), detail::milliseconds(longest)) != 0;
    }

    /** The token of an operation that is done. */
    Token token() { return try_token().value(); }
    Result<Token> try_token() noexcept
    {
        personr_token *token = nullptr;
        personr_error *error = nullptr;
        if (personr_operation_token(operation_.get(), &token, &error) != PERSONR_OK)
            return Error(error);
        return Token(token);
    }

    /** The answer to a request whose operation is done. It is given once. */
    Response response() { return try_response().value(); }
    Result<Response> try_response() noexcept
    {
        personr_response *response = nullptr;
        personr_error *error = nullptr;
        if (personr_operation_response(operation_.get(), &response, &error) != PERSONR_OK)
            return Error(error);
        return Response(response);
    }

    /** How much has been sent: for a progress bar. */
    Progress progress() const noexcept
    {
        Progress progress{0, std::nullopt};
        std::int64_t total = -1;
        personr_operation_progress(get(), &progress.sent, &total);
        if (total >= 0)
            progress.total = total;
        return progress;
    }

    /**
     * Ends the operation with Status::Cancelled, if it is not done. From any thread, from a signal handler and from a
     * callback. No token is lost by that: see personr_operation_cancel().
     */
    void cancel() const noexcept { personr_operation_cancel(operation_.get()); }

    /** The operation for functions of personr.h. Borrowed. */
    personr_operation *get() noexcept PERSONR_HPP_BORROWED { return operation_.get(); }
    const personr_operation *get() const noexcept PERSONR_HPP_BORROWED { return operation_.get(); }

    /** The operation for functions of personr.h, from now on yours to free by personr_operation_free(). */
    [[nodiscard]] personr_operation *release() noexcept { return operation_.release(); }

private:
    detail::Handle<personr_operation> operation_;
};

/**
 * An account at the service, and its one live token. Make one for each account of an application, share it between all
 * threads (all its functions are const), and keep it: a token in a "memory:" store, the default, ends with the last
 * Auth of its account.
 */
class Auth {
public:
    /** An account, with the defaults or these options. Nothing is sent: the first call that needs a token logs in. */
    Auth(detail::Argument email, detail::Argument password) : Auth(try_new(email, password).value()) {}
    Auth(detail::Argument email, detail::Argument password, const Options &options)
        : Auth(try_new(email, password, options).value())
    {
    }
    static Result<Auth> try_new(detail::Argument email, detail::Argument password) noexcept
    {
        return made(email, &password, nullptr);
    }
    static Result<Auth> try_new(detail::Argument email, detail::Argument password, const Options &options) noexcept
    {
        return made(email, &password, &options);
    }

    /** An account without a password: the options have a credentials callback. */
    Auth(detail::Argument email, const Options &options) : Auth(try_new(email, options).value()) {}
    static Result<Auth> try_new(detail::Argument email, const Options &options) noexcept
    {
        return made(email, nullptr, &options);
    }

    /** Takes over the handle of a C function, for programs that use both headers. */
    explicit Auth(personr_auth *auth) noexcept : auth_(auth) {}

    /** Logs in anew, which verifies a password. It ends the token of the login before it, everywhere. */
    Token login() const { return try_login().value(); }
    Result<Token> try_login() const noexcept { return handed_out(personr_auth_login); }

    /** Hands out a token that is good now. Logs in if there is none, and renews one that ends soon. */
    Token token() const { return try_token().value(); }
    Result<Token> try_token() const noexcept { return handed_out(personr_auth_token); }

    /** Hands out a token that is good now as the value of an Authorization header, for each request. */
    Authorization authorization() const { return try_authorization().value(); }
    Result<Authorization> try_authorization() const noexcept
    {
        Authorization authorization;
        personr_error *error = nullptr;
        if (personr_auth_authorization(get(), authorization.text_, sizeof authorization.text_, &authorization.length_,
                                       &error)
            != PERSONR_OK) {
            /* How much was written is not known. */
            authorization.length_ = sizeof authorization.text_ - 1;
            return Error(error);
        }
        return authorization;
    }

    /**
     * Tells the library that the service refused a token (answered 401). On a 401: reject what was sent, ask again, and
     * repeat the request ONCE. A 403 is no reason to reject.
     */
    void reject(const Authorization &sent) const { try_reject(sent).value(); }
    void reject(const Token &sent) const { try_reject(sent).value(); }
    void reject(detail::Argument token_or_authorization) const { try_reject(token_or_authorization).value(); }
    Result<void> try_reject(const Authorization &sent) const noexcept { return try_reject(sent.view()); }
    Result<void> try_reject(const Token &sent) const noexcept { return try_reject(sent.value()); }
    Result<void> try_reject(detail::Argument token_or_authorization) const noexcept
    {
        if (const char *problem = token_or_authorization.problem())
            return detail::refused("token_or_authorization", problem);
        const detail::Text text(token_or_authorization.text());
        return detail::attempt([&](personr_error **error) { return personr_auth_reject(get(), text.c_str(), error); });
    }

    /** Sends a request with a token that is good now, and reads the answer: the service has done it. */
    Response send(const Request &request) const { return try_send(request).value(); }
    Result<Response> try_send(const Request &request) const noexcept
    {
        personr_response *response = nullptr;
        personr_error *error = nullptr;
        if (personr_request_send(get(), request.get(), &response, &error) != PERSONR_OK)
            return Error(error);
        return Response(response);
    }

    /** Begins to do what token() does, within the timeout of the options or another one, and does not wait for it. */
    Operation start_token() const { return try_start_token().value(); }
    Operation start_token(std::chrono::milliseconds timeout) const { return try_start_token(timeout).value(); }
    Result<Operation> try_start_token() const noexcept { return started(personr_auth_token_start, 0U); }
    Result<Operation> try_start_token(std::chrono::milliseconds timeout) const noexcept
    {
        return started(personr_auth_token_start, detail::timeout(timeout));
    }

    /** Begins to do what login() does, within the timeout of the options or another one, and does not wait for it. */
    Operation start_login() const { return try_start_login().value(); }
    Operation start_login(std::chrono::milliseconds timeout) const { return try_start_login(timeout).value(); }
    Result<Operation> try_start_login() const noexcept { return started(personr_auth_login_start, 0U); }
    Result<Operation> try_start_login(std::chrono::milliseconds timeout) const noexcept
    {
        return started(personr_auth_login_start, detail::timeout(timeout));
    }

    /** Begins to do what send() does, within the timeout of the request, and does not wait for it. */
    Operation start(const Request &request) const { return try_start(request).value(); }
    Result<Operation> try_start(const Request &request) const noexcept
    {
        return started(personr_request_start, request.get());
    }

    /** The state of the account's token, for monitoring. */
    State state() const noexcept { return static_cast<State>(personr_auth_state(get())); }

    /** When the token in hand is to be renewed, by the first call after that; none if the next call does it. */
    std::optional<std::chrono::system_clock::time_point> renews_at() const noexcept
    {
        const std::int64_t seconds = personr_auth_renews_at(get());
        if (seconds == 0)
            return std::nullopt;
        return detail::time_point(seconds);
    }

    /** The handle for functions of personr.h. Borrowed. */
    const personr_auth *get() const noexcept PERSONR_HPP_BORROWED { return auth_.get(); }

    /** The handle for functions of personr.h, from now on yours to free by personr_auth_free(). */
    [[nodiscard]] personr_auth *release() noexcept { return auth_.release(); }

private:
    static Result<Auth> made(detail::Argument email, const detail::Argument *password, const Options *options) noexcept
    {
        if (const char *problem = email.problem())
            return detail::refused("email", problem);
        if (const char *problem = password != nullptr ? password->problem() : nullptr)
            return detail::refused("password", problem);
        /* The C function would take NULL for the defaults, and the password would go to another service. */
        if (options != nullptr && options->get() == nullptr)
            return detail::refused("options", "they were moved from");
        personr_auth *auth = nullptr;
        personr_error *error = nullptr;
        const detail::Text email_text(email.text());
        const detail::Text password_text(password != nullptr ? password->text() : std::string_view());
        if (personr_auth_new(email_text.c_str(), password != nullptr ? password_text.c_str() : nullptr,
                             options != nullptr ? options->get() : nullptr, &auth, &error)
            != PERSONR_OK)
            return Error(error);
        return Auth(auth);
    }

    using Call = personr_status (*)(const personr_auth *, personr_token **, personr_error **);

    Result<Token> handed_out(Call call) const noexcept
    {
        personr_token *token = nullptr;
        personr_error *error = nullptr;
        if (call(get(), &token, &error) != PERSONR_OK)
            return Error(error);
        return Token(token);
    }

    template <class T>
    Result<Operation> started(personr_status (*call)(const personr_auth *, T, personr_operation **, personr_error **),
                              T of_what) const noexcept
    {
        personr_operation *operation = nullptr;
        personr_error *error = nullptr;
        if (call(get(), of_what, &operation, &error) != PERSONR_OK)
            return Error(error);
        return Operation(operation);
    }

    detail::Handle<personr_auth> auth_;
};

} // namespace personr

#undef PERSONR_HPP_BORROWED
#undef PERSONR_HPP_EXCEPTIONS

#endif /* PERSONR_HPP */
