//! Worlds of a cluster: pods, imports and builds, how they are wired, and what the cluster says.

use std::time::Duration;

use super::kit::{HOST, World};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{
    CandidateFact, Fact, ListOrigin, ObservedFact, ObservedSource, OpinionFact, OpinionOutcome,
    Role, SignatureFact, Vantage, WiringFact,
};
use crate::doctor::target::{Consumer, Operation, TargetRef};
use crate::model::dialect::Dialect;
use crate::model::kinds;
use crate::model::observation::{PingKind, Sent};

/// Who pulls or pushes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    Account,
    Pod,
    Import,
    BuildPull,
    BuildPush,
}

pub(super) fn consumer(who: Who) -> Consumer {
    let shop = || Some("shop");
    let account = "default".to_owned();
    match who {
        Who::Account => Consumer::ServiceAccount {
            namespace: "shop".to_owned(),
            name: account,
        },
        Who::Pod => Consumer::Pod {
            object: kinds::POD.object(shop(), "web-1"),
            account,
        },
        Who::Import => Consumer::Import {
            namespace: "shop".to_owned(),
        },
        Who::BuildPull => Consumer::BuildPull {
            build: kinds::BUILD.object(shop(), "app-3"),
            account: "builder".to_owned(),
        },
        Who::BuildPush => Consumer::BuildPush {
            build: kinds::BUILD.object(shop(), "app-3"),
            account: "builder".to_owned(),
        },
    }
}

/// A registry that wants Basic and is reached, and a consumer in the namespace `shop`.
pub(super) fn world(who: Who) -> World {
    let world = World::new(Dialect::Distribution);
    let ping = world.ping(PingKind::Challenge, 401, "basic");
    let mut world = world.instead(ping);
    world.subject.consumer = consumer(who);
    let object = match &world.subject.consumer {
        Consumer::Pod { object, .. } => Some(object.clone()),
        Consumer::BuildPull { build, .. } | Consumer::BuildPush { build, .. } => {
            Some(build.clone())
        }
        Consumer::Import { .. } => Some(kinds::IMAGE_STREAM_TAG.object(Some("shop"), "app:1.4")),
        _ => None,
    };
    if let Some(object) = object {
        world.subject.target = TargetRef::Object {
            object,
            container: None,
        };
    }
    world.subject.operation = match who {
        Who::Import => Operation::Import,
        Who::BuildPush => Operation::Push,
        _ => Operation::Pull,
    };
    world.setting.cluster = true;
    world.setting.openshift = true;
    world.setting.client = "oc";
    world.setting.flags.clear();
    world
}

/// The same, where a request without a login is refused.
pub(super) fn private(who: Who) -> World {
    if who == Who::BuildPush {
        return world(who);
    }
    world(who).manifest_as(
        None,
        Sent::Nothing,
        401,
        "UNAUTHORIZED",
        "authentication required",
    )
}

impl World {
    /// A credential that matches, which nobody tried.
    pub(super) fn untried(mut self, user: &str, role: Role) -> Self {
        let index = self.candidates.len();
        let namespace = if role == Role::Elsewhere {
            "infra"
        } else {
            "shop"
        };
        self.candidates.push(CandidateFact {
            index,
            source: format!("secret {namespace}/{user}-pull"),
            object: Some((namespace.to_owned(), format!("{user}-pull"))),
            key: HOST.to_owned(),
            username: Some(user.to_owned()),
            role,
        });
        self
    }

    pub(super) fn wired(self, origin: ListOrigin, secrets: &[&str]) -> Self {
        self.wired_at(origin, secrets, None)
    }

    /// The same, for an image at this place of `source.images`.
    pub(super) fn wired_at(
        self,
        origin: ListOrigin,
        secrets: &[&str],
        source_image: Option<usize>,
    ) -> Self {
        self.fact(Fact::Wiring(WiringFact {
            origin,
            secrets: secrets.iter().map(|name| (*name).to_owned()).collect(),
            source_image,
        }))
    }

    /// What was reported on the target; nothing in `candidates` means that the words carry no cause.
    pub(super) fn said(self, candidates: &[Cause], certain: bool, current: bool) -> Self {
        let source = match self.subject.consumer {
            Consumer::Import { .. } => ObservedSource::Condition,
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. } => ObservedSource::Log,
            _ => ObservedSource::Event,
        };
        self.fact(Fact::Observed(Box::new(ObservedFact {
            place: 0,
            source,
            object: "pod shop/web-1".to_owned(),
            message: words_of(candidates).to_owned(),
            runtime: "kubelet",
            points_at: candidates.first().map_or("unknown", |cause| cause.family()),
            candidates: candidates.to_vec(),
            certain,
            bare: candidates.is_empty(),
            current,
            at: None,
        })))
    }

    /// Now, and not certain.
    pub(super) fn says(self, candidates: &[Cause]) -> Self {
        self.said(candidates, false, true)
    }

    pub(super) fn works_for(self, vantage: Vantage) -> Self {
        self.opinion(vantage, OpinionOutcome::Works { digest: None })
    }

    pub(super) fn fails_for(self, vantage: Vantage, candidates: &[Cause]) -> Self {
        self.opinion(
            vantage,
            OpinionOutcome::Fails {
                message: words_of(candidates).to_owned(),
                points_at: candidates.first().map_or("unknown", |cause| cause.family()),
                candidates: candidates.to_vec(),
                certain: false,
            },
        )
    }

    fn opinion(self, vantage: Vantage, outcome: OpinionOutcome) -> Self {
        let who = match vantage {
            Vantage::Node => "node worker-1",
            _ => "the API server's import",
        };
        self.fact(Fact::Opinion(Box::new(OpinionFact {
            vantage,
            who: who.to_owned(),
            outcome,
            elapsed: Some(Duration::from_millis(20)),
        })))
    }

    pub(super) fn signed(self, attached: Option<bool>) -> Self {
        self.fact(Fact::Signature(SignatureFact {
            place: 0,
            policy: "clusterimagepolicy/corp".to_owned(),
            scope: HOST.to_owned(),
            attached,
        }))
    }
}

/// Words as they are met with a cause.
fn words_of(candidates: &[Cause]) -> &'static str {
    match candidates.first() {
        None => "Back-off pulling image",
        Some(Cause::NodeRuntime) => "write /var/lib/containers: no space left on device",
        Some(Cause::UnknownCa) => "x509: certificate signed by unknown authority",
        Some(Cause::Dns) => "dial tcp: lookup registry.example.com: no such host",
        Some(Cause::Timeout) => "dial tcp 192.0.2.1:443: i/o timeout",
        Some(cause) if cause.family() == "auth" => "unauthorized: authentication required",
        Some(_) => "it failed",
    }
}
