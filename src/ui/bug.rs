//! What the user sees when the program itself is wrong.

use std::io::{self, Write as _};
use std::panic::{self, Location};

/// Has a crash say where it was, and nothing else: the words of a panic may hold what was being read, a secret among it.
pub fn report_crashes() {
    panic::set_hook(Box::new(|crash| {
        // There is nobody left to tell that this failed.
        drop(io::stderr().write_all(words(crash.location()).as_bytes()));
    }));
}

/// From now on a crash, on whatever thread, ends the process well: with `answer` on standard output, and nothing on standard
/// error. In the hook, because a release does not unwind: nothing else could hold a panic up.
#[expect(
    clippy::exit,
    reason = "an aborted process would be said by the shell, in the middle of a command line"
)]
pub fn answer_crashes(answer: String) {
    panic::set_hook(Box::new(move |_| {
        let mut out = io::stdout();
        // There is nobody left to tell that this failed.
        drop(out.write_all(answer.as_bytes()).and_then(|()| out.flush()));
        std::process::exit(0);
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

    /// The process that the next test looks at.
    #[test]
    #[ignore = "ends the process that it runs in"]
    fn crashes_and_answers() {
        answer_crashes("answered\n".to_owned());
        std::thread::spawn(|| panic!("with words")).join().ok();
        unreachable!("the hook ends the process");
    }

    #[test]
    fn a_crash_is_an_answer_and_a_good_end() {
        let program = std::env::current_exe().expect("this program");
        let output = std::process::Command::new(program)
            .args(["--exact", "ui::bug::tests::crashes_and_answers"])
            .args(["--ignored", "--nocapture", "--quiet"])
            .output()
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(said.ends_with("answered\n"), "{said}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert!(output.status.success());
    }
}
