//! The check that verbs make before they write: the same probes, rules and words as `doctor`, for one registry and one
//! credential.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::OnceCell;

use super::ask::Depth;
use super::causes::Cause;
use super::diagnosis::{Diagnosis, Outcome, Setting};
use super::evidence::{CandidateFact, Check, Evidence, Fact, Role, SkipReason, Status};
use super::probes::ports;
use super::rank;
use super::rules::Case;
use super::schedule::{KnownImages, Leg, Trust};
use super::setup;
use super::sink::Sink;
use super::target::{Consumer, Operation, Puller, Subject, TargetRef};
use crate::model::credential::Credential;
use crate::model::dialect::Dialect;
use crate::model::endpoint::RegistryArgument;
use crate::model::image::ImageReference;
use crate::model::observation::{LoginVerdict, PingKind, PushVerdict};
use crate::registry::{Options, Registry};

/// What is about to be stored, and for what.
pub struct CheckRequest {
    pub registry: RegistryArgument,
    /// `None` is to ask as anybody.
    pub credential: Option<Credential>,
    /// `--image`: the pull right on it is checked too. It must be an image of this registry.
    pub image: Option<ImageReference>,
    pub options: Options,
    /// A client for that registry with that one credential, if any, which goes on to be used: then nothing is asked twice.
    /// Without it one is made.
    pub client: Option<Arc<Registry>>,
    pub depth: Depth,
}

/// What came of it, in doctor's own words.
#[derive(Debug, Clone)]
pub struct CheckOutcome {
    pub status: CheckStatus,
    pub cause: Option<Cause>,
    /// One sentence.
    pub summary: String,
    /// The evidence, one line each, already sanitised.
    pub because: Vec<String>,
    /// What was checked, in words (`quay.io answers as a registry`, `the login robot is accepted`).
    pub checked: Vec<String>,
    /// What could not be checked, and why.
    pub unchecked: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckStatus {
    Healthy,
    Failed,
    Undetermined,
}

/// Probes and judges. Never fails: what could not be done is an outcome.
pub async fn check(request: CheckRequest) -> CheckOutcome {
    let registry_name = request.registry.endpoint.name();
    let subject = subject(&request, &registry_name);
    let candidates = request
        .credential
        .iter()
        .map(|credential| CandidateFact {
            index: 0,
            source: "given".to_owned(),
            object: None,
            key: request.registry.key(),
            username: credential.username().map(str::to_owned),
            role: Role::Used,
        })
        .collect();
    let trust = Trust {
        machine: Arc::new(request.options.roots.clone()),
        tolerated: request.options.accept_untrusted,
        cluster: None,
    };
    let other_ports = setup::same_options(&request.options);
    let registry = match request.client {
        Some(client) => client,
        None => match Registry::new(
            request.registry.endpoint.clone(),
            request.credential.into_iter().collect(),
            request.options,
        ) {
            Ok(registry) => Arc::new(registry),
            Err(error) => return unusable(error.to_string()),
        },
    };
    let leg = Leg {
        subject,
        registry,
        candidates,
        signatures: Vec::new(),
        depth: request.depth,
        trust,
        known_images: Arc::new(KnownImages {
            cluster: None,
            cell: OnceCell::new(),
        }),
        usual_ports: ports::USUAL.to_vec(),
        read_config: false,
        options: other_ports,
        sink: Sink::default(),
    };
    let list = Fact::Candidates {
        list: leg.candidates.clone(),
        maybe_more: None,
    };
    leg.sink.facts(
        [Fact::Reference(leg.subject.image.clone()), list],
        Dialect::Distribution,
    );
    leg.run().await;
    let setting = Setting {
        cluster: false,
        openshift: false,
        trusted_ca: None,
        no_proxy: None,
        client: "oc",
        flags: Vec::new(),
        push: false,
    };
    outcome(
        &rank::diagnose(
            leg.subject.clone(),
            leg.sink.taken(&leg.subject, &leg.candidates),
            &setting,
        ),
        &registry_name,
    )
}

fn subject(request: &CheckRequest, registry: &str) -> Subject {
    let operation = if request.image.is_some() {
        Operation::Pull
    } else {
        Operation::Login
    };
    // Without an image the registry still needs a place in a reference; nothing is asked about the repository.
    let path = request.registry.path.as_deref().unwrap_or("any");
    let text = match &request.image {
        Some(image) => image.to_string(),
        None => format!("{registry}/{path}"),
    };
    Subject {
        target: TargetRef::Image,
        image: match &request.image {
            Some(image) => Ok(image.clone()),
            None => ImageReference::parse(&text),
        },
        text,
        operation,
        consumer: Consumer::Credential,
        plain_http: request.options.plain_http,
        platforms: Vec::new(),
        platforms_from: "nobody",
        puller: Puller::Unknown,
        now: Timestamp::now(),
    }
}

fn unusable(summary: String) -> CheckOutcome {
    CheckOutcome {
        status: CheckStatus::Undetermined,
        cause: None,
        summary,
        because: Vec::new(),
        checked: Vec::new(),
        unchecked: Vec::new(),
    }
}

/// A push that nothing stands against, as far as was asked: the right to push itself was not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UntriedPush {
    /// The login that it sends is good, or the registry tells good from bad only when something is asked for.
    WithLogin,
    /// It sends none, and the registry wants none for what was asked.
    WithoutLogin,
}

/// Whether a diagnosis is open for no other reason than that the push was not tried.
pub fn untried_push(diagnosis: &Diagnosis) -> Option<UntriedPush> {
    let open = diagnosis.outcome() == Outcome::Undetermined;
    if !open || diagnosis.subject.operation != Operation::Push {
        return None;
    }
    let case = Case::new(&diagnosis.subject, &diagnosis.evidence);
    if case.push().is_some() || case.credentials_unread() {
        return None;
    }
    let sends = case.candidates.iter().find(|one| one.role.is_used());
    let (_, ping) = case.ping?;
    match (sends, &ping.kind) {
        (None, PingKind::Open) => Some(UntriedPush::WithoutLogin),
        (Some(candidate), _) => case
            .logins()
            .into_iter()
            .any(|(_, login)| {
                login.credential == Some(candidate.index)
                    && matches!(
                        login.verdict,
                        LoginVerdict::Accepted | LoginVerdict::NotProved { .. }
                    )
            })
            .then_some(UntriedPush::WithLogin),
        (None, _) => None,
    }
}

/// A diagnosis in short, as verbs tell it that are about to write. `registry` is what its sentences call the registry.
pub fn outcome(diagnosis: &Diagnosis, registry: &str) -> CheckOutcome {
    let (checked, mut unchecked) = looked_at(diagnosis, registry);
    let line = |item: &Evidence| format!("{}: {}", item.check.word(), item.detail);
    let gaps = diagnosis
        .evidence
        .iter()
        .filter(|item| item.skip_reason.is_some_and(SkipReason::leaves_a_gap));
    unchecked.extend(gaps.map(line));
    CheckOutcome {
        status: match diagnosis.outcome() {
            Outcome::Healthy => CheckStatus::Healthy,
            Outcome::Failed => CheckStatus::Failed,
            Outcome::Undetermined => CheckStatus::Undetermined,
        },
        cause: diagnosis.cause(),
        summary: diagnosis.summary(),
        because: diagnosis
            .because()
            .iter()
            .filter_map(|at| diagnosis.evidence.as_slice().get(*at))
            .map(line)
            .collect(),
        checked,
        unchecked,
    }
}

/// What was not read for lack of a right, each right once: `no right to list nodes`.
pub fn rights_missing(diagnosis: &Diagnosis) -> Vec<&str> {
    let mut rights: Vec<&str> = Vec::new();
    let refused = diagnosis
        .evidence
        .iter()
        .filter(|item| item.skip_reason == Some(SkipReason::Forbidden));
    for item in refused {
        if !rights.contains(&item.detail.as_str()) {
            rights.push(&item.detail);
        }
    }
    rights
}

/// What is known to be good, and what nothing is known about.
fn looked_at(diagnosis: &Diagnosis, registry: &str) -> (Vec<String>, Vec<String>) {
    let case = Case::new(&diagnosis.subject, &diagnosis.evidence);
    let (mut checked, mut unchecked) = (Vec::new(), Vec::new());
    let chains = case.chains();
    if let Some((_, chain)) = chains.first() {
        if chain.faults.is_empty() {
            checked.push(format!("the certificate of {registry} is trusted"));
        } else if chain.tolerated {
            unchecked.push(format!(
                "the certificate of {registry}: the cluster takes any"
            ));
        }
    }
    if let Some((_, ping)) = case.ping
        && matches!(ping.kind, PingKind::Open | PingKind::Challenge)
    {
        checked.push(format!(
            "{registry} answers as a registry ({})",
            ping.dialect.name()
        ));
    }
    for (_, login) in case.logins() {
        let who = case
            .candidates
            .first()
            .and_then(|candidate| candidate.username.clone())
            .unwrap_or_else(|| "the token".to_owned());
        match &login.verdict {
            LoginVerdict::Accepted => checked.push(format!("the login {who} is accepted")),
            LoginVerdict::NotProved { why } => {
                unchecked.push(format!("whether the password of {who} is right: {why}"));
            }
            _ => {}
        }
    }
    if case.delivered().is_some() {
        checked.push(format!("it may pull {}", diagnosis.subject.text));
    }
    if let Some((_, push)) = case.push()
        && push.verdict == PushVerdict::Allowed
    {
        let left = push.leftover.as_ref().map_or_else(String::new, |left| {
            format!(", and the question left behind {left}")
        });
        checked.push(format!("it may push to {}{left}", diagnosis.subject.text));
    }
    let parts_bad = diagnosis
        .evidence
        .of(Check::Blobs)
        .any(|(_, item)| item.status == Status::Fail);
    if parts_bad {
        unchecked.push("the parts of the image that could not be fetched".to_owned());
    }
    (checked, unchecked)
}
