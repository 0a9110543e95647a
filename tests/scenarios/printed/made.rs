//! Reports on the objects of a cluster, made by hand: what the text and the JSON of a run look like depends on nothing else.

use std::time::Duration;

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{ClusterName, Diagnosis, Report, Setting, Verdict};
use extreg::doctor::evidence::{
    About, CandidateFact, Check, Evidence, EvidenceSet, Fact, ListOrigin, ObservedFact,
    ObservedSource, Role, SkipReason, Status, Vantage, WiringFact, complete, describe,
};
use extreg::doctor::finding::Finding;
use extreg::doctor::remedies::{Applicability, Changed, Remedy};
use extreg::doctor::target::{Consumer, Operation, Subject, TargetRef};
use extreg::model::dialect::Dialect;
use extreg::model::image::ImageReference;
use extreg::model::kinds::{self, Kind};
use jiff::Timestamp;

/// One result, to be put together.
#[derive(Clone)]
pub(super) struct Case {
    pub(super) kind: Kind,
    pub(super) namespace: &'static str,
    pub(super) name: String,
    pub(super) container: Option<&'static str>,
    pub(super) image: &'static str,
    pub(super) operation: Operation,
    fault: Option<(Cause, String)>,
    said: Option<(ObservedSource, &'static str, &'static str)>,
    remedies: Vec<Remedy>,
    unread: Vec<&'static str>,
}

/// A deployment's container `main` pulls.
pub(super) fn deploy(name: impl Into<String>, image: &'static str) -> Case {
    Case {
        kind: kinds::DEPLOYMENT,
        namespace: "shop",
        name: name.into(),
        container: Some("main"),
        image,
        operation: Operation::Pull,
        fault: None,
        said: None,
        remedies: Vec::new(),
        unread: Vec::new(),
    }
}

/// Another kind, without a container.
pub(super) fn object(kind: Kind, name: &str, image: &'static str, operation: Operation) -> Case {
    Case {
        kind,
        container: None,
        operation,
        ..deploy(name, image)
    }
}

impl Case {
    pub(super) fn of(mut self, namespace: &'static str) -> Self {
        self.namespace = namespace;
        self
    }

    pub(super) fn container(mut self, name: &'static str) -> Self {
        self.container = Some(name);
        self
    }

    pub(super) fn fails(mut self, cause: Cause, summary: &str) -> Self {
        self.fault = Some((cause, summary.to_owned()));
        self
    }

    pub(super) fn said(
        mut self,
        source: ObservedSource,
        points_at: &'static str,
        message: &'static str,
    ) -> Self {
        self.said = Some((source, points_at, message));
        self
    }

    /// With a remedy in words, and one command.
    pub(super) fn fix(mut self, summary: &str, command: &str) -> Self {
        self.remedies.push(Remedy {
            summary: summary.to_owned(),
            applicability: Applicability::Safe,
            changes: vec![Changed {
                api_version: "v1",
                kind: "Secret",
                namespace: Some(self.namespace.to_owned()),
                name: "corp-pull".to_owned(),
            }],
            action: None,
            commands: vec![command.split(' ').map(str::to_owned).collect()],
        });
        self
    }

    pub(super) fn unread(mut self, why: &'static str) -> Self {
        self.unread.push(why);
        self
    }

    fn diagnosis(&self) -> Diagnosis {
        let object = self.kind.object(Some(self.namespace), &self.name);
        let subject = Subject {
            target: TargetRef::Object {
                object: object.clone(),
                container: self.container.map(str::to_owned),
            },
            text: self.image.to_owned(),
            image: ImageReference::parse(self.image),
            operation: self.operation,
            consumer: Consumer::Pod {
                object,
                account: "robot-runner".to_owned(),
            },
            plain_http: false,
            platforms: Vec::new(),
            platforms_from: "the nodes",
            puller: extreg::doctor::target::Puller::Unknown,
            now: Timestamp::UNIX_EPOCH,
        };
        let candidates = [CandidateFact {
            index: 0,
            source: format!("secret {}/corp-pull", self.namespace),
            object: Some((self.namespace.to_owned(), "corp-pull".to_owned())),
            key: subject.registry().to_owned(),
            username: Some("ci+puller".to_owned()),
            role: Role::Used,
        }];
        let mut facts = vec![
            Fact::Reference(subject.image.clone()),
            Fact::Candidates {
                list: candidates.to_vec(),
                maybe_more: None,
            },
            Fact::Wiring(WiringFact {
                origin: ListOrigin::Copied {
                    account: "robot-runner".to_owned(),
                },
                secrets: vec!["corp-pull".to_owned()],
                source_image: None,
            }),
        ];
        if let Some((source, points_at, message)) = self.said {
            facts.push(Fact::Observed(Box::new(ObservedFact {
                place: 0,
                source,
                object: format!("pod {}/{}-5d9f7-x2x7p", self.namespace, self.name),
                message: message.to_owned(),
                runtime: "cri-o",
                points_at,
                candidates: Vec::new(),
                certain: false,
                bare: points_at == "unknown",
                current: true,
                at: None,
            })));
        }
        let about = About {
            subject: &subject,
            dialect: Dialect::Distribution,
            candidates: &candidates,
        };
        let mut items: Vec<Evidence> = facts
            .into_iter()
            .flat_map(|fact| describe(fact, &about))
            .collect();
        if let Some((_, summary)) = &self.fault {
            items.push(Evidence {
                check: Check::Permission,
                vantage: Vantage::Here,
                status: Status::Fail,
                detail: format!("ci+puller (secret {}/corp-pull): {summary}", self.namespace),
                elapsed: Some(Duration::from_millis(40)),
                skip_reason: None,
                fact: None,
            });
        }
        items.extend(self.unread.iter().map(|why| {
            Evidence::skip(
                Check::Observed,
                Vantage::Config,
                SkipReason::Forbidden,
                *why,
            )
        }));
        let mut evidence = EvidenceSet::new(items);
        complete(&mut evidence, &subject, &setting());
        let because = evidence
            .iter()
            .enumerate()
            .filter(|(_, item)| {
                item.status == Status::Fail
                    || (item.check == Check::Credentials && item.status == Status::Pass)
            })
            .map(|(at, _)| at)
            .collect();
        let verdict = match &self.fault {
            None => Verdict::Healthy,
            Some((cause, summary)) => Verdict::Found {
                finding: Finding::certain(*cause, because, summary.clone()),
                remedies: self.remedies.clone(),
            },
        };
        if verdict.is_healthy() {
            evidence.soften();
        }
        Diagnosis {
            subject,
            verdict,
            ruled_out: vec![Cause::Dns, Cause::Refused, Cause::BadCredentials],
            evidence,
        }
    }
}

fn setting() -> Setting {
    Setting {
        cluster: true,
        openshift: true,
        trusted_ca: Some("registry-cas".to_owned()),
        no_proxy: None,
        client: "oc",
        flags: Vec::new(),
        push: false,
    }
}

/// The report of a run about the namespace `shop`, or about all.
pub(super) fn report(namespace: Option<&str>, cases: &[Case]) -> Report {
    Report {
        started_at: Timestamp::UNIX_EPOCH,
        elapsed: Duration::from_millis(1234),
        cluster: Some(ClusterName {
            context: Some("shop/api-prod-corp:6443/jdoe".to_owned()),
            server: "https://api.prod.corp.example:6443".to_owned(),
            kubernetes: Some("v1.33.5".to_owned()),
            openshift: Some("4.20.3".to_owned()),
            namespace: namespace.map(str::to_owned),
        }),
        setting: setting(),
        results: cases.iter().map(Case::diagnosis).collect(),
        exchanges: Vec::new(),
    }
}
