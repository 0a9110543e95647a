//! What is offered where.

use extreg_test_support::api::{Api, PodState, Rule, User, make};
use extreg_test_support::process::{Cmd, program_or_skip};
use serde_json::json;

use super::{answer, offers, parts, path};
use crate::kit::{Embedded, for_each_world, openshift4};

#[test]
fn verbs_flags_and_words_need_no_cluster() {
    let world = Embedded::kubernetes();
    let verbs = answer(&world, "");
    let (names, directive) = parts(&verbs);
    for verb in [
        "completion",
        "doctor",
        "explain",
        "link",
        "status",
        "undo",
        "unlink",
        "version",
    ] {
        assert!(names.contains(&verb), "{verb}: {names:?}");
    }
    assert!(!names.contains(&"__complete"));
    assert_eq!(directive, ":4");
    assert!(
        verbs.contains(&"version\tPrints the version".to_owned()),
        "{verbs:?}"
    );
    offers(&world, "expl", &["explain"]);
    offers(&world, "-n shop expl", &["explain"]);
    offers(
        &world,
        "link --reg",
        &[
            "--registry-ca",
            "--registry-config",
            "--registry-password-stdin",
            "--registry-token-stdin",
            "--registry-username",
        ],
    );
    offers(&world, "link --dry-r", &["--dry-run", "--dry-run="]);
    offers(&world, "link --dry-run=", &["client", "none", "server"]);
    offers(&world, "link --for p", &["pull", "pull,push", "push"]);
    offers(&world, "link --for=pu", &["pull", "pull,push", "push"]);
    offers(&world, "link -o", &["-o"]);
    offers(&world, "status -oj", &["-ojson"]);
    offers(&world, "explain auth.b", &["auth.bad-credentials"]);
    offers(
        &world,
        "doctor --platform linux/a",
        &["linux/amd64", "linux/arm64"],
    );
    offers(&world, "completion ba", &["bash"]);
    offers(&world, "link --context ", &["test"]);
    offers(&world, "--cluster=te", &["test"]);
    offers(&world, "explain --message ", &[]);
    offers(&world, "version x y ", &[]);
    let requests = world.api().requests();
    assert!(requests.is_empty(), "{requests:?}");
}

#[test]
fn files_and_folders_are_the_shells() {
    let world = Embedded::kubernetes();
    for (line, directive) in [
        ("link -a ", ":0"),
        ("link --registry-ca=", ":0"),
        ("--kubeconfig ./", ":0"),
        ("completion install --dir ", ":16"),
    ] {
        assert_eq!(answer(&world, line), [directive], "{line}");
    }
}

#[test]
fn names_come_from_the_namespace_of_the_line() {
    for_each_world(|world| {
        world.add_account("ci-builder");
        world.create(make::docker_secret(
            &world.namespace,
            "pull-one",
            "quay.io",
            "u",
            "p",
        ));
        world.create(make::dockercfg_secret(
            &world.namespace,
            "pull-two",
            "quay.io",
            "u",
            "p",
        ));
        world.create(json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "pull-no-login", "namespace": world.namespace},
        }));
        world.create(world.deployment("web-front", "quay.io/team/web:1.2"));
        let other = world.beside();
        other.add_account("ci-other");

        offers(world, "link -z ci-", &["ci-builder"]);
        offers(
            world,
            &format!("-n {} link -z ci-", other.namespace),
            &["ci-other"],
        );
        offers(
            world,
            &format!("link -z ci- --namespace={} -zci-", other.namespace),
            &["-zci-other"],
        );
        // Secrets with a login alone.
        offers(world, "link --from-secret pull-", &["pull-one", "pull-two"]);
        offers(world, "unlink pull-", &["pull-one", "pull-two"]);
        let elsewhere = format!("{}/pull-", world.namespace);
        offers(
            &other,
            &format!("link --from-secret {elsewhere}"),
            &[&format!("{elsewhere}one"), &format!("{elsewhere}two")],
        );
        offers(world, "link --for-workload deploy", &["deployment/"]);
        offers(
            world,
            "link --for-workload deployment/w",
            &["deployment/web-front"],
        );
        offers(world, "link --for-workload deploy/w", &["deploy/web-front"]);
        offers(world, "doctor secret/pull-o", &["secret/pull-one"]);
        offers(world, "doctor sa ci-", &["ci-builder"]);
        offers(
            world,
            &format!("status -n {}", other.namespace),
            &[&other.namespace],
        );
        // In a list, what is there already is not offered again.
        offers(
            world,
            &format!("link --namespaces {},{}", world.namespace, other.namespace),
            &[&format!("{},{}", world.namespace, other.namespace)],
        );
        offers(
            world,
            &format!("link --namespaces {0},{0}", world.namespace),
            &[],
        );
        assert!(
            world
                .cluster
                .api()
                .is_none_or(|api| api.writes().is_empty())
        );
    });
}

#[test]
fn images_and_registries_are_those_in_use() {
    for_each_world(|world| {
        let image = "registry.example.com:5000/team/web:1.2";
        world.add_pod("web-1", image, &PodState::running());
        world.add_pod("side-1", "quay.io/team/side:7", &PodState::running());
        offers(world, "doctor reg", &[image]);
        offers(world, "link --image quay", &["quay.io/team/side:7"]);
        offers(world, "link reg", &["registry.example.com:5000"]);
        offers(world, "doctor qu", &["quay.io/team/side:7"]);
        world.link("ghcr.io/team").success();
        offers(world, "unlink ghcr.io", &["ghcr.io/team"]);
    });
}

/// Of secrets only names and labels are sent, never a value.
#[test]
fn secrets_are_listed_without_their_content() {
    let world = Embedded::kubernetes();
    world.docker_secret("pull", "quay.io", "robot", "pa55word");
    world.api().clear_requests();
    offers(&world, "link --secret ", &["pull"]);
    let requests = world.api().requests();
    assert_eq!(requests.len(), 2, "{requests:?}");
    for request in requests {
        assert!(
            request
                .header("accept")
                .contains("as=PartialObjectMetadataList"),
            "{request:?}"
        );
        assert_eq!(request.parameter("limit").as_deref(), Some("500"));
        assert_eq!(request.status, 200);
    }
}

#[test]
fn openshift_has_streams_builds_and_projects() {
    let jane = User::new("jane").token("jane-token");
    let builder = Api::builder().tls().flavor(openshift4()).user(jane).allow(
        "jane",
        Rule::verb("list").on("projects.project.openshift.io"),
    );
    let world = Embedded::of(builder);
    world.create(make::image_stream(
        "shop",
        "base",
        "1.0",
        "quay.io/team/base:1.0",
    ));
    world.create(make::build_config(
        "shop",
        "app",
        "docker.io/library/golang:1",
        "ghcr.io/team/app:2",
    ));
    offers(&world, "doctor istag/b", &["istag/base:1.0"]);
    offers(&world, "doctor is ba", &["base"]);
    offers(&world, "doctor bc/", &["bc/app"]);
    offers(&world, "doctor g", &["ghcr.io/team/app:2"]);
    let answer_to_link = answer(&world, "link ");
    let (registries, _) = parts(&answer_to_link);
    assert_eq!(registries, ["docker.io", "ghcr.io", "quay.io"]);

    // Who may not list namespaces is shown the projects.
    world.api().add_namespace("janes-own");
    let config = world.api().kubeconfig_of("jane", "shop");
    world.sandbox.write("kubeconfig", config);
    offers(&world, "status -n jan", &["janes-own"]);
}

#[test]
fn verbs_of_builds_streams_and_workloads_are_offered_theirs() {
    let world = Embedded::openshift();
    world.create(make::image_stream(
        "shop",
        "base",
        "1.0",
        "quay.io/team/base:1.0",
    ));
    world.create(make::build_config(
        "shop",
        "app",
        "docker.io/library/golang:1",
        "ghcr.io/team/app:2",
    ));
    world.create(world.deployment("web", "quay.io/team/web:1.2"));
    offers(&world, "push-target ", &["app"]);
    offers(&world, "push-target bc/", &["bc/app"]);
    // Behind a BuildConfig there may be another one, or the image.
    offers(
        &world,
        "build-source app d",
        &["docker.io/library/golang:1"],
    );
    offers(&world, "push-target -l a=b g", &["ghcr.io/team/app:2"]);
    offers(&world, "push-target app --internal b", &["base:1.0"]);
    offers(
        &world,
        "-n other build-source app --to-stream shop/",
        &["shop/base:1.0"],
    );
    offers(&world, "import ba", &["base:1.0"]);
    offers(&world, "import base:1.0 q", &["quay.io/team/base:1.0"]);
    offers(&world, "import base:1.0 q --insecure=", &["false", "true"]);
    offers(&world, "use d", &["daemonset/", "dc/", "deployment/"]);
    offers(&world, "use deployment/", &["deployment/web"]);
    offers(&world, "use deploy/web quay.io/x -c ", &["app"]);
    offers(&world, "use deploy/web q --via-stream=b", &["base:1.0"]);
    offers(&world, "promote ista", &["istag/"]);
    offers(&world, "promote istag/", &["istag/base:1.0"]);
    offers(&world, "promote istag/base:1.0 g", &["ghcr.io/team/app:2"]);
    offers(&world, "trust gh", &["ghcr.io"]);
    offers(&world, "insecure quay", &["quay.io"]);
    assert_eq!(answer(&world, "trust quay.io --ca "), [":0"]);
}

#[test]
fn a_change_to_take_back_is_offered_with_what_it_was() {
    for_each_world(|world| {
        world.link("quay.io").success();
        let id = world.journal_files()[0]
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name")
            .to_owned();
        let answer_to_undo = answer(world, "undo 2");
        assert_eq!(parts(&answer_to_undo).0, [id.as_str()]);
        assert!(answer_to_undo[0].contains("\tlink: "), "{answer_to_undo:?}");
        world.run("undo").success();
        let later = answer(world, &format!("undo {id}"));
        assert!(parts(&later).0.is_empty(), "{later:?}");
    });
}

#[test]
fn this_machine_knows_registries_too() {
    let world = Embedded::kubernetes();
    world.sandbox.write(
        "run/containers/auth.json",
        r#"{"auths": {"registry.example.com:5000": {}, "https://index.docker.io/v1/": {}}, "credHelpers": {"x.azurecr.io": "acr"}}"#,
    );
    let answered = answer(&world, "link ");
    assert_eq!(
        parts(&answered).0,
        ["docker.io", "registry.example.com:5000", "x.azurecr.io"]
    );
    world
        .sandbox
        .write("own.json", r#"{"auths": {"own.example.com": {}}}"#);
    offers(&world, "link -a own.json ", &["own.example.com"]);
}

/// kubectl finds the script and passes everything on as it is.
#[test]
fn kubectl_and_oc_get_the_same_answer() {
    let world = Embedded::kubernetes();
    world.add_pod("web-1", "quay.io/team/web:1.2", &PodState::running());
    for client in ["kubectl", "oc"] {
        if !super::shells::client_or_skip(client, "asks for completion") {
            continue;
        }
        for line in [
            "",
            "-n shop doctor qu",
            "link --dry-run=c",
            "link --registry-ca=",
            "explain auth.sec",
        ] {
            // The first word after the plugin's name must not be a flag: kubectl completes that itself.
            if line.starts_with('-') {
                continue;
            }
            let output = Cmd::in_sandbox(client, world.sandbox.clone())
                .env("PATH", path())
                .env("KUBECONFIG", &world.kubeconfig)
                .env(super::PATIENT.0, super::PATIENT.1)
                .args(["__complete", "extreg"])
                .args(line.split(' '))
                .run()
                .success();
            let printed: Vec<String> = output.stdout.lines().map(str::to_owned).collect();
            assert_eq!(
                printed,
                answer(&world, line),
                "{client} {line}\n{}",
                output.stderr
            );
        }
    }
}

#[test]
fn the_script_speaks_for_itself() {
    if !program_or_skip("sh", "runs the script") {
        return;
    }
    let world = Embedded::kubernetes();
    for name in ["kubectl_complete-extreg", "oc_complete-extreg"] {
        let output = Cmd::in_sandbox(super::scripts().join(name), world.sandbox.clone())
            .env("PATH", path())
            .args(["explain", "auth.b"])
            .run()
            .success();
        output
            .prints("auth.bad-credentials\tthe registry refuses the user name and password\n:4\n");
        assert_eq!(output.stderr, "");
    }
}
