//! What is built, released and installed, and the rules that the source tree keeps.

mod dependencies;
mod install_script;
mod installed;
mod languages;
mod layers;
mod lock;
mod packages;
mod prefix;
mod published_crate;
mod release;
mod third_party;
