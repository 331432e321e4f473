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
        throw std::runtime_error("an application's exception");
    if (mood == Mood::ThrowsNumber)
        throw 7;
}

struct Application {
    std::map<std::string, std::string, std::less<>> records;
    bool is_locked = false;
    std::string owner; /* of the lock */
    int saves = 0, locks = 0, unlocks = 0, asked = 0, told = 0;
    Mood load = Mood::Good, save = Mood::Good, lock = Mood::Good, unlock = Mood::Good, credentials = Mood::Good,
         log = Mood::Good;
    const Auth *auth = nullptr;
};

static StoreResult load(const Application &application, std::string_view key, Buffer &record)
{
    CHECK(key.size() == 64);
    be(application.load);
    if (application.load == Mood::TooLong)
        record.assign(std::string(PERSONR_RECORD_MAX + 1, 'x'));
    else if (auto found = application.records.find(key); found != application.records.end())
        record.assign(found->second);
    return application.load == Mood::Fails ? StoreResult::Failed : StoreResult::Done;
}

static StoreResult save(Application &application, std::string_view key, std::string_view owner, std::string_view record)
{
    CHECK(application.is_locked && owner == application.owner && record.size() >= 1
          && record.size() <= PERSONR_RECORD_MAX);
    be(application.save);
    application.records[std::string(key)] = record;
    application.saves++;
    return application.save == Mood::Fails ? StoreResult::Failed : StoreResult::Done;
}

static StoreResult lock(Application &application, std::string_view key, std::string_view owner,
                        std::chrono::milliseconds wait, std::chrono::milliseconds lease)
{
    CHECK(key.size() == 64 && owner.size() == 32 && wait <= 1s && lease == 20s && !application.is_locked);
    be(application.lock);
    /* Another one holds it, the first time; the library asks again. */
    application.is_locked = ++application.locks > 1;
    application.owner = owner;
    return application.is_locked ? StoreResult::Done : StoreResult::Busy;
}

static StoreResult unlock(Application &application, std::string_view key, std::string_view owner)
{
    CHECK(key.size() == 64 && application.is_locked && owner == application.owner);
    application.is_locked = false;
    application.unlocks++;
    be(application.unlock);
    return StoreResult::Done;
}

static bool ask(Application &application, std::string_view email, Buffer &password)
{
    CHECK(email == variable("PERSONR_EMAIL"));
    application.asked++;
    be(application.credentials);
    password.assign("something that is replaced, and longer than any password of an account is in this test");
    if (application.credentials == Mood::TooLong)
        password.assign(std::string(1025, 'x'));
    else if (application.credentials == Mood::Nul)
        password.assign(variable("PERSONR_PASSWORD") + std::string(1, '\0') + "more");
    else if (application.credentials == Mood::Null)
        password.assign(std::getenv("PERSONR_IS_NOT_SET"));
    else
        password.assign(variable("PERSONR_PASSWORD"));
    return application.credentials != Mood::Fails;
}

static void tell(Application &application, Level level, std::string_view event, std::string_view text)
{
    CHECK(level >= Level::Error && level <= Level::Debug && !event.empty() && !text.empty() && !application.is_locked);
    application.told++;
    FAILS(Status::InvalidArgument, "reentrant", application.auth->try_token());
    be(application.log);
}

static personr::StoreCallbacks store_of(Application &application)
{
    personr::StoreCallbacks store;
    store.load = [&application, alive = alive](auto key, Buffer &record) { return load(application, key, record); };
    store.save = [&application, alive = alive](auto key, auto owner, auto record) {
        return save(application, key, owner, record);
    };
    store.lock = [&application, alive = alive](auto key, auto owner, auto wait, auto lease) {
        return lock(application, key, owner, wait, lease);
    };
    store.unlock = [&application, alive = alive](auto key, auto owner) { return unlock(application, key, owner); };
    return store;
}

static personr::CredentialsCallback credentials_of(Application &application)
{
    return [&application, alive = alive](auto email, Buffer &password) { return ask(application, email, password); };
}

static personr::LogCallback log_of(Application &application)
{
    return [&application, alive = alive](auto level, auto event, auto text) { tell(application, level, event, text); };
}

static Auth all_callbacks(Application &application)
{
    Options options = options_of_the_environment();
    const auto before = alive.use_count();
    options.token_store_callbacks(store_of(application)).credentials_callback(credentials_of(application));
    options.log_callback(Level::Debug, log_of(application));
    CHECK(alive.use_count() == before + 6);
    return Auth(variable("PERSONR_EMAIL"), options);
}

static void good_times()
{
    Application application;
    {
        const Auth auth = all_callbacks(application);
        application.auth = &auth;
        const personr::Token token = auth.token();
        CHECK(application.saves > 0 && application.locks > 1 && application.unlocks == application.locks - 1
              && application.asked == 1 && application.told > 0);
        /* Another handle finds the token in the store. */
        const Auth other = all_callbacks(application);
        application.auth = &other;
        CHECK(other.token().value() == token.value() && application.asked == 1 && alive.use_count() == 13);
    }
    CHECK(alive.use_count() == 1);
}

/* A login with one callback that behaves like that: it fails, or whatever the callback did was of no matter. */
static void login_with(Mood Application::*callback, Mood mood, Status status, std::string_view reason)
{
    Application application;
    application.*callback = mood;
    {
        const Auth auth = all_callbacks(application);
        application.auth = &auth;
        const auto token = auth.try_login();
        if (status == Status::Ok)
            CHECK(token);
        else
            FAILS(status, reason, token);
        CHECK(!application.is_locked);
    }
    CHECK(alive.use_count() == 1);
}

static void failures()
{
    for (Mood mood : {Mood::Fails, Mood::Throws, Mood::ThrowsNumber}) {
        login_with(&Application::load, mood, Status::Store, "store-callback");
        login_with(&Application::save, mood, Status::Store, "store-callback");
        login_with(&Application::credentials, mood, Status::Credentials, "credentials-callback");
        login_with(&Application::unlock, mood, Status::Ok, "");
        login_with(&Application::log, mood, Status::Ok, "");
    }
    login_with(&Application::load, Mood::TooLong, Status::Store, "store-callback");
    login_with(&Application::lock, Mood::Throws, Status::Store, "store-callback");
    login_with(&Application::credentials, Mood::TooLong, Status::Credentials, "credentials-callback");
    login_with(&Application::credentials, Mood::Nul, Status::Credentials, "credentials-callback");
    login_with(&Application::credentials, Mood::Null, Status::Credentials, "credentials-callback");
}

/* The first whole buffer, and no more: as long as a record may be. No such record can be read, so it is as none. */
static void the_longest_record()
{
    Application application;
    const Auth auth = all_callbacks(application);
    application.auth = &auth;
    CHECK(auth.try_token() && application.records.size() == 1);
    for (auto &[key, record] : application.records)
        record = std::string(PERSONR_RECORD_MAX, '\0');
    auth.reject(auth.authorization());
    CHECK(auth.try_token() && application.asked == 2);
}

template <class Callback>
static personr::Result<void> without(Application &application, Callback personr::StoreCallbacks::*callback,
                                     Options &options)
{
    personr::StoreCallbacks store = store_of(application);
    store.*callback = nullptr;
    return options.try_token_store_callbacks(std::move(store));
}

/* Set, set anew, and taken back: nothing is kept that is not in use, also after a setter that fails. */
static void setters()
{
    Application application;
    Options options =
        Options().token_store_callbacks(store_of(application)).credentials_callback(credentials_of(application));
    CHECK(alive.use_count() == 6);
    options = std::move(options).log_callback(Level::Info, log_of(application));
    CHECK(alive.use_count() == 7);
    CHECK(options.try_token_store_callbacks(store_of(application))
          && options.try_credentials_callback(credentials_of(application)));
    CHECK(options.try_log_callback(Level::Error, log_of(application)));
    CHECK(alive.use_count() == 7);

    REFUSES("level", options.try_log_callback(static_cast<Level>(5), log_of(application)));
    REFUSES("level", thrown([&] { options.log_callback(static_cast<Level>(0), log_of(application)); }));
    REFUSES("load", without(application, &personr::StoreCallbacks::load, options));
    REFUSES("save", without(application, &personr::StoreCallbacks::save, options));
    REFUSES("lock", without(application, &personr::StoreCallbacks::lock, options));
    REFUSES("unlock", without(application, &personr::StoreCallbacks::unlock, options));
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
