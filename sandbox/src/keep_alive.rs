//! How long a connection is kept between requests.

use std::time::Duration;

/// When the service ends a connection that its client would keep. By default it never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeepAlive {
    /// So long after an answer, if no further request has begun. No answer announces it.
    pub idle: Option<Duration>,
    /// After so many requests: the answer to the last says `Connection: close`.
    pub requests: Option<u64>,
}
