//! Running a command: nothing of this machine's environment but `PATH`, a home of its own, and an end that comes.

use std::ffi::{OsStr, OsString};
use std::io::{Read, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::Sandbox;

/// A command to run.
pub struct Cmd {
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    folder: Option<PathBuf>,
    stdin: Vec<u8>,
    timeout: Duration,
    sandbox: Arc<Sandbox>,
}

/// What a command left.
#[derive(Clone, Debug)]
pub struct Output {
    /// The exit status; none when a signal ended it.
    pub status: Option<i32>,
    /// Standard output; bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// Standard error, likewise.
    pub stderr: String,
    /// How long it took.
    pub elapsed: Duration,
}

impl Output {
    /// Itself, if the command was successful; else panics with all it said.
    #[track_caller]
    pub fn success(self) -> Self {
        self.exits(0)
    }

    /// Itself, if the command exited with that status; else panics with all it said.
    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        assert!(
            self.status == Some(status),
            "exit status {:?}, not {status}\n--- stdout\n{}\n--- stderr\n{}",
            self.status,
            self.stdout,
            self.stderr
        );
        self
    }

    /// Itself, if standard output is exactly this.
    #[track_caller]
    pub fn prints(&self, text: &str) -> &Self {
        assert_eq!(self.stdout, text, "--- stderr\n{}", self.stderr);
        self
    }

    /// Itself, if standard error has these words.
    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(
            self.stderr.contains(words),
            "no {words:?} in\n{}",
            self.stderr
        );
        self
    }
}

impl Cmd {
    /// A program by path, or by name on `PATH`, with a sandbox of its own.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self::in_sandbox(program, Arc::new(Sandbox::new()))
    }

    /// As [`Cmd::new`], in a sandbox that outlives it.
    pub fn in_sandbox(program: impl AsRef<OsStr>, sandbox: Arc<Sandbox>) -> Self {
        Self {
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            folder: None,
            stdin: Vec::new(),
            timeout: Duration::from_secs(180),
            sandbox,
        }
    }

    /// One more argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        for argument in arguments {
            self = self.arg(argument);
        }
        self
    }

    /// A variable of the environment. There are no others than `PATH`, `TZ=UTC`, `LC_ALL=C.UTF-8` and the sandbox's.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        let variable = (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.variables.push(variable);
        self
    }

    /// The folder to run in, in place of the sandbox.
    pub fn current_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// What it reads from standard input; nothing unless said.
    pub fn stdin(mut self, text: impl Into<Vec<u8>>) -> Self {
        self.stdin = text.into();
        self
    }

    /// How long it may take; three minutes unless said otherwise, which a loaded machine may need.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Runs it to its end. Panics when it cannot be started, and when it takes too long.
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Starts it, for a test that does something while it runs.
    pub fn spawn(self) -> Running {
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .envs(self.sandbox.variables())
            .envs(self.variables)
            .current_dir(self.folder.as_deref().unwrap_or(self.sandbox.path()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let name = self.program.to_string_lossy().into_owned();
        let started = Instant::now();
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let mut stdin = child.stdin.take().expect("a pipe");
        let text = self.stdin;
        // A command that does not read what it is given closes the pipe, and that is its right.
        std::thread::spawn(move || stdin.write_all(&text).ok());
        Running {
            name,
            stdout: Reading::of(child.stdout.take().expect("a pipe")),
            stderr: Reading::of(child.stderr.take().expect("a pipe")),
            child,
            started,
            timeout: self.timeout,
            _sandbox: self.sandbox,
        }
    }
}

/// A pipe that is read to its end, and what has come out of it so far.
struct Reading {
    bytes: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Reading {
    fn of(mut pipe: impl Read + Send + 'static) -> Self {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let all = bytes.clone();
        let reader = std::thread::spawn(move || {
            let mut chunk = [0; 8192];
            while let Ok(length @ 1..) = pipe.read(&mut chunk) {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.extend_from_slice(&chunk[..length]);
            }
        });
        Self {
            bytes,
            reader: Some(reader),
        }
    }

    fn so_far(&self) -> String {
        let bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn finish(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().ok();
        }
        self.so_far()
    }
}

/// A command that runs. Dropping it kills it.
pub struct Running {
    name: String,
    child: Child,
    stdout: Reading,
    stderr: Reading,
    started: Instant,
    timeout: Duration,
    _sandbox: Arc<Sandbox>,
}

impl Running {
    /// Sends SIGINT, as Ctrl-C does.
    pub fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends a signal by its name: `TERM`.
    pub fn signal(&self, name: &str) {
        let status = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .expect("the kill command");
        assert!(status.success(), "kill -{name} failed");
    }

    /// Waits until it has said this on standard error. Panics when it ends, or its time does, before that.
    #[track_caller]
    pub fn wait_for_stderr(&mut self, words: &str) {
        while !self.stderr.so_far().contains(words) {
            let ended = self
                .child
                .try_wait()
                .expect("a child to wait for")
                .is_some();
            if ended && self.stderr.finish().contains(words) {
                return;
            }
            assert!(
                !ended && self.started.elapsed() < self.timeout,
                "{} did not say {words:?}\n--- stderr\n{}",
                self.name,
                self.stderr.so_far()
            );
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// The most memory that it has had so far, in KiB (`VmHWM`); 0 once it has ended.
    pub fn most_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok())
            .unwrap_or_default()
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child to wait for")
            .is_none()
    }

    /// Waits for its end. Panics when that takes longer than the command's timeout.
    pub fn wait(mut self) -> Output {
        let status = loop {
            let ended = self.child.try_wait().expect("a child to wait for");
            if let Some(status) = ended {
                break status;
            }
            if self.started.elapsed() > self.timeout {
                self.child.kill().ok();
                let output = self.output(None);
                panic!(
                    "{} was not done after {:?}\n--- stdout\n{}\n--- stderr\n{}",
                    self.name, self.timeout, output.stdout, output.stderr
                );
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        self.output(status.code())
    }

    fn output(&mut self, status: Option<i32>) -> Output {
        let elapsed = self.started.elapsed();
        Output {
            status,
            stdout: self.stdout.finish(),
            stderr: self.stderr.finish(),
            elapsed,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already, unless a test gave it up.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
