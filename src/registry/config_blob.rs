//! An image's configuration, of which a run needs the platform: an index names platforms itself, a single manifest does not.

use super::Registry;
use super::query::Query;
use super::wire::BOUND;
use crate::model::observation::{BlobView, Descriptor, Purpose};
use crate::model::platform::Platform;

impl Registry {
    /// Reads the configuration, at most 1 MiB of it, and gives the platform that it names; `None` when it could not be read
    /// (the view says why) or names none.
    pub async fn image_platform(
        &self,
        repository: &str,
        config: &Descriptor,
        credential: Option<usize>,
    ) -> (BlobView, Option<Platform>) {
        let view = self.read_config(repository, config, credential).await;
        let platform = body(&view).and_then(platform);
        (view, platform)
    }

    /// The whole configuration as it is, at most 1 MiB of it; `None` when it could not be read.
    pub async fn image_config(
        &self,
        repository: &str,
        config: &Descriptor,
        credential: Option<usize>,
    ) -> Option<serde_json::Value> {
        let view = self.read_config(repository, config, credential).await;
        serde_json::from_slice(body(&view)?).ok()
    }

    async fn read_config(
        &self,
        repository: &str,
        config: &Descriptor,
        credential: Option<usize>,
    ) -> BlobView {
        let url = self
            .url(&format!("/v2/{repository}/blobs/{}", config.digest))
            .await;
        let mut query = Query::get(Purpose::Blob, url);
        query.bound = BOUND;
        let (exchange, redirected) = self.find(repository, credential, &query).await;
        BlobView {
            descriptor: config.clone(),
            exchange,
            redirected,
        }
    }
}

/// What was delivered, by the registry or by the storage that it sent to.
fn body(view: &BlobView) -> Option<&[u8]> {
    view.redirected
        .as_ref()
        .unwrap_or(&view.exchange)
        .answer()
        .filter(|answer| answer.status == 200)
        .map(|answer| answer.body.as_ref())
}

/// `os`, `architecture` and `variant` of an image configuration (OCI image-spec `config.md`).
fn platform(body: &[u8]) -> Option<Platform> {
    let config: serde_json::Value = serde_json::from_slice(body).ok()?;
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
        let read = platform(br#"{"architecture":"arm","os":"linux","variant":"v7","rootfs":{}}"#);
        assert_eq!(
            read.map(|platform| platform.to_string()),
            Some("linux/arm/v7".to_owned())
        );
        assert_eq!(platform(br#"{"architecture":"","os":"linux"}"#), None);
        assert_eq!(platform(b"{}"), None);
        assert_eq!(platform(b"not json"), None);
    }
}
