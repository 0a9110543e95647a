//! Child processes that end with the test process, however it ends.
//!
//! Every program runs under a shell that reads a pipe from the test process. When the pipe closes, because the
//! handle was dropped or because the process is gone, the shell ends the program and removes its folder. The
//! programs are killed: they hold nothing that is worth a graceful end, and an API server without its etcd
//! would take minutes to see that.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

const WATCH: &str = r#"folder=$1
shift
exec 3<&0
"$@" 3<&- </dev/null &
child=$!
(
    read -r _ <&3
    kill -9 "$child" 2>/dev/null
    while kill -0 "$child" 2>/dev/null; do sleep 0.05; done
    rm -rf "$folder" 2>/dev/null
) >/dev/null &
exec 3<&-
wait "$child""#;

/// A program that runs in the background and writes to a log.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    log: PathBuf,
}

impl Program {
    /// Starts a program. Its output goes to `PROGRAM.log` in `folder`, which goes when the program does.
    pub(crate) fn start(program: &Path, arguments: &[String], folder: &Path) -> io::Result<Self> {
        let name = program.file_stem().unwrap_or(program.as_os_str());
        let log = folder.join(name).with_extension("log");
        let output = File::create(&log)?;
        let child = Command::new("sh")
            .arg("-c")
            .arg(WATCH)
            .arg("sh")
            .arg(folder)
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(output.try_clone()?)
            .stderr(output)
            .spawn()?;
        Ok(Self { child, log })
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// The last lines of its log.
    pub(crate) fn last_words(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Nothing can be done about a program that does not end.
        self.child.wait().ok();
    }
}
