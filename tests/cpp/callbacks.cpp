/*
 * Every callback, kept as a std::function with a state of its own: that each is called with what it needs, that it is
 * destroyed once, and that what it throws goes no further than the call.
 */
#include <cstring>
#include <map>

#include "check.hpp"

using personr::Auth;
using personr::Buffer;
using personr::Level;
using personr::Options;
using personr::Status;
using personr::StoreResult;
using namespace std::chrono_literals;
using namespace std::string_literals;

/* What the callbacks hold, so that their number shows whether they were destroyed. */
static const std::shared_ptr<int> alive = std::make_shared<int>(0);

/* How a callback behaves. Each of those that are broken must look like a failure. */
enum class Mood { Good, Fails, Throws, ThrowsNumber, TooLong, Nul, Null };

static void be(Mood mood)
{
    if (mood == Mood::Throws)
        throw std::runtime_error("a host's exception");
    if (mood == Mood::ThrowsNumber)
        throw 7;
}

struct Host {
    std::map<std::string, std::string, std::less<>> records;
    bool is_locked = false;
    std::string owner; /* of the lock */
    int saves = 0, locks = 0, unlocks = 0, asked = 0, told = 0;
    Mood load = Mood::Good, save = Mood::Good, lock = Mood::Good, unlock = Mood::Good, credentials = Mood::Good,
         log = Mood::Good;
    const Auth *auth = nullptr;
};

static StoreResult load(const Host &host, std::string_view key, Buffer &record)
{
    CHECK(key.size() == 64);
    be(host.load);
    if (host.load == Mood::TooLong)
        record.assign(std::string(PERSONR_RECORD_MAX + 1, 'x'));
    else if (auto found = host.records.find(key); found != host.records.end())
        record.assign(found->second);
    return host.load == Mood::Fails ? StoreResult::Failed : StoreResult::Done;
}

static StoreResult save(Host &host, std::string_view key, std::string_view owner, std::string_view record)
{
    CHECK(host.is_locked && owner == host.owner && record.size() >= 1 && record.size() <= PERSONR_RECORD_MAX);
    be(host.save);
    host.records[std::string(key)] = record;
    host.saves++;
    return host.save == Mood::Fails ? StoreResult::Failed : StoreResult::Done;
}

static StoreResult lock(Host &host, std::string_view key, std::string_view owner, std::chrono::milliseconds wait,
                        std::chrono::milliseconds lease)
{
    CHECK(key.size() == 64 && owner.size() == 32 && wait <= 1s && lease == 20s && !host.is_locked);
    be(host.lock);
    /* Another one holds it, the first time; the library asks again. */
    host.is_locked = ++host.locks > 1;
    host.owner = owner;
    return host.is_locked ? StoreResult::Done : StoreResult::Busy;
}

static StoreResult unlock(Host &host, std::string_view key, std::string_view owner)
{
    CHECK(key.size() == 64 && host.is_locked && owner == host.owner);
    host.is_locked = false;
    host.unlocks++;
    be(host.unlock);
    return StoreResult::Done;
}

static bool ask(Host &host, std::string_view email, Buffer &password)
{
    CHECK(email == variable("PERSONR_EMAIL"));
    host.asked++;
    be(host.credentials);
    password.assign("something that is replaced, and longer than any password of an account is in this test");
    if (host.credentials == Mood::TooLong)
        password.assign(std::string(1025, 'x'));
    else if (host.credentials == Mood::Nul)
        password.assign(variable("PERSONR_PASSWORD") + std::string(1, '\0') + "more");
    else if (host.credentials == Mood::Null)
        password.assign(std::getenv("PERSONR_IS_NOT_SET"));
    else
        password.assign(variable("PERSONR_PASSWORD"));
    return host.credentials != Mood::Fails;
}

static void tell(Host &host, Level level, std::string_view event, std::string_view text)
{
    CHECK(level >= Level::Error && level <= Level::Debug && !event.empty() && !text.empty() && !host.is_locked);
    host.told++;
    FAILS(Status::InvalidArgument, "reentrant", host.auth->try_token());
    be(host.log);
}

static personr::StoreCallbacks store_of(Host &host)
{
    personr::StoreCallbacks store;
    store.load = [&host, alive = alive](auto key, Buffer &record) { return load(host, key, record); };
    store.save = [&host, alive = alive](auto key, auto owner, auto record) { return save(host, key, owner, record); };
    store.lock = [&host, alive = alive](auto key, auto owner, auto wait, auto lease) {
        return lock(host, key, owner, wait, lease);
    };
    store.unlock = [&host, alive = alive](auto key, auto owner) { return unlock(host, key, owner); };
    return store;
}

static personr::CredentialsCallback credentials_of(Host &host)
{
    return [&host, alive = alive](auto email, Buffer &password) { return ask(host, email, password); };
}

static personr::LogCallback log_of(Host &host)
{
    return [&host, alive = alive](auto level, auto event, auto text) { tell(host, level, event, text); };
}

static Auth all_callbacks(Host &host)
{
    Options options = options_of_the_environment();
    const auto before = alive.use_count();
    options.token_store_callbacks(store_of(host)).credentials_callback(credentials_of(host));
    options.log_callback(Level::Debug, log_of(host));
    CHECK(alive.use_count() == before + 6);
    return Auth(variable("PERSONR_EMAIL"), options);
}

static void good_times()
{
    Host host;
    {
        const Auth auth = all_callbacks(host);
        host.auth = &auth;
        const personr::Token token = auth.token();
        CHECK(host.saves > 0 && host.locks > 1 && host.unlocks == host.locks - 1 && host.asked == 1 && host.told > 0);
        /* Another handle finds the token in the store. */
        const Auth other = all_callbacks(host);
        host.auth = &other;
        CHECK(other.token().value() == token.value() && host.asked == 1 && alive.use_count() == 13);
    }
    CHECK(alive.use_count() == 1);
}

/* A login with one callback that behaves like that: it fails, or whatever the callback did was of no matter. */
static void login_with(Mood Host::*callback, Mood mood, Status status, std::string_view reason)
{
    Host host;
    host.*callback = mood;
    {
        const Auth auth = all_callbacks(host);
        host.auth = &auth;
        const auto token = auth.try_login();
        if (status == Status::Ok)
            CHECK(token);
        else
            FAILS(status, reason, token);
        CHECK(!host.is_locked);
    }
    CHECK(alive.use_count() == 1);
}

static void failures()
{
    for (Mood mood : {Mood::Fails, Mood::Throws, Mood::ThrowsNumber}) {
        login_with(&Host::load, mood, Status::Store, "store-callback");
        login_with(&Host::save, mood, Status::Store, "store-callback");
        login_with(&Host::credentials, mood, Status::Credentials, "credentials-callback");
        login_with(&Host::unlock, mood, Status::Ok, "");
        login_with(&Host::log, mood, Status::Ok, "");
    }
    login_with(&Host::load, Mood::TooLong, Status::Store, "store-callback");
    login_with(&Host::lock, Mood::Throws, Status::Store, "store-callback");
    login_with(&Host::credentials, Mood::TooLong, Status::Credentials, "credentials-callback");
    login_with(&Host::credentials, Mood::Nul, Status::Credentials, "credentials-callback");
    login_with(&Host::credentials, Mood::Null, Status::Credentials, "credentials-callback");
}

/* The first whole buffer, and no more: as long as a record may be. No such record can be read, so it is as none. */
static void the_longest_record()
{
    Host host;
    const Auth auth = all_callbacks(host);
    host.auth = &auth;
    CHECK(auth.try_token() && host.records.size() == 1);
    for (auto &[key, record] : host.records)
        record = std::string(PERSONR_RECORD_MAX, '\0');
    auth.reject(auth.authorization());
    CHECK(auth.try_token() && host.asked == 2);
}

template <class Callback>
static personr::Result<void> without(Host &host, Callback personr::StoreCallbacks::*callback, Options &options)
{
    personr::StoreCallbacks store = store_of(host);
    store.*callback = nullptr;
    return options.try_token_store_callbacks(std::move(store));
}

/* Set, set anew, and taken back: nothing is kept that is not in use, also after a setter that fails. */
static void setters()
{
    Host host;
    Options options = Options().token_store_callbacks(store_of(host)).credentials_callback(credentials_of(host));
    CHECK(alive.use_count() == 6);
    options = std::move(options).log_callback(Level::Info, log_of(host));
    CHECK(alive.use_count() == 7);
    CHECK(options.try_token_store_callbacks(store_of(host)) && options.try_credentials_callback(credentials_of(host)));
    CHECK(options.try_log_callback(Level::Error, log_of(host)));
    CHECK(alive.use_count() == 7);

    REFUSES("level", options.try_log_callback(static_cast<Level>(5), log_of(host)));
    REFUSES("level", thrown([&] { options.log_callback(static_cast<Level>(0), log_of(host)); }));
    REFUSES("load", without(host, &personr::StoreCallbacks::load, options));
    REFUSES("save", without(host, &personr::StoreCallbacks::save, options));
    REFUSES("lock", without(host, &personr::StoreCallbacks::lock, options));
    REFUSES("unlock", without(host, &personr::StoreCallbacks::unlock, options));
    CHECK(alive.use_count() == 7);

    options.credentials_callback(nullptr).log_callback(Level::Info, nullptr).token_store("memory:");
    CHECK(alive.use_count() == 1);
}

int main()
{
    good_times();
    failures();
    the_longest_record();
    setters();
    CHECK(alive.use_count() == 1);
    std::puts("callbacks: all checked");
    return EXIT_SUCCESS;
}
