//! The building blocks of remedies: `link` and its kin with everything filled in, and the cluster's own commands.

use super::action::LinkFor;
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

    /// `oc extreg VERB ...` for what is the whole cluster's.
    fn platform<'s>(&self, arguments: impl IntoIterator<Item = &'s str>) -> Vec<String> {
        let words = [self.client, "extreg"].into_iter().chain(arguments);
        words.map(str::to_owned).collect()
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
        let for_ = self.link_for();
        if let Some(account) = self
            .case
            .subject
            .account()
            .filter(|account| *account != for_.usual_account())
        {
            arguments.extend(["-z", account]);
        }
        if for_ == LinkFor::Push {
            arguments.extend(["--for", "push"]);
        }
        arguments.extend(extra);
        let mut command = self.extreg(arguments);
        command.extend(self.link_flags());
        command
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
        self.login_as(summary, None)
    }

    /// [`Self::login`] into a secret of this name, where it matters.
    pub(super) fn login_as(&self, summary: &str, name: Option<&str>) -> Vec<Remedy> {
        let image = self.case.subject.text.clone();
        match &self.case.subject.consumer {
            Consumer::ServiceAccount { .. } | Consumer::Pod { .. } if self.is_of_a_mirror() => {
                vec![self.node_login()]
            }
            Consumer::ServiceAccount { .. }
            | Consumer::Pod { .. }
            | Consumer::Import { .. }
            | Consumer::BuildPull { .. }
            | Consumer::BuildPush { .. } => {
                let mut extra = vec!["--registry-username", "USER"];
                // The pull right says nothing of a push.
                if self.case.subject.operation != Operation::Push {
                    extra.extend(["--image", &image]);
                }
                extra.extend(name.into_iter().flat_map(|name| ["--name", name]));
                if self.restarts().is_some() && name.is_none() {
                    extra.push("--restart");
                }
                extra.extend(self.skip_check().then_some("--skip-check"));
                let mut remedy =
                    Remedy::new(Applicability::Review, summary).command(self.link(&extra));
                remedy.changes.extend(self.account());
                let made = name.map_or_else(|| self.made_name(), str::to_owned);
                if name.is_none() {
                    remedy = self.and_named(remedy, &made);
                }
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

    /// What is meant is a mirror on another host than the image's own.
    fn is_of_a_mirror(&self) -> bool {
        self.registry() != self.case.subject.registry()
    }

    /// Nodes log in to mirrors with the cluster's own pull secret; no secret of a pod is sent there.
    fn node_login(&self) -> Remedy {
        const SECRET: &str = "secret/pull-secret";
        const KEY: &str = ".dockerconfigjson";
        let mirror = self.registry();
        Remedy::new(
            Applicability::Review,
            format!(
                "give the nodes' own pull secret a login for {mirror} (cluster-admin, all nodes): no pod's secret is sent to a mirror"
            ),
        )
        .changes(Changed {
            api_version: "v1",
            kind: "Secret",
            namespace: Some("openshift-config".to_owned()),
            name: "pull-secret".to_owned(),
        })
        .command([
            self.client,
            "extract",
            SECRET,
            "-n",
            "openshift-config",
            "--confirm",
        ])
        .command(["podman", "login", "--authfile", KEY, mirror])
        .command([
            self.client,
            "set",
            "data",
            SECRET,
            "-n",
            "openshift-config",
            &format!("--from-file={KEY}"),
        ])
    }

    /// Better credentials than those of the secret that is meant, which stays: the kubelet tries both. Who sends the first
    /// only must be kept from it.
    pub(super) fn stored(&self, summary: &str) -> Vec<Remedy> {
        let mut remedies = self.login(summary);
        for remedy in &mut remedies {
            remedy.changes.extend(self.secret());
        }
        if matches!(self.case.subject.consumer, Consumer::Import { .. }) {
            remedies.extend(self.exclude());
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

    /// Trust for this registry alone: a key of the ConfigMap that `additionalTrustedCA` names.
    pub(super) fn trust(&self) -> Vec<Remedy> {
        let registry = self.registry();
        let mut remedies = Vec::new();
        if self.setting.openshift {
            let name = self.setting.trusted_ca.as_deref();
            let mut remedy = Remedy::new(
                Applicability::Review,
                "make the cluster trust the CA for this registry only (cluster-admin, all nodes)",
            )
            .changes(Changed {
                api_version: "v1",
                kind: "ConfigMap",
                namespace: Some("openshift-config".to_owned()),
                name: name.unwrap_or("extreg-registry-cas").to_owned(),
            });
            if name.is_none() {
                remedy = remedy.changes(image_config());
            }
            remedies.push(remedy.command(self.platform(["trust", registry, "--ca", "CA-FILE"])));
        }
        if !self.setting.openshift && self.setting.cluster {
            remedies.push(
                Remedy::new(
                    Applicability::Review,
                    "give the CA to containerd on every node; this prints a script that does",
                )
                .command(self.platform([
                    "trust",
                    registry,
                    "--ca",
                    "CA-FILE",
                    "--containerd",
                ])),
            );
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
                .command(self.platform(["insecure", self.registry()])),
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

    /// A list of image.config.
    pub(super) fn lists(&self, summary: &str) -> Vec<Remedy> {
        vec![
            Remedy::new(Applicability::Review, summary)
                .changes(image_config())
                .command([self.client, "edit", "image.config.openshift.io/cluster"]),
        ]
    }

    /// The proxy that nodes and API server use.
    pub(super) fn cluster_proxy(&self) -> Vec<Remedy> {
        let registry = self.registry();
        vec![
            Remedy::new(
                Applicability::Review,
                format!("let the cluster's proxy through to {registry}, or put it into noProxy (all nodes)"),
            )
            .changes(Changed {
                api_version: "config.openshift.io/v1",
                kind: "Proxy",
                namespace: None,
                name: "cluster".to_owned(),
            })
            .command([self.client, "edit", "proxy.config.openshift.io/cluster"]),
        ]
    }

    pub(super) fn signature() -> Vec<Remedy> {
        let mut remedies = Self::manual(
            "sign the image with the key that the policy names, and push the signature beside it",
        );
        remedies.extend(Self::manual(
            "or let the policy leave this repository out, if it is not meant to bind it",
        ));
        remedies
    }

    /// The node, by what it says.
    pub(super) fn node(&self) -> Vec<Remedy> {
        let said = self
            .case
            .voices
            .own_now()
            .map(|(_, words)| words.message.to_ascii_lowercase())
            .unwrap_or_default();
        if said.contains("policy of never") || said.contains("errimageneverpull") {
            return self.pull_policy();
        }
        if said.contains("no space left") || said.contains("disk pressure") {
            return vec![
                Remedy::new(
                    Applicability::Manual,
                    "make room on the node: images that nothing uses, logs, volumes",
                )
                .command([self.client, "describe", "nodes"]),
            ];
        }
        vec![
            Remedy::new(
                Applicability::Manual,
                "look at the node: its conditions, and the logs of its kubelet and container runtime",
            )
            .command([self.client, "describe", "nodes"]),
        ]
    }
}
