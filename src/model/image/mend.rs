//! What was most likely meant by a text that is no reference.
//!
//! Every mistake that is evident is mended at once; the result is offered only when it parses and differs from the text.

use super::{ImageReference, grammar, paste};

/// The corrected text, if there is one.
pub(super) fn suggestion(text: &str) -> Option<String> {
    if paste::placeholder(paste::without_query(text)).is_some() {
        return None;
    }
    if splits_a_word(text) {
        return None;
    }
    let compact: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control() && !is_invisible(*c))
        .collect();
    let compact = compact.trim_matches(['"', '\'', '`', ',', ';']);
    let (has_scheme, rest) = match paste::split_scheme(compact) {
        Some((_, rest)) => (true, rest),
        None => (false, compact),
    };
    let at = if has_scheme {
        paste::At::Credentials
    } else {
        paste::At::MaybeSelector
    };
    let rest = paste::split_credentials(rest, at).map_or(rest, |(_, rest)| rest);
    let rest = paste::without_query(rest);
    // `/v2/NAME` may be a real repository, unless it was pasted with its scheme.
    let mended = match paste::from_page(rest).filter(|_| has_scheme) {
        Some(page) if page.path.is_empty() => return None,
        Some(page) => {
            let selector = page.selector.unwrap_or_default();
            let sign = match selector.as_str() {
                "" => "",
                selector if paste::looks_like_digest(selector) => "@",
                _ => ":",
            };
            format!("{}/{}{sign}{selector}", page.registry, page.path)
        }
        None => mend(rest),
    };
    (mended != text && ImageReference::check(&mended).is_ok()).then_some(mended)
}

/// White space in the middle of a name: what belongs there (a dash, nothing) cannot be known.
fn splits_a_word(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let ends = |word: &str| word.ends_with(|c: char| c.is_ascii_alphanumeric());
    words.next().is_some_and(|first| {
        let mut before = first;
        words.any(|word| {
            let inside = ends(before) && word.starts_with(|c: char| c.is_ascii_alphanumeric());
            before = word;
            inside
        })
    })
}

/// Byte order marks and zero-width characters, which come along when text is copied from a page.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{200b}'..='\u{200f}' | '\u{2060}')
}

fn mend(rest: &str) -> String {
    let rest = rest
        .replacen(":sha256:", "@sha256:", 1)
        .replacen("@@", "@", 1);
    let (head, selector) = match rest.split_once('@') {
        Some((head, selector)) => (head, Some(selector)),
        None => (rest.as_str(), None),
    };
    let (path, tag) = match head.rfind('/') {
        Some(slash) => match head[slash..].find(':') {
            Some(colon) => (&head[..slash + colon], Some(&head[slash + colon + 1..])),
            None => (head, None),
        },
        None => match head.split_once(':') {
            Some((path, tag)) => (path, Some(tag)),
            None => (head, None),
        },
    };
    let mut mended = mend_name(path);
    let tag = tag.filter(|tag| !tag.is_empty()).map(mend_tag);
    let (tag, digest) = match (tag, selector) {
        (None, Some(selector)) if grammar::is_tag(selector) => (Some(selector.to_owned()), None),
        (tag, selector) => (tag, selector.map(str::to_ascii_lowercase)),
    };
    if let Some(tag) = tag {
        mended.push(':');
        mended.push_str(&tag);
    }
    if let Some(digest) = digest {
        mended.push('@');
        mended.push_str(&digest);
    }
    mended
}

/// Empty components left out, registry and repository in lower case, an IPv6 address in brackets.
fn mend_name(name: &str) -> String {
    let mut parts = name.split('/').filter(|part| !part.is_empty());
    let Some(first) = parts.next() else {
        return String::new();
    };
    let mut mended = if grammar::looks_like_ipv6(first) {
        format!("[{first}]")
    } else if grammar::is_registry(first) {
        first.trim_end_matches([':', '.']).to_ascii_lowercase()
    } else {
        first.to_ascii_lowercase()
    };
    for part in parts {
        mended.push('/');
        mended.push_str(&part.to_ascii_lowercase());
    }
    mended
}

/// Helm's convention for the `+` of a version.
fn mend_tag(tag: &str) -> String {
    tag.trim_end_matches(':').replace('+', "_")
}
