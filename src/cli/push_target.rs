//! `push-target BUILDCONFIG... IMAGE`.

use std::time::Duration;

use clap::{Args, Command};

use super::credential_flags::CredentialFlags;
use super::global::parse_duration;
use super::output::WriteFlags;
use super::registry_flags::RegistryFlags;

/// What the credentials are for: where none are given a secret is looked for, and the files of this machine are left alone.
const CREDENTIALS: &str = "Credentials (one source, to make a secret of)";

/// Sends the result of builds to an external registry, or with --internal back into an image stream.
///
/// BUILDCONFIG is a name or bc/NAME. IMAGE is REGISTRY/REPOSITORY:TAG; without a tag it is `latest`. For several BuildConfigs
/// it ends in / (quay.io/team/), and the name of each is put behind it, or it has {name} where the name goes
/// (quay.io/team/{name}:1.4).
///
/// The BuildConfig gets the output and an explicit push secret, and the service account of its builds is linked to the secret
/// for pull and for mount, so that every version of OpenShift finds it. Without --secret and without credentials the secret is
/// the one that the BuildConfig names, else the first of its account, else the only one of the namespace that has a login for
/// the image. With credentials one is made, as `link` does.
///
/// Before anything is written the registry is asked whether it takes the login. Whether the login may push there is asked with
/// --check-push only, because at some registries the question leaves traces; they are named first.
#[derive(Debug, Clone, Args)]
pub struct PushTargetArgs {
    /// The BuildConfigs, and last the image; with --internal the BuildConfigs alone.
    #[arg(value_name = "BUILDCONFIG... IMAGE")]
    pub words: Vec<String>,
    /// The BuildConfigs with these labels (key=value,...).
    #[arg(short = 'l', long, value_name = "SELECTOR")]
    pub selector: Option<String>,
    /// Push into this image stream tag again, and take the push secret of the external registry off.
    #[arg(
        long,
        value_name = "STREAM:TAG",
        conflicts_with_all = [
            "check_push", "skip_check", "name", "secret", "from_secret", "from_context", "registry_username",
            "registry_token_stdin", "registry_config",
        ]
    )]
    pub internal: Option<String>,
    /// Check the right to push too, by the way that leaves least behind; it is named before it is done.
    #[arg(long)]
    pub check_push: bool,
    /// Write without asking the registry first; says what was not checked.
    #[arg(long, conflicts_with = "check_push")]
    pub skip_check: bool,
    /// Start a build afterwards and follow it to its end; one that fails on its images is diagnosed.
    #[arg(long)]
    pub start: bool,
    /// With --start, how long to follow; the builds go on.
    #[arg(long, value_name = "TIME", requires = "start", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
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

/// Gives the verb its arguments, those of other verbs that make a secret under another heading.
pub(super) fn arguments(verb: Command) -> Command {
    PushTargetArgs::augment_args(verb).mut_args(|arg| match arg.get_help_heading() {
        Some(heading) if heading.starts_with("Credentials") => arg.help_heading(CREDENTIALS),
        _ => arg,
    })
}
