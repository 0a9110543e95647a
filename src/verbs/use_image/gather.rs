//! Reads what the plan needs: the workload, what owns it, the stream.

use std::fmt;

use super::target::{TagName, Target};
use crate::cluster::{Cluster, Kind, kinds};
use crate::error::Error;
use crate::plan::Object;
use crate::plan::use_image::Workload;
use crate::plan::use_image::owner::{self, Owner};
use crate::verbs::{namespaces, objects};

/// Owners of owners that are looked for: pod, ReplicaSet, Deployment, and what an operator made that of.
const MOST_OWNERS: usize = 4;

/// An image stream tag, and its stream where that is there.
#[derive(Debug, Clone)]
pub(super) struct Tag {
    pub stream: String,
    pub tag: String,
    pub seen: Option<Object>,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.stream, self.tag)
    }
}

/// Refuses where the cluster does not have what is asked for, by discovery.
pub(super) async fn require_served(
    cluster: &Cluster,
    kind: Kind,
    via_stream: bool,
) -> Result<(), Error> {
    if kind == kinds::DEPLOYMENT_CONFIG && !cluster.serves_resource(kind).await? {
        return Err(not_served(kind).hint(
            "the capability DeploymentConfig may be off, or this is no OpenShift; a Deployment works everywhere",
        ));
    }
    let stream = kinds::IMAGE_STREAM;
    if via_stream && !cluster.serves_resource(stream).await? {
        return Err(not_served(stream)
            .hint("without --via-stream the image is set directly, which works everywhere"));
    }
    Ok(())
}

fn not_served(kind: Kind) -> Error {
    Error::failure(format!(
        "this cluster does not serve {}: nothing was written",
        kind.resource_name()
    ))
}

/// The workload; `None` for one that is to be made.
pub(super) async fn workload(
    cluster: &Cluster,
    target: &Target,
    create: bool,
) -> Result<Option<Workload>, Error> {
    let reference = target.object(cluster);
    let found = cluster.get(&reference).await?.map(Object::new);
    let place = cluster.namespace();
    if create {
        if found.is_some() {
            return Err(Error::failure(format!(
                "{reference} exists already in namespace {place:?}"
            ))
            .hint("without --create it gets the image"));
        }
        let service = kinds::SERVICE.object(Some(place), &target.name);
        if cluster.get(&service).await?.is_some() {
            return Err(Error::failure(format!(
                "{service} exists already in namespace {place:?}, and the new workload would have one of that name"
            ))
            .hint("choose another name"));
        }
        namespaces::exists(cluster, place).await?;
        return Ok(None);
    }
    let Some(object) = found else {
        let error = objects::missing(cluster, &reference).await;
        return Err(
            if matches!(target.kind, kinds::DEPLOYMENT | kinds::DEPLOYMENT_CONFIG) {
                error.hint("--create makes it")
            } else {
                error
            },
        );
    };
    if let Some(owner) = owner::of(&object) {
        return Err(owned(cluster, target, owner).await);
    }
    Ok(Some(Workload {
        kind: target.kind,
        object,
    }))
}

/// The refusal of what a controller keeps as it is, with the one at the top of its owners.
async fn owned(cluster: &Cluster, target: &Target, direct: Owner) -> Error {
    let mut top = direct.clone();
    for _ in 0..MOST_OWNERS {
        let Some(kind) = top.known else { break };
        let object = cluster
            .get(&kind.object(Some(cluster.namespace()), &top.name))
            .await;
        // What may not be read is as far as this goes.
        let above = object.ok().flatten().map(Object::new);
        match above.as_ref().and_then(owner::of) {
            Some(owner) => top = owner,
            None => break,
        }
    }
    let error = Error::failure(format!(
        "{} belongs to {}, which makes it what it is: an image that is set here would not stay",
        target.argument(),
        direct.argument()
    ));
    match top.known {
        Some(_) => error.hint(format!("use {}", top.argument())),
        None => error.hint(format!(
            "{} {:?} decides the image: set it there, in the way that its operator documents",
            top.kind, top.name
        )),
    }
}

/// The stream of the tag.
pub(super) async fn tag(cluster: &Cluster, wanted: Option<TagName>) -> Result<Option<Tag>, Error> {
    let Some(TagName { stream, tag }) = wanted else {
        return Ok(None);
    };
    let reference = kinds::IMAGE_STREAM.object(Some(cluster.namespace()), &stream);
    let seen = cluster.get(&reference).await?.map(Object::new);
    Ok(Some(Tag { stream, tag, seen }))
}
