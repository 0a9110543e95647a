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

use super::Run;
use crate::cli::completion::{CompletionArgs, What};
use crate::env::Env;
use crate::error::Error;
use crate::ui::{ColorChoice, Ui};

/// The hidden first word: what follows is an unfinished command line. cobra's plugins have the same word.
const ASKING: &str = "__complete";
/// How the names end under which kubectl and oc look for a plugin's completion; a link of that name to the program does.
const ASKING_NAME: &str = "_complete-extreg";

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

/// Answers a shell: one candidate a line, then `:` and cobra's directive. Says nothing on standard error and ends well,
/// whatever happens: the user is in the middle of a command line.
pub fn answer_shell(env: &Env, words: &[String]) -> ExitCode {
    std::panic::set_hook(Box::new(|_| {}));
    let answer = std::panic::catch_unwind(|| answer::answer(env, words));
    let text = answer.map_or_else(
        |_| offer::Offer::nothing().to_string(),
        |offer| offer.to_string(),
    );
    // A shell that does not wait is told nothing.
    drop(Ui::of_process(env, ColorChoice::Never).data(text));
    ExitCode::SUCCESS
}
