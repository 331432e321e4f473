//! Why Redis refuses a command. Its own words decide that, and not the command, since one command can be refused for
//! many reasons. The words are recognised by their beginning, and never repeated: the rest of them may hold what was
//! sent. Pure.

/// What the library says instead of Redis's words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    beginning: &'static str,
    pub(super) reason: &'static str,
    pub(super) message: &'static str,
}

const fn refusal(beginning: &'static str, reason: &'static str, message: &'static str) -> Refusal {
    Refusal { beginning, reason, message }
}

const NOT_ALLOWED: &str = "Redis does not allow this user what the store needs";
const NO_PASSWORD: &str = "this Redis server has no password, and the URL has one";
const REPLICA: &str = "this Redis server is a replica, and accepts no writes";
const NO_SUCH_COMMAND: &str = "Redis does not know a command that the store needs, such as GETRANGE or EVAL: it is renamed or \
                               switched off, or this is the port of a Sentinel";
const NO_MEMORY: &str = "Redis has no memory left for writes";
const NO_DATABASE: &str = "Redis does not have the database that the URL names";
const BUSY: &str = "Redis is busy or starting";
const MOVED: &str = "another node of the Redis cluster keeps this account";

/// The refusals of Redis 2.6 to 8, and of servers that are modelled on it. A plain `ERR` can mean many things, so what
/// follows it counts as well.
static REFUSALS: [Refusal; 30] = [
    refusal("NOAUTH", "store-auth", "Redis asks for a password, and the URL has none"),
    refusal("ERR operation not permitted", "store-auth", "Redis asks for a password, and the URL has none"),
    refusal("WRONGPASS", "store-auth", "Redis does not know this user and password"),
    refusal("ERR invalid password", "store-auth", "Redis does not know this password"),
    refusal("ERR AUTH <password> called without any password", "store-auth", NO_PASSWORD),
    refusal("ERR Client sent AUTH, but no password is set", "store-auth", NO_PASSWORD),
    refusal(
        "ERR wrong number of arguments for 'auth'",
        "store-auth",
        "Redis is older than version 6 and knows no users",
    ),
    refusal("DENIED", "store-auth", "Redis is in protected mode: it accepts no connection without a password"),
    refusal("NOPERM", "store-auth", NOT_ALLOWED),
    refusal("ERR The user executing the script", "store-auth", NOT_ALLOWED),
    refusal("The user executing the script", "store-auth", NOT_ALLOWED),
    refusal("ERR ACL failure in script", "store-auth", NOT_ALLOWED),
    refusal("ERR unknown command", "store-command", NO_SUCH_COMMAND),
    refusal("ERR max number of clients", "store-busy", "Redis has as many clients as it allows"),
    refusal("ERR DB index is out of range", "store-database", NO_DATABASE),
    refusal("ERR invalid DB index", "store-database", NO_DATABASE),
    refusal("ERR SELECT is not allowed in cluster mode", "store-database", "a Redis cluster has database 0 alone"),
    refusal("READONLY", "store-read-only", REPLICA),
    refusal("MASTERDOWN", "store-read-only", REPLICA),
    refusal("MISCONF", "store-read-only", "Redis accepts no writes, since it cannot save to its disk"),
    refusal("NOREPLICAS", "store-read-only", "Redis accepts no writes, since it has too few replicas"),
    refusal("OOM", "store-full", NO_MEMORY),
    refusal("ERR command not allowed when used memory", "store-full", NO_MEMORY),
    refusal("LOADING", "store-busy", BUSY),
    refusal("BUSY", "store-busy", BUSY),
    refusal("TRYAGAIN", "store-busy", BUSY),
    refusal("CLUSTERDOWN", "store-busy", BUSY),
    refusal("MOVED", "store-moved", MOVED),
    refusal("ASK", "store-moved", MOVED),
    refusal("WRONGTYPE", "store-answer", "Redis holds something else under the key of the account"),
];

/// What the library says about words that it does not know.
static UNKNOWN: Refusal =
    refusal("", "store-answer", "Redis refuses a command, in words that the library does not know");

/// Before Redis 7 an error inside a script stands behind "ERR Error running script (call to f_...): @user_script:1:
/// @user_script: 1: -".
const OF_SCRIPT: &str = "ERR Error running script";

impl Refusal {
    /// The refusal that the text of an error stands for.
    pub(super) fn of(text: &[u8]) -> &'static Self {
        let text = std::str::from_utf8(text).unwrap_or_default();
        let within = if text.starts_with(OF_SCRIPT) { text.rsplit(": ").next() } else { None };
        let within = within.map(|error| error.strip_prefix('-').unwrap_or(error));
        within.and_then(known).or_else(|| known(text)).unwrap_or(&UNKNOWN)
    }
}

/// The refusal with whose beginning the text begins. The beginning must end where a word of the text ends.
fn known(text: &str) -> Option<&'static Refusal> {
    let ends_word = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
    REFUSALS.iter().find(|refusal| text.strip_prefix(refusal.beginning).is_some_and(ends_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redis_own_words_decide() {
        for (text, reason) in [
            ("NOAUTH Authentication required.", "store-auth"),
            ("WRONGPASS invalid username-password pair or user is disabled.", "store-auth"),
            (
                "ERR AUTH <password> called without any password configured for the default user. Are you sure?",
                "store-auth",
            ),
            ("ERR Client sent AUTH, but no password is set", "store-auth"),
            ("ERR wrong number of arguments for 'auth' command", "store-auth"),
            ("ERR invalid password", "store-auth"),
            (
                "ERR The user executing the script can't run this command or subcommand script: f6b6, on @user_script:1.",
                "store-auth",
            ),
            (
                "ERR ACL failure in script: User keeper has no permissions to run the 'del' command script: a1fd, on @user_script:1.",
                "store-auth",
            ),
            ("ERR unknown command 'EVAL', with args beginning with: 'return 1' '0' ", "store-command"),
            ("ERR unknown command `GETRANGE`, with args beginning with: `hunter2`, ", "store-command"),
            ("ERR unknown command 'EVAL'", "store-command"),
            ("ERR max number of clients reached", "store-busy"),
            ("ERR max number of clients + cluster connections reached", "store-busy"),
            ("ERR DB index is out of range", "store-database"),
            ("ERR SELECT is not allowed in cluster mode", "store-database"),
            ("OOM command not allowed when used memory > 'maxmemory'.", "store-full"),
            ("OOM", "store-full"),
            (
                "ERR Error running script (call to f_6b1bf4): @user_script:2: @user_script: 2: -OOM command not allowed when used memory > 'maxmemory'. ",
                "store-full",
            ),
            (
                "ERR Error running script (call to f_6b1bf4): @user_script:2: @user_script: 2: -READONLY You can't write against a read only replica. ",
                "store-read-only",
            ),
            (
                "ERR Error running script (call to f_6b1bf4): @user_script:1: @user_script: 1: The user executing the script can't run this command or subcommand ",
                "store-auth",
            ),
            ("ERR Error running script (call to f_6b1bf4): @user_script:1: something else", "store-answer"),
            ("", "store-answer"),
            ("ERR", "store-answer"),
            ("ERR syntax error", "store-answer"),
            ("OOMPH", "store-answer"),
            ("hunter2 NOAUTH", "store-answer"),
            ("ERR hunter2: -NOAUTH", "store-answer"),
            ("noauth", "store-answer"),
        ] {
            let refusal = Refusal::of(text.as_bytes());
            assert_eq!(refusal.reason, reason, "{text}");
            assert!(!refusal.message.contains("hunter2"), "{text}");
        }
        assert_eq!(Refusal::of(b"\xff").reason, "store-answer");
    }

    #[test]
    fn each_beginning_is_recognised() {
        for refusal in &REFUSALS {
            assert_eq!(Refusal::of(refusal.beginning.as_bytes()), refusal);
        }
    }
}
