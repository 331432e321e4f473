//! The library in an application that is not like others: with signals, small stacks, closed descriptors, no memory, cancelled
//! threads, more rights than its user. What stays in its memory, and what checkers of memory say.

mod cancelled;
mod closed_streams;
mod core_dump;
mod data_races;
mod descriptors;
mod freed;
mod mappings;
mod out_of_memory;
mod residue;
mod sanitizers;
mod setuid;
mod signals;
mod stacks;
mod valgrind;
