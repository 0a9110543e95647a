//! The two arguments: the stream with its tag, and the image.

use crate::cli::import::ImportArgs as Flags;
use crate::cluster::{ObjectRef, kinds};
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::import::Wish;
use crate::ui::Ui;
use crate::verbs::arguments;

/// How people write the kind in front of a stream's or a tag's name.
const KINDS: [&str; 8] = [
    "is",
    "imagestream",
    "imagestreams",
    "imagestream.image.openshift.io",
    "istag",
    "imagestreamtag",
    "imagestreamtags",
    "imagestreamtag.image.openshift.io",
];
/// The tag when none is named (openshift/api `image/v1/consts.go` `DefaultImageTag`).
const LATEST: &str = "latest";

/// What is imported, and where to.
#[derive(Debug, Clone)]
pub(super) struct Target {
    /// Its namespace is known once the cluster is: [`Target::within`].
    pub(super) stream: ObjectRef,
    /// `None`: all tags of the repository.
    pub(super) tag: Option<String>,
    pub(super) image: ImageReference,
}

impl Target {
    pub(super) fn of(ui: &mut Ui, flags: &Flags) -> Result<Self, Error> {
        let (stream, tag) = stream_and_tag(&flags.stream)?;
        let image = arguments::image(ui, &flags.image)?;
        if flags.policy.scheduled == Some(true) && image.digest().is_some() {
            return Err(arguments::never_changes(&image));
        }
        if flags.all {
            if let Some(tag) = tag {
                return Err(Error::usage(format!(
                    "--all imports every tag under its own name, and {} names the tag {tag}",
                    flags.stream
                ))
                .hint(format!("leave the tag out: {stream}")));
            }
            if image.tag().is_some() || image.digest().is_some() {
                return Err(Error::usage(format!(
                    "--all imports a whole repository, and {} is one image of it",
                    flags.image
                ))
                .hint(format!("leave the tag out: {}", image.name())));
            }
            if flags.skip_check {
                return Err(Error::usage(
                    "--all asks the API server for the tags first: --skip-check cannot leave that out",
                ));
            }
        }
        Ok(Self {
            stream: kinds::IMAGE_STREAM.object(None, &stream),
            tag: (!flags.all).then(|| tag.unwrap_or_else(|| LATEST.to_owned())),
            image,
        })
    }

    pub(super) fn within(&mut self, namespace: &str) {
        self.stream.namespace = Some(namespace.to_owned());
    }

    /// The one tag; `None` for a whole repository, whose tags are not known yet.
    pub(super) fn wish(&self) -> Option<Wish> {
        Some(Wish {
            tag: self.tag.clone()?,
            image: self.image.clone(),
        })
    }
}

/// `STREAM[:TAG]`, also with the kind in front.
fn stream_and_tag(text: &str) -> Result<(String, Option<String>), Error> {
    let name = match text.split_once('/') {
        Some((kind, name)) if KINDS.contains(&kind.to_ascii_lowercase().as_str()) => name,
        Some((_, rest)) => {
            let error = Error::usage(format!("{text:?} is no image stream of a namespace"));
            return Err(if rest.contains('/') || text.contains('.') {
                error.hint("the stream comes first, then the image: import STREAM[:TAG] IMAGE")
            } else {
                error.hint("-n NAMESPACE chooses another namespace")
            });
        }
        None => text,
    };
    if name.contains('@') {
        return Err(Error::usage(format!(
            "{text:?} names one image of a stream; an import goes into a tag"
        ))
        .hint("write STREAM:TAG; the image may have a digest"));
    }
    // A stream is a repository of the integrated registry, and named by the same rules (openshift-apiserver
    // `pkg/image/apis/image/validation` `ValidateImageStreamName`).
    let parsed = ImageReference::parse(&format!("registry.local/namespace/{name}"));
    let (stream, tag) = match name.split_once(':') {
        Some((stream, tag)) => (stream, Some(tag.to_owned())),
        None => (name, None),
    };
    match parsed {
        Ok(_) if !stream.contains('/') => Ok((stream.to_owned(), tag)),
        Ok(_) => Err(Error::usage(format!("{text:?} is no image stream"))),
        Err(error) => Err(Error::usage(format!(
            "{text:?} is no STREAM[:TAG]: {}",
            error.rule
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::stream_and_tag;

    #[test]
    fn a_stream_has_a_tag_or_not_and_a_kind_in_front_or_not() {
        let parts = |text| stream_and_tag(text).ok();
        let named =
            |stream: &str, tag: Option<&str>| Some((stream.to_owned(), tag.map(str::to_owned)));
        assert_eq!(parts("app"), named("app", None));
        assert_eq!(parts("app:1.4"), named("app", Some("1.4")));
        assert_eq!(parts("is/app"), named("app", None));
        assert_eq!(parts("istag/app_x:1"), named("app_x", Some("1")));
        for bad in [
            "",
            "App",
            "app:",
            "app@sha256:00",
            "other/app",
            "quay.io/team/app:1",
            "app:a b",
        ] {
            assert!(parts(bad).is_none(), "{bad}");
        }
    }
}
