//! Images and registries of command lines, as they are going to be written: what was put right is said.

use crate::error::Error;
use crate::model::endpoint::RegistryArgument;
use crate::model::image::ImageReference;
use crate::ui::{Ui, sanitize_line};

/// An image, its registry in lower case: credentials are found under no other.
///
/// # Errors
///
/// When it does not parse.
pub(super) fn image(ui: &mut Ui, text: &str) -> Result<ImageReference, Error> {
    Ok(in_lower_case(ui, ImageReference::parse(text)?))
}

/// The same of an image that is parsed already.
pub(super) fn in_lower_case(ui: &mut Ui, image: ImageReference) -> ImageReference {
    let Some(lower) = image.with_lower_case_registry() else {
        return image;
    };
    ui.status(lower_case_words(image.registry(), lower.registry()));
    lower
}

/// Why a registry is written otherwise than the user did.
pub(super) fn lower_case_words(written: &str, lower: &str) -> String {
    format!(
        "{written} is written as {lower}: those who look for credentials do not take upper and lower case for the same"
    )
}

/// Why an image by its digest is not scheduled.
pub(super) fn never_changes(image: &ImageReference) -> Error {
    Error::usage(format!(
        "--scheduled imports a tag again, and {image} is a digest, which is the same image for ever"
    ))
    .hint("name the tag without the digest, or leave --scheduled out")
}

/// A whole registry. `no_path` says of a path why it has no place there.
///
/// # Errors
///
/// When the text names no registry, or more than one.
pub(super) fn registry(
    ui: &mut Ui,
    text: &str,
    no_path: impl Fn(&str) -> String,
) -> Result<RegistryArgument, Error> {
    let registry = RegistryArgument::parse(text).map_err(|error| match of_image(text) {
        Some(registry) => Error::usage(format!(
            "{:?} is an image, and a whole registry is named here",
            sanitize_line(&error.text, 300)
        ))
        .hint(format!("did you mean {registry}?")),
        None => error.into(),
    })?;
    if let Some(path) = &registry.path {
        return Err(
            Error::usage(no_path(path)).hint(format!("did you mean {}?", registry.endpoint))
        );
    }
    for note in &registry.notes {
        ui.status(format!("{registry}: {note}"));
    }
    Ok(registry)
}

/// The registry of what is an image, also with a scheme before it.
fn of_image(text: &str) -> Option<String> {
    let text = text.split_once("://").map_or(text, |(_, rest)| rest);
    let image = ImageReference::parse(text).ok()?;
    image
        .names_registry()
        .then(|| image.registry().to_ascii_lowercase())
}
