//! The packages for Debian and RPM: what they say of themselves, what they install, and that it works as installed.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Output, Sandbox, program_or_skip};

use super::{VERSION, script, stand_in, verbs};

fn package(kind: &str, sandbox: &Arc<Sandbox>, arch: &str) -> PathBuf {
    let program = stand_in(sandbox, "program");
    let output = script(kind, sandbox)
        .arg(arch)
        .arg(&program)
        .arg("packages")
        .run()
        .success();
    sandbox.path().join(output.stdout.trim_end())
}

/// What a package installs beside its documents: name, rights, and where a link leads; `zsh` is the folder for that.
fn installed(zsh: &str) -> BTreeSet<String> {
    let mut files: BTreeSet<String> = [
        "/usr/bin/kubectl-extreg 755",
        "/usr/bin/oc-extreg -> kubectl-extreg",
        "/usr/bin/kubectl_complete-extreg 755",
        "/usr/bin/oc_complete-extreg -> kubectl_complete-extreg",
        "/usr/share/bash-completion/completions/kubectl-extreg 644",
        "/usr/share/bash-completion/completions/oc-extreg -> kubectl-extreg",
        "/usr/share/fish/vendor_completions.d/kubectl-extreg.fish 644",
        "/usr/share/fish/vendor_completions.d/oc-extreg.fish -> kubectl-extreg.fish",
        "/usr/share/man/man1/kubectl-extreg.1.gz 644",
        "/usr/share/man/man1/oc-extreg.1.gz -> kubectl-extreg.1.gz",
    ]
    .map(str::to_owned)
    .into();
    files.insert(format!("/usr/share/zsh/{zsh}/_kubectl-extreg 644"));
    for verb in verbs() {
        let page = format!("kubectl-extreg-{verb}.1.gz");
        files.insert(format!("/usr/share/man/man1/{page} 644"));
        files.insert(format!(
            "/usr/share/man/man1/oc-extreg-{verb}.1.gz -> {page}"
        ));
    }
    files
}

fn without_documents(files: BTreeSet<String>) -> BTreeSet<String> {
    files
        .into_iter()
        .filter(|file| {
            !["/usr/share/doc/", "/usr/share/licenses/"]
                .iter()
                .any(|folder| file.starts_with(folder))
        })
        .collect()
}

#[test]
fn the_debian_package_installs_what_works() {
    if !program_or_skip("dpkg-deb", "makes the package for Debian") {
        return;
    }
    let sandbox = Arc::new(Sandbox::new());
    let package = package("deb", &sandbox, "amd64");
    let dpkg = |words: &[&str]| -> Output {
        Cmd::in_sandbox("dpkg-deb", sandbox.clone())
            .args(&words[..1])
            .arg(&package)
            .args(&words[1..])
            .run()
            .success()
    };
    for (field, value) in [
        ("Package", "kubectl-extreg"),
        ("Version", &format!("{VERSION}-1")),
        ("Architecture", "amd64"),
        ("Homepage", "https://github.com/extreg/kubectl-extreg"),
        ("Recommends", "ca-certificates"),
    ] {
        dpkg(&["--field", field]).prints(&format!("{value}\n"));
    }
    // The program is static.
    assert_eq!(dpkg(&["--field", "Depends"]).stdout.trim(), "");
    let size = dpkg(&["--field", "Installed-Size"]).stdout;
    assert!(
        size.trim().parse::<u32>().is_ok_and(|size| size > 50),
        "{size}"
    );

    // drwxr-xr-x root/root         0 2023-11-14 22:13 ./usr/
    let listing = dpkg(&["--contents"]).stdout;
    let mut files = BTreeSet::new();
    for line in listing.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words[1], "root/root", "{line}");
        assert!(words[3] <= "2023-11-14", "{line}");
        let name = words[5].trim_start_matches('.');
        match words[0] {
            "drwxr-xr-x" => {}
            "lrwxrwxrwx" => drop(files.insert(format!("{name} -> {}", words[7]))),
            "-rwxr-xr-x" => drop(files.insert(format!("{name} 755"))),
            "-rw-r--r--" => drop(files.insert(format!("{name} 644"))),
            other => panic!("{other}: {line}"),
        }
    }
    assert_eq!(
        without_documents(files.clone()),
        installed("vendor-completions")
    );
    for document in [
        "README.md",
        "copyright",
        "changelog.gz",
        "changelog.Debian.gz",
        "docs/security.md",
        "docs/doctor-report.schema.json",
    ] {
        let file = format!("/usr/share/doc/kubectl-extreg/{document} 644");
        assert!(files.contains(&file), "{file}\n{listing}");
    }

    // Into a root of its own; there it is complete, and runs under all of its names.
    let root = sandbox.path().join("root");
    Cmd::in_sandbox("dpkg-deb", sandbox.clone())
        .arg("--extract")
        .arg(&package)
        .arg(&root)
        .run()
        .success();
    dpkg(&["--control", "control"]);
    Cmd::in_sandbox("md5sum", sandbox.clone())
        .args(["--check", "--strict", "--quiet"])
        .arg(sandbox.path().join("control/md5sums"))
        .current_dir(&root)
        .run()
        .success()
        .prints("");
    let run = |name: &str, words: &[&str]| {
        Cmd::in_sandbox(root.join("usr/bin").join(name), sandbox.clone())
            .args(words)
            .run()
            .success()
            .stdout
    };
    let version = format!("kubectl-extreg {VERSION}\n");
    for name in ["kubectl-extreg", "oc-extreg"] {
        assert_eq!(run(name, &["version"]), version);
    }
    for name in ["kubectl_complete-extreg", "oc_complete-extreg"] {
        let offered = run(name, &["vers"]);
        assert!(offered.starts_with("version\t"), "{offered}");
    }
    let page = Cmd::in_sandbox("gzip", sandbox.clone())
        .arg("-dc")
        .arg(root.join("usr/share/man/man1/oc-extreg-doctor.1.gz"))
        .run()
        .success()
        .stdout;
    assert!(page.contains("kubectl extreg doctor"), "{page}");
}

#[test]
fn the_rpm_package_has_the_same_files() {
    if !program_or_skip("rpmbuild", "makes the package for RPM") {
        return;
    }
    let sandbox = Arc::new(Sandbox::new());
    let package = package("rpm", &sandbox, "arm64");
    let query = |format: &str| {
        Cmd::in_sandbox("rpm", sandbox.clone())
            .args(["--query", "--package", "--queryformat", format])
            .arg(&package)
            .run()
            .success()
            .stdout
    };
    // Whatever machine made it.
    assert_eq!(
        query("%{NAME} %{VERSION}-%{RELEASE} %{ARCH} %{OS} %{LICENSE} %{BUILDHOST} %{BUILDTIME}"),
        format!(
            "kubectl-extreg {VERSION}-1 aarch64 linux Apache-2.0 localhost {}",
            super::EPOCH
        )
    );
    // The program is static, so it asks for nothing but what rpm itself has to know.
    let needs = query("[%{REQUIRENAME}\n]");
    assert!(
        needs.lines().all(|need| need.starts_with("rpmlib(")),
        "{needs}"
    );
    let mut files = BTreeSet::new();
    for line in
        query("[%{FILENAMES}|%{FILEMODES:perms}|%{FILEUSERNAME}:%{FILEGROUPNAME}|%{FILELINKTOS}\n]")
            .lines()
    {
        let words: Vec<&str> = line.split('|').collect();
        let name = words[0];
        assert_eq!(words[2], "root:root", "{line}");
        match words[1] {
            "drwxr-xr-x" => {}
            "lrwxrwxrwx" => drop(files.insert(format!("{name} -> {}", words[3]))),
            "-rwxr-xr-x" => drop(files.insert(format!("{name} 755"))),
            "-rw-r--r--" => drop(files.insert(format!("{name} 644"))),
            other => panic!("{other}: {line}"),
        }
    }
    assert_eq!(
        without_documents(files.clone()),
        installed("site-functions")
    );
    for document in [
        "/usr/share/licenses/kubectl-extreg/LICENSE 644",
        "/usr/share/doc/kubectl-extreg/docs/security.md 644",
    ] {
        assert!(files.contains(document), "{files:?}");
    }
    Cmd::in_sandbox("rpm", sandbox.clone())
        .args(["--checksig", "--nosignature"])
        .arg(&package)
        .run()
        .success();
}
