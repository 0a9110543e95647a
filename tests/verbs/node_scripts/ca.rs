//! CAs on nodes with Docker: the trust store, and the folders of old versions.

use std::fs;
use std::path::Path;
use std::process::Command;

use extreg::plan::node_scripts::{Action, Docker, Job, openshift3};
use extreg_test_support::certs::Ca;
use extreg_test_support::content::Image;
use extreg_test_support::process::{DockerRegistry, program_or_skip, real_registry_or_skip};

use super::machine::Machine;
use super::trust;

const ANCHOR: &str = "etc/pki/ca-trust/source/anchors/extreg-registry.example.com-5000.crt";
const CERTS_D: &str = "etc/docker/certs.d/registry.example.com:5000";

#[test]
fn a_ca_gets_into_the_trust_store_and_docker_is_restarted_once() {
    let ca = Ca::new("Corp Root");
    let machine = Machine::new();
    let before = machine.state();
    let install = openshift3(&trust(ca.pem()), Docker::TrustStore, Action::Install);
    let both = ["update-ca-trust extract", "systemctl restart docker"];

    assert!(machine.run(&install.text, &[]).starts_with("changed: "));
    assert_eq!(machine.calls(), both);
    let installed = machine.read(ANCHOR);
    assert!(installed.contains(ca.pem().trim()), "{installed}");

    let after = machine.state();
    assert!(machine.run(&install.text, &[]).starts_with("unchanged: "));
    assert!(machine.calls().is_empty());
    assert_eq!(machine.state(), after);

    let other = Ca::new("New Root");
    let renewed = openshift3(&trust(other.pem()), Docker::TrustStore, Action::Install);
    machine.run(&renewed.text, &[]);
    assert_eq!(machine.calls(), both);

    // Without the CA at hand.
    let undo = openshift3(&trust(""), Docker::TrustStore, Action::Remove);
    machine.run(&undo.text, &[]);
    assert_eq!(machine.calls(), both);
    assert_eq!(machine.state(), before);
    assert!(machine.run(&undo.text, &[]).starts_with("unchanged: "));
    assert!(machine.calls().is_empty());
}

#[test]
fn old_docker_has_a_folder_for_each_registry() {
    let ca = Ca::new("Corp Root");
    let machine = Machine::new();
    machine.write("etc/docker/certs.d/other:5000/ca.crt", "theirs\n");
    let before = machine.state();
    let install = openshift3(&trust(ca.pem()), Docker::CertsD, Action::Install);
    machine.run(&install.text, &[]);
    assert_eq!(machine.calls(), ["systemctl restart docker"]);
    assert!(
        machine
            .read(&format!("{CERTS_D}/ca.crt"))
            .contains(ca.pem().trim())
    );
    assert!(machine.run(&install.text, &[]).starts_with("unchanged: "));
    assert!(machine.calls().is_empty());
    // The same script takes it back.
    machine.run(&install.text, &["remove"]);
    assert_eq!(machine.calls(), ["systemctl restart docker"]);
    assert_eq!(machine.state(), before);
}

#[test]
fn somebody_elses_ca_of_the_registry_stays() {
    let ca = Ca::new("Corp Root");
    let machine = Machine::new();
    machine.write(&format!("{CERTS_D}/ca.crt"), "theirs\n");
    let before = machine.state();
    let install = openshift3(&trust(ca.pem()), Docker::CertsD, Action::Install);
    machine.run(&install.text, &[]);
    assert_eq!(machine.read(&format!("{CERTS_D}/ca.crt")), "theirs\n");
    assert!(
        machine
            .read(&format!("{CERTS_D}/extreg.crt"))
            .contains(ca.pem().trim())
    );
    machine.calls();
    assert!(machine.run(&install.text, &[]).starts_with("unchanged: "));
    assert!(machine.calls().is_empty());
    machine.run(&install.text, &["remove"]);
    assert_eq!(machine.state(), before);
}

#[test]
fn a_restart_that_failed_is_made_good() {
    let ca = Ca::new("Corp Root");
    for docker in [Docker::TrustStore, Docker::CertsD] {
        let machine = Machine::new();
        let before = machine.state();
        let script = openshift3(&trust(ca.pem()), docker, Action::Install).text;
        machine.fails(true);
        assert!(!machine.try_run(&script, &[]).status.success());
        assert!(!machine.calls().is_empty());
        machine.fails(false);
        assert!(machine.run(&script, &[]).starts_with("changed: "));
        assert!(
            machine
                .calls()
                .contains(&"systemctl restart docker".to_owned())
        );
        assert!(machine.run(&script, &[]).starts_with("unchanged: "));
        assert!(machine.calls().is_empty());
        machine.fails(true);
        assert!(!machine.try_run(&script, &["remove"]).status.success());
        machine.fails(false);
        machine.run(&script, &["remove"]);
        assert_eq!(machine.state(), before);
    }
}

/// A real registry with TLS, and what a real client says when it trusts `roots`.
struct Real {
    registry: DockerRegistry,
    ca: Ca,
}

impl Real {
    fn start() -> Self {
        let ca = Ca::new("Corp Root");
        let registry = DockerRegistry::builder()
            .tls(&ca.server(&["127.0.0.1"]))
            .start();
        registry.push("team/app", "1", &Image::new().pack());
        Self { registry, ca }
    }

    fn skopeo(&self, variables: &[(&str, &Path)], flags: &[&str]) -> Result<(), String> {
        let output = Command::new("skopeo")
            .args(["inspect", "--raw"])
            .args(flags)
            .arg(format!("docker://{}", self.registry.image("team/app:1")))
            .envs(variables.iter().copied())
            .output()
            .expect("skopeo runs");
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    fn script(&self, docker: Docker) -> String {
        let host = self.registry.host();
        let job = Job::Trust {
            registry: &host,
            ca: self.ca.pem(),
        };
        openshift3(&job, docker, Action::Install).text
    }
}

#[test]
fn a_real_client_uses_the_folder_that_the_script_made() {
    let what = "the folder of an old Docker is what clients take";
    if !real_registry_or_skip(what) || !program_or_skip("skopeo", what) {
        return;
    }
    let real = Real::start();
    let machine = Machine::new();
    let folder = machine.path(&format!("etc/docker/certs.d/{}", real.registry.host()));
    fs::create_dir_all(&folder).expect("a folder");
    let flag = format!("--cert-dir={}", folder.display());
    let refused = real.skopeo(&[], &[&flag]).expect_err("nobody trusts it");
    assert!(refused.contains("unknown authority"), "{refused}");
    machine.run(&real.script(Docker::CertsD), &[]);
    assert_eq!(real.skopeo(&[], &[&flag]), Ok(()));
}

#[test]
fn a_real_client_uses_the_trust_store_that_the_script_had_made() {
    let what = "the trust store that the script has made is what clients take";
    if !real_registry_or_skip(what) || !program_or_skip("skopeo", what) {
        return;
    }
    let real = Real::start();
    let machine = Machine::new();
    let site = Ca::new("Site Root");
    machine.write("etc/pki/ca-trust/source/anchors/site.crt", site.pem());
    // As `update-ca-trust extract`: one bundle of all anchors. Debian's own program makes it where there is one.
    let (anchors, made) = (
        machine.path("etc/pki/ca-trust/source/anchors"),
        machine.path("etc/pki/ca-trust/extracted/pem"),
    );
    let empty = machine.path("empty");
    fs::create_dir_all(&empty).expect("a folder");
    fs::create_dir_all(&made).expect("a folder");
    let debian = Path::new("/usr/sbin/update-ca-certificates");
    let work = if debian.exists() {
        machine.write("ca-certificates.conf", "");
        format!(
            "{} --certsconf {} --certsdir {} --hooksdir {} --localcertsdir {} --etccertsdir {} > /dev/null",
            debian.display(),
            machine.path("ca-certificates.conf").display(),
            empty.display(),
            empty.display(),
            anchors.display(),
            made.display(),
        )
    } else {
        format!(
            "cat {}/*.crt > {}/ca-certificates.crt",
            anchors.display(),
            made.display()
        )
    };
    machine.program("update-ca-trust", &work);
    let bundle = made.join("ca-certificates.crt");
    let no_folder = empty.as_path();
    let look = || {
        real.skopeo(
            &[
                ("SSL_CERT_FILE", bundle.as_path()),
                ("SSL_CERT_DIR", no_folder),
            ],
            &[],
        )
    };
    let refused = look().expect_err("nobody trusts it");
    assert!(refused.contains("unknown authority"), "{refused}");
    machine.run(&real.script(Docker::TrustStore), &[]);
    assert_eq!(look(), Ok(()));
    machine.run(&real.script(Docker::TrustStore), &["remove"]);
    let refused = look().expect_err("nobody trusts it any more");
    assert!(refused.contains("unknown authority"), "{refused}");
}
