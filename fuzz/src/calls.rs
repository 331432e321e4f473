//! Rows of C calls on live handles, with the service and the application's callbacks under the same control.
//!
//! An input is a row of lines: a letter, the number of a place (0 to 2; any other means NULL) and the rest:
//!
//! | letter | what is done |
//! |---|---|
//! | `o`, `x` | new options for the place, which know the service; the options are freed |
//! | `b` … `w` | a setter (`setters.rs`) |
//! | `h`, `q`, `l` | the callbacks of a store, for credentials, for the log, with a plan (`application.rs`) |
//! | `d` | a token store in a temporary folder |
//! | `n` | a handle for the place: with which options, account and password, a digit each |
//! | `F` | the handle is freed |
//! | `L`, `T` | login, token; the token goes to the place that follows |
//! | `P` | two threads ask for a token |
//! | `B` | authorization, into a buffer of this capacity |
//! | `R` | the token of this place is rejected, or this text |
//! | `S`, `G` | the getters of the handle; of the token |
//! | `f` | the token is freed |
//! | `A`, `W` | what the service answers next: a status and a body; bytes as they are, `^` for a line end |
//! | `C`, `Z` | it closes instead; it is silent |

mod world;

use world::World;

const LINES_MAX: usize = 64;

pub fn run(input: &[u8]) {
    let mut world = World::new();
    for line in input.split(|byte| *byte == b'\n').take(LINES_MAX) {
        if let [letter, place, rest @ ..] = line {
            // SAFETY: the world holds live handles and NULL, and frees each once.
            unsafe { world.step(*letter, usize::from(place.wrapping_sub(b'0')), rest) };
        }
    }
    world.end();
}
