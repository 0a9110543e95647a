//! `release/build` and `release/check`: how a release is compiled, seen by a `cargo` that notes how it was called, and which
//! programs are refused.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Sandbox};
use serde_json::Value;

use super::{PROGRAM, VERSION, project, script, targets};

/// Notes how it is called to build, and "builds" a program that knows its version and commit; what is asked about the
/// sources it leaves to the real one, for the one target whose crates are surely here.
const CARGO: &str = r#"#!/usr/bin/env bash
set -eu
case $1 in
    build)
        { echo "cargo $*"; env; } >"$NOTED"
        for word in "$@"; do target=$word; done
        mkdir -p "$OUT/$target/release"
        for name in kubectl-extreg kubectl-extreg.exe; do
            printf '#!/bin/sh\necho \047{"version":"%s","gitCommit":"%s"}\047\n' "$VERSION" "$EXTREG_GIT_COMMIT" \
                >"$OUT/$target/release/$name"
            chmod 755 "$OUT/$target/release/$name"
        done
        ;;
    metadata) echo "{\"target_directory\":\"$OUT\"}" ;;
    tree) exec "$REAL_CARGO" "${@/$TARGET/x86_64-unknown-linux-gnu}" ;;
esac
"#;

/// A run of `release/build` for a target.
struct Build {
    sandbox: Arc<Sandbox>,
    /// How cargo was called, and in which environment.
    noted: String,
    program: PathBuf,
}

impl Build {
    fn of(target: &str, variables: &[(&str, &str)]) -> Self {
        let sandbox = Arc::new(Sandbox::new());
        executable(&sandbox, "bin/cargo", CARGO);
        let path = format!(
            "{}:{}",
            sandbox.path().join("bin").display(),
            std::env::var("PATH").expect("a PATH")
        );
        let noted = sandbox.path().join("noted");
        let real = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").to_owned());
        let mut command = script("build", &sandbox)
            .args([target, "programs"])
            .env("PATH", path)
            .env("REAL_CARGO", real)
            .env("OUT", sandbox.path().join("out"))
            .env("NOTED", &noted)
            .env("VERSION", VERSION)
            .env("TARGET", target);
        for (name, value) in variables {
            command = command.env(name, value);
        }
        let output = command.run().success();
        Self {
            program: PathBuf::from(output.stdout.trim_end()),
            noted: std::fs::read_to_string(noted).expect("what cargo was called with"),
            sandbox,
        }
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.noted
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
    }
}

fn executable(sandbox: &Sandbox, path: &str, text: &str) -> PathBuf {
    let path = sandbox.write(path, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("rights");
    path
}

#[test]
fn every_platform_is_built_alike() {
    for [os, arch, target] in targets() {
        let build = Build::of(&target, &[("EXTREG_GIT_COMMIT", "0123abcd")]);
        assert!(
            build.noted.starts_with(&format!(
                "cargo build --locked --release --bin kubectl-extreg --target {target}\n"
            )),
            "{}",
            build.noted
        );
        let end = if os == "windows" { ".exe" } else { "" };
        assert_eq!(
            build.program,
            build
                .sandbox
                .path()
                .join(format!("programs/{os}-{arch}/kubectl-extreg{end}"))
        );
        assert_eq!(build.variable("EXTREG_GIT_COMMIT"), Some("0123abcd"));
        assert_eq!(build.variable("AWS_LC_SYS_NO_JITTER_ENTROPY"), Some("1"));
        assert_eq!(build.variable("SOURCE_DATE_EPOCH"), Some(super::EPOCH));
        // Paths of this machine are left out of the program.
        let flags = build.variable("RUSTFLAGS").expect("flags");
        for mapped in [
            format!(
                "--remap-path-prefix={}=",
                project("").display().to_string().trim_end_matches('/')
            ),
            format!(
                "--remap-path-prefix={}=/target",
                build.sandbox.path().join("out").display()
            ),
            "=/cargo ".to_owned(),
        ] {
            assert!(flags.contains(&mapped), "{flags}");
        }
        let is_static = os != "darwin";
        assert_eq!(
            flags.contains("target-feature=+crt-static"),
            is_static,
            "{flags}"
        );
        assert_eq!(flags.contains("/Brepro"), os == "windows", "{flags}");
        // Where the target lets them be left out, there are no tables for unwinding, neither Rust's nor C's.
        let no_tables = flags.contains("-Cforce-unwind-tables=no");
        assert_eq!(no_tables, os == "linux", "{flags}");
        let of_c = build.variable(&format!("CFLAGS_{}", target.replace('-', "_")));
        let no_tables = of_c.is_some_and(|flags| flags.contains("-fno-asynchronous-unwind-tables"));
        assert_eq!(no_tables, os == "linux", "{of_c:?}");
        let list = std::fs::read_to_string(build.program.with_file_name("sbom.cdx.json"));
        let list: Value = serde_json::from_str(&list.expect("a list")).expect("JSON");
        assert_eq!(list["metadata"]["properties"][0]["value"], target);
    }
}

/// The settings of `.cargo/config.toml` are said again by the script, for builds that do not see that file.
#[test]
fn settings_of_the_project_are_not_lost() {
    let text = std::fs::read_to_string(project(".cargo/config.toml")).expect("the configuration");
    let config: toml_edit::DocumentMut = text.parse().expect("TOML");
    let build = Build::of("x86_64-unknown-linux-gnu", &[]);
    for (name, value) in config["env"].as_table().expect("a table") {
        assert_eq!(build.variable(name), value.as_str(), "{name}");
    }
    // A target that there are no releases for has a folder of its own name.
    assert!(
        build
            .program
            .ends_with("programs/x86_64-unknown-linux-gnu/kubectl-extreg")
    );
}

#[test]
fn compilers_are_those_that_the_builder_names() {
    let build = Build::of(
        "aarch64-unknown-linux-musl",
        &[
            ("CC_aarch64_unknown_linux_musl", "aarch64-linux-musl-gcc"),
            ("RUSTFLAGS", "-Cdebuginfo=0"),
        ],
    );
    assert_eq!(
        build.variable("CC_aarch64_unknown_linux_musl"),
        Some("aarch64-linux-musl-gcc")
    );
    let flags = build.variable("RUSTFLAGS").expect("flags");
    assert!(flags.starts_with("-Cdebuginfo=0 --remap"), "{flags}");
}

fn check(
    target: &str,
    program: &str,
    variables: &[(&str, &str)],
) -> extreg_test_support::process::Output {
    let mut command = script("check", &Arc::new(Sandbox::new())).args([target, program]);
    for (name, value) in variables {
        command = command.env(name, value);
    }
    command.run()
}

#[test]
fn a_program_that_is_not_fit_is_refused() {
    // The program of these tests is for debugging: large, dynamic, and full of paths.
    let refused = check("x86_64-unknown-linux-musl", PROGRAM, &[]).exits(1);
    for fault in [
        "and may have less than 9216".to_owned(),
        format!(
            "it names {}",
            project("").display().to_string().trim_end_matches('/')
        ),
        "it is not static".to_owned(),
    ] {
        refused.says(&fault);
    }

    let sandbox = Sandbox::new();
    let saying = |name: &str, document: &str| {
        let text = format!("#!/bin/sh\necho '{document}'\n");
        executable(&sandbox, name, &text).display().to_string()
    };
    let commit = [("EXTREG_GIT_COMMIT", "0123abcd")];
    let host = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    let good = saying(
        "good",
        &format!(r#"{{"version":"{VERSION}","gitCommit":"0123abcd"}}"#),
    );
    check(&host, &good, &commit).success().prints("");
    let other = saying("other", r#"{"version":"9.9.9","gitCommit":"0123abcd"}"#);
    check(&host, &other, &commit)
        .exits(1)
        .says(&format!("it does not say that it is {VERSION}"));
    let unknown = saying("unknown", &format!(r#"{{"version":"{VERSION}"}}"#));
    check(&host, &unknown, &commit)
        .exits(1)
        .says("it says that it is of the commit (none)");
    let broken = executable(&sandbox, "broken", "#!/bin/sh\nexit 1\n");
    check(&host, &broken.display().to_string(), &[])
        .exits(1)
        .says("it does not run");
    // What this machine cannot run is looked at from outside.
    check("aarch64-apple-darwin", &other, &commit).success();
}

/// What goes to a registry of crates: the program, what it includes, and no tests.
#[test]
fn the_crate_has_what_makes_the_program() {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| env!("CARGO").to_owned());
    let files = super::with_cargo(Cmd::new(cargo))
        .args(["package", "--list", "--allow-dirty"])
        .current_dir(project(""))
        .run()
        .success()
        .stdout;
    let files: Vec<&str> = files.lines().collect();
    for file in [
        ".cargo/config.toml",
        "CHANGELOG.md",
        "Cargo.lock",
        "LICENSE",
        "README.md",
        "completions/extreg.bash",
        "man/kubectl-extreg.1",
        "src/doctor/explain/auth.secret-key-mismatch.md",
        "src/main.rs",
    ] {
        assert!(files.contains(&file), "{file} is not in the crate");
    }
    let known = [
        ".cargo",
        ".cargo_vcs_info.json",
        "CHANGELOG.md",
        "Cargo.lock",
        "Cargo.toml",
        "Cargo.toml.orig",
        "LICENSE",
        "README.md",
        "completions",
        "man",
        "src",
    ];
    for file in files {
        let top = file.split('/').next().expect("a name");
        assert!(known.contains(&top), "{file}");
    }
}

#[test]
fn scripts_say_how_they_are_called() {
    let sandbox = Arc::new(Sandbox::new());
    for name in [
        "build", "check", "deb", "image", "make", "notes", "push", "rpm", "sbom", "tree",
    ] {
        let output = Cmd::in_sandbox(project("release").join(name), sandbox.clone())
            .run()
            .exits(2);
        output.says(&format!("usage: release/{name} "));
    }
}
