//! The building blocks of remedies: `link` and its kin with everything filled in, and the cluster's own commands.

use super::action::{LinkFor, typed};
use super::wiring::changed;
use super::{Applicability, Changed, Remedy, Tool};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::ListOrigin;
use crate::doctor::target::{Consumer, Operation};

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
    pub(super) fn platform<'s>(&self, arguments: impl IntoIterator<Item = &'s str>) -> Vec<String> {
        let words = [self.client, "extreg"].into_iter().chain(arguments);
        words.map(str::to_owned).collect()
    }

    /// `oc patch OBJECT --type=json`: what it does not name stays as it is.
    pub(super) fn json_patch(
        &self,
        object: &str,
        namespace: Option<&str>,
        operations: &serde_json::Value,
    ) -> Vec<String> {
        let patch = operations.to_string();
        let mut command = vec![self.client, "patch", object];
        command.extend(namespace.into_iter().flat_map(|name| ["-n", name]));
        command.extend(["--type=json", "-p", &patch]);
        command.into_iter().map(str::to_owned).collect()
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
                vec![self.node_login("no pod's secret is sent to a mirror")]
            }
            Consumer::Pod { .. } if matches!(self.origin(), Some(ListOrigin::Static)) => {
                vec![self.node_login("no secret reaches a static pod")]
            }
            // The verb that names it there makes the secret as well.
            Consumer::BuildPull { .. } | Consumer::BuildPush { .. }
                if name.is_none()
                    && matches!(self.origin(), Some(ListOrigin::BuildField { .. }))
                    && self.own_image_of_build().is_some() =>
            {
                self.login_of_build(summary)
            }
            Consumer::Pod { .. }
                if name.is_none() && self.has_own_list() && self.own_template().is_some() =>
            {
                self.login_of_template(summary)
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
                remedy.commands.extend(self.import_again());
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
            Consumer::Credential => self.written_anew(summary),
        }
    }

    /// `push-target` or `build-source` with a login.
    fn login_of_build(&self, summary: &str) -> Vec<Remedy> {
        let Some((config, _)) = self.own_image_of_build() else {
            return Vec::new();
        };
        let verb = match self.case.subject.consumer {
            Consumer::BuildPush { .. } => "push-target",
            _ => "build-source",
        };
        let mut remedy = Remedy::new(
            Applicability::Review,
            format!("{summary}, and name them in the build config"),
        )
        .changes(changed(&config))
        .command(self.with_login([verb, &config.name, &self.case.subject.text]));
        remedy.changes.extend(self.account());
        vec![remedy]
    }

    /// `use` with a login: the template has a list of its own.
    fn login_of_template(&self, summary: &str) -> Vec<Remedy> {
        let Some((object, container)) = self.own_template() else {
            return Vec::new();
        };
        let image = self.case.subject.text.as_str();
        let words = ["use", &typed(object), image, "-c", container];
        let mut remedy = Remedy::new(
            Applicability::Review,
            format!("{summary}, and name them in the pod template"),
        )
        .changes(changed(object))
        .command(self.with_login(words));
        remedy.changes.extend(self.account());
        vec![remedy]
    }

    /// A verb that makes a secret of a login that it asks for.
    fn with_login<'s>(&self, words: impl IntoIterator<Item = &'s str>) -> Vec<String> {
        let login = ["--registry-username", "USER"];
        let unchecked = self.skip_check().then_some("--skip-check");
        let mut command = self.extreg(words.into_iter().chain(login).chain(unchecked));
        command.extend(self.link_flags());
        command
    }

    /// What is meant is a mirror on another host than the image's own.
    fn is_of_a_mirror(&self) -> bool {
        self.registry() != self.case.subject.registry()
    }

    /// Nodes log in to mirrors, and for static pods, with the cluster's own pull secret.
    fn node_login(&self, why: &str) -> Remedy {
        const SECRET: &str = "secret/pull-secret";
        const KEY: &str = ".dockerconfigjson";
        let mirror = self.registry();
        Remedy::new(
            Applicability::Review,
            format!(
                "give the nodes' own pull secret a login for {mirror} (cluster-admin, all nodes): {why}"
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

    pub(super) fn manual(summary: impl Into<String>) -> Vec<Remedy> {
        vec![Remedy::new(Applicability::Manual, summary)]
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
