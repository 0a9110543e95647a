//! An image's configuration: its platform, which an index names itself and a single manifest does not, and what it says to those
//! who build on it.

use serde_json::Value;

use super::Registry;
use super::manifests::digest_like;
use super::query::Query;
use super::wire::BOUND;
use crate::model::exposed::Exposed;
use crate::model::observation::{BlobView, ConfigBlob, Descriptor, Mismatch, Purpose};
use crate::model::platform::Platform;

impl Registry {
    /// Reads the configuration, at most 1 MiB of it; `None` when it could not be read (the view says why) or is none.
    pub async fn image_config(
        &self,
        repository: &str,
        config: &Descriptor,
        credential: Option<usize>,
    ) -> (BlobView, Option<ConfigBlob>) {
        let url = self
            .url(&format!("/v2/{repository}/blobs/{}", config.digest))
            .await;
        let mut query = Query::get(Purpose::Blob, url);
        query.bound = BOUND;
        let found = self.find(repository, credential, &query).await;
        let whole = found
            .last()
            .answer()
            .is_some_and(|answer| answer.status == 200 && !answer.truncated);
        // Of the body as it came: what is recorded has the secrets taken out.
        let mismatch = Some(digest_like(&config.digest, &found.body))
            .filter(|delivered| whole && *delivered != config.digest)
            .map(|delivered| Mismatch::Digest { delivered });
        let read = (whole && mismatch.is_none())
            .then(|| read_config(&found.body))
            .flatten();
        let view = BlobView {
            descriptor: config.clone(),
            exchange: found.exchange,
            redirected: found.redirected,
            mismatch,
        };
        (view, read)
    }
}

/// An image configuration (OCI image-spec `config.md`).
fn read_config(body: &[u8]) -> Option<ConfigBlob> {
    let config: Value = serde_json::from_slice(body).ok()?;
    let run = &config["config"];
    let labels = run["Labels"].as_object().into_iter().flatten();
    let is_given = |name: &str| run[name].as_array().is_some_and(|words| !words.is_empty());
    Some(ConfigBlob {
        platform: platform(&config),
        labels: labels
            .filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())))
            .collect(),
        runs: is_given("Entrypoint") || is_given("Cmd"),
        exposed: Exposed::of_config(&config),
    })
}

/// `os`, `architecture` and `variant`.
fn platform(config: &Value) -> Option<Platform> {
    let text = |name: &str| {
        config[name]
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    Some(Platform {
        os: text("os")?,
        architecture: text("architecture")?,
        variant: text("variant"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_names_its_platform_or_none() {
        let platform = |body: &[u8]| read_config(body).and_then(|config| config.platform);
        let read = platform(br#"{"architecture":"arm","os":"linux","variant":"v7","rootfs":{}}"#);
        assert_eq!(
            read.map(|platform| platform.to_string()),
            Some("linux/arm/v7".to_owned())
        );
        assert_eq!(platform(br#"{"architecture":"","os":"linux"}"#), None);
        assert_eq!(platform(b"{}"), None);
        assert_eq!(read_config(b"not json"), None);
    }

    #[test]
    fn labels_and_what_it_runs_are_read() {
        let config =
            br#"{"config":{"Labels":{"a":"b","n":1},"Cmd":["/bin/sh"],"Entrypoint":null}}"#;
        let read = read_config(config).unwrap_or_default();
        assert_eq!(read.labels.get("a").map(String::as_str), Some("b"));
        assert_eq!((read.labels.len(), read.runs), (1, true));
        let bare =
            read_config(br#"{"config":{"Entrypoint":[],"Labels":null}}"#).unwrap_or_default();
        assert!(!bare.runs && bare.labels.is_empty());
    }
}
