//! Accounts and their tokens. One account has one live token: each login ends the former one.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// All accounts. The clock is given to it, so that lifetimes can be tested without waiting.
pub(crate) struct Accounts {
    accounts: HashMap<String, Account>,
    lifetime: f64,
    issued: u64,
}

struct Account {
    password: String,
    token: Option<Token>,
    /// Where all who have the token work: it is the account's, and not theirs.
    workspace: String,
}

/// The workspace of an account until it is changed.
const FIRST_WORKSPACE: &str = "Main";

struct Token {
    value: String,
    /// `None`: later than the clock can tell.
    ends: Option<Instant>,
}

/// What a login is answered with.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) user_id: String,
    pub(crate) expires: f64,
}

impl Token {
    fn is_live(&self, now: Instant) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

impl Accounts {
    pub(crate) fn new(lifetime: f64) -> Accounts {
        Accounts { accounts: HashMap::new(), lifetime, issued: 0 }
    }

    /// Adds an account or changes its password. A token that it has stays good.
    pub(crate) fn set(&mut self, email: &str, password: &str) {
        self.accounts
            .entry(email.to_owned())
            .and_modify(|account| account.password = password.to_owned())
            .or_insert_with(|| Account {
                password: password.to_owned(),
                token: None,
                workspace: FIRST_WORKSPACE.to_owned(),
            });
    }

    pub(crate) fn remove(&mut self, email: &str) {
        self.accounts.remove(email);
    }

    pub(crate) fn set_lifetime(&mut self, seconds: f64) {
        self.lifetime = seconds;
    }

    /// Issues a token, and ends the one before it; `None` for wrong credentials.
    pub(crate) fn login(&mut self, email: &str, password: &str, now: Instant) -> Option<Issued> {
        let account = self.accounts.get_mut(email)?;
        if account.password != password {
            return None;
        }
        self.issued += 1;
        let value = new_token(self.issued);
        account.token = Some(Token { value: value.clone(), ends: end_of(self.lifetime, now) });
        Some(Issued { token: value, user_id: user_id(email), expires: self.lifetime })
    }

    /// The account whose live token this is.
    pub(crate) fn owner(&self, token: &str, now: Instant) -> Option<&str> {
        self.accounts.iter().find_map(|(email, account)| {
            let live = account.token.as_ref()?;
            (live.value == token && live.is_live(now)).then_some(email.as_str())
        })
    }

    /// The workspace of the account whose live token this is.
    pub(crate) fn workspace(&mut self, token: &str, now: Instant) -> Option<&mut String> {
        let owner = self.owner(token, now)?.to_owned();
        self.accounts.get_mut(&owner).map(|account| &mut account.workspace)
    }

    pub(crate) fn live_token(&self, email: &str, now: Instant) -> Option<String> {
        let token = self.accounts.get(email)?.token.as_ref()?;
        token.is_live(now).then(|| token.value.clone())
    }

    /// Ends this token; `false` if no account has it.
    pub(crate) fn revoke(&mut self, token: &str) -> bool {
        let holder =
            self.accounts.values_mut().find(|account| matches!(&account.token, Some(live) if live.value == token));
        match holder {
            Some(account) => {
                account.token = None;
                true
            }
            None => false,
        }
    }

    pub(crate) fn revoke_all(&mut self) {
        for account in self.accounts.values_mut() {
            account.token = None;
        }
    }
}

/// A lifetime of zero or less has ended already; one beyond the clock never ends.
fn end_of(lifetime: f64, now: Instant) -> Option<Instant> {
    if lifetime <= 0.0 {
        return Some(now);
    }
    now.checked_add(Duration::try_from_secs_f64(lifetime).ok()?)
}

/// The two forms take turns, so that whoever talks to the sandbox meets both.
/// The number makes a token unique beyond chance: it stands in its first digits.
fn new_token(number: u64) -> String {
    let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let unique = format!("{:06}{:012}", number % 1_000_000, fastrand::u64(..10u64.pow(12)));
    let plain = format!("{milliseconds:013}x{unique}");
    if number % 2 == 1 {
        return plain;
    }
    let second = fastrand::u64(10u64.pow(17)..10u64.pow(18));
    format!("bus|{plain}|{milliseconds:013}x{second}")
}

/// The same for the same email, in every run: `DefaultHasher::new` has fixed keys.
fn user_id(email: &str) -> String {
    let mut hasher = DefaultHasher::new();
    email.hash(&mut hasher);
    let digits = hasher.finish() % 10u64.pow(18);
    format!("1665086295288x{digits:018}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accounts(lifetime: f64) -> Accounts {
        let mut accounts = Accounts::new(lifetime);
        accounts.set("a@example.com", "secret");
        accounts
    }

    fn digits(text: &str, length: usize) -> bool {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    #[test]
    fn a_login_ends_the_former_token_of_that_account_alone() {
        let (now, mut accounts) = (Instant::now(), accounts(60.0));
        accounts.set("b@example.com", "other");
        let first = accounts.login("a@example.com", "secret", now).unwrap();
        let other = accounts.login("b@example.com", "other", now).unwrap();
        let second = accounts.login("a@example.com", "secret", now).unwrap();
        assert_eq!(accounts.owner(&first.token, now), None);
        assert_eq!(accounts.owner(&second.token, now), Some("a@example.com"));
        assert_eq!(accounts.owner(&other.token, now), Some("b@example.com"));
        assert_eq!(first.user_id, second.user_id);
        assert_ne!(first.user_id, other.user_id);
    }

    #[test]
    fn wrong_credentials_leave_the_token_alone() {
        let (now, mut accounts) = (Instant::now(), accounts(60.0));
        let issued = accounts.login("a@example.com", "secret", now).unwrap();
        assert_eq!(accounts.login("a@example.com", "wrong", now), None);
        assert_eq!(accounts.login("nobody@example.com", "secret", now), None);
        assert_eq!(accounts.live_token("a@example.com", now), Some(issued.token));
    }

    #[test]
    fn a_token_ends_with_its_lifetime() {
        let now = Instant::now();
        let end = now + Duration::from_secs(2);
        let mut accounts = accounts(2.0);
        let issued = accounts.login("a@example.com", "secret", now).unwrap();
        let before = end.checked_sub(Duration::from_nanos(1)).unwrap();
        assert!(accounts.owner(&issued.token, before).is_some());
        assert!(accounts.owner(&issued.token, end).is_none());
        assert!(accounts.live_token("a@example.com", end).is_none());
    }

    #[test]
    fn odd_lifetimes_are_taken() {
        let now = Instant::now();
        assert_eq!(end_of(-5.0, now), Some(now));
        assert_eq!(end_of(0.0, now), Some(now));
        assert_eq!(end_of(1e300, now), None);
        assert_eq!(end_of(f64::NAN, now), None);
    }

    #[test]
    fn revoking_ends_one_or_all() {
        let (now, mut accounts) = (Instant::now(), accounts(60.0));
        let issued = accounts.login("a@example.com", "secret", now).unwrap();
        assert!(!accounts.revoke("another"));
        assert!(accounts.revoke(&issued.token));
        assert!(!accounts.revoke(&issued.token));
        accounts.login("a@example.com", "secret", now).unwrap();
        accounts.revoke_all();
        assert_eq!(accounts.live_token("a@example.com", now), None);
    }

    #[test]
    fn a_changed_password_does_not_end_the_token_and_a_removed_account_does() {
        let (now, mut accounts) = (Instant::now(), accounts(60.0));
        let issued = accounts.login("a@example.com", "secret", now).unwrap();
        accounts.set("a@example.com", "changed");
        assert!(accounts.owner(&issued.token, now).is_some());
        assert!(accounts.login("a@example.com", "secret", now).is_none());
        accounts.remove("a@example.com");
        assert!(accounts.owner(&issued.token, now).is_none());
    }

    #[test]
    fn tokens_have_the_documented_form_and_the_newer_one_in_turns() {
        for number in (1..100).step_by(2) {
            let token = new_token(number);
            let (time, random) = token.split_once('x').unwrap();
            assert!(digits(time, 13) && digits(random, 18), "{token}");
        }
        let token = new_token(2);
        assert!(token.starts_with("bus|") && token.matches('|').count() == 2, "{token}");
        assert!(token.bytes().all(|byte| byte.is_ascii_graphic()));
        assert_ne!(new_token(7), new_token(7));
    }

    #[test]
    fn the_user_id_is_stable_and_has_the_documented_form() {
        let id = user_id("demo@example.com");
        assert_eq!(id, user_id("demo@example.com"));
        let (time, rest) = id.split_once('x').unwrap();
        assert!(digits(time, 13) && digits(rest, 18));
    }
}
