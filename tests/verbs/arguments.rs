//! What people write for images, registries and namespaces, the same for every verb: put right and said, or refused with what was
//! meant.

use serde_json::{Value, json};

use crate::kit::{Embedded, World, for_each_openshift};
use extreg_test_support::api::make;

const CONFIG: &str = "buildconfig.build.openshift.io/app";

/// A namespace with a BuildConfig, its account, and a Deployment `web`.
fn furnish(world: &World) {
    let namespace = &world.namespace;
    if world.get("serviceaccounts", "builder").is_none() {
        world.add_account("builder");
    }
    world.create(make::build_config(
        namespace,
        "app",
        "registry.example.com/base:1",
        "",
    ));
    world.create(world.deployment("web", "registry.example.com/web:1"));
}

/// The verbs that write an image into an object, with the object and the place.
const WRITERS: [(&str, &str, &str, &str); 3] = [
    (
        "push-target app IMAGE",
        "buildconfigs",
        "app",
        "/spec/output/to/name",
    ),
    (
        "build-source app IMAGE",
        "buildconfigs",
        "app",
        "/spec/strategy/sourceStrategy/from/name",
    ),
    (
        "use deploy/web IMAGE",
        "deployments.apps",
        "web",
        "/spec/template/spec/containers/0/image",
    ),
];

#[test]
fn a_registry_is_written_in_lower_case() {
    for_each_openshift(|world| {
        furnish(world);
        for (line, resource, name, place) in WRITERS {
            let line = line.replace("IMAGE", "Registry.Example.COM:5000/team/app:V1");
            let output = world.run(&format!("{line} --skip-check")).success();
            output.says("Registry.Example.COM:5000 is written as registry.example.com:5000");
            let object = world.get(resource, name).expect("the object");
            assert_eq!(
                object.pointer(place),
                Some(&json!("registry.example.com:5000/team/app:V1")),
                "{line}"
            );
        }
    });
}

#[test]
fn a_registry_alone_is_no_image() {
    for_each_openshift(|world| {
        furnish(world);
        world.leave();
        for registry in [
            "10.0.0.7:5000",
            "10.0.0.7:5000/",
            "quay.io",
            "[fd00::1]:5000",
        ] {
            for line in [
                "push-target app IMAGE",
                "build-source app IMAGE",
                "use deploy/web IMAGE",
                "import app IMAGE",
                "promote quay.io/team/app:1 IMAGE",
                "promote IMAGE quay.io/team/app:1",
            ] {
                // There it means that the name of the BuildConfig follows.
                if line.starts_with("push-target") && registry.ends_with('/') {
                    continue;
                }
                let output = world.run(&line.replace("IMAGE", registry)).exits(2);
                output.says("names a registry and no repository");
            }
        }
        assert_eq!(world.journal_files().len(), 0);
    });
}

#[test]
fn an_image_is_no_registry() {
    let world = Embedded::openshift();
    for verb in ["insecure", "trust --ca ca.pem"] {
        for image in [
            "R.example.com:5000/team/app:1",
            "docker://r.example.com:5000/team/app:1",
            "https://r.example.com:5000/team/app@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            let output = world
                .run(&format!("{verb} {image} --yes --skip-check"))
                .exits(2);
            output.says("is an image, and a whole registry is named here");
            output.says("hint: did you mean r.example.com:5000?");
        }
        let output = world
            .run(&format!(
                "{verb} r.example.com:5000/team --yes --skip-check"
            ))
            .exits(2);
        output.says("hint: did you mean r.example.com:5000?");
    }
    // It asks for no credentials.
    let output = world
        .run("insecure r.example.com -a auth.json --skip-check --yes")
        .exits(2);
    output.says("unexpected argument '-a'");
    world.is_untouched();
}

#[test]
fn a_namespace_that_does_not_exist_is_said_to() {
    for_each_openshift(|world| {
        furnish(world);
        world.leave();
        let journal = world.journal_files();
        for line in [
            "push-target app quay.io/team/app:1",
            "push-target app --internal app:1",
            "build-source app quay.io/team/app:1",
            "use deploy/web quay.io/team/app:1",
            "use deploy/web quay.io/team/app:1 --create",
            "promote istag/app:1 quay.io/team/app:1",
            "link quay.io --for-workload deploy/web --registry-username a --registry-password-stdin --skip-check",
        ] {
            let output = world
                .cmd(&format!("{line} -n nowhere-at-all"))
                .stdin("secret\n")
                .run()
                .exits(1);
            output.says("there is no namespace \"nowhere-at-all\"");
        }
        let near = format!("{}x", world.namespace);
        let output = world
            .run(&format!("build-source app quay.io/team/app:1 -n {near}"))
            .exits(1);
        output.says("did you mean ");
        assert_eq!(world.journal_files(), journal);
    });
    let world = Embedded::openshift();
    let output = world
        .run("import app 127.0.0.1:1/team/app:1 -n nowhere-at-all")
        .exits(1);
    output.says("there is no namespace \"nowhere-at-all\"");
    let output = world
        .run("import app 127.0.0.1:1/team/app:1 -n shop --skip-check --dry-run=client")
        .success();
    output.says("it is made");
}

/// Who may not read namespaces is not told that there is none.
#[test]
fn a_namespace_that_may_not_be_read_is_taken_to_be_there() {
    for_each_openshift(|world| {
        world.limited(&[]);
        let output = world.run("push-target app quay.io/team/app:1").exits(1);
        output.says(&format!(
            "{CONFIG} not found in namespace {:?}",
            world.namespace
        ));
    });
}

#[test]
fn what_is_not_there_is_near_or_listed() {
    for_each_openshift(|world| {
        furnish(world);
        let namespace = &world.namespace;
        world.create(json!({
            "apiVersion": "image.openshift.io/v1", "kind": "ImageStream",
            "metadata": {"name": "base", "namespace": namespace},
            "spec": {"tags": [{"name": "stable", "from": {"kind": "DockerImage", "name": "quay.io/team/base:1"}}]},
        }));
        for (line, words) in [
            ("push-target ap quay.io/team/app:1", "did you mean app?"),
            ("push-target zzz quay.io/team/app:1", "there is app"),
            ("build-source ap quay.io/team/app:1", "did you mean app?"),
            ("build-source zzz quay.io/team/app:1", "there is app"),
            (
                "build-source app --to-stream bsae:stable",
                "did you mean base?",
            ),
            (
                "build-source app --to-stream base:stabel",
                "did you mean stable?",
            ),
            ("build-source app --to-stream base:zzz", "there is stable"),
            ("use deploy/wbe quay.io/team/app:1", "did you mean web?"),
            ("use deploy/zzz quay.io/team/app:1", "there is web"),
            (
                "promote istag/bsae:stable quay.io/team/app:1",
                "did you mean base?",
            ),
            (
                "promote istag/base:zzz quay.io/team/app:1",
                "there is stable",
            ),
        ] {
            let output = world.run(line).exits(1);
            assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
        }
        world.is_untouched();
    });
}

#[test]
fn a_short_name_may_be_the_tag_of_a_stream() {
    let world = Embedded::openshift();
    let output = world
        .run("promote app:1 127.0.0.1:1/team/app -a none.json")
        .exits(1);
    output.says(
        "app:1: taken for docker.io/library/app:1; the image stream's tag is written istag/app:1",
    );
    let output = world
        .run("promote team/app:1 127.0.0.1:1/team/app -a none.json")
        .exits(1);
    output.says("team/app:1: taken for docker.io/team/app:1");
    assert!(!output.stderr.contains("istag/team"), "{}", output.stderr);
}

#[test]
fn pods_are_said_to_be_replaced_where_they_are() {
    let world = Embedded::kubernetes();
    let workload = |kind: &str, name: &str, change: &dyn Fn(&mut Value)| {
        let mut object = world.deployment(name, "registry.example.com/web:1");
        object["kind"] = kind.into();
        if kind != "Deployment" {
            object["spec"]
                .as_object_mut()
                .expect("a spec")
                .remove("strategy");
        }
        change(&mut object["spec"]);
        world.create(object);
    };
    let on_delete = |spec: &mut Value| spec["updateStrategy"] = json!({"type": "OnDelete"});
    workload("Deployment", "web", &|_| {});
    workload("Deployment", "held", &|spec| spec["paused"] = true.into());
    workload("Deployment", "none", &|spec| spec["replicas"] = 0.into());
    workload("StatefulSet", "db", &|spec| {
        spec["serviceName"] = "db".into();
        on_delete(spec);
    });
    let replaced = "its pods are replaced";
    for (name, instead) in [
        ("deploy/web", replaced),
        ("deploy/held", "it is paused"),
        ("deploy/none", "image updated"),
        ("sts/db", "OnDelete"),
    ] {
        let output = world
            .run(&format!("use {name} quay.io/team/app:2 --skip-check"))
            .success();
        let all = format!("{}{}", output.stdout, output.stderr);
        assert!(all.contains(instead), "{all}");
        assert_eq!(all.contains(replaced), name == "deploy/web", "{all}");
    }
}

#[test]
fn a_build_config_is_named_as_clients_print_it() {
    for_each_openshift(|world| {
        furnish(world);
        for name in ["app", "bc/app", CONFIG, "buildconfigs/app"] {
            let line =
                format!("push-target {name} quay.io/team/app:1 --skip-check --dry-run=client");
            world.run(&line).success();
            let line =
                format!("build-source {name} quay.io/team/app:1 --skip-check --dry-run=client");
            world.run(&line).success();
        }
        world.is_untouched();
    });
}

#[test]
fn a_name_that_no_object_has_is_refused() {
    let world = Embedded::openshift();
    for line in [
        "push-target bc/ quay.io/team/app:1",
        "push-target App quay.io/team/app:1",
        "push-target a?b quay.io/team/app:1",
        "push-target bc/../x quay.io/team/app:1",
        "build-source bc/ quay.io/team/app:1",
        "build-source a?b quay.io/team/app:1",
        "use deploy/ quay.io/team/app:1",
        "use deploy/a?b quay.io/team/app:1",
        "use web? quay.io/team/app:1",
    ] {
        world.run(line).exits(2);
    }
    for words in [
        ["push-target", "", "quay.io/team/app:1"],
        ["build-source", "", "quay.io/team/app:1"],
        ["use", "", "quay.io/team/app:1"],
        ["import", "", "quay.io/team/app:1"],
        ["import", "app", ""],
        ["use", "deploy/web", ""],
        ["push-target", "app", ""],
        ["promote", "", "quay.io/team/app:1"],
        ["promote", "quay.io/team/app:1", ""],
    ] {
        world.cmd("").args(words).run().exits(2);
    }
    assert!(world.api().requests().is_empty());
}

#[test]
fn a_digest_is_not_scheduled() {
    let world = Embedded::openshift();
    let image = format!("127.0.0.1:1/team/app@sha256:{}", "0".repeat(64));
    for line in [
        format!("import app {image} --scheduled"),
        format!("use deploy/web {image} --via-stream=app:1 --scheduled"),
    ] {
        let output = world.run(&line).exits(2);
        output.says("--scheduled imports a tag again");
    }
    world.is_untouched();
}
