//! Image streams: what they import and what came of it.

use jiff::Timestamp;

use super::BuildImage;

/// An image stream; the tags of its specification and of its status are put together by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageStream {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub resource_version: String,
    /// Where the integrated registry serves it (`status.dockerImageRepository`).
    pub repository: Option<String>,
    /// The same as it is reached from outside (`status.publicDockerImageRepository`).
    pub public_repository: Option<String>,
    /// A whole repository that it follows: the older `spec.dockerImageRepository`.
    pub spec_repository: Option<String>,
    /// Pods may name its tags as if they were images (`spec.lookupPolicy.local`).
    pub lookup_local: bool,
    /// `openshift.io/image.insecureRepository`: all its imports may go without TLS verification.
    pub insecure_annotation: bool,
    /// In order of name.
    pub tags: Vec<StreamTag>,
}

/// A tag of an image stream.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StreamTag {
    pub name: String,
    /// `None` for a tag that is pushed to.
    pub from: Option<BuildImage>,
    pub insecure: bool,
    /// It is imported again from time to time.
    pub scheduled: bool,
    /// `Legacy` or `PreserveOriginal`, where it is set.
    pub import_mode: Option<String>,
    /// `Source` or `Local`; `Source` where it is not set.
    pub reference_policy: String,
    /// It is only a name for `from`: nothing is imported.
    pub is_reference: bool,
    /// That of the specification.
    pub generation: Option<i64>,
    /// What was imported or pushed, newest first.
    pub items: Vec<TagItem>,
    /// What went wrong; a good import has none.
    pub conditions: Vec<ImportCondition>,
}

/// One image that a tag stood for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagItem {
    /// `sha256:...`.
    pub image: String,
    /// Where it is pulled from, with the digest.
    pub docker_image_reference: String,
    pub generation: Option<i64>,
    pub created: Option<Timestamp>,
}

/// `ImportSuccess` of a tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCondition {
    pub status: bool,
    /// `Unauthorized`, `NotFound`, `InternalError`, ...
    pub reason: String,
    /// Foreign text, not sanitised.
    pub message: String,
    pub generation: Option<i64>,
    pub at: Option<Timestamp>,
}

impl ImageStream {
    pub fn tag(&self, name: &str) -> Option<&StreamTag> {
        self.tags.iter().find(|tag| tag.name == name)
    }
}

impl StreamTag {
    /// Why the last import failed; `None` when it did not, or when the specification was changed since.
    pub fn failed_import(&self) -> Option<&ImportCondition> {
        self.conditions.iter().find(|condition| {
            !condition.status
                && match (condition.generation, self.generation) {
                    (Some(then), Some(now)) => then >= now,
                    _ => true,
                }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_until_the_tag_is_changed() {
        let condition = ImportCondition {
            status: false,
            reason: "Unauthorized".into(),
            message: String::new(),
            generation: Some(3),
            at: None,
        };
        let tag = |generation| StreamTag {
            generation,
            conditions: vec![condition.clone()],
            ..StreamTag::default()
        };
        assert!(tag(Some(3)).failed_import().is_some());
        assert!(tag(None).failed_import().is_some());
        assert!(tag(Some(4)).failed_import().is_none());
        assert!(StreamTag::default().failed_import().is_none());
    }
}
