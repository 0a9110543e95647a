//! Which images are in use, and by whom.

use super::kit::{World, build, deployment, image, part, pod, row, stream, tag, waiting};
use crate::inventory::{Inventory, Role, foreign_streams, unseen_secrets};
use crate::model::kinds;
use crate::model::view::{Owner, TagItem};

/// `role kind/name [via tag]` of each use of an image.
fn uses(inventory: &Inventory, reference: &str) -> Vec<String> {
    let images = inventory.registries.iter().flat_map(|row| &row.images);
    images
        .filter(|image| image.reference.to_string() == reference)
        .flat_map(|image| &image.uses)
        .map(|one| {
            let via = one
                .via
                .as_ref()
                .map_or(String::new(), |tag| format!(" via {tag}"));
            format!("{} {}{via}", one.role.word(), one.by)
        })
        .collect()
}

#[test]
fn references_are_made_one() {
    let world = World::new()
        .deployment("a", "redis")
        .deployment("b", "docker.io/library/redis:latest")
        .deployment("c", "index.docker.io/redis");
    let inventory = world.take();
    assert_eq!(inventory.registries.len(), 1, "{:#?}", inventory.registries);
    assert_eq!(
        uses(&inventory, "docker.io/library/redis:latest"),
        ["run deployment/a", "run deployment/b", "run deployment/c"]
    );
}

#[test]
fn a_pod_is_counted_with_the_workload_that_a_person_would_name() {
    let mut world = World::new().deployment("web", "quay.io/a/web:1");
    let mut set = deployment("web-7f", "quay.io/a/web:1");
    set.object.kind = kinds::REPLICA_SET;
    set.owner = Some(Owner {
        kind: "Deployment".into(),
        name: "web".into(),
    });
    part(&mut world.view.workloads).list.push(set);
    let mut legacy = pod(
        "old-1-x",
        "quay.io/a/old:1",
        Some(("ReplicationController", "old-1")),
    );
    legacy
        .labels
        .insert("openshift.io/deployment-config.name".into(), "old".into());
    let world = world
        .pod(waiting(pod(
            "web-7f-a",
            "quay.io/a/web:1",
            Some(("ReplicaSet", "web-7f")),
        )))
        .pod(waiting(pod(
            "web-7f-b",
            "quay.io/a/web:1",
            Some(("ReplicaSet", "web-7f")),
        )))
        .pod(legacy)
        .pod(pod("node-x", "quay.io/a/static:1", Some(("Node", "n1"))))
        .pod(pod("own", "quay.io/a/own:1", None))
        .pod(pod("cr-0", "quay.io/a/cr:1", Some(("Kafka", "events"))))
        .pod(pod(
            "app-1-build",
            "quay.io/a/builder:1",
            Some(("Build", "app-1")),
        ));
    let inventory = world.take();
    assert_eq!(uses(&inventory, "quay.io/a/web:1"), ["run deployment/web"]);
    assert_eq!(row(&inventory, "quay.io").waiting(), 2);
    assert_eq!(
        uses(&inventory, "quay.io/a/old:1"),
        ["run deploymentconfig/old"]
    );
    assert_eq!(uses(&inventory, "quay.io/a/static:1"), ["run pod/node-x"]);
    assert_eq!(uses(&inventory, "quay.io/a/own:1"), ["run pod/own"]);
    assert_eq!(uses(&inventory, "quay.io/a/cr:1"), ["run kafka/events"]);
    assert!(uses(&inventory, "quay.io/a/builder:1").is_empty());
    let problem = world.problem("image-waiting");
    assert_eq!(problem.summary, "2 pods wait for an image of quay.io");
    assert_eq!(
        problem.command.join(" "),
        "kubectl extreg doctor deployment/web -n shop"
    );
}

#[test]
fn pods_that_are_over_use_nothing() {
    let mut done = pod("job-x", "quay.io/a/job:1", None);
    done.phase = "Succeeded".into();
    assert!(World::new().pod(done).take().registries.is_empty());
}

#[test]
fn tags_stand_for_what_they_import() {
    let imported = stream(
        "shop",
        "base",
        vec![
            tag("1", Some(image("DockerImage", "quay.io/acme/base:1", None))),
            tag("latest", Some(image("ImageStreamTag", "1", None))),
            tag("round", Some(image("ImageStreamTag", "base:round", None))),
        ],
    );
    let from = image("ImageStreamTag", "base:latest", None);
    let to = image("ImageStreamTag", "out:latest", None);
    let mut world = World::new()
        .stream(imported)
        .build(build("app", from, to))
        .build(build(
            "other",
            image("ImageStreamTag", "nodejs:18", Some("openshift")),
            image("DockerImage", "ghcr.io/acme/other:1", None),
        ))
        .build(build(
            "circle",
            image("ImageStreamTag", "base:round", None),
            image("ImageStreamTag", "x:1", None),
        ));
    assert_eq!(
        foreign_streams(&world.view),
        [("openshift".to_owned(), "nodejs".to_owned())]
    );
    world.other_streams.push(stream(
        "openshift",
        "nodejs",
        vec![tag(
            "18",
            Some(image(
                "DockerImage",
                "registry.redhat.io/ubi8/nodejs-18",
                None,
            )),
        )],
    ));
    let inventory = world.take();
    assert_eq!(
        uses(&inventory, "quay.io/acme/base:1"),
        [
            "build-from buildconfig/app via base:latest",
            "import istag/base:1"
        ]
    );
    assert_eq!(
        uses(&inventory, "registry.redhat.io/ubi8/nodejs-18:latest"),
        ["build-from buildconfig/other via openshift/nodejs:18"]
    );
    assert_eq!(
        uses(&inventory, "ghcr.io/acme/other:1"),
        ["push buildconfig/other"]
    );
}

#[test]
fn the_clusters_own_registry_is_told_apart_and_seen_through() {
    let mut imported = tag("1", Some(image("DockerImage", "quay.io/acme/base:1", None)));
    imported.items.push(TagItem {
        image: format!("sha256:{}", "a".repeat(64)),
        docker_image_reference: "quay.io/acme/base@sha256:x".into(),
        generation: None,
        created: None,
    });
    let mut short = stream("shop", "base", vec![imported]);
    short.lookup_local = true;
    let digest = format!("registry.local:5000/shop/base@sha256:{}", "a".repeat(64));
    let inventory = World::new()
        .stream(short)
        .deployment("by-digest", &digest)
        .deployment("by-name", "base:1")
        .deployment(
            "pushed",
            "image-registry.openshift-image-registry.svc:5000/shop/out:1",
        )
        .take();
    let own = row(&inventory, "registry.local:5000");
    assert!(own.internal && !row(&inventory, "quay.io").internal);
    assert_eq!(own.users().len(), 1);
    assert_eq!(
        uses(&inventory, "quay.io/acme/base:1"),
        [
            "run deployment/by-digest via base:1",
            "run deployment/by-name via base:1",
            "import istag/base:1"
        ]
    );
    assert!(
        !inventory
            .registries
            .iter()
            .any(|row| row.name == "docker.io"),
        "a short name of a stream is not Docker Hub's"
    );
    let last = inventory.registries.last().unwrap();
    assert!(last.internal, "the cluster's own come last");
}

#[test]
fn an_image_that_is_none_is_a_problem_and_a_blank_one_of_a_trigger_is_not() {
    let mut blank = deployment("blank", " ");
    blank.image_triggers = Some("[]".into());
    let mut world = World::new().deployment("bad", "quay.io/Acme/App:1");
    part(&mut world.view.workloads).list.push(blank);
    assert_eq!(world.ids(), ["image-invalid deployment/bad"]);
}

#[test]
fn source_images_and_whole_repositories_count() {
    let mut with_sources = build(
        "app",
        image("DockerImage", "quay.io/a/base:1", None),
        image("DockerImage", "quay.io/a/out:1", None),
    );
    with_sources
        .source_images
        .push(crate::model::view::BuildSourceImage {
            from: image("DockerImage", "quay.io/a/tools:1", None),
            pull_secret: Some("tools".into()),
        });
    let mut whole = stream("shop", "all", Vec::new());
    whole.spec_repository = Some("quay.io/a/all".into());
    let world = World::new().build(with_sources).stream(whole);
    let inventory = world.take();
    let roles: Vec<Role> = row(&inventory, "quay.io")
        .images
        .iter()
        .flat_map(|image| image.uses.iter().map(|one| one.role))
        .collect();
    assert_eq!(
        roles,
        [Role::Imports, Role::BuildsFrom, Role::Pushes, Role::Copies]
    );
    assert_eq!(
        unseen_secrets(&world.view),
        [("shop".to_owned(), "tools".to_owned())]
    );
}
