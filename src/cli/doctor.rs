//! `doctor [TARGET...]`.

use std::time::Duration;

use clap::Args;

use super::global::parse_duration;
use super::registry_flags::RegistryFlags;
use super::report_flags::ReportFlags;
use crate::model::platform::Platform;

/// Says why images do not arrive: probes the way to them, names one cause each, the evidence for it, and what to do.
///
/// TARGET is KIND/NAME, KIND NAME, KIND alone for all of it, or an image. The kinds are pod, deployment, statefulset,
/// daemonset, replicaset, job, cronjob, dc, build, bc, is, istag (STREAM:TAG), sa and secret, with their usual short names.
/// Everything else is an image; one that begins like an object (build/app) is written with its registry:
/// docker.io/build/app. Without a target it looks at everything in the namespace whose image does not arrive: pods that wait
/// for one, failed imports, builds that failed on a pull or a push, pull secrets that are broken.
///
/// A pod is judged with the secrets that it has, a workload with those that its pods get, a build with its own, an import
/// with all of the namespace, and an image with those of the service account. The cluster's lists of registries, mirrors and
/// trusted CAs are taken into account. What may not be read is said, with the right that is missing. Nothing is written
/// anywhere.
///
/// Exit status: 0 everything healthy, 1 it could not do its work, 2 usage, 3 a problem was found, 4 nothing failed and
/// something could not be determined, 130 interrupted.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    /// What to look at: KIND/NAME, KIND, or an image as it is written in workloads.
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
    /// Only objects with these labels (key=value,...); without a kind, only pods, builds and image streams.
    #[arg(
        short = 'l',
        long,
        value_name = "SELECTOR",
        conflicts_with = "no_cluster"
    )]
    pub selector: Option<String>,
    /// In all namespaces.
    #[arg(short = 'A', long, conflicts_with = "no_cluster")]
    pub all_namespaces: bool,
    /// Every image in use, also what runs well.
    #[arg(long, conflicts_with_all = ["targets", "no_cluster"])]
    pub all: bool,
    #[command(flatten)]
    pub registry: RegistryFlags,
    /// Platform that the image must be for, instead of that of the nodes.
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform)]
    pub platform: Option<Platform>,
    /// Check the right to push as well, by the way that leaves least behind; it is named before it is done.
    #[arg(long)]
    pub push: bool,
    /// Have a node pull the image too: a pod with the very image and account is made, named first, and deleted afterwards. With
    /// =NODE on that node.
    #[arg(
        long,
        value_name = "NODE",
        num_args = 0..=1,
        require_equals = true,
        conflicts_with = "no_cluster"
    )]
    pub from_node: Option<Option<String>>,
    /// Ask no cluster: the registry alone, with the credentials of -a or none.
    #[arg(long)]
    pub no_cluster: bool,
    /// Service account whose pull secrets are used for images.
    #[arg(short = 'z', long, value_name = "NAME", default_value = "default")]
    pub service_account: String,
    /// When the whole run ends, whatever is under way; by default after 30s, with -A or --all after 5m.
    #[arg(long, value_name = "TIME", value_parser = parse_timeout)]
    pub timeout: Option<Duration>,
    /// Carry out the safe fixes of the report: shows what would be written, asks, writes, and looks again.
    #[arg(long, conflicts_with = "no_cluster")]
    pub fix: bool,
    /// Write without asking.
    #[arg(short, long, requires = "fix")]
    pub yes: bool,
    /// Look again until everything is healthy, and print only what changes; for 2m when no time is given.
    #[arg(
        long,
        value_name = "TIME",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2m",
        value_parser = parse_timeout
    )]
    pub wait: Option<Duration>,
    #[command(flatten)]
    pub report: ReportFlags,
}

impl DoctorArgs {
    /// How long the run may take: a few targets are quick, a whole cluster is not.
    pub fn time(&self) -> Duration {
        let usual = if self.all_namespaces || self.all {
            Duration::from_secs(300)
        } else {
            Duration::from_secs(30)
        };
        self.timeout.unwrap_or(usual)
    }
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
