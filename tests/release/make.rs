//! `release/make`: what people download, of all platforms at once.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use extreg_test_support::process::{Cmd, Output, Sandbox, program_or_skip};

use super::{VERSION, krew, script, stand_in, targets};

/// What is at `path` of the sandbox after `release/make`.
type Files = BTreeMap<String, Vec<u8>>;

/// Stand-ins for the programs of all platforms, where `release/build` puts them.
fn programs(sandbox: &Sandbox) {
    for [os, arch, _] in targets() {
        let end = if os == "windows" { ".exe" } else { "" };
        stand_in(sandbox, format!("programs/{os}-{arch}/kubectl-extreg{end}"));
        sandbox.write(
            format!("programs/{os}-{arch}/sbom.cdx.json"),
            format!("{{\"of\":\"{os}-{arch}\"}}\n"),
        );
    }
    sandbox.write("ca.pem", "certificates\n");
}

fn make(sandbox: &Arc<Sandbox>, folder: &str) -> Output {
    script("make", sandbox)
        .args(["programs", folder])
        .env("EXTREG_CA_BUNDLE", "ca.pem")
        .run()
}

fn files(folder: &Path) -> Files {
    std::fs::read_dir(folder)
        .expect("the release")
        .map(|entry| {
            let entry = entry.expect("an entry");
            let name = entry.file_name().into_string().expect("a name");
            (name, std::fs::read(entry.path()).expect("a file"))
        })
        .collect()
}

#[test]
fn a_release_has_everything_and_is_the_same_when_it_is_made_again() {
    if !program_or_skip("rpmbuild", "makes a release")
        || !program_or_skip("dpkg-deb", "makes a release")
    {
        return;
    }
    let sandbox = Arc::new(Sandbox::new());
    programs(&sandbox);
    let said = make(&sandbox, "first").success().stdout;
    let first = files(&sandbox.path().join("first"));

    let v = VERSION;
    let mut expected: Vec<String> = targets()
        .iter()
        .flat_map(|[os, arch, _]| {
            let name = format!("kubectl-extreg-v{v}-{os}-{arch}");
            [format!("{name}.tar.gz"), format!("{name}.cdx.json")]
        })
        .collect();
    expected.extend([
        format!("kubectl-extreg_{v}-1_amd64.deb"),
        format!("kubectl-extreg_{v}-1_arm64.deb"),
        format!("kubectl-extreg-{v}-1.x86_64.rpm"),
        format!("kubectl-extreg-{v}-1.aarch64.rpm"),
        format!("kubectl-extreg-v{v}-image.tar"),
        "extreg.yaml".to_owned(),
        "SHA256SUMS".to_owned(),
    ]);
    expected.sort();
    assert_eq!(first.keys().cloned().collect::<Vec<_>>(), expected);

    // Sums of all that, and of nothing else.
    let sums = String::from_utf8(first["SHA256SUMS"].clone()).expect("text");
    assert_eq!(sums, said);
    assert_eq!(sums.lines().count(), expected.len() - 1, "{sums}");
    Cmd::new("sha256sum")
        .args(["--check", "--strict", "--quiet", "SHA256SUMS"])
        .current_dir(sandbox.path().join("first"))
        .run()
        .success()
        .prints("");

    // The manifest is one for krew, with these sums.
    let manifest = String::from_utf8(first["extreg.yaml"].clone()).expect("text");
    assert_eq!(krew::faults(&manifest), Vec::<String>::new());
    for [os, arch, _] in targets() {
        let archive = format!("kubectl-extreg-v{v}-{os}-{arch}.tar.gz");
        let line = sums
            .lines()
            .find(|line| line.ends_with(&archive))
            .expect("a sum");
        let sum = line.split(' ').next().expect("a sum");
        assert!(manifest.contains(sum), "{archive}\n{manifest}");
    }

    // Later, by somebody with another umask and in another time zone, from files that cannot be run.
    for [os, arch, _] in targets().iter().filter(|[os, ..]| os != "windows") {
        Cmd::in_sandbox("chmod", sandbox.clone())
            .args(["600", &format!("programs/{os}-{arch}/kubectl-extreg")])
            .run()
            .success();
    }
    Cmd::in_sandbox("bash", sandbox.clone())
        .args(["-c", "umask 077; exec \"$0\" programs second"])
        .arg(super::project("release/make"))
        .env("SOURCE_DATE_EPOCH", super::EPOCH)
        .env("EXTREG_CA_BUNDLE", "ca.pem")
        .env("TZ", "Asia/Tokyo")
        .env("LC_ALL", "C")
        .run()
        .success();
    let second = files(&sandbox.path().join("second"));
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name} is not the same again");
    }
    // What was made is never made over.
    let again = make(&sandbox, "first");
    again.says("first is there already");
    assert_eq!(again.status, Some(1));
}

#[test]
fn a_release_without_a_platform_is_none() {
    let sandbox = Arc::new(Sandbox::new());
    programs(&sandbox);
    std::fs::remove_file(sandbox.path().join("programs/darwin-amd64/kubectl-extreg"))
        .expect("the program was there");
    // The platforms before it need no package.
    let output = script("make", &sandbox)
        .args(["programs", "release"])
        .env("EXTREG_CA_BUNDLE", "ca.pem")
        .run()
        .exits(1);
    output.says("there is no programs/darwin-amd64/kubectl-extreg; release/build makes it");
    assert!(!sandbox.path().join("release/SHA256SUMS").exists());
}
