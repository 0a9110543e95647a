//! What the server is and what it serves. Asked once a connection.

use serde_json::Value;

use super::faults::{self, Subject};
use super::path::Path;
use super::transport::Call;
use super::{Cluster, ClusterError, Kind, kinds};

impl Cluster {
    /// The server's version (`v1.33.1`); `None` when it does not parse or is not told. Builds from a working tree call
    /// themselves things like `v0.0.0-master+$Format:%H$`.
    pub async fn version(&self) -> Option<String> {
        let told = self
            .known
            .version
            .get_or_try_init(|| async {
                let answer = self.raw_get("/version", "version").await?;
                let text = answer["gitVersion"]
                    .as_str()
                    .filter(|text| is_version(text));
                Ok::<_, ClusterError>(text.map(str::to_owned))
            })
            .await;
        told.ok().cloned().flatten()
    }

    /// Whether `dryRun` is obeyed. Kubernetes does since 1.13; before (OpenShift 3.11 is 1.11) it is passed over, and what
    /// was meant as a dry run is written. A server whose version is unknown counts as newer.
    pub async fn supports_dry_run(&self) -> bool {
        let version = self.version().await;
        version
            .as_deref()
            .and_then(minor)
            .is_none_or(|version| version >= (1, 13))
    }

    /// Whether the server knows server-side apply. Kubernetes does by default since 1.16; before it refuses the patch's
    /// type. A server whose version is unknown counts as newer.
    pub async fn supports_server_side_apply(&self) -> bool {
        let version = self.version().await;
        version
            .as_deref()
            .and_then(minor)
            .is_none_or(|version| version >= (1, 16))
    }

    /// OpenShift's version from ClusterVersion, where there is one and rights allow: the newest that was rolled out
    /// completely, else the one that is being rolled out.
    pub async fn openshift_version(&self) -> Option<String> {
        self.openshift_release().await.ok().flatten()
    }

    /// The same; an error is why it is not known. `Ok(None)` where there is no ClusterVersion, or it tells no version.
    pub async fn openshift_release(&self) -> Result<Option<String>, ClusterError> {
        if !self.serves(kinds::CLUSTER_VERSION.group).await? {
            return Ok(None);
        }
        let object = self
            .get(&kinds::CLUSTER_VERSION.object(None, "version"))
            .await?;
        Ok(object.as_ref().and_then(release))
    }

    /// Whether the group is served, by discovery. The core group (`""`) always is.
    pub async fn serves(&self, group: &str) -> Result<bool, ClusterError> {
        if group.is_empty() {
            return Ok(true);
        }
        let groups = self
            .known
            .groups
            .get_or_try_init(|| async {
                let list = self.raw_get("/apis", "API groups").await?;
                let names = list["groups"].as_array().into_iter().flatten();
                Ok(names
                    .filter_map(|group| group["name"].as_str().map(str::to_owned))
                    .collect::<Vec<_>>())
            })
            .await?;
        Ok(groups.iter().any(|name| name == group))
    }

    /// Whether this very kind is served in this version: a group may be there without all of its resources.
    pub async fn serves_resource(&self, kind: Kind) -> Result<bool, ClusterError> {
        if !self.serves(kind.group).await? {
            return Ok(false);
        }
        let version = kind.api_version();
        let mut known = self.known.resources.lock().await;
        if !known.contains_key(&version) {
            let prefix = if kind.group.is_empty() {
                "/api/"
            } else {
                "/apis/"
            };
            let resources = match self.raw_get(&format!("{prefix}{version}"), &version).await {
                Ok(list) => list["resources"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|resource| resource["name"].as_str().map(str::to_owned))
                    .collect(),
                Err(ClusterError::GroupMissing(_) | ClusterError::NotFound(_)) => Vec::new(),
                Err(error) => return Err(error),
            };
            known.insert(version.clone(), resources);
        }
        Ok(known
            .get(&version)
            .is_some_and(|resources| resources.iter().any(|name| name == kind.resource)))
    }

    async fn raw_get(&self, path: &str, what: &str) -> Result<Value, ClusterError> {
        let answer = self
            .session
            .call(&Call::get(Path::new(path).finish()))
            .await?;
        let subject = Subject {
            verb: "get",
            resource: what.to_owned(),
            namespace: None,
            name: None,
            printed: what.to_owned(),
        };
        faults::json(&answer, &subject, &self.session.server)
    }
}

/// The version that a ClusterVersion tells.
fn release(object: &Value) -> Option<String> {
    let status = &object["status"];
    let completed = status["history"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|entry| entry["state"] == "Completed")
        .and_then(|entry| entry["version"].as_str());
    let text = completed.or(status["desired"]["version"].as_str())?;
    is_version(text).then(|| text.to_owned())
}

/// Major and minor of a version.
fn minor(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.trim_start_matches('v').split('.');
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

/// A version after semver.org's grammar, with or without `v`, and not `0.0.0`.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let (version, build) = text.split_once('+').unwrap_or((text, "0"));
    let (core, prerelease) = version.split_once('-').unwrap_or((version, "0"));
    let identifiers = |text: &str| {
        text.split('.').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        })
    };
    let numbers: Vec<&str> = core.split('.').collect();
    numbers.len() == 3
        && numbers
            .iter()
            .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
        && numbers
            .iter()
            .any(|number| number.bytes().any(|byte| byte != b'0'))
        && identifiers(prerelease)
        && identifiers(build)
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn what_is_no_version_is_unknown() {
        for good in [
            "v1.33.1",
            "4.19.3",
            "v1.30.4+k3s1",
            "4.20.0-rc.1",
            "v1.29.0-eks-a18cd3a",
        ] {
            assert!(is_version(good), "{good}");
        }
        for bad in [
            "",
            "v0.0.0-master+$Format:%H$",
            "v1.33",
            "1.x.2",
            "v1.2.3-",
            "v0.0.0",
            "v1.2.3+",
        ] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
