//! Pods, accounts and secrets as users meet them: what the cluster's objects make of a good or a bad secret.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome};
use extreg::doctor::evidence::{Check, SkipReason};
use extreg::doctor::target::TargetRef;
use extreg_test_support::api::{Api, Flavor, PodState, make};
use extreg_test_support::cluster::{Cluster, on_each_cluster};
use serde_json::{Value, json};

use crate::cluster::World;
use crate::kit::*;

/// What containerd says for most faults of credentials.
const UNAUTHORIZED: &str =
    "failed to pull and unpack image: failed with status code [manifests 1.0]: 401 Unauthorized";
/// What the kubelet says instead of all else where a secret does not decode.
const NOT_BASE64: &str = "illegal base64 data at input byte 0";

scenarios![
    a_key_that_lacks_the_port = pod(Cause::SecretKeyMismatch, |world| {
        world.linked(&world.secret("corp-pull", "127.0.0.1", ALICE));
    })
    .suggests(|_| "--from-secret corp-pull".to_owned())
    .mended(|world| world.mend(World::replace)),
    another_account_than_the_linked_one = staged(Cause::SecretNotLinked, |world| {
        let robot = make::service_account(&world.namespace, "robot");
        world.cluster.create(&robot);
        world.linked(&world.good_secret("corp-pull"));
        world.waits(|pod| pod["spec"]["serviceAccountName"] = json!("robot"));
    })
    .asks(Pods::doctor)
    .suggests(|_| "-z robot".to_owned())
    .mended(|world| world.mend(|_| {})),
    a_list_of_its_own = staged(Cause::SecretOverridden, |world| {
        world.linked(&world.good_secret("corp-pull"));
        world
            .cluster
            .create(&world.secret("stale", &world.registry.host(), MALLORY));
        world.waits(|pod| pod["spec"]["imagePullSecrets"] = json!([{"name": "stale"}]));
    })
    .asks(Pods::doctor)
    .shows(|world, result| {
        assert!(
            told(result).contains("its own list has stale"),
            "{}",
            told(result)
        );
        // Both are tried, and only the pod's own is what it would send.
        assert!(told(result).contains("corp-pull"), "{}", told(result));
        assert_eq!(result.subject.namespace(), Some(world.namespace.as_str()));
    })
    .mended(|world| world.mend(|_| {})),
    a_pod_older_than_the_link = staged(Cause::PodPredatesLink, |world| {
        world.waits(|_| {});
        world.linked(&world.good_secret("corp-pull"));
    })
    .asks(Pods::doctor)
    .mended(|world| world.mend(|_| {})),
    an_opaque_secret = pod(Cause::SecretWrongType, |world| {
        let mut secret = world.good_secret("corp-pull");
        secret["type"] = json!("Opaque");
        world.linked(&secret);
    })
    .mended(|world| world.mend(World::replace)),
    a_password_that_stayed_on_a_laptop = pod(Cause::SecretMalformed, |world| {
        let host = world.registry.host();
        let config = json!({"auths": {host: {}}, "credsStore": "desktop"});
        world.linked(&world.content(&config));
    })
    .says("credsStore leaves it to the credential helper \"desktop\"")
    .mended(|world| world.mend(World::replace)),
    // The same from a laptop where nothing else was logged in.
    a_password_that_left_no_trace = pod(Cause::SecretMalformed, |world| {
        let config = json!({"auths": {}, "credsStore": "desktop"});
        world.linked(&world.content(&config));
    })
    .says("credsStore leaves it to the credential helper \"desktop\"")
    .mended(|world| world.mend(World::replace)),
    a_secret_of_another_namespace = pod(Cause::SecretElsewhere, |world| {
        let other = world.cluster.namespace("other");
        let secret =
            make::docker_secret(&other, "theirs", &world.registry.host(), ALICE.0, ALICE.1);
        world.cluster.create(&secret);
    })
    .shows(|_, result| assert!(told(result).contains("/theirs"), "{}", told(result)))
    .mended(|world| world.mend(|world| world.linked(&world.good_secret("corp-pull")))),
    a_bad_entry_for_another_registry = staged(Cause::SecretMalformed, |world| {
        world.linked(&world.good_secret("good"));
        let broken = json!({"auths": {"other.example.com": {"auth": "%%%"}}});
        world.linked(&world.content(&broken));
        world.waits_with(NOT_BASE64, "", "team/app:1.0", |_| {});
    })
    .asks(Pods::doctor)
    .mended(|world| world.mend(World::replace)),
    a_node_whose_disk_is_full = staged(Cause::NodeRuntime, |world| {
        world.linked(&world.good_secret("corp-pull"));
        let words = "failed to pull and unpack image: failed to extract layer sha256:6b1f: write \
                     /var/lib/containerd/tmpmounts/containerd-mount1/usr/lib/libc.so.6: no space left on device: unknown";
        world.waits_with("ErrImagePull", words, "team/app:1.0", |_| {});
    })
    .asks(Pods::doctor)
    .likely()
    .says("fails, not the registry")
    .mended(|world| world.mend(|_| {})),
    a_secret_that_an_account_names = staged(Cause::SecretMissing, |world| world.link("corp-pull"))
        .asks(|world| world.look(&["sa/default"]))
        .mended(|world| drop(world.cluster.create(&world.good_secret("corp-pull")))),
    a_secret_with_a_stale_password = staged(Cause::BadCredentials, |world| {
        let secret = world.secret("corp-pull", &world.registry.host(), MALLORY);
        world.cluster.create(&secret);
    })
    .asks(|world| world.look(&["secret/corp-pull"]))
    .mended(|world| world.replace()),
    a_secret_whose_password_ends_in_a_line_end = staged(Cause::SecretMalformed, |world| {
        let password = format!("{}\n", ALICE.1);
        let secret = world.secret("corp-pull", &world.registry.host(), (ALICE.0, &password));
        world.cluster.create(&secret);
    })
    .asks(|world| world.look(&["secret/corp-pull"]))
    .likely()
    .mended(|world| world.replace()),
    a_secret_without_entries = staged(Cause::SecretMalformed, |world| {
        let config = json!({"auths": {}, "credsStore": "desktop"});
        world.cluster.create(&world.content(&config));
    })
    .asks(|world| world.look(&["secret/corp-pull"]))
    .says("credsStore leaves it to the credential helper \"desktop\"")
    .mended(|world| world.replace()),
    a_secret_of_no_use_as_one = staged(Cause::SecretWrongType, |world| {
        let mut secret = world.good_secret("corp-pull");
        secret["type"] = json!("Opaque");
        world.cluster.create(&secret);
    })
    .asks(|world| world.look(&["secret/corp-pull"]))
    .mended(|world| world.replace()),
];

/// A namespace with a pod `web` that wants an image of the private registry.
pub(crate) struct Pods(World);

impl std::ops::Deref for Pods {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

/// A world before its pod is made.
fn staged(cause: Cause, fault: impl Fn(&Pods) + 'static) -> Staged<Pods> {
    Scenario::on_each_cluster(cause, move |cluster| {
        let pods = Pods(World::on(cluster));
        fault(&pods);
        pods
    })
}

/// With this fault of the secrets, and a pod that was made after it.
fn pod(cause: Cause, fault: impl Fn(&World) + 'static) -> Faulty<Pods> {
    staged(cause, move |pods| {
        fault(pods);
        pods.waits(|_| {});
    })
    .asks(Pods::doctor)
}

impl Pods {
    /// `web` waits for its image, as it does for most faults.
    fn waits(&self, change: impl FnOnce(&mut Value)) {
        self.waits_with("ErrImagePull", UNAUTHORIZED, "team/app:1.0", change);
    }

    fn waits_with(
        &self,
        reason: &str,
        message: &str,
        image: &str,
        change: impl FnOnce(&mut Value),
    ) {
        let image = self.registry.image(image);
        let mut pod = make::pod(&self.namespace, "web", &image);
        change(&mut pod);
        let waiting = json!({"reason": reason, "message": message});
        pod["status"] = json!({
            "phase": "Pending",
            "containerStatuses": [{
                "name": "app", "image": image, "imageID": "", "ready": false, "restartCount": 0,
                "state": {"waiting": waiting},
            }],
        });
        let stored = self.cluster.create(&pod);
        let words = if message.is_empty() {
            format!("Error: {reason}")
        } else {
            format!("Failed to pull image {image:?}: {message}")
        };
        self.event(&stored, &words);
    }

    fn event(&self, pod: &Value, words: &str) {
        self.cluster.create(&json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"generateName": "web.", "name": "web.1", "namespace": self.namespace},
            "involvedObject": {
                "kind": "Pod", "namespace": self.namespace, "name": "web", "uid": pod["metadata"]["uid"],
                "apiVersion": "v1", "fieldPath": "spec.containers{app}",
            },
            "reason": "Failed", "message": words, "type": "Warning", "count": 3,
            "firstTimestamp": "2026-01-02T03:04:05Z", "lastTimestamp": "2026-01-02T03:04:05Z",
            "source": {"component": "kubelet"}, "reportingComponent": "kubelet", "reportingInstance": "",
        }));
    }

    /// The fault is mended and the pod made anew, which runs.
    fn mend(&self, mend: impl FnOnce(&World)) {
        mend(self);
        self.cluster.delete("pods", &self.namespace, "web");
        let image = self.registry.image("team/app:1.0");
        let mut pod = make::pod(&self.namespace, "web", &image);
        pod["status"] = json!({
            "phase": "Running",
            "containerStatuses": [{
                "name": "app", "image": image, "imageID": "sha256:1", "ready": true, "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}},
            }],
        });
        self.cluster.create(&pod);
    }

    fn doctor(&self) -> Doctor {
        self.look(&["pod/web"])
    }

    fn look(&self, words: &[&str]) -> Doctor {
        Doctor::at(words)
            .trust(self.ca.root_pem())
            .cluster(&self.cluster, &self.namespace)
    }
}

fn for_each_world(test: impl Fn(&Pods)) {
    on_each_cluster(|cluster| test(&Pods(World::on(cluster))));
}

/// `Pod web app`, `Secret corp-pull`.
fn target_of(result: &Diagnosis) -> String {
    match &result.subject.target {
        TargetRef::Image => "Image".to_owned(),
        TargetRef::Object { object, container } => {
            let words = [
                Some(object.kind.kind),
                Some(object.name.as_str()),
                container.as_deref(),
            ];
            words.into_iter().flatten().collect::<Vec<_>>().join(" ")
        }
    }
}

/// The node says "unauthorized", and the name is what is wrong.
#[test]
fn a_typo_behind_unauthorized() {
    for_each_world(|world| {
        world.linked(&world.good_secret("corp-pull"));
        world.waits_with("ErrImagePull", UNAUTHORIZED, "team/ap:1.0", |_| {});
        let result = one(world.doctor().run());
        let cause = result.cause().map(Cause::family);
        assert_eq!(cause, Some("location"), "{}", told(&result));
        let seen = result.observed().expect("the cluster's words");
        assert!(seen.message.contains("401"), "{seen:?}");
        assert!(result.is_misled_by(seen), "{}", told(&result));
    });
}

#[test]
fn every_container_is_asked_about_and_the_pod_is_the_target() {
    for_each_world(|world| {
        world.linked(&world.good_secret("corp-pull"));
        world.waits(|pod| {
            let image = world.registry.image("team/app:none");
            pod["spec"]["initContainers"] = json!([{"name": "setup", "image": image}]);
        });
        let report = world.doctor().run();
        let targets: Vec<_> = report.results.iter().map(target_of).collect();
        assert_eq!(targets, ["Pod web setup", "Pod web app"]);
        assert_eq!(report.results[0].cause(), Some(Cause::TagMissing));
    });
}

/// The pod that waits, the secret that nobody can read, and nothing that runs.
#[test]
fn without_a_target_all_that_fails_is_found() {
    for_each_world(|world| {
        let running = world.registry.image("team/app:1.0");
        let mut pod = make::pod(&world.namespace, "fine", &running);
        pod["status"] = json!({
            "phase": "Running",
            "containerStatuses": [{
                "name": "app", "image": running, "imageID": "sha256:1", "ready": true, "restartCount": 0,
                "state": {"running": {"startedAt": "2026-01-02T03:04:05Z"}},
            }],
        });
        world.cluster.create(&pod);
        let (report, remarks) = world.look(&[]).try_run().expect("a run");
        assert!(report.results.is_empty(), "{}", told(&report.results[0]));
        assert!(
            remarks[0].contains("nothing waits for an image"),
            "{remarks:?}"
        );

        let broken = json!({"auths": {"other.example.com": {"auth": "%%%"}}});
        world.linked(&world.content(&broken));
        world.waits_with(NOT_BASE64, "", "team/app:1.0", |_| {});
        let report = world.look(&[]).run();
        let found: Vec<_> = report
            .results
            .iter()
            .map(|result| (target_of(result), result.cause().map(Cause::id)))
            .collect();
        let malformed = Some("auth.secret-malformed");
        assert_eq!(
            found,
            [
                ("Pod web app".to_owned(), malformed),
                ("Secret corp-pull".to_owned(), malformed)
            ]
        );
    });
}

#[test]
fn with_all_namespaces_each_result_has_its_own() {
    // Only the embedded server has no other test's pods.
    let cluster = Cluster::embedded();
    let world = Pods(World::on(cluster));
    world.waits(|_| {});
    let other = world.cluster.namespace("other");
    let image = world.registry.image("team/app:1.0");
    let state = PodState::waiting("ErrImagePull", UNAUTHORIZED);
    world.cluster.add_pod(&other, "api", &image, &state);
    let good = make::docker_secret(&other, "good", &world.registry.host(), ALICE.0, ALICE.1);
    world.cluster.create(&good);
    let report = world.look(&[]).everywhere().run();
    let mut found: Vec<_> = report
        .results
        .iter()
        .map(|result| {
            let namespace = result.subject.namespace().expect("a namespace").to_owned();
            (namespace, target_of(result), result.cause().map(Cause::id))
        })
        .collect();
    found.sort();
    let mut wanted = [
        (
            other,
            "Pod api app".to_owned(),
            Some("auth.secret-not-linked"),
        ),
        (
            world.namespace.clone(),
            "Pod web app".to_owned(),
            Some("auth.secret-elsewhere"),
        ),
    ];
    wanted.sort();
    assert_eq!(found, wanted);
}

#[test]
fn labels_choose_among_pods() {
    for_each_world(|world| {
        world.waits(|pod| pod["metadata"]["labels"]["tier"] = json!("front"));
        let found = |labels: &str, words: &[&str]| {
            let report = world.look(words).selecting(labels).run();
            report.results.iter().map(target_of).collect::<Vec<_>>()
        };
        assert_eq!(found("tier=front", &["pods"]), ["Pod web app"]);
        assert_eq!(found("tier=front", &[]), ["Pod web app"]);
        assert!(found("tier=back", &["pods"]).is_empty());
        assert!(found("tier=back", &[]).is_empty());
    });
}

/// Pods of one Deployment are one result, and the Deployment is whose it is.
#[test]
fn the_pods_of_a_workload_are_one_result() {
    let cluster = Cluster::embedded();
    let world = Pods(World::on(cluster));
    let api = world.cluster.api().expect("the embedded server");
    let image = world.registry.image("team/app:1.0");
    let failed = image.clone();
    api.on_pod(move |_| PodState::pull_failed(&failed, UNAUTHORIZED));
    let mut web = make::deployment(&world.namespace, "web", &image);
    web["spec"]["replicas"] = json!(3);
    world.cluster.create(&web);
    api.roll_out();
    for words in [&[][..], &["deploy/web"], &["deploy"]] {
        let report = world.look(words).run();
        let targets: Vec<_> = report.results.iter().map(target_of).collect();
        assert_eq!(targets, ["Deployment web app"], "{words:?}");
        let told = told(&report.results[0]);
        assert!(told.contains("and 2 more like it"), "{told}");
        assert_eq!(
            report.results[0].cause(),
            Some(Cause::NoCredentials),
            "{told}"
        );
    }
    // The link comes too late for these pods: it is they that have to be made anew.
    world.linked(&world.good_secret("corp-pull"));
    let late = one(world.look(&["deploy/web"]).run());
    assert_eq!(
        late.cause(),
        Some(Cause::PodPredatesLink),
        "{}",
        told(&late)
    );
}

#[test]
fn a_workload_without_pods_is_judged_by_its_template() {
    for_each_world(|world| {
        let image = world.registry.image("team/app:1.0");
        let mut job = make::cron_job(&world.namespace, "nightly", &image);
        world.cluster.create(&job);
        let result = one(world.look(&["cj/nightly"]).run());
        assert_eq!(
            result.cause(),
            Some(Cause::NoCredentials),
            "{}",
            told(&result)
        );
        world.linked(&world.good_secret("corp-pull"));
        world.look(&["cj/nightly"]).healthy();

        // An account that is not there has no secrets, and no pod is made as it.
        job["metadata"]["name"] = json!("orphan");
        job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["serviceAccountName"] =
            json!("gone");
        world.cluster.create(&job);
        let result = one(world.look(&["cj/orphan"]).run());
        assert_eq!(result.outcome(), Outcome::Undetermined, "{}", told(&result));
        assert!(
            told(&result).contains("does not exist"),
            "{}",
            told(&result)
        );
    });
}

#[test]
fn an_object_that_does_not_exist_ends_the_run() {
    for_each_world(|world| {
        world.waits(|_| {});
        for (word, said) in [
            ("pod/wbe", "pods \"wbe\" not found"),
            ("deploy/web", "deployments.apps \"web\" not found"),
            ("sa/robot", "serviceaccounts \"robot\" not found"),
            ("secret/none", "secrets \"none\" not found"),
        ] {
            let why = world.look(&[word]).try_run().map(|_| ()).unwrap_err();
            assert!(why.contains(said), "{word}: {why}");
        }
    });
}

/// A right that is missing costs what it would have shown, and is named.
#[test]
fn missing_rights_cost_evidence_and_not_the_run() {
    const READ: &[&str] = &["get", "list"];
    for_each_world(|world| {
        world.linked(&world.secret("corp-pull", "127.0.0.1", ALICE));
        world.waits(|_| {});
        let limited = |words: &[&str]| {
            world
                .look(words)
                .limited(&world.cluster, &world.namespace)
                .run()
        };
        let skipped = |result: &Diagnosis, check: Check| {
            result
                .evidence
                .of(check)
                .any(|(_, item)| item.skip_reason == Some(SkipReason::Forbidden))
        };
        // Nothing may be read: that is a result, and no good one.
        for words in [&["pod/web"][..], &[]] {
            let result = one(limited(words));
            assert_eq!(result.outcome(), Outcome::Undetermined, "{}", told(&result));
            assert!(told(&result).contains("no right to"), "{}", told(&result));
        }
        world.cluster.grant(&world.namespace, READ, "pods");
        let result = one(limited(&["pod/web"]));
        assert_eq!(result.outcome(), Outcome::Undetermined, "{}", told(&result));
        assert!(skipped(&result, Check::Credentials), "{}", told(&result));
        assert!(skipped(&result, Check::Observed), "{}", told(&result));
        // With the one secret that the pod names there is a verdict, though others may be unseen.
        world.cluster.grant(&world.namespace, &["get"], "secrets");
        let result = one(limited(&["pod/web"]));
        assert_eq!(
            result.cause(),
            Some(Cause::SecretKeyMismatch),
            "{}",
            told(&result)
        );
        assert!(skipped(&result, Check::Wiring), "{}", told(&result));
    });
}

/// Where the other namespaces may not be read, that is said, and the verdict is what is known.
#[test]
fn other_namespaces_that_may_not_be_read() {
    const READ: &[&str] = &["get", "list"];
    for_each_world(|world| {
        world.waits(|_| {});
        for resource in ["pods", "events", "secrets", "serviceaccounts"] {
            world.cluster.grant(&world.namespace, READ, resource);
        }
        let result = one(world
            .look(&["pod/web"])
            .limited(&world.cluster, &world.namespace)
            .run());
        assert_eq!(
            result.cause(),
            Some(Cause::NoCredentials),
            "{}",
            told(&result)
        );
        let wiring = result.evidence.of(Check::Wiring);
        let told_so = wiring
            .into_iter()
            .any(|(_, item)| item.skip_reason == Some(SkipReason::Forbidden));
        assert!(told_so, "{}", told(&result));
    });
}

/// Secrets of other registries are none of the report's business.
#[test]
fn every_entry_of_a_secret_is_tried() {
    for_each_world(|world| {
        let host = world.registry.host();
        let port = world.registry.port();
        let config = json!({"auths": {
            host.as_str(): make::docker_entry(ALICE.0, ALICE.1),
            format!("localhost:{port}"): make::docker_entry(MALLORY.0, MALLORY.1),
            "*.example.com": make::docker_entry("a", "b"),
        }});
        world.cluster.create(&world.content(&config));
        let (report, remarks) = world.look(&["secret/corp-pull"]).try_run().expect("a run");
        let mut found: Vec<_> = report
            .results
            .iter()
            .map(|result| (result.subject.text.clone(), result.cause().map(Cause::id)))
            .collect();
        found.sort();
        assert_eq!(
            found,
            [
                (host, None),
                (format!("localhost:{port}"), Some("auth.bad-credentials"))
            ]
        );
        assert!(
            remarks.iter().any(|words| words.contains("*.example.com")),
            "{remarks:?}"
        );
    });
}

/// Imports and builds that failed over an image; what has been put right since is history.
#[test]
fn failed_imports_and_builds_are_found() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        })
        .tls()
        .start();
    let world = Pods(World::on(Cluster::Embedded(api)));
    let image = world.registry.image("team/app:1.0");
    let mut stream = make::image_stream(&world.namespace, "app", "1.0", &image);
    stream["status"] = json!({"tags": [{"tag": "1.0", "items": [], "conditions": [{
        "type": "ImportSuccess", "status": "False", "reason": "Unauthorized",
        "message": "you may not have access to the container image", "generation": 2,
        "lastTransitionTime": "2026-01-02T03:04:05Z",
    }]}]});
    let api = world.cluster.api().expect("the embedded server");
    let build = |name: &str, created: &str, phase: &str, reason: &str| {
        json!({
            "apiVersion": "build.openshift.io/v1", "kind": "Build",
            "metadata": {
                "name": name, "namespace": world.namespace, "uid": name, "creationTimestamp": created,
                "labels": {"openshift.io/build-config.name": name.split('-').next()},
            },
            "spec": {
                "serviceAccount": "builder",
                "strategy": {"type": "Source", "sourceStrategy": {
                    "from": {"kind": "DockerImage", "name": image}}},
                "output": {"to": {"kind": "DockerImage", "name": image}, "pushSecret": {"name": "push"}},
            },
            "status": {"phase": phase, "reason": reason, "outputDockerImageReference": image},
        })
    };
    api.seed([
        stream,
        build(
            "app-1",
            "2026-01-02T03:04:05Z",
            "Failed",
            "PushImageToRegistryFailed",
        ),
        build(
            "web-1",
            "2026-01-02T03:04:05Z",
            "Failed",
            "PullBuilderImageFailed",
        ),
        build("web-2", "2026-01-03T03:04:05Z", "Complete", ""),
        build("job-1", "2026-01-02T03:04:05Z", "Failed", "AssembleFailed"),
    ]);
    let found = |report: &extreg::doctor::diagnosis::Report| {
        let mut found: Vec<_> = report
            .results
            .iter()
            .map(|result| {
                format!(
                    "{} of {}",
                    result.subject.operation.word(),
                    target_of(result)
                )
            })
            .collect();
        found.sort();
        found
    };
    let wanted = ["import of ImageStreamTag app:1.0", "push of Build app-1"];
    assert_eq!(found(&world.look(&[]).run()), wanted);
    assert_eq!(found(&world.look(&[]).everywhere().run()), wanted);
    let named = world.look(&["istag/app:1.0", "build/app-1"]).run();
    assert_eq!(found(&named), wanted);
    let why = world
        .look(&["istag/app:2.0"])
        .try_run()
        .map(|_| ())
        .unwrap_err();
    assert!(why.contains("\"app:2.0\" not found"), "{why}");
}
