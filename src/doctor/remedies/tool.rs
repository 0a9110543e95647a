//! The building blocks of remedies: `link` and its kin with everything filled in, and the cluster's own commands.

use super::{Applicability, Changed, Remedy, Tool, image_config};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::Role;
use crate::doctor::target::{Consumer, Operation};
use crate::model::observation::PingKind;

impl Tool<'_> {
    pub(super) fn registry(&self) -> &str {
        self.finding
            .names
            .registry
            .as_deref()
            .unwrap_or_else(|| self.case.subject.registry())
    }

    /// `oc extreg VERB ...`, with the namespace where there is one.
    pub(super) fn extreg<'s>(&self, arguments: impl IntoIterator<Item = &'s str>) -> Vec<String> {
        let mut command = vec![self.client.to_owned(), "extreg".to_owned()];
        command.extend(arguments.into_iter().map(str::to_owned));
        if let Some(namespace) = self.case.subject.namespace() {
            command.extend(["-n".to_owned(), namespace.to_owned()]);
        }
        command
    }

    /// `doctor` for `image` with the flags of this run, and with `extra`, which takes the place of a flag of its name.
    pub(super) fn again(&self, image: &str, extra: &[&str]) -> Vec<String> {
        let mut command = self.extreg(["doctor", image]);
        let given = self.setting.flags.iter().any(|flag| flag == "--plain-http");
        let plain = match self.finding.cause {
            Cause::HttpsRequired => false,
            Cause::WrongPort => self
                .case
                .other_ports()
                .iter()
                .find(|(_, port)| port.registry)
                .map_or(given, |(_, port)| !port.https),
            _ => given,
        };
        let mut flags = self.setting.flags.iter().peekable();
        while let Some(flag) = flags.next() {
            let value = flags.next_if(|next| !next.starts_with('-'));
            let dropped = flag == "--plain-http" && !plain;
            if !dropped && !extra.contains(&flag.as_str()) {
                command.push(flag.clone());
                command.extend(value.cloned());
            }
        }
        command.extend((plain && !given).then(|| "--plain-http".to_owned()));
        command.extend(extra.iter().map(|&word| word.to_owned()));
        command
    }

    /// `link` for the consumer's account, asking for the password.
    pub(super) fn link(&self, extra: &[&str]) -> Vec<String> {
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

    pub(super) fn account(&self) -> Option<Changed> {
        Some(Changed {
            api_version: "v1",
            kind: "ServiceAccount",
            namespace: self.case.subject.namespace().map(str::to_owned),
            name: self.case.subject.account()?.to_owned(),
        })
    }

    pub(super) fn secret(&self) -> Option<Changed> {
        let (namespace, name) = self.finding.names.secret.clone()?;
        Some(Changed {
            api_version: "v1",
            kind: "Secret",
            namespace: Some(namespace),
            name,
        })
    }

    /// A login is needed: `link` with a cluster, words without.
    pub(super) fn login(&self, summary: &str) -> Vec<Remedy> {
        let image = self.case.subject.text.clone();
        match &self.case.subject.consumer {
            Consumer::ServiceAccount { .. }
            | Consumer::Pod { .. }
            | Consumer::Import { .. }
            | Consumer::BuildPull { .. }
            | Consumer::BuildPush { .. } => {
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
                Remedy::new(Applicability::Review, "try it with a login of your own")
                    .command(self.again(&image, &["-a", "FILE"])),
            ],
            Consumer::Credential => vec![Remedy::new(Applicability::Manual, summary)],
        }
    }

    /// [`Self::login`] into the secret that is meant.
    pub(super) fn stored(&self, summary: &str) -> Vec<Remedy> {
        let mut remedies = self.login(summary);
        for remedy in &mut remedies {
            remedy.changes.extend(self.secret());
        }
        remedies
    }

    /// The same image under another name.
    pub(super) fn other_image(&self, summary: &str) -> Vec<Remedy> {
        let Some(image) = &self.finding.names.image else {
            return Vec::new();
        };
        vec![
            Remedy::new(Applicability::Review, format!("{summary}: {image}"))
                .command(self.again(image, &[])),
        ]
    }

    pub(super) fn manual(summary: impl Into<String>) -> Vec<Remedy> {
        vec![Remedy::new(Applicability::Manual, summary)]
    }

    /// `link` from or of an existing secret.
    pub(super) fn relink(&self, summary: &str, flag: &[&str]) -> Vec<Remedy> {
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
    pub(super) fn rekey(&self) -> Vec<Remedy> {
        match &self.case.subject.consumer {
            consumer if consumer.namespace().is_some() => self.relink(
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
    pub(super) fn unblock(&self) -> Vec<Remedy> {
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
    pub(super) fn trust(&self) -> Vec<Remedy> {
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
                .command(self.again(&self.case.subject.text, &["--registry-ca", "CA-FILE"])),
            );
        }
        remedies
    }

    pub(super) fn insecure(&self) -> Vec<Remedy> {
        let mut remedies = Self::manual(
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
                Remedy::new(Applicability::Review, "look at it over plain HTTP")
                    .command(self.again(&self.case.subject.text, &["--plain-http"])),
            );
        }
        remedies
    }
}
