//! The C suite: the programs of `examples-c/` and `tests/c/`, each with what it is put through. It is run by itself,
//! under valgrind, and on a library that looks after its own addresses.

pub mod members;
pub mod scenarios;
pub mod seeds;
pub mod talking;
