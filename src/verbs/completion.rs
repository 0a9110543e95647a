//! `completion`: the scripts of the shells, what makes kubectl and oc complete this plugin, and the answers to both.

mod answer;
mod install;
mod live;
mod local;
mod lookup;
mod offer;

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::Run;
use crate::cli::completion::{CompletionArgs, What};
use crate::env::Env;
use crate::error::Error;
use crate::ui::{ColorChoice, Ui, answer_crashes};

/// The hidden first word: what follows is an unfinished command line. cobra's plugins have the same word.
const ASKING: &str = "__complete";
/// How the names end under which kubectl and oc look for a plugin's completion; a link of that name to the program does.
const ASKING_NAME: &str = "_complete-extreg";
/// What everything but the cluster may take: files lie on disks that are slow, or on machines that do not answer.
const BESIDE_THE_CLUSTER: Duration = Duration::from_secs(5);
/// As much as the main thread has, in bytes.
const STACK: usize = 8 << 20;

/// Prints a script, installs or uninstalls.
pub(super) fn run(run: &mut Run, args: &CompletionArgs) -> Result<(), Error> {
    let script = match args.what {
        What::Install => return install::install(run, args.dir.as_deref()),
        What::Uninstall => return install::uninstall(run, args.dir.as_deref()),
        What::Bash => include_str!("../../completions/extreg.bash"),
        What::Zsh => include_str!("../../completions/extreg.zsh"),
        What::Fish => include_str!("../../completions/extreg.fish"),
        What::Powershell => include_str!("../../completions/extreg.ps1"),
    };
    if args.dir.is_some() {
        return Err(Error::usage("--dir goes with install and uninstall")
            .hint("the script of a shell is printed; redirect it into a file"));
    }
    run.ui.data(script)
}

/// The words of an unfinished command line, when that is what the program was started with.
pub fn asked(env: &Env) -> Option<Vec<String>> {
    let by_name = env.args.first().is_some_and(|program| {
        Path::new(program)
            .file_stem()
            .and_then(OsStr::to_str)
            .is_some_and(|name| name.ends_with(ASKING_NAME))
    });
    let by_word = env.args.get(1).is_some_and(|word| word == ASKING);
    if !by_name && !by_word {
        return None;
    }
    let words = env.args.iter().skip(if by_name { 1 } else { 2 });
    Some(
        words
            .map(|word| word.to_string_lossy().into_owned())
            .collect(),
    )
}

/// Answers a shell: one candidate a line, then `:` and cobra's directive. Says nothing on standard error and ends well, in
/// time, whatever happens: the user is in the middle of a command line.
pub fn answer_shell(env: &Env, words: &[String]) -> ExitCode {
    let nothing = offer::Offer::nothing().to_string();
    answer_crashes(nothing.clone());
    let (asked, words) = (env.clone(), words.to_vec());
    let cluster = live::deadline(env);
    let limit = cluster.saturating_add(cluster.max(BESIDE_THE_CLUSTER));
    let text = within(limit, move || answer::answer(&asked, &words).to_string());
    // A shell that does not wait is told nothing.
    drop(Ui::of_process(env, ColorChoice::Never).data(text.unwrap_or(nothing)));
    ExitCode::SUCCESS
}

/// What `work` gives, if it does so in time. Otherwise it is left behind on its thread, and ends with the process.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let (done, result) = mpsc::sync_channel(1);
    let started = thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || drop(done.send(work())));
    started.ok()?;
    result.recv_timeout(limit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_in_time_counts() {
        assert_eq!(within(Duration::from_secs(60), || 1), Some(1));
        let (hold, held) = mpsc::channel::<()>();
        let never = within(Duration::from_millis(1), move || held.recv().is_ok());
        assert_eq!(never, None);
        drop(hold);
    }
}
