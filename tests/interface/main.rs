//! What a program in C or C++ sees of the library: the header, the functions and their arguments, its callbacks, the texts of
//! errors; and the examples.

mod abi;
mod arguments;
mod callbacks;
mod cpp;
mod examples;
mod header;
mod panic;
mod pointers;
mod surface;
mod texts;
