//! What is linked: the registry as the user wrote it, put right and shown, and the image that is checked with it.

use crate::cli::link::LinkArgs as Flags;
use crate::error::Error;
use crate::model::endpoint::RegistryArgument;
use crate::model::image::ImageReference;
use crate::plan::restart::Reach;
use crate::ui::Ui;

/// The registry, and the image of `--image`.
pub(super) struct Target {
    pub registry: RegistryArgument,
    pub image: Option<ImageReference>,
}

impl Target {
    /// Parses both, shows what was put right, and refuses an image of another registry.
    pub(super) fn of(ui: &mut Ui, flags: &Flags) -> Result<Self, Error> {
        // Before anything else reads the text: it must not be shown.
        if flags.target.contains('@') {
            return Err(Error::usage(
                "the registry holds an @: user names and passwords are not taken on the command line, where everybody who lists processes sees them",
            )
            .hint("use --registry-username NAME, and --registry-password-stdin or the prompt"));
        }
        let registry = RegistryArgument::parse(&flags.target).map_err(|error| {
            let suggestion = error.suggestion.clone();
            let error = Error::usage(error.to_string());
            match suggestion {
                Some(text) => error.hint(format!("did you mean {text}?")),
                None => error,
            }
        })?;
        for note in &registry.notes {
            ui.status(format!("{registry}: {note}"));
        }
        let image = match &flags.image {
            None => None,
            Some(text) => {
                let image = ImageReference::parse(text).map_err(|error| {
                    let suggestion = error.suggestion.clone();
                    let error = Error::usage(error.to_string());
                    match suggestion {
                        Some(text) => error.hint(format!("did you mean {text}?")),
                        None => error,
                    }
                })?;
                Some(image)
            }
        };
        let target = Self { registry, image };
        if let Some(image) = &target.image
            && !target.reach().covers(&image.to_string())
        {
            return Err(Error::usage(format!(
                "--image {image} is not an image of {}",
                target.registry
            )));
        }
        Ok(target)
    }

    /// The images that the credentials are for.
    pub(super) fn reach(&self) -> Reach {
        Reach {
            registry: self.registry.endpoint.name(),
            path: self.registry.path.clone(),
        }
    }

    /// The name that credentials are looked up by: the image's, or one that any image there would have.
    pub(super) fn lookup_name(&self) -> String {
        match &self.image {
            Some(image) => image.name(),
            None if self.registry.endpoint.is_docker_hub() && self.registry.path.is_none() => {
                format!("{}/library/image", self.registry)
            }
            None => format!("{}/image", self.registry),
        }
    }
}
