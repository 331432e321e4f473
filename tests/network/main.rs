//! The way to the service and back: look-up, connection, proxy, TLS, HTTP. What goes wrong there, and what gets out there.

mod addresses;
mod broken_http;
mod by_name;
mod cuts;
mod errors;
mod faults;
mod like_curl;
mod log_output;
mod login;
mod look_ups;
mod pem;
mod secrets;
mod shim;
mod system_roots;
mod tls;
