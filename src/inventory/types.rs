//! What an inventory says.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;

use crate::model::image::ImageReference;
use crate::model::keyring::NearMiss;
use crate::model::view::Missing;

/// The registries in use, and what is wrong around them.
#[derive(Debug, Clone)]
pub struct Inventory {
    /// `None`: all namespaces.
    pub namespace: Option<String>,
    /// In order of name, the cluster's own last.
    pub registries: Vec<Registry>,
    /// Those with docker credentials, or meant to have them; without the ones that OpenShift keeps for its own registry.
    pub secrets: Vec<Secret>,
    /// The bundle that every node trusts beside its own.
    pub platform: Option<PlatformTrust>,
    /// The gravest first.
    pub problems: Vec<Problem>,
    /// What could not be read, and why; each right once.
    pub unread: Vec<Missing>,
}

/// A registry, with all that concerns it.
#[derive(Debug, Clone)]
pub struct Registry {
    /// `docker.io`, `host[:port]`, or the wildcard of a key that matches nothing in use.
    pub name: String,
    /// The cluster's own.
    pub internal: bool,
    pub images: Vec<Image>,
    /// Entries of secrets that are for it.
    pub credentials: Vec<SecretRef>,
    /// `None`: the cluster's configuration could not be read.
    pub trust: Option<Trust>,
    pub policy: Policy,
    /// The sources (`quay.io/team`) that have a mirror here.
    pub mirror_of: BTreeSet<String>,
    /// The mirrors that are asked before it.
    pub mirrors: BTreeSet<String>,
}

impl Registry {
    /// Everybody who uses an image of it, each once.
    pub fn users(&self) -> BTreeSet<&By> {
        let uses = self.images.iter().flat_map(|image| &image.uses);
        uses.map(|one| &one.by).collect()
    }

    /// Pods that wait for an image of it.
    pub fn waiting(&self) -> usize {
        let uses = self.images.iter().flat_map(|image| &image.uses);
        uses.map(|one| one.waiting).sum()
    }
}

/// An image in use, by its canonical reference.
#[derive(Debug, Clone)]
pub struct Image {
    pub reference: ImageReference,
    pub uses: Vec<Use>,
}

/// In which way an image is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A pod runs it, or would.
    Runs,
    /// A build starts from it.
    BuildsFrom,
    /// A build copies files out of it.
    Copies,
    /// A build pushes it.
    Pushes,
    /// An image stream imports it.
    Imports,
}

impl Role {
    /// For people and for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Runs => "run",
            Self::BuildsFrom => "build-from",
            Self::Copies => "build-source",
            Self::Pushes => "push",
            Self::Imports => "import",
        }
    }
}

/// An object that uses an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct By {
    /// Lower case: `deployment`, `buildconfig`, `istag`, `pod`, ...
    pub kind: String,
    pub namespace: String,
    pub name: String,
}

impl fmt::Display for By {
    /// `kind/name`, as kubectl takes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// One use of an image.
#[derive(Debug, Clone)]
pub struct Use {
    pub by: By,
    pub role: Role,
    /// The image stream tag through which it is reached (`base:1`, or `openshift/base:1` of another namespace).
    pub via: Option<String>,
    /// The service account.
    pub account: Option<String>,
    /// Secrets that the object itself names for this image.
    pub secrets: Vec<String>,
    /// Pods of it that wait for the image.
    pub waiting: usize,
    /// An import that is repeated.
    pub scheduled: bool,
    /// Why the last import failed: reason and message, foreign text.
    pub failed: Option<(String, String)>,
    /// It may go without verification (`importPolicy.insecure`).
    pub insecure: bool,
}

/// An entry of a secret: indexes into [`Inventory::secrets`] and its entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretRef {
    pub secret: usize,
    pub entry: usize,
}

/// A secret with docker credentials.
#[derive(Debug, Clone)]
pub struct Secret {
    /// `None`: the pull secret of all nodes.
    pub namespace: Option<String>,
    pub name: String,
    pub type_name: String,
    /// This tool made it.
    pub ours: bool,
    pub accounts: Vec<AccountLink>,
    /// Workloads, waiting pods and BuildConfigs that name it themselves.
    pub named_by: Vec<By>,
    /// Image stream imports pass it over (`openshift.io/image.excludeSecret`).
    pub excluded_from_import: bool,
    pub entries: Vec<Entry>,
    /// Why nothing in it can be used.
    pub fault: Option<String>,
    /// The type is not one that pods read.
    pub wrong_type: bool,
}

impl Secret {
    /// Whether anything names it, or every node has it.
    pub fn is_linked(&self) -> bool {
        self.namespace.is_none() || !self.accounts.is_empty() || !self.named_by.is_empty()
    }

    /// `namespace/name`.
    pub fn printed(&self) -> String {
        let namespace = self.namespace.as_deref().unwrap_or("openshift-config");
        format!("{namespace}/{}", self.name)
    }
}

/// A service account that has a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountLink {
    pub name: String,
    pub pull: bool,
    pub mount: bool,
}

impl AccountLink {
    /// `default (pull)`.
    pub fn printed(&self) -> String {
        let how = match (self.pull, self.mount) {
            (true, true) => "pull,mount",
            (true, false) => "pull",
            _ => "mount",
        };
        format!("{} ({how})", self.name)
    }
}

/// One entry of a secret.
#[derive(Debug, Clone)]
pub struct Entry {
    /// As written, without a password that stood in it.
    pub key: String,
    /// The registries that it is for: of the images that it serves, of one that it was meant for, or by its key alone.
    pub registries: BTreeSet<String>,
    /// Registry and path as they are meant, for telling entries for the same place.
    pub scope: String,
    pub user: Option<String>,
    /// `password`, `identity token`, `registry token`; `None` where it holds nothing usable.
    pub credential: Option<&'static str>,
    pub matched: Matched,
    /// When the credential itself says that it ends.
    pub expires: Option<Timestamp>,
    pub fault: Option<String>,
    /// It makes the kubelet give up on every secret of the pod.
    pub breaks_all: bool,
}

/// Which of the images in use a key matches, for both matchers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matched {
    pub kubelet: Reach,
    pub containers_image: Reach,
}

/// What one matcher makes of a key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reach {
    /// Images that it serves.
    pub images: usize,
    /// An image that it was probably meant for, and why it does not serve it.
    pub near: Option<(String, NearMiss)>,
}

/// How the cluster verifies a registry's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// By the certificates that nodes have anyway, and the platform's bundle.
    Default,
    /// By a key of `additionalTrustedCA`.
    Additional {
        key: String,
        certificates: usize,
        /// When the first of them ends.
        until: Option<Timestamp>,
    },
}

/// The bundle of Proxy `trustedCA`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlatformTrust {
    pub config_map: String,
    pub certificates: usize,
    /// When the first of them ends.
    pub until: Option<Timestamp>,
}

/// What the cluster's lists say about a registry, by the entry that says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Of `insecureRegistries`.
    pub insecure: Option<String>,
    /// Of `blockedRegistries`.
    pub blocked: Option<String>,
    /// There are `allowedRegistries`, and they leave out an image of it.
    pub not_allowed: bool,
    /// Of `allowedRegistries`.
    pub allowed: Option<String>,
    /// `allowedRegistriesForImport` leaves it out; only for registries that are imported from.
    pub import_refused: bool,
    /// Signature policies whose scope covers an image of it.
    pub signed_by: BTreeSet<String>,
}

/// How grave a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Something cannot work.
    Broken,
    /// It works, and will not for long, or not everywhere.
    Warning,
    /// Nothing needs it.
    Unused,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Warning => "warning",
            Self::Unused => "unused",
        }
    }
}

/// Something that wants a hand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    pub severity: Severity,
    /// `None` for the cluster's configuration.
    pub namespace: Option<String>,
    /// `secret/x`, `istag/app:1`, `image.config.openshift.io/cluster`, ...
    pub object: String,
    /// One word for programs, stable.
    pub id: &'static str,
    pub registry: Option<String>,
    /// One sentence without its object, sanitised.
    pub summary: String,
    /// What to run: to look closer, or to mend it.
    pub command: Vec<String>,
}
