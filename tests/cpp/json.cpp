/*
 * Every function of Json and JsonDocument. Nothing is sent. The one argument is a path in a folder of this program's own,
 * where nothing stands.
 */
#include <fstream>
#include <iterator>
#include <thread>

#include "check.hpp"

using personr::Error;
using personr::Json;
using personr::JsonDocument;
using personr::Result;
using personr::Status;
using personr::Type;
using namespace std::string_view_literals;

static_assert(std::is_nothrow_move_constructible_v<JsonDocument> && !std::is_copy_constructible_v<JsonDocument>);
static_assert(std::is_trivially_copyable_v<Json> && sizeof(Json) == sizeof(void *));

/* All members, so that each is compiled, whether it is called or not. */
template class personr::Result<JsonDocument>;
template class personr::Result<std::string>;
template class personr::Result<std::vector<std::uint8_t>>;
template class personr::Result<std::int64_t>;
template class personr::Result<double>;
template class personr::Result<bool>;

static constexpr std::string_view TEXT = R"({"status": "success", "empty": "", "response":
    {"base64": ["UEFTUw==", "data:;base64,U0VM RklF", ""], "id": 1670035114445631333, "ratio": 0.5, "yes": true "no":
    false, "none": null, "Created Date": "a\u0000b", "big": 1e999,},})";

static void ways()
{
    const JsonDocument document = JsonDocument::parse(TEXT);
    const Json json = document.json(), response = json.get("/response");
    CHECK(json && json.get() == document.get() && response
          && json.get(std::string("/response")).get() == response.get());
    CHECK(json.type() == Type::Object && json.type("/status") == Type::String && json.type("/x") == Type::Missing);
    CHECK(response.type("/none") == Type::Null && response.type("/yes") == Type::Boolean);
    CHECK(response.type("/id") == Type::Number && response.type("/base64") == Type::Array);
    CHECK(json.count() == 3 && response.count() == 8 && json.count("/response/base64") == 3 && json.count("/x") == 0);
    CHECK(json.at(2).get() == response.get() && !json.at(3) && json.at("/response/base64", 1).string().size() == 22);
    CHECK(json.name(0) == "status" && json.name(3).empty() && json.name("/response", 6) == "Created Date");
    CHECK(json.string("/status") == "success" && response.string("/id") == "1670035114445631333");
    CHECK(json.get("/status").string() == "success" && json.string().empty());
}

static void values(const char *path)
{
    const JsonDocument document = JsonDocument::parse(TEXT);
    const Json json = document.json(), response = json.get("/response");
    CHECK(response.copy("/Created Date") == "a\0b"sv && json.copy("/empty").empty()
          && *json.try_copy("/status") == "success");
    CHECK(json.copy() == TEXT && json.get("/status").copy() == "success");
    CHECK(response.integer("/id") == 1670035114445631333
          && response.get("/id").try_integer().value() == 1670035114445631333);
    CHECK(response.number("/ratio") == 0.5 && *response.get("/ratio").try_number() == 0.5);
    CHECK(response.boolean("/yes") && !response.boolean("/no") && *response.get("/yes").try_boolean());
    const std::vector<std::uint8_t> pass = {'P', 'A', 'S', 'S'};
    CHECK(response.bytes("/base64/0") == pass && response.at("/base64", 0).bytes() == pass);
    CHECK(response.bytes("/base64/1").size() == 6 && response.try_bytes("/base64/2")->empty());
    response.save_base64("/base64/1", path);
    CHECK(json.try_save_base64("/response/base64/0", std::string(path)));
    std::ifstream file(path);
    CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "PASS");
}

static void failures()
{
    const JsonDocument document = JsonDocument::parse(TEXT);
    const Json json = document.json(), response = json.get("/response"), missing;
    FAILS(Status::NoValue, "json-missing", json.try_copy("/x"));
    FAILS(Status::NoValue, "json-type", response.try_copy("/none"));
    FAILS(Status::NoValue, "json-range", response.try_integer("/ratio"));
    FAILS(Status::NoValue, "json-range", response.try_number("/big"));
    FAILS(Status::NoValue, "json-type", response.try_boolean("/id"));
    FAILS(Status::NoValue, "json-base64", response.try_bytes("/Created Date"));
    FAILS(Status::NoValue, "json-type", response.try_save_base64("/base64", "x"));
    FAILS(Status::File, "file-type", response.try_save_base64("/base64/0", "/dev/null"));
    THROWS(Status::NoValue, "json-missing", json.copy("/x"));
    THROWS(Status::NoValue, "json-missing", json.integer("/x"));
    THROWS(Status::NoValue, "json-missing", json.number("/x"));
    THROWS(Status::NoValue, "json-missing", json.boolean("/x"));
    THROWS(Status::NoValue, "json-missing", json.bytes("/x"));
    THROWS(Status::NoValue, "json-missing", json.save_base64("/x", "x"));
    FAILS(Status::Protocol, "json", JsonDocument::try_parse("[1"));
    FAILS(Status::Protocol, "json", JsonDocument::try_parse({}));
    THROWS(Status::Protocol, "json-depth", JsonDocument::parse(std::string(129, '[')));
    CHECK(!missing && missing.type() == Type::Missing && missing.count() == 0 && missing.string().empty()
          && !missing.at(0));
    CHECK(!missing.get("/x") && missing.name(0).empty());
    FAILS(Status::NoValue, "json-missing", missing.try_copy());
}

/* What C cannot take names nothing, or is refused by its name. */
static void pointers()
{
    const JsonDocument document = JsonDocument::parse("{\"a\":1}");
    const Json json = document.json();
    const char *unset = std::getenv("PERSONR_IS_NOT_SET");
    for (const std::string_view bad : {"/a\0"sv, "a"sv, "/~"sv}) {
        CHECK(json.type(bad) == Type::Missing && !json.get(bad) && !json.at(bad, 0) && json.count(bad) == 0);
        CHECK(json.name(bad, 0).empty() && json.string(bad).empty());
        REFUSES("pointer", json.try_copy(bad));
        REFUSES("pointer", json.try_integer(bad));
        REFUSES("pointer", json.try_number(bad));
        REFUSES("pointer", json.try_boolean(bad));
        REFUSES("pointer", json.try_bytes(bad));
        REFUSES("pointer", json.try_save_base64(bad, "x"));
    }
    CHECK(json.type(unset) == Type::Missing && !json.get(unset) && json.string(unset).empty());
    REFUSES("pointer", json.try_integer(unset));
    REFUSES("path", json.try_save_base64("/a", unset));
    REFUSES("path", json.try_save_base64("/a", "x\0y"sv));
}

static void moved_and_given_away()
{
    JsonDocument first = JsonDocument::parse("[7]"), second = std::move(first);
    CHECK(!first.json() && first.get() == nullptr && second.json().integer("/0") == 7);
    personr_json *raw = second.release();
    CHECK(JsonDocument(raw).json().count() == 1 && second.get() == nullptr);
}

static void threads()
{
    const JsonDocument document = JsonDocument::parse(TEXT);
    const auto read = [json = document.json()] {
        for (int i = 0; i < 100; i++)
            CHECK(json.string("/status") == "success" && json.name(0) == "status");
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back(read);
    for (std::thread &thread : threads)
        thread.join();
}

int main(int argc, char **argv)
{
    CHECK(argc == 2);
    ways();
    values(argv[1]);
    failures();
    pointers();
    moved_and_given_away();
    threads();
    std::puts("json: all checked");
    return EXIT_SUCCESS;
}
