//! The picture as nodes and edges: who uses which registry, with whose credentials.
//!
//! ```text
//! workload -> registry        by its images
//! workload -> account -> secret -> registry
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::inventory::{Inventory, Severity, Use};
use crate::ui::sanitize_line;

/// The longest label.
const LONGEST: usize = 120;

/// What a node stands for; decides its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    User,
    Account,
    Secret,
    Registry,
}

#[derive(Debug)]
pub(super) struct Node {
    pub(super) kind: Kind,
    /// One line or two, sanitised and not escaped.
    pub(super) label: String,
    pub(super) broken: bool,
}

/// Nodes by place in the list, edges between them with a label that may be empty.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) edges: BTreeMap<(usize, usize), BTreeSet<String>>,
    known: BTreeMap<(Kind, String), usize>,
}

impl Graph {
    pub(super) fn of(inventory: &Inventory) -> Self {
        let mut graph = Self::default();
        let many = inventory.namespace.is_none();
        let place = |namespace: &str, name: &str| {
            if many {
                format!("{namespace}\n{name}")
            } else {
                name.to_owned()
            }
        };
        let broken: BTreeSet<(Option<&str>, &str)> = inventory
            .problems
            .iter()
            .filter(|problem| problem.severity == Severity::Broken)
            .map(|problem| (problem.namespace.as_deref(), problem.object.as_str()))
            .collect();
        let is_broken = |namespace: &str, object: &str| broken.contains(&(Some(namespace), object));
        let held = secrets(inventory, &mut graph, &place, &is_broken);
        for registry in inventory.registries.iter().filter(|row| !row.internal) {
            let shut = registry.policy.blocked.is_some() || registry.policy.not_allowed;
            let to = graph.node(Kind::Registry, &registry.name, shut);
            for at in &registry.credentials {
                if let (Some(&from), Some(secret)) =
                    (held.get(&at.secret), inventory.secrets.get(at.secret))
                {
                    let key = secret.entries.get(at.entry).map(|entry| entry.key.as_str());
                    graph.edge(from, to, key.unwrap_or_default());
                }
            }
            for one in registry.images.iter().flat_map(|image| &image.uses) {
                let object = one.by.to_string();
                let failed = one.failed.is_some() || is_broken(&one.by.namespace, &object);
                let from = graph.node(Kind::User, &place(&one.by.namespace, &object), failed);
                graph.edge(from, to, one.role.word());
                graph.account(one, from, &place);
            }
        }
        graph
    }

    fn node(&mut self, kind: Kind, label: &str, broken: bool) -> usize {
        let label = label
            .split('\n')
            .map(|line| sanitize_line(line, LONGEST))
            .collect::<Vec<_>>()
            .join("\n");
        let next = self.nodes.len();
        let at = *self.known.entry((kind, label.clone())).or_insert(next);
        match self.nodes.get_mut(at) {
            Some(node) => node.broken |= broken,
            None => self.nodes.push(Node {
                kind,
                label,
                broken,
            }),
        }
        at
    }

    fn edge(&mut self, from: usize, to: usize, label: &str) {
        let labels = self.edges.entry((from, to)).or_default();
        if !label.is_empty() {
            labels.insert(sanitize_line(label, LONGEST));
        }
    }

    /// The account of a user, where a secret hangs on it.
    fn account(&mut self, one: &Use, from: usize, place: &impl Fn(&str, &str) -> String) {
        let Some(account) = &one.account else { return };
        let label = place(&one.by.namespace, &format!("serviceaccount/{account}"));
        if let Some(&to) = self.known.get(&(Kind::Account, label)) {
            self.edge(from, to, "");
        }
    }
}

/// The secrets, their accounts, and who names them; by index.
fn secrets(
    inventory: &Inventory,
    graph: &mut Graph,
    place: &impl Fn(&str, &str) -> String,
    is_broken: &impl Fn(&str, &str) -> bool,
) -> BTreeMap<usize, usize> {
    let mut held = BTreeMap::new();
    for (index, secret) in inventory.secrets.iter().enumerate() {
        let namespace = secret.namespace.as_deref().unwrap_or("openshift-config");
        let object = format!("secret/{}", secret.name);
        let label = match &secret.namespace {
            Some(_) => place(namespace, &object),
            None => format!("{namespace}\n{object}"),
        };
        let at = graph.node(Kind::Secret, &label, is_broken(namespace, &object));
        held.insert(index, at);
        for account in &secret.accounts {
            let label = place(namespace, &format!("serviceaccount/{}", account.name));
            let from = graph.node(Kind::Account, &label, false);
            let words = [(account.pull, "pull"), (account.mount, "mount")];
            for (_, word) in words.into_iter().filter(|(has, _)| *has) {
                graph.edge(from, at, word);
            }
        }
        for by in &secret.named_by {
            let from = graph.node(Kind::User, &place(&by.namespace, &by.to_string()), false);
            graph.edge(from, at, "");
        }
    }
    held
}
