//! The ways in which a script gets to all nodes: an Ansible playbook, and a DaemonSet.

use super::{Action, Script};

/// A playbook that runs the script on the group `nodes` of an inventory of openshift-ansible, one node after another: a
/// restart of Docker stops its containers. For Ansible 2.4 and newer.
pub fn playbook(script: &Script) -> String {
    format!(
        "\
# {title}
#
# Written by kubectl-extreg, for the inventory of openshift-ansible: ansible-playbook -i INVENTORY {name}.yml
---
- name: {title}
  hosts: \"{{{{ extreg_hosts | default('nodes') }}}}\"
  become: \"{{{{ extreg_become | default(true) }}}}\"
  gather_facts: false
  # A restart of Docker stops its containers.
  serial: 1
  tasks:
    - name: run {name}.sh
      command: sh -s -- --root \"{{{{ extreg_root | default('/') }}}}\"
      args:
        stdin: !unsafe |
{text}
      register: extreg
      changed_when: >-
        'unchanged:' not in extreg.stdout
",
        title = script.title,
        name = script.name,
        text = indented(&script.text, 10),
    )
}

/// A DaemonSet that runs the script on every node when it starts there, as a manifest. `image` needs a shell and the usual
/// small programs. On nodes that come later it runs too.
pub fn daemon_set(script: &Script, image: &str) -> String {
    let after = match script.action {
        Action::Install => {
            "Deleting it leaves the nodes as they are; --remove renders what takes it back."
        }
        Action::Remove => "Once it is ready on every node it can be deleted.",
    };
    format!(
        "\
# {title}
# Written by kubectl-extreg. {after}
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: extreg-{name}
  namespace: kube-system
  labels:
    app.kubernetes.io/name: extreg-{name}
    app.kubernetes.io/managed-by: kubectl-extreg
spec:
  selector:
    matchLabels:
      app.kubernetes.io/name: extreg-{name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: extreg-{name}
        app.kubernetes.io/managed-by: kubectl-extreg
    spec:
      automountServiceAccountToken: false
      tolerations:
      - operator: Exists
      nodeSelector:
        kubernetes.io/os: linux
      initContainers:
      - name: run
        image: {image}
        command: [/bin/sh, -c]
        env:
        - name: ROOT
          value: /host
        args:
        - |
{text}
        securityContext:
          runAsUser: 0
        resources:
          requests: {{cpu: 1m, memory: 8Mi}}
        volumeMounts:
        - name: containerd
          mountPath: /host/etc/containerd
      containers:
      - name: wait
        image: {image}
        command: [/bin/sh, -c, \"trap 'exit 0' TERM; while :; do sleep 3600 & wait; done\"]
        resources:
          requests: {{cpu: 1m, memory: 8Mi}}
      terminationGracePeriodSeconds: 1
      volumes:
      - name: containerd
        hostPath:
          path: /etc/containerd
          type: DirectoryOrCreate
",
        title = script.title,
        name = object_name(&script.name),
        text = indented(&script.text, 10),
    )
}

/// As a literal block, in which empty lines stay empty.
fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines()
        .map(|line| {
            if line.is_empty() {
                String::new()
            } else {
                format!("{pad}{line}")
            }
        })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A label's value has at most 63 characters, `extreg-` in front of it, and ends in a letter or digit.
fn object_name(name: &str) -> &str {
    name.get(..63 - "extreg-".len())
        .unwrap_or(name)
        .trim_end_matches(['.', '-'])
}
