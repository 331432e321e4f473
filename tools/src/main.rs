//! Makes of `include/personr.h` what else says the same. The scripts in `packaging/` call it.

use std::env;
use std::error::Error;
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::{self, ExitCode};

use personr_tools::{Header, copybook, ffi, lists, man, stub};

const USAGE: &str = "personr-tools symbols HEADER      prints the names of the functions
personr-tools constants HEADER    prints the constants and their values
personr-tools ffi HEADER          prints the declarations and integer constants, without comments
personr-tools copybook HEADER     prints the constants for COBOL
personr-tools stub HEADER         prints the source of a C library with these functions and empty bodies
personr-tools man HEADER FOLDER   writes a manual page for each function, and one for all";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(|argument| &**argument).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("personr-tools: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> Result<(), Box<dyn Error>> {
    match *arguments {
        ["symbols", path] => print(&lists::symbols(&header(path)?)),
        ["constants", path] => print(&lists::constants(&header(path)?)),
        ["ffi", path] => print(&ffi::declarations(&header(path)?)),
        ["copybook", path] => print(&copybook::constants(&header(path)?)),
        ["stub", path] => print(&stub::source(&header(path)?)),
        ["man", path, folder] => write_pages(&header(path)?, Path::new(folder)),
        _ => Err(USAGE.into()),
    }
}

fn header(path: &str) -> Result<Header, Box<dyn Error>> {
    let text = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(Header::parse(&text).map_err(|error| format!("{path}: {error}"))?)
}

/// Not by `print`, which panics if the output is closed.
fn print(text: &str) -> Result<(), Box<dyn Error>> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

/// A page gets into the folder by a rename: another build may be at it, or an installation.
fn write_pages(header: &Header, folder: &Path) -> Result<(), Box<dyn Error>> {
    header.version().ok_or("the header has no PERSONR_VERSION")?;
    fs::create_dir_all(folder)?;
    for page in man::pages(header) {
        let path = folder.join(format!("{}.3", page.name));
        let unfinished = folder.join(format!("{}.3.{}", page.name, process::id()));
        fs::write(&unfinished, page.text)?;
        fs::rename(&unfinished, &path)?;
    }
    Ok(())
}
