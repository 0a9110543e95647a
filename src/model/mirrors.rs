//! Where a node really asks for an image, once the cluster has mirrors.
//!
//! `ImageDigestMirrorSet`, `ImageTagMirrorSet` and `ImageContentSourcePolicy` become, together with the lists of `image.config`, one
//! `registries.conf` on every node ([`RegistriesConf`]). [`places`] reads that file as containers/image does. Whether a place answers,
//! and with whose credentials it is asked, is for others to find out; what `policy.json` says is in [`crate::model::policy`].

mod order;
mod registries_conf;

pub use registries_conf::{BlockedBy, Entry, Match, Mirror, Problem, RegistriesConf};

/// An image in parts, as its reference names it after defaults are filled in (`docker.io`, `library/`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageLocation<'a> {
    /// Host and port as written.
    pub registry: &'a str,
    /// The path after it.
    pub repository: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest, with its algorithm. Where both are given nodes pull by digest and the tag no longer counts.
    pub digest: Option<&'a str>,
}

impl ImageLocation<'_> {
    /// `registry/repository`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// `:tag` or `@digest`; `:latest` when there is neither.
    pub fn suffix(&self) -> String {
        match (self.digest, self.tag) {
            (Some(digest), _) => format!("@{digest}"),
            (None, tag) => format!(":{}", tag.unwrap_or("latest")),
        }
    }
}

/// The kind of object that a rule comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleKind {
    /// For pulls by digest.
    ImageDigestMirrorSet,
    /// For pulls by digest, the older kind; it has no source policy.
    ImageContentSourcePolicy,
    /// For pulls by tag.
    ImageTagMirrorSet,
}

/// One element of `imageDigestMirrors`, `imageTagMirrors` or `repositoryDigestMirrors`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MirrorRule {
    /// The kind of the object.
    pub kind: RuleKind,
    /// The object's name.
    pub object: String,
    /// What is mirrored: a registry, a namespace or repository in it, or `*.domain`.
    pub source: String,
    /// Where the copies are, the first asked first.
    pub mirrors: Vec<String>,
    /// `mirrorSourcePolicy: NeverContactSource`.
    pub never_contact_source: bool,
}

/// A place that the node asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Host and port.
    pub registry: String,
    /// The path after it.
    pub repository: String,
    /// The whole reference, with tag or digest.
    pub reference: String,
    /// Whether this is a mirror, or where the reference itself points.
    pub is_mirror: bool,
    /// The entry of `insecureRegistries` that takes away verification here.
    pub insecure: Option<String>,
    /// Why the node refuses to ask here at all.
    pub blocked: Option<BlockedBy>,
}

/// A mirror whose location does not fit: the reference that comes out is none, and the whole pull fails.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "with the mirror {mirror} the reference becomes {reference}, which is not valid; write the mirror's source with its port"
)]
pub struct Unrewritable {
    /// The mirror.
    pub mirror: String,
    /// What comes out.
    pub reference: String,
}

/// The places that the node asks for the image, in its order: matching mirrors, then the source. A blocked place is listed and not
/// asked. The first one that has the image is used; where all fail, the error of the last is what is reported.
///
/// Source: containers/image `sysregistriesv2` `FindRegistry`, `Registry.PullSourcesFromReference`, and `docker` `newImageSource`,
/// `newDockerClient` (which asks for each place anew whether it is blocked).
pub fn places(
    conf: &RegistriesConf,
    image: &ImageLocation<'_>,
) -> Result<Vec<Place>, Unrewritable> {
    let (name, suffix) = (image.name(), image.suffix());
    let place = |reference: &str, is_mirror, insecure: Option<&String>| {
        let located = reference.strip_suffix(suffix.as_str()).unwrap_or(reference);
        let (registry, repository) = located.split_once('/').unwrap_or((located, ""));
        Place {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            reference: reference.to_owned(),
            is_mirror,
            insecure: insecure.cloned(),
            blocked: conf
                .find(located)
                .and_then(|(entry, _)| entry.blocked.clone()),
        }
    };
    let full = format!("{name}{suffix}");
    let Some((entry, _)) = conf.find(&name) else {
        return Ok(vec![place(&full, false, None)]);
    };
    let rest = registries_conf::match_prefix(&full, &entry.scope)
        .map_or("", |(length, _)| &full[length..]);
    let mut places = Vec::new();
    for mirror in entry
        .mirrors
        .iter()
        .filter(|mirror| mirror.by_digest == image.digest.is_some())
    {
        let reference = format!("{}{rest}", mirror.location);
        if !is_reference(&reference, &suffix) {
            return Err(Unrewritable {
                mirror: mirror.location.clone(),
                reference,
            });
        }
        places.push(place(&reference, true, mirror.insecure.as_ref()));
    }
    places.push(place(&full, false, entry.insecure.as_ref()));
    Ok(places)
}

/// Whether host, path and suffix can be a reference: a port where the path should be is what goes wrong.
fn is_reference(reference: &str, suffix: &str) -> bool {
    let located = reference.strip_suffix(suffix).unwrap_or(reference);
    let Some((host, path)) = located.split_once('/') else {
        return false;
    };
    let port = host.split_once(':').map(|(_, port)| port);
    !host.is_empty()
        && port
            .is_none_or(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()))
        && path
            .split('/')
            .all(|part| !part.is_empty() && !part.contains([':', '@']))
}

#[cfg(test)]
mod tests;
