//! Leaves the tables for unwinding out of the program where nothing is ever unwound: a release ends where it crashes
//! (`panic = "abort"`), and the targets ask the compiler for the tables all the same. They are an eighth of the program.
#![expect(
    clippy::disallowed_macros,
    reason = "this is how a build script speaks to cargo"
)]

use std::path::Path;

/// For GNU ld and lld alike: beside what they do anyway.
const SCRIPT: &str = "SECTIONS { /DISCARD/ : { *(.eh_frame) } } INSERT AFTER .text;\n";

fn main() -> std::io::Result<()> {
    println!("cargo:rerun-if-changed=build.rs");
    let told = |name: &str| std::env::var(name).unwrap_or_default();
    let features = told("CARGO_CFG_TARGET_FEATURE");
    // The start of a static program registers the tables by their place.
    let is_static = features.split(',').any(|feature| feature == "crt-static");
    let links_as_known = told("CARGO_CFG_TARGET_OS") == "linux"
        && told("CARGO_CFG_TARGET_ENV") == "gnu"
        && !is_static;
    if told("PROFILE") == "release" && links_as_known {
        let script = Path::new(&told("OUT_DIR")).join("no-tables.ld");
        std::fs::write(&script, SCRIPT)?;
        println!("cargo:rustc-link-arg-bins=-T{}", script.display());
    }
    Ok(())
}
