//! What is the whole cluster's to change: its trust, its lists of registries, its proxy, its signature policies.

use super::{Applicability, Changed, Remedy, Tool, image_config};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{Fact, PolicyDecision, Role, Side};
use crate::model::observation::PingKind;

impl Tool<'_> {
    /// Trust for this registry alone: a key of the ConfigMap that `additionalTrustedCA` names.
    pub(super) fn trust(&self) -> Vec<Remedy> {
        let registry = self.registry();
        let mut remedies = Vec::new();
        let look = |summary| {
            Remedy::new(Applicability::Review, summary)
                .command(self.again(&self.case.subject.text, &["--registry-ca", "CA-FILE"]))
        };
        if self.finding.cause == Cause::ClusterTrustMissing
            && self.trusts(Side::Here) == Some(false)
        {
            return vec![look(
                "give this machine the CA; for this tool by a flag, for others in its own store",
            )];
        }
        let ca = self.ca();
        let words = |rest: &[&str]| {
            let words = ["trust", registry].into_iter();
            self.platform(
                words
                    .chain(ca.iter().map(String::as_str))
                    .chain(rest.iter().copied()),
            )
        };
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
            remedies.push(remedy.command(words(&[])));
        }
        if !self.setting.openshift && self.setting.cluster {
            remedies.push(
                Remedy::new(
                    Applicability::Review,
                    "give the CA to containerd on every node; this prints a script that does",
                )
                .command(words(&["--containerd"])),
            );
        }
        if self.finding.cause == Cause::UnknownCa {
            remedies.push(look("check it with the CA that should vouch for it"));
        }
        remedies
    }

    /// Where `trust` has the CA from: the file of this run, this machine's store where that is what vouches for it, else
    /// whatever file the user has.
    fn ca(&self) -> Vec<String> {
        let mut given = self.setting.flags.iter();
        let file = given
            .by_ref()
            .find(|flag| *flag == "--registry-ca")
            .and_then(|_| given.next());
        match file {
            Some(file) => vec!["--ca".to_owned(), file.clone()],
            None if self.finding.cause == Cause::ClusterTrustMissing
                && self.trusts(Side::Here) == Some(true) =>
            {
                vec!["--from-system".to_owned()]
            }
            None => vec!["--ca".to_owned(), "CA-FILE".to_owned()],
        }
    }

    /// Whether a side trusts the chain; `None` where it was not seen.
    fn trusts(&self, side: Side) -> Option<bool> {
        let chains = self.case.chains();
        let (_, chain) = chains.into_iter().find(|(_, chain)| chain.side == side)?;
        Some(chain.faults.is_empty())
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

    /// A list of image.config: an entry more where it is known to be there, else by hand.
    pub(super) fn lists(&self, summary: &str) -> Vec<Remedy> {
        const CONFIG: &str = "image.config.openshift.io/cluster";
        let registry = self.registry();
        let decision = self.case.one(|fact| match fact {
            Fact::Policy(policy) => Some(&policy.decision),
            _ => None,
        });
        let added = match decision.map(|(_, decision)| decision) {
            Some(PolicyDecision::NotAllowed { .. }) => Some((
                "/spec/registrySources/allowedRegistries/-",
                serde_json::json!(registry),
            )),
            Some(PolicyDecision::NotAllowedForImport { .. }) => Some((
                "/spec/allowedRegistriesForImport/-",
                serde_json::json!({"domainName": registry}),
            )),
            _ => None,
        };
        let remedy = Remedy::new(Applicability::Review, summary).changes(image_config());
        vec![match added {
            Some((path, value)) => {
                let patch = serde_json::json!([{"op": "add", "path": path, "value": value}]);
                remedy.command([
                    self.client,
                    "patch",
                    CONFIG,
                    "--type=json",
                    "-p",
                    &patch.to_string(),
                ])
            }
            None => remedy.command([self.client, "edit", CONFIG]),
        }]
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
}
