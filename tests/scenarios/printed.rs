//! How reports on objects of a cluster are printed: by the names that people know, one block a cause, what the cluster says
//! beside what is true, and the same again from a saved report.

mod junit;
mod made;
mod saved;

use extreg::doctor::causes::Cause;
use extreg::doctor::evidence::ObservedSource;
use extreg::doctor::target::Operation;
use extreg::model::kinds;
use extreg::report::changes::changes;
use extreg::report::redact::redacted;
use extreg::report::text::{Detail, render};
use extreg::report::v1;

use crate::kit::{look, view_of};
use crate::schema;
use made::{Case, deploy, object, report};

const WEB: &str = "registry.corp.example:5000/store/web:1.9";
const API: &str = "registry.corp.example:5000/store/api:2.0";
const UNAUTHORIZED: &str = "Failed to pull image \"registry.corp.example:5000/store/web:1.9\": unauthorized: authentication required";

fn text(namespace: Option<&str>, cases: &[Case], detail: Detail) -> String {
    render(&view_of(&report(namespace, cases)), &[], &look(detail))
}

/// A workload whose event points at the credentials, while the repository is not there.
fn misled(name: &str) -> Case {
    deploy(name, WEB)
        .fails(
            Cause::RepositoryMissing,
            "registry.corp.example:5000 has no repository store/web",
        )
        .said(ObservedSource::Event, "auth", UNAUTHORIZED)
        .fix(
            "use the name that exists",
            "oc set image -n shop deploy/NAME main=registry.corp.example:5000/store/webs:1.9",
        )
}

/// Something of everything that a namespace may have.
fn mixed() -> Vec<Case> {
    let key =
        "the secret corp-pull names registry.corp.example, the image registry.corp.example:5000";
    let rekey = |name: &str, image| {
        deploy(name, image)
            .fails(Cause::SecretKeyMismatch, key)
            .said(ObservedSource::Event, "auth", "authentication required")
            .fix(
                "add the key that matches, keep the old one",
                "oc extreg link registry.corp.example:5000 -n shop --from-secret corp-pull",
            )
    };
    vec![
        deploy("cart", "quay.io/acme/cart:3"),
        misled("front").container("web"),
        rekey("orders", API),
        rekey("billing", WEB).unread("no right to list events in the namespace shop"),
        rekey("stock", API).unread("no right to list events in the namespace shop"),
        object(kinds::BUILD_CONFIG, "app-build", API, Operation::Push)
            .fails(
                Cause::PushDenied,
                "registry.corp.example:5000 accepts ci+puller, and gives no right to push store/api",
            )
            .said(ObservedSource::Log, "auth", "denied: requested access to the resource is denied"),
        object(kinds::IMAGE_STREAM_TAG, "tools:1.4", "docker.io/library/tools:1.4", Operation::Import)
            .fails(Cause::Rate, "Docker Hub's limit for anonymous pulls is reached")
            .said(ObservedSource::Condition, "limit", "toomanyrequests: You have reached your pull rate limit"),
        object(kinds::SECRET, "corp-pull", "registry.corp.example:5000", Operation::Login)
            .fails(Cause::BadCredentials, "registry.corp.example:5000 refuses the login ci+puller"),
        deploy("search", "quay.io/acme/search:1"),
    ]
}

#[test]
fn one_workload_whose_event_leads_astray() {
    let shown = text(
        Some("shop"),
        &[misled("front").container("web")],
        Detail::Normal,
    );
    insta::assert_snapshot!("misled", shown);
}

#[test]
fn a_namespace_with_several_causes() {
    insta::assert_snapshot!("mixed", text(Some("shop"), &mixed(), Detail::Normal));
    insta::assert_snapshot!("mixed_quiet", text(Some("shop"), &mixed(), Detail::Quiet));
}

#[test]
fn all_namespaces_are_named_and_their_commands_are_theirs() {
    let of = |namespace: &'static str| {
        deploy("web", WEB)
            .of(namespace)
            .fails(Cause::SecretNotLinked, "the secret corp-pull is not linked")
            .fix(
                "link the secret to the service account",
                &format!(
                    "oc extreg link registry.corp.example:5000 -n {namespace} --secret corp-pull"
                ),
            )
    };
    let cases = [of("shop"), of("billing"), of("stock")];
    insta::assert_snapshot!("all_namespaces", text(None, &cases, Detail::Normal));
    // The run's own namespace goes without saying only where all is in it.
    let quiet = text(Some("shop"), &cases[..1], Detail::Quiet);
    assert_eq!(
        quiet,
        format!("✗ deploy/web (container main) cannot pull {WEB}\n")
    );
    let quiet = text(Some("other"), &cases[..1], Detail::Quiet);
    assert_eq!(
        quiet,
        format!("✗ shop/deploy/web (container main) cannot pull {WEB}\n")
    );
}

#[test]
fn containers_of_one_object_are_one_object() {
    let cases = [
        misled("front").container("web"),
        misled("front").container("init"),
    ];
    let quiet = text(Some("shop"), &cases, Detail::Quiet);
    assert_eq!(
        quiet,
        format!("✗ deploy/front (containers init, web) cannot pull {WEB}\n")
    );
}

#[test]
fn what_the_cluster_says_is_set_against_what_is_true() {
    let said = |points_at, cause| {
        let case = deploy("web", WEB).fails(cause, "it does not work").said(
            ObservedSource::Event,
            points_at,
            "some words",
        );
        let shown = text(Some("shop"), &[case], Detail::Normal);
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let astray = said("auth", Cause::TagMissing);
    assert!(
        astray.contains("event says \"some words\": points at the credentials, and that is not it: the repository exists, the tag does not"),
        "{astray}"
    );
    for (points_at, cause, words) in [
        (
            "location",
            Cause::TagMissing,
            "points at the name of the image, and rightly",
        ),
        ("unknown", Cause::TagMissing, "names no cause"),
        ("ambiguous", Cause::TagMissing, "leaves open whether"),
        // Where nobody knows, nobody is led astray.
        (
            "auth",
            Cause::MissingOrForbidden,
            "points at the credentials",
        ),
    ] {
        let shown = said(points_at, cause);
        assert!(
            shown.contains(&format!("\"some words\": {words}")),
            "{shown}"
        );
        assert!(!shown.contains("not it"), "{shown}");
    }
}

#[test]
fn much_of_it_stays_readable() {
    let mut cases: Vec<Case> = (0..6000)
        .map(|at| {
            let namespace = if at % 2 == 0 { "shop" } else { "stock" };
            misled(&format!("web-{at:05}"))
                .of(namespace)
                .unread("no right to list events in the namespace shop")
                .fix(
                    "restart it",
                    &format!("oc rollout restart deploy/web-{at:05} -n {namespace}"),
                )
        })
        .collect();
    cases.extend((0..4000).map(|at| deploy(format!("good-{at:04}"), API)));
    let shown = text(None, &cases, Detail::Normal);
    assert!(shown.lines().count() < 60, "{shown}");
    for line in [
        "✗ 6000 workloads, 1 cause: cannot pull registry.corp.example:5000/store/web:1.9",
        "    and 5990 more in 2 namespaces",
        "✓ 4000 targets are healthy (-v lists them)",
        "              and 5995 more like it; -v prints them",
        "  not read    events in shop (no right to list events)",
    ] {
        assert!(
            shown.lines().any(|shown| shown == line),
            "no {line} in\n{shown}"
        );
    }
    assert!(
        shown.lines().all(|line| line.chars().count() < 84),
        "{shown}"
    );
    let quiet = text(None, &cases, Detail::Quiet);
    assert_eq!(quiet.lines().count(), 2, "{quiet}");
    let whole = text(None, &cases, Detail::Stages);
    assert!(whole.contains("good-3999") && whole.contains("web-05999"));
}

#[test]
fn the_json_of_a_workload() {
    let view = view_of(&report(Some("shop"), &[misled("front").container("web")]));
    insta::assert_snapshot!(
        "workload_json",
        view.json().replace(env!("CARGO_PKG_VERSION"), "V")
    );
    for view in [view, view_of(&report(None, &mixed()))] {
        schema::validate(&serde_json::from_str(&view.json()).expect("JSON"));
        let hidden = redacted(view).json();
        schema::validate(&serde_json::from_str(&hidden).expect("JSON"));
    }
}

#[test]
fn a_redacted_report() {
    let hidden = redacted(view_of(&report(None, &mixed())));
    let shown = render(&hidden, &[], &look(Detail::Normal));
    insta::assert_snapshot!("redacted", shown);
    for name in [
        "corp",
        "acme",
        "shop",
        "store",
        "cart",
        "front",
        "orders",
        "billing",
        "stock",
        "puller",
        "jdoe",
        "robot-runner",
        "app-build",
        "tools",
        "prod",
    ] {
        for text in [
            &shown,
            &hidden.json(),
            &render(&hidden, &[], &look(Detail::Stages)),
        ] {
            assert!(!text.contains(name), "{name} shows in\n{text}");
        }
    }
}

#[test]
fn only_changes_are_told() {
    let before = view_of(&report(
        Some("shop"),
        &[
            misled("front"),
            deploy("cart", API),
            misled("gone"),
            misled("same"),
        ],
    ));
    let fixed = deploy("front", WEB);
    let broken = deploy("cart", API).fails(Cause::Dns, "registry.corp.example does not resolve");
    let after = view_of(&report(
        Some("shop"),
        &[fixed, broken, misled("same"), deploy("fresh", API)],
    ));
    let look = look(Detail::Quiet);
    assert_eq!(
        changes(&before, &after, &look),
        format!(
            "✓ deploy/front (container main) can pull {WEB} (was location.repository-missing)\n\
             ✗ deploy/cart (container main) cannot pull {API} (network.dns, was healthy)\n\
             ✓ deploy/fresh (container main) can pull {API} (new)\n\
             · deploy/gone (container main): nothing fails there any more (was location.repository-missing)\n"
        )
    );
    assert_eq!(changes(&after, &after, &look), "");
    assert_eq!(v1::remarks(&after), Vec::new());
}
