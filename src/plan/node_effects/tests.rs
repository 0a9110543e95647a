use serde_json::json;

use super::*;
use crate::plan::{Object, Op, UndoNote, WhenGone};

fn effect(version: &str, change: PlatformChange) -> String {
    let platform = Platform {
        version: Some(version),
        ..Platform::default()
    };
    NodeEffect::of(&platform, &[change]).words()
}

#[test]
fn every_release_has_its_own_reaction() {
    use PlatformChange::{ClusterCa, Policy, RegistriesConf, RegistryCa};
    let (reboot, live) = (
        "is drained and reboots",
        "takes it up while it runs: no drain, no restart",
    );
    let reload = "is drained and does reload crio";
    for (version, registries, policy, cluster_ca) in [
        ("4.6.60", reboot, reboot, reboot),
        ("4.7.0", reload, reboot, reboot),
        ("4.9.59", reload, reboot, reboot),
        (
            "4.10.0",
            reload,
            "does reload crio, without a drain",
            reboot,
        ),
        (
            "4.13.50",
            reload,
            "does reload crio, without a drain",
            reboot,
        ),
        (
            "4.14.0-rc.1",
            reload,
            "does reload crio, without a drain",
            "does restart crio, without a drain",
        ),
        (
            "5.0.1",
            reload,
            "does reload crio, without a drain",
            "does restart crio, without a drain",
        ),
    ] {
        assert_eq!(effect(version, RegistriesConf), registries, "{version}");
        assert_eq!(effect(version, Policy), policy, "{version}");
        assert_eq!(effect(version, ClusterCa), cluster_ca, "{version}");
        assert_eq!(effect(version, RegistryCa), live, "{version}");
    }
}

#[test]
fn together_they_do_the_most_of_each() {
    let platform = Platform {
        version: Some("4.12.3"),
        ..Platform::default()
    };
    let whole = NodeEffect::of(
        &platform,
        &[PlatformChange::RegistriesConf, PlatformChange::Policy],
    );
    assert_eq!(whole.words(), "is drained and does reload crio");
    assert!(whole.rolls);
    let ca = NodeEffect::of(&platform, &[PlatformChange::RegistryCa]);
    assert!(!ca.rolls);
}

#[test]
fn a_single_node_is_not_drained() {
    let platform = Platform {
        version: Some("4.18.1"),
        single_node: true,
        ..Platform::default()
    };
    let changes = [PlatformChange::RegistriesConf];
    let words = NodeEffect::of(&platform, &changes).words();
    assert_eq!(words, "does reload crio, without a drain");
    let old = Platform {
        version: Some("4.6.1"),
        ..platform
    };
    assert_eq!(NodeEffect::of(&old, &changes).words(), "reboots");
}

#[test]
fn the_override_keeps_from_draining_and_not_from_rebooting() {
    let changes = [PlatformChange::RegistriesConf];
    for (version, words) in [
        ("4.16.2", "does reload crio, without a drain"),
        ("4.6.2", "is drained and reboots"),
    ] {
        let platform = Platform {
            version: Some(version),
            drain_override: true,
            ..Platform::default()
        };
        assert_eq!(NodeEffect::of(&platform, &changes).words(), words);
    }
}

#[test]
fn the_clusters_own_policies_win() {
    let with = |actions: Value| {
        let status = json!({"nodeDisruptionPolicyStatus": {"clusterPolicies": {"files": [
            {"path": "/etc/containers/policy.json", "actions": [{"type": "None"}]},
            {"path": "/etc/containers/registries.conf", "actions": actions},
        ]}}});
        let platform = Platform {
            version: Some("4.18.1"),
            policies: Some(&status),
            ..Platform::default()
        };
        NodeEffect::of(&platform, &[PlatformChange::RegistriesConf]).words()
    };
    let reload = json!({"type": "Reload", "reload": {"serviceName": "crio.service"}});
    assert_eq!(
        with(json!([{"type": "Special"}])),
        "is drained and does reload crio"
    );
    assert_eq!(with(json!([reload])), "does reload crio, without a drain");
    assert_eq!(
        with(json!([{"type": "Drain"}, reload])),
        "is drained and does reload crio"
    );
    assert_eq!(with(json!([{"type": "Reboot"}])), "is drained and reboots");
    // A kind of action that is not known decides nothing.
    assert_eq!(
        with(json!([{"type": "Hibernate"}])),
        "is drained and does reload crio"
    );
}

#[test]
fn the_apiserver_of_imports_restarts_for_a_ca_and_not_for_a_list() {
    let restarting = |changes: &[PlatformChange]| -> Vec<&'static str> {
        uptakes(changes)
            .into_iter()
            .filter(|uptake| uptake.restarts)
            .map(|uptake| uptake.operator)
            .collect()
    };
    assert!(restarting(&[PlatformChange::RegistriesConf]).is_empty());
    let ca = [PlatformChange::RegistriesConf, PlatformChange::RegistryCa];
    assert_eq!(restarting(&ca), ["openshift-apiserver"]);
    let all: Vec<&str> = uptakes(&ca).iter().map(|it| it.operator).collect();
    assert_eq!(
        all,
        ["machine-config", "openshift-apiserver", "image-registry"]
    );
}

#[test]
fn a_plan_shows_what_it_changes_of_the_platform() {
    let changes = |object: kinds::ObjectRef, action: Action, seen: Option<Value>| {
        let change = Change {
            object,
            action,
            seen: seen.map(Object::new),
            done: String::new(),
            why: String::new(),
            risk: None,
            undo: UndoNote::Inverse,
            when_gone: WhenGone::Fail,
        };
        changes_of(&Plan {
            changes: vec![change.clone(), change],
            notes: Vec::new(),
        })
    };
    let add = |list: &str| {
        Action::Edit(vec![Op::ValueAdd {
            list: format!("/spec/registrySources/{list}"),
            value: json!("r"),
            at: None,
        }])
    };
    let image = || kinds::IMAGE_CONFIG.object(None, "cluster");
    let map = |namespace: &str, name: &str| kinds::CONFIG_MAP.object(Some(namespace), name);
    use PlatformChange::{ClusterCa, Policy, RegistriesConf, RegistryCa};
    assert_eq!(
        changes(image(), add("insecureRegistries"), None),
        [RegistriesConf]
    );
    assert_eq!(
        changes(image(), add("blockedRegistries"), None),
        [RegistriesConf, Policy]
    );
    assert_eq!(changes(image(), add("allowedRegistries"), None), [Policy]);
    let key = json!({"data": {"registry.example.com..5000": "PEM"}});
    let bundle = json!({"data": {"ca-bundle.crt": "PEM"}});
    assert_eq!(
        changes(
            map("openshift-config", "cas"),
            Action::Create(Object::new(key)),
            None
        ),
        [RegistryCa]
    );
    assert_eq!(
        changes(
            map("openshift-config", "user-ca-bundle"),
            Action::Delete,
            Some(bundle)
        ),
        [ClusterCa]
    );
    assert!(changes(map("shop", "cas"), Action::Delete, None).is_empty());
}
