//! Real shells: somebody types the beginning of a line, presses Tab and Return, and what runs shows what was completed.

use std::path::Path;

use extreg_test_support::api::PodState;
use extreg_test_support::process::{Cmd, find_program, program_or_skip};

use super::path;
use crate::kit::Embedded;
use crate::terminal::Terminal;

/// kubectl and oc are not needed to build or use the program: their absence fails nothing.
#[expect(
    clippy::print_stderr,
    clippy::disallowed_macros,
    reason = "the test harness shows it with the test's output"
)]
pub(super) fn client_or_skip(client: &str, what: &str) -> bool {
    let found = find_program(client).is_some();
    if !found {
        eprintln!("SKIPPED, {client} is not installed: {client} {what}");
    }
    found
}

/// A shell, how it is started, and how it loads completion.
struct Shell {
    name: &'static str,
    /// Its configuration, in the home.
    file: &'static str,
    command: &'static str,
    /// For `CLIENT`'s own completion.
    of_client: &'static str,
    /// For the program's own.
    direct: &'static str,
}

const BASH: Shell = Shell {
    name: "bash",
    file: "rc",
    command: "bash --noprofile --rcfile rc -i",
    of_client: "PS1='READY> '\n. /usr/share/bash-completion/bash_completion\nsource <(CLIENT completion bash)\n",
    direct: "PS1='READY> '\nsource <(kubectl-extreg completion bash)\n",
};
const ZSH: Shell = Shell {
    name: "zsh",
    file: ".zshrc",
    command: "zsh -i",
    of_client: "PS1='READY> '\nautoload -Uz compinit; compinit -u -D\nsource <(CLIENT completion zsh)\n",
    direct: "PS1='READY> '\nautoload -Uz compinit; compinit -u -D\nsource <(kubectl-extreg completion zsh)\n",
};
const FISH: Shell = Shell {
    name: "fish",
    file: "rc.fish",
    command: "fish --no-config --interactive --init-command 'source rc.fish'",
    of_client: "function fish_prompt; echo -n 'READY> '; end\nCLIENT completion fish | source\n",
    direct: "function fish_prompt; echo -n 'READY> '; end\nkubectl-extreg completion fish | source\n",
};

impl Shell {
    fn start(&self, world: &Embedded, config: &str) -> Terminal {
        let home = world.sandbox.home();
        world.sandbox.write(
            home.join(self.file),
            format!("stty cols 160 rows 50\n{config}"),
        );
        let text = |path: &Path| path.display().to_string();
        let variables = [
            ("PATH", path()),
            ("HOME", text(&home)),
            ("ZDOTDIR", text(&home)),
            ("XDG_RUNTIME_DIR", text(&world.sandbox.path().join("run"))),
            ("KUBECONFIG", text(&world.kubeconfig)),
            ("SHELL", "/bin/sh".to_owned()),
            ("TERM", "xterm".to_owned()),
            ("LC_ALL", "C.UTF-8".to_owned()),
            ("NO_COLOR", "1".to_owned()),
            (super::PATIENT.0, super::PATIENT.1.to_owned()),
        ];
        let mut terminal = Terminal::start(self.command, &home, &variables);
        terminal.sees("READY> ");
        terminal
    }
}

fn world() -> Embedded {
    let world = Embedded::kubernetes();
    world.api().add_namespace("bank-of-names");
    world.add_pod("web-1", "127.0.0.1:1/team/web:1.25", &PodState::running());
    world
}

/// Each line is completed and run.
fn walk(mut terminal: Terminal, call: &str) {
    for (keys, shown) in [
        // A verb, and the word of a flag.
        ("vers\t -o js\t\r", "\"name\": \"kubectl-extreg\""),
        // An id with dots.
        ("explain auth.no-cr\t\r", "auth.no-credentials"),
        // A flag, and a name that the cluster has.
        (
            "status --names\tbank\t\r",
            "found in bank-of-names namespace",
        ),
        // A value behind =, where readline breaks words.
        (
            "explain --message unauthorized --output=js\t\r",
            "\"kind\": \"MessageReading\"",
        ),
        // Colons, where readline breaks words too.
        (
            "doctor 127.0.0.1:1/team/web:\t --no-cluster -o json\r",
            "\"127.0.0.1:1/team/web:1.25\"",
        ),
    ] {
        terminal.press(&format!("{call} {keys}"));
        terminal.sees(shown);
        terminal.sees("READY> ");
    }
    // A file, where files go.
    terminal.press("touch ca-bundle-of-files.pem\r");
    terminal.sees("READY> ");
    terminal.press(&format!(
        "{call} link quay.io --registry-ca ca-bun\t--help\r"
    ));
    terminal.sees("Usage: ");
}

fn through(shell: &Shell, client: &str) {
    if !program_or_skip(shell.name, "completes with a terminal")
        || !client_or_skip(client, "completes in a shell")
    {
        return;
    }
    let world = world();
    let terminal = shell.start(&world, &shell.of_client.replace("CLIENT", client));
    walk(terminal, &format!("{client} extreg"));
}

fn direct(shell: &Shell) {
    if !program_or_skip(shell.name, "completes with a terminal") {
        return;
    }
    let world = world();
    walk(shell.start(&world, shell.direct), "kubectl-extreg");
}

#[test]
fn the_scripts_are_clean() {
    if !program_or_skip("shellcheck", "reads the scripts") {
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for file in [
        "completions/kubectl_complete-extreg",
        "completions/extreg.bash",
        "krew/archive",
        "krew/manifest",
        "krew/test",
    ] {
        let output = Cmd::new("shellcheck").arg(root.join(file)).run();
        assert_eq!(output.status, Some(0), "{}", output.stdout);
    }
}

#[test]
fn bash_through_kubectl() {
    through(&BASH, "kubectl");
}

#[test]
fn bash_through_oc() {
    through(&BASH, "oc");
}

#[test]
fn bash_directly() {
    direct(&BASH);
}

#[test]
fn zsh_through_kubectl() {
    through(&ZSH, "kubectl");
}

#[test]
fn zsh_through_oc() {
    through(&ZSH, "oc");
}

#[test]
fn zsh_directly() {
    direct(&ZSH);
}

#[test]
fn fish_through_kubectl() {
    through(&FISH, "kubectl");
}

#[test]
fn fish_through_oc() {
    through(&FISH, "oc");
}

#[test]
fn fish_directly() {
    direct(&FISH);
}
