//! `version`: what this build is.

use std::env::consts::{ARCH, OS};

use serde_json::{Value, json};

use super::Run;
use crate::cli::version::{VersionArgs, VersionFormat};
use crate::error::Error;
use crate::plan::yaml;

/// The commit that a release was built from; the release's build sets it, other builds do not know.
const COMMIT: Option<&str> = option_env!("EXTREG_GIT_COMMIT");

/// Prints the version; asks no cluster.
pub(super) fn run(run: &mut Run, args: &VersionArgs) -> Result<(), Error> {
    match args.output {
        None => run
            .ui
            .line(concat!("kubectl-extreg ", env!("CARGO_PKG_VERSION"))),
        Some(VersionFormat::Json) => run.ui.data(format!("{:#}\n", document())),
        Some(VersionFormat::Yaml) => run.ui.data(yaml::to_yaml(&document())),
    }
}

fn document() -> Value {
    let mut document = json!({
        "name": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "target": target(),
        "features": features(),
    });
    if let Some(commit) = COMMIT.filter(|commit| !commit.is_empty()) {
        document["gitCommit"] = commit.into();
    }
    document
}

/// The target triple. Only a build script is told it; these are the ones that there are packages for, and the like.
fn target() -> String {
    let system = match OS {
        "linux" => concat_env("unknown-linux"),
        "macos" => "apple-darwin".to_owned(),
        "windows" => concat_env("pc-windows"),
        other => format!("unknown-{other}"),
    };
    format!("{ARCH}-{system}")
}

fn concat_env(system: &str) -> String {
    let library = if cfg!(target_env = "musl") {
        "musl"
    } else if cfg!(target_env = "msvc") {
        "msvc"
    } else {
        "gnu"
    };
    format!("{system}-{library}")
}

/// What was chosen when it was built.
fn features() -> Vec<&'static str> {
    let mut features = vec!["tls-aws-lc-rs"];
    if cfg!(target_feature = "crt-static") {
        features.push("static");
    }
    if cfg!(debug_assertions) {
        features.push("debug");
    }
    features
}
