//! `completion SHELL`, `completion install` and `completion uninstall`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Makes `oc extreg` and `kubectl extreg` complete in the shell, or prints a script for the program's own name.
///
/// `install` puts three names into the folder of the program: kubectl_complete-extreg and oc_complete-extreg, which kubectl
/// and oc ask when their own completion meets `extreg`, and oc-extreg, so that help and advice say `oc extreg` to those who
/// use oc. `uninstall` takes these away again, and nothing else. The scripts for bash, zsh, fish and powershell are for
/// those who call kubectl-extreg or oc-extreg directly.
///
/// Names of the cluster are waited for one second, or as long as the variable EXTREG_COMPLETION_TIMEOUT says (3s); then what is
/// known without it is offered.
#[derive(Debug, Clone, Args)]
pub struct CompletionArgs {
    /// A shell, to print the script for it; or install, or uninstall.
    #[arg(
        value_enum,
        value_name = "SHELL|install|uninstall",
        hide_possible_values = true
    )]
    pub what: What,
    /// Folder to install into or to uninstall from, instead of the program's own; it has to be on PATH.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// What to do about completion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum What {
    /// Print the script for bash.
    Bash,
    /// Print the script for zsh.
    Zsh,
    /// Print the script for fish.
    Fish,
    /// Print the script for PowerShell.
    Powershell,
    /// Make oc and kubectl complete this plugin.
    Install,
    /// Take away what install has put.
    Uninstall,
}
