//! `build-source BUILDCONFIG... IMAGE`.

use clap::Args;

use super::credential_flags::CredentialFlags;
use super::output::WriteFlags;
use super::registry_flags::RegistryFlags;
use crate::model::platform::Platform;

/// Has builds take their base image, or one of their source images, from an external registry.
///
/// The image goes into `from` of the source, docker or custom strategy, or with --source-image into one of source.images; the
/// secret that it is pulled with into the pullSecret beside it, and into both lists of the account that the builds run as. The
/// secret is the one that the BuildConfig names, else one of its account, else one of the namespace that is for the image;
/// --secret names one, and with credentials one is made as `link` does.
///
/// Before anything is written the image is looked at as the builds would pull it: that it is there, for the nodes that they run
/// on, and, where a build needs one, that it is a builder image. An ImageChange trigger that followed the strategy's image
/// stream tag is removed, because the platform takes none beside an image of a registry; other triggers stay.
#[derive(Debug, Clone, Args)]
pub struct BuildSourceArgs {
    /// The BuildConfigs (app or bc/app), and last the image; with -l the image alone, with --to-stream the BuildConfigs alone.
    #[arg(value_name = "BUILDCONFIG... IMAGE")]
    pub words: Vec<String>,
    /// All BuildConfigs with these labels (key=value,...).
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Set one of source.images and not the base image: =N by its number from 0, =NAME by a name of its `as`, and without a
    /// value the only one.
    #[arg(
        long,
        value_name = "N|NAME",
        num_args = 0..=1,
        require_equals = true
    )]
    pub source_image: Option<Option<String>>,
    /// Take an image stream tag instead of IMAGE: the way back. The pull secret stays as it is.
    #[arg(long, value_name = "[NS/]STREAM:TAG", conflicts_with_all = NO_REGISTRY)]
    pub to_stream: Option<String>,
    /// Platform that the image must be for, instead of that of the nodes.
    #[arg(long, value_name = "OS/ARCH", value_parser = Platform::parse)]
    pub platform: Option<Platform>,
    /// Write without looking at the image first; says what was not checked.
    #[arg(long)]
    pub skip_check: bool,
    /// Name of the secret that is made, instead of the one that is derived from the registry.
    #[arg(long, value_name = "NAME", conflicts_with = "secret")]
    pub name: Option<String>,
    /// Send the login of --from-context to a registry outside its domain without asking.
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub credentials: CredentialFlags,
    #[command(flatten)]
    pub registry: RegistryFlags,
    #[command(flatten)]
    pub write: WriteFlags,
}

/// What is about a registry's secret, which an image stream tag has none of.
const NO_REGISTRY: [&str; 7] = [
    "registry_username",
    "registry_token_stdin",
    "from_secret",
    "from_context",
    "secret",
    "registry_config",
    "name",
];
