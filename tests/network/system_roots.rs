//! The system's root certificates: where SSL_CERT_FILE and SSL_CERT_DIR said that they are when the handle was made, as
//! for every program that asks OpenSSL, and as they stand there at each handshake.

#![cfg(all(feature = "capi", target_os = "linux"))]

mod application;
mod changes;
mod environment;
mod memory;
mod places;
