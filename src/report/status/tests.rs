//! Tables and pictures of inventories that are made by hand.

use std::collections::BTreeSet;

use super::*;
use crate::inventory::{By, Image, Policy, Problem, Role, Severity, Use};
use crate::model::image::ImageReference;
use crate::model::view::Missing;

const LOOK: Look = Look {
    paint: Paint::plain(),
    glyphs: Glyphs::for_locale(false),
    width: 60,
};

fn inventory() -> Inventory {
    Inventory {
        namespace: Some("shop".into()),
        registries: Vec::new(),
        secrets: Vec::new(),
        platform: None,
        problems: Vec::new(),
        unread: Vec::new(),
    }
}

fn registry(name: &str, internal: bool) -> Registry {
    let by = By {
        kind: "deployment".into(),
        namespace: "shop".into(),
        name: "web".into(),
    };
    let one = Use {
        by,
        role: Role::Runs,
        via: None,
        account: Some("default".into()),
        secrets: Vec::new(),
        waiting: 0,
        scheduled: false,
        failed: None,
        insecure: false,
    };
    Registry {
        name: name.into(),
        internal,
        images: vec![Image {
            reference: ImageReference::parse(&format!("{name}/a/b:1")).unwrap(),
            uses: vec![one],
        }],
        credentials: Vec::new(),
        trust: None,
        policy: Policy::default(),
        mirror_of: BTreeSet::new(),
        mirrors: BTreeSet::new(),
    }
}

fn problem(name: &str) -> Problem {
    Problem {
        severity: Severity::Broken,
        namespace: Some("other".into()),
        object: format!("secret/{name}"),
        id: "secret-malformed",
        registry: None,
        summary: "it is so broken that a line of sixty columns is not enough".into(),
        command: ["oc", "extreg", "doctor", "secret/x", "-n", "other"]
            .map(str::to_owned)
            .to_vec(),
    }
}

#[test]
fn lines_fit_and_other_namespaces_are_named() {
    let mut inventory = inventory();
    inventory.problems.push(problem("x"));
    assert_eq!(
        table(&inventory, &LOOK),
        "PROBLEMS\n\
         x secret/x in other: it is so broken that a line of sixty\n  columns is not enough\n    \
         oc extreg doctor secret/x -n other\n"
    );
}

#[test]
fn a_table_of_many_problems_ends_and_the_wide_one_does_not() {
    let mut inventory = inventory();
    inventory.problems = (0..22).map(|n| problem(&n.to_string())).collect();
    let short = table(&inventory, &LOOK);
    assert_eq!(short.matches("oc extreg doctor").count(), 20);
    assert!(short.ends_with("2 more: -o wide lists them\n"), "{short}");
    assert_eq!(
        wide(&inventory, &LOOK).matches("oc extreg doctor").count(),
        22
    );
}

#[test]
fn the_clusters_own_registry_is_in_the_wide_table_alone() {
    let mut inventory = inventory();
    inventory.registries.push(registry("own.local:5000", true));
    assert!(is_empty(&inventory, false) && !is_empty(&inventory, true));
    assert_eq!(table(&inventory, &LOOK), "");
    assert!(wide(&inventory, &LOOK).contains("own.local:5000  internal"));
    assert_eq!(mermaid(&inventory), "flowchart LR\n");
}

#[test]
fn what_was_not_read_shows_as_a_question_mark_and_by_its_right() {
    let mut inventory = inventory();
    inventory.registries.push(registry("quay.io", false));
    inventory.unread.push(Missing::Forbidden {
        verb: "list".into(),
        resource: "secrets".into(),
        namespace: None,
    });
    assert_eq!(
        table(&inventory, &LOOK),
        "REGISTRY  IMAGES  USED-BY  SECRETS  TRUST  STATE\n\
         quay.io   1       1        ?        ?      -\n\n\
         NOT READ\nno right to list secrets\n"
    );
}

#[test]
fn a_picture_of_all_namespaces_names_them_and_marks_what_is_shut() {
    let mut inventory = inventory();
    inventory.namespace = None;
    let mut row = registry("quay.io", false);
    row.policy.blocked = Some("quay.io".into());
    inventory.registries.push(row);
    let dot = dot(&inventory);
    assert!(
        dot.contains(r#"[label="shop\ndeployment/web", shape=box];"#),
        "{dot}"
    );
    assert!(
        dot.contains(r#"[label="quay.io", shape=cylinder, color=red];"#),
        "{dot}"
    );
    let mermaid = mermaid(&inventory);
    assert!(
        mermaid.contains("[\"shop<br/>deployment/web\"]"),
        "{mermaid}"
    );
    assert!(mermaid.ends_with("  class n0 broken\n"), "{mermaid}");
}
