/* What a compiler must warn of, once in each line that says so, and of nothing else. */
#include <personr.hpp>

std::size_t uses(personr::Auth &auth, personr::Options &options)
{
    std::string_view value = auth.token().value();                 /* warned of */
    std::string_view authorization = auth.token().authorization(); /* warned of */
    std::string_view user_id = auth.token().user_id();             /* warned of */
    std::string_view view = auth.authorization().view();           /* warned of */
    const char *c_str = auth.authorization().c_str();              /* warned of */
    std::string_view reason = auth.try_token().error().reason();   /* warned of */
    const personr_token *token = auth.token().get();               /* warned of */
    auth.try_token();                                              /* warned of */
    options.try_timeout(std::chrono::seconds(1));                  /* warned of */
    auth.start_token();                                            /* warned of */

    personr::Json json = personr::JsonDocument::parse("1").json(); /* warned of */

    const personr::Token kept = auth.token();
    std::string_view fine = kept.value();
    const std::string copied(auth.token().value());
    auth.reject(auth.authorization().view());
    return value.size() + authorization.size() + user_id.size() + view.size() + reason.size() + fine.size()
        + copied.size() + json.count() + (c_str != nullptr) + (token != nullptr);
}
