//! One order out of several: where two rules mirror the same source, their lists are merged so that each keeps its order.
//!
//! Source: openshift/runtime-utils `pkg/registries` (`topoGraph.Sorted`, `mergedMirrors`). Ties, and lists that contradict each other,
//! are settled by the names, so that every node comes to the same result.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The mirrors of one source. The source comes last by itself and is left out at the end; a list may name it earlier.
pub(super) fn merge(source: &str, lists: &[&[String]]) -> Vec<String> {
    let mut predecessors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut successors: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut edge = |from, to| {
        predecessors.entry(from).or_default();
        successors.entry(to).or_default();
        predecessors.entry(to).or_default().insert(from);
        successors.entry(from).or_default().insert(to);
    };
    for list in lists {
        for pair in list.windows(2) {
            edge(pair[0].as_str(), pair[1].as_str());
        }
        if let Some(last) = list.last()
            && !list.iter().any(|mirror| mirror == source)
        {
            edge(last.as_str(), source);
        }
    }

    let mut waiting: VecDeque<&str> = predecessors
        .iter()
        .filter(|(_, before)| before.is_empty())
        .map(|(node, _)| *node)
        .collect();
    let all: Vec<&str> = predecessors.keys().copied().collect();
    let mut unbroken = all.iter();
    let (mut used, mut sorted) = (BTreeSet::new(), Vec::new());
    loop {
        // Where everything left waits for something else the lists contradict each other, and the first name goes on.
        let next = waiting.pop_front().or_else(|| {
            unbroken
                .by_ref()
                .find(|node| !used.contains(*node))
                .copied()
        });
        let Some(node) = next else { break };
        if !used.insert(node) {
            continue;
        }
        sorted.push(node.to_owned());
        for after in successors.get(node).into_iter().flatten() {
            if let Some(before) = predecessors.get_mut(after) {
                before.remove(node);
                if before.is_empty() && !used.contains(after) {
                    waiting.push_back(after);
                }
            }
        }
    }
    if sorted.last().is_some_and(|last| last == source) {
        sorted.pop();
    }
    sorted
}
