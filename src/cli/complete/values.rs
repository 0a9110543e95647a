//! What the value of each flag and argument is, in one table, so that completion knows what to look for.
//!
//! Values that clap itself lists (`value_enum`) and paths need no line. A flag that takes a value and has no line here
//! fails a test: completion is a part of adding a flag.

use clap::{Arg, ValueHint};

use crate::model::kinds::{self, Kind};

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Values {
    /// Nothing can be offered: a new name, a time, a text, a selector.
    Free,
    /// A file; the shell knows them.
    File,
    /// A folder; the shell knows them.
    Folder,
    /// One of these, and no other.
    Words(&'static [&'static str]),
    /// A context of the kubeconfig.
    Context,
    /// A cluster of the kubeconfig.
    Cluster,
    /// A user of the kubeconfig.
    User,
    Namespace,
    /// The name of an object.
    Object(Kind),
    /// A secret with docker credentials, `[NAMESPACE/]NAME`.
    DockerSecret,
    /// A secret with docker credentials, or the registry of one.
    DockerSecretOrRegistry,
    /// `KIND/NAME` of what runs as a service account: workloads, pods, builds.
    Workload,
    /// `KIND/NAME` of what has containers that can be given another image.
    PodTemplate,
    /// The container of the workload that was named before.
    Container,
    /// What doctor takes: `KIND/NAME`, `KIND NAME` or an image.
    Target,
    /// `[NAMESPACE/]STREAM:TAG`.
    StreamTag,
    Registry,
    Image,
    /// An image, or `istag/STREAM:TAG`.
    ImageOrStreamTag,
    /// The names of BuildConfigs, and then an image.
    BuildConfigsThenImage,
    /// The id of a cause.
    Cause,
    /// The id of a run in the journal.
    Change,
}

/// The platforms that OpenShift and Kubernetes nodes have.
const PLATFORMS: Values = Values::Words(&[
    "linux/amd64",
    "linux/arm64",
    "linux/ppc64le",
    "linux/s390x",
    "windows/amd64",
]);

/// Which arguments a line is about.
enum Of {
    /// One argument of one verb, by clap's id.
    Only(&'static str, &'static str),
    /// An argument of this id of any verb.
    Id(&'static str),
    /// Any argument whose value the help calls so.
    Named(&'static str),
}
use Of::{Id, Named, Only};

/// The first line that fits decides.
const TABLE: &[(Of, Values)] = &[
    (Only("link", "target"), Values::Registry),
    (Only("unlink", "target"), Values::DockerSecretOrRegistry),
    (Only("use", "workload"), Values::PodTemplate),
    (Id("cluster"), Values::Cluster),
    (Id("container"), Values::Container),
    (Id("context"), Values::Context),
    (Id("from_context"), Values::Context),
    (Id("from_node"), Values::Object(kinds::NODE)),
    (Id("name"), Values::Free),
    (Id("namespace"), Values::Namespace),
    (Id("namespaces"), Values::Namespace),
    (
        Id("purposes"),
        Values::Words(&["pull", "push", "pull,push"]),
    ),
    (Id("registry_username"), Values::Free),
    (Id("secret"), Values::DockerSecret),
    (
        Id("service_account"),
        Values::Object(kinds::SERVICE_ACCOUNT),
    ),
    (
        Id("service_accounts"),
        Values::Object(kinds::SERVICE_ACCOUNT),
    ),
    (Id("tls_server_name"), Values::Free),
    (Id("user"), Values::User),
    (Named("BUILDCONFIG... IMAGE"), Values::BuildConfigsThenImage),
    (Named("CAUSE"), Values::Cause),
    (Named("DIR"), Values::Folder),
    (Named("GROUP"), Values::Free),
    (Named("ID"), Values::Change),
    (Named("IMAGE"), Values::Image),
    (Named("KIND/NAME"), Values::Workload),
    (Named("N|NAME"), Values::Free),
    (Named("NUMBER"), Values::Free),
    (Named("OS/ARCH"), PLATFORMS),
    (Named("REGISTRY"), Values::Registry),
    (Named("SELECTOR"), Values::Free),
    (Named("SHA256"), Values::Free),
    (Named("SOURCE"), Values::ImageOrStreamTag),
    (Named("STREAM:TAG"), Values::StreamTag),
    (Named("STREAM[:TAG]"), Values::StreamTag),
    (Named("TARGET"), Values::Target),
    (Named("TEXT"), Values::Free),
    (Named("TIME"), Values::Free),
    (Named("TOKEN"), Values::Free),
    (Named("UID"), Values::Free),
    (Named("URL"), Values::Free),
    (Named("USER"), Values::Free),
    (Named("VERSION"), Values::Free),
    (Named("[NS/]NAME"), Values::DockerSecret),
    (Named("[NS/]STREAM:TAG"), Values::StreamTag),
];

/// What the value of an argument is; none where nobody has decided yet. `verb` is empty for the flags of all verbs.
pub fn of(verb: &str, arg: &Arg) -> Option<Values> {
    if let Some((_, values)) = line(verb, arg).and_then(|at| TABLE.get(at)) {
        return Some(*values);
    }
    (arg.get_value_hint() == ValueHint::AnyPath).then_some(Values::File)
}

/// Which line of the table decides.
pub(super) fn line(verb: &str, arg: &Arg) -> Option<usize> {
    let id = arg.get_id().as_str();
    let names = arg.get_value_names().and_then(|names| names.first());
    // What clap calls it in the help, where nothing is said.
    let named = names.map_or_else(|| id.to_uppercase(), ToString::to_string);
    TABLE.iter().position(|(of, _)| match of {
        Only(of_verb, of_id) => *of_verb == verb && *of_id == id,
        Id(of_id) => *of_id == id,
        Named(of_name) => *of_name == named,
    })
}

/// How many lines there are.
#[cfg(test)]
pub(super) fn lines() -> usize {
    TABLE.len()
}
