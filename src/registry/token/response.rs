//! What a token service's answer holds, and whether those who will read it can. Pure.

use std::time::Duration;

use secrecy::SecretString;
use serde_json::Value;

use super::DEFAULT_LIFE;

/// A token answer; Azure sends only `access_token`, others only `token`.
pub(super) struct TokenResponse {
    pub(super) token: SecretString,
    pub(super) life: Duration,
    /// Why runtimes make nothing of the answer, although a token is in it.
    pub(super) unreadable: Option<&'static str>,
}

impl TokenResponse {
    /// `None` where no token is in it.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        let json: Value = serde_json::from_slice(body).ok()?;
        let token = ["token", "access_token"]
            .iter()
            .find_map(|name| json.get(*name)?.as_str().filter(|token| !token.is_empty()))?;
        let life = json
            .get("expires_in")
            .and_then(Value::as_u64)
            .map_or(DEFAULT_LIFE, Duration::from_secs);
        Some(Self {
            token: SecretString::from(token),
            // Far beyond any run, and safe to add to a clock.
            life: life.min(Duration::from_secs(24 * 3600)),
            unreadable: unreadable(&json, token),
        })
    }
}

/// What Go refuses in the answer: containers/image `docker_client.go` `bearerToken` and containerd
/// `core/remotes/docker/auth/fetch.go` `FetchTokenResponse` read it into `int`, `time.Time` and `string`, and fail on
/// anything else. `null` is as good as nothing to them.
fn unreadable(json: &Value, token: &str) -> Option<&'static str> {
    let given = |name: &str| json.get(name).filter(|value| !value.is_null());
    if given("expires_in").is_some_and(|life| life.as_i64().is_none()) {
        return Some("its `expires_in` is no whole number");
    }
    let is_time = |value: &Value| {
        value
            .as_str()
            .is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
    };
    if given("issued_at").is_some_and(|time| !is_time(time)) {
        return Some("its `issued_at` is no time as in RFC 3339");
    }
    if ["token", "access_token"]
        .iter()
        .any(|name| given(name).is_some_and(|value| !value.is_string()))
    {
        return Some("its token is no text");
    }
    // The rule of HTTP for header values (Go `httpguts.ValidHeaderFieldValue`).
    let in_header = |byte: u8| byte == b'\t' || (byte >= b' ' && byte != 0x7f);
    (!token.bytes().all(in_header)).then_some("its token has characters that no header may have")
}
