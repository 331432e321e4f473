/* What the examples read from the environment. */
#ifndef ENVIRONMENT_HPP
#define ENVIRONMENT_HPP

#include <cstdlib>
#include <personr.hpp>

/* "" for a variable that is not set: a std::string_view cannot be made from NULL. */
inline std::string_view variable(const char *name)
{
    const char *value = std::getenv(name);

    return value != nullptr ? value : "";
}

/* PERSONR_BASE_URL and PERSONR_CA_FILE (PEM) may name another service than Personr's own, such as the sandbox. */
inline personr::Options options_of_the_environment()
{
    personr::Options options;

    if (std::string_view base_url = variable("PERSONR_BASE_URL"); !base_url.empty())
        options.base_url(base_url);
    if (std::string_view ca_file = variable("PERSONR_CA_FILE"); !ca_file.empty())
        options.ca_file(ca_file);
    return options;
}

#endif
