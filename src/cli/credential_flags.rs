//! Where the credentials of a registry come from. Never from the command line itself.

use std::convert::Infallible;

use clap::Args;

use super::registry_flags::RegistryFlags;

/// One source of credentials. What it means when none is given is the verb's business.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Credentials (one source)")]
pub struct CredentialFlags {
    /// User name; the password is asked for, or read with --registry-password-stdin.
    #[arg(long, value_name = "NAME", conflicts_with_all = OTHER_SOURCES)]
    pub registry_username: Option<String>,
    /// Read the password from standard input.
    #[arg(
        long,
        requires = "registry_username",
        conflicts_with = "registry_token_stdin"
    )]
    pub registry_password_stdin: bool,
    /// Read a token from standard input; it goes in the password's place.
    #[arg(long, conflicts_with_all = OTHER_SOURCES)]
    pub registry_token_stdin: bool,
    /// Take the entry for this registry out of a secret.
    #[arg(long, value_name = "[NS/]NAME", conflicts_with_all = ["registry_config", "from_context", "secret"])]
    pub from_secret: Option<String>,
    /// Use this context's login, for the registry of another OpenShift.
    #[arg(long, value_name = "CONTEXT", conflicts_with_all = ["registry_config", "secret"])]
    pub from_context: Option<String>,
    /// Link this secret, which is in the namespace already; none is made.
    #[arg(long, value_name = "NAME", conflicts_with = "registry_config")]
    pub secret: Option<String>,
    /// Only there to be refused without being shown.
    #[arg(
        short = 'p',
        long,
        hide = true,
        visible_aliases = REFUSED,
        num_args = 0..=1,
        allow_hyphen_values = true,
        value_parser = forget,
    )]
    pub registry_password: Option<Option<OnCommandLine>>,
}

impl CredentialFlags {
    /// Whether a source is named that a secret is made of. The usual files are none that anybody named, and a secret that is there
    /// is not made.
    pub fn name_a_source(&self, registry: &RegistryFlags) -> bool {
        self.registry_username.is_some()
            || self.registry_token_stdin
            || self.from_secret.is_some()
            || self.from_context.is_some()
            || registry.registry_config.is_some()
    }
}

const OTHER_SOURCES: [&str; 4] = ["registry_config", "from_secret", "from_context", "secret"];
/// What other tools call a password on the command line.
const REFUSED: [&str; 5] = [
    "password",
    "docker-password",
    "registry-token",
    "auth-basic",
    "creds",
];

/// A password was on the command line. It is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnCommandLine;

#[expect(
    clippy::unnecessary_wraps,
    reason = "clap wants a parser that may fail"
)]
fn forget(_: &str) -> Result<OnCommandLine, Infallible> {
    Ok(OnCommandLine)
}
