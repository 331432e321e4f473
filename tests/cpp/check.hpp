/*
 * What the C++ programs share. The first check that fails ends the process and says where.
 */
#ifndef CHECK_HPP
#define CHECK_HPP

#include <cstdio>
#include <cstdlib>
#include <personr.hpp>

/* The tests pass NULL where it is not allowed, and compilers know. */
#pragma GCC diagnostic ignored "-Wnonnull"

#define CHECK(condition) ((condition) ? static_cast<void>(0) : fail(__FILE__, __LINE__, #condition, ""))

/* The result holds an error with this status and reason, and all that an error tells can be read. */
#define FAILS(status, reason, result) check_error(__FILE__, __LINE__, #result, result, status, reason)

/* The result is Status::InvalidArgument, and names the parameter. */
#define REFUSES(parameter, result) check_refused(__FILE__, __LINE__, #result, result, parameter)

#if defined(__cpp_exceptions)
/* The expression throws an error with this status and reason. */
#define THROWS(status, reason, expression) \
    check_error(__FILE__, __LINE__, #expression, thrown([&] { static_cast<void>(expression); }), status, reason)

template <class Call>
personr::Result<void> thrown(Call call)
{
    try {
        call();
        return {};
    } catch (const personr::Error &error) {
        return error;
    }
}
#endif

[[noreturn]] inline void fail(const char *file, int line, const char *what, const char *message)
{
    std::fprintf(stderr, "%s:%d: %s: %s\n", file, line, what, message);
    std::_Exit(EXIT_FAILURE);
}

template <class T>
void check_error(const char *file, int line, const char *what, const personr::Result<T> &result, personr::Status status,
                 std::string_view reason)
{
    if (result)
        fail(file, line, what, "no error");
    const personr::Error &error = result.error();
    if (error.status() != status || error.reason() != reason || error.message().empty()
        || error.message() != error.what() || error.message().find('\n') != std::string_view::npos)
        fail(file, line, what, error.what());
    if (status == personr::Status::InvalidArgument && (error.http_status() != 0 || error.retry_after()))
        fail(file, line, what, error.what());
}

template <class T>
void check_refused(const char *file, int line, const char *what, const personr::Result<T> &result,
                   std::string_view parameter)
{
    check_error(file, line, what, result, personr::Status::InvalidArgument, "argument");
    const std::string_view message = result.error().message();
    if (message.substr(0, parameter.size()) != parameter || message.substr(parameter.size(), 2) != ": ")
        fail(file, line, what, result.error().what());
}

inline const char *variable(const char *name)
{
    const char *value = std::getenv(name);

    CHECK(value != nullptr);
    return value;
}

/* Options for the service that the environment names, with its certificate authority alone. */
inline personr::Options options_of_the_environment()
{
    personr::Options options;

    CHECK(options.try_base_url(variable("PERSONR_BASE_URL")));
    CHECK(options.try_ca_file(variable("PERSONR_CA_FILE")));
    CHECK(options.try_system_roots(false));
    return options;
}

#endif
