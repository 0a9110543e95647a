//! The words of the command line: which of them are BuildConfigs, and which is where they are to push.

use crate::cli::push_target::PushTargetArgs as Flags;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::naming;
use crate::plan::push_target::aim::{Aim, AimRefusal};
use crate::ui::Ui;
use crate::verbs::arguments;

/// What oc calls BuildConfigs, and what `-o name` prints.
const KINDS: [&str; 3] = ["bc", "buildconfig", "buildconfigs"];

/// The arguments, read.
pub(super) struct Words {
    /// The BuildConfigs by name, each once; empty with a selector.
    pub(super) names: Vec<String>,
    pub(super) selector: Option<String>,
    pub(super) aim: Aim,
}

impl Words {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// When they make no sense together.
    pub(super) fn of(ui: &mut Ui, flags: &Flags) -> Result<Self, Error> {
        let (names, aim) = match (&flags.internal, flags.words.split_last()) {
            (Some(tag), _) => {
                let aim = Aim::stream_tag(tag).map_err(refused)?;
                (flags.words.as_slice(), aim)
            }
            (None, Some((image, names))) => (names, aim(ui, image, names, flags)?),
            (None, None) => return Err(too_few("there is no image")),
        };
        let mut known: Vec<String> = Vec::new();
        for word in names {
            let name = name_of(word)?;
            if !known.contains(&name) {
                known.push(name);
            }
        }
        match (&flags.selector, known.as_slice()) {
            (None, []) => Err(too_few("there is no BuildConfig")),
            (Some(_), [first, ..]) => Err(Error::usage(format!(
                "-l chooses the BuildConfigs, and {first} is one by name"
            ))),
            _ => Ok(Self {
                names: known,
                selector: flags.selector.clone(),
                aim,
            }),
        }
    }
}

fn too_few(what: &str) -> Error {
    Error::usage(format!(
        "{what}: name the BuildConfigs first and the image last"
    ))
    .hint("with --internal STREAM:TAG name the BuildConfigs alone, and with -l only the image")
}

/// The image, with the mistakes of the order of words told as such.
fn aim(ui: &mut Ui, image: &str, names: &[String], flags: &Flags) -> Result<Aim, Error> {
    let is_image =
        |word: &String| ImageReference::parse(word).is_ok_and(|image| image.names_registry());
    let aim = Aim::image(image).map_err(|refusal| {
        let misplaced = names.iter().find(|word| is_image(word));
        let only_name = names.is_empty() && flags.selector.is_none();
        match (&refusal, misplaced) {
            (AimRefusal::NoRegistry { .. }, Some(word)) => {
                Error::usage(format!("the image comes last, and {word} does not"))
            }
            (AimRefusal::NoRegistry { .. }, None) if only_name => too_few("there is no image"),
            _ => refused(refusal),
        }
    })?;
    let written = image.split('/').next().unwrap_or_default();
    if let Some(registry) = aim.registry()
        && registry != written
        && written.eq_ignore_ascii_case(&registry)
    {
        ui.status(arguments::lower_case_words(written, &registry));
    }
    Ok(aim)
}

fn refused(refusal: AimRefusal) -> Error {
    let words = refusal.to_string();
    match refusal {
        AimRefusal::Reference(error) => error.into(),
        AimRefusal::NoRegistry { text } => Error::usage(words)
            .hint(format!("did you mean docker.io/{text}?"))
            .hint("--internal STREAM:TAG pushes into an image stream"),
        AimRefusal::Digest { .. } => Error::usage(words).hint("name a tag"),
        AimRefusal::Placeholder { .. } | AimRefusal::StreamTag { .. } => Error::usage(words),
    }
}

/// `NAME`, `bc/NAME`, or what `-o name` prints.
fn name_of(word: &str) -> Result<String, Error> {
    let name = match word.split_once('/') {
        Some((kind, name)) => {
            let plain = kind.split('.').next().unwrap_or_default();
            let is_kind = KINDS.contains(&plain.to_ascii_lowercase().as_str());
            is_kind.then_some(name)
        }
        None => Some(word),
    };
    if let Some(name) = name.filter(|name| naming::is_object_name(name)) {
        return Ok(name.to_owned());
    }
    Err(Error::usage(format!("{word:?} is no BuildConfig"))
        .hint("write its name, or bc/NAME; the image comes last"))
}
