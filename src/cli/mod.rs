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

use clap::{Args as _, Command, CommandFactory as _, Parser, Subcommand};

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
/// Its verbs have no arguments yet: there are hundreds, and [`of_verb`] makes those of one, [`of_all`] all.
pub fn command(program: &'static str) -> Command {
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
        })
}

/// The command line on which the verb is `name`: the others are never asked for their arguments.
pub fn of_verb(command: Command, name: &str) -> Command {
    command.mut_subcommands(|verb| {
        if verb.get_name() == name {
            with_arguments(verb)
        } else {
            verb.defer(|verb| verb)
        }
    })
}

/// The command line with all that can be on it.
pub fn of_all(command: Command) -> Command {
    let mut command = command.mut_subcommands(with_arguments);
    command.build();
    command
}

/// Gives a verb its arguments. Left to clap they would come, in its help too, behind the flags that all verbs have.
fn with_arguments(verb: Command) -> Command {
    let add: fn(Command) -> Command = match verb.get_name() {
        "link" => link::LinkArgs::augment_args,
        "unlink" => unlink::UnlinkArgs::augment_args,
        "undo" => undo::UndoArgs::augment_args,
        "status" => status::StatusArgs::augment_args,
        "doctor" => doctor::DoctorArgs::augment_args,
        "explain" => explain::ExplainArgs::augment_args,
        "push-target" => push_target::arguments,
        "build-source" => build_source::BuildSourceArgs::augment_args,
        "import" => import::ImportArgs::augment_args,
        "use" => use_image::UseArgs::augment_args,
        "promote" => promote::PromoteArgs::augment_args,
        "trust" => trust::TrustArgs::augment_args,
        "insecure" => insecure::InsecureArgs::augment_args,
        "completion" => completion::CompletionArgs::augment_args,
        "version" => version::VersionArgs::augment_args,
        _ => return verb,
    };
    add(verb).defer(|verb| verb)
}
