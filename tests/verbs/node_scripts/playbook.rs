//! The Ansible playbooks, run by a real Ansible.

use std::process::Command;

use extreg::plan::node_scripts::{Action, Docker, openshift3, playbook};
use extreg_test_support::certs::Ca;
use extreg_test_support::process::program_or_skip;

use super::machine::Machine;
use super::{INSECURE, trust};

fn play(machine: &Machine, text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("play.yml");
    std::fs::write(&file, text).expect("a playbook");
    let output = Command::new("ansible-playbook")
        .args(["-i", "node,", "-c", "local"])
        .arg(&file)
        .args(["-e", "extreg_hosts=all", "-e", "extreg_become=false"])
        .arg("-e")
        .arg(format!("extreg_root={}", machine.root().display()))
        .env("PATH", machine.search_path())
        .env("HOME", folder.path())
        .env("ANSIBLE_NOCOLOR", "1")
        .env("ANSIBLE_LOCAL_TEMP", folder.path().join("local"))
        .env("ANSIBLE_REMOTE_TEMP", folder.path().join("remote"))
        .output()
        .expect("ansible-playbook runs");
    let words = String::from_utf8_lossy(&output.stdout).into_owned();
    let failed = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{words}{failed}");
    words
}

#[test]
fn a_playbook_runs_the_script_and_knows_whether_it_changed_anything() {
    if !program_or_skip("ansible-playbook", "the playbooks for OpenShift 3") {
        return;
    }
    let ca = Ca::new("Corp Root");
    for job in [trust(ca.pem()), INSECURE] {
        let machine = Machine::new();
        machine.write("etc/sysconfig/docker", "OPTIONS='--a'\n");
        let before = machine.state();
        let install = playbook(&openshift3(&job, Docker::TrustStore, Action::Install));
        let words = play(&machine, &install);
        assert!(words.contains("changed=1"), "{words}");
        assert!(
            machine
                .calls()
                .contains(&"systemctl restart docker".to_owned())
        );
        let installed = machine.state();
        let words = play(&machine, &install);
        assert!(words.contains("changed=0"), "{words}");
        assert_eq!(machine.state(), installed);
        let undo = playbook(&openshift3(&job, Docker::TrustStore, Action::Remove));
        let words = play(&machine, &undo);
        assert!(words.contains("changed=1"), "{words}");
        assert_eq!(machine.state(), before);
    }
}
