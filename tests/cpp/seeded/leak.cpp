/* Seeded: takes an object out of its owner, and forgets to free it. A checker must say so. */
#include "../check.hpp"

int main(int argc, char **argv)
{
    const std::string_view defect = argc == 2 ? argv[1] : "";
    personr::Auth auth(variable("PERSONR_EMAIL"), variable("PERSONR_PASSWORD"), options_of_the_environment());
    personr::Token token = auth.token();

    if (defect == "token")
        static_cast<void>(token.release());
    if (defect == "auth")
        static_cast<void>(auth.release());
    /* Several: of the last one a copy may still stand on the stack, where the checker finds it. */
    for (int i = 0; defect == "user data" && i < 3; i++)
        personr_options_set_log_callback(personr::Options().get(), nullptr, 0, new int(i), nullptr, nullptr);
    return EXIT_SUCCESS;
}
