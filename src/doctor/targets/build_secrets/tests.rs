//! Which secret a build gets, by platform version and list.

use crate::doctor::evidence::Role;
use crate::doctor::target::Operation;
use crate::doctor::targets::build_configs::asks;
use crate::doctor::targets::ground::kit::*;
use crate::model::view::{BuildSourceImage, Missing};

const HOST: &str = "registry.example.com:5000";

/// A BuildConfig that pulls and pushes, with one secret in each list of its account, both for the registry.
fn two_lists() -> Kit {
    Kit::new()
        .secret("mounted", HOST)
        .secret("pulled", HOST)
        .account("builder", &["mounted"], &["pulled"])
}

fn pulls_and_pushes() -> crate::model::view::BuildConfig {
    let mut config = build_config("Source");
    config.from = Some(docker_image(&format!("{HOST}/base:1")));
    config.output = Some(docker_image(&format!("{HOST}/team/app:1")));
    config
}

#[test]
fn which_list_is_read_follows_from_the_version() {
    for (version, on_openshift_4, pull, push) in [
        (Some("4.12.9"), true, "mounted", "mounted"),
        (Some("4.14.0"), true, "mounted", "mounted"),
        // The API server has looked in `secrets` ever since, and comes first.
        (Some("4.16.0"), true, "mounted", "pulled"),
        (Some("4.20.3"), true, "mounted", "pulled"),
        (Some("5.0.1"), true, "mounted", "pulled"),
        (Some("4.15.3"), true, "mounted", "pulled"),
        (None, true, "mounted", "pulled"),
        // OpenShift 3 has no configuration kinds.
        (None, false, "mounted", "mounted"),
    ] {
        let mut kit = two_lists();
        kit.openshift = version;
        if !on_openshift_4 {
            kit.config.image_config = Err(Missing::NotServed("images.config.openshift.io".into()));
        }
        let found = kit.on(|ground| asks(ground, &pulls_and_pushes()));
        let [for_pull, for_push] = found.as_slice() else {
            panic!("{} questions", found.len());
        };
        assert_eq!(
            (for_pull.operation, for_push.operation),
            (Operation::Pull, Operation::Push)
        );
        assert_eq!(wired(for_pull).1, [pull], "{version:?}");
        assert_eq!(wired(for_push).1, [push], "{version:?}");
        let unsure = matches!(version, Some("4.15.3") | None) && on_openshift_4;
        assert_eq!(
            for_push.sources.maybe_more.is_some(),
            unsure,
            "{version:?}: {}",
            notes(for_push)
        );
    }
}

#[test]
fn without_doubt_both_lists_may_be_alike() {
    let mut kit = Kit::new()
        .secret("both", HOST)
        .account("builder", &["both"], &["both"]);
    kit.openshift = Some("4.15.3");
    let found = kit.on(|ground| asks(ground, &pulls_and_pushes()));
    assert!(
        found[1].sources.maybe_more.is_none(),
        "{}",
        notes(&found[1])
    );
    assert_eq!(wired(&found[1]).1, ["both"]);
}

#[test]
fn a_named_secret_is_the_only_one() {
    let mut config = pulls_and_pushes();
    config.push_secret = Some("named".into());
    let found = two_lists()
        .secret("named", HOST)
        .on(|ground| asks(ground, &config));
    let (origin, secrets) = wired(&found[1]);
    assert!(origin.contains("BuildField") && origin.contains("pushSecret"));
    assert_eq!(secrets, ["named"]);
    assert_eq!(
        roles(&found[1]),
        [
            ("named".to_owned(), Role::Used),
            ("mounted".to_owned(), Role::Unlinked),
            ("pulled".to_owned(), Role::Unlinked),
        ]
    );
}

#[test]
fn the_first_of_the_list_that_matches_is_taken() {
    let found = Kit::new()
        .secret("other", "quay.io")
        .secret("second", HOST)
        .secret("third", HOST)
        .account("builder", &[], &["gone", "other", "second", "third"])
        .on(|ground| asks(ground, &pulls_and_pushes()));
    for ask in &found {
        assert_eq!(wired(ask).1, ["second"]);
        assert_eq!(
            roles(ask),
            [
                ("second".to_owned(), Role::Used),
                ("third".to_owned(), Role::Shadowed),
            ]
        );
    }
}

#[test]
fn where_none_matches_the_first_is_taken_all_the_same() {
    let kit = || {
        Kit::new()
            .secret("other", "quay.io")
            .account("builder", &[], &["gone", "other"])
    };
    let found = kit().on(|ground| asks(ground, &pulls_and_pushes()));
    for ask in &found {
        assert_eq!(wired(ask).1, ["other"]);
        assert!(notes(ask).contains("taken all the same"), "{}", notes(ask));
        assert!(roles(ask).is_empty());
    }
    // The API server takes none that does not match.
    let mut kit = kit();
    kit.openshift = Some("4.14.1");
    kit.view.service_accounts.as_mut().unwrap()[0].mountable_secrets = vec!["gone".into()];
    let found = kit.on(|ground| asks(ground, &pulls_and_pushes()));
    assert!(wired(&found[0]).1.is_empty());
}

#[test]
fn an_undecodable_secret_is_passed_over() {
    let text = r#"{"auths":{"registry.example.com:5000":{"auth":"%%%"}}}"#;
    let found = Kit::new()
        .put(
            "broken",
            "kubernetes.io/dockerconfigjson",
            ".dockerconfigjson",
            text,
        )
        .secret("good", HOST)
        .account("builder", &[], &["broken", "good"])
        .on(|ground| asks(ground, &pulls_and_pushes()));
    assert_eq!(wired(&found[1]).1, ["good"]);
}

#[test]
fn a_build_reads_an_opaque_config_json() {
    let text = r#"{"auths":{"registry.example.com:5000":{"auth":"YTpi"}}}"#;
    let mut config = pulls_and_pushes();
    config.push_secret = Some("opaque".into());
    let kit = || Kit::new().account("builder", &[], &["opaque"]);
    let found = kit()
        .put("opaque", "Opaque", "config.json", text)
        .on(|ground| asks(ground, &config));
    assert_eq!(roles(&found[1]), [("opaque".to_owned(), Role::Used)]);
    // The platform itself finds docker secrets only.
    assert!(wired(&found[0]).1.is_empty());
    // Under another key no build reads it.
    let found = kit()
        .put("opaque", "Opaque", "dockerconfig", text)
        .on(|ground| asks(ground, &config));
    assert!(roles(&found[1]).is_empty());
}

#[test]
fn a_push_key_may_name_the_tag() {
    let found = Kit::new()
        .secret("tagged", "registry.example.com:5000/team/app:1")
        .account("builder", &[], &["tagged"])
        .on(|ground| asks(ground, &pulls_and_pushes()));
    assert_eq!(roles(&found[1]), [("tagged".to_owned(), Role::Used)]);
}

#[test]
fn the_nodes_secret_is_for_pulls_alone() {
    let mut kit = Kit::new().account("builder", &[], &[]);
    let text = br#"{"auths":{"registry.example.com:5000":{"auth":"YTpi"}}}"#;
    let bytes = crate::model::view::SecretBytes::new(text.to_vec());
    kit.config.global_pull_secret = Ok(Some(bytes));
    let found = kit.on(|ground| asks(ground, &pulls_and_pushes()));
    assert_eq!(roles(&found[0]), [("pull-secret".to_owned(), Role::Node)]);
    assert!(roles(&found[1]).is_empty());
}

#[test]
fn a_source_image_of_a_stream_is_looked_up_by_the_integrated_registry() {
    let digest = format!("{HOST}/lib@sha256:{}", "a".repeat(64));
    let lib = stream("lib", vec![tag_of("1", docker_image("x"), &[&digest])]);
    let mut config = build_config("Source");
    config.source_images = vec![BuildSourceImage {
        from: stream_tag("lib:1"),
        pull_secret: None,
    }];
    let kit = || {
        Kit::new()
            .secret("external", HOST)
            .secret("inside", INSIDE)
            .stream(lib.clone())
    };
    // The platform's own secret serves the stream's repository, and is set before anybody asks where the image is.
    let found = kit()
        .account("builder", &["inside", "external"], &[])
        .on(|ground| asks(ground, &config));
    assert_eq!(found[0].text, digest);
    assert_eq!(wired(&found[0]).1, ["inside"]);
    assert_eq!(roles(&found[0]), [("external".to_owned(), Role::Unlinked)]);
    // Without it the build controller looks for the image itself.
    let found = kit()
        .account("builder", &["external"], &["external"])
        .on(|ground| asks(ground, &config));
    assert_eq!(wired(&found[0]).1, ["external"]);
}

#[test]
fn an_account_that_enforces_its_list_is_a_remark() {
    let mut config = pulls_and_pushes();
    config.service_account = "strict-builder".into();
    config.push_secret = Some("named".into());
    for (mountable, refused) in [(&[][..], true), (&["named"][..], false)] {
        let found = Kit::new()
            .secret("named", HOST)
            .account("strict-builder", mountable, &[])
            .on(|ground| asks(ground, &config));
        assert_eq!(notes(&found[1]).contains("is refused"), refused);
    }
}

#[test]
fn what_cannot_be_read_is_a_gap() {
    let mut kit = two_lists();
    kit.view.service_accounts = Err(forbidden("serviceaccounts"));
    let found = kit.on(|ground| asks(ground, &pulls_and_pushes()));
    for ask in &found {
        assert!(ask.unread[0].detail.contains("serviceaccounts"));
        assert!(ask.unread[0].skip_reason.unwrap().leaves_a_gap());
    }
    let found = Kit::new().on(|ground| asks(ground, &pulls_and_pushes()));
    assert!(notes(&found[0]).contains("builder does not exist"));
}
