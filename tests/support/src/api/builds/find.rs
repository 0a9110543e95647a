//! What the build controller finds for a build before it runs: the list of secrets that it reads, the secret, the image that is
//! pushed, the images that are pulled.

use serde_json::Value;

use super::run::State;
use crate::api::kinds::Flavor;
use crate::api::live::Reader;
use crate::pull::has_login;

/// Which list of the account the controller reads (`FetchServiceAccountSecrets`): it changed with 4.15.
pub(super) fn list_of(flavor: &Flavor) -> &'static str {
    let minor = |version: &str| -> Option<u32> { version.split('.').nth(1)?.parse().ok() };
    match flavor {
        Flavor::OpenShift4 { version }
            if version.starts_with("4.") && minor(version).is_some_and(|minor| minor < 15) =>
        {
            "secrets"
        }
        Flavor::OpenShift4 { .. } => "imagePullSecrets",
        _ => "secrets",
    }
}

/// `resolveImageSecretAsReference`: the first that has a login for the image, else the first docker secret at all.
pub(super) fn chosen(secrets: &[Value], image: &str) -> Option<String> {
    let is_docker = |secret: &&Value| {
        matches!(
            secret["type"].as_str(),
            Some("kubernetes.io/dockercfg" | "kubernetes.io/dockerconfigjson")
        )
    };
    let fits = secrets.iter().find(|secret| has_login(secret, image));
    let secret = fits.or_else(|| secrets.iter().find(is_docker))?;
    Some(secret["metadata"]["name"].as_str()?.to_owned())
}

/// `resolveOutputDockerImageReference`.
pub(super) fn output(
    reader: &Reader<'_>,
    namespace: &str,
    to: &Value,
) -> Result<Option<String>, State> {
    let Some(name) = to["name"].as_str().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    if to["kind"] != "ImageStreamTag" {
        return Ok(Some(name.to_owned()));
    }
    let of = to["namespace"].as_str().unwrap_or(namespace);
    let (stream, tag) = name.split_once(':').unwrap_or((name, "latest"));
    let repository = reader.get("imagestreams", of, stream).and_then(|stream| {
        Some(
            stream["status"]["dockerImageRepository"]
                .as_str()?
                .to_owned(),
        )
    });
    match repository {
        Some(repository) => Ok(Some(format!("{repository}:{tag}"))),
        None => Err((
            "New",
            "InvalidOutputReference",
            "Output image could not be resolved.",
        )),
    }
}

/// The images that the builder pulls: the strategy's, which takes the place of the last `FROM` of a Dockerfile.
pub(super) fn bases(strategy: &Value, source: &Value) -> Vec<String> {
    let dockerfile = source["dockerfile"].as_str().unwrap_or_default();
    let mut found: Vec<String> = dockerfile
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let from = words.next()?.eq_ignore_ascii_case("from");
            words.next().filter(|image| from && *image != "scratch")
        })
        .map(str::to_owned)
        .collect();
    if let Some(image) = strategy["from"]["name"].as_str() {
        found.pop();
        found.push(image.to_owned());
    }
    found
}
