//! What mends a cause: in words, with the objects that change and the exact commands, pure.
//!
//! A command is an argument vector, ready to be run; nothing in it is a secret. `safe` is what this tool does itself and can
//! take back, `review` changes something that only the user can judge, `manual` is work elsewhere.

use super::causes::Cause;
use super::diagnosis::Setting;
use super::evidence::Role;
use super::finding::Finding;
use super::rules::Case;
use super::target::{Consumer, Operation};
use crate::model::observation::PingKind;

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
}

impl Remedy {
    fn new(applicability: Applicability, summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            applicability,
            changes: Vec::new(),
            commands: Vec::new(),
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
    fn registry(&self) -> &str {
        self.finding
            .names
            .registry
            .as_deref()
            .unwrap_or_else(|| self.case.subject.registry())
    }

    /// `oc extreg VERB ...`, with the namespace where there is one.
    fn extreg<'s>(&self, arguments: impl IntoIterator<Item = &'s str>) -> Vec<String> {
        let mut command = vec![self.client.to_owned(), "extreg".to_owned()];
        command.extend(arguments.into_iter().map(str::to_owned));
        if let Some(namespace) = self.case.subject.namespace() {
            command.extend(["-n".to_owned(), namespace.to_owned()]);
        }
        command
    }

    /// `link` for the consumer's account, asking for the password.
    fn link(&self, extra: &[&str]) -> Vec<String> {
        let mut arguments = vec!["link", self.registry()];
        let account = self.case.subject.account();
        if let Some(account) = account.filter(|account| *account != "default") {
            arguments.extend(["-z", account]);
        }
        if self.case.subject.operation == Operation::Push {
            arguments.extend(["--for", "push"]);
        }
        arguments.extend(extra);
        self.extreg(arguments)
    }

    fn account(&self) -> Option<Changed> {
        Some(Changed {
            api_version: "v1",
            kind: "ServiceAccount",
            namespace: self.case.subject.namespace().map(str::to_owned),
            name: self.case.subject.account()?.to_owned(),
        })
    }

    fn secret(&self) -> Option<Changed> {
        let (namespace, name) = self.finding.names.secret.clone()?;
        Some(Changed {
            api_version: "v1",
            kind: "Secret",
            namespace: Some(namespace),
            name,
        })
    }

    /// A login is needed: `link` with a cluster, words without.
    fn login(&self, summary: &str) -> Vec<Remedy> {
        let image = self.case.subject.text.clone();
        match &self.case.subject.consumer {
            Consumer::ServiceAccount { .. } => {
                let mut remedy = Remedy::new(Applicability::Review, summary).command(self.link(&[
                    "--registry-username",
                    "USER",
                    "--image",
                    &image,
                ]));
                remedy.changes.extend(self.account());
                vec![remedy]
            }
            Consumer::AuthFile { path } => {
                vec![Remedy::new(Applicability::Review, summary).command([
                    "podman",
                    "login",
                    "--authfile",
                    path.as_str(),
                    self.registry(),
                ])]
            }
            Consumer::Anonymous => vec![
                Remedy::new(Applicability::Review, "try it with a login of your own").command([
                    self.client,
                    "extreg",
                    "doctor",
                    &image,
                    "-a",
                    "FILE",
                    "--no-cluster",
                ]),
            ],
            Consumer::Credential => vec![Remedy::new(Applicability::Manual, summary)],
        }
    }

    /// The same image under another name.
    fn other_image(&self, summary: &str) -> Vec<Remedy> {
        let Some(image) = &self.finding.names.image else {
            return Vec::new();
        };
        vec![
            Remedy::new(Applicability::Review, format!("{summary}: {image}")).command([
                self.client,
                "extreg",
                "doctor",
                image,
            ]),
        ]
    }

    fn manual(&self, summary: impl Into<String>) -> Vec<Remedy> {
        vec![Remedy::new(Applicability::Manual, summary)]
    }

    fn remedies(&self) -> Vec<Remedy> {
        let registry = self.registry().to_owned();
        let repository = self.case.subject.repository().to_owned();
        match self.finding.cause {
            Cause::NoCredentials => self.login("give it credentials for the registry"),
            Cause::BadCredentials | Cause::ExpiredCredentials | Cause::SecretMalformed => {
                let mut remedies = self.login("store credentials that the registry accepts");
                for remedy in &mut remedies {
                    remedy.changes.extend(self.secret());
                }
                remedies
            }
            Cause::PullDenied => self.manual(format!(
                "let whoever administers {repository} on {registry} give this login the right to pull"
            )),
            Cause::PushDenied => self.manual(format!(
                "let whoever administers {repository} on {registry} give this login the right to push"
            )),
            Cause::CredentialsBlockPublicPull => self.unblock(),
            Cause::SecretMissing => {
                let mut remedies = self.login("make the secret again");
                for remedy in &mut remedies {
                    remedy.changes.extend(self.secret());
                }
                remedies
            }
            Cause::SecretNotLinked => self.relink("link the secret to the service account", &["--secret"]),
            Cause::SecretKeyMismatch => self.rekey(),
            Cause::SecretWrongType => self.relink(
                "store its credentials in a secret of the right type",
                &["--from-secret"],
            ),
            Cause::SecretShadowed => self.unblock(),
            Cause::InvalidReference => self.other_image("write the reference as it must be"),
            Cause::ShortName => {
                let mut remedies = self.other_image("use the name that exists");
                remedies.extend(self.manual("write the registry in front of the name"));
                remedies
            }
            Cause::WrongPort => self.other_image("use the port on which the registry is"),
            Cause::PathPrefix => self.other_image("use the name that exists"),
            Cause::RepositoryMissing => {
                let mut remedies = self.other_image("use the name that exists");
                if remedies.is_empty() {
                    remedies = self.manual(format!("look up the repository's name on {registry}"));
                }
                remedies
            }
            Cause::TagMissing | Cause::DigestMissing => {
                let mut remedies = self.other_image("use a tag that exists");
                if remedies.is_empty() {
                    remedies = self.manual(format!("push the image, or use a tag that {repository} has"));
                }
                remedies
            }
            Cause::MissingOrForbidden => {
                let mut remedies = self.other_image("if the name is wrong, use the one that exists");
                if self.case.has_used_candidate() {
                    remedies.extend(self.manual(format!(
                        "if {repository} is real, let its owner give this login the right to pull"
                    )));
                } else {
                    remedies.extend(self.login("if the repository is private, give it credentials"));
                }
                remedies
            }
            Cause::NotARegistry => self.manual(format!(
                "ask for the registry's own host and port; {registry} is the address of something else"
            )),
            Cause::PlatformMissing => self.manual(
                "build the image for the platform of the nodes, or run it on nodes that it is for",
            ),
            Cause::ManifestUnsupported => self.manual(
                "push the image again with a tool that writes an image in the OCI or Docker schema 2 form",
            ),
            Cause::BlobMissing => self.manual("push the image again; the registry has lost a part of it"),
            Cause::Mirror => self.manual(format!(
                "mirror the image to {registry}, or let the mirror set contact the source"
            )),
            Cause::Dns => self.manual(format!("mend the name {registry}, or the name service that should know it")),
            Cause::Refused | Cause::Timeout | Cause::Reset => self.manual(format!(
                "see that {registry} runs, and that firewalls let this machine and the nodes through"
            )),
            Cause::Proxy => self.manual(format!("mend the proxy, or put {registry} into NO_PROXY")),
            Cause::ClusterTrustMissing | Cause::UnknownCa => self.trust(),
            Cause::IncompleteChain => self.manual(format!(
                "let {registry} send its whole chain: the certificate, then every intermediate"
            )),
            Cause::CertificateExpired => self.manual(format!("renew the certificate of {registry}")),
            Cause::CertificateNotYetValid => {
                self.manual("set the clocks right, or wait until the certificate is valid")
            }
            Cause::HostnameMismatch => self.manual(format!(
                "use a name that the certificate has, or have it made for {registry} as well"
            )),
            Cause::PlainHttp => self.insecure(),
            Cause::HttpsRequired => vec![
                Remedy::new(Applicability::Safe, "leave out --plain-http").command([
                    self.client, "extreg", "doctor", &self.case.subject.text,
                ]),
            ],
            Cause::Handshake => self.manual(format!(
                "let {registry} offer TLS 1.2 or 1.3 with usual ciphers, and ask for no client certificate"
            )),
            Cause::RegistryBlocked | Cause::RegistryNotAllowed => {
                let list = if self.finding.cause == Cause::RegistryBlocked {
                    "take it out of blockedRegistries"
                } else {
                    "put it into allowedRegistries"
                };
                vec![
                    Remedy::new(Applicability::Review, format!("{list}; all nodes take the change over"))
                        .changes(image_config())
                        .command([self.client, "edit", "image.config.openshift.io/cluster"]),
                ]
            }
            Cause::Quarantined => self.manual(format!(
                "mend the image, or the policy on {registry}; its words above say which"
            )),
            Cause::Rate => {
                let mut remedies = self.manual("wait, or use a mirror or a pull-through cache");
                if !self.case.has_used_candidate() {
                    remedies.splice(0..0, self.login("log in: limits are wider for known users"));
                }
                remedies
            }
            Cause::ServerError => self.manual(format!("tell whoever runs {registry}, with the words above")),
            Cause::TokenService => self.manual(format!(
                "tell whoever runs {registry}: its token service, or the address it gives for it, is wrong"
            )),
            Cause::ClockSkew => self.manual(format!("set the clock of {registry} or of its token service right")),
            Cause::ImportNotAllowed
            | Cause::Signature
            | Cause::NodeRuntime
            | Cause::SecretElsewhere
            | Cause::SecretOverridden
            | Cause::PodPredatesLink
            | Cause::Unknown => Vec::new(),
        }
    }

    /// `link` from or of an existing secret.
    fn relink(&self, summary: &str, flag: &[&str]) -> Vec<Remedy> {
        let Some((_, name)) = &self.finding.names.secret else {
            return self.login(summary);
        };
        let mut extra = flag.to_vec();
        extra.push(name);
        let mut remedy = Remedy::new(Applicability::Safe, summary).command(self.link(&extra));
        remedy.changes.extend(self.account());
        vec![remedy]
    }

    /// A key in the right spelling, beside the old one.
    fn rekey(&self) -> Vec<Remedy> {
        match &self.case.subject.consumer {
            Consumer::ServiceAccount { .. } => self.relink(
                "store the same credentials under a key that matches",
                &["--from-secret"],
            ),
            Consumer::AuthFile { path } => {
                let image = self.case.subject.image.as_ref();
                let key = image.map_or_else(|_| String::new(), |image| image.registry().to_owned());
                vec![Remedy::new(
                    Applicability::Manual,
                    format!("write the key of {path} as {key}"),
                )]
            }
            _ => self.login("store the credentials under a key that matches"),
        }
    }

    /// Credentials that do harm: better ones, or none.
    fn unblock(&self) -> Vec<Remedy> {
        let mut remedies = Vec::new();
        if let (Some((_, name)), Some(_)) =
            (&self.finding.names.secret, self.case.subject.account())
        {
            let mut arguments = vec!["unlink", name.as_str()];
            if let Some(account) = self
                .case
                .subject
                .account()
                .filter(|account| *account != "default")
            {
                arguments.extend(["-z", account]);
            }
            arguments.push("--keep-secret");
            let mut remedy = Remedy::new(
                Applicability::Safe,
                "take the credentials off the service account",
            )
            .command(self.extreg(arguments));
            remedy.changes.extend(self.account());
            remedies.push(remedy);
        }
        remedies.extend(self.login("store credentials that the registry accepts"));
        remedies
    }

    /// Trust for this registry alone: a key of the ConfigMap that `additionalTrustedCA` names.
    fn trust(&self) -> Vec<Remedy> {
        let registry = self.registry();
        let mut remedies = Vec::new();
        if self.setting.openshift {
            let key = registry.replace(':', "..");
            let mut remedy = Remedy::new(
                Applicability::Review,
                "make the cluster trust the CA for this registry only (cluster-admin, all nodes)",
            );
            let name = self.setting.trusted_ca.as_deref().unwrap_or("registry-cas");
            let file = format!("--from-file={key}=CA-FILE");
            remedy = remedy.changes(Changed {
                api_version: "v1",
                kind: "ConfigMap",
                namespace: Some("openshift-config".to_owned()),
                name: name.to_owned(),
            });
            remedy = if self.setting.trusted_ca.is_some() {
                remedy.command([
                    "oc",
                    "set",
                    "data",
                    &format!("configmap/{name}"),
                    "-n",
                    "openshift-config",
                    &file,
                ])
            } else {
                let patch = format!(r#"{{"spec":{{"additionalTrustedCA":{{"name":"{name}"}}}}}}"#);
                remedy
                    .changes(image_config())
                    .command([
                        "oc",
                        "create",
                        "configmap",
                        name,
                        "-n",
                        "openshift-config",
                        &file,
                    ])
                    .command([
                        "oc",
                        "patch",
                        "image.config.openshift.io/cluster",
                        "--type",
                        "merge",
                        "-p",
                        &patch,
                    ])
            };
            remedies.push(remedy);
        }
        if self.finding.cause == Cause::UnknownCa {
            remedies.push(
                Remedy::new(
                    Applicability::Review,
                    "check it with the CA that should vouch for it",
                )
                .command([
                    self.client,
                    "extreg",
                    "doctor",
                    &self.case.subject.text,
                    "--registry-ca",
                    "CA-FILE",
                ]),
            );
        }
        remedies
    }

    fn insecure(&self) -> Vec<Remedy> {
        let mut remedies = self.manual(
            "give the registry a certificate; everything else sends passwords in the clear",
        );
        if self.setting.openshift {
            remedies.push(
                Remedy::new(
                    Applicability::Review,
                    "add it to insecureRegistries, which lets the cluster talk to it without TLS (all nodes)",
                )
                .changes(image_config())
                .command([self.client, "edit", "image.config.openshift.io/cluster"]),
            );
        }
        let answers = self
            .case
            .ping
            .is_some_and(|(_, ping)| ping.kind != PingKind::NoAnswer);
        if !answers
            || !self
                .case
                .candidates
                .iter()
                .any(|known| known.role == Role::Node)
        {
            remedies.push(
                Remedy::new(Applicability::Review, "look at it over plain HTTP").command([
                    self.client,
                    "extreg",
                    "doctor",
                    &self.case.subject.text,
                    "--plain-http",
                ]),
            );
        }
        remedies
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
