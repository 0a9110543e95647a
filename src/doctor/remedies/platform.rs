//! What is the whole cluster's to change: its trust, its lists of registries, its proxy, its signature policies.

use serde_json::json;

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

    /// An entry more in a list of image.config, or one less; the others stay.
    pub(super) fn lists(&self, summary: &str) -> Vec<Remedy> {
        const CONFIG: &str = "image.config.openshift.io/cluster";
        const BLOCKED: &str = "/spec/registrySources/blockedRegistries";
        let registry = self.registry();
        let decision = self.case.one(|fact| match fact {
            Fact::Policy(policy) => Some(&policy.decision),
            _ => None,
        });
        let mut remedy = Remedy::new(Applicability::Review, summary).changes(image_config());
        // A list that keeps something out by not naming it has entries.
        let operations = match (self.finding.cause, decision) {
            (Cause::RegistryNotAllowed, _) => json!([{
                "op": "add", "path": "/spec/registrySources/allowedRegistries/-", "value": registry,
            }]),
            (Cause::ImportNotAllowed, _) => json!([{
                "op": "add", "path": "/spec/allowedRegistriesForImport/-",
                "value": {"domainName": registry},
            }]),
            (
                _,
                Some((
                    _,
                    PolicyDecision::Blocked {
                        entry,
                        place: Some(place),
                    },
                )),
            ) => {
                let path = format!("{BLOCKED}/{place}");
                json!([{"op": "test", "path": path, "value": entry}, {"op": "remove", "path": path}])
            }
            // Only the nodes' words tell of it: the list was not read.
            _ => {
                remedy.applicability = Applicability::Manual;
                return vec![remedy.command([
                    self.client,
                    "get",
                    CONFIG,
                    "-o",
                    "jsonpath={.spec.registrySources.blockedRegistries}",
                ])];
            }
        };
        vec![remedy.command(self.json_patch(CONFIG, None, &operations))]
    }

    /// The proxy that nodes and API server use.
    pub(super) fn cluster_proxy(&self) -> Vec<Remedy> {
        const PROXY: &str = "proxy.config.openshift.io/cluster";
        const FIELD: &str = "/spec/noProxy";
        let registry = self.registry();
        let host = host_of(registry);
        let remedy = Remedy::new(
            Applicability::Review,
            format!(
                "let the cluster's proxy through to {registry}, or put {host} into noProxy (all nodes)"
            ),
        )
        .changes(Changed {
            api_version: "config.openshift.io/v1",
            kind: "Proxy",
            namespace: None,
            name: "cluster".to_owned(),
        });
        vec![match self.setting.no_proxy.as_deref() {
            Some("") => {
                let patch = json!({"spec": {"noProxy": host}}).to_string();
                remedy.command([self.client, "patch", PROXY, "--type=merge", "-p", &patch])
            }
            Some(old) => {
                let all = format!("{},{host}", old.trim_end_matches(','));
                let operations = json!([
                    {"op": "test", "path": FIELD, "value": old},
                    {"op": "replace", "path": FIELD, "value": all},
                ]);
                remedy.command(self.json_patch(PROXY, None, &operations))
            }
            // What stands there already is not known, and must stay.
            None => Remedy {
                applicability: Applicability::Manual,
                ..remedy
            },
        }]
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

/// The host of `host[:port]`: entries of noProxy are for all ports.
fn host_of(registry: &str) -> &str {
    match registry.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => registry,
    }
}
