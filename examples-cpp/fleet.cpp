/*
 * One process of a fleet. Its threads, and all other processes of this machine with the same store, work with one
 * token. The first one logs in. When another login has ended the token, one of them logs in anew, and all go on.
 *
 *     c++ -std=c++17 fleet.cpp -lpersonr -pthread -o fleet
 *     PERSONR_EMAIL=… PERSONR_PASSWORD=… PERSONR_BASE_URL=http://127.0.0.1:PORT/api/1.1/wf ./fleet file:/tmp/tokens
 *
 * post() in post.h stands for the HTTP client of your application. It speaks plain HTTP to the sandbox and can do no
 * more than that.
 */
#include <atomic>
#include <iostream>
#include <personr.hpp>
#include <thread>
#include <vector>

#include "../examples-c/post.h"
#include "environment.hpp"

constexpr int THREADS = 8;
constexpr int REQUESTS = 10;

/* The pattern: on a 401 reject what was sent, ask again, and repeat the request ONCE. */
static int authorised_post(const personr::Auth &auth, const char *endpoint)
{
    const char *base_url = variable("PERSONR_BASE_URL").data();
    personr::Authorization authorization = auth.authorization();
    int status = post(base_url, endpoint, authorization.c_str());

    if (status == 401) {
        auth.reject(authorization);
        authorization = auth.authorization();
        status = post(base_url, endpoint, authorization.c_str());
    }
    return status;
}

/* No exception may leave a thread. */
static void work(const personr::Auth &auth, std::atomic<int> &served)
{
    for (int i = 0; i < REQUESTS; i++) {
        try {
            if (authorised_post(auth, "api-applicant-status") == 200)
                ++served;
        } catch (const personr::Error &error) {
            std::cerr << "not served: " << error.what() << '\n';
        }
    }
}

static int run(const personr::Auth &auth)
{
    std::atomic<int> served = 0;
    std::vector<std::thread> threads;

    for (int i = 0; i < THREADS; i++)
        threads.emplace_back(work, std::cref(auth), std::ref(served));
    for (std::thread &thread : threads)
        thread.join();
    std::cout << THREADS << " threads, " << served << " of " << THREADS * REQUESTS << " requests served\n";
    return served == THREADS * REQUESTS ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        std::cerr << "usage: fleet file:DIRECTORY\n";
        return EXIT_FAILURE;
    }
    try {
        const personr::Options options = options_of_the_environment().token_store(argv[1]);

        return run(personr::Auth(variable("PERSONR_EMAIL"), variable("PERSONR_PASSWORD"), options));
    } catch (const personr::Error &error) {
        std::cerr << personr::status_name(error.status()) << ": " << error.what() << '\n';
        return EXIT_FAILURE;
    }
}
