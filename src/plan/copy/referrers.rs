//! What is attached to an image from outside: lists of referrers, and the tags that signing tools make of a digest.

use serde_json::{Value, json};

/// The tag under which a registry without the referrers API keeps the list (OCI distribution specification, "Referrers tag
/// schema"): algorithm and hex, of that no more than 64 characters.
pub fn fallback_tag(digest: &str) -> Option<String> {
    let (algorithm, hex) = digest.split_once(':')?;
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    Some(format!("{}-{}", cut(algorithm, 32), cut(hex, 64)))
}

/// The tags of cosign's signatures, attestations and bills of material (sigstore/cosign `pkg/oci/remote/remote.go`
/// `SignatureTag`, `AttestationTag`, `SBOMTag`).
pub fn signature_tags(digest: &str) -> Vec<String> {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return Vec::new();
    };
    ["sig", "att", "sbom"]
        .map(|kind| format!("{algorithm}-{hex}.{kind}"))
        .to_vec()
}

/// The list of referrers with these descriptors in it; `None` where all of them stood there already. What else the list has
/// stays as it is.
pub fn joined(list: Option<&Value>, descriptors: &[Value]) -> Option<Value> {
    let mut list = list.cloned().unwrap_or_else(|| {
        json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "manifests": [],
        })
    });
    let entries = match list.get_mut("manifests") {
        Some(Value::Array(entries)) => entries,
        _ => {
            list["manifests"] = json!([]);
            list["manifests"].as_array_mut()?
        }
    };
    let before = entries.len();
    for descriptor in descriptors {
        if !entries
            .iter()
            .any(|entry| entry["digest"] == descriptor["digest"])
        {
            entries.push(descriptor.clone());
        }
    }
    (entries.len() > before).then_some(list)
}
