//! The command `personr`: what a script sees of it. It is compiled from `cli/` and run against a sandbox.

mod completions;
mod page;
mod password;
mod requests;
mod scene;
mod streams;
mod terminal;
mod tokens;
mod values;
