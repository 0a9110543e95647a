//! The words of the command line: the workload, the image, the tag of the stream.

use crate::cluster::{Cluster, Kind, ObjectRef, kinds};
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::naming;
use crate::plan::use_image::create;
use crate::ui::Ui;
use crate::verbs::arguments;

/// The kinds whose image can be set, or that people try, with what kubectl and oc call them.
const KINDS: [(Kind, &[&str]); 8] = [
    (kinds::DEPLOYMENT, &["deployment", "deployments", "deploy"]),
    (kinds::STATEFUL_SET, &["statefulset", "statefulsets", "sts"]),
    (kinds::DAEMON_SET, &["daemonset", "daemonsets", "ds"]),
    (kinds::CRON_JOB, &["cronjob", "cronjobs", "cj"]),
    (kinds::REPLICA_SET, &["replicaset", "replicasets", "rs"]),
    (kinds::POD, &["pod", "pods", "po"]),
    (kinds::JOB, &["job", "jobs"]),
    (
        kinds::DEPLOYMENT_CONFIG,
        &["deploymentconfig", "deploymentconfigs", "dc"],
    ),
];

/// The workload that was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    pub kind: Kind,
    pub name: String,
}

/// The tag that was named, or follows from the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TagName {
    pub stream: String,
    pub tag: String,
}

impl Target {
    pub(super) fn object(&self, cluster: &Cluster) -> ObjectRef {
        self.kind.object(Some(cluster.namespace()), &self.name)
    }

    /// `deployment/web`.
    pub(super) fn argument(&self) -> String {
        format!("{}/{}", self.kind.kind.to_ascii_lowercase(), self.name)
    }
}

/// `KIND/NAME`, also as `-o name` prints it (`deployment.apps/web`).
pub(super) fn parse(text: &str, create: bool, program: &str) -> Result<Target, Error> {
    let refuse = |words: String| {
        Error::usage(words).hint("for example deployment/web, sts/db, cronjob/report or dc/app")
    };
    let Some((word, name)) = text.split_once('/') else {
        let error = refuse(format!("a workload is written KIND/NAME, not {text:?}"));
        return Err(if naming::is_object_name(text) {
            error.hint(format!("did you mean deployment/{text}?"))
        } else {
            error
        });
    };
    let word = word.to_ascii_lowercase();
    let plain = word.split('.').next().unwrap_or_default();
    let Some((kind, _)) = KINDS.iter().find(|(_, words)| words.contains(&plain)) else {
        return Err(unknown(plain, name, program, refuse));
    };
    if !naming::is_object_name(name) && !create {
        return Err(refuse(format!("{text:?} names no workload")));
    }
    if create {
        if !matches!(*kind, kinds::DEPLOYMENT | kinds::DEPLOYMENT_CONFIG) {
            return Err(Error::usage(format!(
                "--create makes a Deployment or a DeploymentConfig, and no {}",
                kind.kind
            ))
            .hint(format!("deployment/{name} or dc/{name}; another kind needs more than an image says: make it, and then use it")));
        }
        if !create::is_app_name(name) {
            return Err(Error::usage(format!(
                "{name:?} is no name for a workload and its Service"
            ))
            .hint("at most 58 lower-case letters, digits and dashes, beginning with a letter"));
        }
    }
    Ok(Target {
        kind: *kind,
        name: name.to_owned(),
    })
}

fn unknown(word: &str, name: &str, program: &str, refuse: impl Fn(String) -> Error) -> Error {
    let error = refuse(format!("{word:?} is no kind of workload"));
    match word {
        "bc" | "buildconfig" | "buildconfigs" => error.hint(format!(
            "`{program} build-source {name} IMAGE` gives a build another base image"
        )),
        "is" | "imagestream" | "imagestreams" | "istag" => error.hint(format!(
            "`{program} import {name} IMAGE` imports an image into a stream"
        )),
        "rc" | "replicationcontroller" | "replicationcontrollers" => {
            error.hint("a DeploymentConfig makes it: use dc/NAME")
        }
        _ => {
            let words = KINDS.iter().flat_map(|(_, words)| *words);
            let near = words
                .map(|known| (strsim::osa_distance(word, known), *known))
                .min()
                .filter(|(distance, known)| *distance <= 2 && known.len() > 2);
            match near {
                Some((_, near)) => error.hint(format!("did you mean {near}/{name}?")),
                None => error,
            }
        }
    }
}

/// The image; what it was taken for is shown where that is more than was written.
pub(super) fn image(ui: &mut Ui, text: &str) -> Result<ImageReference, Error> {
    let image = arguments::image(ui, text)?;
    if !image.to_string().eq_ignore_ascii_case(text) {
        ui.status(format!("{text}: taken for {image}"));
    }
    Ok(image)
}

/// The tag of `--via-stream`: as it was named, and what was not named as the image has it.
pub(super) fn tag(given: Option<&str>, image: &ImageReference) -> Result<Option<TagName>, Error> {
    let Some(text) = given else {
        return Ok(None);
    };
    let (stream, tag) = match text.split_once(':') {
        Some((stream, tag)) => (stream, Some(tag)),
        None => (text, None),
    };
    let own = image.repository().rsplit('/').next().unwrap_or_default();
    let stream = if stream.is_empty() {
        own.replace("__", "-").replace('_', "-")
    } else {
        stream.to_owned()
    };
    let tag = tag.or(image.tag()).unwrap_or("latest").to_owned();
    if !naming::is_object_name(&stream) || ImageReference::parse(&format!("x:{tag}")).is_err() {
        return Err(
            Error::usage(format!("{stream}:{tag} is no image stream tag"))
                .hint("write --via-stream=STREAM:TAG, for example --via-stream=web:stable"),
        );
    }
    Ok(Some(TagName { stream, tag }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Result<Target, Error> {
        parse(text, false, "oc extreg")
    }

    #[test]
    fn kinds_go_by_their_usual_names() {
        for (text, kind) in [
            ("deploy/web", kinds::DEPLOYMENT),
            ("Deployment.apps/web", kinds::DEPLOYMENT),
            ("deployments.v1.apps/web", kinds::DEPLOYMENT),
            ("dc/web", kinds::DEPLOYMENT_CONFIG),
            ("cj/web", kinds::CRON_JOB),
            ("po/web", kinds::POD),
        ] {
            let target = named(text).expect(text);
            assert_eq!((target.kind, target.name.as_str()), (kind, "web"), "{text}");
        }
    }

    #[test]
    fn what_is_no_workload_has_a_hint() {
        for (text, word) in [
            ("web", "deployment/web"),
            ("deployement/web", "did you mean deployment/web?"),
            ("bc/app", "build-source app"),
            ("is/app", "import app"),
            ("rc/app-1", "dc/NAME"),
            ("deploy/", "for example"),
            ("deploy/a/b", "for example"),
        ] {
            let error = named(text).expect_err(text);
            assert_eq!(error.status(), 2, "{text}");
            let hints = error.hints().join("\n");
            assert!(hints.contains(word), "{text}: {hints}");
        }
    }

    #[test]
    fn only_two_kinds_are_made() {
        let refusal = parse("sts/db", true, "oc extreg").expect_err("no StatefulSet");
        assert!(refusal.message().contains("no StatefulSet"), "{refusal}");
        let refusal = parse("deploy/my.app", true, "oc extreg").expect_err("no Service's name");
        assert!(refusal.message().contains("no name"), "{refusal}");
        assert!(parse("dc/app", true, "oc extreg").is_ok());
    }

    #[test]
    fn the_tag_follows_from_the_image_where_it_is_not_named() {
        let of = |given: &str, image: &str| {
            let image = ImageReference::parse(image).expect("an image");
            let tag = tag(Some(given), &image).map(|tag| tag.expect("a tag"));
            tag.map(|tag| format!("{}:{}", tag.stream, tag.tag))
        };
        for (given, image, wanted) in [
            ("", "quay.io/team/my_app:1.2", "my-app:1.2"),
            ("", "quay.io/team/app", "app:latest"),
            ("web", "quay.io/team/app:1.2", "web:1.2"),
            ("web:prod", "quay.io/team/app:1.2", "web:prod"),
            (":prod", "quay.io/team/app:1.2", "app:prod"),
        ] {
            assert_eq!(of(given, image).expect(given), wanted);
        }
        for bad in ["Web", "web:", "web:a/b", "a/b"] {
            assert_eq!(of(bad, "quay.io/a/b:1").expect_err(bad).status(), 2);
        }
    }
}
