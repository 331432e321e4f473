//! Authorised requests: what goes out, what an answer means, what is sent again, and what becomes of connections, files and
//! tokens.

mod breaks;
mod caller;
mod connections;
mod files;
mod privacy;
mod server;
mod tokens;
mod written;
