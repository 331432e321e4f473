//! Servers that cannot prove who they are get no byte of a request, and those that can are logged in to.

mod client;
mod compile;
mod figures;

mod tls {
    pub mod accepted;
    pub mod certificates;
    pub mod flaws;
    pub mod openssl;
    pub mod refused;
    pub mod server;
}
