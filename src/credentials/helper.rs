//! Docker's credential helpers: the program `docker-credential-NAME` is run with the argument `get`, reads the server on
//! standard input and answers with JSON (docker/docker-credential-helpers `client.Get`).
//!
//! A helper gets the environment of this run and a time limit, after which it is killed with all that it started (on Unix,
//! where it is a process group of its own; it cannot read the terminal, and has no need to: it is asked on a pipe). What it prints is read and never
//! shown: on success it is a password, and in failure it may be one.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

use crate::env::Env;
use crate::model::credential::Credential;

/// What helpers print when they have no credentials for a server.
const NOT_FOUND: &str = "credentials not found in native keychain";

/// The user name that says that the secret is an identity token.
const TOKEN_USERNAME: &str = "<token>";

/// More than any answer has.
const ANSWER_MAX: u64 = 1024 * 1024;

/// What went wrong, as the end of a sentence about the helper.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HelperError {
    #[error("has a name that is none: it may not contain a path")]
    BadName,
    #[error("is not installed: docker-credential-{0} is in no directory of PATH")]
    NotInstalled(String),
    #[error("cannot be run: {0}")]
    NotStarted(String),
    #[error("did not answer within {}", seconds(*.0))]
    TimedOut(Duration),
    #[error("failed with {0}; run it by hand to see why")]
    Failed(ExitStatus),
    #[error("gave an answer that is no user name and secret")]
    BadAnswer,
}

fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}

/// The credential that the helper has for `server`; `None` when it has none.
pub(super) async fn get(
    env: &Env,
    name: &str,
    server: &str,
    timeout: Duration,
) -> Result<Option<Credential>, HelperError> {
    if name.is_empty() || name.contains(['/', '\\', '\0']) {
        return Err(HelperError::BadName);
    }
    let program = find(env, name).ok_or_else(|| HelperError::NotInstalled(name.to_owned()))?;
    let mut child = start(env, &program)?;
    let group = Group::of(&child);
    let answer = tokio::time::timeout(timeout, converse(&mut child, server)).await;
    let Ok(answer) = answer else {
        // Reaps the process too; a failure means that it has ended meanwhile.
        drop(group);
        drop(child.kill().await);
        return Err(HelperError::TimedOut(timeout));
    };
    group.leave();
    let (status, output) =
        answer.map_err(|error| HelperError::NotStarted(error.kind().to_string()))?;
    if status.success() {
        read(&output)
    } else if String::from_utf8_lossy(&output).trim() == NOT_FOUND {
        Ok(None)
    } else {
        Err(HelperError::Failed(status))
    }
}

/// The program in the run's own `PATH`, so that a missing helper can be told from one that fails.
fn find(env: &Env, name: &str) -> Option<PathBuf> {
    let file = format!("docker-credential-{name}{}", std::env::consts::EXE_SUFFIX);
    std::env::split_paths(env.var("PATH")?)
        .map(|directory| env.cwd.join(directory).join(&file))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path)
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The helper and what it starts. A helper is often a script: killing it alone would leave the program that it waits for.
///
/// Dropped before [`Group::leave`] it kills them all, also when the run ends in the middle. It must go before the child,
/// which keeps the number of the group from being given to others as long as it is not waited for.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    /// The group that [`start`] made the child the leader of.
    #[cfg(unix)]
    fn of(child: &Child) -> Self {
        let number = child.id().and_then(|id| i32::try_from(id).ok());
        Self {
            leader: number.and_then(rustix::process::Pid::from_raw),
        }
    }

    #[cfg(not(unix))]
    fn of(_child: &Child) -> Self {
        Self {}
    }

    /// The helper has ended by itself: what it left running (an agent that keeps a passphrase) stays.
    #[cfg_attr(not(unix), expect(clippy::unused_self, reason = "there are no groups"))]
    fn leave(self) {
        #[cfg(unix)]
        {
            let mut group = self;
            group.leader = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        if let Some(leader) = self.leader {
            // It fails where nobody is left.
            let _nobody_left =
                rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

fn start(env: &Env, program: &Path) -> Result<Child, HelperError> {
    let mut command = Command::new(program);
    #[cfg(unix)]
    command.process_group(0);
    command
        .arg("get")
        .env_clear()
        .envs(&env.vars)
        .current_dir(&env.cwd)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| HelperError::NotStarted(error.to_string()))
}

/// Sends the server and reads the answer. A helper that does not read its input may still answer.
async fn converse(child: &mut Child, server: &str) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let stdin = child.stdin.take();
    let stdout = child.stdout.take();
    let send = async {
        if let Some(mut stdin) = stdin {
            // A closed pipe shows in the answer.
            drop(stdin.write_all(server.as_bytes()).await);
            drop(stdin.shutdown().await);
        }
    };
    let receive = async {
        let mut output = Vec::new();
        if let Some(stdout) = stdout {
            stdout.take(ANSWER_MAX).read_to_end(&mut output).await?;
        }
        Ok::<_, std::io::Error>(output)
    };
    let ((), output) = tokio::join!(send, receive);
    let output = output?;
    Ok((child.wait().await?, output))
}

/// `{"ServerURL": ..., "Username": ..., "Secret": ...}`, names in any case as Go reads them.
fn read(output: &[u8]) -> Result<Option<Credential>, HelperError> {
    let answer: serde_json::Map<String, serde_json::Value> =
        serde_json::from_slice(output).map_err(|_| HelperError::BadAnswer)?;
    let text = |name: &str| {
        answer
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map_or(Some(""), |(_, value)| value.as_str())
            .ok_or(HelperError::BadAnswer)
    };
    let (username, secret) = (text("Username")?, text("Secret")?);
    Ok(match (username, secret) {
        ("", "") => None,
        (_, "") | ("", _) => return Err(HelperError::BadAnswer),
        (TOKEN_USERNAME, token) => Some(Credential::IdentityToken {
            username: TOKEN_USERNAME.to_owned(),
            token: token.into(),
        }),
        (username, password) => Some(Credential::Password {
            username: username.to_owned(),
            password: password.into(),
        }),
    })
}
