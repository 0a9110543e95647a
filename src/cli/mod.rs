//! The command line: clap types only; their doc comments are the help. Every flag is accepted anywhere after the
//! plugin's name.

pub mod anywhere;
pub mod build_source;
pub mod complete;
pub mod completion;
pub mod credential_flags;
pub mod doctor;
mod examples;
pub mod explain;
pub mod global;
pub mod import;
pub mod insecure;
pub mod link;
pub mod namespaces;
pub mod node_flags;
pub mod output;
pub mod promote;
mod purposes;
pub mod push_target;
pub mod registry_flags;
pub mod report_flags;
pub mod rollout_flags;
pub mod status;
pub mod trust;
pub mod undo;
pub mod unlink;
pub mod use_image;
pub mod version;

use clap::{CommandFactory as _, Parser, Subcommand};

use global::Global;

/// Makes an external container registry usable from OpenShift and Kubernetes, and says why it is not when it is not.
#[derive(Debug, Parser)]
#[command(
    name = "extreg",
    bin_name = "oc extreg",
    version,
    propagate_version = false,
    disable_help_subcommand = true
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs, one file each; what a verb is for stands at its arguments, which are made when they are looked at.
#[derive(Debug, Subcommand)]
#[command(defer = true)]
pub enum Verb {
    #[command(after_help = examples::LINK)]
    Link(Box<link::LinkArgs>),
    #[command(after_help = examples::UNLINK)]
    Unlink(Box<unlink::UnlinkArgs>),
    #[command(after_help = examples::UNDO)]
    Undo(undo::UndoArgs),
    #[command(after_help = examples::STATUS)]
    Status(status::StatusArgs),
    #[command(after_help = examples::DOCTOR)]
    Doctor(Box<doctor::DoctorArgs>),
    #[command(after_help = examples::EXPLAIN)]
    Explain(explain::ExplainArgs),
    #[command(after_help = examples::PUSH_TARGET)]
    PushTarget(Box<push_target::PushTargetArgs>),
    #[command(after_help = examples::BUILD_SOURCE)]
    BuildSource(Box<build_source::BuildSourceArgs>),
    #[command(after_help = examples::IMPORT)]
    Import(Box<import::ImportArgs>),
    #[command(after_help = examples::USE_IMAGE)]
    Use(Box<use_image::UseArgs>),
    #[command(after_help = examples::PROMOTE)]
    Promote(Box<promote::PromoteArgs>),
    #[command(after_help = examples::TRUST)]
    Trust(Box<trust::TrustArgs>),
    #[command(after_help = examples::INSECURE)]
    Insecure(Box<insecure::InsecureArgs>),
    #[command(after_help = examples::COMPLETION)]
    Completion(Box<completion::CompletionArgs>),
    #[command(after_help = examples::VERSION)]
    Version(version::VersionArgs),
}

impl Verb {
    /// Whether it asks anybody, or waits for anything: there has to be a runtime for that.
    pub fn waits(&self) -> bool {
        !matches!(
            self,
            Self::Explain(_) | Self::Completion(_) | Self::Version(_)
        )
    }
}

/// The command line under the name that the user called: `oc extreg` or `kubectl extreg`, in the usage and in the examples.
/// The arguments of a verb are there once it is parsed, or after [`clap::Command::build`].
pub fn command(program: &'static str) -> clap::Command {
    Cli::command()
        .bin_name(program)
        .mut_subcommands(|verb| match verb.get_after_help() {
            Some(text) => {
                // As it is: there are no styles in it to be looked for and taken out.
                let text = text.ansi().to_string();
                let text = text.replace(examples::PROGRAM, program);
                verb.after_help(text)
            }
            None => verb,
        })
        .mut_subcommand("push-target", |verb| {
            verb.override_usage(examples::PUSH_TARGET_USAGE.replace(examples::PROGRAM, program))
                .defer(push_target::arguments)
        })
}

/// A command line of which only the verb `name` gets arguments, those of others being of no use and many.
pub fn of_verb(command: clap::Command, name: &str) -> clap::Command {
    command.mut_subcommands(|verb| {
        if verb.get_name() == name {
            verb
        } else {
            verb.defer(|verb| verb)
        }
    })
}
