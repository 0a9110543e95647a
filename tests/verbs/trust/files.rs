//! `--install-config`.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use extreg_test_support::process::Output;

use super::*;
use crate::kit::Embedded;

const SECRET: &str = "cGFzc3dvcmQ=";
const FILE: &str = "\
apiVersion: v1
baseDomain: example.com # ours
metadata:
  name: prod
platform:
  none: {}
pullSecret: '{\"auths\": {\"quay.io\": {\"auth\": \"cGFzc3dvcmQ=\"}}}'
sshKey: ssh-ed25519 AAAA
";

/// A folder, and a registry to be trusted. No cluster is reached from it.
struct Files {
    world: Embedded,
    tls: Tls,
}

impl Files {
    fn new(text: &str) -> Self {
        let world = Embedded::kubernetes();
        let tls = Tls::in_world(&world);
        world.sandbox.write("install-config.yaml", text);
        Self { world, tls }
    }

    fn run(&self, more: &str) -> Output {
        let line = format!(
            "trust {} --install-config install-config.yaml {more}",
            self.tls.host()
        );
        let output = self.world.run(&line);
        assert!(
            self.world.api().requests().is_empty(),
            "a cluster was asked"
        );
        assert!(
            !(output.stdout.clone() + &output.stderr).contains(SECRET),
            "{output:?}"
        );
        output
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.world.sandbox.path().join("install-config.yaml"))
            .expect("a file")
    }

    fn block(&self) -> String {
        indented(&self.tls.marked())
    }
}

fn indented(text: &str) -> String {
    led(text, "  ")
}

#[test]
fn the_bundle_is_put_in_and_taken_out() {
    let files = Files::new(FILE);
    let wanted = format!("{FILE}additionalTrustBundle: |\n{}", files.block());
    let output = files.run("--ca ca.pem --dry-run=client").success();
    let added = led(
        &format!("additionalTrustBundle: |\n{}", files.block()),
        "+ ",
    );
    output.prints(&format!(
        "{added}install-config.yaml configured (dry run)\n"
    ));
    assert_eq!(files.text(), FILE);
    let output = files.run("--ca ca.pem").success();
    output.prints("install-config.yaml configured\n");
    output.says("Corp Root vouches for");
    output.says("additionalTrustBundlePolicy is Proxyonly where nothing is said");
    output.says("keep a copy");
    assert_eq!(files.text(), wanted);
    files
        .run("--ca ca.pem")
        .success()
        .prints("install-config.yaml unchanged\n");
    files
        .run("--remove")
        .success()
        .prints("install-config.yaml configured\n");
    assert_eq!(files.text(), FILE);
    files
        .run("--remove")
        .success()
        .says("nothing there was put in for");
}

#[test]
fn what_is_there_stays_with_its_comments_and_its_indentation() {
    let theirs = led(&other_pem(), "      ");
    let text =
        format!("# prod\nadditionalTrustBundle: |   # corporate\n      # theirs\n{theirs}{FILE}");
    let files = Files::new(&text);
    let path = files.world.sandbox.path().join("install-config.yaml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("rights");
    files.run("--ca ca.pem --bundle-policy always").success();
    let ours = led(&files.tls.marked(), "      ");
    assert_eq!(
        files.text(),
        format!(
            "# prod\nadditionalTrustBundle: | # corporate\n      # theirs\n{theirs}{ours}additionalTrustBundlePolicy: Always\n{FILE}"
        )
    );
    let mode = std::fs::metadata(&path)
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o640);
    let left: Vec<_> = std::fs::read_dir(files.world.sandbox.path())
        .expect("a folder")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.contains(".tmp"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_link_stays_a_link() {
    let files = Files::new(FILE);
    let folder = files.world.sandbox.path();
    std::fs::create_dir(folder.join("real")).expect("a folder");
    std::fs::rename(
        folder.join("install-config.yaml"),
        folder.join("real/it.yaml"),
    )
    .expect("a file");
    symlink("real/it.yaml", folder.join("install-config.yaml")).expect("a link");
    files.run("--ca ca.pem").success();
    let kind = std::fs::symlink_metadata(folder.join("install-config.yaml")).expect("a link");
    assert!(kind.file_type().is_symlink());
    let text = std::fs::read_to_string(folder.join("real/it.yaml")).expect("a file");
    assert!(text.contains("additionalTrustBundle: |"), "{text}");
}

#[test]
fn the_policy_is_explained_for_the_file() {
    for (more, flags, words) in [
        ("", "", "the platform's own components do not"),
        (
            "",
            "--bundle-policy Always",
            "is Always: nodes and platform",
        ),
        (
            "proxy:\n  httpsProxy: http://p:1\n",
            "",
            "configures a proxy: nodes and platform",
        ),
        ("additionalTrustBundlePolicy: Always\n", "", "is Always"),
        (
            "additionalTrustBundlePolicy: Always\n",
            "--bundle-policy Proxyonly",
            "is Proxyonly, and",
        ),
    ] {
        let files = Files::new(&format!("{FILE}{more}"));
        let output = files.run(&format!("--ca ca.pem {flags}")).success();
        output.says(words);
    }
}

#[test]
fn a_malformed_bundle_is_refused_by_the_line_of_the_file() {
    let (one, two) = (other_pem(), other_pem());
    let glued = indented(&format!("of the security team\n{}{two}", one.trim_end()));
    let text = format!("additionalTrustBundle: |\n{glued}{FILE}");
    let files = Files::new(&text);
    let line = 2 + one.lines().count();
    let output = files.run("--ca ca.pem").exits(1);
    output.says(&format!(
        "install-config.yaml, line {line}: two certificates meet on one line"
    ));
    output.says("hint: --repair");
    assert_eq!(files.text(), text);
    files.run("--ca ca.pem --repair").success();
    let wanted = indented(&format!(
        "of the security team\n{one}{two}{}",
        files.tls.marked()
    ));
    assert_eq!(
        files.text(),
        format!("additionalTrustBundle: |\n{wanted}{FILE}")
    );
}

#[test]
fn a_bundle_whose_line_breaks_yaml_swallowed_is_mended() {
    let theirs = other_pem();
    let text = format!("additionalTrustBundle: >\n{}{FILE}", indented(&theirs));
    let files = Files::new(&text);
    files
        .run("--ca ca.pem")
        .exits(1)
        .says("additionalTrustBundle: ");
    files.run("--ca ca.pem --repair").success();
    assert_eq!(
        files.text(),
        format!(
            "additionalTrustBundle: |\n{}{}{FILE}",
            indented(&theirs),
            files.block()
        )
    );
}

#[test]
fn a_private_key_is_refused_and_not_echoed() {
    let key = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n";
    let files = Files::new(&format!(
        "additionalTrustBundle: |\n{}{FILE}",
        indented(key)
    ));
    for more in ["", "--repair", "--diff", "--dry-run=client"] {
        let output = files.run(&format!("--ca ca.pem {more}")).exits(1);
        output.says("line 2: a private key stands in the bundle");
        assert!(!(output.stdout + &output.stderr).contains("Y2FuYXJ5"));
    }
}

#[test]
fn what_is_no_install_config_is_not_touched() {
    for (text, words) in [
        ("kind: Pod\n", "none of the keys of an install-config"),
        ("{\"baseDomain\": \"x\"}\n", "written as JSON"),
        (
            "baseDomain: x\n---\nbaseDomain: y\n",
            "several YAML documents",
        ),
    ] {
        let files = Files::new(text);
        let output = files.run("--ca ca.pem").exits(1);
        output.says("install-config.yaml is not edited: ");
        output.says(words);
        assert_eq!(files.text(), text);
    }
    let files = Files::new(FILE);
    let line = format!(
        "trust {} --ca ca.pem --install-config gone.yaml",
        files.tls.host()
    );
    files
        .world
        .run(&line)
        .exits(1)
        .says("cannot read gone.yaml");
    files.world.sandbox.write("wrong.pem", other_pem());
    let output = files.run("--ca wrong.pem").exits(1);
    output.says("nobody vouches for Corp Root");
    assert_eq!(files.text(), FILE);
}
