//! `completion install`, `completion uninstall`, and the scripts that are printed.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Output, Sandbox};

use super::scripts;

const NAMES: [&str; 3] = ["kubectl_complete-extreg", "oc_complete-extreg", "oc-extreg"];

/// The folder of a plugin manager: a link to the program, which is somewhere else.
struct Bin {
    sandbox: Arc<Sandbox>,
    folder: PathBuf,
}

impl Bin {
    fn new() -> Self {
        let sandbox = Arc::new(Sandbox::new());
        let folder = sandbox.path().join("bin");
        fs::create_dir(&folder).expect("a folder");
        symlink(
            env!("CARGO_BIN_EXE_kubectl-extreg"),
            folder.join("kubectl-extreg"),
        )
        .expect("a link");
        Self { sandbox, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The program by its link, with the folder on PATH.
    fn run(&self, line: &str) -> Output {
        Cmd::in_sandbox(self.file("kubectl-extreg"), self.sandbox.clone())
            .env("PATH", format!("{}:/usr/bin:/bin", self.folder.display()))
            .args(line.split(' '))
            .run()
    }

    fn all(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(&self.folder)
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        names.sort();
        names
    }

    fn lines(&self, what: &str) -> String {
        let line = |name: &&str| format!("{} {what}\n", self.file(name).display());
        NAMES.iter().map(line).collect()
    }
}

#[test]
fn it_puts_three_names_and_takes_them_away() {
    let bin = Bin::new();
    let output = bin.run("completion install").success();
    output.prints(&bin.lines("created"));
    output.says("completion has to be on in the shell");
    assert!(!output.stderr.contains("PATH"), "{}", output.stderr);
    // Beside the link and through it: an upgrade moves the program that the link leads to.
    assert_eq!(
        fs::read_link(bin.file("oc-extreg")).expect("a link"),
        Path::new("kubectl-extreg")
    );
    for name in &NAMES[..2] {
        let mode = fs::metadata(bin.file(name))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o755);
        let answer = Cmd::in_sandbox(bin.file(name), bin.sandbox.clone())
            .args(["vers"])
            .run()
            .success();
        answer.prints("version\tPrints the version\n:4\n");
    }
    let help = Cmd::in_sandbox(bin.file("oc-extreg"), bin.sandbox.clone())
        .args(["link", "--help"])
        .run()
        .success();
    assert!(
        help.stdout.contains("Usage: oc extreg link "),
        "{}",
        help.stdout
    );

    bin.run("completion install")
        .success()
        .prints(&bin.lines("unchanged"));
    bin.run("completion uninstall")
        .success()
        .prints(&bin.lines("deleted"));
    assert_eq!(bin.all(), ["kubectl-extreg"]);
    bin.run("completion uninstall")
        .success()
        .says("nothing to take away");
}

#[test]
fn another_folder_and_an_older_version() {
    let bin = Bin::new();
    let other = bin.sandbox.path().join("other");
    let refused = bin.run("completion install --dir other").exits(1);
    refused.says("there is no folder");
    fs::create_dir(&other).expect("a folder");
    // Of an older version, and of a program that lay elsewhere.
    fs::write(
        other.join(NAMES[0]),
        "#!/bin/sh\n# kubectl-extreg: of old\n",
    )
    .expect("a file");
    symlink("/opt/old/kubectl-extreg", other.join("oc-extreg")).expect("a link");
    let output = bin.run("completion install --dir other").success();
    output.says("is not on PATH");
    let updated: Vec<&str> = output
        .stdout
        .lines()
        .filter(|line| line.ends_with(" updated"))
        .collect();
    assert_eq!(updated.len(), 2, "{}", output.stdout);
    assert_eq!(
        fs::read_link(other.join("oc-extreg")).expect("a link"),
        bin.file("kubectl-extreg")
    );
    bin.run("completion uninstall --dir other").success();
    assert_eq!(fs::read_dir(&other).expect("a folder").count(), 0);
}

#[test]
fn what_is_not_its_own_is_left_alone() {
    for foreign in NAMES {
        let bin = Bin::new();
        fs::write(bin.file(foreign), "#!/bin/sh\nexit 7\n").expect("a file");
        let refused = bin.run("completion install").exits(1);
        refused.says("was not put there by this tool: nothing was installed");
        assert_eq!(bin.all().len(), 2, "{:?}", bin.all());
        let output = bin.run("completion uninstall").success();
        output.says("was not put there by this tool, and stays");
        assert_eq!(
            fs::read_to_string(bin.file(foreign)).expect("a file"),
            "#!/bin/sh\nexit 7\n"
        );
    }
}

#[test]
fn a_link_under_the_asked_name_answers_too() {
    let bin = Bin::new();
    let link = bin.file("kubectl_complete-extreg");
    symlink("kubectl-extreg", &link).expect("a link");
    let output = Cmd::in_sandbox(&link, bin.sandbox.clone())
        .args(["vers"])
        .run()
        .success();
    output.prints("version\tPrints the version\n:4\n");
    assert_eq!(output.stderr, "");
}

#[test]
fn scripts_are_printed_as_they_are_kept() {
    let bin = Bin::new();
    for (shell, ending) in [
        ("bash", "bash"),
        ("zsh", "zsh"),
        ("fish", "fish"),
        ("powershell", "ps1"),
    ] {
        let kept =
            fs::read_to_string(scripts().join(format!("extreg.{ending}"))).expect("a script");
        bin.run(&format!("completion {shell}"))
            .success()
            .prints(&kept);
    }
    bin.run("completion bash --dir x")
        .exits(2)
        .says("--dir goes with install and uninstall");
    bin.run("completion csh")
        .exits(2)
        .says("invalid value 'csh'");
}
