//! Observations made by hand, so that rules can be tested without a wire.

use std::time::Duration;

use crate::doctor::diagnosis::{Diagnosis, Setting};
use crate::doctor::evidence::{
    About, CandidateFact, ChainFact, ChainFault, EntryFact, Evidence, Fact, PolicyDecision,
    PolicyFact, Role, Side, SourceFact, SourceState, describe,
};
use crate::doctor::rank;
use crate::doctor::target::{Consumer, Operation, Subject};
use crate::model::challenge::Challenge;
use crate::model::dialect::Dialect;
use crate::model::image::ImageReference;
use crate::model::observation::{
    Answer, Descriptor, Exchange, ExchangeFault, Grant, Login, LoginVerdict, ManifestFact,
    ManifestKind, ManifestView, Ping, PingKind, Purpose, RegistryError, Sent, Stage, Tags, Tls,
};
use crate::model::platform::Platform;

pub(super) const HOST: &str = "registry.example.com";
pub(super) const IMAGE: &str = "registry.example.com/team/app:1.4";

/// A world of facts, healthy until something is changed.
#[derive(Clone)]
pub(super) struct World {
    pub subject: Subject,
    pub dialect: Dialect,
    pub setting: Setting,
    pub candidates: Vec<CandidateFact>,
    pub maybe_more: Option<String>,
    pub facts: Vec<Fact>,
}

pub(super) fn subject(text: &str, consumer: Consumer) -> Subject {
    Subject {
        target: crate::doctor::target::TargetRef::Image,
        text: text.to_owned(),
        image: ImageReference::parse(text),
        operation: Operation::Pull,
        consumer,
        plain_http: false,
        platforms: vec![platform("linux/amd64")],
        platforms_from: "this machine",
        puller: crate::doctor::target::Puller::Unknown,
        now: "2026-11-22T12:00:00Z".parse().unwrap(),
    }
}

pub(super) fn platform(text: &str) -> Platform {
    Platform::parse(text).unwrap()
}

impl World {
    /// An anonymous client and a registry that is reached.
    pub(super) fn new(dialect: Dialect) -> Self {
        Self::of(dialect, subject(IMAGE, Consumer::Anonymous))
    }

    pub(super) fn of(dialect: Dialect, subject: Subject) -> Self {
        let mut world = Self {
            dialect,
            setting: Setting {
                cluster: false,
                openshift: false,
                trusted_ca: None,
                no_proxy: None,
                client: "kubectl",
                flags: vec!["--no-cluster".to_owned()],
                push: false,
            },
            candidates: Vec::new(),
            maybe_more: None,
            facts: vec![Fact::Reference(subject.image.clone())],
            subject,
        };
        world.facts.extend([
            Fact::Dns(stage(Ok(vec!["192.0.2.1".parse().unwrap()]))),
            Fact::Tcp(stage(Ok("192.0.2.1:443".parse().unwrap()))),
            Fact::Tls(stage(Ok(Tls {
                version: "TLS 1.3".to_owned(),
                alpn: None,
                chain: vec![vec![0]],
            }))),
            Fact::Chain(chain(Side::Here, Vec::new())),
            world.ping(PingKind::Challenge, 401, "bearer"),
        ]);
        world
    }

    /// A pod's service account with these secrets.
    pub(super) fn account(mut self, sources: Vec<SourceFact>) -> Self {
        self.subject.consumer = Consumer::ServiceAccount {
            namespace: "shop".to_owned(),
            name: "default".to_owned(),
        };
        self.setting.cluster = true;
        self.facts.extend(sources.into_iter().map(Fact::Source));
        self
    }

    /// A credential that would be sent, with what its login comes to.
    pub(super) fn credential(mut self, user: &str, role: Role, verdict: LoginVerdict) -> Self {
        let index = self.candidates.len();
        self.candidates.push(CandidateFact {
            index,
            source: format!("secret shop/{user}-pull"),
            object: Some(("shop".to_owned(), format!("{user}-pull"))),
            key: HOST.to_owned(),
            username: Some(user.to_owned()),
            role,
        });
        self.facts.push(Fact::Login(Login {
            credential: Some(index),
            exchanges: Vec::new(),
            verdict,
        }));
        self
    }

    pub(super) fn ping(&self, kind: PingKind, status: u16, scheme: &str) -> Fact {
        let answer = Answer {
            challenges: (!scheme.is_empty())
                .then(|| Challenge {
                    scheme: scheme.to_owned(),
                    params: vec![("realm".to_owned(), format!("https://{HOST}/token"))],
                })
                .into_iter()
                .collect(),
            ..answer(status, None, "")
        };
        Fact::Ping(Ping {
            exchange: exchange(Purpose::Ping, Sent::Nothing, Ok(answer)),
            kind,
            dialect: self.dialect,
        })
    }

    pub(super) fn fact(mut self, fact: Fact) -> Self {
        self.facts.push(fact);
        self
    }

    /// Replaces facts of the same kind.
    pub(super) fn instead(mut self, fact: Fact) -> Self {
        let kind = std::mem::discriminant(&fact);
        self.facts
            .retain(|known| std::mem::discriminant(known) != kind);
        self.fact(fact)
    }

    /// Forgets all that comes after the connection.
    pub(super) fn unreached(mut self) -> Self {
        self.facts
            .retain(|fact| matches!(fact, Fact::Reference(_) | Fact::Policy(_) | Fact::Source(_)));
        self
    }

    /// The manifest with a credential or none: status, code and words of the registry.
    pub(super) fn manifest(
        self,
        credential: Option<usize>,
        status: u16,
        code: &str,
        words: &str,
    ) -> Self {
        self.manifest_as(credential, Sent::Bearer, status, code, words)
    }

    pub(super) fn manifest_as(
        self,
        credential: Option<usize>,
        sent: Sent,
        status: u16,
        code: &str,
        words: &str,
    ) -> Self {
        let mut answer = answer(status, Some(code), words);
        if status == 401 && sent == Sent::Nothing {
            answer.challenges = vec![Challenge {
                scheme: "basic".to_owned(),
                params: Vec::new(),
            }];
        }
        self.fact(Fact::Manifest(Box::new(ManifestView {
            credential,
            grant: None,
            exchange: exchange(Purpose::Manifest, sent, Ok(answer)),
            manifest: None,
        })))
    }

    /// The token request for the manifest is refused.
    pub(super) fn no_token(
        self,
        credential: Option<usize>,
        status: u16,
        code: &str,
        words: &str,
    ) -> Self {
        let sent = if credential.is_some() {
            Sent::Basic
        } else {
            Sent::Nothing
        };
        let token = exchange(Purpose::Token, sent, Ok(answer(status, Some(code), words)));
        self.fact(Fact::Manifest(Box::new(ManifestView {
            credential,
            grant: Some(Grant {
                exchange: token.clone(),
                granted: None,
                claims: Vec::new(),
            }),
            exchange: token,
            manifest: None,
        })))
    }

    /// The token service takes the login and grants nothing, and the registry refuses the token.
    pub(super) fn granted_nothing(self, credential: usize, status: u16, words: &str) -> Self {
        let token = exchange(Purpose::Token, Sent::Basic, Ok(answer(200, None, "")));
        let refusal = answer(status, Some("DENIED"), words);
        self.fact(Fact::Manifest(Box::new(ManifestView {
            credential: Some(credential),
            grant: Some(Grant {
                exchange: token,
                granted: Some(Vec::new()),
                claims: Vec::new(),
            }),
            exchange: exchange(Purpose::Manifest, Sent::Bearer, Ok(refusal)),
            manifest: None,
        })))
    }

    /// The manifest arrives, complete.
    pub(super) fn delivered(self, credential: Option<usize>) -> Self {
        let descriptor = |byte: char| Descriptor {
            digest: format!("sha256:{}", String::from(byte).repeat(64)),
            size: 1000,
            media_type: "application/octet-stream".to_owned(),
        };
        let kind = ManifestKind::Image {
            config: descriptor('c'),
            layers: vec![descriptor('a')],
        };
        self.delivers(credential, kind)
            .fact(Fact::Platforms(vec![platform("linux/amd64")]))
            .fact(Fact::Blobs {
                present: 2,
                checked: 2,
                total: 2,
                bytes: 2000,
            })
    }

    pub(super) fn delivers(self, credential: Option<usize>, kind: ManifestKind) -> Self {
        self.fact(Fact::Manifest(Box::new(ManifestView {
            credential,
            grant: None,
            exchange: exchange(Purpose::Manifest, Sent::Bearer, Ok(answer(200, None, ""))),
            manifest: Some(ManifestFact {
                digest: format!("sha256:{}", "d".repeat(64)),
                sha256: String::new(),
                header_digest: None,
                asked_digest: None,
                media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
                served_as: None,
                kind,
            }),
        })))
    }

    pub(super) fn tags(self, tags: Option<&[&str]>, status: u16, code: &str) -> Self {
        self.fact(Fact::Tags(Tags {
            exchange: exchange(
                Purpose::Tags,
                Sent::Bearer,
                Ok(answer(status, Some(code), "")),
            ),
            tags: tags.map(|tags| tags.iter().map(|tag| (*tag).to_owned()).collect()),
            partial: false,
        }))
    }

    /// The evidence, in the order in which the facts were given.
    pub(super) fn evidence(&self) -> Vec<Evidence> {
        let about = About {
            subject: &self.subject,
            dialect: self.dialect,
            candidates: &self.candidates,
        };
        let candidates = Fact::Candidates {
            list: self.candidates.clone(),
            maybe_more: self.maybe_more.clone(),
        };
        self.facts
            .iter()
            .cloned()
            .chain([candidates])
            .flat_map(|fact| describe(fact, &about))
            .collect()
    }

    pub(super) fn diagnose(&self) -> Diagnosis {
        rank::diagnose(self.subject.clone(), self.evidence(), &self.setting)
    }
}

pub(super) fn stage<T, E>(result: Result<T, E>) -> Stage<T, E> {
    Stage {
        result,
        elapsed: Duration::from_millis(2),
    }
}

pub(super) fn chain(side: Side, faults: Vec<ChainFault>) -> ChainFact {
    ChainFact {
        side,
        leaf: HOST.to_owned(),
        issuer: "Corp CA".to_owned(),
        not_after: None,
        anchor: None,
        faults,
        assumed: None,
        tolerated: false,
        bundle_remarks: Vec::new(),
    }
}

pub(super) fn answer(status: u16, code: Option<&str>, words: &str) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        challenges: Vec::new(),
        body: Vec::new(),
        truncated: false,
        errors: (status >= 400)
            .then(|| RegistryError {
                code: code.filter(|code| !code.is_empty()).map(str::to_owned),
                message: words.to_owned(),
                detail: None,
            })
            .into_iter()
            .collect(),
    }
}

pub(super) fn exchange(
    purpose: Purpose,
    sent: Sent,
    result: Result<Answer, ExchangeFault>,
) -> Exchange {
    Exchange {
        purpose,
        method: "GET",
        url: format!("https://{HOST}/v2/"),
        sent,
        elapsed: Duration::from_millis(5),
        result,
    }
}

/// A linked secret with one entry.
pub(super) fn linked(entry: EntryFact) -> SourceFact {
    source(SourceState::Read(vec![entry]))
}

pub(super) fn source(state: SourceState) -> SourceFact {
    SourceFact {
        place: 0,
        name: "secret shop/corp-pull".to_owned(),
        object: Some(("shop".to_owned(), "corp-pull".to_owned())),
        role: Role::Used,
        state,
        beside: 0,
    }
}

pub(super) fn entry(key: &str) -> EntryFact {
    EntryFact {
        key: key.to_owned(),
        username: Some("robot".to_owned()),
        fault: None,
        trailing_newline: false,
        matches: false,
        other_matcher: true,
        near_miss: None,
        candidate: None,
    }
}

pub(super) fn policy(decision: PolicyDecision) -> Fact {
    Fact::Policy(PolicyFact {
        decision,
        insecure: None,
    })
}
