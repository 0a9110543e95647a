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
    /// Whether the status says nothing of the import that the specification asks for: neither an image nor a reason. So it is
    /// for a moment, and for good where the import was refused as a whole, or nobody makes it (openshift-controller-manager
    /// `pkg/image/controller` `needsImport`: what has come of a tag counts by its generation).
    pub fn awaits_import(&self) -> bool {
        let imported = self
            .from
            .as_ref()
            .is_some_and(|from| from.kind == "DockerImage" && !self.is_reference);
        let answers = |generation: Option<i64>| match (generation, self.generation) {
            (Some(then), Some(now)) => then >= now,
            _ => true,
        };
        let items = self.items.iter().map(|item| item.generation);
        let conditions = self.conditions.iter().map(|condition| condition.generation);
        imported && !items.chain(conditions).any(answers)
    }

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
    fn a_tag_awaits_its_import_until_its_status_speaks_of_it() {
        let from = |kind: &str| {
            Some(BuildImage {
                kind: kind.into(),
                name: "quay.io/a/b:1".into(),
                namespace: None,
            })
        };
        let tag = |generation, items: &[i64]| StreamTag {
            generation,
            from: from("DockerImage"),
            items: items
                .iter()
                .map(|generation| TagItem {
                    image: "sha256:0".into(),
                    docker_image_reference: String::new(),
                    generation: Some(*generation),
                    created: None,
                })
                .collect(),
            ..StreamTag::default()
        };
        assert!(tag(Some(2), &[]).awaits_import());
        assert!(tag(None, &[]).awaits_import());
        assert!(tag(Some(3), &[2, 1]).awaits_import());
        assert!(!tag(Some(2), &[2, 1]).awaits_import());
        assert!(!tag(None, &[2]).awaits_import());
        let mut failed = tag(Some(2), &[]);
        failed.conditions.push(ImportCondition {
            status: false,
            reason: "Unauthorized".into(),
            message: String::new(),
            generation: Some(2),
            at: None,
        });
        assert!(!failed.awaits_import());
        failed.generation = Some(3);
        assert!(failed.awaits_import());
        let mut reference = tag(Some(2), &[]);
        reference.is_reference = true;
        assert!(!reference.awaits_import());
        let mut followed = tag(Some(2), &[]);
        followed.from = from("ImageStreamTag");
        assert!(!followed.awaits_import());
    }

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
