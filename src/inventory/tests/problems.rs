//! What wants a hand, and what is not said where it cannot be known.

use base64::Engine as _;

use super::kit::{NOW, World, build, entry, image, part, pod, stream, tag, waiting};
use crate::inventory::Severity;
use crate::model::view::{ImportCondition, Missing};

fn token(exp: i64) -> String {
    let claims = format!(r#"{{"exp":{exp}}}"#);
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(claims);
    format!("e30.{claims}.c2ln")
}

#[test]
fn a_healthy_namespace_has_no_problem() {
    let world = World::new()
        .deployment("web", "quay.io/team/web:1")
        .secret("corp", &[("quay.io", "me", "x")])
        .account("default", &["corp"], &[]);
    assert_eq!(world.ids(), Vec::<String>::new());
}

#[test]
fn a_key_that_lacks_the_port_is_linked_anew_for_those_who_have_it() {
    let world = World::new()
        .deployment("web", "reg.example.com:5000/web:1")
        .secret("corp", &[("reg.example.com", "me", "x")])
        .account("robot", &["corp"], &[]);
    let problem = world.problem("secret-key-mismatch");
    assert_eq!(problem.severity, Severity::Broken);
    assert!(
        problem.summary.contains("the port is missing"),
        "{problem:?}"
    );
    assert_eq!(
        problem.command.join(" "),
        "kubectl extreg link reg.example.com:5000 --from-secret corp -z robot -n shop"
    );
    // A secret beside it that serves the image settles it.
    let settled = world.secret("good", &[("reg.example.com:5000", "me", "y")]);
    let ids = settled.ids();
    assert!(
        !ids.iter().any(|id| id.starts_with("secret-key-mismatch")),
        "{ids:?}"
    );
}

#[test]
fn a_key_for_another_part_of_the_registry_is_no_mismatch() {
    let world = World::new()
        .deployment("web", "quay.io/team-b/web:1")
        .secret("corp", &[("quay.io/team-a", "me", "x")])
        .account("default", &["corp"], &[]);
    assert_eq!(world.ids(), ["secret-unused secret/corp"]);
}

#[test]
fn a_secret_that_nothing_has_is_linked_or_taken_away() {
    let mut world = World::new()
        .deployment("web", "quay.io/team/web:1")
        .secret("good", &[("quay.io", "me", "x")])
        .secret("idle", &[("ghcr.io", "me", "x")]);
    part(&mut world.view.workloads).list[0].service_account = "robot".into();
    let link = world.problem("secret-not-linked");
    assert_eq!(
        link.command.join(" "),
        "kubectl extreg link quay.io --secret good -z robot -n shop"
    );
    let unlink = world.problem("secret-unused");
    assert_eq!(unlink.severity, Severity::Unused);
    assert_eq!(
        unlink.command.join(" "),
        "kubectl extreg unlink idle -n shop"
    );
}

#[test]
fn imports_use_secrets_that_nothing_names() {
    let imported = tag("1", Some(image("DockerImage", "quay.io/a/b:1", None)));
    let mut world = World::new()
        .stream(stream("shop", "s", vec![imported]))
        .secret("good", &[("quay.io", "me", "x")]);
    assert_eq!(world.ids(), Vec::<String>::new());
    part(&mut world.view.secrets)[0].excluded_from_import = true;
    assert_eq!(world.ids(), ["secret-not-linked secret/good"]);
}

#[test]
fn nothing_is_unused_or_mismatched_where_something_was_not_read() {
    let idle = || World::new().secret("idle", &[("ghcr.io", "me", "x")]);
    assert_eq!(idle().ids(), ["secret-unused secret/idle"]);
    let why = || Missing::Forbidden {
        verb: "list".into(),
        resource: "x".into(),
        namespace: None,
    };
    let blind: [fn(&mut World, Missing); 4] = [
        |world, why| world.view.pods = Err(why),
        |world, why| world.view.service_accounts = Err(why),
        |world, why| world.view.build_configs = Err(why),
        |world, why| {
            part(&mut world.view.workloads)
                .unread
                .push(("jobs.batch".into(), why));
        },
    ];
    for make_blind in blind {
        let mut world = idle();
        make_blind(&mut world, why());
        assert_eq!(world.ids(), Vec::<String>::new());
        assert_eq!(world.take().unread.len(), 1);
    }
    let mut chosen = idle();
    chosen.chosen = true;
    assert_eq!(chosen.ids(), Vec::<String>::new());
    // A kind that the cluster does not have hides nothing.
    let mut plain = idle();
    plain.view.build_configs = Err(Missing::NotServed("buildconfigs".into()));
    assert_eq!(plain.ids(), ["secret-unused secret/idle"]);
    assert!(plain.take().unread.is_empty());
}

#[test]
fn malformed_secrets_and_wrong_types_are_named() {
    let broken = World::new().raw_secret("s", "kubernetes.io/dockerconfigjson", "{");
    assert_eq!(broken.ids(), ["secret-malformed secret/s"]);
    let bad_entry = r#"{"auths": {"quay.io": {"auth": "!!"}}}"#;
    let broken = World::new().raw_secret("s", "kubernetes.io/dockerconfigjson", bad_entry);
    let problem = broken.problem("secret-malformed");
    assert!(
        problem.summary.contains("every secret of a pod"),
        "{problem:?}"
    );
    let helper = r#"{"auths": {}, "credsStore": "desktop"}"#;
    let empty = World::new().raw_secret("s", "kubernetes.io/dockerconfigjson", helper);
    assert!(
        empty
            .problem("secret-malformed")
            .summary
            .contains("desktop")
    );

    let text = serde_json::json!({"auths": {"quay.io": entry("me", "x")}}).to_string();
    let opaque = World::new()
        .raw_secret("s", "Opaque", &text)
        .account("default", &["s"], &[]);
    let problem = opaque.problem("secret-wrong-type");
    assert_eq!(problem.severity, Severity::Broken);
    assert_eq!(
        problem.command.join(" "),
        "kubectl extreg link quay.io --from-secret s -n shop"
    );
}

#[test]
fn a_login_that_ended_or_soon_will_is_named() {
    let world = |exp| {
        World::new()
            .deployment("web", "quay.io/a/b:1")
            .secret("s", &[("quay.io", "me", &token(exp))])
            .account("default", &["s"], &[])
    };
    let ended = world(NOW).problem("secret-expired");
    assert!(ended.summary.contains("ended on 2026-01-02"), "{ended:?}");
    assert_eq!(
        ended.command.join(" "),
        "kubectl extreg link quay.io --registry-username me -n shop"
    );
    let mut ours = world(NOW);
    let secret = &mut part(&mut ours.view.secrets)[0];
    secret.labels.insert(
        "app.kubernetes.io/managed-by".into(),
        "kubectl-extreg".into(),
    );
    secret
        .annotations
        .insert("extreg.dev/registry".into(), "quay.io".into());
    assert_eq!(
        ours.problem("secret-expired").command.join(" "),
        "kubectl extreg link quay.io --name s --registry-username me -n shop"
    );
    let soon = world(NOW + 6 * 86_400).problem("secret-expiring");
    assert_eq!(soon.severity, Severity::Warning);
    assert!(world(NOW + 8 * 86_400).ids().is_empty());
}

#[test]
fn the_same_login_twice_and_two_logins_for_one_user() {
    let linked = |world: World| {
        world
            .deployment("web", "quay.io/a/b:1")
            .account("default", &["a", "b"], &[])
    };
    let same = linked(
        World::new()
            .secret("a", &[("quay.io", "me", "x")])
            .secret("b", &[("https://quay.io", "me", "x")]),
    );
    let problem = same.problem("secret-duplicate");
    assert_eq!(
        (problem.object.as_str(), problem.severity),
        ("secret/b", Severity::Unused)
    );
    assert_eq!(problem.command.join(" "), "kubectl extreg unlink b -n shop");

    let other = linked(
        World::new()
            .secret("a", &[("quay.io", "me", "x")])
            .secret("b", &[("quay.io", "me", "y")]),
    );
    let problem = other.problem("secret-duplicate");
    assert_eq!(problem.severity, Severity::Warning);
    assert!(!problem.summary.contains('x') || !format!("{problem:?}").contains("\"x\""));

    let another_user = linked(
        World::new()
            .secret("a", &[("quay.io", "me", "x")])
            .secret("b", &[("quay.io", "you", "y")]),
    );
    assert_eq!(another_user.ids(), Vec::<String>::new());
    let spellings = [("quay.io", "me", "x"), ("https://quay.io/v2/", "me", "x")];
    let one = linked(
        World::new()
            .secret("a", &spellings)
            .secret("b", &[("quay.io", "you", "y")]),
    );
    assert_eq!(one.ids(), Vec::<String>::new());
}

#[test]
fn secrets_that_are_named_and_not_there() {
    let mut app = build(
        "app",
        image("DockerImage", "quay.io/a/base:1", None),
        image("DockerImage", "quay.io/a/out:1", None),
    );
    app.push_secret = Some("gone".into());
    let mut world = World::new()
        .build(app)
        .account("default", &["gone"], &["gone-too"]);
    assert_eq!(
        world.ids(),
        Vec::<String>::new(),
        "nobody looked whether it is there"
    );
    world.absent.push(("shop".into(), "gone".into()));
    assert_eq!(
        world.ids(),
        [
            "secret-missing buildconfig/app",
            "secret-missing serviceaccount/default"
        ]
    );
}

#[test]
fn a_build_is_held_to_the_secret_that_it_names_by_its_own_matcher() {
    let mut app = build(
        "app",
        image("DockerImage", "reg.example.com/base:1", None),
        image("DockerImage", "reg.example.com/out:1", None),
    );
    app.push_secret = Some("wild".into());
    app.pull_secret = Some("wild".into());
    app.secrets = vec!["wild".into()];
    let world = World::new()
        .build(app)
        .secret("wild", &[("*.example.com", "me", "x")]);
    let problem = world.problem("secret-key-mismatch");
    // The kubelet's matcher, which pushes use, knows wildcards; that of pulls in builds does not.
    assert!(problem.summary.starts_with("it pulls with"), "{problem:?}");
    assert_eq!(world.ids().len(), 1, "{:?}", world.ids());
}

#[test]
fn a_failed_import_is_told_with_its_words_and_without_escapes() {
    let mut failed = tag("1", Some(image("DockerImage", "quay.io/a/b:1", None)));
    failed.conditions.push(ImportCondition {
        status: false,
        reason: "Unauthorized".into(),
        message: "you may not\u{1b}[31m have access".into(),
        generation: None,
        at: None,
    });
    let world = World::new().stream(stream("shop", "s", vec![failed]));
    let problem = world.problem("import-failed");
    assert_eq!(problem.object, "istag/s:1");
    assert!(
        problem
            .summary
            .ends_with("failed: you may not[31m have access"),
        "{problem:?}"
    );
}

#[test]
fn a_pod_that_waits_for_the_clusters_own_registry_is_told_once() {
    let imported = tag("1", Some(image("DockerImage", "quay.io/a/b:1", None)));
    let world = World::new()
        .stream(stream("shop", "s", vec![imported]))
        .pod(waiting(pod("web", "registry.local:5000/shop/s:1", None)));
    assert_eq!(world.ids(), ["image-waiting pod/web"]);
    assert_eq!(
        world.problem("image-waiting").registry.as_deref(),
        Some("registry.local:5000")
    );
}

#[test]
fn bundles_are_judged_as_nodes_read_them() {
    let pem = include_str!("../../../tests/fixtures/trust/root.pem");
    let glued = format!("{}{pem}", pem.trim_end());
    let world = World::new()
        .deployment("web", "reg.example.com:5000/a:1")
        .cas(&[("reg.example.com..5000", &glued)]);
    let problem = world.problem("ca-malformed");
    assert_eq!(problem.object, "configmap/cas");
    assert!(problem.summary.contains("line "), "{problem:?}");
    let near = World::new()
        .deployment("web", "reg.example.com:5000/a:1")
        .cas(&[("reg.example.com", pem)]);
    let problem = near.problem("ca-key-mismatch");
    assert!(problem.summary.contains("the port differs"), "{problem:?}");
    assert_eq!(
        problem.command.join(" "),
        "kubectl extreg doctor reg.example.com:5000/a:1 -n shop"
    );
    let mut gone = World::new().deployment("web", "quay.io/a:1");
    gone.config.registry_cas = Err(Missing::Failed("the ConfigMap x does not exist".into()));
    assert_eq!(gone.ids(), ["ca-missing image.config.openshift.io/cluster"]);
    assert!(gone.take().unread.is_empty());
}

#[test]
fn certificates_that_ended_are_named_by_their_day() {
    let pem = include_str!("../../../tests/fixtures/trust/root.pem");
    let world = World::new()
        .deployment("web", "reg.example.com/a:1")
        .cas(&[("reg.example.com", pem)]);
    let end = crate::model::pem::parse(pem.as_bytes()).certificates[0]
        .certificate
        .not_after
        .unwrap();
    let ids_at = |seconds: i64| {
        let at = jiff::Timestamp::from_second(end.as_second() + seconds).unwrap();
        let taken = crate::inventory::take(&crate::inventory::Input {
            view: &world.view,
            other_streams: &[],
            unread: &[],
            absent_secrets: &[],
            config: &world.config,
            now: at,
            chosen: false,
            program: "oc extreg",
        });
        let ids: Vec<_> = taken.problems.iter().map(|problem| problem.id).collect();
        ids
    };
    assert_eq!(ids_at(0), ["ca-expired"]);
    assert_eq!(ids_at(-86_400), ["ca-expiring"]);
    assert_eq!(ids_at(-60 * 86_400), Vec::<&str>::new());
}

#[test]
fn the_gravest_come_first() {
    let world = World::new()
        .secret("idle", &[("ghcr.io", "me", "x")])
        .raw_secret("zz", "kubernetes.io/dockerconfigjson", "{")
        .pod(waiting(pod("web", "quay.io/a:1", None)));
    let severities: Vec<Severity> = world
        .take()
        .problems
        .iter()
        .map(|problem| problem.severity)
        .collect();
    assert!(severities.is_sorted(), "{severities:?}");
    assert_eq!(severities.len(), 3);
}
