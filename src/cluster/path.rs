//! Paths and queries of the API, encoded.

use std::fmt::Write as _;

use super::{Kind, ObjectRef};

/// A path with its query under construction.
pub(super) struct Path {
    text: String,
    has_query: bool,
}

impl Path {
    pub(super) fn new(path: &str) -> Self {
        Self {
            text: path.to_owned(),
            has_query: path.contains('?'),
        }
    }

    /// All objects of a kind, of one namespace or of all.
    pub(super) fn collection(kind: Kind, namespace: Option<&str>) -> Self {
        let mut text = if kind.group.is_empty() {
            format!("/api/{}", kind.version)
        } else {
            format!("/apis/{}/{}", kind.group, kind.version)
        };
        if let Some(namespace) = namespace {
            text.push_str("/namespaces/");
            encode(&mut text, namespace);
        }
        text.push('/');
        text.push_str(kind.resource);
        Self {
            text,
            has_query: false,
        }
    }

    pub(super) fn object(object: &ObjectRef, namespace: Option<&str>) -> Self {
        Self::collection(object.kind, namespace).under(&object.name)
    }

    /// One segment more.
    pub(super) fn under(mut self, segment: &str) -> Self {
        self.text.push('/');
        encode(&mut self.text, segment);
        self
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.text.push(if self.has_query { '&' } else { '?' });
        self.has_query = true;
        self.text.push_str(name);
        self.text.push('=');
        encode(&mut self.text, value);
        self
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
fn encode(into: &mut String, text: &str) {
    encode_but(b"-._~", into, text);
}

/// Percent-encodes everything but letters, digits and what is in `kept`.
pub(super) fn encode_but(kept: &[u8], into: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::kinds;

    #[test]
    fn paths_are_those_of_the_api() {
        let account = kinds::SERVICE_ACCOUNT.object(Some("team"), "default");
        assert_eq!(
            Path::object(&account, Some("team")).finish(),
            "/api/v1/namespaces/team/serviceaccounts/default"
        );
        let pods = Path::collection(kinds::DEPLOYMENT, None)
            .query("labelSelector", "a in (b, c)")
            .query("limit", "500");
        assert_eq!(
            pods.finish(),
            "/apis/apps/v1/deployments?labelSelector=a%20in%20%28b%2C%20c%29&limit=500"
        );
        let odd = kinds::IMAGE_CONFIG.object(None, "a/../b?c");
        assert_eq!(
            Path::object(&odd, None).finish(),
            "/apis/config.openshift.io/v1/images/a%2F..%2Fb%3Fc"
        );
    }
}
