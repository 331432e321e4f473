//! Servers that cannot prove who they are get no byte of a request, and those that can are logged in to.

mod accepted;
mod certificates;
mod flaws;
mod openssl;
mod refused;
mod server;
