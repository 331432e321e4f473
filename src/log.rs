//! The log callback, which the application may set.

/// How important an event is, beginning with the most important.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Debug,
}

/// The application's log. It never gets a secret, and is called on a thread of a caller, maybe on several at once.
pub(crate) trait LogHook: Send + Sync {
    /// Whether an event of this level is wanted.
    fn wants(&self, level: Level) -> bool;
    /// `event` is one of a few stable names, `text` is for people.
    fn event(&self, level: Level, event: &'static str, text: &str);
}
