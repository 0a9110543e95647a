use serde_json::json;

use super::*;
use crate::plan::after;

const REGISTRY: &str = "registry.example.com:5000";

fn config(sources: Value) -> Object {
    let mut object = json!({"metadata": {"name": "cluster"}, "spec": {}});
    object["spec"]["registrySources"] = sources;
    Object::new(object)
}

fn args() -> InsecureArgs<'static> {
    InsecureArgs {
        registry: REGISTRY,
        remove: false,
        allow: false,
        force: false,
    }
}

/// The lists after the plan, and its notes.
fn after_of(object: &Object, args: &InsecureArgs<'_>) -> (Value, String) {
    let (plan, _) = insecure(object, args).expect("a plan");
    let after = after::after(&plan).expect("edits")[0]
        .1
        .clone()
        .expect("an object");
    (
        after.value()["spec"]["registrySources"].clone(),
        plan.notes.join("\n"),
    )
}

#[test]
fn an_entry_is_added_with_its_port_and_nothing_is_lost() {
    for (before, wanted) in [
        (json!(null), json!([REGISTRY])),
        (
            json!({"insecureRegistries": ["a.example"]}),
            json!(["a.example", REGISTRY]),
        ),
        (
            json!({"insecureRegistries": [REGISTRY, "b"]}),
            json!([REGISTRY, "b"]),
        ),
        // Another port is another registry.
        (
            json!({"insecureRegistries": ["registry.example.com:5001"]}),
            json!(["registry.example.com:5001", REGISTRY]),
        ),
    ] {
        let (lists, _) = after_of(&config(before), &args());
        assert_eq!(lists["insecureRegistries"], wanted);
    }
}

#[test]
fn the_entry_without_the_port_is_not_enough_for_imports() {
    let before = config(json!({"insecureRegistries": ["registry.example.com"]}));
    let (lists, notes) = after_of(&before, &args());
    assert_eq!(
        lists["insecureRegistries"],
        json!(["registry.example.com", REGISTRY])
    );
    assert!(notes.contains("without the port stays"), "{notes}");
}

#[test]
fn a_wildcard_has_it_for_nodes_and_force_adds_it_for_imports() {
    let before = config(json!({"insecureRegistries": ["*.example.com"]}));
    let (lists, notes) = after_of(&before, &args());
    assert_eq!(lists["insecureRegistries"], json!(["*.example.com"]));
    assert!(notes.contains("imports of image streams do not"), "{notes}");
    let force = InsecureArgs {
        force: true,
        ..args()
    };
    let (lists, _) = after_of(&before, &force);
    assert_eq!(
        lists["insecureRegistries"],
        json!(["*.example.com", REGISTRY])
    );
    // Neither a domain that only ends alike nor the domain itself.
    for other in ["*.ample.com", "*.registry.example.com"] {
        let (lists, _) = after_of(&config(json!({"insecureRegistries": [other]})), &args());
        assert_eq!(lists["insecureRegistries"], json!([other, REGISTRY]));
    }
}

#[test]
fn a_list_of_allowed_registries_must_have_it_too() {
    let closed = config(json!({"allowedRegistries": ["quay.io"]}));
    assert_eq!(
        insecure(&closed, &args()).map(drop),
        Err(InsecureRefusal::NotAllowed {
            registry: REGISTRY.into()
        })
    );
    let allow = InsecureArgs {
        allow: true,
        ..args()
    };
    let (lists, _) = after_of(&closed, &allow);
    assert_eq!(lists["allowedRegistries"], json!(["quay.io", REGISTRY]));
    let (_, changes) = insecure(&closed, &allow).expect("a plan");
    assert_eq!(
        changes,
        [PlatformChange::RegistriesConf, PlatformChange::Policy]
    );
    for open in [json!([REGISTRY]), json!(["*.example.com"])] {
        let open = config(json!({"allowedRegistries": open}));
        let (lists, _) = after_of(&open, &allow);
        assert_eq!(lists["insecureRegistries"], json!([REGISTRY]));
        assert_eq!(lists["allowedRegistries"].as_array().map(Vec::len), Some(1));
    }
    let part = config(json!({"allowedRegistries": [format!("{REGISTRY}/team")]}));
    let (_, notes) = after_of(&part, &args());
    assert!(notes.contains("only a part of it"), "{notes}");
    // A list that is not there is not begun: it would close all others out.
    let (lists, _) = after_of(&config(json!({})), &allow);
    assert_eq!(lists.get("allowedRegistries"), None);
}

#[test]
fn what_is_blocked_stays_blocked() {
    for entry in [REGISTRY, "registry.example.com", "*.example.com"] {
        let before = config(json!({"blockedRegistries": [entry]}));
        assert_eq!(
            insecure(&before, &args()).map(drop),
            Err(InsecureRefusal::Blocked {
                entry: entry.into()
            })
        );
        let force = InsecureArgs {
            force: true,
            ..args()
        };
        let (_, notes) = after_of(&before, &force);
        assert!(notes.contains("blockedRegistries has"), "{notes}");
    }
    let part = config(json!({"blockedRegistries": [format!("{REGISTRY}/bad")]}));
    let (_, notes) = after_of(&part, &args());
    assert!(notes.contains("has a part of it"), "{notes}");
}

#[test]
fn only_the_very_entry_is_taken_away() {
    let remove = InsecureArgs {
        remove: true,
        ..args()
    };
    let before = config(json!({
        "insecureRegistries": ["*.example.com", REGISTRY, "registry.example.com", "other:5000"],
        "blockedRegistries": [REGISTRY],
    }));
    let (lists, notes) = after_of(&before, &remove);
    assert_eq!(
        lists["insecureRegistries"],
        json!(["*.example.com", "registry.example.com", "other:5000"])
    );
    assert!(notes.contains("*.example.com stays"), "{notes}");
    assert!(notes.contains("registry.example.com stays"), "{notes}");
    assert!(!notes.contains("other"), "{notes}");
    let (lists, _) = after_of(&config(json!({"insecureRegistries": [REGISTRY]})), &remove);
    assert_eq!(lists.get("insecureRegistries"), None);
}

#[test]
fn imports_have_a_list_of_their_own() {
    let with = |elements: Value| {
        let mut object = config(json!({})).into_value();
        object["spec"]["allowedRegistriesForImport"] = elements;
        after_of(&Object::new(object), &args()).1
    };
    assert_eq!(with(json!([])), "");
    assert_eq!(
        with(json!([{"domainName": "*.example.com:5000"}])),
        "",
        "the port decides, not `insecure`"
    );
    assert!(with(json!([{"domainName": "quay.io"}])).contains("only administrators"));
}
