//! Whose a pod is, and which pod speaks for a workload.

use super::super::kit::*;
use super::*;
use crate::model::view::Workloads;

const IMAGE: &str = "registry.example.com/team/app:1";

fn in_view(pods: Vec<Pod>, workloads: Vec<Workload>) -> NamespaceView {
    NamespaceView {
        pods: Ok(pods),
        workloads: Ok(Workloads {
            list: workloads,
            unread: Vec::new(),
        }),
        ..view()
    }
}

#[test]
fn a_pod_is_known_by_what_people_wrote() {
    let workloads = vec![
        workload(kinds::DEPLOYMENT, "web", Vec::new()),
        workload(kinds::CRON_JOB, "nightly", Vec::new()),
    ];
    let view = in_view(Vec::new(), workloads);
    let known = Known::of(&view);
    let of_set = |name: &str| {
        let mut pod = owned("ReplicaSet", name, pod("p", Vec::new()));
        pod.labels
            .insert(TEMPLATE_HASH.to_owned(), "5f9c".to_owned());
        pod
    };
    let mut of_config = owned("ReplicationController", "app-3", pod("p", Vec::new()));
    of_config
        .labels
        .insert(DEPLOYMENT_CONFIG.to_owned(), "app".to_owned());
    let of = |kind: &str, name: &str| owned(kind, name, pod("p", Vec::new()));
    for (pod, wanted) in [
        (of_set("web-5f9c"), object(kinds::DEPLOYMENT, "web")),
        // Nobody's Deployment: the ReplicaSet is what people wrote.
        (of_set("api-5f9c"), object(kinds::REPLICA_SET, "api-5f9c")),
        (
            of("ReplicaSet", "web-5f9c"),
            object(kinds::REPLICA_SET, "web-5f9c"),
        ),
        (of_config, object(kinds::DEPLOYMENT_CONFIG, "app")),
        (
            of("Job", "nightly-29000000"),
            object(kinds::CRON_JOB, "nightly"),
        ),
        (
            of("Job", "nightly-test"),
            object(kinds::JOB, "nightly-test"),
        ),
        (
            of("Job", "weekly-29000000"),
            object(kinds::JOB, "weekly-29000000"),
        ),
        (of("StatefulSet", "db"), object(kinds::STATEFUL_SET, "db")),
        (of("DaemonSet", "agent"), object(kinds::DAEMON_SET, "agent")),
        (of("Build", "app-1"), object(kinds::POD, "p")),
        (pod("p", Vec::new()), object(kinds::POD, "p")),
    ] {
        assert_eq!(known.above(&pod), wanted);
    }
}

#[test]
fn pods_are_found_by_all_their_owners() {
    let mut web = owned("ReplicaSet", "web-5f9c", pod("web-5f9c-x", Vec::new()));
    web.labels
        .insert(TEMPLATE_HASH.to_owned(), "5f9c".to_owned());
    let view = in_view(
        vec![web],
        vec![workload(kinds::DEPLOYMENT, "web", Vec::new())],
    );
    let owners = Owners::of(&view);
    for name in [
        object(kinds::DEPLOYMENT, "web"),
        object(kinds::REPLICA_SET, "web-5f9c"),
        object(kinds::POD, "web-5f9c-x"),
    ] {
        assert_eq!(owners.pods(&name).len(), 1, "{name}");
    }
    assert!(owners.pods(&object(kinds::DEPLOYMENT, "api")).is_empty());
}

#[test]
fn the_newest_pod_of_the_current_template_speaks() {
    let web = workload(kinds::DEPLOYMENT, "web", vec![container("app", IMAGE)]);
    let made = |name: &str, second, image: &str| Pod {
        created: at(second),
        ..pod(name, vec![waiting("app", image)])
    };
    let pods = [
        made("old-template", 300, "registry.example.com/team/app:0"),
        made("first", 100, IMAGE),
        made("second", 200, IMAGE),
        Pod {
            deleting: true,
            ..made("leaving", 400, IMAGE)
        },
    ];
    let pods: Vec<&Pod> = pods.iter().collect();
    let (pod, own, more) = speaker(&web, &web.containers[0], &pods).unwrap();
    assert_eq!(
        (pod.name.as_str(), own.name.as_str(), more),
        ("second", "app", 1)
    );

    // A pod that has its image says nothing, and one with another list was made by another template.
    let runs = Pod {
        phase: "Running".to_owned(),
        ..made("runs", 500, IMAGE)
    };
    assert!(speaker(&web, &web.containers[0], &[&runs]).is_none());
    let own_list = Workload {
        pull_secrets: names(&["own"]),
        ..web.clone()
    };
    assert!(speaker(&own_list, &own_list.containers[0], &pods).is_none());
}

#[test]
fn an_image_that_admission_put_in_is_the_templates() {
    let web = workload(
        kinds::DEPLOYMENT,
        "web",
        vec![container("app", "app:latest")],
    );
    let with = |image: &str| pod("web", vec![waiting("app", image)]);
    assert!(is_current(&web, &with("registry.example.com/app@sha256:1")));
    assert!(is_current(&web, &with("app:latest")));
    assert!(!is_current(&web, &with("app:older")));
}
