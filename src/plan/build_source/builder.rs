//! Whether an image can do what a build wants of it, by its configuration.

use super::input::Role;
use crate::model::observation::ConfigBlob;
use crate::plan::Object;

/// Where a builder image keeps its scripts.
const SCRIPTS: &str = "io.openshift.s2i.scripts-url";
/// The same on OpenShift 3 (source-to-image `pkg/api/constants/labels.go`, deprecated); the builder of OpenShift 4 does not
/// read it (openshift/builder `pkg/build/builder/sti.go`).
const SCRIPTS_OF_OLD: &str = "io.s2i.scripts-url";
/// Where the scripts are looked for without the label (source-to-image `pkg/build/strategies/dockerfile` `defaultScriptsDir`).
const DEFAULT_SCRIPTS: &str = "/usr/libexec/s2i";

/// What the configuration says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fitness {
    /// It is what the build wants, in words.
    Fit(String),
    /// It may well not be, in words.
    Doubtful(String),
    /// The build wants nothing that a configuration tells.
    Any,
}

/// Whether the image, whose configuration this is, fits the build.
pub fn fitness(config: &Object, role: &Role, image: &ConfigBlob) -> Fitness {
    match role {
        Role::Source => scripts(config, image),
        Role::Custom if !image.runs => Fitness::Doubtful(
            "it has neither an entrypoint nor a command, and the pod of a custom build runs it as it is".to_owned(),
        ),
        Role::Custom => Fitness::Fit("it says by itself what it runs, as a custom builder must".to_owned()),
        Role::Docker | Role::SourceImage { .. } => Fitness::Any,
    }
}

fn scripts(config: &Object, image: &ConfigBlob) -> Fitness {
    let own = config.text("/spec/strategy/sourceStrategy/scripts");
    if !own.is_empty() {
        return Fitness::Fit("the build scripts are the BuildConfig's own".to_owned());
    }
    let label = |name: &str| image.labels.get(name).filter(|value| !value.is_empty());
    if label(SCRIPTS).is_some() {
        return Fitness::Fit(format!("it is a builder image ({SCRIPTS})"));
    }
    let older = if label(SCRIPTS_OF_OLD).is_some() {
        format!(" but only {SCRIPTS_OF_OLD}, which OpenShift 4 does not read,")
    } else {
        String::new()
    };
    Fitness::Doubtful(format!(
        "it has no label {SCRIPTS}{older} and is hardly a builder image: unless its scripts are in {DEFAULT_SCRIPTS}, or the source has its own in .s2i/bin, builds fail"
    ))
}
