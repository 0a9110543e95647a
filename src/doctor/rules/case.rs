//! The evidence on one target, laid out for the rules: who would send what, and what came of it.

use std::net::{IpAddr, SocketAddr};

use super::attempt::{Attempt, weighed};
use super::voices::Voices;
use crate::doctor::answer::{self, Meaning, Missing};
use crate::doctor::evidence::{
    CandidateFact, ChainFact, Check, EvidenceSet, Fact, PortFact, SkipReason, SourceFact,
    VariantFact,
};
use crate::doctor::target::{Consumer, Operation, Subject};
use crate::model::dialect::Dialect;
use crate::model::observation::{
    BlobView, ConnectFault, DnsFault, ExchangeFault, Login, ManifestFact, Ping, ProxyUse, PushView,
    Stage, Tags, Tls, TlsFault,
};

/// What rules look at.
pub struct Case<'a> {
    pub subject: &'a Subject,
    pub evidence: &'a EvidenceSet,
    pub dialect: Dialect,
    pub ping: Option<(usize, &'a Ping)>,
    /// The credentials of the run, in the order in which the consumer tries them.
    pub candidates: &'a [CandidateFact],
    /// Position of the line on the candidates.
    pub candidates_at: Option<usize>,
    /// Why the consumer may have more credentials than could be read.
    pub maybe_more: Option<&'a str>,
    /// The manifest without credentials.
    pub anonymous: Option<Attempt<'a>>,
    /// The manifest with each credential that the consumer would send, in its order.
    pub used: Vec<Attempt<'a>>,
    /// The manifest with credentials that the consumer does not use.
    pub unused: Vec<Attempt<'a>>,
    /// What the cluster reported, and what other vantages say.
    pub voices: Voices<'a>,
}

impl<'a> Case<'a> {
    pub fn new(subject: &'a Subject, evidence: &'a EvidenceSet) -> Self {
        let ping = evidence
            .facts(|fact| match fact {
                Fact::Ping(ping) => Some(ping),
                _ => None,
            })
            .next();
        let dialect = ping.map_or(Dialect::Distribution, |(_, ping)| ping.dialect);
        let (candidates_at, candidates, maybe_more) = evidence
            .facts(|fact| match fact {
                Fact::Candidates { list, maybe_more } => Some((list, maybe_more)),
                _ => None,
            })
            .next()
            .map_or((None, &[][..], None), |(at, (list, more))| {
                (Some(at), list.as_slice(), more.as_deref())
            });
        let logins: Vec<(usize, &Login)> = evidence
            .facts(|fact| match fact {
                Fact::Login(login) => Some(login),
                _ => None,
            })
            .collect();
        let (mut anonymous, mut used, mut unused) = (None, Vec::new(), Vec::new());
        for (at, view) in evidence.facts(|fact| match fact {
            Fact::Manifest(view) => Some(view.as_ref()),
            _ => None,
        }) {
            let candidate = view
                .credential
                .and_then(|index| candidates.iter().find(|known| known.index == index));
            let login = logins
                .iter()
                .find(|(_, login)| login.credential == view.credential)
                .copied();
            let attempt = Attempt {
                at,
                view,
                meaning: weighed(answer::meaning(view, dialect), login),
                login,
                candidate,
            };
            match (view.credential, candidate.map(|candidate| candidate.role)) {
                (None, _) => anonymous = Some(attempt),
                (Some(_), Some(role)) if !role.is_used() => unused.push(attempt),
                (Some(_), _) => used.push(attempt),
            }
        }
        Self {
            subject,
            evidence,
            dialect,
            ping,
            candidates,
            candidates_at,
            maybe_more,
            anonymous,
            used,
            unused,
            voices: Voices::of(subject, evidence),
        }
    }

    /// The registry, or something in its place, answered this machine.
    pub fn answered(&self) -> bool {
        self.ping
            .is_some_and(|(_, ping)| ping.exchange.result.is_ok())
    }

    pub fn is_pull(&self) -> bool {
        self.subject.operation.fetches()
    }

    /// What the consumer would get: with its credentials where it has any, else anonymously.
    pub fn attempts(&self) -> Vec<&Attempt<'a>> {
        if self.has_used_candidate() {
            self.used.iter().collect()
        } else {
            self.anonymous.iter().collect()
        }
    }

    /// Whether the consumer would send any credential at all.
    pub fn has_used_candidate(&self) -> bool {
        self.candidates
            .iter()
            .any(|candidate| candidate.role.is_used())
    }

    /// The attempt by which the consumer gets the manifest.
    pub fn delivered(&self) -> Option<&Attempt<'a>> {
        let attempts = self.attempts();
        let refused = attempts
            .iter()
            .all(|attempt| attempt.credential_refused().is_some());
        let once_more = answer::anonymous_stands_in(self.dialect)
            || self.subject.operation == Operation::Import
                && attempts.iter().any(|attempt| {
                    let words = attempt.meaning.words();
                    answer::is_imported_anonymously_after(&words)
                });
        attempts
            .into_iter()
            .find(|attempt| attempt.delivered())
            .or_else(|| {
                self.anonymous
                    .as_ref()
                    .filter(|attempt| attempt.delivered() && refused && once_more)
            })
    }

    /// The attempt that speaks for all, when none delivers: one whose credential is good, else the first.
    pub fn failing(&self) -> Option<&Attempt<'a>> {
        if self.delivered().is_some() {
            return None;
        }
        let attempts = self.attempts();
        attempts
            .iter()
            .find(|attempt| attempt.credential_refused().is_none())
            .or_else(|| attempts.first())
            .copied()
    }

    /// The consumer's secrets could not be read, so that nothing is known of what it would send.
    pub fn credentials_unread(&self) -> bool {
        !self.has_used_candidate()
            && self
                .evidence
                .of(Check::Credentials)
                .any(|(_, item)| item.skip_reason.is_some_and(SkipReason::leaves_a_gap))
    }

    /// The consumer is refused for who it is, or for being nobody.
    pub fn refused(&self) -> Option<&Attempt<'a>> {
        if self.credentials_unread() {
            return None;
        }
        self.failing()
            .filter(|attempt| attempt.is_refusal() || attempt.credential_refused().is_some())
    }

    /// The attempt that was answered about the image itself: the consumer's, or any other that got further.
    pub fn manifest(&self) -> Option<(&Attempt<'a>, &'a ManifestFact)> {
        let attempt = self.delivered()?;
        Some((attempt, attempt.view.manifest.as_ref()?))
    }

    /// `tags/list` as the consumer sees it.
    pub fn tags(&self) -> Option<(usize, &'a Tags)> {
        self.one(|fact| match fact {
            Fact::Tags(tags) => Some(tags),
            _ => None,
        })
    }

    /// Evidence that the repository is there.
    pub fn repository_exists(&self) -> Option<usize> {
        let listed = self
            .tags()
            .filter(|(_, tags)| tags.tags.is_some())
            .map(|(at, _)| at);
        let told = || {
            self.failing().and_then(|attempt| match attempt.meaning {
                Meaning::Missing(Missing::TagOnly { .. }) => Some(attempt.at),
                _ => None,
            })
        };
        listed.or_else(told)
    }

    /// Other names that were tried and found.
    pub fn found_variants(&self) -> Vec<(usize, &'a VariantFact)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::Variant(variant) if variant.found => Some(variant),
                _ => None,
            })
            .collect()
    }

    pub fn sources(&self) -> Vec<(usize, &'a SourceFact)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::Source(source) => Some(source),
                _ => None,
            })
            .collect()
    }

    pub fn chains(&self) -> Vec<(usize, &'a ChainFact)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::Chain(chain) => Some(chain),
                _ => None,
            })
            .collect()
    }

    pub fn other_ports(&self) -> Vec<(usize, &'a PortFact)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::OtherPort(port) => Some(port),
                _ => None,
            })
            .collect()
    }

    /// The registry of a cloud, whose nodes get credentials for it from the cloud itself: a kubelet's credential provider asks
    /// for them, and nothing of that is seen through the API (Kubernetes `pkg/credentialprovider/plugin`; the providers of
    /// AWS, Azure and Google).
    pub fn may_be_known_to_the_cloud(&self) -> bool {
        let by_kubelet = matches!(
            self.subject.consumer,
            Consumer::Pod { .. } | Consumer::ServiceAccount { .. }
        );
        by_kubelet
            && matches!(
                self.dialect,
                Dialect::Ecr | Dialect::Acr | Dialect::ArtifactRegistry
            )
    }

    /// The node that has got the image once, in words, and where that stands.
    pub fn present(&self) -> Option<(usize, &'a str)> {
        self.one(|fact| match fact {
            Fact::Present(present) => Some(present.object.as_str()),
            _ => None,
        })
    }

    pub fn bad_blobs(&self) -> Vec<(usize, &'a BlobView)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::Blob(view) => Some(view.as_ref()),
                _ => None,
            })
            .collect()
    }

    pub fn logins(&self) -> Vec<(usize, &'a Login)> {
        self.evidence
            .facts(|fact| match fact {
                Fact::Login(login) => Some(login),
                _ => None,
            })
            .collect()
    }

    pub fn push(&self) -> Option<(usize, &'a PushView)> {
        self.one(|fact| match fact {
            Fact::Push(view) => Some(view.as_ref()),
            _ => None,
        })
    }

    pub fn dns(&self) -> Option<(usize, &'a Stage<Vec<IpAddr>, DnsFault>)> {
        self.one(|fact| match fact {
            Fact::Dns(stage) => Some(stage),
            _ => None,
        })
    }

    pub fn tcp(&self) -> Option<(usize, &'a Stage<SocketAddr, ConnectFault>)> {
        self.one(|fact| match fact {
            Fact::Tcp(stage) => Some(stage),
            _ => None,
        })
    }

    pub fn proxy(&self) -> Option<(usize, &'a ProxyUse)> {
        self.one(|fact| match fact {
            Fact::Proxy(proxy) => Some(proxy),
            _ => None,
        })
    }

    pub fn tls(&self) -> Option<(usize, &'a Stage<Tls, TlsFault>)> {
        self.one(|fact| match fact {
            Fact::Tls(stage) => Some(stage),
            _ => None,
        })
    }

    /// Why TLS failed: in the handshake, or as the answer to it (with TLS 1.3 the server speaks of a missing client
    /// certificate only after the handshake).
    pub fn tls_fault(&self) -> Option<(usize, &'a TlsFault)> {
        let handshake = self
            .tls()
            .and_then(|(at, stage)| Some((at, stage.result.as_ref().err()?)));
        handshake.or_else(|| {
            let (at, ping) = self.ping?;
            match ping.exchange.result.as_ref().err()? {
                ExchangeFault::Tls(fault) => Some((at, fault)),
                _ => None,
            }
        })
    }

    /// The first fact that `pick` takes.
    pub fn one<T: 'a>(&self, pick: impl Fn(&'a Fact) -> Option<T> + 'a) -> Option<(usize, T)> {
        self.evidence.facts(pick).next()
    }

    /// The name of a credential in a sentence: user and source.
    pub fn who(&self, attempt: &Attempt<'_>) -> String {
        crate::doctor::evidence::name_of(self.candidates, attempt.view.credential)
    }

    /// The selector as the user wrote it, with its kind: `tag 1.4`, `digest sha256:...`.
    pub fn selector(&self) -> String {
        match &self.subject.image {
            Ok(image) => match image.digest() {
                Some(digest) => format!(
                    "the digest {}",
                    crate::doctor::evidence::short_digest(digest)
                ),
                None => format!("the tag {}", image.tag().unwrap_or("latest")),
            },
            Err(_) => "the image".to_owned(),
        }
    }
}
