//! One token for all who share an account: threads, forked children, other processes, other machines.

mod fleet;
mod fork;
mod one_account;
mod threads;
