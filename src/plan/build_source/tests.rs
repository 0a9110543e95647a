use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::builder::{Fitness, fitness};
use super::input::{InputRefusal, Wanted, find};
use super::secret::{Choice, Matcher, Offer, choose, lost};
use super::*;
use crate::model::docker_config::{DockerConfig, Format};
use crate::model::image::ImageReference;
use crate::model::observation::ConfigBlob;
use crate::model::view::{Secret, SecretBytes};
use crate::plan::edit;

const IMAGE: &str = "registry.example.com:5000/team/base:1";

fn config(spec: &Value) -> Object {
    Object::new(json!({"metadata": {"name": "app", "namespace": "shop"}, "spec": spec}))
}

fn source(from: &Value, triggers: &Value) -> Object {
    config(&json!({
        "strategy": {"type": "Source", "sourceStrategy": {"from": from, "env": []}}, "triggers": triggers,
    }))
}

fn stream_tag(name: &str) -> Value {
    json!({"kind": "ImageStreamTag", "name": name})
}

fn planned(config: &Object, wanted: Wanted<'_>, origin: &Origin) -> (Value, Vec<String>) {
    let input = find(config, wanted).expect("an input");
    let setting = Setting {
        input: &input,
        origin,
        pull_secret: Some("pull"),
        client: "oc",
    };
    let (change, notes) = change(config, &setting);
    let Action::Edit(ops) = &change.action else {
        panic!("an edit");
    };
    let after = edit::apply_all(ops, config.value()).expect("edits");
    let after = after.expect("a change");
    let inverse = edit::invert_all(ops, config.value()).expect("an inverse");
    let back = edit::apply_all(&inverse, &after).expect("edits back");
    assert_eq!(back.as_ref(), Some(config.value()), "undo");
    assert_eq!(edit::apply_all(ops, &after), Ok(None), "idempotent");
    (after, notes)
}

fn image() -> Origin {
    Origin::Image(IMAGE.into())
}

#[test]
fn nothing_of_an_image_stream_tag_stays() {
    let from =
        json!({"kind": "ImageStreamTag", "namespace": "openshift", "name": "ruby:3", "uid": "x"});
    let (after, notes) = planned(&source(&from, &json!([])), Wanted::Base, &image());
    assert_eq!(
        after["spec"]["strategy"]["sourceStrategy"],
        json!({"from": {"kind": "DockerImage", "name": IMAGE}, "env": [], "pullSecret": {"name": "pull"}})
    );
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn a_trigger_goes_with_the_tag_that_it_followed() {
    let triggers = json!([
        {"type": "ConfigChange"}, {"type": "ImageChange", "imageChange": {}}, {"type": "GitHub", "github": {}},
    ]);
    let before = source(&stream_tag("ruby:3"), &triggers);
    let (after, notes) = planned(&before, Wanted::Base, &image());
    let kinds: Vec<&Value> = after["spec"]["triggers"]
        .as_array()
        .expect("triggers")
        .iter()
        .map(|trigger| &trigger["type"])
        .collect();
    assert_eq!(kinds, [&json!("ConfigChange"), &json!("GitHub")]);
    assert!(notes[0].starts_with("bc/app: its ImageChange trigger on ruby:3 is removed"));
}

#[test]
fn a_trigger_that_names_the_tag_stays_and_is_said() {
    let trigger =
        |name: &str| json!({"type": "ImageChange", "imageChange": {"from": stream_tag(name)}});
    let triggers = json!([trigger("ruby:3"), trigger("tools:1")]);
    let before = source(&stream_tag("ruby:3"), &triggers);
    let (after, notes) = planned(&before, Wanted::Base, &image());
    assert_eq!(after["spec"]["triggers"], triggers);
    assert_eq!(notes.len(), 1);
    assert!(notes[0].contains("oc set triggers bc/app --from-image=ruby:3 --remove"));

    // Another image of the build is still of that tag.
    let mut both = before.into_value();
    both["spec"]["source"] = json!({"images": [{"from": stream_tag("ruby:3"), "paths": []}]});
    let (_, notes) = planned(&Object::new(both), Wanted::Base, &image());
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn the_trigger_of_the_strategy_is_none_of_a_source_images_business() {
    let before = config(&json!({
        "strategy": {"sourceStrategy": {"from": stream_tag("ruby:3")}},
        "source": {"images": [{"from": stream_tag("ruby:3"), "as": ["tools"]}]},
        "triggers": [{"type": "ImageChange", "imageChange": {}}],
    }));
    let (after, notes) = planned(&before, Wanted::SourceImage(Some("tools")), &image());
    assert_eq!(after["spec"]["source"]["images"][0]["from"]["name"], IMAGE);
    assert_eq!(
        after["spec"]["strategy"],
        before.value()["spec"]["strategy"]
    );
    assert_eq!(
        after["spec"]["triggers"],
        before.value()["spec"]["triggers"]
    );
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn back_to_a_tag_two_triggers_never_come_to_the_same() {
    let own = json!({"type": "ImageChange", "imageChange": {"from": stream_tag("ruby:4")}});
    let before = source(
        &stream_tag("ruby:3"),
        &json!([own, {"type": "ImageChange", "imageChange": {}}]),
    );
    let origin = Origin::Tag {
        namespace: None,
        name: "ruby:4".into(),
    };
    let (after, notes) = planned(&before, Wanted::Base, &origin);
    assert_eq!(
        after["spec"]["triggers"],
        json!([{"type": "ImageChange", "imageChange": {}}])
    );
    assert_eq!(notes.len(), 2);
    let elsewhere = Origin::Tag {
        namespace: Some("openshift".into()),
        name: "ruby:4".into(),
    };
    assert_eq!(elsewhere.words(), "openshift/ruby:4");
    let (after, _) = planned(&before, Wanted::Base, &elsewhere);
    assert_eq!(
        after["spec"]["strategy"]["sourceStrategy"]["from"],
        json!({"kind": "ImageStreamTag", "name": "ruby:4", "namespace": "openshift"})
    );
}

#[test]
fn a_dockerfile_is_overridden_only_where_nothing_stood() {
    let text = "FROM golang AS build\nRUN make\nfrom --platform=x ubi9/ubi # base\nCOPY --from=build /a /a\n";
    let mut spec = json!({"source": {"dockerfile": text}, "strategy": {"dockerStrategy": {}}});
    let (_, notes) = planned(&config(&spec), Wanted::Base, &image());
    assert!(notes[0].contains("the last FROM of the Dockerfile (ubi9/ubi) is overridden"));
    spec["strategy"]["dockerStrategy"]["from"] =
        json!({"kind": "DockerImage", "name": "quay.io/a/b"});
    let (_, notes) = planned(&config(&spec), Wanted::Base, &image());
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn what_has_no_such_image_is_refused() {
    let pipeline = config(&json!({"strategy": {"jenkinsPipelineStrategy": {}}}));
    for wanted in [Wanted::Base, Wanted::SourceImage(None)] {
        let why = find(&pipeline, wanted).unwrap_err();
        assert!(matches!(why, InputRefusal::Pipeline { .. }), "{why}");
    }
    let images = json!([
        {"from": {"kind": "DockerImage", "name": "quay.io/a"}, "as": ["one", "1"]},
        {"from": {"kind": "DockerImage", "name": "quay.io/b"}},
    ]);
    let several =
        config(&json!({"strategy": {"dockerStrategy": {}}, "source": {"images": images}}));
    let at = |asked| find(&several, Wanted::SourceImage(Some(asked))).map(|it| it.place);
    assert_eq!(at("one"), Ok("/spec/source/images/0".into()));
    // A name comes before a number.
    assert_eq!(at("1"), Ok("/spec/source/images/0".into()));
    assert_eq!(at("0"), Ok("/spec/source/images/0".into()));
    let words = at("2").unwrap_err().to_string();
    assert_eq!(
        words,
        "bc/app has no source image \"2\"; it has 0 (one, 1) from quay.io/a, 1 from quay.io/b"
    );
    let words = find(&several, Wanted::SourceImage(None)).unwrap_err();
    assert!(matches!(words, InputRefusal::Several { .. }));
    let none = config(&json!({"strategy": {"dockerStrategy": {}}}));
    let why = find(&none, Wanted::SourceImage(None)).unwrap_err();
    assert!(matches!(why, InputRefusal::NoSourceImages { .. }));
}

fn secret(name: &str, type_name: &str, key: &str, text: &str) -> Secret {
    Secret {
        namespace: "shop".into(),
        name: name.into(),
        uid: String::new(),
        resource_version: String::new(),
        type_name: type_name.into(),
        keys: vec![key.into()],
        configs: BTreeMap::from([(key.into(), SecretBytes::new(text.as_bytes().to_vec()))]),
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
        immutable: false,
        excluded_from_import: false,
        created: None,
    }
}

fn docker_secret(name: &str, registry: &str) -> Secret {
    let text = json!({"auths": {registry: {"auth": "cm9ib3Q6cHc="}}}).to_string();
    secret(
        name,
        "kubernetes.io/dockerconfigjson",
        ".dockerconfigjson",
        &text,
    )
}

#[test]
fn the_secret_that_is_named_comes_first_then_the_accounts() {
    let image = ImageReference::parse(IMAGE).expect("an image");
    let secrets = [
        docker_secret("any", "registry.example.com:5000/team/base"),
        docker_secret("linked", "registry.example.com:5000"),
        docker_secret("own", "registry.example.com:5000/team"),
        docker_secret("port", "registry.example.com"),
        docker_secret("other", "quay.io"),
    ];
    let choose = |own, linked: &[&str], secrets: &[Secret]| {
        let linked: Vec<String> = linked.iter().map(|name| (*name).to_owned()).collect();
        choose(&Offer {
            image: &image,
            matcher: Matcher::ContainersImage,
            own,
            linked: &linked,
            secrets,
        })
    };
    let found = |choice: Choice| match choice {
        Choice::Found { name, others, .. } => (name, others.join(" ")),
        other => panic!("{other:?}"),
    };
    let expected = |name: &str, others: &str| (name.to_owned(), others.to_owned());
    assert_eq!(
        found(choose(Some("own"), &["linked"], &secrets)),
        expected("own", "linked any")
    );
    assert_eq!(
        found(choose(Some("port"), &["gone", "linked"], &secrets)),
        expected("linked", "any own")
    );
    assert_eq!(
        found(choose(None, &[], &secrets)),
        expected("any", "own linked")
    );
    let Choice::Nothing { near } = choose(None, &[], &secrets[3..]) else {
        panic!("something");
    };
    assert_eq!(near.len(), 1);
    assert!(
        near[0].contains("the port is missing in the key"),
        "{near:?}"
    );
}

#[test]
fn builds_and_the_kubelet_read_differently() {
    let image = ImageReference::parse("registry.example.com/team/base").expect("an image");
    let text = json!({"auths": {"*.example.com": {"auth": "cm9ib3Q6cHc="}}}).to_string();
    let wildcard = secret(
        "w",
        "kubernetes.io/dockerconfigjson",
        ".dockerconfigjson",
        &text,
    );
    assert!(super::secret::serves(&wildcard, &image, Matcher::Kubelet).is_ok());
    let why = super::secret::serves(&wildcard, &image, Matcher::ContainersImage).unwrap_err();
    assert!(why.contains("this matcher knows no wildcards"), "{why}");
    let text = json!({"auths": {"registry.example.com": {"auth": "cm9ib3Q6cHc="}}}).to_string();
    let opaque = secret("o", "Opaque", "config.json", &text);
    assert!(super::secret::serves(&opaque, &image, Matcher::ContainersImage).is_ok());
    assert!(super::secret::serves(&opaque, &image, Matcher::Kubelet).is_err());
    let unusable = json!({"auths": {"registry.example.com": {}}}).to_string();
    let unusable = secret(
        "u",
        "kubernetes.io/dockerconfigjson",
        ".dockerconfigjson",
        &unusable,
    );
    assert!(super::secret::serves(&unusable, &image, Matcher::ContainersImage).is_err());
}

#[test]
fn registries_that_only_the_old_secret_has_are_named() {
    let parse = |keys: &[&str]| {
        let auths: BTreeMap<&str, Value> = keys
            .iter()
            .map(|key| (*key, json!({"auth": "cm9ib3Q6cHc="})))
            .collect();
        let text = json!({ "auths": auths }).to_string();
        DockerConfig::parse(text.as_bytes(), Format::ConfigJson).expect("a config")
    };
    let old = parse(&["quay.io", "ghcr.io/team", "registry.example.com"]);
    let new = parse(&["quay.io", "ghcr.io"]);
    assert_eq!(lost(&old, &new), ["registry.example.com"]);
}

#[test]
fn a_builder_image_is_known_by_its_label() {
    let blob = |labels: &[&str], runs| ConfigBlob {
        labels: labels
            .iter()
            .map(|name| ((*name).to_owned(), "image:///x".to_owned()))
            .collect(),
        runs,
        platform: None,
        exposed: crate::model::exposed::Exposed::default(),
    };
    let mut build = source(&stream_tag("ruby:3"), &json!([]));
    let good = blob(&["io.openshift.s2i.scripts-url"], true);
    assert!(matches!(
        fitness(&build, &Role::Source, &good),
        Fitness::Fit(_)
    ));
    let Fitness::Doubtful(why) =
        fitness(&build, &Role::Source, &blob(&["io.s2i.scripts-url"], true))
    else {
        panic!("fit");
    };
    assert!(why.contains("only io.s2i.scripts-url"), "{why}");
    let plain = blob(&[], false);
    assert!(matches!(
        fitness(&build, &Role::Source, &plain),
        Fitness::Doubtful(_)
    ));
    assert!(matches!(
        fitness(&build, &Role::Custom, &plain),
        Fitness::Doubtful(_)
    ));
    assert!(matches!(
        fitness(&build, &Role::Custom, &good),
        Fitness::Fit(_)
    ));
    assert_eq!(fitness(&build, &Role::Docker, &plain), Fitness::Any);
    let mut value = build.into_value();
    value["spec"]["strategy"]["sourceStrategy"]["scripts"] = json!("https://example.com/bin");
    build = Object::new(value);
    assert!(matches!(
        fitness(&build, &Role::Source, &plain),
        Fitness::Fit(_)
    ));
}
