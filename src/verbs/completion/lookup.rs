//! Where each kind of value is looked up, and how much of the word stands before it.

use clap::Arg;

use super::answer::{Asking, at_home};
use super::live::{self, Question};
use super::local;
use crate::cli::complete::Candidate;
use crate::cli::complete::values::{self, Values};
use crate::cluster::Kind;
use crate::doctor::targets::argument::kind_of;
use crate::model::kinds;

/// What doctor takes, in the words that people use.
const TARGETS: &[&str] = &[
    "bc/",
    "build/",
    "cronjob/",
    "daemonset/",
    "dc/",
    "deployment/",
    "is/",
    "istag/",
    "job/",
    "pod/",
    "replicaset/",
    "sa/",
    "secret/",
    "statefulset/",
];
/// What has containers that can be given another image.
const TEMPLATES: &[&str] = &[
    "cronjob/",
    "daemonset/",
    "dc/",
    "deployment/",
    "pod/",
    "replicaset/",
    "statefulset/",
];
/// What runs as a service account.
const WORKLOADS: &[&str] = &[
    "bc/",
    "build/",
    "cronjob/",
    "daemonset/",
    "dc/",
    "deployment/",
    "job/",
    "pod/",
    "replicaset/",
    "statefulset/",
];

impl Asking<'_> {
    /// The values, and what of the word stands before them (`pod/`).
    pub(super) fn look(&self, arg: &Arg, values: Values, typed: &str) -> (String, Vec<Candidate>) {
        let plain = |candidates: Vec<Candidate>| (String::new(), candidates);
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| Candidate::new(*word, ""))
                .collect::<Vec<_>>()
        };
        let names = |kind| plain(self.live(Question::Names(kind)));
        match values {
            Values::Free | Values::File | Values::Folder => plain(Vec::new()),
            Values::Words(list) => plain(words(list)),
            Values::Context => plain(local::contexts(self.env, &self.options)),
            Values::Cluster => plain(local::clusters(self.env, &self.options)),
            Values::User => plain(local::users(self.env, &self.options)),
            Values::Namespace => {
                let mut found = self.live(Question::Namespaces);
                if found.is_empty() {
                    found = local::namespaces(self.env, &self.options);
                }
                plain(found)
            }
            Values::Object(kind) => names(kind),
            Values::DockerSecret => self.anywhere(typed, Question::DockerSecrets),
            Values::DockerSecretOrRegistry => {
                plain(self.lives(&[Question::DockerSecrets, Question::LinkedRegistries]))
            }
            Values::Workload => self
                .object(typed)
                .unwrap_or_else(|| plain(words(WORKLOADS))),
            Values::PodTemplate => self
                .object(typed)
                .unwrap_or_else(|| plain(words(TEMPLATES))),
            Values::Container => plain(self.containers()),
            Values::Target => self.targets(typed, words(TARGETS)),
            Values::StreamTag => self.anywhere(typed, Question::StreamTags),
            Values::Registry => {
                let mut found = self.lives(&[Question::Registries, Question::LinkedRegistries]);
                let file = self.line.value("registry_config");
                let file = file.map(|path| at_home(self.env, path));
                found.extend(local::registries(self.env, file));
                plain(found)
            }
            Values::Image => plain(self.live(Question::Images)),
            Values::ImageOrStreamTag => self.object(typed).unwrap_or_else(|| {
                let mut found = words(&["istag/"]);
                found.extend(self.live(Question::Images));
                plain(found)
            }),
            Values::BuildConfigsThenImage => self.build_configs_then_image(arg, typed),
            Values::Cause => plain(local::causes()),
            Values::Change => plain(local::changes(self.env)),
        }
    }

    fn live(&self, question: Question) -> Vec<Candidate> {
        self.lives(&[question])
    }

    fn lives(&self, questions: &[Question]) -> Vec<Candidate> {
        live::look(self.env, &self.options, questions)
    }

    /// The objects of a kind that was typed with its slash; none when it was not.
    fn object(&self, typed: &str) -> Option<(String, Vec<Candidate>)> {
        let (word, _) = typed.split_once('/')?;
        let found = self.named(kind_of(word)?);
        Some((format!("{word}/"), found))
    }

    fn named(&self, kind: Kind) -> Vec<Candidate> {
        self.live(match kind {
            kinds::SECRET => Question::DockerSecrets,
            kinds::IMAGE_STREAM_TAG => Question::StreamTags,
            kind => Question::Names(kind),
        })
    }

    /// As doctor reads them: behind a kind alone stand names, else kinds and images.
    fn targets(&self, typed: &str, kinds: Vec<Candidate>) -> (String, Vec<Candidate>) {
        if let Some(found) = self.object(typed) {
            return found;
        }
        let mut before = self.line.values("targets");
        if let Some(kind) = before.next().and_then(kind_of) {
            return (String::new(), self.named(kind));
        }
        let mut offered = kinds;
        if !offered
            .iter()
            .any(|kind| !typed.is_empty() && kind.value.starts_with(typed))
        {
            offered.extend(self.live(Question::Images));
        }
        (String::new(), offered)
    }

    /// `[NAMESPACE/]NAME`.
    fn anywhere(&self, typed: &str, question: Question) -> (String, Vec<Candidate>) {
        let Some((namespace, _)) = typed.split_once('/') else {
            return (String::new(), self.live(question));
        };
        let mut options = self.options.clone();
        options.namespace = Some(namespace.to_owned());
        let found = live::look(self.env, &options, &[question]);
        (format!("{namespace}/"), found)
    }

    /// Names, also as `bc/NAME`; and images once something is chosen that builds them.
    fn build_configs_then_image(&self, arg: &Arg, typed: &str) -> (String, Vec<Candidate>) {
        if let Some(found) = self.object(typed) {
            return found;
        }
        let configs = Question::Names(kinds::BUILD_CONFIG);
        let chosen = self.line.has(arg.get_id().as_str()) || self.line.has("selector");
        let found = if chosen {
            self.lives(&[configs, Question::Images])
        } else {
            self.live(configs)
        };
        (String::new(), found)
    }

    /// The containers of the workload that the line names.
    fn containers(&self) -> Vec<Candidate> {
        let verb = self.line.verb.map_or("", clap::Command::get_name);
        let workload = self.line.given.iter().rev().find_map(|given| {
            let is_one = values::of(verb, given.arg) == Some(Values::PodTemplate);
            let (kind, name) = given.value.as_deref().filter(|_| is_one)?.split_once('/')?;
            Some(kind_of(kind)?.object(None, name))
        });
        workload.map_or_else(Vec::new, |object| self.live(Question::Containers(object)))
    }
}
