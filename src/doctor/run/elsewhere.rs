//! A second look, for what is refused and has nothing in its own namespace that would help: does a secret of another
//! namespace pull the image?
//!
//! Asked only then, with few credentials, by a client of their own; what one client was refused the other does not send.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::gather::Target;
use super::judged;
use super::probing::AT_ONCE;
use crate::cluster::{Cluster, Scope};
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Setting;
use crate::doctor::evidence::{CandidateFact, Check, Fact, Role};
use crate::doctor::probes::credentials::{ParsedSecret, Sources, Wallet};
use crate::doctor::probes::{manifest, unread};
use crate::doctor::schedule::Leg;
use crate::doctor::setup;
use crate::model::dialect::Dialect;
use crate::model::endpoint::Endpoint;
use crate::model::image::ImageReference;
use crate::model::view::Secret;
use crate::registry::Registry;

/// Secrets whose keys match that are looked at, and credentials of them that are tried.
const MOST_SECRETS: usize = 20;
const MOST_TRIED: usize = 3;
/// Where they stand among the sources of a target: behind its own.
const BEHIND: usize = 1000;

/// The causes that a secret of another namespace could be the way out of.
const HELPLESS: [Cause; 5] = [
    Cause::NoCredentials,
    Cause::BadCredentials,
    Cause::ExpiredCredentials,
    Cause::PullDenied,
    Cause::MissingOrForbidden,
];

/// A secret of any namespace, parsed.
struct Known {
    namespace: String,
    name: String,
    parsed: ParsedSecret,
}

/// What is tried for one target.
struct Trial {
    target: usize,
    leg: Arc<Leg>,
    image: ImageReference,
    candidates: Vec<CandidateFact>,
}

impl Trial {
    /// Its client: of the registry, and whether that takes any certificate.
    fn client(&self) -> (String, bool) {
        let registry = self.image.registry().to_owned();
        (registry, self.leg.options.accept_untrusted)
    }
}

/// Clients by registry and by whether they take any certificate, each with the place of its first credential in the run's
/// list.
type Clients = HashMap<(String, bool), (usize, Arc<Registry>)>;

/// Looks. `listed` are the secrets of all namespaces, where the run has read them. Clients that were made are returned: what
/// they asked belongs to the run.
pub(super) async fn look(
    cluster: &Cluster,
    listed: Option<&[Secret]>,
    targets: &mut [Target],
    wallets: &mut BTreeMap<String, Wallet>,
    setting: &Setting,
) -> Vec<Arc<Registry>> {
    let helpless: Vec<usize> = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| is_helpless(target, setting))
        .map(|(at, _)| at)
        .collect();
    if helpless.is_empty() {
        return Vec::new();
    }
    let read;
    let secrets = match listed {
        Some(secrets) => secrets,
        None => match cluster.secrets(&Scope::All, None).await {
            Ok(secrets) => {
                read = secrets;
                &read
            }
            Err(why) => {
                for at in helpless {
                    targets[at].given.push([unread(Check::Wiring, &why)]);
                }
                return Vec::new();
            }
        },
    };
    let known: Vec<Known> = secrets
        .iter()
        .filter(|secret| secret.docker_config().is_some() && !secret.is_of_platform())
        .map(|secret| Known {
            namespace: secret.namespace.clone(),
            name: secret.name.clone(),
            parsed: ParsedSecret::of(secret),
        })
        .collect();
    let trials: Vec<Trial> = helpless
        .into_iter()
        .filter_map(|at| trial(at, &mut targets[at], &known, wallets))
        .collect();
    let clients = clients(&trials, wallets);
    futures_util::stream::iter(trials.iter().map(|trial| try_out(trial, &clients, targets)))
        .buffer_unordered(AT_ONCE)
        .collect::<()>()
        .await;
    clients.into_values().map(|(_, client)| client).collect()
}

fn is_helpless(target: &Target, setting: &Setting) -> bool {
    target.leg.is_some()
        && target.subject.operation.fetches()
        && target.subject.namespace().is_some()
        && judged(target, setting, false)
            .cause()
            .is_some_and(|cause| HELPLESS.contains(&cause))
}

/// The secrets of other namespaces that match, noted as evidence, and what of them is worth a try.
fn trial(
    at: usize,
    target: &mut Target,
    known: &[Known],
    wallets: &mut BTreeMap<String, Wallet>,
) -> Option<Trial> {
    let leg = Arc::clone(target.leg.as_ref()?);
    let image = leg.subject.image.clone().ok()?;
    let own = target.subject.namespace()?.to_owned();
    let name = image.name();
    let mut sources = Sources::of(&target.subject.consumer);
    let serving = known
        .iter()
        .filter(|secret| secret.namespace != own && secret.parsed.serves(&name))
        .take(MOST_SECRETS);
    for secret in serving {
        let parsed = Some(secret.parsed.clone());
        sources.secret(Role::Elsewhere, &secret.namespace, &secret.name, parsed);
    }
    let wallet = wallets.entry(image.registry().to_owned()).or_default();
    let (facts, found) = sources.facts(&image, wallet);
    let mut candidates: Vec<CandidateFact> = Vec::new();
    for candidate in found {
        let tried = target.candidates.iter().chain(&candidates);
        let new = !tried
            .into_iter()
            .any(|known| known.index == candidate.index);
        if new && candidates.len() < MOST_TRIED {
            candidates.push(candidate);
        }
    }
    if candidates.is_empty() {
        return None;
    }
    let worth_a_line = facts
        .into_iter()
        .filter(|fact| candidates.iter().any(|known| known.object == fact.object))
        .map(|mut fact| {
            fact.place += BEHIND;
            Fact::Source(fact)
        });
    target.given.facts(worth_a_line, Dialect::Distribution);
    target.given.add_candidates(&candidates);
    target.candidates.extend(candidates.iter().cloned());
    Some(Trial {
        target: at,
        leg,
        image,
        candidates,
    })
}

/// One client for each registry and each way to talk to it, with what has come to its wallet.
fn clients(trials: &[Trial], wallets: &mut BTreeMap<String, Wallet>) -> Clients {
    let mut clients = Clients::new();
    for trial in trials {
        let key = trial.client();
        if clients.contains_key(&key) {
            continue;
        }
        let options = setup::same_options(&trial.leg.options);
        let other = clients.get(&(key.0.clone(), !key.1));
        // The same endpoint has made a client before.
        let made = match other {
            Some((first, other)) => other.beside(options).map(|client| (*first, client)),
            None => {
                let (first, credentials) = wallets.entry(key.0.clone()).or_default().hand_out();
                Registry::new(Endpoint::of_registry(&key.0), credentials, options)
                    .map(|client| (first, client))
            }
        };
        if let Ok((first, client)) = made {
            clients.insert(key, (first, Arc::new(client)));
        }
    }
    clients
}

/// Asks with one after the other, until one gets the image.
async fn try_out(trial: &Trial, clients: &Clients, targets: &[Target]) {
    let Some((first, client)) = clients.get(&trial.client()) else {
        return;
    };
    let dialect = trial.leg.registry.ping().await.dialect;
    for candidate in &trial.candidates {
        // A login that the run knew before is with its first client.
        let (registry, index) = match candidate.index.checked_sub(*first) {
            Some(index) => (client, index),
            None => (&trial.leg.registry, candidate.index),
        };
        let (view, facts) = manifest::ask(registry, &trial.image, Some(index)).await;
        let facts = facts.into_iter().map(|fact| placed(fact, candidate.index));
        targets[trial.target].given.facts(facts, dialect);
        if view.manifest.is_some() {
            return;
        }
    }
}

/// The fact, about the credential at this place of the run's list.
fn placed(fact: Fact, index: usize) -> Fact {
    match fact {
        Fact::Login(mut login) => {
            login.credential = login.credential.map(|_| index);
            Fact::Login(login)
        }
        Fact::Manifest(mut view) => {
            view.credential = view.credential.map(|_| index);
            Fact::Manifest(view)
        }
        other => other,
    }
}
