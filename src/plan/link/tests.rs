use secrecy::SecretString;
use serde_json::json;

use super::*;
use crate::model::credential::Credential;
use crate::plan::ours::Why;

fn content(password: &str) -> Content {
    Content {
        registry: "quay.io".into(),
        key: "quay.io".into(),
        credential: Credential::Password {
            username: "robot".into(),
            password: SecretString::from(password),
        },
        format: None,
    }
}

fn args(content: &Content) -> LinkArgs<'_> {
    LinkArgs {
        registry: "quay.io",
        secret: "extreg-quay.io",
        source: SecretSource::Ours(content),
        purposes: Purposes::PULL,
        restart: false,
        now: "2026-11-22T11:02:31Z",
        program: "oc extreg",
        many: false,
    }
}

fn account(name: &str, purposes: Purposes) -> AccountView {
    AccountView {
        name: name.into(),
        purposes,
        object: Some(Object::new(json!({
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": "shop"},
            "imagePullSecrets": [{"name": "theirs"}],
        }))),
    }
}

fn view(secret: Option<Object>, accounts: Vec<AccountView>) -> NamespaceView {
    NamespaceView {
        name: "shop".into(),
        secret,
        accounts,
        ..NamespaceView::default()
    }
}

fn lists(change: &Change) -> Vec<String> {
    match &change.action {
        Action::Edit(ops) => ops.iter().map(Op::place).collect(),
        other => panic!("no edit: {other:?}"),
    }
}

#[test]
fn the_secret_comes_before_the_accounts_that_name_it() {
    let content = content("x");
    let views = [view(None, vec![account("default", Purposes::PULL)])];
    let (plan, _) = link(&views, &args(&content)).expect("a plan");
    let kinds: Vec<&str> = plan.changes.iter().map(|it| it.object.kind.kind).collect();
    assert_eq!(kinds, ["Secret", "ServiceAccount"]);
    assert_eq!(plan.changes[1].done, "linked (pull)");
}

#[test]
fn push_is_in_both_lists_and_pull_in_one() {
    let content = content("x");
    let accounts = vec![
        account("default", Purposes::PULL),
        account("builder", Purposes::PUSH),
        account("ci", Purposes::BOTH),
    ];
    let (plan, _) = link(&[view(None, accounts)], &args(&content)).expect("a plan");
    assert_eq!(lists(&plan.changes[1]), ["/imagePullSecrets"]);
    assert_eq!(lists(&plan.changes[2]), ["/imagePullSecrets", "/secrets"]);
    assert_eq!(plan.changes[3].done, "linked (pull, push)");
}

#[test]
fn equal_credentials_keep_the_text_that_is_there() {
    let content = content("x");
    let mut existing = content.object("shop", "extreg-quay.io", None).into_value();
    // The same entry, written by another version with other spaces.
    existing["data"][".dockerconfigjson"] =
        json!("eyAiYXV0aHMiOiB7ICJxdWF5LmlvIjogeyAiYXV0aCI6ICJjbTlpYjNRNmVBPT0iIH0gfSB9");
    let existing = Object::new(existing);
    let again = content.object("shop", "extreg-quay.io", Some(&existing));
    assert_eq!(again.value()["data"], existing.value()["data"]);
    let other = self::content("y").object("shop", "extreg-quay.io", Some(&existing));
    assert_ne!(other.value()["data"], existing.value()["data"]);
}

#[test]
fn what_is_not_ours_is_refused() {
    let content = content("x");
    let ours = content.object("shop", "extreg-quay.io", None).into_value();
    let refused = |change: fn(&mut serde_json::Value)| {
        let mut existing = ours.clone();
        change(&mut existing);
        let views = [view(
            Some(Object::new(existing)),
            vec![account("default", Purposes::PULL)],
        )];
        match link(&views, &args(&content)) {
            Err(LinkRefusal::NotOurs(not_ours)) => Some(not_ours.why),
            Ok(_) => None,
            Err(other) => panic!("{other}"),
        }
    };
    assert_eq!(refused(|_| {}), None);
    assert_eq!(
        refused(|it| it["metadata"]["labels"] = json!({})),
        Some(Why::Foreign)
    );
    assert_eq!(
        refused(|it| it["metadata"]["annotations"]["extreg.dev/registry"] = json!("ghcr.io")),
        Some(Why::OtherRegistry("ghcr.io".into()))
    );
    assert_eq!(
        refused(|it| it["metadata"]["annotations"]["openshift.io/token-secret.name"] = json!("t")),
        Some(Why::Platform)
    );
    // Without --format what exists keeps its type; only another kind of secret is refused.
    assert_eq!(
        refused(|it| it["type"] = json!("Opaque")),
        Some(Why::Type("Opaque".into()))
    );
}

#[test]
fn a_missing_account_is_refused_or_left_out() {
    let content = content("x");
    let mut missing = account("defualt", Purposes::PULL);
    missing.object = None;
    let mut one = view(None, vec![missing]);
    one.account_names = vec!["builder".into(), "default".into()];
    let refusal = link(std::slice::from_ref(&one), &args(&content)).expect_err("refused");
    assert!(
        matches!(&refusal, LinkRefusal::NoAccount { near, .. } if near == &["default"]),
        "{refusal:?}"
    );
    let many = LinkArgs {
        many: true,
        ..args(&content)
    };
    let views = [
        one.clone(),
        view(None, vec![account("defualt", Purposes::PULL)]),
    ];
    let (plan, _) = link(&views, &many).expect("a plan");
    assert_eq!(plan.changes.len(), 2);
    assert_eq!(plan.notes.len(), 1);
    let refusal = link(&[one], &many).expect_err("refused");
    assert_eq!(refusal, LinkRefusal::NoAccountAnywhere { namespaces: 1 });
}

#[test]
fn plans_do_not_show_secret_values() {
    let content = content("canary");
    let views = [view(None, vec![account("default", Purposes::PULL)])];
    let (plan, _) = link(&views, &args(&content)).expect("a plan");
    let shown = format!("{plan:?} {content:?} {:?}", args(&content));
    // `robot:canary`, in base64 by itself and inside the secret's data.
    for trace in ["canary", "cm9ib3Q6Y2FuYXJ5", "Y205aWIzUTZZMkZ1WVhKN"] {
        assert!(!shown.contains(trace), "{shown}");
    }
}

#[test]
fn names_are_near_by_one_slip_or_by_their_beginning() {
    let names = ["web", "default", "deployer", "builder"].map(str::to_owned);
    assert_eq!(near("wbe", &names), ["web"]);
    assert_eq!(near("defualt", &names)[0], "default");
    assert_eq!(near("build", &names), ["builder"]);
    assert!(near("db", &names).is_empty());
}
