use serde_json::json;

use super::*;

fn wish(tag: &str, image: &str) -> Wish {
    Wish {
        tag: tag.to_owned(),
        image: ImageReference::parse(image).expect("a reference"),
    }
}

fn stream(tags: &Value, status: &Value) -> Object {
    Object::new(json!({
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"tags": tags},
        "status": {"dockerImageRepository": "registry.local:5000/shop/app", "tags": status},
    }))
}

struct Case {
    now: Option<Object>,
    policies: Policies,
    change_source: bool,
}

impl Case {
    fn of(tag: &Value) -> Self {
        Self {
            now: Some(stream(&json!([tag]), &json!([]))),
            policies: Policies::default(),
            change_source: false,
        }
    }

    fn changing(self) -> Self {
        Self {
            change_source: true,
            ..self
        }
    }

    fn policies(self, policies: Policies) -> Self {
        Self { policies, ..self }
    }

    fn plan(&self, image: &str) -> Result<Planned, ImportRefusal> {
        import(
            self.now.as_ref(),
            &ImportArgs {
                stream: &kinds::IMAGE_STREAM.object(Some("shop"), "app"),
                wishes: &[wish("latest", image)],
                policies: &self.policies,
                change_source: self.change_source,
            },
        )
    }

    fn refusal(&self, image: &str) -> String {
        self.plan(image).expect_err("an obstacle").to_string()
    }

    /// The tag as the plan leaves it.
    fn tag(&self, image: &str) -> Value {
        let planned = self.plan(image).expect("a plan");
        let objects = crate::plan::after::after(&planned.plan).expect("edits");
        let stream = objects[0].1.as_ref().expect("the stream");
        stream.items("/spec/tags")[0].clone()
    }
}

const IMAGE: &str = "r.example.com/team/app:1";

fn tag(from: &str) -> Value {
    json!({
        "name": "latest", "from": {"kind": "DockerImage", "name": from}, "generation": 3,
        "importPolicy": {"importMode": "Legacy"}, "referencePolicy": {"type": "Source"},
    })
}

#[test]
fn a_stream_that_does_not_exist_is_made_with_the_tag() {
    let case = Case {
        now: None,
        policies: Policies::default(),
        change_source: false,
    };
    let planned = case.plan(IMAGE).expect("a plan");
    let change = &planned.plan.changes[0];
    let Action::Create(object) = &change.action else {
        panic!("{:?}", change.action);
    };
    assert_eq!(object.label(MANAGED_BY), Some(MANAGER));
    assert_eq!(object.annotation(REGISTRY), Some("r.example.com"));
    let tag = &object.items("/spec/tags")[0];
    assert_eq!(tag["from"], json!({"kind": "DockerImage", "name": IMAGE}));
    // The cluster's own default counts.
    assert_eq!(tag["importPolicy"], json!({}));
    assert!(
        planned.images[0]["importPolicy"]
            .get("importMode")
            .is_none()
    );
    assert_eq!(planned.new_tags.len(), 1);
    assert!(planned.edits.is_empty() && planned.notes.is_empty());
    let request = planned.request(&change.object, true, Some("7"));
    assert_eq!(request["metadata"]["resourceVersion"], "7");
    assert_eq!(request["spec"]["import"], true);
}

#[test]
fn a_tag_that_follows_the_image_already_is_imported_as_it_is() {
    for (written, asked) in [
        (IMAGE, IMAGE),
        ("r.example.com/team/app", "r.example.com/team/app:latest"),
        ("nginx", "docker.io/library/nginx"),
    ] {
        let planned = Case::of(&tag(written)).plan(asked).expect("a plan");
        assert!(!planned.writes(), "{written}");
        assert_eq!(planned.images[0]["from"]["name"], written);
    }
}

#[test]
fn policies_that_are_not_named_are_carried_forward() {
    let mut old = tag(IMAGE);
    old["importPolicy"] =
        json!({"insecure": true, "scheduled": true, "importMode": "PreserveOriginal"});
    old["referencePolicy"] = json!({"type": "Local"});
    let planned = Case::of(&old).plan(IMAGE).expect("a plan");
    assert!(!planned.writes());
    assert_eq!(
        planned.images[0]["importPolicy"],
        json!({"insecure": true, "scheduled": true, "importMode": "PreserveOriginal"})
    );
    assert_eq!(planned.images[0]["referencePolicy"]["type"], "Local");
    assert_eq!(
        planned.notes,
        [
            "app:latest stays insecure, scheduled, reference policy Local, import mode PreserveOriginal"
        ]
    );

    let named = Policies {
        insecure: Some(false),
        scheduled: Some(false),
        reference: Some("Source"),
        mode: Some("Legacy"),
    };
    let case = Case::of(&old).policies(named);
    let after = case.tag(IMAGE);
    assert_eq!(after["importPolicy"], json!({"importMode": "Legacy"}));
    assert_eq!(after["referencePolicy"], json!({"type": "Source"}));
    let planned = case.plan(IMAGE).expect("a plan");
    assert_eq!(
        planned.images[0]["importPolicy"],
        json!({"insecure": false, "scheduled": false, "importMode": "Legacy"})
    );
    assert!(planned.notes.is_empty());
}

#[test]
fn a_digest_is_scheduled_no_more() {
    let mut old = tag(IMAGE);
    old["importPolicy"] = json!({"insecure": true, "scheduled": true});
    let pinned = format!("{IMAGE}@sha256:{}", "a".repeat(64));
    let case = Case::of(&old).changing();
    let planned = case.plan(&pinned).expect("a plan");
    assert_eq!(
        planned.images[0]["importPolicy"],
        json!({"insecure": true, "scheduled": false})
    );
    assert!(
        planned
            .notes
            .iter()
            .any(|note| note.starts_with("app:latest is no longer scheduled")),
        "{:?}",
        planned.notes
    );
    let after = case.tag(&pinned);
    assert_eq!(after["importPolicy"], json!({"insecure": true}));
}

#[test]
fn what_follows_something_else_is_left_alone_unless_asked_for() {
    let from = |kind: &str, name: &str| json!({"name": "latest", "from": {"kind": kind, "name": name, "namespace": "base"}});
    let mut reference = tag(IMAGE);
    reference["reference"] = json!(true);
    for (old, words) in [
        (
            tag("q.example.com/app:2"),
            "app:latest follows q.example.com/app:2",
        ),
        (
            from("ImageStreamTag", "ruby:3"),
            "app:latest follows the image stream tag base/ruby:3: nothing is imported into it",
        ),
        (
            from("ImageStreamImage", "ruby@sha256:00"),
            "app:latest stands for base/ruby@sha256:00, one image of an image stream: nothing is imported into it",
        ),
        (
            reference,
            "app:latest is only a reference to r.example.com/team/app:1: nothing is imported into it",
        ),
    ] {
        let case = Case::of(&old);
        assert_eq!(case.refusal(IMAGE), words);
        let case = case.changing();
        let after = case.tag(IMAGE);
        assert_eq!(after["from"], json!({"kind": "DockerImage", "name": IMAGE}));
        assert!(after.get("reference").is_none(), "{after}");
        let notes = case.plan(IMAGE).expect("a plan").notes;
        assert_eq!(notes, [format!("{words}; that is changed")]);
    }
}

#[test]
fn a_tag_that_is_pushed_to_is_told_from_one_that_was_imported_once() {
    let status = |reference: &str| json!([{"tag": "latest", "items": [{"image": "sha256:00", "dockerImageReference": reference}]}]);
    let mut case = Case::of(&json!({}));
    case.now = Some(stream(
        &json!([]),
        &status("registry.local:5000/shop/app@sha256:00"),
    ));
    assert_eq!(case.refusal(IMAGE), "app:latest is pushed to, not imported");
    assert!(case.changing().plan(IMAGE).is_ok());
    let mut case = Case::of(&json!({}));
    case.now = Some(stream(
        &json!([]),
        &status("r.example.com/team/app@sha256:00"),
    ));
    assert_eq!(case.plan(IMAGE).expect("a plan").new_tags.len(), 1);
}

#[test]
fn many_obstacles_are_counted() {
    let tags: Vec<Value> = (0..8)
        .map(|at| json!({"name": format!("t{at}"), "from": {"kind": "DockerImage", "name": "q.example.com/x"}}))
        .collect();
    let now = stream(&tags.into(), &json!([]));
    let wishes: Vec<Wish> = (0..8).map(|at| wish(&format!("t{at}"), IMAGE)).collect();
    let refusal = import(
        Some(&now),
        &ImportArgs {
            stream: &kinds::IMAGE_STREAM.object(Some("shop"), "app"),
            wishes: &wishes,
            policies: &Policies::default(),
            change_source: false,
        },
    )
    .expect_err("obstacles");
    assert_eq!(refusal.obstacles.len(), 8);
    assert!(refusal.to_string().ends_with("; and 3 more"), "{refusal}");
}

#[test]
fn taking_back_respects_what_came_after() {
    use crate::plan::edit::apply_all;

    let before = stream(&json!([tag("q.example.com/app:2")]), &json!([]));
    let case = Case {
        now: Some(before.clone()),
        policies: Policies {
            scheduled: Some(true),
            ..Policies::default()
        },
        change_source: true,
    };
    let planned = case.plan(IMAGE).expect("a plan");
    let ops = undo(&planned, &before).expect("edits");
    let objects = crate::plan::after::after(&planned.plan).expect("edits");
    let mut after = objects[0].1.clone().expect("the stream").into_value();
    let back = apply_all(&ops, &after)
        .expect("as it was left")
        .expect("a change");
    assert_eq!(&back, before.value());
    // Somebody has it follow another image since.
    after["spec"]["tags"][0]["from"]["name"] = "other.example.com/app".into();
    assert!(apply_all(&ops, &after).is_err());

    let made = stream(
        &json!([tag(IMAGE), tag("q.example.com/other:1")]),
        &json!([]),
    );
    let mut made = made.into_value();
    made["spec"]["tags"][1]["name"] = "other".into();
    let ops = forget(&made, "latest");
    let back = apply_all(&ops, &made)
        .expect("as it was left")
        .expect("a change");
    assert_eq!(back["spec"]["tags"].as_array().map(Vec::len), Some(1));
    made["spec"]["tags"][0]["importPolicy"]["scheduled"] = true.into();
    assert!(apply_all(&ops, &made).is_err());
    made["spec"]["tags"] = json!([]);
    assert_eq!(apply_all(&ops, &made), Ok(None));
}

#[test]
fn a_stream_that_is_insecure_as_a_whole_makes_its_tags_so() {
    let mut now = stream(&json!([tag(IMAGE)]), &json!([])).into_value();
    now["metadata"]["annotations"] = json!({INSECURE: "true"});
    let mut case = Case::of(&json!({}));
    case.now = Some(Object::new(now));
    assert_eq!(case.tag(IMAGE)["importPolicy"]["insecure"], true);
    case.policies.insecure = Some(false);
    assert!(case.tag(IMAGE)["importPolicy"].get("insecure").is_none());
}

#[test]
fn a_stream_that_follows_a_whole_repository_is_said() {
    let mut now = stream(&json!([]), &json!([])).into_value();
    now["spec"]["dockerImageRepository"] = "r.example.com/team/app".into();
    let mut case = Case::of(&json!({}));
    case.now = Some(Object::new(now));
    let notes = case.plan(IMAGE).expect("a plan").notes;
    assert!(notes[0].contains("spec.dockerImageRepository"), "{notes:?}");
}
