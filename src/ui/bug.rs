//! What the user sees when the program itself is wrong.

use std::io::Write as _;
use std::panic::{self, Location};

/// Has a crash say where it was, and nothing else: the words of a panic may hold what was being read, a secret among it.
pub fn report_crashes() {
    panic::set_hook(Box::new(|crash| {
        // There is nobody left to tell that this failed.
        drop(std::io::stderr().write_all(words(crash.location()).as_bytes()));
    }));
}

fn words(place: Option<&Location<'_>>) -> String {
    let place = place.map_or_else(
        || "an unknown place".to_owned(),
        |place| format!("{}:{}", place.file(), place.line()),
    );
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "error: this is a bug: kubectl-extreg {version} crashed at {place}\n\
         hint: what was written until then is in the journal; `undo --list` shows it\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_names_its_place() {
        let words = words(Some(Location::caller()));
        assert!(words.contains("bug.rs:"), "{words}");
        assert!(words.starts_with("error: this is a bug"), "{words}");
    }
}
