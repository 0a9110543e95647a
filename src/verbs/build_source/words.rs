//! What the user named: BuildConfigs, and the image or image stream tag that they are to take.

use crate::cli::build_source::BuildSourceArgs as Flags;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::build_source::Origin;
use crate::plan::naming;
use crate::ui::{Ui, sanitize_line};
use crate::verbs::arguments;

/// What is wished for.
pub(super) struct Words {
    /// BuildConfigs by name; none with `-l`.
    pub names: Vec<String>,
    pub origin: Wish,
}

/// What the builds are to take.
pub(super) enum Wish {
    Image(ImageReference),
    Tag(Tag),
}

/// An image stream tag.
pub(super) struct Tag {
    pub namespace: Option<String>,
    pub stream: String,
    pub tag: String,
}

impl Wish {
    /// As it is written into a BuildConfig of the namespace.
    pub(super) fn planned(&self, namespace: &str) -> Origin {
        match self {
            Self::Image(image) => Origin::Image(image.to_string()),
            Self::Tag(tag) => Origin::Tag {
                namespace: tag
                    .namespace
                    .clone()
                    .filter(|other| other.as_str() != namespace),
                name: format!("{}:{}", tag.stream, tag.tag),
            },
        }
    }
}

/// How `oc` and `kubectl` call the kind.
const KIND: [&str; 3] = ["buildconfig", "buildconfigs", "bc"];

/// Takes the words apart, and says what was filled in.
pub(super) fn of(ui: &mut Ui, flags: &Flags) -> Result<Words, Error> {
    let mut words = flags.words.clone();
    let origin = match &flags.to_stream {
        Some(text) => Wish::Tag(tag(text)?),
        None => {
            let text = words
                .pop()
                .ok_or_else(|| Error::usage("which image? -l chooses the BuildConfigs"))?;
            if words.is_empty() && flags.selector.is_none() {
                return Err(half(&text));
            }
            Wish::Image(image(ui, &text)?)
        }
    };
    if flags.selector.is_some() && !words.is_empty() {
        return Err(Error::usage(
            "names of BuildConfigs and -l exclude each other",
        ));
    }
    if words.is_empty() && flags.selector.is_none() {
        return Err(Error::usage(
            "which BuildConfig? name it, or choose with -l",
        ));
    }
    let mut names: Vec<String> = Vec::new();
    for word in &words {
        let name = name(word)?;
        if !names.contains(&name) {
            names.push(name);
        }
    }
    Ok(Words { names, origin })
}

/// One word: a BuildConfig or an image, and the other is missing.
fn half(text: &str) -> Error {
    let usage = if naming::is_object_name(text) || name(text).is_ok() {
        Error::usage(format!(
            "which image is {} to take?",
            sanitize_line(text, 100)
        ))
    } else {
        Error::usage("which BuildConfig is to take the image?")
    };
    usage.hint("the BuildConfigs come first, the image last: build-source app quay.io/team/base:1")
}

fn name(word: &str) -> Result<String, Error> {
    let plain = match word.split_once('/') {
        Some((kind, name)) => {
            let kind = kind.to_ascii_lowercase();
            let kind = kind.strip_suffix(".build.openshift.io").unwrap_or(&kind);
            KIND.contains(&kind).then_some(name)
        }
        None => Some(word),
    };
    plain
        .filter(|name| naming::is_object_name(name))
        .map(str::to_owned)
        .ok_or_else(|| {
            // It may be an image with a password in it: what is shown of it is what a name could be.
            let shown = if word.contains('@') {
                "this".to_owned()
            } else {
                format!("{:?}", sanitize_line(word, 100))
            };
            Error::usage(format!("{shown} is no name of a BuildConfig"))
                .hint("the BuildConfigs come first, the image last; one image is set at a time")
        })
}

/// The image in full, as it is going to be written.
fn image(ui: &mut Ui, text: &str) -> Result<ImageReference, Error> {
    let image = arguments::image(ui, text)?;
    if !image.names_registry() {
        ui.status(format!(
            "{text} names no registry: it is written as {image}, because nodes may look for it elsewhere first"
        ));
    } else if image.tag().is_none() && image.digest().is_none() {
        ui.status(format!("{text} has no tag: it is written as {image}"));
    }
    Ok(image)
}

fn tag(text: &str) -> Result<Tag, Error> {
    let refuse = || {
        Error::usage(format!(
            "--to-stream takes [NAMESPACE/]STREAM:TAG, not {:?}",
            sanitize_line(text, 100)
        ))
    };
    let (namespace, rest) = match text.split_once('/') {
        Some((namespace, rest)) => (Some(namespace), rest),
        None => (None, text),
    };
    let (stream, tag) = rest.split_once(':').ok_or_else(refuse)?;
    let names = [namespace.unwrap_or("x"), stream];
    let well_formed = names.iter().all(|name| naming::is_object_name(name))
        && !tag.is_empty()
        && !tag.contains(['/', ':', '@']);
    if !well_formed {
        return Err(refuse());
    }
    Ok(Tag {
        namespace: namespace.map(str::to_owned),
        stream: stream.to_owned(),
        tag: tag.to_owned(),
    })
}
