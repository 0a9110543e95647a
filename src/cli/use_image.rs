//! `use WORKLOAD IMAGE`.

use std::time::Duration;

use clap::{Args, ValueEnum};

use super::credential_flags::CredentialFlags;
use super::global::parse_duration;
use super::output::WriteFlags;
use super::registry_flags::RegistryFlags;
use crate::model::platform::Platform;
use crate::plan::use_image::stream::ReferencePolicy;

/// Points a workload at an image, directly or through an image stream.
///
/// WORKLOAD is KIND/NAME: deployment, statefulset, daemonset, cronjob, replicaset, pod or dc, with their usual short names.
/// One container gets the image, and everything else stays as it is; image triggers that would put another image back are
/// taken off. Before anything is written the image is looked for as the workload's pods would pull it: the platform of
/// the nodes, the pull secrets of its own account, the cluster's lists and trust.
///
/// Exit status: 0 done, 1 it could not be done, 2 usage, 3 with --wait the image does not arrive; a diagnosis is printed.
#[derive(Debug, Clone, Args)]
pub struct UseArgs {
    /// The workload, as KIND/NAME.
    pub workload: String,
    /// The image.
    pub image: String,
    /// The container that gets it; needed where there are several, init containers included.
    #[arg(short, long, value_name = "NAME", conflicts_with = "create")]
    pub container: Option<String>,
    /// Make the workload (deployment/NAME or dc/NAME), and a Service for the ports that the image names.
    #[arg(long)]
    pub create: bool,
    /// Wait until the pods run with it, for 5m when no time is given; diagnose it when they do not get it.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "5m",
        value_parser = parse_wait
    )]
    pub wait: Option<Duration>,
    /// Platform that the image must be for, instead of that of the nodes.
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform)]
    pub platform: Option<Platform>,
    /// Write without looking for the image first; says what was not checked.
    #[arg(long)]
    pub skip_check: bool,
    /// Send the login of --from-context to a registry outside its domain without asking.
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub stream: StreamFlags,
    #[command(flatten)]
    pub credentials: CredentialFlags,
    #[command(flatten)]
    pub registry: RegistryFlags,
    #[command(flatten)]
    pub write: WriteFlags,
}

/// The way through an image stream.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Image stream")]
pub struct StreamFlags {
    /// Import the image into this tag and have a trigger put it in; without a value, the stream and the tag are called as
    /// the image is.
    #[arg(
        long,
        value_name = "STREAM[:TAG]",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = ""
    )]
    pub via_stream: Option<String>,
    /// Where pods are sent for the image: source (its registry) or local (the integrated registry).
    #[arg(
        long,
        value_enum,
        value_name = "POLICY",
        requires = "via_stream",
        hide_possible_values = true
    )]
    pub reference_policy: Option<PolicyWord>,
    /// Import it without verifying certificates, and over plain HTTP where TLS fails.
    #[arg(long, requires = "via_stream")]
    pub insecure: bool,
    /// Import it again from time to time.
    #[arg(long, requires = "via_stream")]
    pub scheduled: bool,
    /// Give an existing tag this image in place of the one that it points to; whatever follows the tag gets it too.
    #[arg(long, requires = "via_stream")]
    pub change_source: bool,
}

/// `--reference-policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PolicyWord {
    Source,
    Local,
}

impl From<PolicyWord> for ReferencePolicy {
    fn from(word: PolicyWord) -> Self {
        match word {
            PolicyWord::Source => Self::Source,
            PolicyWord::Local => Self::Local,
        }
    }
}

fn parse_platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).map_err(|error| error.to_string())
}

fn parse_wait(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => {
            Err("a rollout needs some time; write 2m, or leave --wait out".to_owned())
        }
        time => Ok(time),
    }
}
