//! The stores in which processes and machines share a token, `file:` and `redis:`: their locks, and what goes wrong with them.

mod file_faults;
mod file_kills;
mod file_lock;
mod file_store;
mod file_systems;
mod redis_faults;
mod redis_store;
