//! Imports: whose secrets, which tags, what came of it.

use super::*;
use crate::doctor::evidence::SourceState;
use crate::doctor::targets::ground::kit::*;

const IMAGE: &str = "registry.example.com/team/app:1";

fn imports() -> StreamTag {
    tag_of("1", docker_image(IMAGE), &[])
}

fn one(kit: Kit) -> Ask {
    let mut found = kit.on(|ground| {
        let stream = ground.world.view.image_streams.as_ref().unwrap()[0].clone();
        asks(ground, &stream)
    });
    assert_eq!(found.len(), 1);
    found.remove(0)
}

#[test]
fn all_docker_secrets_of_the_namespace_count_in_the_order_of_their_names() {
    let text = r#"{"auths":{"registry.example.com":{"auth":"YTpi"}}}"#;
    let ask = one(Kit::new()
        .secret("b-stale", "registry.example.com")
        .secret("a-other", "quay.io")
        .secret("c-good", "registry.example.com")
        .secret("excluded", "registry.example.com")
        .put("opaque", "Opaque", ".dockerconfigjson", text)
        .stream(stream("app", vec![imports()])));
    assert_eq!(ask.operation, Operation::Import);
    assert_eq!(wired(&ask).1, ["a-other", "b-stale", "c-good"]);
    assert_eq!(
        roles(&ask),
        [
            ("b-stale".to_owned(), Role::Used),
            ("c-good".to_owned(), Role::Shadowed),
            ("excluded".to_owned(), Role::Unlinked),
        ]
    );
    assert!(
        notes(&ask).contains("excluded keeps itself out"),
        "{}",
        notes(&ask)
    );
    // What has nothing to do with the image gets no line; one of another type that was meant for it does.
    let (sources, _) = credentials(&ask);
    let names: Vec<&str> = sources.iter().map(|source| source.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "secret shop/b-stale",
            "secret shop/c-good",
            "secret shop/excluded",
            "secret shop/opaque"
        ]
    );
    assert!(matches!(
        sources[3].state,
        SourceState::WrongType {
            covers: Some(true),
            ..
        }
    ));
}

#[test]
fn the_more_exact_key_comes_first_whatever_the_names() {
    let ask = one(Kit::new()
        .secret("a-registry", "registry.example.com")
        .secret("b-tag", IMAGE)
        .stream(stream("app", vec![imports()])));
    assert_eq!(
        roles(&ask),
        [
            ("b-tag".to_owned(), Role::Used),
            ("a-registry".to_owned(), Role::Shadowed),
        ]
    );
}

#[test]
fn the_nodes_secret_stands_behind_those_of_the_namespace() {
    let text = br#"{"auths":{"registry.example.com/team":{"auth":"YTpi"}}}"#;
    let bytes = crate::model::view::SecretBytes::new(text.to_vec());
    let mut kit = Kit::new()
        .secret("own", "registry.example.com")
        .stream(stream("app", vec![imports()]));
    kit.config.global_pull_secret = Ok(Some(bytes));
    assert_eq!(
        roles(&one(kit)),
        [
            ("own".to_owned(), Role::Used),
            ("pull-secret".to_owned(), Role::Shadowed),
        ]
    );
}

#[test]
fn secrets_that_may_not_be_read_are_a_gap() {
    let mut kit = Kit::new().stream(stream("app", vec![imports()]));
    kit.view.secrets = Err(forbidden("secrets"));
    let ask = one(kit);
    assert!(ask.unread[0].skip_reason.unwrap().leaves_a_gap());
}

#[test]
fn a_failed_import_is_heard_while_it_is_about_the_tag_as_it_is() {
    for (generation, current) in [(2, true), (1, false)] {
        let mut tag = imports();
        tag.conditions = vec![failed(
            generation,
            "you may not have access to the container image \"registry.example.com/team/app:1\"",
        )];
        let ask = one(Kit::new().stream(stream("app", vec![tag])));
        let seen = ask.facts.iter().find_map(|fact| match fact {
            Fact::Observed(seen) => Some(seen),
            _ => None,
        });
        let seen = seen.unwrap();
        assert_eq!(
            (seen.current, seen.source),
            (current, ObservedSource::Condition)
        );
        assert_eq!(seen.object, "image stream tag shop/app:1");
    }
}

#[test]
fn a_tag_that_follows_another_is_asked_about_where_it_leads() {
    let app = stream(
        "app",
        vec![
            imports(),
            tag_of("alias", stream_tag("1"), &[]),
            tag_of("far", stream_tag("lib:9"), &[]),
        ],
    );
    let lib = stream(
        "lib",
        vec![tag_of("9", docker_image("quay.io/lib/lib:9"), &[])],
    );
    Kit::new().stream(app.clone()).stream(lib).on(|ground| {
        // The alias is answered by the tag that it follows.
        let texts: Vec<String> = asks(ground, &app).into_iter().map(|ask| ask.text).collect();
        assert_eq!(texts, [IMAGE, "quay.io/lib/lib:9"]);
        let alias = tag_ask(ground, &app, app.tag("alias").unwrap());
        assert_eq!(alias.text, IMAGE);
        let resolved = alias.facts.iter().any(
            |fact| matches!(fact, Fact::Resolved(resolved) if resolved.from == "istag/app:alias"),
        );
        assert!(resolved);
    });
    assert_eq!(streams_named(&app).len(), 2);
}

#[test]
fn what_is_not_imported_says_so() {
    let mut reference = tag_of("ref", docker_image("quay.io/a/b"), &[]);
    reference.is_reference = true;
    let pushed = StreamTag {
        name: "pushed".into(),
        ..StreamTag::default()
    };
    let app = stream(
        "app",
        vec![reference, pushed, tag_of("lost", stream_tag("gone:1"), &[])],
    );
    Kit::new().stream(app.clone()).on(|ground| {
        for (name, words) in [
            ("ref", "is a reference"),
            ("pushed", "is pushed to"),
            ("lost", "whose image stream does not exist"),
        ] {
            let ask = tag_ask(ground, &app, app.tag(name).unwrap());
            let Some(NotAsked::Unresolved(why)) = ask.not_asked else {
                panic!("{name}");
            };
            assert!(why.contains(words), "{why}");
        }
    });
}

#[test]
fn a_whole_repository_is_asked_about_by_a_tag_that_it_has() {
    let mut older = stream(
        "app",
        vec![StreamTag {
            name: "7".into(),
            ..StreamTag::default()
        }],
    );
    older.spec_repository = Some("quay.io/a/b".into());
    assert_eq!(one(Kit::new().stream(older)).text, "quay.io/a/b:7");
}

#[test]
fn failing_imports_are_found_each_once() {
    let mut bad = imports();
    bad.conditions = vec![failed(2, "no")];
    let mut mended = tag_of("2", docker_image("quay.io/a/b"), &["quay.io/a/b@sha256:0"]);
    mended.conditions = vec![failed(1, "no")];
    mended.items[0].generation = Some(2);
    // Changed since, and nothing has come of it.
    let silent = tag_of("3", docker_image("quay.io/a/c"), &["quay.io/a/c@sha256:0"]);
    let alias = tag_of("alias", stream_tag("1"), &[]);
    let app = stream("app", vec![bad, mended, silent, alias]);
    let found = Kit::new().stream(app).on(failing);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].text, IMAGE);
    assert_eq!(found[1].text, "quay.io/a/c");
}
