//! What is made of the table: Roles and ClusterRoles as files, and the tables of `docs/rights.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use extreg_test_support::api::make;
use extreg_test_support::process::{Cmd, Sandbox};
use serde_json::{Value, json};

use crate::kit::{World, for_each_openshift_alone, for_each_world};
use crate::table::{Part, Place, Platform, Rule, merged, parts, root};

const VERSION: &str = "rbac.authorization.k8s.io/v1";
const BEGIN: &str = "<!-- The tables are made from deploy/rights/table.txt. -->";

/// A Role or a ClusterRole, and what to say above it.
pub(crate) struct Document {
    pub(crate) why: String,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) namespace: Option<String>,
    pub(crate) rules: Vec<Rule>,
}

/// The objects of a part, in the order in which a person asks for them.
fn documents(part: &Part, platform: Platform) -> Vec<Document> {
    let all = part.on(platform);
    let name = format!("extreg-{}", part.file());
    let of = |places: &[Place]| {
        merged(
            all.iter()
                .filter(|rule| places.contains(&rule.place))
                .cloned(),
        )
    };
    let (here, cluster) = (of(&[Place::Here]), of(&[Place::Cluster]));
    let document = |why: &str, kind, name: &str, rules| Document {
        why: why.to_owned(),
        kind,
        name: name.to_owned(),
        namespace: None,
        rules,
    };
    let mut documents = Vec::new();
    if here.is_empty() {
        documents.push(document(
            "For the whole cluster: bind it with a ClusterRoleBinding.",
            "ClusterRole",
            &name,
            cluster,
        ));
    } else {
        documents.push(document(
            "For one namespace: bind it there with a RoleBinding.",
            "Role",
            &name,
            here,
        ));
        documents.push(document(
            "What goes with the Role, of the cluster's own objects: bind it with a ClusterRoleBinding.",
            "ClusterRole",
            &format!("{name}-cluster"),
            cluster,
        ));
        documents.push(document(
            "In place of both, for all namespaces: bind it with a ClusterRoleBinding.",
            "ClusterRole",
            &name,
            of(&[Place::Here, Place::Cluster, Place::Everywhere]),
        ));
    }
    let others: BTreeSet<&str> = all
        .iter()
        .filter_map(|rule| match &rule.place {
            Place::Of(namespace) => Some(namespace.as_str()),
            _ => None,
        })
        .collect();
    for namespace in others {
        let rules = of(&[Place::Of(namespace.to_owned())]);
        documents.push(Document {
            namespace: Some(namespace.to_owned()),
            ..document(
                &format!("In the namespace {namespace}: bind it there with a RoleBinding."),
                "Role",
                &name,
                rules,
            )
        });
    }
    documents.retain(|document| !document.rules.is_empty());
    documents
}

impl Document {
    fn to_json(&self) -> Value {
        let mut metadata = json!({"name": self.name});
        if let Some(namespace) = &self.namespace {
            metadata["namespace"] = json!(namespace);
        }
        json!({
            "apiVersion": VERSION, "kind": self.kind, "metadata": metadata,
            "rules": self.rules.iter().map(Rule::to_json).collect::<Vec<_>>(),
        })
    }

    pub(crate) fn to_yaml(&self) -> String {
        let why = match self.why.as_str() {
            "" => String::new(),
            why => format!("# {why}\n"),
        };
        let mut text = format!(
            "---\n{why}apiVersion: {VERSION}\nkind: {}\nmetadata:\n  name: {}\n",
            self.kind, self.name
        );
        if let Some(namespace) = &self.namespace {
            writeln!(text, "  namespace: {namespace}").expect("a string");
        }
        text.push_str("rules:\n");
        for rule in &self.rules {
            let quoted = |list: &[String]| {
                let words: Vec<String> = list.iter().map(|word| format!("{word:?}")).collect();
                format!("[{}]", words.join(", "))
            };
            if rule.helps {
                text.push_str("# It goes without, and knows less.\n");
            }
            writeln!(text, "- apiGroups: [{:?}]", rule.group).expect("a string");
            writeln!(text, "  resources: [{:?}]", rule.resource).expect("a string");
            if !rule.names.is_empty() {
                writeln!(text, "  resourceNames: {}", quoted(&rule.names)).expect("a string");
            }
            writeln!(text, "  verbs: {}", quoted(&rule.verbs)).expect("a string");
        }
        text
    }
}

/// Every file, by its path below `deploy/rights`.
fn manifests() -> BTreeMap<PathBuf, (String, Vec<Value>)> {
    let mut files = BTreeMap::new();
    for platform in Platform::ALL {
        for part in parts() {
            let documents = documents(&part, platform);
            if documents.is_empty() {
                continue;
            }
            let mut text = format!(
                "# Rights of `{}`: {}.\n# Made from deploy/rights/table.txt.\n",
                part.name, part.why
            );
            for document in &documents {
                text.push_str(&document.to_yaml());
            }
            let path = Path::new(platform.folder()).join(format!("{}.yaml", part.file()));
            let objects = documents.iter().map(Document::to_json).collect();
            files.insert(path, (text, objects));
        }
    }
    files
}

/// The tables of the page: a heading a part, a line an object.
fn page() -> String {
    let mut text = String::new();
    for part in parts() {
        write!(text, "\n### `{}`\n\nFor {}.\n\n", part.name, part.why).expect("a string");
        text.push_str("| object | rights | where |\n| --- | --- | --- |\n");
        for rule in merged(part.rules.iter().cloned()) {
            let names = if rule.names.is_empty() {
                String::new()
            } else {
                format!(" named `{}`", rule.names.join("`, `"))
            };
            let place = match &rule.place {
                Place::Here => "its namespace".to_owned(),
                Place::Cluster => "cluster".to_owned(),
                Place::Everywhere => "cluster, with several namespaces".to_owned(),
                Place::Of(namespace) => format!("`{namespace}`"),
            };
            writeln!(
                text,
                "| `{}`{names} | {}{} | {place} |",
                rule.full_name(),
                rule.verbs.join(", "),
                if rule.helps { " (helps)" } else { "" }
            )
            .expect("a string");
        }
    }
    text
}

/// Compares a file with what it must be, or writes it where snapshots are to be renewed (`INSTA_UPDATE=always`).
pub(crate) fn check(path: &Path, text: &str) {
    if std::env::var_os("INSTA_UPDATE").is_some_and(|how| how == "always") {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    }
    let found = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        found == text,
        "{} is stale: `INSTA_UPDATE=always cargo test --test rights` renews it",
        path.display()
    );
}

#[test]
fn the_files_are_those_of_the_table() {
    let files = manifests();
    assert!(files.len() > 15, "the table was not walked");
    for (path, (text, _)) in &files {
        check(&root().join(path), text);
    }
    for platform in Platform::ALL {
        for entry in std::fs::read_dir(root().join(platform.folder())).expect("a folder") {
            let name = entry.expect("an entry").file_name();
            let path = Path::new(platform.folder()).join(name);
            assert!(
                files.contains_key(&path),
                "{} is of no part",
                path.display()
            );
        }
    }
}

#[test]
fn the_page_is_that_of_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rights.md");
    let found = std::fs::read_to_string(&path).expect("docs/rights.md");
    let (above, _) = found.split_once(BEGIN).expect("the place of the tables");
    check(&path, &format!("{above}{BEGIN}\n{}", page()));
}

/// kubectl reads the files, and an API server takes them as they are meant.
fn are_taken(world: &World, platform: Platform) {
    for (path, (_, objects)) in manifests() {
        if !path.starts_with(platform.folder()) {
            continue;
        }
        // A real API server has only those of the platform's namespaces that were made.
        for object in &objects {
            if let Some(namespace) = object["metadata"]["namespace"].as_str()
                && world.cluster.get("namespaces", "", namespace).is_none()
            {
                world.cluster.create(&make::namespace(namespace));
            }
        }
        let sandbox: Rc<Sandbox> = Rc::new(Sandbox::new());
        let output = Cmd::new("kubectl")
            .env("KUBECONFIG", &world.kubeconfig)
            .env("HOME", sandbox.path())
            .args(["apply", "--dry-run=server", "-o", "json", "-f"])
            .arg(root().join(&path))
            .run()
            .success();
        let answer: Value = serde_json::from_str(&output.stdout).expect("JSON");
        let taken = match answer["items"].as_array() {
            Some(items) => items.clone(),
            None => vec![answer],
        };
        assert_eq!(taken.len(), objects.len(), "{}", path.display());
        for (wanted, taken) in objects.iter().zip(&taken) {
            assert_eq!(wanted["rules"], taken["rules"], "{}", path.display());
            assert_eq!(wanted["metadata"]["name"], taken["metadata"]["name"]);
            let namespace = wanted["metadata"]["namespace"].as_str();
            let namespace = match wanted["kind"].as_str() {
                Some("Role") => Some(namespace.unwrap_or(&world.namespace)),
                _ => None,
            };
            assert_eq!(namespace, taken["metadata"]["namespace"].as_str());
        }
    }
}

#[test]
fn api_servers_take_the_files() {
    for_each_world(|world| are_taken(world, Platform::Kubernetes));
    for_each_openshift_alone(|world| are_taken(world, Platform::OpenShift));
}
