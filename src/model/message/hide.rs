//! Takes passwords and tokens out of a pasted text before anything is made of it.
//!
//! Nothing is known of the secrets here, so it goes by where they stand: behind `Bearer` or `Basic`, in front of an `@`, in
//! a query, behind a name that says what they are. Rather too much is hidden than too little.

use std::borrow::Cow;

/// What stands in a secret's place.
const MARK: &str = "[hidden]";

/// Names whose value is a secret, as headers, JSON, YAML, flags and queries spell them (compared in lower case).
const NAMES: [&str; 22] = [
    "password",
    "passwd",
    "pwd",
    "token",
    "access_token",
    "refresh_token",
    "identitytoken",
    "identity_token",
    "registrytoken",
    "secret",
    "client_secret",
    "auth",
    "authorization",
    "apikey",
    "api_key",
    "api-key",
    "x-amz-signature",
    "x-amz-security-token",
    "x-amz-credential",
    "sig",
    "signature",
    ".dockerconfigjson",
];

/// The text without secrets.
pub(super) fn secrets(text: &str) -> Cow<'_, str> {
    let mut out = Cow::Borrowed(text);
    for step in [schemes, userinfo, jwt, named, logins] {
        let changed = match step(&out) {
            Cow::Owned(changed) => Some(changed),
            Cow::Borrowed(_) => None,
        };
        if let Some(changed) = changed {
            out = Cow::Owned(changed);
        }
    }
    out
}

/// The end of a value: what no token, password in a URL or encoded text contains.
fn value_end(text: &str) -> usize {
    text.find(|c: char| c.is_whitespace() || "\"'`,;&<>)]}\\".contains(c))
        .unwrap_or(text.len())
}

/// A value that was hidden before; a bracket ends values.
fn is_mark(value: &str) -> bool {
    MARK.trim_end_matches(']') == value
}

/// Puts the mark in the place of each range, which are in order and apart.
fn replaced(text: &str, ranges: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for &(start, end) in ranges {
        out.push_str(&text[from..start]);
        out.push_str(MARK);
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

/// `Bearer xyz`, `Basic xyz`. A realm behind them (`Bearer realm=...`) is a challenge and no secret.
fn schemes(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let mut ranges = Vec::new();
    for scheme in ["bearer ", "basic "] {
        for (at, _) in lower.match_indices(scheme) {
            let start = at + scheme.len();
            let end = start + value_end(&text[start..]);
            let value = &text[start..end];
            // `Requesting bearer token: ...` is a sentence.
            let word = value.len() < 16
                && value
                    .trim_end_matches([':', ',', '.'])
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-');
            if value.len() >= 4 && !value.starts_with("realm=") && !word && !is_mark(value) {
                ranges.push((start, end));
            }
        }
    }
    finish(text, ranges)
}

/// `user:password@` behind `://`, and in front of a host without a scheme.
fn userinfo(text: &str) -> Cow<'_, str> {
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices('@') {
        let head = &text[..at];
        let start = head
            .rfind(|c: char| c.is_whitespace() || "\"'`/(<[=,".contains(c))
            .map_or(0, |before| {
                before + head[before..].chars().next().map_or(1, char::len_utf8)
            });
        let user = &head[start..];
        let after_scheme = head[..start].ends_with("://");
        // A tag and a digest: `app:1.4.0@sha256:...`.
        let digest = text[at + 1..].starts_with("sha256:") || text[at + 1..].starts_with("sha512:");
        let password = user
            .split_once(':')
            .is_some_and(|(name, rest)| !name.is_empty() && !rest.is_empty());
        if !digest && !user.is_empty() && (after_scheme || password) {
            ranges.push((start, at));
        }
    }
    finish(text, ranges)
}

/// `eyJ...`: three parts of base64, wherever they stand.
fn jwt(text: &str) -> Cow<'_, str> {
    let mut ranges = Vec::new();
    for (at, _) in text.match_indices("eyJ") {
        let end = at
            + text[at..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || "-_.=+/".contains(c)))
                .unwrap_or(text.len() - at);
        if end - at >= 24 && ranges.last().is_none_or(|&(_, last)| last <= at) {
            ranges.push((at, end));
        }
    }
    finish(text, ranges)
}

/// `password=xyz`, `"auth": "xyz"`, `--token xyz`.
fn named(text: &str) -> Cow<'_, str> {
    let lower = text.to_ascii_lowercase();
    let mut ranges = Vec::new();
    for name in NAMES {
        for (at, _) in lower.match_indices(name) {
            let before = lower[..at].chars().next_back();
            if before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '/') {
                continue;
            }
            if let Some((start, end)) = value_behind(text, at + name.len(), name) {
                ranges.push((start, end));
            }
        }
    }
    finish(text, ranges)
}

/// Where the value of a name that ends at `at` stands.
fn value_behind(text: &str, at: usize, name: &str) -> Option<(usize, usize)> {
    let rest = &text[at..];
    let trimmed = rest.trim_start_matches(['"', '\'']);
    let trimmed_start = at + rest.len() - trimmed.len();
    let sign = trimmed.trim_start_matches(' ').chars().next()?;
    let skip = trimmed.find(sign)?;
    let quoted = rest.starts_with(['"', '\'']);
    let exact = match sign {
        '=' => true,
        // `unauthorized: token: x` is a sentence; `"token": "x"` and `password: x` are not.
        ':' => {
            quoted
                || [
                    "password",
                    "passwd",
                    "auth",
                    "identitytoken",
                    ".dockerconfigjson",
                    "authorization",
                ]
                .contains(&name)
        }
        _ => return None,
    };
    if !exact {
        return None;
    }
    let value = &text[trimmed_start + skip + 1..];
    let open = value.trim_start_matches([' ', '"', '\'']);
    let start = trimmed_start + skip + 1 + (value.len() - open.len());
    let end = start + value_end(open);
    let shown = &text[start..end];
    // A word of a sentence behind a colon (`auth: unauthorized`) is none.
    let sentence = sign == ':' && !quoted && shown.bytes().all(|byte| byte.is_ascii_alphabetic());
    // `volume "push-secret": secret "x" not found` is the kubelet's sentence about a volume that has such a name.
    let object = matches!(shown, "secret" | "secrets") && open[shown.len()..].starts_with(" \"");
    (shown.len() >= 3 && shown != MARK && !shown.starts_with('[') && !sentence && !object)
        .then_some((start, end))
}

/// `login -u NAME -p PASSWORD`, `--password PASSWORD`.
fn logins(text: &str) -> Cow<'_, str> {
    let mut ranges = Vec::new();
    for flag in [
        " -p ",
        " --password ",
        " --docker-password ",
        " --token ",
        " --creds ",
    ] {
        for (at, _) in text.match_indices(flag) {
            let login = flag != " -p " || text[..at].contains("login");
            let start = at + flag.len();
            let end = start + value_end(&text[start..]);
            if login && end > start {
                ranges.push((start, end));
            }
        }
    }
    finish(text, ranges)
}

fn finish(text: &str, mut ranges: Vec<(usize, usize)>) -> Cow<'_, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(text);
    }
    ranges.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::with_capacity(ranges.len());
    for (start, end) in ranges {
        match apart.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => apart.push((start, end)),
        }
    }
    Cow::Owned(replaced(text, &apart))
}
