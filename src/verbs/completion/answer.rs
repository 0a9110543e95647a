//! From an unfinished command line to what is offered: reads the line, then looks where its values are to be found, on
//! this machine first, in the cluster where the line asks for it.

use std::path::PathBuf;

use clap::Arg;

use super::live::{self, Question};
use super::local;
use super::offer::Offer;
use crate::cli::complete::line::{self, Line, Place};
use crate::cli::complete::values::{self, Values};
use crate::cli::complete::{self, Candidate};
use crate::cluster::Kind;
use crate::cluster::connect::ConnectOptions;
use crate::doctor::targets::argument::kind_of;
use crate::env::Env;
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
/// What has a pod template, or becomes a pod.
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

/// Answers for the words behind the program's name, of which the last is being typed.
pub(super) fn answer(env: &Env, words: &[String]) -> Offer {
    let mut root = crate::cli::command("oc extreg");
    root.build();
    let line = line::read(&root, words);
    match &line.place {
        Place::Verb(typed) => Offer::of(complete::verbs(&root)).going_on("", typed),
        Place::Flag(typed) => flags(complete::flags(&root, &line), typed),
        Place::Nowhere => Offer::nothing(),
        Place::Value {
            arg,
            carried,
            typed,
        } => Asking {
            env,
            line: &line,
            options: options(env, &line),
        }
        .values(arg, carried, typed),
    }
}

/// Short flags only to those who have begun with one dash: every one of them has a long name that tells more.
fn flags(offered: Vec<Candidate>, typed: &str) -> Offer {
    let one_dash = typed.len() == 2 && !typed.starts_with("--");
    let offered = offered
        .into_iter()
        .filter(|candidate| one_dash || candidate.value.starts_with("--"));
    Offer::of(offered).going_on("", typed)
}

/// kubectl's flags of the line, for the connection.
fn options(env: &Env, line: &Line<'_>) -> ConnectOptions {
    let text = |id: &str| line.value(id).map(str::to_owned);
    let path = |id: &str| line.value(id).map(|path| at_home(env, path));
    ConnectOptions {
        kubeconfig: path("kubeconfig"),
        context: text("context"),
        cluster: text("cluster"),
        user: text("user"),
        namespace: text("namespace"),
        server: text("server"),
        tls_server_name: text("tls_server_name"),
        token: text("token"),
        r#as: text("impersonate"),
        as_uid: text("impersonate_uid"),
        as_group: line
            .values("impersonate_group")
            .map(str::to_owned)
            .collect(),
        certificate_authority: path("certificate_authority"),
        client_certificate: path("client_certificate"),
        client_key: path("client_key"),
        insecure_skip_tls_verify: line.has("insecure_skip_tls_verify"),
        request_timeout: None,
    }
}

/// A path of an unfinished line, in which the shell has not yet put the home directory for `~`.
fn at_home(env: &Env, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

struct Asking<'a> {
    env: &'a Env,
    line: &'a Line<'a>,
    options: ConnectOptions,
}

impl Asking<'_> {
    fn values(&self, arg: &Arg, carried: &str, typed: &str) -> Offer {
        // A list goes on behind its last comma, with what is not in it yet.
        let (listed, typed) = match arg.get_value_delimiter().and_then(|at| typed.rfind(at)) {
            Some(at) => typed.split_at(at + 1),
            None => ("", typed),
        };
        let carried = format!("{carried}{listed}");
        let named: Vec<Candidate> = arg
            .get_possible_values()
            .iter()
            .filter(|value| !value.is_hide_set())
            .map(|value| {
                let help = value.get_help().map(ToString::to_string);
                Candidate::new(
                    value.get_name(),
                    help.unwrap_or_default().trim_end_matches('.'),
                )
            })
            .collect();
        if !named.is_empty() {
            return Offer::of(named).going_on(&carried, typed);
        }
        let verb = self.line.verb.map_or("", clap::Command::get_name);
        let known: Vec<&str> = listed.split(',').collect();
        match values::of(verb, arg).unwrap_or(Values::Free) {
            Values::Free => Offer::nothing(),
            Values::File => Offer::files(),
            Values::Folder => Offer::folders(),
            values => {
                let (before, offered) = self.look(values, typed);
                let offered = offered
                    .into_iter()
                    .filter(|candidate| !known.contains(&candidate.value.as_str()));
                let rest = typed.strip_prefix(before.as_str()).unwrap_or(typed);
                Offer::of(offered).going_on(&format!("{carried}{before}"), rest)
            }
        }
    }

    /// The values, and what of the word stands before them (`pod/`).
    fn look(&self, values: Values, typed: &str) -> (String, Vec<Candidate>) {
        let plain = |candidates: Vec<Candidate>| (String::new(), candidates);
        let words = |words: &[&str]| {
            words
                .iter()
                .map(|word| Candidate::new(*word, ""))
                .collect::<Vec<_>>()
        };
        let names = |kind| plain(self.live(Question::Names(kind)));
        let secrets = || match typed.split_once('/') {
            Some((namespace, _)) => {
                let mut options = self.options.clone();
                options.namespace = Some(namespace.to_owned());
                let found = live::look(self.env, &options, &[Question::DockerSecrets]);
                (format!("{namespace}/"), found)
            }
            None => plain(self.live(Question::DockerSecrets)),
        };
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
            Values::DockerSecret => secrets(),
            Values::DockerSecretOrRegistry => {
                plain(self.lives(&[Question::DockerSecrets, Question::LinkedRegistries]))
            }
            Values::Workload => self
                .object(typed)
                .unwrap_or_else(|| plain(words(WORKLOADS))),
            Values::Container => plain(self.containers()),
            Values::Target => self.targets(typed, words(TARGETS)),
            Values::StreamTag => plain(self.live(Question::StreamTags)),
            Values::Registry => {
                let mut found = self.lives(&[Question::Registries, Question::LinkedRegistries]);
                let file = self.line.value("registry_config");
                let file = file.map(|path| at_home(self.env, path));
                found.extend(local::registries(self.env, file));
                plain(found)
            }
            Values::Image => plain(self.live(Question::Images)),
            Values::ImageOrStreamTag => {
                plain(self.lives(&[Question::Images, Question::StreamTags]))
            }
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

    /// The containers of the workload that the line names.
    fn containers(&self) -> Vec<Candidate> {
        let verb = self.line.verb.map_or("", clap::Command::get_name);
        let workload = self.line.given.iter().rev().find_map(|given| {
            let is_one = values::of(verb, given.arg) == Some(Values::Workload);
            let (kind, name) = given.value.as_deref().filter(|_| is_one)?.split_once('/')?;
            Some(kind_of(kind)?.object(None, name))
        });
        workload.map_or_else(Vec::new, |object| self.live(Question::Containers(object)))
    }
}
