//! HTTP/1.1, as far as a server on the loopback needs it.

mod answer;
mod body;
mod head;
mod incoming;
mod long;
mod reader;
mod request;

pub(crate) use answer::{Answer, Body};
pub(crate) use body::Framing;
pub(crate) use head::Head;
pub(crate) use incoming::Incoming;
pub(crate) use long::Piece;
pub(crate) use reader::{CONTINUE, Failure, Reader};
pub use request::Received;
pub(crate) use request::Request;
