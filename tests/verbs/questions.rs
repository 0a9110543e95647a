//! What is asked on a terminal: yes, no, nothing, and a password that nobody sees.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use extreg_test_support::certs::Ca;
use extreg_test_support::process::program_or_skip;
use extreg_test_support::registry::Registry;
use serde_json::json;

use crate::kit::{Embedded, PASSWORD, World, entry};
use crate::terminal::Terminal;

/// The end of input, as Ctrl-D on an empty line.
const END: &str = "\u{4}";
/// What anybody answers who does not want it, or is not there.
const NO: [&str; 4] = ["n\r", "\r", "nonsense\r", END];
const WHOLE_CLUSTER: &str = "Change the whole cluster? [y/N]";

/// Whether there is a terminal to be had.
fn has_terminal() -> bool {
    program_or_skip("script", "questions on a terminal")
}

/// The program on a terminal.
fn on_terminal(world: &World, line: &str) -> Terminal {
    let text = |path: &Path| path.display().to_string();
    let home = world.sandbox.home();
    let variables = [
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("HOME", text(&home)),
        ("KUBECONFIG", text(&world.kubeconfig)),
        ("SHELL", "/bin/sh".to_owned()),
        ("TERM", "xterm".to_owned()),
        ("LC_ALL", "C.UTF-8".to_owned()),
        ("NO_COLOR", "1".to_owned()),
    ];
    // Wide enough that nothing is broken over two lines.
    let command = format!(
        "stty cols 400 rows 50; tty > tty; exec {} {line}",
        env!("CARGO_BIN_EXE_kubectl-extreg")
    );
    Terminal::start(&command, world.sandbox.path(), &variables)
}

/// Waits until the terminal shows no more what is typed: the question comes a moment before.
fn is_hidden(world: &World) {
    let name = std::fs::read_to_string(world.sandbox.path().join("tty")).expect("its name");
    let begun = Instant::now();
    loop {
        let output = Command::new("stty")
            .args(["-F", name.trim(), "-a"])
            .output()
            .expect("stty runs");
        let state = String::from_utf8_lossy(&output.stdout);
        if state.split([' ', ';', '\n']).any(|word| word == "-echo") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(180), "{state}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn insecure(world: &World) -> Vec<String> {
    let config = world
        .cluster
        .get("images.config.openshift.io", "", "cluster")
        .expect("image.config");
    let list = &config["spec"]["registrySources"]["insecureRegistries"];
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

#[test]
fn the_whole_cluster_is_changed_after_a_yes_only() {
    if !has_terminal() {
        return;
    }
    let world = Embedded::openshift();
    let line = "insecure r.example.com:5000 --skip-check";
    for answer in NO {
        let mut terminal = on_terminal(&world, line);
        terminal.sees("every node is drained");
        terminal.sees(WHOLE_CLUSTER);
        terminal.press(answer);
        terminal.sees("error: not wanted: nothing was written");
        assert_eq!(terminal.ends(), Some(1), "{answer:?}");
        world.is_untouched();
    }
    for (at, answer) in ["y\r", "YES\r"].into_iter().enumerate() {
        let mut terminal = on_terminal(&world, &format!("insecure r{at}.example.com --skip-check"));
        terminal.sees(WHOLE_CLUSTER);
        terminal.press(answer);
        terminal.sees("takes it back");
        assert_eq!(terminal.ends(), Some(0), "{answer:?}");
    }
    assert_eq!(insecure(&world), ["r0.example.com", "r1.example.com"]);
    // What is there already, a dry run and --yes ask nothing.
    for line in [
        "insecure r0.example.com",
        "insecure x.example.com --skip-check --dry-run=server",
        "insecure r2.example.com --skip-check --yes",
    ] {
        let mut terminal = on_terminal(&world, line);
        assert_eq!(terminal.ends(), Some(0), "{line}");
        assert!(!terminal.plain().contains(WHOLE_CLUSTER), "{line}");
    }
    // The way back changes the whole cluster as well.
    for line in ["undo", "insecure r1.example.com --remove"] {
        let mut terminal = on_terminal(&world, line);
        terminal.sees(WHOLE_CLUSTER);
        terminal.press("y\r");
        assert_eq!(terminal.ends(), Some(0), "{line}");
    }
    assert_eq!(insecure(&world), ["r0.example.com"]);
}

#[test]
fn what_a_registry_shows_is_trusted_after_a_yes_only() {
    if !has_terminal() {
        return;
    }
    let world = Embedded::openshift();
    let between = Ca::new("Corp Root").intermediate("Between");
    let registry = Registry::builder()
        .tls(&between.server(&["127.0.0.1"]))
        .start();
    let host = registry.host();
    let question = "Trust Between, SHA-256 ";
    // --yes is for the change of the cluster: it says nothing of whose certificate that is.
    for (more, answer) in [("", "n\r"), ("", END), ("--yes", "\r")] {
        let mut terminal = on_terminal(&world, &format!("trust {host} --from-registry {more}"));
        terminal.sees(&format!("{host} shows:"));
        terminal.sees("compare the SHA-256 with those who run the registry");
        terminal.sees(question);
        terminal.press(answer);
        terminal.sees("error: not confirmed: nothing was written");
        assert_eq!(terminal.ends(), Some(1), "{more} {answer:?}");
        world.is_untouched();
    }
    let mut terminal = on_terminal(&world, &format!("trust {host} --from-registry"));
    terminal.sees(question);
    terminal.press("yes\r");
    terminal.sees("every node takes it up while it runs");
    terminal.sees(WHOLE_CLUSTER);
    terminal.press("n\r");
    terminal.sees("not wanted");
    assert_eq!(terminal.ends(), Some(1));
    world.is_untouched();

    let mut terminal = on_terminal(&world, &format!("trust {host} --from-registry"));
    terminal.sees(question);
    terminal.press("yes\r");
    terminal.sees(WHOLE_CLUSTER);
    terminal.press("yes\r");
    terminal.sees("takes it back");
    assert_eq!(terminal.ends(), Some(0));
    let map = world
        .cluster
        .get("configmaps", "openshift-config", "extreg-registry-cas")
        .expect("a ConfigMap");
    let text = map["data"][host.replace(':', "..")].as_str().expect("PEM");
    assert!(text.contains(between.pem().trim()), "{text}");
}

#[test]
fn a_password_is_typed_and_not_seen() {
    if !has_terminal() {
        return;
    }
    let world = Embedded::kubernetes();
    let line = "link r.example.com:5000 --registry-username robot --skip-check";
    let question = "password of robot for r.example.com:5000: ";
    let mut terminal = on_terminal(&world, line);
    terminal.sees(question);
    is_hidden(&world);
    terminal.press("\r");
    terminal.sees("error: the password is empty");
    assert_eq!(terminal.ends(), Some(1));
    world.is_untouched();

    let mut terminal = on_terminal(&world, line);
    terminal.sees(question);
    is_hidden(&world);
    terminal.press(END);
    assert_eq!(terminal.ends(), Some(1));
    world.is_untouched();

    let mut terminal = on_terminal(&world, line);
    terminal.sees(question);
    is_hidden(&world);
    terminal.press(&format!("{PASSWORD}\r"));
    terminal.sees("secret/extreg-r.example.com-5000 created");
    assert_eq!(terminal.ends(), Some(0));
    let screen = terminal.plain();
    assert!(!screen.contains(PASSWORD), "{screen}");
    let config = world.config("extreg-r.example.com-5000");
    assert_eq!(
        config,
        json!({"auths": {"r.example.com:5000": entry("robot", PASSWORD)}})
    );
    // Where nobody can be asked it is said how else it is given.
    let output = world.run(line).exits(2);
    output.says("cannot ask for password of robot for r.example.com:5000");
    output.says("--registry-password-stdin");
}

#[test]
fn a_login_goes_to_another_domain_after_a_yes_only() {
    if !has_terminal() {
        return;
    }
    let world = Embedded::openshift();
    let line = format!(
        "link r.example.com:5000 --from-context {} --skip-check",
        context(&world)
    );
    for answer in ["n\r", END] {
        let mut terminal = on_terminal(&world, &line);
        terminal.sees("r.example.com is not under the domain of");
        terminal.press(answer);
        terminal.sees("--yes sends it there all the same");
        assert_eq!(terminal.ends(), Some(1), "{answer:?}");
        world.is_untouched();
    }
    let mut terminal = on_terminal(&world, &line);
    terminal.sees("is not under the domain of");
    terminal.press("y\r");
    terminal.sees("secret/extreg-r.example.com-5000 created");
    assert_eq!(terminal.ends(), Some(0));
}

/// The name of the kubeconfig's context.
fn context(world: &World) -> String {
    let text = std::fs::read_to_string(&world.kubeconfig).expect("a kubeconfig");
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("current-context:"))
        .expect("a context");
    line.trim().trim_matches('"').to_owned()
}
