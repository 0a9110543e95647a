//! What mends a cause: in words, with the objects that change and the exact commands, pure.
//!
//! A command is an argument vector, ready to be run; nothing in it is a secret. `safe` is what this tool does itself and can
//! take back, `review` changes something that only the user can judge, `manual` is work elsewhere.

mod action;
mod away;
mod build;
mod image;
mod platform;
mod stored;
mod template;
mod tool;
mod wiring;

use super::causes::Cause;
use super::diagnosis::Setting;
use super::finding::Finding;
use super::rules::Case;

pub use action::{Action, LinkFor, LinkFrom, Named, rolls};

/// How far a remedy may be applied without thinking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applicability {
    Safe,
    Review,
    Manual,
}

impl Applicability {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Review => "review",
            Self::Manual => "manual",
        }
    }
}

/// An object that a remedy changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    pub api_version: &'static str,
    pub kind: &'static str,
    pub namespace: Option<String>,
    pub name: String,
}

/// One way to mend the cause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    pub summary: String,
    pub applicability: Applicability,
    pub changes: Vec<Changed>,
    pub commands: Vec<Vec<String>>,
    /// The first of them, typed, where this tool can do it itself: every [`Applicability::Safe`] remedy has one, except those
    /// that only ask again. What follows it is an import that has to be made once more.
    pub action: Option<Action>,
}

impl Remedy {
    fn new(applicability: Applicability, summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            applicability,
            changes: Vec::new(),
            commands: Vec::new(),
            action: None,
        }
    }

    fn command<I: IntoIterator<Item = S>, S: Into<String>>(mut self, arguments: I) -> Self {
        self.commands
            .push(arguments.into_iter().map(Into::into).collect());
        self
    }

    fn changes(mut self, changed: Changed) -> Self {
        self.changes.push(changed);
        self
    }
}

/// Ways to mend what was found, the best first.
pub fn remedies(case: &Case<'_>, finding: &Finding, setting: &Setting) -> Vec<Remedy> {
    let tool = Tool {
        case,
        finding,
        client: setting.client(),
        setting,
    };
    tool.remedies()
}

struct Tool<'a> {
    case: &'a Case<'a>,
    finding: &'a Finding,
    client: &'static str,
    setting: &'a Setting,
}

impl Tool<'_> {
    fn remedies(&self) -> Vec<Remedy> {
        let registry = self.registry().to_owned();
        let repository = self.case.subject.repository().to_owned();
        match self.finding.cause {
            Cause::NoCredentials => self.login("give it credentials for the registry"),
            Cause::BadCredentials | Cause::ExpiredCredentials => {
                self.stored("store credentials that the registry accepts")
            }
            Cause::SecretMalformed => self.mend_secret(),
            Cause::PullDenied => Self::manual(format!(
                "let whoever administers {repository} on {registry} give this login the right to pull"
            )),
            Cause::PushDenied => Self::manual(format!(
                "let whoever administers {repository} on {registry} give this login the right to push"
            )),
            Cause::CredentialsBlockPublicPull => self.unblock(),
            Cause::SecretShadowed => self.out_of_the_shadow(),
            Cause::SecretMissing => self.make_again(),
            Cause::SecretNotLinked => self.use_it("let it use the secret"),
            Cause::SecretElsewhere => self.copy_it("store its credentials in this namespace"),
            Cause::SecretOverridden => self.add_to_own_list(),
            Cause::PodPredatesLink => self.make_pods_again(),
            Cause::SecretKeyMismatch => self.rekey(),
            Cause::SecretWrongType => {
                self.copy_it("store its credentials in a secret of the right type")
            }
            Cause::InvalidReference => self.other_image("write the reference as it must be"),
            Cause::ShortName => {
                let mut remedies = self.other_image("use the name that exists");
                remedies.extend(Self::manual("write the registry in front of the name"));
                remedies
            }
            Cause::WrongPort => self.other_image("use the port on which the registry is"),
            Cause::PathPrefix => self.other_image("use the name that exists"),
            Cause::RepositoryMissing => {
                let mut remedies = self.other_image("use the name that exists");
                if remedies.is_empty() {
                    remedies = Self::manual(format!("look up the repository's name on {registry}"));
                }
                remedies
            }
            Cause::TagMissing | Cause::DigestMissing => {
                let mut remedies = self.other_image("use a tag that exists");
                if remedies.is_empty() {
                    remedies = Self::manual(format!(
                        "push the image, or use a tag that {repository} has"
                    ));
                }
                remedies
            }
            Cause::MissingOrForbidden => {
                let mut remedies =
                    self.other_image("if the name is wrong, use the one that exists");
                if self.case.has_used_candidate() {
                    remedies.extend(Self::manual(format!(
                        "if {repository} is real, let its owner give this login the right to pull"
                    )));
                } else {
                    remedies
                        .extend(self.login("if the repository is private, give it credentials"));
                }
                remedies
            }
            Cause::NotARegistry => Self::manual(format!(
                "ask for the registry's own host and port; {registry} is the address of something else"
            )),
            Cause::PlatformMissing => Self::manual(
                "build the image for the platform of the nodes, or run it on nodes that it is for",
            ),
            Cause::ManifestUnsupported => {
                let mut remedies = self.other_image("name the same image by its sha256 digest");
                if remedies.is_empty() {
                    remedies = Self::manual(
                        "push the image again with a tool that writes an image in the OCI or Docker schema 2 form",
                    );
                }
                remedies
            }
            Cause::BlobMissing => {
                Self::manual("push the image again; the registry has lost a part of it")
            }
            Cause::Mirror => self.mirror(),
            Cause::Proxy if self.finding.by_words && self.setting.openshift => self.cluster_proxy(),
            Cause::Dns => Self::manual(format!(
                "mend the name {registry}, or the name service that should know it"
            )),
            Cause::Refused | Cause::Timeout | Cause::Reset => Self::manual(format!(
                "see that {registry} runs, and that firewalls let this machine and the nodes through"
            )),
            // No proxy of this machine's was used, so that NO_PROXY changes nothing.
            Cause::Proxy if self.case.proxy().is_none() => Self::manual(format!(
                "ask whoever runs the network or {registry} what refuses there: a gateway, a firewall, a proxy"
            )),
            Cause::Proxy => {
                Self::manual(format!("mend the proxy, or put {registry} into NO_PROXY"))
            }
            Cause::ClusterTrustMissing | Cause::UnknownCa => self.trust(),
            Cause::IncompleteChain => Self::manual(format!(
                "let {registry} send its whole chain: the certificate, then every intermediate"
            )),
            Cause::CertificateExpired => {
                Self::manual(format!("renew the certificate of {registry}"))
            }
            Cause::CertificateNotYetValid => {
                Self::manual("set the clocks right, or wait until the certificate is valid")
            }
            Cause::HostnameMismatch => Self::manual(format!(
                "use a name that the certificate has, or have it made for {registry} as well"
            )),
            Cause::PlainHttp => self.insecure(),
            Cause::HttpsRequired => vec![
                Remedy::new(Applicability::Safe, "leave out --plain-http")
                    .command(self.again(&self.case.subject.text, &[])),
            ],
            Cause::Handshake => Self::manual(format!(
                "let {registry} offer TLS 1.2 or 1.3 with usual ciphers, and ask for no client certificate"
            )),
            Cause::RegistryBlocked => {
                self.lists("take it out of blockedRegistries; all nodes take the change over")
            }
            Cause::RegistryNotAllowed => {
                self.lists("put it into allowedRegistries; all nodes take the change over")
            }
            Cause::ImportNotAllowed => self.lists(
                "put it into allowedRegistriesForImport; the API server takes it over when it is rolled out again",
            ),
            Cause::Quarantined => Self::manual(format!(
                "mend the image, or the policy on {registry}; its words above say which"
            )),
            Cause::Rate => {
                let mut remedies = Self::manual("wait, or use a mirror or a pull-through cache");
                if !self.case.has_used_candidate() {
                    remedies.splice(0..0, self.login("log in: limits are wider for known users"));
                }
                remedies
            }
            Cause::ServerError => Self::manual(format!(
                "tell whoever runs {registry}, with the words above"
            )),
            Cause::TokenService => Self::manual(format!(
                "tell whoever runs {registry}: its token service, or the address it gives for it, is wrong"
            )),
            Cause::ClockSkew => Self::manual(format!(
                "set the clock of {registry} or of its token service right"
            )),
            Cause::Signature => Self::signature(),
            Cause::NodeRuntime => self.node(),
            Cause::Unknown => Vec::new(),
        }
    }
}

fn image_config() -> Changed {
    Changed {
        api_version: "config.openshift.io/v1",
        kind: "Image",
        namespace: None,
        name: "cluster".to_owned(),
    }
}
