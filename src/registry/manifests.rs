//! Reading manifests: of which kind, with which digest, and what they refer to. Pure.

use oci_distribution::manifest::{
    IMAGE_CONFIG_MEDIA_TYPE, IMAGE_DOCKER_CONFIG_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE as DOCKER_LIST, IMAGE_MANIFEST_MEDIA_TYPE as DOCKER_MANIFEST,
    OCI_IMAGE_INDEX_MEDIA_TYPE as OCI_INDEX, OCI_IMAGE_MEDIA_TYPE as OCI_MANIFEST,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256, Sha512};

use crate::model::observation::{Child, Descriptor, ManifestFact, ManifestKind};
use crate::model::platform::Platform;

/// What oci-client has no names for: it does not speak these.
const OCI_ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
pub(super) const SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
pub(super) const SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// Configurations of images that runtimes start. `octet-stream` is what Docker wrote before 1.10.
const IMAGE_CONFIGS: [&str; 3] = [
    IMAGE_CONFIG_MEDIA_TYPE,
    IMAGE_DOCKER_CONFIG_MEDIA_TYPE,
    "application/octet-stream",
];

/// What was delivered for `selector` (a tag or a digest); `None` for what is no JSON and so no manifest of any kind.
pub(super) fn read(
    selector: &str,
    content_type: Option<&str>,
    header_digest: Option<&str>,
    body: &[u8],
    truncated: bool,
) -> Option<ManifestFact> {
    let asked = selector.contains(':').then_some(selector);
    let digest = digest_like(asked.unwrap_or_default(), body);
    let json = serde_json::from_slice::<Value>(body).ok();
    let media_type = media_type(content_type, json.as_ref());
    let asked_digest = asked.filter(|asked| !truncated && **asked != digest);
    let kind = match &json {
        _ if truncated => unknown("it is larger than the 4 MiB that runtimes take"),
        // Bytes under the wrong digest are a finding of their own.
        None if asked_digest.is_some() => unknown("its body is no JSON"),
        None => return None,
        Some(json) => kind_of(&media_type, json),
    };
    let header_type = simplified(content_type);
    Some(ManifestFact {
        served_as: Some(header_type).filter(|it| !is_manifest_type(it)),
        // Of a cut body no digest can be compared.
        header_digest: header_digest
            .filter(|claimed| !truncated && *claimed != digest_like(claimed, body))
            .map(str::to_owned),
        asked_digest: asked_digest.map(str::to_owned),
        sha256: if digest.starts_with("sha256:") {
            digest.clone()
        } else {
            digest_like("sha256:", body)
        },
        digest,
        media_type,
        kind,
    })
}

/// The digest of `body`, by the algorithm of `like` where that is SHA-512, else SHA-256.
pub(super) fn digest_like(like: &str, body: &[u8]) -> String {
    if like.starts_with("sha512:") {
        format!("sha512:{}", hex(&Sha512::digest(body)))
    } else {
        format!("sha256:{}", hex(&Sha256::digest(body)))
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _written = write!(text, "{byte:02x}");
        text
    })
}

/// `Content-Type`, or what the manifest says of itself where the server says nothing useful.
pub(super) fn media_type(content_type: Option<&str>, json: Option<&Value>) -> String {
    let header = simplified(content_type);
    if is_manifest_type(&header) {
        return header;
    }
    let own = json
        .and_then(|json| json.get("mediaType"))
        .and_then(Value::as_str);
    own.map_or(header, str::to_owned)
}

/// Without parameters, lower case; empty where there is none.
fn simplified(content_type: Option<&str>) -> String {
    content_type
        .and_then(|value| value.split(';').next())
        .map(|value| value.trim().to_ascii_lowercase())
        .unwrap_or_default()
}

fn is_manifest_type(media_type: &str) -> bool {
    [
        OCI_INDEX,
        OCI_MANIFEST,
        OCI_ARTIFACT,
        DOCKER_LIST,
        DOCKER_MANIFEST,
        SCHEMA1,
        SCHEMA1_SIGNED,
    ]
    .contains(&media_type)
}

fn kind_of(media_type: &str, json: &Value) -> ManifestKind {
    match media_type {
        OCI_INDEX | DOCKER_LIST => index(json),
        OCI_MANIFEST | DOCKER_MANIFEST => image(media_type, json),
        OCI_ARTIFACT => ManifestKind::Artifact {
            artifact_type: text(json, "artifactType").unwrap_or_else(|| media_type.to_owned()),
        },
        SCHEMA1 | SCHEMA1_SIGNED => ManifestKind::Schema1,
        // Without a usable type the shape decides, as in containers/image `manifest.GuessMIMEType`.
        _ if json.get("schemaVersion").and_then(Value::as_u64) == Some(1) => ManifestKind::Schema1,
        _ if json.get("manifests").is_some_and(Value::is_array) => index(json),
        _ if json.get("config").is_some() && json.get("layers").is_some() => {
            image(media_type, json)
        }
        _ if media_type.is_empty() => unknown("it has no media type and no known shape"),
        _ => unknown(&format!("its media type is {media_type:?}")),
    }
}

fn image(media_type: &str, json: &Value) -> ManifestKind {
    let Some(config) = json.get("config").and_then(descriptor) else {
        return unknown("it names no configuration");
    };
    let declared = text(json, "artifactType");
    let is_image = IMAGE_CONFIGS.contains(&config.media_type.as_str())
        || (media_type == DOCKER_MANIFEST && config.media_type.is_empty());
    if !is_image {
        return ManifestKind::Artifact {
            artifact_type: declared.unwrap_or(config.media_type),
        };
    }
    let layers: Option<Vec<Descriptor>> =
        json.get("layers").and_then(Value::as_array).map(|layers| {
            let here = layers.iter().filter(|layer| !comes_from_elsewhere(layer));
            here.filter_map(descriptor).collect()
        });
    match layers {
        Some(layers) => ManifestKind::Image { config, layers },
        None => unknown("it names no layers"),
    }
}

/// A layer with addresses of its own (OCI image-spec `descriptor.md` `urls`; Windows base layers): runtimes fetch it from
/// there, and the registry need not have it (containers/image `docker_image_src.go` `getExternalBlob`).
fn comes_from_elsewhere(layer: &Value) -> bool {
    layer
        .get("urls")
        .and_then(Value::as_array)
        .is_some_and(|urls| !urls.is_empty())
}

fn index(json: &Value) -> ManifestKind {
    let entries = json.get("manifests").and_then(Value::as_array);
    let Some(entries) = entries else {
        return unknown("it lists no manifests");
    };
    ManifestKind::Index {
        children: entries
            .iter()
            .filter_map(|entry| {
                Some(Child {
                    descriptor: descriptor(entry)?,
                    platform: entry.get("platform").and_then(platform),
                    for_any: entry.get("platform").is_none_or(Value::is_null),
                })
            })
            .collect(),
    }
}

fn descriptor(json: &Value) -> Option<Descriptor> {
    Some(Descriptor {
        digest: text(json, "digest")?,
        size: json.get("size").and_then(Value::as_u64).unwrap_or(0),
        media_type: text(json, "mediaType").unwrap_or_default(),
    })
}

/// `unknown/unknown` is what BuildKit gives to attestations: no platform that anything runs on.
fn platform(json: &Value) -> Option<Platform> {
    let known = |name| text(json, name).filter(|value| value != "unknown");
    Some(Platform {
        os: known("os")?,
        architecture: known("architecture")?,
        variant: text(json, "variant"),
    })
}

fn text(json: &Value, name: &str) -> Option<String> {
    json.get(name)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

fn unknown(why: &str) -> ManifestKind {
    ManifestKind::Unknown {
        why: why.to_owned(),
    }
}

#[cfg(test)]
mod tests;
