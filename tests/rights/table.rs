//! The table of rights, `deploy/rights/table.txt`: what each verb asks of the API server, and what is made of it.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// One line: what may be done to a resource, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rule {
    pub(crate) place: Place,
    pub(crate) group: String,
    /// Plural, with the subresource: `pods/log`.
    pub(crate) resource: String,
    /// Only objects of these names; all when empty.
    pub(crate) names: Vec<String>,
    pub(crate) verbs: Vec<String>,
    /// Without it the verb does its work all the same, and says or knows less.
    pub(crate) helps: bool,
    /// Asked for on OpenShift only, although Kubernetes has it too.
    pub(crate) openshift: bool,
}

/// Where a rule holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The namespace that a run is about.
    Here,
    /// Objects of the whole cluster.
    Cluster,
    /// A namespace of the platform.
    Of(String),
    /// What only a run over several namespaces asks for.
    Everywhere,
}

/// A verb, or one of its flags that asks for more.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    /// `link`, `link --restart`.
    pub(crate) name: String,
    /// What it is for, in a line.
    pub(crate) why: String,
    pub(crate) rules: Vec<Rule>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Platform {
    Kubernetes,
    OpenShift,
}

impl Platform {
    pub(crate) const ALL: [Self; 2] = [Self::Kubernetes, Self::OpenShift];

    pub(crate) fn folder(self) -> &'static str {
        match self {
            Self::Kubernetes => "kubernetes",
            Self::OpenShift => "openshift",
        }
    }

    fn has(self, rule: &Rule) -> bool {
        let platforms_own = rule.group.ends_with("openshift.io")
            || matches!(&rule.place, Place::Of(namespace) if namespace.starts_with("openshift-"));
        self == Self::OpenShift || !(platforms_own || rule.openshift)
    }
}

impl Rule {
    /// Whether it is of the same objects, whatever may be done to them.
    pub(crate) fn is_about_the_same(&self, other: &Self) -> bool {
        let key = |rule: &Self| {
            let place = rule.place.clone();
            (
                place,
                rule.group.clone(),
                rule.resource.clone(),
                rule.names.clone(),
            )
        };
        key(self) == key(other) && self.helps == other.helps
    }

    /// As RBAC writes it.
    pub(crate) fn to_json(&self) -> Value {
        let mut rule = json!({
            "apiGroups": [self.group], "resources": [self.resource], "verbs": self.verbs,
        });
        if !self.names.is_empty() {
            rule["resourceNames"] = json!(self.names);
        }
        rule
    }

    /// `secrets`, `deployments.apps`, as messages name it.
    pub(crate) fn full_name(&self) -> String {
        match self.group.as_str() {
            "" => self.resource.clone(),
            group => format!("{}.{group}", self.resource),
        }
    }
}

impl Part {
    /// `link`, `link-restart`.
    pub(crate) fn file(&self) -> String {
        self.name.replace(" --", "-").replace(' ', "-")
    }

    /// The verb.
    pub(crate) fn verb(&self) -> &str {
        self.name.split(' ').next().unwrap_or(&self.name)
    }

    /// The rules that a platform has a use for.
    pub(crate) fn on(&self, platform: Platform) -> Vec<Rule> {
        let rules = self.rules.iter();
        rules.filter(|rule| platform.has(rule)).cloned().collect()
    }
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/rights")
}

/// All parts, in the table's order. Lines of `[=NAME]` are shared by the parts that say `with NAME`.
pub(crate) fn parts() -> Vec<Part> {
    let text = std::fs::read_to_string(root().join("table.txt")).expect("the table of rights");
    let mut parts: Vec<Part> = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix("with ") {
            let shared = parts.iter().find(|part| part.name == format!("={name}"));
            let rules = shared.expect("what is shared stands before").rules.clone();
            parts.last_mut().expect("a part").rules.extend(rules);
            continue;
        }
        if let Some(head) = line.strip_prefix('[') {
            let (name, why) = head.split_once(']').expect("[VERB] what for");
            parts.push(Part {
                name: name.to_owned(),
                why: why.trim().to_owned(),
                rules: Vec::new(),
            });
            continue;
        }
        let rule = rule(line).unwrap_or_else(|| panic!("line {}: {line}", number + 1));
        parts.last_mut().expect("a part").rules.push(rule);
    }
    parts.retain(|part| !part.name.starts_with('='));
    parts
}

fn rule(line: &str) -> Option<Rule> {
    let mut words = line.split_whitespace();
    let place = match words.next()? {
        "here" => Place::Here,
        "cluster" => Place::Cluster,
        "everywhere" => Place::Everywhere,
        other => Place::Of(other.strip_prefix("in:")?.to_owned()),
    };
    let (full, names) = match words.next()?.split_once('=') {
        Some((full, names)) => (
            full.to_owned(),
            names.split(',').map(str::to_owned).collect(),
        ),
        None => (line.split_whitespace().nth(1)?.to_owned(), Vec::new()),
    };
    let (resource, group) = match full.split_once('.') {
        Some((resource, group)) => match group.split_once('/') {
            Some((group, sub)) => (format!("{resource}/{sub}"), group.to_owned()),
            None => (resource.to_owned(), group.to_owned()),
        },
        None => (full, String::new()),
    };
    let mut verbs: Vec<String> = words.map(str::to_owned).collect();
    let helps = verbs.last().is_some_and(|word| word == "(helps)");
    let openshift = verbs.iter().any(|word| word == "(openshift)");
    verbs.retain(|word| !word.starts_with('('));
    (!verbs.is_empty()).then_some(Rule {
        place,
        group,
        resource,
        names,
        verbs,
        helps,
        openshift,
    })
}

pub(crate) fn part(name: &str) -> Part {
    let parts = parts();
    let found = parts.iter().find(|part| part.name == name);
    found
        .unwrap_or_else(|| panic!("the table has no part {name}"))
        .clone()
}

/// The rules of several parts, each permission once.
pub(crate) fn together(names: &[&str], platform: Platform) -> Vec<Rule> {
    merged(names.iter().flat_map(|name| part(name).on(platform)))
}

/// Each object once, with all that may be done to it.
pub(crate) fn merged(all: impl Iterator<Item = Rule>) -> Vec<Rule> {
    let mut rules: Vec<Rule> = Vec::new();
    for rule in all {
        match rules.iter_mut().find(|one| one.is_about_the_same(&rule)) {
            Some(known) => {
                for verb in rule.verbs {
                    if !known.verbs.contains(&verb) {
                        known.verbs.push(verb);
                    }
                }
            }
            None => rules.push(rule),
        }
    }
    rules
}
