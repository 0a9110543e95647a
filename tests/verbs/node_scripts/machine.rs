//! A node: a root of its own, and recorders in place of the programs that would change the real one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Its folder has `root`, `bin` and the record of calls.
pub(super) struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A node with the folders that every one has.
    pub(super) fn new() -> Self {
        let machine = Self {
            folder: tempfile::tempdir().expect("a folder"),
        };
        fs::create_dir(machine.folder.path().join("bin")).expect("a folder");
        for folder in [
            "etc/pki/ca-trust/source/anchors",
            "etc/docker/certs.d",
            "etc/sysconfig",
            "etc/containerd/certs.d",
            "var/lib",
        ] {
            fs::create_dir_all(machine.path(folder)).expect("a folder");
        }
        for program in ["systemctl", "update-ca-trust"] {
            machine.program(program, "");
        }
        machine
    }

    /// A recorder that does `more` as well, and fails while there is a file `fails`.
    pub(super) fn program(&self, name: &str, more: &str) {
        let folder = self.folder.path().display();
        let text = format!(
            "#!/bin/sh\necho \"{name} $*\" >> {folder}/calls\n{more}\n[ ! -e {folder}/fails ]\n"
        );
        let path = self.folder.path().join("bin").join(name);
        fs::write(&path, text).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
    }

    /// Whether the recorders fail from now on.
    pub(super) fn fails(&self, fails: bool) {
        let path = self.folder.path().join("fails");
        if fails {
            fs::write(path, "").expect("a file");
        } else {
            fs::remove_file(path).expect("the file");
        }
    }

    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    pub(super) fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub(super) fn write(&self, path: &str, content: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).expect(path)
    }

    /// `PATH` with the recorders in front.
    pub(super) fn search_path(&self) -> String {
        let own = self.folder.path().join("bin");
        let path = std::env::var("PATH").expect("PATH");
        format!("{}:{path}", own.display())
    }

    /// Runs a script with its root; `words` come before.
    pub(super) fn try_run(&self, script: &str, words: &[&str]) -> Output {
        let file = self.folder.path().join("script.sh");
        fs::write(&file, script).expect("a script");
        Command::new("sh")
            .arg(&file)
            .args(words)
            .arg("--root")
            .arg(self.root())
            .env("PATH", self.search_path())
            .output()
            .expect("sh runs")
    }

    /// Runs it to a good end; what it printed.
    #[track_caller]
    pub(super) fn run(&self, script: &str, words: &[&str]) -> String {
        let output = self.try_run(script, words);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stderr}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// The calls of the recorders since the last look.
    pub(super) fn calls(&self) -> Vec<String> {
        let path = self.folder.path().join("calls");
        let text = fs::read_to_string(&path).unwrap_or_default();
        drop(fs::remove_file(path));
        text.lines().map(str::to_owned).collect()
    }

    /// Every file and folder with its content.
    pub(super) fn state(&self) -> BTreeMap<PathBuf, Option<Vec<u8>>> {
        fn walk(path: &Path, found: &mut BTreeMap<PathBuf, Option<Vec<u8>>>) {
            for entry in fs::read_dir(path).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    found.insert(path.clone(), None);
                    walk(&path, found);
                } else {
                    let content = fs::read(&path).expect("a file");
                    found.insert(path, Some(content));
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(&self.root(), &mut found);
        found
    }
}
