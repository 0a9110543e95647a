//! The nodes that builds run on, of whose platforms the images of a build must be.
//!
//! The pod of a build is given the `nodeSelector` of the build, and Linux where that names no operating system
//! (openshift-controller-manager `pkg/build/controller/build/podcreationstrategy.go`). What the platform's own build defaults
//! and overrides add to it is not looked at, nor are taints.

use std::collections::BTreeMap;

use super::build_configs::Step;
use super::ground::{Ground, note};
use crate::doctor::ask::Ask;
use crate::doctor::evidence::{Check, Status};
use crate::model::platform::Platform;
use crate::model::view::Node;

const OS: &str = "kubernetes.io/os";

/// Says for what is pulled which platforms it has to be for.
pub(super) fn place(
    ground: &Ground<'_>,
    selector: &BTreeMap<String, String>,
    steps: &mut [(Step, Ask)],
) {
    let Ok(nodes) = &ground.config.nodes else {
        return;
    };
    if nodes.is_empty() {
        return;
    }
    let mut platforms: Vec<Platform> = nodes
        .iter()
        .filter(|node| is_for(node, selector))
        .map(|node| Platform {
            os: node.os.clone(),
            architecture: node.architecture.clone(),
            variant: None,
        })
        .collect();
    platforms.sort();
    platforms.dedup();
    let nowhere = platforms.is_empty().then(|| {
        let labels: Vec<String> = selector
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let labels = if labels.is_empty() {
            "kubernetes.io/os=linux".to_owned()
        } else {
            labels.join(", ")
        };
        let words = format!("no node has the labels that its builds run on: {labels}");
        note(Check::Platform, Status::Warn, words)
    });
    for (_, ask) in steps {
        ask.platforms.clone_from(&platforms);
        ask.notes.extend(nowhere.clone());
    }
}

fn is_for(node: &Node, selector: &BTreeMap<String, String>) -> bool {
    let names_os = selector.contains_key(OS);
    (names_os || node.os == "linux")
        && selector
            .iter()
            .all(|(key, value)| node.labels.get(key) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(os: &str, labels: &[(&str, &str)]) -> Node {
        Node {
            name: "n".into(),
            os: os.into(),
            architecture: "amd64".into(),
            container_runtime: String::new(),
            kubelet_version: String::new(),
            unschedulable: false,
            labels: map(labels),
        }
    }

    fn map(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
        labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn builds_run_on_linux_and_where_their_selector_says() {
        let big = node("linux", &[("size", "big"), (OS, "linux")]);
        assert!(is_for(&big, &map(&[])));
        assert!(is_for(&big, &map(&[("size", "big")])));
        assert!(!is_for(&big, &map(&[("size", "small")])));
        let windows = node("windows", &[(OS, "windows")]);
        assert!(!is_for(&windows, &map(&[])));
        assert!(is_for(&windows, &map(&[(OS, "windows")])));
    }
}
