//! Asks the registry before anything is written: does it answer as one, and does it take these credentials.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::credential::Found;
use super::target::Target;
use crate::cli::link::LinkArgs as Flags;
use crate::cluster::Cluster;
use crate::cluster::snapshot::WantConfig;
use crate::doctor::ask::Depth;
use crate::doctor::causes::Cause;
use crate::doctor::check::{self, CheckOutcome, CheckRequest, CheckStatus};
use crate::doctor::probes::config;
use crate::doctor::setup::{self, PlatformTrust};
use crate::env::Env;
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::registry::Options;
use crate::ui::{Ui, sanitize_line};

/// How long the whole check may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What came of it.
pub(super) enum Checked {
    Skipped {
        registry: String,
        image: Option<String>,
    },
    Done(Box<CheckOutcome>),
}

/// Checks, unless `--skip-check`. An error is one of ours: a CA file that cannot be used.
pub(super) async fn check(
    env: &Env,
    cluster: &Cluster,
    flags: &Flags,
    target: &Target,
    found: &Found,
) -> Result<Checked, Error> {
    if flags.skip_check {
        return Ok(Checked::Skipped {
            registry: target.registry.to_string(),
            image: flags.image.clone(),
        });
    }
    let request = CheckRequest {
        registry: target.registry.clone(),
        credential: Some(found.credential.clone()),
        image: target.image.clone(),
        options: options(env, cluster, flags, target).await?,
        client: None,
        depth: Depth::Full,
    };
    let outcome = Box::pin(check::check(request)).await;
    Ok(Checked::Done(Box::new(outcome)))
}

/// Trust and proxy of this machine and, on OpenShift, what the cluster trusts and takes without TLS for this registry.
async fn options(
    env: &Env,
    cluster: &Cluster,
    flags: &Flags,
    target: &Target,
) -> Result<Options, Error> {
    let machine = Arc::new(setup::machine_roots(
        env,
        flags.registry.registry_ca.as_deref(),
    )?);
    let want = WantConfig {
        image_config: true,
        proxy: true,
        ..WantConfig::default()
    };
    let read = cluster.cluster_config(want).await;
    let trust = PlatformTrust::of(&read)
        .map(|platform| platform.for_registry(&target.registry.endpoint.name()));
    let insecure = trust.is_some()
        && ImageReference::parse(&target.lookup_name())
            .is_ok_and(|image| config::places(&read, &image).insecure);
    Ok(setup::registry_options(
        &machine,
        trust.as_ref(),
        setup::proxy_rules(env),
        flags.registry.plain_http,
        insecure,
        Instant::now() + TIMEOUT,
    ))
}

impl Checked {
    /// Says what was checked, and gives these lines; what failed, or could not be decided, ends the run in doctor's words.
    pub(super) fn say(self, ui: &mut Ui, program: &str) -> Result<Vec<String>, Error> {
        let outcome = match self {
            Self::Skipped { registry, image } => {
                let image = image.map_or_else(String::new, |image| {
                    format!(", nor whether they may pull {image}")
                });
                ui.warning(format!(
                    "not checked: whether {registry} is a registry, and whether it takes these credentials{image}"
                ));
                return Ok(Vec::new());
            }
            Self::Done(outcome) => outcome,
        };
        for line in &outcome.checked {
            ui.status(format!("{} {}", ui.glyphs().pass, sanitize_line(line, 300)));
        }
        if outcome.status == CheckStatus::Healthy {
            for line in &outcome.unchecked {
                ui.warning(format!("not checked: {}", sanitize_line(line, 300)));
            }
            return Ok(outcome.checked);
        }
        // What could not be checked follows from what failed.
        for line in &outcome.because {
            ui.status(format!("{} {}", ui.glyphs().dot, sanitize_line(line, 300)));
        }
        let cause = outcome
            .cause
            .map_or_else(String::new, |cause| format!(" ({})", cause.id()));
        let error = Error::failure(format!("{}{cause}", sanitize_line(&outcome.summary, 600)));
        let error = match outcome.cause {
            Some(Cause::UnknownCa) => error.hint(
                "--registry-ca FILE checks against the CA that signed it; the nodes need that CA too",
            ),
            Some(Cause::PlainHttp) => error.hint(
                "--plain-http speaks to it as it is, the password included; the nodes must be told to as well",
            ),
            _ => error,
        };
        let error = match outcome.cause {
            Some(cause) => error.hint(format!("`{program} explain {}` tells more", cause.id())),
            None => error.hint("--image IMAGE checks the login with a pull"),
        };
        Err(error.hint("nothing was written; --skip-check writes all the same"))
    }
}
