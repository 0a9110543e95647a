//! One side of a copy: its image, its client, its credential, and what doctor says of it before anything is written.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::credential::{self, Said, Wanted};
use super::stream::Found;
use crate::cli::promote::PromoteArgs as Flags;
use crate::cluster::Cluster;
use crate::doctor::ask::Depth;
use crate::doctor::causes::Cause;
use crate::doctor::check::{self, CheckOutcome, CheckRequest, CheckStatus};
use crate::doctor::setup::{self, ClusterTrust};
use crate::error::Error;
use crate::model::credential::Credential;
use crate::model::endpoint::{Endpoint, RegistryArgument};
use crate::model::image::ImageReference;
use crate::registry::transfer::{self, Place};
use crate::registry::{Options, Registry};
use crate::ui::sanitize_line;
use crate::verbs::Run;

/// How long the check of a side may take: it is not what the user waits for, and a registry that is slow to answer is one that can
/// be copied to.
const TIMEOUT: Duration = Duration::from_secs(90);

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Source,
    Target,
}

/// A side that can be talked to.
pub(super) struct Side {
    pub(super) which: Which,
    pub(super) image: ImageReference,
    pub(super) place: Place,
    client: Arc<Registry>,
    credential: Option<Credential>,
    options: Options,
}

impl Side {
    /// Where the image is.
    pub(super) async fn source(
        run: &mut Run,
        cluster: Option<&Cluster>,
        flags: &Flags,
        found: Found,
        said: &mut Said,
    ) -> Result<Self, Error> {
        let credential = match found.login {
            Some(own) => Some(own),
            None => {
                let wanted = Wanted::source(flags, &found.image);
                credential::find(run, cluster, &wanted, said).await?
            }
        };
        let plain_http = flags.registry.plain_http || flags.sides.source_plain_http;
        let ca = flags.sides.source_registry_ca.as_deref();
        let options = options(run, flags, ca, found.trust.as_ref(), plain_http)?;
        Self::open(Which::Source, found.image, credential, options, flags)
    }

    /// Where it goes.
    pub(super) async fn target(
        run: &mut Run,
        cluster: Option<&Cluster>,
        flags: &Flags,
        image: ImageReference,
        said: &mut Said,
    ) -> Result<Self, Error> {
        let wanted = Wanted::target(flags, &image);
        let credential = credential::find(run, cluster, &wanted, said).await?;
        let plain_http = flags.registry.plain_http || flags.sides.target_plain_http;
        let ca = flags.sides.target_registry_ca.as_deref();
        let options = options(run, flags, ca, None, plain_http)?;
        Self::open(Which::Target, image, credential, options, flags)
    }

    fn open(
        which: Which,
        image: ImageReference,
        credential: Option<Credential>,
        options: Options,
        flags: &Flags,
    ) -> Result<Self, Error> {
        let endpoint = Endpoint::of_registry(image.registry());
        let client = Registry::new(
            endpoint,
            credential.iter().cloned().collect(),
            transfer::for_content(setup::same_options(&options)),
        )
        .map_err(|error| Error::failure(error.to_string()))?;
        let client = Arc::new(client);
        let index = credential.as_ref().map(|_| 0);
        Ok(Self {
            place: Place::new(
                Arc::clone(&client),
                image.repository(),
                index,
                flags.retries,
            ),
            which,
            image,
            client,
            credential,
            options,
        })
    }

    /// Whether both are one and the same image.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.image.name() == other.image.name() && self.image.selector() == other.image.selector()
    }

    /// What to ask the source for: a digest, or a tag.
    pub(super) fn selector(&self) -> &str {
        self.image.selector()
    }

    /// Whether what the check could not decide is for the copy itself to show: nothing that is known is against it, and a
    /// registry that anybody may push to has no login to be checked.
    fn is_left_open(&self, cause: Option<Cause>) -> bool {
        match cause {
            None => true,
            Some(Cause::Unknown) => self.which == Which::Target && self.credential.is_none(),
            Some(_) => false,
        }
    }

    /// Of the source the right to pull the image, of the target that it is a registry and takes the login: the rest of its
    /// word is its answer to the push.
    async fn check(&self) -> Result<CheckOutcome, Error> {
        let options = Options {
            deadline: Instant::now() + TIMEOUT,
            ..setup::same_options(&self.options)
        };
        let request = CheckRequest {
            registry: RegistryArgument::parse(self.image.registry())?,
            credential: self.credential.clone(),
            image: (self.which == Which::Source).then(|| self.image.clone()),
            options,
            client: Some(Arc::clone(&self.client)),
            depth: Depth::Delivery,
        };
        Ok(Box::pin(check::check(request)).await)
    }
}

fn options(
    run: &Run,
    flags: &Flags,
    own_ca: Option<&Path>,
    trust: Option<&ClusterTrust>,
    plain_http: bool,
) -> Result<Options, Error> {
    let ca = own_ca.or(flags.registry.registry_ca.as_deref());
    let machine = Arc::new(setup::machine_roots(&run.env, ca)?);
    Ok(setup::registry_options(
        &machine,
        trust,
        setup::proxy_rules(&run.env),
        plain_http,
        false,
        Instant::now() + TIMEOUT,
    ))
}

/// Asks both registries before anything is written, unless that was not wanted, and says what was checked.
///
/// # Errors
///
/// What doctor finds wrong with one of them, in its words.
pub(super) async fn check(
    run: &mut Run,
    flags: &Flags,
    source: &Side,
    target: &Side,
) -> Result<(), Error> {
    if flags.skip_check {
        run.ui.warning(format!(
            "not checked: whether {} may be pulled, and whether {} takes the login",
            source.image,
            target.image.registry()
        ));
        return Ok(());
    }
    let (of_source, of_target) = tokio::join!(source.check(), target.check());
    for (side, outcome) in [(source, of_source?), (target, of_target?)] {
        say(run, side, &outcome)?;
    }
    Ok(())
}

fn say(run: &mut Run, side: &Side, outcome: &CheckOutcome) -> Result<(), Error> {
    let pass = run.ui.glyphs().pass;
    for line in &outcome.checked {
        run.ui
            .status(format!("{pass} {}", sanitize_line(line, 300)));
    }
    // What a copy does not need is no reason not to make it; what it does need is looked at before anything is written.
    let fits_a_copy = matches!(
        outcome.cause,
        Some(Cause::ManifestUnsupported | Cause::PlatformMissing | Cause::BlobMissing)
    );
    match outcome.status {
        CheckStatus::Healthy => return Ok(()),
        _ if fits_a_copy => return Ok(()),
        // Nothing is against it, and the registry's answer to the copy tells the rest.
        CheckStatus::Undetermined if side.is_left_open(outcome.cause) => {
            for line in &outcome.unchecked {
                run.ui
                    .warning(format!("not checked: {}", sanitize_line(line, 300)));
            }
            return Ok(());
        }
        CheckStatus::Undetermined | CheckStatus::Failed => {}
    }
    let dot = run.ui.glyphs().dot;
    for line in &outcome.because {
        run.ui.status(format!("{dot} {}", sanitize_line(line, 300)));
    }
    Err(refused(run.program, side, outcome))
}

fn refused(program: &str, side: &Side, outcome: &CheckOutcome) -> Error {
    let prefix = match side.which {
        Which::Source => "source",
        Which::Target => "target",
    };
    let cause = outcome
        .cause
        .map_or_else(String::new, |cause| format!(" ({})", cause.id()));
    let error = Error::failure(format!("{}{cause}", sanitize_line(&outcome.summary, 600)));
    let error = match outcome.cause {
        Some(Cause::UnknownCa) => error.hint(format!(
            "--{prefix}-registry-ca FILE checks against the CA that signed it"
        )),
        Some(Cause::PlainHttp) => error.hint(format!(
            "--{prefix}-plain-http speaks to it as it is, the password included"
        )),
        Some(Cause::NoCredentials) => error.hint(format!(
            "--{prefix}-registry-config FILE and --{prefix}-from-secret NAME take a login that is stored"
        )),
        _ => error,
    };
    let error = match outcome.cause {
        Some(cause) => error.hint(format!("`{program} explain {}` tells more", cause.id())),
        None => error,
    };
    error.hint("nothing was written; --skip-check copies all the same")
}
