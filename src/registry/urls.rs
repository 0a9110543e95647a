//! URLs: what is dialled for one, how a redirect is resolved, and how one is shown without secrets.

use std::net::IpAddr;

use reqwest::Url;

use crate::model::observation::Origin;

/// Query parameters that are shown; of all others the value may be a signature or a token.
const SHOWN: [&str; 5] = ["scope", "service", "ns", "n", "last"];

/// The URL of `path` at `base`.
pub(super) fn with_path(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(path);
    url.set_query(None);
    url
}

/// Scheme, host and port of a URL; none for anything but http and https.
pub(super) fn origin_of(url: &Url) -> Option<Origin> {
    let https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let host = match address_of(url) {
        Some(address) => address.to_string(),
        None => url.host_str()?.trim_end_matches('.').to_owned(),
    };
    if host.is_empty() {
        return None;
    }
    Some(Origin {
        https,
        host,
        port: url.port_or_known_default()?,
    })
}

/// The address that stands in the place of the host's name, if one does.
pub(super) fn address_of(url: &Url) -> Option<IpAddr> {
    let host = url.host_str()?;
    let literal = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    literal.unwrap_or(host).parse().ok()
}

/// The URL without user name and password, and without query values that may be secret.
pub(super) fn shown(url: &Url) -> String {
    let mut safe = url.clone();
    // Only URLs without a host refuse, and those have neither.
    let _no_host = safe.set_username("");
    let _no_host = safe.set_password(None);
    safe.set_fragment(None);
    if url.query().is_none() {
        return safe.into();
    }
    safe.set_query(None);
    let query: Vec<String> = url
        .query_pairs()
        .map(|(name, value)| {
            if SHOWN.contains(&name.as_ref()) {
                format!("{name}={value}")
            } else {
                format!("{name}=...")
            }
        })
        .collect();
    format!("{safe}?{}", query.join("&"))
}

/// A URL as text, shown safely; what is no URL is cut at its query.
pub(super) fn shown_text(text: &str) -> String {
    match Url::parse(text) {
        Ok(url) => shown(&url),
        Err(_) => text.split(['?', '#']).next().unwrap_or(text).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_in_urls_are_not_shown() {
        let url = Url::parse(
            "https://user:secret@auth.example/token?account=me&scope=repository:a/b:pull&sig=abc#frag",
        )
        .unwrap();
        assert_eq!(
            shown(&url),
            "https://auth.example/token?account=...&scope=repository:a/b:pull&sig=..."
        );
        assert_eq!(shown_text("not a url?token=abc"), "not a url");
    }

    #[test]
    fn origins_are_compared_by_what_is_dialled() {
        let origin = |text| origin_of(&Url::parse(text).unwrap());
        assert_eq!(origin("https://h/x"), origin("https://H.:443/y?z"));
        assert_ne!(origin("https://h/x"), origin("http://h/x"));
        assert_ne!(origin("https://h/x"), origin("https://h:8443/x"));
        assert_eq!(
            origin("http://[::1]:5000/").map(|found| found.to_string()),
            Some("http://[::1]:5000".to_owned())
        );
        assert_eq!(origin("ftp://h/"), None);
    }
}
