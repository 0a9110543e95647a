//! A program on a terminal, and somebody who types.
//!
//! The terminal is that of `script` (util-linux), which makes one and passes on what it is given. Waiting is for words, never
//! for a time.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long something may take that has to come.
const PATIENCE: Duration = Duration::from_secs(180);

pub(crate) struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
    /// Up to here the screen has been read.
    seen: usize,
}

impl Terminal {
    /// Runs a command line with these variables and no others.
    pub(crate) fn start(command: &str, folder: &Path, variables: &[(&str, String)]) -> Self {
        let mut child = Command::new("script")
            .args([
                "--quiet",
                "--flush",
                "--return",
                "--command",
                command,
                "/dev/null",
            ])
            .env_clear()
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("script of util-linux");
        let screen = Arc::<Mutex<Vec<u8>>>::default();
        let mut output = child.stdout.take().expect("a pipe");
        let all = screen.clone();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(length @ 1..) = output.read(&mut chunk) {
                all.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(&chunk[..length]);
            }
        });
        Self {
            keys: child.stdin.take().expect("a pipe"),
            child,
            screen,
            seen: 0,
        }
    }

    /// Presses keys; `\t` is the one that completes, `\r` the one that runs.
    pub(crate) fn press(&mut self, keys: &str) {
        self.seen = self.plain().len();
        self.keys
            .write_all(keys.as_bytes())
            .expect("an open terminal");
        self.keys.flush().expect("an open terminal");
    }

    /// Waits until these words are on the screen that were not there before the last keys, or the last words.
    #[track_caller]
    pub(crate) fn sees(&mut self, words: &str) {
        let started = Instant::now();
        loop {
            let screen = self.plain();
            let fresh = screen.get(self.seen..).unwrap_or_default();
            if let Some(at) = fresh.find(words) {
                self.seen += at + words.len();
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "no {words:?} on the screen:\n{screen}"
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits for the end; the exit status.
    #[track_caller]
    pub(crate) fn ends(&mut self) -> Option<i32> {
        let started = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status.code();
            }
            assert!(
                started.elapsed() < PATIENCE,
                "it goes on:\n{}",
                self.plain()
            );
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The screen so far without what steers a terminal.
    pub(crate) fn plain(&self) -> String {
        let bytes = self
            .screen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let text = String::from_utf8_lossy(&bytes);
        let mut plain = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            if c != '\u{1b}' {
                if c != '\r' {
                    plain.push(c);
                }
                continue;
            }
            match rest.next() {
                // Up to a letter (CSI).
                Some('[') => drop(rest.find(|c| ('\u{40}'..='\u{7e}').contains(c))),
                // Up to a bell or a backslash (OSC).
                Some(']') => drop(rest.find(|c| matches!(c, '\u{7}' | '\\'))),
                Some('(' | ')') => drop(rest.next()),
                _ => {}
            }
        }
        plain
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The shell goes with its terminal.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
