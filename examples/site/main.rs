//! Builds the documentation as a site.
//!
//! ```text
//! cargo run --example site [FOLDER]    into target/site unless a folder is named
//! ```

mod book;

use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::args_os()
        .nth(1)
        .map_or_else(|| root.join("target/site"), PathBuf::from);
    match book::build(&root, &folder) {
        Ok(()) => {
            say(&format!(
                "the site begins at {}",
                folder.join("index.html").display()
            ));
            ExitCode::SUCCESS
        }
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[expect(
    clippy::print_stdout,
    clippy::disallowed_macros,
    reason = "the one place of this example that prints"
)]
fn say(text: &str) {
    println!("{text}");
}
