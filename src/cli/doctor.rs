//! `doctor IMAGE...`.

use std::time::Duration;

use clap::Args;

use super::global::parse_duration;
use super::registry_flags::RegistryFlags;
use super::report_flags::ReportFlags;
use crate::model::platform::Platform;

/// Says why an image cannot be pulled: probes the way to it, names one cause, the evidence for it, and what to do.
///
/// With a cluster the pull secrets of the service account are used, and the cluster's lists of registries, mirrors and
/// trusted CAs are taken into account. Nothing is written anywhere.
///
/// Exit status: 0 everything healthy, 1 it could not do its work, 2 usage, 3 a problem was found, 4 nothing failed and
/// something could not be determined, 130 interrupted.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// Images to look at, as they are written in workloads: REGISTRY/REPOSITORY:TAG, or with @DIGEST.
    #[arg(
        required_unless_present = "from",
        conflicts_with = "from",
        value_name = "IMAGE"
    )]
    pub images: Vec<String>,
    #[command(flatten)]
    pub registry: RegistryFlags,
    /// Platform that the image must be for, instead of that of the nodes.
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform)]
    pub platform: Option<Platform>,
    /// Check the right to push as well, by the way that leaves least behind; it is named before it is done.
    #[arg(long)]
    pub push: bool,
    /// Ask no cluster: the registry alone, with the credentials of -a or none.
    #[arg(long)]
    pub no_cluster: bool,
    /// Service account whose pull secrets are used.
    #[arg(short = 'z', long, value_name = "NAME", default_value = "default")]
    pub service_account: String,
    /// When the whole run ends, whatever is under way.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = parse_timeout)]
    pub timeout: Duration,
    #[command(flatten)]
    pub report: ReportFlags,
}

fn parse_platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).map_err(|error| error.to_string())
}

fn parse_timeout(text: &str) -> Result<Duration, String> {
    match parse_duration(text)? {
        Duration::ZERO => Err("a run needs some time; write 30s or 2m".to_owned()),
        time => Ok(time),
    }
}
