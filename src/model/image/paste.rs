//! What people paste where a registry or an image is wanted: URLs of browsers and of the registry API, transports of
//! other tools, user names and passwords in front of a host.
//!
//! Takes such texts apart and hides what must not be shown; decides nothing about their validity.

/// The transports and schemes that are known to stand in front of a registry.
const SCHEMES: [&str; 5] = ["https", "http", "docker", "oci", "docker-archive"];

/// The scheme, as written, and what follows `://`.
pub(in crate::model) fn split_scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let named = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    named.then_some((scheme, rest))
}

/// Whether the scheme is one that is left out without asking back.
pub(in crate::model) fn is_known_scheme(scheme: &str) -> bool {
    SCHEMES
        .iter()
        .any(|known| scheme.eq_ignore_ascii_case(known))
}

/// How an `@` is read that stands in front of no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::model) enum At {
    /// Always the end of a user name and password: in URLs, and where a registry alone is wanted.
    Credentials,
    /// As above, unless what surrounds it looks like `org/app@1.2`: somebody's tag, written as a digest.
    MaybeSelector,
}

/// The part of `rest` (a text without scheme) in front of an `@` that belongs to a user name and password, and what
/// follows it. An `@` in front of a digest is none.
pub(in crate::model) fn split_credentials(rest: &str, at: At) -> Option<(&str, &str)> {
    let mut end = rest.len();
    loop {
        let position = rest[..end].rfind('@')?;
        let (left, right) = (&rest[..position], &rest[position + 1..]);
        if looks_like_digest(right) || (at == At::MaybeSelector && is_misplaced_tag(left, right)) {
            end = position;
        } else {
            return Some((left, right));
        }
    }
}

fn is_misplaced_tag(left: &str, right: &str) -> bool {
    let name = match left.split_once('/') {
        Some((first, path)) => {
            !path.contains(':')
                && first.split_once(':').is_none_or(|(_, port)| {
                    !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
                })
        }
        None => !left.contains(':'),
    };
    let version = right.trim_start_matches('v');
    let tag = !right.contains(['/', ':'])
        && (!right.contains('.') || version.starts_with(|c: char| c.is_ascii_digit()));
    name && tag
}

pub(in crate::model) fn looks_like_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, _)| {
        ["sha256", "sha384", "sha512", "sha1", "md5"]
            .iter()
            .any(|known| algorithm.eq_ignore_ascii_case(known))
    })
}

/// The text as it may be shown: without user name and password, and without what follows a `?` or `#`.
pub(in crate::model) fn redact(text: &str, at: At) -> String {
    let (scheme, rest) = match split_scheme(text) {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    let prefix = scheme.map_or_else(String::new, |scheme| format!("{scheme}://"));
    let at = if scheme.is_some() {
        At::Credentials
    } else {
        at
    };
    let (hidden, rest) = match split_credentials(rest, at) {
        Some((_, rest)) => ("...@", rest),
        None => ("", rest),
    };
    match rest.find(['?', '#']) {
        Some(cut) => format!("{prefix}{hidden}{}...", &rest[..=cut]),
        None => format!("{prefix}{hidden}{rest}"),
    }
}

/// The text up to a query or fragment.
pub(in crate::model) fn without_query(text: &str) -> &str {
    text.find(['?', '#']).map_or(text, |cut| &text[..cut])
}

/// The variable or placeholder that nobody filled in (`${TAG}`, `$(TAG)`, `$TAG`, `{{ .Values.tag }}`, `<tag>`, `%TAG%`).
pub(in crate::model) fn placeholder(text: &str) -> Option<&str> {
    for (open, close) in [("${", "}"), ("$(", ")"), ("{{", "}}"), ("<", ">")] {
        if let Some(start) = text.find(open) {
            let rest = &text[start..];
            let end = rest.find(close).map_or(rest.len(), |end| end + close.len());
            return Some(&rest[..end]);
        }
    }
    for sign in ['$', '%'] {
        if let Some(start) = text.find(sign) {
            let name = text[start + 1..]
                .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
                .map_or(text.len(), |end| start + 1 + end);
            let end = if sign == '%' && text[name..].starts_with('%') {
                name + 1
            } else {
                name
            };
            return Some(&text[start..end]);
        }
    }
    None
}

/// The registry path that a page in the browser or a call of the API is about, by the host whose page it is; `None`
/// where the address is no such page. `rest` is a text without scheme and query.
///
/// The pages: Quay's `/repository/NAME`, Docker Hub's `/r/NAME` and `/_/NAME`. The API: `/v2/NAME/manifests/TAG` and its
/// siblings of the OCI distribution specification.
pub(in crate::model) fn from_page(rest: &str) -> Option<Page> {
    let (host, path) = rest.split_once('/')?;
    let mut parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    match (host.to_ascii_lowercase().as_str(), parts.first().copied()) {
        ("quay.io", Some("repository")) => {
            parts.remove(0);
            parts.truncate(2);
            Some(Page::of("quay.io", &parts))
        }
        ("hub.docker.com", Some("r")) => {
            parts.remove(0);
            parts.truncate(2);
            Some(Page::of("docker.io", &parts))
        }
        ("hub.docker.com", Some("_")) => {
            parts[0] = "library";
            parts.truncate(2);
            Some(Page::of("docker.io", &parts))
        }
        (_, Some("v1" | "v2")) => {
            // All of them: no key can serve a repository that starts so, because the kubelet takes them off again.
            let name = parts
                .iter()
                .skip_while(|part| matches!(**part, "v1" | "v2"));
            Some(api_path(host, &name.copied().collect::<Vec<_>>()))
        }
        _ => None,
    }
}

/// What a page or a call of the API is about.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::model) struct Page {
    pub registry: String,
    /// Without slashes at its ends; may be empty.
    pub path: String,
    /// A tag or digest that the address names.
    pub selector: Option<String>,
}

impl Page {
    fn of(registry: &str, parts: &[&str]) -> Self {
        Self {
            registry: registry.to_owned(),
            path: parts.join("/"),
            selector: None,
        }
    }
}

fn api_path(host: &str, parts: &[&str]) -> Page {
    match parts {
        ["_catalog"] => Page::of(host, &[]),
        [name @ .., "manifests", selector] if !name.is_empty() => Page {
            selector: Some((*selector).to_owned()),
            ..Page::of(host, name)
        },
        [name @ .., "tags", "list"] | [name @ .., "blobs" | "referrers", _] if !name.is_empty() => {
            Page::of(host, name)
        }
        _ => Page::of(host, parts),
    }
}
