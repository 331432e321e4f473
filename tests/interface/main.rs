//! What a program in C, C++ or another language sees of the library: the header, the functions and their arguments, its
//! callbacks, the texts of errors; and the examples.

mod abi;
mod arguments;
mod callbacks;
mod cpp;
mod examples;
mod ffi;
mod header;
mod panic;
mod pointers;
mod surface;
mod texts;
