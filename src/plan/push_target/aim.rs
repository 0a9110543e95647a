//! Where builds are to push, as the user wrote it for one BuildConfig or for several: an image, or an image stream tag of the
//! integrated registry.
//!
//! `{name}` stands for the BuildConfig's name, and a text that ends in `/` means `{name}` behind it. Reads texts only.

use std::fmt;

use crate::model::image::{ImageReference, ReferenceError};

/// What stands for the name of the BuildConfig.
pub const PLACEHOLDER: &str = "{name}";
/// A name that fits everywhere, for checking a pattern before any BuildConfig is known.
const STAND_IN: &str = "name";
/// Before a stream and its tag, so that the grammar of images can read them.
const NOWHERE: &str = "integrated.invalid";

/// What the user wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aim {
    pattern: String,
    internal: bool,
}

/// Where one BuildConfig is to push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Goal {
    /// An image of a registry outside; its tag is never left open in what is written.
    External(ImageReference),
    Internal(StreamTag),
}

/// An image stream tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamTag {
    /// `None` is the BuildConfig's own.
    pub namespace: Option<String>,
    pub stream: String,
    pub tag: String,
    /// The user named the tag.
    pub named: bool,
}

/// Why builds cannot push there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AimRefusal {
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    #[error("{text:?} names no registry")]
    NoRegistry { text: String },
    #[error(
        "{text:?} is a digest: a build makes a new image, whose digest nobody knows beforehand"
    )]
    Digest { text: String },
    #[error("the registry in {text:?} cannot depend on the BuildConfig's name")]
    Placeholder { text: String },
    #[error("{text:?} is no image stream tag: write [NAMESPACE/]STREAM:TAG")]
    StreamTag { text: String },
}

impl Aim {
    /// `IMAGE` of the command line.
    ///
    /// # Errors
    ///
    /// When it is no image that can be pushed to, whatever the BuildConfig is called.
    pub fn image(text: &str) -> Result<Self, AimRefusal> {
        Self::checked(text, false)
    }

    /// The value of `--internal`.
    ///
    /// # Errors
    ///
    /// When it is no image stream tag.
    pub fn stream_tag(text: &str) -> Result<Self, AimRefusal> {
        Self::checked(text, true)
    }

    fn checked(text: &str, internal: bool) -> Result<Self, AimRefusal> {
        let pattern = if text.ends_with('/') && text.len() > 1 {
            format!("{text}{PLACEHOLDER}")
        } else {
            text.to_owned()
        };
        let first = pattern.split('/').next().unwrap_or_default();
        if !internal && pattern.contains('/') && first.contains(PLACEHOLDER) {
            return Err(AimRefusal::Placeholder {
                text: text.to_owned(),
            });
        }
        let aim = Self { pattern, internal };
        aim.goal(STAND_IN)?;
        Ok(aim)
    }

    /// Whether every BuildConfig would push to the same place.
    pub fn is_one_for_all(&self) -> bool {
        !self.pattern.contains(PLACEHOLDER)
    }

    /// Whether it is an image stream tag.
    pub fn is_internal(&self) -> bool {
        self.internal
    }

    /// The registry of an image, as `link` is given it; `None` for an image stream tag.
    pub fn registry(&self) -> Option<String> {
        match self.goal(STAND_IN) {
            Ok(Goal::External(image)) => Some(image.registry().to_owned()),
            _ => None,
        }
    }

    /// Where the BuildConfig of this name is to push.
    ///
    /// # Errors
    ///
    /// When the name does not fit there: a repository has rules of its own.
    pub fn goal(&self, name: &str) -> Result<Goal, AimRefusal> {
        let text = self.pattern.replace(PLACEHOLDER, name);
        if self.internal {
            stream_tag(&text).map(Goal::Internal)
        } else {
            external(&text).map(Goal::External)
        }
    }
}

fn external(text: &str) -> Result<ImageReference, AimRefusal> {
    let image = ImageReference::parse(text)?;
    let text = || text.to_owned();
    if image.digest().is_some() {
        return Err(AimRefusal::Digest { text: text() });
    }
    if !image.names_registry() {
        return Err(AimRefusal::NoRegistry { text: text() });
    }
    // Credentials are found under no other.
    Ok(image.with_lower_case_registry().unwrap_or(image))
}

/// Streams are called as repositories are (openshift-apiserver `pkg/image/apis/image/validation` `ValidateImageStreamName`).
fn stream_tag(text: &str) -> Result<StreamTag, AimRefusal> {
    let refuse = || AimRefusal::StreamTag {
        text: text.to_owned(),
    };
    let (namespace, name) = match text.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, text),
    };
    let whole = format!("{NOWHERE}/{}/{name}", namespace.unwrap_or("namespace"));
    let image = ImageReference::parse(&whole).map_err(|_| refuse())?;
    if image.digest().is_some() || name.contains('/') {
        return Err(refuse());
    }
    let (_, stream) = image.repository().split_once('/').ok_or_else(refuse)?;
    Ok(StreamTag {
        namespace: namespace.map(str::to_owned),
        stream: stream.to_owned(),
        tag: image.tag().unwrap_or("latest").to_owned(),
        named: image.tag().is_some(),
    })
}

impl Goal {
    /// Whether the user named the tag; else it is `latest`.
    pub fn names_tag(&self) -> bool {
        match self {
            Self::External(image) => image.tag().is_some(),
            Self::Internal(tag) => tag.named,
        }
    }
}

impl StreamTag {
    /// `STREAM:TAG`, as objects name it.
    pub fn name(&self) -> String {
        format!("{}:{}", self.stream, self.tag)
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::External(image) => write!(f, "{image}"),
            Self::Internal(tag) => match &tag.namespace {
                Some(namespace) => write!(f, "image stream tag {namespace}/{}", tag.name()),
                None => write!(f, "image stream tag {}", tag.name()),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goal(text: &str, name: &str) -> String {
        let aim = Aim::image(text).expect("an image");
        aim.goal(name).expect("a goal").to_string()
    }

    #[test]
    fn the_name_of_the_build_config_stands_where_it_is_wanted() {
        for (text, image) in [
            ("quay.io/team/app:1", "quay.io/team/app:1"),
            ("quay.io/team/app", "quay.io/team/app:latest"),
            ("quay.io/team/", "quay.io/team/web:latest"),
            ("quay.io/", "quay.io/web:latest"),
            ("quay.io/team/{name}:1.2", "quay.io/team/web:1.2"),
            ("quay.io/{name}/image:{name}-1", "quay.io/web/image:web-1"),
            ("docker.io/app:1", "docker.io/library/app:1"),
        ] {
            assert_eq!(goal(text, "web"), image, "{text}");
        }
        let one = |text: &str| Aim::image(text).expect("an image").is_one_for_all();
        assert!(one("quay.io/team/app:1"));
        assert!(!one("quay.io/team/"));
        assert!(!one("quay.io/team/app:{name}"));
    }

    #[test]
    fn what_nothing_can_be_pushed_to_is_refused() {
        let digest = format!("quay.io/team/app@sha256:{}", "a".repeat(64));
        assert!(matches!(
            Aim::image(&digest),
            Err(AimRefusal::Digest { .. })
        ));
        for text in ["app:1", "team/app:1"] {
            let refused = Aim::image(text);
            assert!(
                matches!(refused, Err(AimRefusal::NoRegistry { .. })),
                "{text}"
            );
        }
        for text in [
            "",
            "/",
            "https://quay.io/team/app",
            "quay.io/Team/app",
            "quay.io",
        ] {
            let refused = Aim::image(text);
            assert!(matches!(refused, Err(AimRefusal::Reference(_))), "{text}");
        }
        let refused = Aim::image("{name}.example.com/app");
        assert!(matches!(refused, Err(AimRefusal::Placeholder { .. })));
    }

    #[test]
    fn a_stream_tag_may_have_a_namespace_and_leave_its_tag_out() {
        let tag = |text: &str| match Aim::stream_tag(text).expect("a tag").goal("web") {
            Ok(Goal::Internal(tag)) => tag,
            other => panic!("{other:?}"),
        };
        assert_eq!(tag("app:1").name(), "app:1");
        assert_eq!(tag("app").name(), "app:latest");
        assert!(!tag("app").named);
        assert_eq!(tag("{name}:1").name(), "web:1");
        assert_eq!(tag("other/app:1").namespace.as_deref(), Some("other"));
        for bad in ["", "a/b/c:1", "App:1", "app:1:2", "app@sha256:00", "app:"] {
            assert!(Aim::stream_tag(bad).is_err(), "{bad}");
        }
    }
}
