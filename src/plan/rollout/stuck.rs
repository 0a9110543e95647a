//! Which nodes are stuck, and why, in the words of those that report it.

use super::{Node, Snapshot};

/// One line a node that does not get on by itself.
pub(super) fn nodes(now: &Snapshot) -> Vec<String> {
    now.nodes
        .iter()
        .filter(|node| !node.state.is_empty())
        .filter_map(|node| line(node, now))
        .collect()
}

fn line(node: &Node, now: &Snapshot) -> Option<String> {
    let name = &node.name;
    if matches!(node.state.as_str(), "Degraded" | "Unreconcilable") {
        let why = match node.reason.as_str() {
            "" => String::new(),
            reason => format!(": {reason}"),
        };
        let kept = if node.unschedulable {
            "; no pods are scheduled there meanwhile"
        } else {
            ""
        };
        return Some(format!(
            "node {name} is {}{why}{kept}",
            node.state.to_lowercase()
        ));
    }
    if node.draining {
        // A PodDisruptionBudget that allows nothing is named in the words of the eviction.
        return now
            .drains
            .iter()
            .rev()
            .find(|(about, _)| about == name)
            .map(|(_, words)| format!("node {name} cannot be drained: {words}"));
    }
    if node.state == "Done" && node.unschedulable && node.current != node.desired {
        return Some(format!(
            "node {name} is cordoned, and the operator waits for it to be available"
        ));
    }
    if node.state == "Done" && !node.ready && node.current != node.desired {
        return Some(format!("node {name} is not ready"));
    }
    None
}
