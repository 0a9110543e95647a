//! The inventory as JSON, version `extreg.dev/v1`: structs of its own, so that the inner types may change freely.
//!
//! Within v1 fields and values are only added. The published schema is `docs/registry-status.schema.json`.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use crate::inventory::{
    AccountLink, By, Entry, Image, Inventory, Problem, Reach, Registry, Secret, SecretRef,
    Severity, Trust, Use,
};
use crate::model::view::Missing;
use crate::plan::yaml::to_yaml;
use crate::ui::sanitize_line;

/// Longest text of one field.
const LONGEST: usize = 2000;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StatusV1 {
    api_version: &'static str,
    kind: &'static str,
    tool: ToolV1,
    taken_at: String,
    namespace: Option<String>,
    summary: SummaryV1,
    registries: Vec<RegistryV1>,
    platform_trust: Option<PlatformTrustV1>,
    problems: Vec<ProblemV1>,
    unread: Vec<UnreadV1>,
}

#[derive(Serialize)]
struct ToolV1 {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct SummaryV1 {
    registries: usize,
    images: usize,
    broken: usize,
    warnings: usize,
    unused: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RegistryV1 {
    name: String,
    internal: bool,
    waiting: usize,
    images: Vec<ImageV1>,
    credentials: Vec<CredentialV1>,
    trust: Option<TrustV1>,
    policy: PolicyV1,
    mirrors: Vec<String>,
    mirror_of: Vec<String>,
}

#[derive(Serialize)]
struct ImageV1 {
    image: String,
    uses: Vec<UseV1>,
}

#[derive(Serialize)]
struct ByV1 {
    kind: String,
    namespace: String,
    name: String,
}

#[derive(Serialize)]
struct UseV1 {
    by: ByV1,
    role: &'static str,
    via: Option<String>,
    account: Option<String>,
    secrets: Vec<String>,
    waiting: usize,
    scheduled: bool,
    insecure: bool,
    failed: Option<FailedV1>,
}

#[derive(Serialize)]
struct FailedV1 {
    reason: String,
    message: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CredentialV1 {
    namespace: Option<String>,
    secret: String,
    r#type: String,
    managed: bool,
    key: String,
    user: Option<String>,
    credential: Option<&'static str>,
    kubelet: ReachV1,
    containers_image: ReachV1,
    accounts: Vec<AccountV1>,
    named_by: Vec<ByV1>,
    expires: Option<String>,
    fault: Option<String>,
}

#[derive(Serialize)]
struct ReachV1 {
    images: usize,
    near: Option<NearV1>,
}

#[derive(Serialize)]
struct NearV1 {
    name: String,
    why: String,
}

#[derive(Serialize)]
struct AccountV1 {
    name: String,
    pull: bool,
    mount: bool,
}

#[derive(Serialize)]
struct TrustV1 {
    source: &'static str,
    key: Option<String>,
    certificates: Option<usize>,
    until: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PlatformTrustV1 {
    config_map: String,
    certificates: usize,
    until: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyV1 {
    insecure: Option<String>,
    blocked: Option<String>,
    allowed: Option<String>,
    not_allowed: bool,
    import_refused: bool,
    signed_by: Vec<String>,
}

#[derive(Serialize)]
struct ProblemV1 {
    id: &'static str,
    severity: &'static str,
    namespace: Option<String>,
    object: String,
    registry: Option<String>,
    summary: String,
    command: Vec<String>,
}

#[derive(Serialize)]
struct UnreadV1 {
    verb: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    why: String,
}

/// The inventory, indented, with a line end.
pub fn json(inventory: &Inventory, at: Timestamp) -> String {
    // Writing plain structs of strings and numbers into memory has no way to fail.
    let mut text = serde_json::to_string_pretty(&document(inventory, at)).unwrap_or_default();
    text.push('\n');
    text
}

/// The same as YAML.
pub fn yaml(inventory: &Inventory, at: Timestamp) -> String {
    to_yaml(&serde_json::to_value(document(inventory, at)).unwrap_or_default())
}

fn document(inventory: &Inventory, at: Timestamp) -> StatusV1 {
    let external = || inventory.registries.iter().filter(|row| !row.internal);
    let count = |severity| {
        let problems = inventory.problems.iter();
        problems
            .filter(|problem| problem.severity == severity)
            .count()
    };
    StatusV1 {
        api_version: "extreg.dev/v1",
        kind: "RegistryStatus",
        tool: ToolV1 {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
        },
        taken_at: time(at),
        namespace: inventory.namespace.clone(),
        summary: SummaryV1 {
            registries: external().count(),
            images: external().map(|row| row.images.len()).sum(),
            broken: count(Severity::Broken),
            warnings: count(Severity::Warning),
            unused: count(Severity::Unused),
        },
        registries: inventory
            .registries
            .iter()
            .map(|row| registry(inventory, row))
            .collect(),
        platform_trust: inventory.platform.as_ref().map(|trust| PlatformTrustV1 {
            config_map: clean(&trust.config_map),
            certificates: trust.certificates,
            until: trust.until.map(time),
        }),
        problems: inventory.problems.iter().map(problem).collect(),
        unread: inventory.unread.iter().map(unread).collect(),
    }
}

fn registry(inventory: &Inventory, registry: &Registry) -> RegistryV1 {
    let policy = &registry.policy;
    RegistryV1 {
        name: clean(&registry.name),
        internal: registry.internal,
        waiting: registry.waiting(),
        images: registry.images.iter().map(image).collect(),
        credentials: registry
            .credentials
            .iter()
            .filter_map(|at| credential(inventory, *at))
            .collect(),
        trust: registry.trust.as_ref().map(trust),
        policy: PolicyV1 {
            insecure: policy.insecure.as_deref().map(clean),
            blocked: policy.blocked.as_deref().map(clean),
            allowed: policy.allowed.as_deref().map(clean),
            not_allowed: policy.not_allowed,
            import_refused: policy.import_refused,
            signed_by: list(&policy.signed_by),
        },
        mirrors: list(&registry.mirrors),
        mirror_of: list(&registry.mirror_of),
    }
}

fn image(image: &Image) -> ImageV1 {
    ImageV1 {
        image: image.reference.to_string(),
        uses: image.uses.iter().map(use_of).collect(),
    }
}

fn use_of(one: &Use) -> UseV1 {
    UseV1 {
        by: by(&one.by),
        role: one.role.word(),
        via: one.via.as_deref().map(clean),
        account: one.account.as_deref().map(clean),
        secrets: one.secrets.iter().map(|name| clean(name)).collect(),
        waiting: one.waiting,
        scheduled: one.scheduled,
        insecure: one.insecure,
        failed: one.failed.as_ref().map(|(reason, message)| FailedV1 {
            reason: clean(reason),
            message: clean(message),
        }),
    }
}

fn by(by: &By) -> ByV1 {
    ByV1 {
        kind: clean(&by.kind),
        namespace: clean(&by.namespace),
        name: clean(&by.name),
    }
}

fn credential(inventory: &Inventory, at: SecretRef) -> Option<CredentialV1> {
    let secret: &Secret = inventory.secrets.get(at.secret)?;
    let entry: &Entry = secret.entries.get(at.entry)?;
    Some(CredentialV1 {
        namespace: secret.namespace.clone(),
        secret: clean(&secret.name),
        r#type: clean(&secret.type_name),
        managed: secret.ours,
        key: clean(&entry.key),
        user: entry.user.as_deref().map(clean),
        credential: entry.credential,
        kubelet: reach(&entry.matched.kubelet),
        containers_image: reach(&entry.matched.containers_image),
        accounts: secret.accounts.iter().map(account).collect(),
        named_by: secret.named_by.iter().map(by).collect(),
        expires: entry.expires.map(time),
        fault: entry.fault.as_deref().map(clean),
    })
}

fn reach(reach: &Reach) -> ReachV1 {
    ReachV1 {
        images: reach.images,
        near: reach.near.as_ref().map(|(name, why)| NearV1 {
            name: clean(name),
            why: why.to_string(),
        }),
    }
}

fn account(account: &AccountLink) -> AccountV1 {
    AccountV1 {
        name: clean(&account.name),
        pull: account.pull,
        mount: account.mount,
    }
}

fn trust(trust: &Trust) -> TrustV1 {
    match trust {
        Trust::Default => TrustV1 {
            source: "default",
            key: None,
            certificates: None,
            until: None,
        },
        Trust::Additional {
            key,
            certificates,
            until,
        } => TrustV1 {
            source: "additionalTrustedCA",
            key: Some(clean(key)),
            certificates: Some(*certificates),
            until: until.map(time),
        },
    }
}

fn problem(problem: &Problem) -> ProblemV1 {
    ProblemV1 {
        id: problem.id,
        severity: problem.severity.word(),
        namespace: problem.namespace.clone(),
        object: clean(&problem.object),
        registry: problem.registry.as_deref().map(clean),
        summary: clean(&problem.summary),
        command: problem.command.iter().map(|word| clean(word)).collect(),
    }
}

fn unread(why: &Missing) -> UnreadV1 {
    let (verb, resource, namespace) = match why {
        Missing::Forbidden {
            verb,
            resource,
            namespace,
        } => (Some(clean(verb)), Some(clean(resource)), namespace.clone()),
        _ => (None, None, None),
    };
    UnreadV1 {
        verb,
        resource,
        namespace,
        why: clean(&why.to_string()),
    }
}

fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn list(texts: &BTreeSet<String>) -> Vec<String> {
    texts.iter().map(|text| clean(text)).collect()
}

fn clean(text: &str) -> String {
    sanitize_line(text, LONGEST)
}
