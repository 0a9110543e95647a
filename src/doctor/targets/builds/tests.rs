//! Which step of a build failed, and whether that is still so.

use super::*;
use crate::doctor::evidence::ObservedFact;
use crate::doctor::targets::build_configs;
use crate::doctor::targets::ground::kit::*;
use crate::model::dockerfile::Dockerfile;
use crate::model::view::{BuildConfig, BuildSourceImage, DockerfileOf};

const DENIED: &str = "error: build error: Failed to push image: trying to reuse blob sha256:1 at destination: \
     checking whether a blob exists in registry.example.com/team/app: unauthorized: authentication required";
const NOT_PULLED: &str = "error: build error: failed to pull image: After retrying 2 times, Pull image still failed \
     due to error: unable to retrieve auth token: invalid username/password: unauthorized";

fn seen(ask: &Ask) -> Vec<&ObservedFact> {
    ask.facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Observed(seen) => Some(seen.as_ref()),
            _ => None,
        })
        .collect()
}

fn failed(number: i64, reason: &str, log: &str) -> Build {
    Build {
        log_snippet: log.to_owned(),
        message: "Generic Build failure - check logs for details.".into(),
        ..build(number, "Failed", reason)
    }
}

#[test]
fn the_reason_tells_the_step() {
    for (reason, log, operations) in [
        ("PullBuilderImageFailed", "", &[Operation::Pull][..]),
        ("PushImageToRegistryFailed", "", &[Operation::Push][..]),
        // The words do where the reason does not.
        ("GenericBuildFailed", NOT_PULLED, &[Operation::Pull][..]),
        ("DockerBuildFailed", NOT_PULLED, &[Operation::Pull][..]),
        ("GenericBuildFailed", DENIED, &[Operation::Push][..]),
        // Nothing tells.
        (
            "GenericBuildFailed",
            "make: *** [all] Error 2",
            &[Operation::Pull, Operation::Push][..],
        ),
    ] {
        let one = failed(1, reason, log);
        let found = Kit::new()
            .build(one.clone())
            .on(|ground| asks(ground, &one, None));
        let asked: Vec<Operation> = found.iter().map(|ask| ask.operation).collect();
        assert_eq!(asked, operations, "{reason}: {log}");
    }
}

#[test]
fn source_images_have_a_step_of_their_own() {
    let mut one = failed(1, "FetchImageContentFailed", "");
    one.source_images = vec![BuildSourceImage {
        from: docker_image("quay.io/lib/lib:1"),
        pull_secret: Some("lib-pull".into()),
    }];
    let found = Kit::new()
        .build(one.clone())
        .on(|ground| asks(ground, &one, None));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].text, "quay.io/lib/lib:1");
    assert_eq!(wired(&found[0]).1, ["lib-pull"]);
    assert_eq!(
        secrets_named(&one),
        [("shop".to_owned(), "lib-pull".to_owned())]
    );
}

#[test]
fn the_words_of_the_log_stand_with_the_step() {
    let one = failed(1, "PushImageToRegistryFailed", DENIED);
    let found = Kit::new()
        .build(one.clone())
        .on(|ground| asks(ground, &one, None));
    let said = seen(&found[0]);
    assert_eq!(said.len(), 1, "{said:?}");
    assert_eq!(
        (said[0].source, said[0].current, said[0].points_at),
        (ObservedSource::Log, true, "auth")
    );
    // The end of the log, where it was read, says more than the snippet.
    let longer = format!(
        "STEP 1\n{}",
        DENIED.replace("unauthorized: authentication required", "denied: no push")
    );
    let found = Kit::new()
        .build(one.clone())
        .on(|ground| asks(ground, &one, Some(&longer)));
    assert!(
        seen(&found[0])[0].message.contains("denied"),
        "{:?}",
        seen(&found[0])
    );
}

#[test]
fn a_later_build_makes_a_failure_history() {
    let old = failed(1, "PushImageToRegistryFailed", DENIED);
    let new = build(2, "Complete", "");
    let kit = || Kit::new().build(old.clone()).build(new.clone());
    kit().on(|ground| {
        assert!(failing(ground).is_empty());
        // Asked for by name it is still looked at, as history.
        let named = asks(ground, &old, None);
        assert!(!seen(&named[0])[0].current);
        let mut config = build_config("Source");
        config.output.clone_from(&old.output);
        let of_config = build_configs::asks(ground, &config);
        assert!(seen(&of_config[0]).is_empty());
    });
    let again = failed(3, "PullBuilderImageFailed", NOT_PULLED);
    kit().build(again).on(|ground| {
        let found = failing(ground);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].operation, Operation::Pull);
        assert!(seen(&found[0])[0].current);
    });
}

#[test]
fn only_failures_about_images_are_swept_up() {
    for (one, wanted) in [
        (
            failed(1, "GenericBuildFailed", "make: *** [all] Error 2"),
            0,
        ),
        (failed(1, "OutOfMemoryKilled", ""), 0),
        (failed(1, "GenericBuildFailed", DENIED), 1),
        (build(1, "Running", ""), 0),
        (build(1, "Pending", "MissingPushSecret"), 1),
    ] {
        let reason = one.reason.clone();
        let found = Kit::new().build(one).on(failing);
        assert_eq!(found.len(), wanted, "{reason}");
    }
}

#[test]
fn a_build_keeps_the_secrets_that_were_found_for_it() {
    let mut one = build(1, "Complete", "");
    one.push_secret = Some("push".into());
    let found = Kit::new()
        .secret("push", "registry.example.com")
        .secret("pull", "registry.example.com")
        .account("builder", &["push"], &["pull"])
        .build(one.clone())
        .on(|ground| asks(ground, &one, None));
    // For a build that is made the API server does not look any more; the build controller does.
    assert_eq!(wired(&found[0]).1, ["pull"]);
    assert_eq!(wired(&found[1]).1, ["push"]);
}

#[test]
fn strategies_differ_in_who_pulls() {
    let mut config = build_config("Custom");
    config.from = Some(docker_image("registry.example.com/builder:1"));
    config.pull_secret = Some("own".into());
    let kit = || {
        Kit::new()
            .account("builder", &[], &["pull"])
            .secret("pull", "registry.example.com")
    };
    let found = kit().on(|ground| build_configs::asks(ground, &config));
    assert_eq!(
        found[0].consumer,
        Consumer::ServiceAccount {
            namespace: "shop".into(),
            name: "builder".into()
        }
    );
    assert_eq!(wired(&found[0]).1, ["pull"]);
    config.strategy = "JenkinsPipeline".into();
    assert!(
        kit()
            .on(|ground| build_configs::asks(ground, &config))
            .is_empty()
    );
    // A Dockerfile that is elsewhere is not read, and that is said.
    let mut docker = build_config("Docker");
    let why = |config: &BuildConfig| {
        let found = kit().on(|ground| build_configs::asks(ground, config));
        match &found[0].not_asked {
            Some(NotAsked::Unresolved(why)) => why.clone(),
            _ => notes(&found[0]),
        }
    };
    assert!(why(&docker).contains("comes with its source and was not read"));
    docker.dockerfile = DockerfileOf::Git;
    assert!(why(&docker).contains("in git and was not read"));
    docker.from = Some(docker_image("registry.example.com/base:1"));
    assert!(why(&docker).contains("other FROM lines than the last"));
    docker.from = None;
    docker.output = Some(docker_image("registry.example.com/team/app:1"));
    assert!(why(&docker).contains("the images of its FROM lines are not looked at"));
}

fn inline(text: &str) -> BuildConfig {
    let mut config = build_config("Docker");
    let file = Dockerfile::read(text, &std::collections::BTreeMap::new(), &[]);
    config.dockerfile = DockerfileOf::Inline(Box::new(file));
    config
}

const STAGES: &str = "FROM registry.example.com/golang:1 AS build\nFROM registry.example.com/ubi:9\nCOPY --from=build /x /x\n";

#[test]
fn an_inline_dockerfile_has_the_images_of_its_stages() {
    let kit = || Kit::new().account("builder", &[], &[]);
    let images = |config: &BuildConfig| -> Vec<String> {
        kit()
            .on(|ground| build_configs::asks(ground, config))
            .into_iter()
            .map(|ask| ask.text)
            .collect()
    };
    let mut config = inline(STAGES);
    let (golang, ubi) = (
        "registry.example.com/golang:1",
        "registry.example.com/ubi:9",
    );
    assert_eq!(images(&config), [golang, ubi]);
    // The strategy's image takes the place of the last one.
    config.from = Some(docker_image("registry.example.com/base:1"));
    assert_eq!(images(&config), [golang, "registry.example.com/base:1"]);
    // Nothing is pulled for stages of nothing.
    let empty = inline("FROM scratch\nCOPY . /\n");
    assert_eq!(images(&empty), Vec::<String>::new());
    let open = inline("FROM registry.example.com/ubi:$TARGETARCH\n");
    let found = kit().on(|ground| build_configs::asks(ground, &open));
    assert!(
        matches!(&found[0].not_asked, Some(NotAsked::Unresolved(why)) if why.contains("$TARGETARCH"))
    );
}

#[test]
fn the_images_of_a_dockerfile_share_the_secret_of_the_strategy() {
    let kit = || {
        Kit::new()
            .secret("base", "registry.example.com")
            .secret("golang", "golang.example.com")
            .account("builder", &["base", "golang"], &["base", "golang"])
    };
    let mut config =
        inline("FROM golang.example.com/go:1 AS build\nFROM registry.example.com/ubi:9\n");
    // Nobody looks by the names in a Dockerfile: the first docker secret of the account is taken.
    let found = kit().on(|ground| build_configs::asks(ground, &config));
    for ask in &found {
        assert_eq!(wired(ask).1, ["base"], "{}", ask.text);
    }
    config.from = Some(docker_image("golang.example.com/ubi:9"));
    let found = kit().on(|ground| build_configs::asks(ground, &config));
    for ask in &found {
        assert_eq!(wired(ask).1, ["golang"], "{}", ask.text);
    }
}

#[test]
fn words_about_one_image_of_a_dockerfile_are_about_no_other() {
    let log = "error: build error: failed to pull image: initializing source docker://registry.example.com/base:1: \
         reading manifest 1 in registry.example.com/base: unauthorized: authentication required";
    let mut build = failed(3, "PullBuilderImageFailed", log);
    build.strategy = "Docker".into();
    build.from = None;
    let text = "FROM registry.example.com/other:1 AS a\nFROM registry.example.com/base:1\n";
    let file = Dockerfile::read(text, &std::collections::BTreeMap::new(), &[]);
    build.dockerfile = DockerfileOf::Inline(Box::new(file));
    let found = Kit::new()
        .account("builder", &[], &[])
        .build(build.clone())
        .on(|ground| super::asks(ground, &build, None));
    let texts: Vec<&str> = found.iter().map(|ask| ask.text.as_str()).collect();
    assert_eq!(texts, ["registry.example.com/base:1"]);
}

#[test]
fn an_output_in_the_integrated_registry_has_no_push_to_look_at() {
    let mut config = build_config("Source");
    config.from = Some(docker_image("registry.example.com/base:1"));
    config.output = Some(stream_tag("app:latest"));
    let kit = || Kit::new().account("builder", &[], &[]);
    let found = kit()
        .stream(stream("app", Vec::new()))
        .on(|ground| build_configs::asks(ground, &config));
    assert_eq!(found.len(), 1);
    assert!(notes(&found[0]).contains("in the integrated registry"));
    let found = kit().on(|ground| build_configs::asks(ground, &config));
    assert!(notes(&found[0]).contains("which does not exist: no build starts"));
}
