//! The names that the sentences of a report speak of and that no field of it holds by itself: what `--redact` must know to
//! find them again.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::make::clean;
use crate::doctor::diagnosis::{self, Diagnosis};
use crate::doctor::evidence::{
    CandidateFact, ChainFact, ChainFault, Fact, ListOrigin, SourceFact, SourceState, WiringFact,
};
use crate::doctor::target::{Consumer, TargetRef};
use crate::model::image::ImageReference;
use crate::model::kinds::ObjectRef;

/// As many of a registry's tags are named in the evidence.
const TAGS: usize = 5;

/// Names by what they are of, each once, in the order of the alphabet.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Names {
    /// Without port.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub hosts: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub namespaces: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub objects: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub users: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub repositories: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// Whom certificates are for and by.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub certificates: BTreeSet<String>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub files: BTreeSet<String>,
}

fn add(set: &mut BTreeSet<String>, name: &str) {
    let name = clean(name);
    if !name.is_empty() && !set.contains(&name) {
        set.insert(name);
    }
}

impl Names {
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    pub(super) fn sets(&mut self) -> [&mut BTreeSet<String>; 8] {
        [
            &mut self.hosts,
            &mut self.namespaces,
            &mut self.objects,
            &mut self.users,
            &mut self.repositories,
            &mut self.tags,
            &mut self.certificates,
            &mut self.files,
        ]
    }

    /// The names that a whole run has beside those of its results.
    pub(super) fn note_run(&mut self, run: &diagnosis::Report) {
        for exchange in &run.exchanges {
            self.note_url(&exchange.url);
        }
        if let Some(name) = &run.setting.trusted_ca {
            add(&mut self.objects, name);
        }
        let flags = &run.setting.flags;
        for (flag, value) in flags.iter().zip(flags.iter().skip(1)) {
            match flag.as_str() {
                "-a" | "--registry-ca" => add(&mut self.files, value),
                "-z" => add(&mut self.objects, value),
                "-n" => add(&mut self.namespaces, value),
                _ => {}
            }
        }
    }

    /// The names in one diagnosis.
    pub(super) fn note(&mut self, diagnosis: &Diagnosis) {
        let subject = &diagnosis.subject;
        if let TargetRef::Object { object, .. } = &subject.target {
            self.note_object(object);
        }
        match &subject.consumer {
            Consumer::Pod { object, .. } => self.note_object(object),
            Consumer::BuildPull { build, .. } | Consumer::BuildPush { build, .. } => {
                self.note_object(build);
            }
            Consumer::AuthFile { path } => add(&mut self.files, path),
            _ => {}
        }
        if let Ok(image) = &subject.image {
            self.note_image(image);
        }
        for fact in diagnosis
            .evidence
            .iter()
            .filter_map(|item| item.fact.as_ref())
        {
            self.note_fact(fact);
        }
    }

    fn note_fact(&mut self, fact: &Fact) {
        match fact {
            Fact::MirrorPlan(plan) => {
                for mirror in &plan.mirrors {
                    self.note_place(mirror);
                }
            }
            Fact::MirrorTrial(trial) => self.note_place(&trial.mirror),
            Fact::Proxy(proxy) => self.note_url(&proxy.url),
            Fact::Chain(chain) => self.note_chain(chain),
            Fact::Source(source) => self.note_source(source),
            Fact::Candidates { list, .. } => {
                for candidate in list {
                    self.note_candidate(candidate);
                }
            }
            Fact::Tags(tags) => {
                for tag in tags.tags.iter().flatten().take(TAGS) {
                    add(&mut self.tags, tag);
                }
            }
            Fact::Variant(variant) => {
                if let Ok(image) = ImageReference::parse(&variant.image) {
                    self.note_image(&image);
                }
            }
            Fact::Wiring(wiring) => self.note_wiring(wiring),
            Fact::Observed(seen) => self.note_words(&seen.object),
            Fact::Opinion(opinion) => self.note_words(&opinion.who),
            Fact::Resolved(resolved) => {
                self.note_words(&resolved.from);
                self.note_words(&resolved.by);
            }
            Fact::Present(present) => self.note_words(&present.object),
            Fact::Signature(policy) => {
                self.note_words(&policy.policy);
                self.note_place(&policy.scope);
            }
            _ => {}
        }
    }

    fn note_object(&mut self, object: &ObjectRef) {
        if let Some(namespace) = &object.namespace {
            add(&mut self.namespaces, namespace);
        }
        add(&mut self.objects, &object.name);
    }

    fn note_secret(&mut self, object: Option<&(String, String)>) {
        if let Some((namespace, name)) = object {
            add(&mut self.namespaces, namespace);
            add(&mut self.objects, name);
        }
    }

    fn note_image(&mut self, image: &ImageReference) {
        self.note_host(image.registry());
        add(&mut self.repositories, image.repository());
        if let Some(tag) = image.tag() {
            add(&mut self.tags, tag);
        }
    }

    /// `registry[:port][/path]`, also with a wildcard in front.
    fn note_place(&mut self, place: &str) {
        let (host, path) = place.split_once('/').unwrap_or((place, ""));
        self.note_host(host);
        add(&mut self.repositories, path);
    }

    fn note_host(&mut self, host: &str) {
        let port = |(_, port): &(&str, &str)| port.bytes().all(|byte| byte.is_ascii_digit());
        let name = match host.rsplit_once(':').filter(port) {
            Some((name, _)) => name,
            None => host,
        };
        add(&mut self.hosts, name.trim_matches(['[', ']']));
    }

    fn note_url(&mut self, url: &str) {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = rest.split(['/', '?']).next().unwrap_or(rest);
        self.note_host(authority.rsplit('@').next().unwrap_or(authority));
    }

    fn note_chain(&mut self, chain: &ChainFact) {
        for who in [
            Some(&chain.leaf),
            Some(&chain.issuer),
            chain.anchor.as_ref(),
        ]
        .into_iter()
        .flatten()
        {
            add(&mut self.certificates, who);
        }
        for fault in &chain.faults {
            match fault {
                ChainFault::Expired { who, .. } | ChainFault::NotYetValid { who, .. } => {
                    add(&mut self.certificates, who);
                }
                ChainFault::UnknownIssuer { issuer, .. } => add(&mut self.certificates, issuer),
                ChainFault::WrongName { presented, .. } => {
                    for name in presented {
                        self.note_host(name);
                    }
                }
                _ => {}
            }
        }
    }

    fn note_source(&mut self, source: &SourceFact) {
        self.note_secret(source.object.as_ref());
        if source.object.is_none() {
            add(&mut self.files, &source.name);
        }
        if let SourceState::Read(entries) = &source.state {
            for entry in entries {
                self.note_key(&entry.key);
                if let Some(user) = &entry.username {
                    add(&mut self.users, user);
                }
            }
        }
    }

    fn note_candidate(&mut self, candidate: &CandidateFact) {
        self.note_secret(candidate.object.as_ref());
        self.note_key(&candidate.key);
        if let Some(user) = &candidate.username {
            add(&mut self.users, user);
        }
    }

    /// A key of a docker config: a host, a host with a path, a URL.
    fn note_key(&mut self, key: &str) {
        self.note_place(key.split_once("://").map_or(key, |(_, rest)| rest));
    }

    fn note_wiring(&mut self, wiring: &WiringFact) {
        for secret in &wiring.secrets {
            add(&mut self.objects, secret);
        }
        match &wiring.origin {
            ListOrigin::Account { name: account }
            | ListOrigin::Copied { account }
            | ListOrigin::Own { account }
            | ListOrigin::BuildAccount { account, .. } => add(&mut self.objects, account),
            ListOrigin::Static | ListOrigin::Namespace | ListOrigin::BuildField { .. } => {}
        }
    }

    /// An object in words, `pod shop/web-1`, `node worker-1`, or as an argument, `istag/app:1.4`: its name stands last.
    fn note_words(&mut self, words: &str) {
        let Some(last) = words.split_whitespace().last() else {
            return;
        };
        let name = match last.split_once('/') {
            Some((namespace, name)) => {
                if words.contains(' ') {
                    add(&mut self.namespaces, namespace);
                }
                name
            }
            None if words.starts_with("node ") => last,
            None => return,
        };
        add(&mut self.objects, name.split(':').next().unwrap_or(name));
    }
}
