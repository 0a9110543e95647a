//! The terminals of the reference grammar: host, port, path component, tag, digest.
//!
//! The rules are those of CNCF distribution's `reference/regexp.go` and of go-digest's `Algorithm.Validate`, written as
//! single passes over the bytes. Nothing in here knows what to do about a text that breaks a rule.

/// The longest repository that distribution takes (`RepositoryNameTotalLengthMax`), in bytes.
pub(in crate::model) const REPOSITORY_MAX: usize = 255;

/// The longest tag, in bytes.
const TAG_MAX: usize = 128;

/// `pathComponent`: lower-case letters and digits, joined by one `.`, one or two `_`, or any number of `-`.
pub(in crate::model) fn is_component(text: &str) -> bool {
    let mut separator = String::new();
    let mut seen = false;
    for c in text.chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            if !separator.is_empty() && (!seen || !is_separator(&separator)) {
                return false;
            }
            separator.clear();
            seen = true;
        } else {
            separator.push(c);
        }
    }
    seen && separator.is_empty()
}

fn is_separator(text: &str) -> bool {
    matches!(text, "." | "_" | "__") || text.bytes().all(|byte| byte == b'-')
}

/// `tag`: a word character, then up to 127 word characters, dots and dashes.
pub(in crate::model) fn is_tag(text: &str) -> bool {
    let word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    text.len() <= TAG_MAX
        && text.bytes().next().is_some_and(word)
        && text
            .bytes()
            .all(|byte| word(byte) || byte == b'.' || byte == b'-')
}

/// A digest of an algorithm that clients know, with lower-case hexadecimal digits of the right number.
pub(in crate::model) fn is_digest(text: &str) -> bool {
    let Some((algorithm, encoded)) = text.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => 64,
        "sha384" => 96,
        "sha512" => 128,
        _ => return false,
    };
    encoded.len() == length
        && encoded
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// `host`: a domain name, an IPv4 address, or an IPv6 address in brackets.
pub(in crate::model) fn is_host(text: &str) -> bool {
    if let Some(inner) = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
    {
        return looks_like_ipv6(inner);
    }
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    })
}

/// Hexadecimal digits and at least two colons: what an IPv6 address without zone looks like.
pub(in crate::model) fn looks_like_ipv6(text: &str) -> bool {
    text.bytes().filter(|&byte| byte == b':').count() >= 2
        && text
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b':')
}

/// A port that can be dialled: digits (leading zeros are let through, as distribution does), 1 to 65535.
pub(in crate::model) fn port(text: &str) -> Option<u16> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|&port| port != 0)
}

/// `host` and the text behind the port's colon, if there is one. Brackets stay with the host.
pub(in crate::model) fn split_port(text: &str) -> (&str, Option<&str>) {
    let after_bracket = text.rfind(']').map_or(0, |end| end + 1);
    match text.get(after_bracket..).and_then(|tail| tail.rfind(':')) {
        Some(colon) => {
            let colon = after_bracket + colon;
            (&text[..colon], Some(&text[colon + 1..]))
        }
        None => (text, None),
    }
}

/// Whether the first component of a name is a registry and no namespace of Docker Hub
/// (`splitDockerDomain` of distribution's `reference/normalize.go`).
pub(in crate::model) fn is_registry(first: &str) -> bool {
    first == "localhost" || first.contains(['.', ':']) || first.starts_with('[')
}

/// The names that all mean Docker Hub's registry when they stand in front of an image.
pub(in crate::model) fn is_docker_hub(registry: &str) -> bool {
    matches!(
        registry,
        "docker.io" | "index.docker.io" | "registry-1.docker.io"
    )
}
