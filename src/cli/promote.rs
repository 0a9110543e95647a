//! `promote SOURCE IMAGE`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::output::DryRun;
use super::registry_flags::RegistryFlags;
use crate::model::platform::Platform;

/// Copies an image from one registry to another: all its platforms, byte for byte, tagged when everything is there.
///
/// SOURCE is an image, or an image stream tag: istag/STREAM:TAG, istag/NAMESPACE/STREAM:TAG, is/STREAM for its tag latest.
/// A stream is read through the internal registry's route, as you; what a stream only refers to is read where it is when
/// there is no route. IMAGE is where it goes; without a tag it gets the source's.
///
/// Nothing is sent that is there already, and between two repositories of one registry nothing is moved through here. An
/// upload that breaks off goes on where it was. The tag is set last, and not touched when it stands for the same image.
/// Interrupted, it says what is there; the next run goes on from that.
#[derive(Debug, Clone, Args)]
pub struct PromoteArgs {
    /// Image with its registry, by tag or digest; or istag/[NAMESPACE/]STREAM:TAG.
    #[arg(value_name = "SOURCE")]
    pub source: String,
    /// Where it goes: an image with its registry.
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// Only the image for this platform, instead of all.
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform)]
    pub platform: Option<Platform>,
    /// Copy what refers to the image as well: signatures, attestations, bills of material, whether they are listed as
    /// referrers or stand under tags made of the digest (sha256-....sig).
    #[arg(long)]
    pub with_referrers: bool,
    /// Only say what would move, and how many bytes; sends nothing but reads.
    #[arg(
        long,
        value_enum,
        value_name = "HOW",
        num_args = 0..=1,
        require_equals = true,
        default_value = "none",
        default_missing_value = "client",
        hide_possible_values = true
    )]
    pub dry_run: DryRun,
    /// Copy without asking the registries first; says what was not checked.
    #[arg(long)]
    pub skip_check: bool,
    /// How often a step is tried again that a registry or the network let fail.
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    pub retries: u32,
    /// Print what was done as yaml or json, or only the name by digest.
    #[arg(
        short,
        long,
        value_enum,
        value_name = "FORMAT",
        hide_possible_values = true
    )]
    pub output: Option<PromoteFormat>,
    #[command(flatten)]
    pub registry: RegistryFlags,
    #[command(flatten)]
    pub sides: SideFlags,
}

/// What counts for one side only, beside or instead of the flag without the prefix.
#[derive(Debug, Clone, Args, Default)]
#[command(next_help_heading = "One side alone")]
pub struct SideFlags {
    /// File with the credentials for the source.
    #[arg(long, value_name = "FILE")]
    pub source_registry_config: Option<PathBuf>,
    /// File with the credentials for the target.
    #[arg(long, value_name = "FILE")]
    pub target_registry_config: Option<PathBuf>,
    /// Take the entry for the source's registry out of a secret.
    #[arg(
        long,
        value_name = "[NS/]NAME",
        conflicts_with = "source_registry_config"
    )]
    pub source_from_secret: Option<String>,
    /// Take the entry for the target's registry out of a secret.
    #[arg(
        long,
        value_name = "[NS/]NAME",
        conflicts_with = "target_registry_config"
    )]
    pub target_from_secret: Option<String>,
    /// CA bundle for the source's certificate, beside this machine's.
    #[arg(long, value_name = "FILE")]
    pub source_registry_ca: Option<PathBuf>,
    /// CA bundle for the target's certificate, beside this machine's.
    #[arg(long, value_name = "FILE")]
    pub target_registry_ca: Option<PathBuf>,
    /// Speak plain HTTP to the source, and send credentials over it.
    #[arg(long)]
    pub source_plain_http: bool,
    /// Speak plain HTTP to the target, and send credentials over it.
    #[arg(long)]
    pub target_plain_http: bool,
}

/// `-o`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PromoteFormat {
    Yaml,
    Json,
    Name,
}

fn parse_platform(text: &str) -> Result<Platform, String> {
    Platform::parse(text).map_err(|error| error.to_string())
}
