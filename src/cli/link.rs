//! `link REGISTRY[/PATH]`.

use clap::{Args, ValueEnum};

use super::credential_flags::CredentialFlags;
use super::namespaces::NamespaceFlags;
use super::output::WriteFlags;
use super::purposes;
use super::registry_flags::RegistryFlags;
use crate::model::docker_config::Format;
use crate::plan::Purposes;

/// Checks the credentials of a registry, stores them in one secret and links it to service accounts.
///
/// Where no source of credentials is named they are taken from the files of docker, podman and skopeo.
#[derive(Debug, Clone, Args)]
pub struct LinkArgs {
    /// The registry, as images name it (host or host:port), with a path when the credentials are for a part of it.
    #[arg(value_name = "REGISTRY[/PATH]")]
    pub target: String,
    /// What the accounts need it for: pull, push (for builds) or pull,push.
    #[arg(long = "for", value_name = "WHAT", value_parser = purposes::parse, default_value = "pull")]
    pub purposes: Purposes,
    /// Service account to link; may be repeated. Without it `default` for pull and `builder` for push.
    #[arg(short = 'z', long = "service-account", value_name = "NAME")]
    pub service_accounts: Vec<String>,
    /// Link the account that this workload runs as (deployment/web, bc/app, ...).
    #[arg(long, value_name = "KIND/NAME", conflicts_with_all = ["namespaces", "all_namespaces", "namespace_selector"])]
    pub for_workload: Option<String>,
    /// Check the pull right on this image too.
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Write without asking the registry first; says what was not checked.
    #[arg(long)]
    pub skip_check: bool,
    /// Name of the secret, instead of the one that is derived from the registry.
    #[arg(long, value_name = "NAME", conflicts_with = "secret")]
    pub name: Option<String>,
    /// Format of the secret: dockerconfigjson, or dockercfg for consumers of old. What exists keeps its own.
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        conflicts_with = "secret",
        hide_possible_values = true
    )]
    pub format: Option<SecretFormat>,
    /// Restart the workloads whose pods wait for an image of this registry.
    #[arg(long)]
    pub restart: bool,
    /// Send the login of --from-context to a registry outside its domain without asking.
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub credentials: CredentialFlags,
    #[command(flatten)]
    pub registry: RegistryFlags,
    #[command(flatten)]
    pub namespaces: NamespaceFlags,
    #[command(flatten)]
    pub write: WriteFlags,
}

impl LinkArgs {
    /// For a verb that makes or links credentials on the way: its own flags, and of `link`'s what it has none of left as it is.
    pub fn on_the_way(
        target: String,
        purposes: Purposes,
        credentials: &CredentialFlags,
        registry: &RegistryFlags,
        write: &WriteFlags,
    ) -> Self {
        Self {
            target,
            purposes,
            service_accounts: Vec::new(),
            for_workload: None,
            image: None,
            skip_check: false,
            name: None,
            format: None,
            restart: false,
            yes: false,
            credentials: credentials.clone(),
            registry: registry.clone(),
            namespaces: NamespaceFlags::default(),
            write: write.clone(),
        }
    }
}

/// `--format`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SecretFormat {
    Dockerconfigjson,
    Dockercfg,
}

impl From<SecretFormat> for Format {
    fn from(format: SecretFormat) -> Self {
        match format {
            SecretFormat::Dockerconfigjson => Self::ConfigJson,
            SecretFormat::Dockercfg => Self::DockerCfg,
        }
    }
}
