//! From names to images.

use super::*;
use crate::doctor::targets::ground::kit::*;
use crate::model::view::Workload;

const SOURCE: &str = "registry.example.com/team/app";

fn digest() -> String {
    format!("sha256:{}", "a".repeat(64))
}

fn by_digest() -> String {
    format!("{SOURCE}@{}", digest())
}

/// `app:1` has an image, `app:2` was never imported, `app:3` follows `app:1`, `app:pushed` was pushed.
fn kit() -> Kit {
    let pushed = format!("{INSIDE}/shop/app@{}", digest());
    let mut last = tag_of("pushed", docker_image("x"), &[&pushed]);
    last.from = None;
    let tags = vec![
        tag_of("1", docker_image(&format!("{SOURCE}:1")), &[&by_digest()]),
        tag_of("2", docker_image(&format!("{SOURCE}:2")), &[]),
        tag_of("3", stream_tag("1"), &[]),
        tag_of("round", stream_tag("app:round"), &[]),
        last,
    ];
    Kit::new().stream(stream("app", tags))
}

fn workload(triggers: Option<&str>, annotation: bool) -> Workload {
    let mut annotations = std::collections::BTreeMap::new();
    if annotation {
        annotations.insert(RESOLVE_NAMES.to_owned(), "*".to_owned());
    }
    Workload {
        object: crate::model::kinds::DEPLOYMENT.object(Some("shop"), "web"),
        uid: String::new(),
        resource_version: String::new(),
        owner: None,
        replicas: Some(1),
        service_account: "default".into(),
        pull_secrets: Vec::new(),
        other_secrets: Vec::new(),
        containers: Vec::new(),
        annotations,
        image_triggers: triggers.map(str::to_owned),
        selector: None,
        labels: std::collections::BTreeMap::new(),
    }
}

#[test]
fn a_tag_stands_for_its_newest_image() {
    kit().on(|ground| {
        let found = tag(ground, "shop", "app", "1");
        assert_eq!((found.image, found.place), (by_digest(), Place::Registry));
        let fact = found.fact.unwrap();
        assert_eq!(
            (fact.from.as_str(), fact.by.as_str()),
            ("istag/app:1", "image stream tag shop/app:1")
        );
    });
}

#[test]
fn a_tag_without_an_image_leads_to_its_import() {
    kit().on(|ground| {
        let found = tag(ground, "shop", "app", "2");
        assert_eq!(found.image, format!("{SOURCE}:2"));
        assert_eq!(
            found.place,
            Place::NotImported {
                namespace: "shop".into(),
                insecure: false
            }
        );
        let followed = tag(ground, "shop", "app", "3");
        assert_eq!(
            (followed.image, followed.place),
            (by_digest(), Place::Registry)
        );
        assert_eq!(followed.stream.unwrap().tag, "1");
    });
}

#[test]
fn what_leads_nowhere_says_where_it_ends() {
    kit().on(|ground| {
        for (name, tag_name, words) in [
            ("app", "gone", "shop/app:gone does not exist"),
            ("none", "1", "the image stream shop/none does not exist"),
            ("app", "round", "in a circle"),
        ] {
            let Place::Unknown(why) = tag(ground, "shop", name, tag_name).place else {
                panic!("{name}:{tag_name}");
            };
            assert!(why.contains(words), "{why}");
        }
    });
    let mut kit = kit();
    kit.view.image_streams = Err(forbidden("imagestreams"));
    kit.on(|ground| {
        let Place::Unknown(why) = tag(ground, "shop", "app", "1").place else {
            panic!("known");
        };
        assert!(why.contains("could not be read"), "{why}");
    });
}

#[test]
fn the_local_policy_goes_by_way_of_the_integrated_registry() {
    let mut local = tag_of("1", docker_image(SOURCE), &[&by_digest()]);
    local.reference_policy = "Local".into();
    local.insecure = true;
    let through = Place::PassedThrough {
        namespace: "shop".into(),
        insecure: true,
    };
    Kit::new()
        .stream(stream("app", vec![local.clone()]))
        .on(|ground| {
            let found = tag(ground, "shop", "app", "1");
            assert_eq!((found.image, found.place), (by_digest(), through.clone()));
            // As a pod has it.
            for text in [
                format!("{INSIDE}/shop/app:1"),
                format!("{INSIDE}/shop/app@{}", digest()),
            ] {
                let found = image(ground, "shop", &text, false);
                assert_eq!((found.image, found.place), (by_digest(), through.clone()));
                assert_eq!(found.fact.unwrap().from, text);
            }
        });
    // Without an integrated registry the source itself is asked.
    let mut bare = stream("app", vec![local]);
    bare.repository = None;
    Kit::new().stream(bare).on(|ground| {
        let found = tag(ground, "shop", "app", "1");
        assert_eq!(found.place, Place::Registry);
    });
}

#[test]
fn what_the_integrated_registry_holds_is_out_of_reach() {
    let mut kit = kit();
    kit.config
        .image_config
        .as_mut()
        .unwrap()
        .as_mut()
        .unwrap()
        .external_hostnames = vec!["images.apps.example.com".into()];
    kit.on(|ground| {
        for found in [
            tag(ground, "shop", "app", "pushed"),
            image(ground, "shop", &format!("{INSIDE}/shop/app:pushed"), false),
            image(ground, "shop", &format!("{INSIDE}/other/thing:1"), false),
            image(
                ground,
                "shop",
                "docker-registry.default.svc:5000/shop/app:pushed",
                false,
            ),
        ] {
            let Place::Integrated(why) = &found.place else {
                panic!("{found:?}");
            };
            assert!(
                why.ends_with("from outside it is images.apps.example.com"),
                "{why}"
            );
        }
        // By its route it is a registry like others.
        let outside = image(ground, "shop", "images.apps.example.com/shop/app:1", false);
        assert_eq!(outside.place, Place::Registry);
    });
}

#[test]
fn an_integrated_name_without_an_image_leads_to_the_import() {
    kit().on(|ground| {
        let found = image(ground, "shop", &format!("{INSIDE}/shop/app:2"), false);
        assert_eq!(found.image, format!("{SOURCE}:2"));
        assert!(matches!(found.place, Place::NotImported { .. }));
    });
}

#[test]
fn short_names_stand_for_tags_where_that_was_said() {
    kit().on(|ground| {
        // Neither the stream nor the template says so.
        let plain = image(ground, "shop", "app:1", false);
        assert_eq!((plain.image.as_str(), &plain.fact), ("app:1", &None));
        let found = image(ground, "shop", "app:1", true);
        assert_eq!(found.image, by_digest());
        assert_eq!(found.fact.unwrap().from, "app:1");
        // A path or a registry makes it an image.
        for text in ["team/app:1", "docker.io/app:1"] {
            assert_eq!(image(ground, "shop", text, true).image, text);
        }
        // No stream of that name.
        assert_eq!(image(ground, "shop", "nginx", true).image, "nginx");
        let found = workload_image(ground, &workload(None, true), "web", "app:1");
        assert_eq!(found.image, by_digest());
    });
    let mut lookup = stream(
        "app",
        vec![tag_of("latest", docker_image(SOURCE), &[&by_digest()])],
    );
    lookup.lookup_local = true;
    Kit::new().stream(lookup).on(|ground| {
        assert_eq!(image(ground, "shop", "app", false).image, by_digest());
        let by_image = image(ground, "shop", &format!("app@{}", digest()), false);
        assert_eq!(by_image.image, by_digest());
    });
}

#[test]
fn a_trigger_tells_where_the_image_comes_from() {
    let triggers = |tag: &str| {
        serde_json::json!([{
            "from": {"kind": "ImageStreamTag", "name": format!("app:{tag}")},
            "fieldPath": "spec.template.spec.containers[?(@.name==\"web\")].image",
        }])
        .to_string()
    };
    kit().on(|ground| {
        let with = workload(Some(&triggers("1")), false);
        let found = workload_image(ground, &with, "web", &by_digest());
        assert_eq!(found.image, by_digest());
        let fact = found.fact.unwrap();
        assert_eq!(
            (fact.from.as_str(), fact.by.as_str()),
            ("istag/app:1", "its image trigger")
        );
        // Another container has none.
        assert_eq!(workload_image(ground, &with, "side", "nginx").fact, None);
        // It has not fired, and would put the image in.
        let blank = workload_image(ground, &with, "web", " ");
        assert_eq!((blank.image, blank.place), (by_digest(), Place::Registry));
        assert!(blank.fact.unwrap().by.ends_with("which has not fired"));
        // It cannot fire: there is no image.
        let with = workload(Some(&triggers("2")), false);
        let stuck = workload_image(ground, &with, "web", " ");
        assert!(
            matches!(stuck.place, Place::NotImported { .. }),
            "{stuck:?}"
        );
        assert_eq!(trigger_streams(&with), []);
    });
    // By place, and what is no trigger.
    let by_place = triggers("1").replace("[?(@.name==\\\"web\\\")]", "[1]");
    let mut with = workload(Some(&by_place), false);
    assert_eq!(trigger_of(&with, "web"), None);
    with.containers = ["side", "web"].map(container).to_vec();
    assert_eq!(trigger_of(&with, "web").unwrap().tag, "1");
    assert_eq!(trigger_of(&with, "side"), None);
    assert_eq!(
        trigger_streams(&with),
        [("shop".to_owned(), "app".to_owned())]
    );
    let paused = triggers("1").replace("}]", ",\"paused\":true}]");
    for triggers in [paused.as_str(), "no JSON"] {
        assert_eq!(trigger_of(&workload(Some(triggers), false), "web"), None);
    }
}

fn container(name: &str) -> crate::model::view::Container {
    crate::model::view::Container {
        kind: crate::model::view::ContainerKind::Regular,
        name: name.to_owned(),
        image: "nginx".to_owned(),
        pull_policy: None,
        image_id: None,
        waiting: None,
    }
}

#[test]
fn the_question_follows_the_place() {
    let target = || crate::doctor::target::TargetRef::Image;
    let asked = || Asked {
        operation: Operation::Pull,
        consumer: Consumer::Anonymous,
        sources: Arc::new(Sources::of(&Consumer::Anonymous)),
        facts: Vec::new(),
        unread: Vec::new(),
    };
    kit().on(|ground| {
        let plain = image(ground, "shop", "quay.io/a/b", false).into_ask(ground, target(), asked());
        assert_eq!((plain.operation, plain.not_asked), (Operation::Pull, None));
        let import = tag(ground, "shop", "app", "2").into_ask(ground, target(), asked());
        assert_eq!(import.operation, Operation::Import);
        assert_eq!(
            import.consumer,
            Consumer::Import {
                namespace: "shop".into()
            }
        );
        assert!(notes(&import).contains("nothing is pulled before its import succeeds"));
        let inside = tag(ground, "shop", "app", "pushed").into_ask(ground, target(), asked());
        assert!(matches!(inside.not_asked, Some(NotAsked::OutOfReach(_))));
        let gone = tag(ground, "shop", "app", "gone").into_ask(ground, target(), asked());
        assert!(matches!(gone.not_asked, Some(NotAsked::Unresolved(_))));
    });
}

/// The nodes' own list of registries stands in for what a name leaves out.
#[test]
fn a_short_name_is_looked_for_where_the_nodes_look() {
    let found = |search: &[&str], text: &str| {
        let mut kit = Kit::new();
        if let Ok(Some(config)) = &mut kit.config.image_config {
            config.search = search.iter().map(|entry| (*entry).to_owned()).collect();
        }
        kit.on(|ground| image(ground, "shop", text, false))
    };
    for text in ["web:1", "team/web:1"] {
        assert_eq!(found(&[], text), Resolution::plain(text));
        assert_eq!(found(&["docker.io"], text), Resolution::plain(text));
        let corp = found(&["registry.corp.example"], text);
        assert_eq!(corp.image, format!("registry.corp.example/{text}"));
        assert_eq!(corp.place, Place::Searched);
        let several = found(&["registry.corp.example", "docker.io"], text);
        assert!(
            matches!(&several.place, Place::Unknown(why) if why.contains("registry.corp.example, then docker.io")),
            "{several:?}"
        );
    }
    let whole = "quay.io/team/web:1";
    assert_eq!(
        found(&["registry.corp.example"], whole),
        Resolution::plain(whole)
    );
}
