/*
 * Logs in, and prints the token's data or the error.
 *
 *     c++ -std=c++17 login.cpp -lpersonr -o login
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./login
 */
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <iomanip>
#include <iostream>
#include <personr.hpp>

#include "environment.hpp"

static void print_end(std::chrono::system_clock::time_point end)
{
    const std::int64_t seconds = std::chrono::duration_cast<std::chrono::seconds>(end.time_since_epoch()).count();
    const std::time_t time = static_cast<std::time_t>(seconds);

    /* A time_t of 32 bits ends in 2038. */
    if (time == seconds)
        std::cout << "expires:  " << std::put_time(std::gmtime(&time), "%Y-%m-%d %H:%M:%S UTC") << '\n';
    else
        std::cout << "expires:  " << seconds << " (seconds since 1970)\n";
}

static void print(const personr::Token &token)
{
    std::cout << "user id:  " << token.user_id() << '\n'
              << "token:    " << token.value().substr(0, 6) << "... (a secret: never print a whole one)\n";
    print_end(token.expires_at());
}

int main()
{
    try {
        const personr::Options options = options_of_the_environment();
        const personr::Auth auth(variable("PERSONR_EMAIL"), variable("PERSONR_PASSWORD"), options);

        print(auth.login());
        return EXIT_SUCCESS;
    } catch (const personr::Error &error) {
        std::cerr << personr::status_name(error.status()) << " (" << error.reason() << "): " << error.message() << '\n';
        return EXIT_FAILURE;
    }
}
