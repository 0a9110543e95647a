//! From an unfinished command line to what is offered: reads the line, then looks where its values are to be found, on
//! this machine first, in the cluster where the line asks for it.

use std::path::PathBuf;

use clap::Arg;

use super::offer::Offer;
use crate::cli;
use crate::cli::complete::line::{self, Line, Place};
use crate::cli::complete::values::{self, Values};
use crate::cli::complete::{self, Candidate};
use crate::cluster::connect::ConnectOptions;
use crate::env::Env;

/// Answers for the words behind the program's name, of which the last is being typed.
pub(super) fn answer(env: &Env, words: &[String]) -> Offer {
    let root = cli::command("oc extreg");
    let root = match words {
        // The first word, unless that is the one that is being typed.
        [verb, _, ..] if root.find_subcommand(verb).is_some() => {
            let mut root = cli::of_verb(root, verb);
            root.build();
            root
        }
        _ => cli::of_all(root),
    };
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
pub(super) fn at_home(env: &Env, path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), env.home()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => PathBuf::from(path),
    }
}

/// A value that is asked for, and the line that it is for.
pub(super) struct Asking<'a> {
    pub(super) env: &'a Env,
    pub(super) line: &'a Line<'a>,
    pub(super) options: ConnectOptions,
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
                let (before, offered) = self.look(arg, values, typed);
                let offered = offered
                    .into_iter()
                    .filter(|candidate| !known.contains(&candidate.value.as_str()));
                let rest = typed.strip_prefix(before.as_str()).unwrap_or(typed);
                Offer::of(offered).going_on(&format!("{carried}{before}"), rest)
            }
        }
    }
}
