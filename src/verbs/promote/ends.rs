//! The two words of the command line: what is copied, and where it goes.

use crate::cli::promote::PromoteArgs as Flags;
use crate::doctor::targets::Argument;
use crate::doctor::targets::argument;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::model::kinds;
use crate::ui::sanitize_line;
use crate::verbs::{Run, arguments};

/// Both words, read.
pub(super) struct Ends {
    pub(super) source: Source,
    target: ImageReference,
}

/// What is copied.
pub(super) enum Source {
    Image(ImageReference),
    Stream(StreamTag),
}

/// A tag of an image stream.
pub(super) struct StreamTag {
    /// That of the command line otherwise.
    pub(super) namespace: Option<String>,
    pub(super) name: String,
    pub(super) tag: String,
}

/// Words that begin the name of a stream or of its tag.
const STREAMS: [&str; 6] = [
    "is",
    "imagestream",
    "imagestreams",
    "istag",
    "imagestreamtag",
    "imagestreamtags",
];

impl Ends {
    /// Reads both; what a word may have meant otherwise is said.
    ///
    /// # Errors
    ///
    /// When one of them is not what it has to be.
    pub(super) fn of(run: &mut Run, flags: &Flags) -> Result<Self, Error> {
        let source = source(run, &flags.source)?;
        Ok(Self {
            source,
            target: arguments::in_lower_case(&mut run.ui, target(&flags.image)?),
        })
    }

    pub(super) fn is_stream(&self) -> bool {
        matches!(self.source, Source::Stream(_))
    }

    /// Where it goes, with the source's tag where none was named.
    ///
    /// # Errors
    ///
    /// When neither names a tag.
    pub(super) fn target(&self, source: &ImageReference) -> Result<ImageReference, Error> {
        if self.target.tag().is_some() || self.target.digest().is_some() {
            return Ok(self.target.clone());
        }
        let tag = match &self.source {
            Source::Stream(stream) => Some(stream.tag.as_str()),
            // Nobody wrote `latest` where a digest stands.
            Source::Image(_) if source.digest().is_some() => source.tag(),
            Source::Image(_) => Some(source.selector()),
        };
        match tag {
            Some(tag) => Ok(self.target.with_tag(tag)),
            None => Err(Error::usage(format!(
                "{} has no tag, and the source is named by its digest alone",
                self.target.name()
            ))
            .hint(format!("name the tag: {}:TAG", self.target.name()))),
        }
    }
}

fn source(run: &mut Run, text: &str) -> Result<Source, Error> {
    if let Some(stream) = stream(text)? {
        return Ok(Source::Stream(stream));
    }
    let words = argument::parse(&[text.to_owned()])?;
    match words.arguments.into_iter().next() {
        Some(Argument::Object { kind, name }) => Err(Error::usage(format!(
            "an image or an image stream tag is copied, and {}/{name} is neither",
            kind.kind.to_ascii_lowercase()
        ))
        .hint(format!(
            "an image is written with its registry: docker.io/{text}"
        ))),
        Some(Argument::All(kind)) => Err(Error::usage(format!(
            "{text} names all {}, and one image is copied",
            kind.resource
        ))
        .hint("name it: istag/STREAM:TAG")),
        Some(Argument::Image(image)) => {
            for remark in words.remarks {
                run.ui.status(sanitize_line(&remark, 400));
            }
            let image = arguments::image(&mut run.ui, &image)?;
            if !image.names_registry() {
                // A stream's tag has the same form.
                let stream = if text.contains(['/', '@']) {
                    String::new()
                } else {
                    format!("; the image stream's tag is written istag/{text}")
                };
                run.ui.status(format!("{text}: taken for {image}{stream}"));
            }
            Ok(Source::Image(image))
        }
        None => Err(Error::usage("SOURCE is empty")),
    }
}

/// `istag/[NAMESPACE/]STREAM:TAG`, `is/[NAMESPACE/]STREAM[:TAG]`; `None` for what begins otherwise.
fn stream(text: &str) -> Result<Option<StreamTag>, Error> {
    let Some((kind, rest)) = text.split_once('/') else {
        return Ok(None);
    };
    // `imagestreamtag.image.openshift.io/web:1` is what `-o name` prints.
    let plain = kind.to_ascii_lowercase();
    let plain = plain.split('.').next().unwrap_or_default();
    if !STREAMS.contains(&plain) {
        return Ok(None);
    }
    let (namespace, name) = match rest.split_once('/') {
        Some((namespace, name)) => (Some(namespace), name),
        None => (None, rest),
    };
    if rest.contains('@') {
        return Err(Error::usage(format!("{text} names no tag of a stream"))
            .hint("a digest is copied as an image, by the registry's own name for it"));
    }
    let (name, tag) = match name.split_once(':') {
        Some((name, tag)) => (name, tag),
        None if plain.ends_with("tag") || plain.ends_with("tags") => {
            return Err(Error::usage(format!(
                "an image stream tag is named STREAM:TAG, not {name:?}"
            ))
            .hint(format!("{kind}/{name}:latest")));
        }
        None => (name, "latest"),
    };
    let is_name = |name: &str| {
        !name.is_empty()
            && name
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
    };
    if ![name, tag].into_iter().chain(namespace).all(is_name) {
        return Err(Error::usage(format!("{text:?} names no image stream tag"))
            .hint("istag/STREAM:TAG, or istag/NAMESPACE/STREAM:TAG"));
    }
    Ok(Some(StreamTag {
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        tag: tag.to_owned(),
    }))
}

fn target(text: &str) -> Result<ImageReference, Error> {
    if stream(text).is_ok_and(|stream| stream.is_some()) {
        let import = kinds::IMAGE_STREAM.kind;
        return Err(Error::usage(format!(
            "the target is an image of a registry, and {text} is an {import} tag"
        ))
        .hint("`import` fills a stream from a registry"));
    }
    let image = ImageReference::parse(text)?;
    if !image.names_registry() {
        return Err(Error::usage(format!("{text} names no registry to copy to"))
            .hint(format!("for Docker Hub write {image}")));
    }
    Ok(image)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(text: &str) -> Option<(Option<String>, String, String)> {
        stream(text)
            .ok()?
            .map(|stream| (stream.namespace, stream.name, stream.tag))
    }

    fn own(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn streams_are_told_from_images() {
        assert_eq!(named("istag/web:1.2"), Some((None, own("web"), own("1.2"))));
        assert_eq!(
            named("imagestreamtags.image.openshift.io/shop/web:1.2"),
            Some((Some(own("shop")), own("web"), own("1.2")))
        );
        assert_eq!(named("is/web"), Some((None, own("web"), own("latest"))));
        for image in ["quay.io/team/web:1", "web:1", "library/is"] {
            assert!(stream(image).unwrap().is_none(), "{image}");
        }
        for bad in [
            "istag/web",
            "istag/:1",
            "istag/a/b/c:1",
            "is/web@sha256:0",
            "istag/web:",
        ] {
            assert!(stream(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_target_takes_the_sources_tag() {
        let ends = |target_text: &str| Ends {
            source: Source::Image(ImageReference::parse("quay.io/a/b:1").unwrap()),
            target: target(target_text).unwrap(),
        };
        let digest = format!("sha256:{}", "a".repeat(64));
        let image = |text: &str| ImageReference::parse(text).unwrap();
        let of = |target: &str, source: &str| {
            ends(target)
                .target(&image(source))
                .map(|image| image.to_string())
        };
        assert_eq!(of("r.io/c/d", "quay.io/a/b:1").unwrap(), "r.io/c/d:1");
        assert_eq!(of("r.io/c/d", "quay.io/a/b").unwrap(), "r.io/c/d:latest");
        assert_eq!(of("r.io/c/d:2", "quay.io/a/b:1").unwrap(), "r.io/c/d:2");
        let pinned = format!("quay.io/a/b:1@{digest}");
        assert_eq!(of("r.io/c/d", &pinned).unwrap(), "r.io/c/d:1");
        assert!(of("r.io/c/d", &format!("quay.io/a/b@{digest}")).is_err());
        assert!(target("web:1").is_err());
        assert!(target("istag/web:1").is_err());
    }
}
