//! Links the shared library as a C library is linked, and generates the header into `OUT_DIR`, but for the annotations of
//! its pointers, which `tools/` adds. A test compares it with `include/personr.h`, and `make header` renews that: a build
//! script that wrote there would break `cargo package`.

use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=src/ffi");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    // Set by cargo-fuzz.
    println!("cargo:rustc-check-cfg=cfg(fuzzing)");
    // No feature, which other crates could switch on: `make bench` alone builds with it, and throws that away.
    println!("cargo:rustc-check-cfg=cfg(personr_bench_unwiped)");
    fuzz_targets();
    link();
    if env::var_os("CARGO_FEATURE_CAPI").is_some() {
        header()?;
    }
    Ok(())
}

/// The unit tests try what the fuzzer found, if it is there: a published crate has neither `fuzz/` nor `tests/`.
fn fuzz_targets() {
    println!("cargo:rustc-check-cfg=cfg(personr_fuzz_targets)");
    let sources = "fuzz/src/lib.rs";
    if Path::new(sources).exists() {
        println!("cargo:rerun-if-changed={sources}");
        println!("cargo:rustc-cfg=personr_fuzz_targets");
    }
}

fn link() {
    // The name, and: once loaded it stays loaded. A handler stays registered with pthread_atfork, and threads may have live
    // thread-locals of ours.
    let name = match env::var("CARGO_CFG_TARGET_OS").as_deref() {
        Ok("linux" | "freebsd") => "-soname",
        Ok("illumos") => "-h",
        _ => return,
    };
    let major = env!("CARGO_PKG_VERSION_MAJOR");
    println!("cargo:rustc-cdylib-link-arg=-Wl,{name},libpersonr.so.{major}");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,nodelete");
}

fn header() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml"))?;
    config.header = Some(fs::read_to_string(root.join("src/ffi/contract.h"))?);
    config.after_includes = Some(versions()?);
    let sources = [
        "version",
        "status",
        "options",
        "callback_types",
        "callbacks",
        "auth",
        "token",
        "request",
        "send",
        "response",
        "json_document",
        "json",
        "json_values",
        "operation",
        "error",
    ];
    let builder = sources.iter().fold(cbindgen::Builder::new().with_config(config), |builder, source| {
        builder.with_src(root.join(format!("src/ffi/{source}.rs")))
    });
    let mut text = Vec::new();
    builder.generate()?.write(&mut text);
    // C89 has no such comments.
    let text = String::from_utf8(text)?.replace("// __cplusplus", "/* __cplusplus */");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("personr.h"), text)?;
    Ok(())
}

/// `&str` constants are skipped by cbindgen, and numbers would be a second place to raise a version.
fn versions() -> Result<String, Box<dyn Error>> {
    let (major, minor, patch) =
        (env!("CARGO_PKG_VERSION_MAJOR"), env!("CARGO_PKG_VERSION_MINOR"), env!("CARGO_PKG_VERSION_PATCH"));
    // Written out: what reads the header without a C preprocessor (cffi, bindings generators) computes nothing.
    let number = major.parse::<u32>()? * 10_000 + minor.parse::<u32>()? * 100 + patch.parse::<u32>()?;
    Ok(format!(
        r#"
/**
 * The version of this header. personr_library_version() tells that of the library that is loaded.
 */
#define PERSONR_VERSION "{major}.{minor}.{patch}"
#define PERSONR_VERSION_MAJOR {major}
#define PERSONR_VERSION_MINOR {minor}
#define PERSONR_VERSION_PATCH {patch}

/**
 * major * 10000 + minor * 100 + patch, comparable with personr_library_version_number().
 */
#define PERSONR_VERSION_NUMBER {number}"#
    ))
}
