//! The bodies of the fuzz targets. Each takes any bytes and panics if a promise of the library is broken. The library's
//! own unit tests compile them too, and feed them the committed inputs.

pub mod answer;
mod application;
mod c;
pub mod calls;
pub mod http;
pub mod json;
pub mod options;
pub mod reference;
pub mod request;
pub mod response;
mod script;
mod secrets;
mod server;
mod setters;
