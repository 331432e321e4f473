/*
 * Logs in, and prints the token's data or the error.
 *
 *     c++ -std=c++17 login.cpp -lpersonr -o login
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… ./login
 */
#include <ctime>
#include <iomanip>
#include <iostream>
#include <personr.hpp>

#include "environment.hpp"

static void print(const personr::Token &token)
{
    const std::time_t expires_at = std::chrono::system_clock::to_time_t(token.expires_at());

    std::cout << "user id:  " << token.user_id() << '\n'
              << "token:    " << token.value().substr(0, 6) << "... (a secret: never print a whole one)\n"
              << "expires:  " << std::put_time(std::gmtime(&expires_at), "%Y-%m-%d %H:%M:%S UTC") << '\n';
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
