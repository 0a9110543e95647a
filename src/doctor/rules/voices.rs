//! What others say of the same image: the words that the cluster reported on the target, and the vantages that were asked
//! beside this machine. Told apart here are who speaks, whether that is the consumer's own way to the registry, and whether
//! the words are about now; what follows from a disagreement is [`super::super::rank`]'s business.

use crate::doctor::causes::Cause;
use crate::doctor::evidence::{
    EvidenceSet, Fact, ListOrigin, ObservedFact, ObservedSource, OpinionFact, OpinionOutcome, Role,
    Vantage,
};
use crate::doctor::target::{Consumer, Operation, Subject, object_words};
use crate::model::sanitize::sanitize_line;

/// One speaker.
pub struct Voice<'a> {
    /// Position of the line on it.
    pub at: usize,
    /// As the subject of a sentence: `node worker-1`, `the node of pod shop/web-1`.
    pub who: String,
    pub vantage: Vantage,
    /// It goes the way that the consumer goes: a kubelet for pods, the API server for imports, a build for itself.
    pub own: bool,
    /// This run asked it.
    pub fresh: bool,
    /// About now: the target still waits, or it was asked just now.
    pub current: bool,
    pub says: Says<'a>,
}

/// What it says.
pub enum Says<'a> {
    /// It gets the image.
    Works,
    Fails(Words<'a>),
    /// That something fails, and not what (`Back-off pulling image`).
    NoCause,
}

/// A failure in words.
#[derive(Clone, Copy)]
pub struct Words<'a> {
    /// Not sanitised.
    pub message: &'a str,
    /// The family that they point at.
    pub points_at: &'a str,
    /// What they can mean, likeliest first.
    pub candidates: &'a [Cause],
    /// The first is certain from the words alone.
    pub certain: bool,
}

impl Words<'_> {
    /// What they mean most likely; `None` where nothing known fits.
    pub fn first(&self) -> Option<Cause> {
        self.candidates
            .first()
            .copied()
            .filter(|cause| !cause.is_open())
    }

    /// One line of them.
    pub fn quoted(&self) -> String {
        sanitize_line(self.message, 160)
    }

    /// Only an answer of the registry makes anybody say this: whoever says it got past name, connection and certificate.
    pub fn shows_an_answer(&self) -> bool {
        self.first().is_some_and(|cause| match cause {
            // What is read before the registry is asked.
            Cause::SecretMalformed | Cause::SecretMissing | Cause::SecretWrongType => false,
            Cause::RepositoryMissing
            | Cause::TagMissing
            | Cause::DigestMissing
            | Cause::PathPrefix
            | Cause::PlatformMissing
            | Cause::ManifestUnsupported
            | Cause::BlobMissing
            | Cause::Signature
            | Cause::Quarantined => true,
            cause => matches!(cause.family(), "auth" | "limit" | "registry"),
        })
    }
}

impl<'a> Voice<'a> {
    fn observed(at: usize, seen: &'a ObservedFact) -> Self {
        let (who, vantage) = match seen.source {
            ObservedSource::Event | ObservedSource::Status => {
                (format!("the node of {}", seen.object), Vantage::Node)
            }
            ObservedSource::Condition => ("the API server".to_owned(), Vantage::Cluster),
            ObservedSource::Log => (seen.object.clone(), Vantage::Cluster),
        };
        Self {
            at,
            who,
            vantage,
            own: true,
            fresh: false,
            current: seen.current,
            says: if seen.bare {
                Says::NoCause
            } else {
                Says::Fails(Words {
                    message: &seen.message,
                    points_at: seen.points_at,
                    candidates: known(vantage, &seen.candidates),
                    certain: seen.certain,
                })
            },
        }
    }

    fn opinion(at: usize, opinion: &'a OpinionFact, consumer: &Consumer) -> Self {
        let imports = matches!(consumer, Consumer::Import { .. });
        Self {
            at,
            who: opinion.who.clone(),
            vantage: opinion.vantage,
            own: (opinion.vantage == Vantage::Cluster) == imports,
            fresh: true,
            current: true,
            says: match &opinion.outcome {
                OpinionOutcome::Works { .. } => Says::Works,
                OpinionOutcome::Fails {
                    message,
                    points_at,
                    candidates,
                    certain,
                } => Says::Fails(Words {
                    message,
                    points_at,
                    candidates: known(opinion.vantage, candidates),
                    certain: *certain,
                }),
            },
        }
    }

    pub fn words(&self) -> Option<&Words<'a>> {
        match &self.says {
            Says::Fails(words) => Some(words),
            Says::Works | Says::NoCause => None,
        }
    }

    pub fn works(&self) -> bool {
        matches!(self.says, Says::Works)
    }
}

/// What the words of a vantage can mean. No node takes part in an import: where an API server's words look like a node's own
/// trouble they are words that nobody knows.
fn known(vantage: Vantage, candidates: &[Cause]) -> &[Cause] {
    match (vantage, candidates.first()) {
        (Vantage::Cluster, Some(Cause::NodeRuntime)) => &[],
        _ => candidates,
    }
}

/// How far it goes that another vantage gets the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    pub at: usize,
    pub who: String,
    pub vantage: Vantage,
    /// It got it with what the consumer has, and not perhaps with more.
    pub full: bool,
    operation: Operation,
}

impl Proof {
    /// Whether a failure of this cause cannot be the consumer's any more.
    ///
    /// That a vantage gets the image shows its way there, its trust, and the image itself. It shows the consumer's
    /// credentials only where it had no others; signatures and the node's state only where a node got it; and nothing of
    /// the right to push.
    pub fn clears(&self, cause: Cause) -> bool {
        if self.operation == Operation::Push {
            return matches!(cause.family(), "network" | "tls");
        }
        match cause {
            Cause::InvalidReference => false,
            // An import takes the image of any platform, and knows neither the nodes' policies nor their state.
            Cause::Signature
            | Cause::NodeRuntime
            | Cause::PlatformMissing
            | Cause::ManifestUnsupported
            | Cause::RegistryBlocked
            | Cause::RegistryNotAllowed => self.vantage == Vantage::Node,
            Cause::ImportNotAllowed => self.vantage == Vantage::Cluster,
            Cause::MissingOrForbidden => self.full,
            cause => cause.family() != "auth" || self.full,
        }
    }
}

/// All who speak of a target, in the order of the evidence.
#[derive(Default)]
pub struct Voices<'a> {
    list: Vec<Voice<'a>>,
    proof: Option<Proof>,
}

impl<'a> Voices<'a> {
    /// Listens to the evidence. A consumer outside the cluster (a file, nobody in particular) has no voices: what the
    /// cluster gets or not says nothing of it.
    pub fn of(subject: &Subject, evidence: &'a EvidenceSet) -> Self {
        if subject.namespace().is_none() {
            return Self::default();
        }
        let list: Vec<Voice<'a>> = evidence
            .facts(|fact| match fact {
                Fact::Observed(_) | Fact::Opinion(_) => Some(fact),
                _ => None,
            })
            .filter_map(|(at, fact)| match fact {
                Fact::Observed(seen) => Some(Voice::observed(at, seen)),
                Fact::Opinion(opinion) => Some(Voice::opinion(at, opinion, &subject.consumer)),
                _ => None,
            })
            .collect();
        let proof = proof(subject, evidence, &list);
        Self { list, proof }
    }

    /// Another vantage that gets the image, the one that proves most.
    pub fn proof(&self) -> Option<&Proof> {
        self.proof.as_ref()
    }

    /// What the consumer's own way says now, with a cause in it: who was asked by this run before what was reported. Words
    /// that a vantage has disproved since are none.
    pub fn own_now(&self) -> Option<(&Voice<'a>, &Words<'a>)> {
        let speaks = |fresh: bool| {
            self.list
                .iter()
                .filter(move |voice| voice.own && voice.current && voice.fresh == fresh)
                .find_map(|voice| Some((voice, voice.words()?)))
        };
        let disproved = |words: &Words<'_>| {
            self.proof
                .as_ref()
                .zip(words.candidates.first())
                .is_some_and(|(proof, first)| proof.clears(*first))
        };
        speaks(true).or_else(|| speaks(false).filter(|(_, words)| !disproved(words)))
    }

    /// The cause that the consumer's own way names now.
    pub fn own_cause(&self) -> Option<Cause> {
        self.own_now().and_then(|(_, words)| words.first())
    }

    /// This run asked the consumer's own way, and it gets the image.
    pub fn own_works(&self) -> bool {
        self.list.iter().any(|voice| voice.own && voice.works())
    }

    /// What a vantage of the cluster says now that does not go the consumer's way.
    pub fn other_now(&self) -> Option<(&Voice<'a>, &Words<'a>)> {
        self.list
            .iter()
            .filter(|voice| !voice.own && voice.current)
            .find_map(|voice| Some((voice, voice.words()?)))
    }

    /// What was reported as failing now, whatever it says: the target still waits.
    pub fn still_fails(&self) -> Option<&Voice<'a>> {
        let reported = |voice: &&Voice<'a>| !voice.fresh && voice.current && !voice.works();
        let telling = self
            .list
            .iter()
            .find(|voice| reported(voice) && voice.words().is_some());
        telling.or_else(|| self.list.iter().find(reported))
    }

    /// Somebody who goes the consumer's way got past name, connection and certificate, now or before.
    pub fn own_got_an_answer(&self) -> Option<&Voice<'a>> {
        self.list.iter().find(|voice| {
            voice.own && (voice.works() || voice.words().is_some_and(Words::shows_an_answer))
        })
    }
}

/// The vantage that gets the image and proves most.
fn proof(subject: &Subject, evidence: &EvidenceSet, voices: &[Voice<'_>]) -> Option<Proof> {
    let mut proofs: Vec<Proof> = voices
        .iter()
        .filter(|voice| voice.works())
        .map(|voice| Proof {
            at: voice.at,
            who: voice.who.clone(),
            vantage: voice.vantage,
            full: shows_the_credentials(subject, evidence, voice),
            operation: subject.operation,
        })
        .collect();
    proofs.sort_by_key(|proof| {
        (
            !proof.full,
            proof.vantage != Vantage::Node,
            proof.vantage,
            proof.at,
        )
    });
    proofs.into_iter().next()
}

/// Whether who gets the image had no credentials but those that the consumer has.
///
/// A probe on a node runs as the service account: it has what the account has now, not what an older pod or a list of its
/// own has. The API server takes the secrets of the whole namespace and the nodes' own (openshift-apiserver
/// `pkg/image/apiserver/registry/imagestreamimport/rest.go`): it shows the consumer's credentials only where the namespace
/// has no others for this image.
fn shows_the_credentials(subject: &Subject, evidence: &EvidenceSet, voice: &Voice<'_>) -> bool {
    let has = |roles: &[Role]| {
        evidence
            .facts(|fact| match fact {
                Fact::Candidates { list, .. } => Some(list),
                _ => None,
            })
            .any(|(_, list)| list.iter().any(|known| roles.contains(&known.role)))
    };
    let own_list = || {
        evidence
            .facts(|fact| match fact {
                Fact::Wiring(wiring) => Some(&wiring.origin),
                _ => None,
            })
            .any(|(_, origin)| matches!(origin, ListOrigin::Own { .. }))
    };
    let mirrored = || {
        evidence
            .facts(|fact| match fact {
                Fact::MirrorPlan(plan) => Some(!plan.mirrors.is_empty()),
                _ => None,
            })
            .any(|(_, mirrored)| mirrored)
    };
    let unread = || {
        evidence
            .of(crate::doctor::evidence::Check::Credentials)
            .any(|(_, item)| {
                item.skip_reason
                    .is_some_and(crate::doctor::evidence::SkipReason::leaves_a_gap)
            })
    };
    match (&subject.consumer, voice.vantage) {
        (Consumer::ServiceAccount { .. }, Vantage::Node)
        | (Consumer::Import { .. }, Vantage::Cluster) => true,
        (Consumer::Pod { .. }, Vantage::Node) => {
            !own_list() && !has(&[Role::Overridden, Role::Late])
        }
        (Consumer::BuildPush { .. }, _) => false,
        // The importer sends the namespace's secrets to mirrors too; a node sends them none of a pod's.
        (Consumer::ServiceAccount { .. } | Consumer::Pod { .. }, Vantage::Cluster)
            if mirrored() =>
        {
            false
        }
        _ => !unread() && !has(&[Role::Shadowed, Role::Overridden, Role::Late, Role::Unlinked]),
    }
}

/// The object that words were reported on, or the consumer's.
pub fn object_of(subject: &Subject) -> String {
    match &subject.target {
        crate::doctor::target::TargetRef::Object { object, .. } => object_words(object),
        crate::doctor::target::TargetRef::Image => subject.consumer.words(),
    }
}
