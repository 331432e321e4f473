//! HTTP/1.1, as far as a server on the loopback needs it.

mod answer;
mod body;
mod head;
mod reader;
mod request;

pub(crate) use answer::Answer;
pub(crate) use head::Head;
pub(crate) use reader::{Failure, Reader};
pub use request::Received;
pub(crate) use request::Request;
