//! What reaches a registry: secrets by both matchers, trust, lists, mirrors.

use super::kit::{World, image, part, row, stream, tag};
use crate::inventory::Trust;
use crate::model::keyring::NearMiss;
use crate::model::mirrors::{MirrorRule, RuleKind};
use crate::model::policy::AllowedRegistry;
use crate::model::view::{Missing, SecretBytes, SignaturePolicy, SignaturePolicyKind};

#[test]
fn an_entry_is_shown_with_both_matchers_and_its_holders() {
    let mut world = World::new()
        .deployment("web", "registry.example.com/team/web:1")
        .secret("corp", &[("*.example.com", "robot", "x")])
        .account("default", &["corp"], &[])
        .account("builder", &["corp"], &["corp"]);
    part(&mut world.view.workloads).list[0].other_secrets = vec!["corp".into()];
    let inventory = world.take();
    let secret = &inventory.secrets[0];
    let entry = &secret.entries[0];
    assert_eq!(entry.matched.kubelet.images, 1);
    assert_eq!(entry.matched.containers_image.images, 0);
    let near = entry.matched.containers_image.near.as_ref().unwrap();
    assert_eq!(near.1, NearMiss::Wildcard);
    assert_eq!(entry.user.as_deref(), Some("robot"));
    let accounts: Vec<String> = secret
        .accounts
        .iter()
        .map(crate::inventory::AccountLink::printed)
        .collect();
    assert_eq!(accounts, ["default (pull)", "builder (pull,mount)"]);
    assert_eq!(secret.named_by[0].to_string(), "deployment/web");
    assert_eq!(row(&inventory, "registry.example.com").credentials.len(), 1);
    assert_eq!(
        inventory.registries.len(),
        1,
        "the wildcard is no registry of its own"
    );
}

#[test]
fn a_login_for_a_registry_without_images_has_a_row() {
    let inventory = World::new()
        .secret(
            "idle",
            &[
                ("https://Quay.io/v2/", "me", "x"),
                ("*.corp.example", "me", "x"),
            ],
        )
        .take();
    let names: Vec<_> = inventory
        .registries
        .iter()
        .map(|row| row.name.as_str())
        .collect();
    assert_eq!(names, ["*.corp.example", "quay.io"]);
    assert!(inventory.registries.iter().all(|row| row.images.is_empty()));
}

#[test]
fn the_platforms_own_secrets_are_left_out() {
    let mut world = World::new().secret(
        "default-dockercfg-x7k2p",
        &[("registry.local:5000", "x", "y")],
    );
    part(&mut world.view.secrets)[0].type_name = "kubernetes.io/dockercfg".into();
    assert!(world.take().secrets.is_empty());
}

#[test]
fn the_pull_secret_of_all_nodes_is_one_of_the_secrets() {
    let mut world = World::new().deployment("web", "quay.io/a/b:1");
    let text = r#"{"auths": {"quay.io": {"auth": "bWU6eA=="}}}"#;
    world.config.global_pull_secret = Ok(Some(SecretBytes::new(text.as_bytes().to_vec())));
    let inventory = world.take();
    assert_eq!(
        inventory.secrets[0].printed(),
        "openshift-config/pull-secret"
    );
    assert!(inventory.secrets[0].is_linked());
    assert_eq!(row(&inventory, "quay.io").credentials.len(), 1);
    assert!(inventory.problems.is_empty(), "{:#?}", inventory.problems);
}

#[test]
fn lists_are_applied_to_the_images_in_use() {
    let mut world = World::new()
        .deployment("a", "insecure.example:5000/a:1")
        .deployment("b", "blocked.example/b:1")
        .deployment("c", "open.example/c:1");
    let sources = &mut world.image_config().sources;
    sources.insecure = vec!["insecure.example:5000".into()];
    sources.blocked = vec!["blocked.example".into()];
    let inventory = world.take();
    assert_eq!(
        row(&inventory, "insecure.example:5000")
            .policy
            .insecure
            .as_deref(),
        Some("insecure.example:5000")
    );
    assert!(row(&inventory, "blocked.example").policy.blocked.is_some());
    let open = &row(&inventory, "open.example").policy;
    assert!(open.blocked.is_none() && open.insecure.is_none() && !open.not_allowed);
    assert_eq!(
        world.ids(),
        ["registry-blocked image.config.openshift.io/cluster"]
    );
}

#[test]
fn the_allowed_list_binds_pods_and_not_imports() {
    let imported = tag("1", Some(image("DockerImage", "import.example/a:1", None)));
    let mut world = World::new()
        .deployment("a", "left-out.example/a:1")
        .deployment("b", "let-in.example/b:1")
        .stream(stream("shop", "s", vec![imported]));
    world.image_config().sources.allowed = vec!["let-in.example".into()];
    let inventory = world.take();
    assert!(row(&inventory, "left-out.example").policy.not_allowed);
    assert!(!row(&inventory, "import.example").policy.not_allowed);
    assert_eq!(
        row(&inventory, "let-in.example").policy.allowed.as_deref(),
        Some("let-in.example")
    );

    world.image_config().sources.allowed.clear();
    world.image_config().allowed_for_import = vec![AllowedRegistry {
        domain_name: "let-in.example".into(),
        insecure: false,
    }];
    let problem = world.problem("import-not-allowed");
    assert_eq!(problem.registry.as_deref(), Some("import.example"));
    assert_eq!(
        problem.command.join(" "),
        "kubectl extreg doctor import.example/a:1 -n shop"
    );
}

#[test]
fn a_mirror_is_a_registry_in_use_with_credentials_of_its_own() {
    let digest = format!("quay.io/team/app@sha256:{}", "b".repeat(64));
    let mut world = World::new()
        .deployment("web", &digest)
        .secret("mirror", &[("mirror.local:5000", "me", "x")])
        .account("default", &["mirror"], &[]);
    world.config.digest_mirrors = Ok(vec![MirrorRule {
        kind: RuleKind::ImageDigestMirrorSet,
        object: "m".into(),
        source: "quay.io/team".into(),
        mirrors: vec!["mirror.local:5000/team".into()],
        never_contact_source: false,
    }]);
    let inventory = world.take();
    let mirror = row(&inventory, "mirror.local:5000");
    assert!(mirror.images.is_empty() && mirror.mirror_of.contains("quay.io/team"));
    assert_eq!(mirror.credentials.len(), 1);
    assert_eq!(inventory.secrets[0].entries[0].matched.kubelet.images, 1);
    assert!(
        row(&inventory, "quay.io")
            .mirrors
            .contains("mirror.local:5000/team")
    );
    assert!(inventory.problems.is_empty(), "{:#?}", inventory.problems);
}

#[test]
fn signature_policies_bind_by_scope_and_namespace() {
    let policy = |name: &str, namespace: Option<&str>, scope: &str| SignaturePolicy {
        kind: SignaturePolicyKind::ImagePolicy,
        namespace: namespace.map(str::to_owned),
        name: name.into(),
        scopes: vec![scope.into()],
        policy_type: "PublicKey".into(),
    };
    let mut world = World::new().deployment("web", "reg.example.com/team/app:1");
    world.config.signature_policies = Ok(vec![
        policy("by-repository", None, "reg.example.com/team"),
        policy("by-registry", None, "reg.example.com"),
        policy("by-domain", None, "*.example.com"),
        policy("another", None, "reg.example.com/tea"),
    ]);
    world.view.signature_policies = Ok(vec![
        policy("ours", Some("shop"), "reg.example.com/team/app:1"),
        policy("theirs", Some("other"), "reg.example.com"),
    ]);
    let inventory = world.take();
    let signed = &row(&inventory, "reg.example.com").policy.signed_by;
    let names: Vec<_> = signed.iter().map(String::as_str).collect();
    assert_eq!(names, ["by-domain", "by-registry", "by-repository", "ours"]);
}

#[test]
fn trust_is_the_key_of_the_registry_or_unknown() {
    let pem = include_str!("../../../tests/fixtures/trust/root.pem");
    let world = World::new()
        .deployment("web", "reg.example.com:5000/a:1")
        .deployment("hub", "redis")
        .cas(&[("reg.example.com..5000", pem)]);
    let inventory = world.take();
    let Some(Trust::Additional {
        key,
        certificates,
        until: Some(_),
    }) = &row(&inventory, "reg.example.com:5000").trust
    else {
        panic!("{inventory:#?}");
    };
    assert_eq!((key.as_str(), *certificates), ("reg.example.com..5000", 1));
    assert_eq!(row(&inventory, "docker.io").trust, Some(Trust::Default));

    let mut blind = World::new().deployment("hub", "redis");
    blind.config.registry_cas = Err(Missing::Forbidden {
        verb: "get".into(),
        resource: "configmaps".into(),
        namespace: Some("openshift-config".into()),
    });
    let inventory = blind.take();
    assert_eq!(row(&inventory, "docker.io").trust, None);
    assert_eq!(inventory.unread.len(), 1);
}
