//! `pkg/credentialprovider/keyring.go` of Kubernetes, with what it needs of Go's `net/url`, `net` and `path/filepath`.

use std::collections::{BTreeMap, BTreeSet};

type Bytes = Vec<u8>;

/// `BasicDockerKeyring`; a credential is known by the number of its config and of its entry.
#[derive(Default)]
pub(crate) struct BasicDockerKeyring {
    index: Vec<Bytes>,
    creds: BTreeMap<Bytes, Vec<(usize, usize)>>,
}

impl BasicDockerKeyring {
    pub(crate) fn add(&mut self, config: usize, cfg: &[String]) {
        for (entry, loc) in cfg.iter().enumerate() {
            let mut value = loc.as_bytes().to_vec();
            if !value.starts_with(b"https://") && !value.starts_with(b"http://") {
                value = concat(&[b"https://", &value]);
            }
            let Some(parsed) = url_parse(&value) else {
                continue;
            };
            let mut effective_path = parsed.path.clone();
            if effective_path.starts_with(b"/v2/") || effective_path.starts_with(b"/v1/") {
                effective_path = effective_path[3..].to_vec();
            }
            let key = if !effective_path.is_empty() && effective_path != b"/" {
                concat(&[&parsed.host, &effective_path])
            } else {
                parsed.host.clone()
            };
            self.creds
                .entry(key.clone())
                .or_default()
                .push((config, entry));
            self.index.push(key);
        }
        let eliminate_dupes: BTreeSet<Bytes> = self.index.iter().cloned().collect();
        self.index = eliminate_dupes.into_iter().collect();
        self.index.reverse();
    }

    pub(crate) fn lookup(&self, image: &str) -> Vec<(usize, usize)> {
        let mut ret = Vec::new();
        for k in &self.index {
            if urls_match_str(k, image.as_bytes()) {
                ret.extend_from_slice(&self.creds[k]);
            }
        }
        if !ret.is_empty() {
            return ret;
        }
        if is_default_registry_match(image)
            && let Some(auth) = self.creds.get(&b"index.docker.io"[..])
        {
            return auth.clone();
        }
        Vec::new()
    }
}

fn is_default_registry_match(image: &str) -> bool {
    let parts: Vec<&str> = image.splitn(2, '/').collect();
    if parts[0].is_empty() {
        return false;
    }
    if parts.len() == 1 {
        return true;
    }
    if parts[0] == "docker.io" || parts[0] == "index.docker.io" {
        return true;
    }
    !parts[0].contains(['.', ':'])
}

/// An error is no match: `Lookup` drops it.
fn urls_match_str(glob: &[u8], target: &[u8]) -> bool {
    let Some(glob_url) = url_parse(&concat(&[b"https://", glob])) else {
        return false;
    };
    let Some(target_url) = url_parse(&concat(&[b"https://", target])) else {
        return false;
    };
    let (glob_url_parts, glob_port) = split_url(&glob_url);
    let (target_url_parts, target_port) = split_url(&target_url);
    if glob_port != target_port {
        return false;
    }
    if glob_url_parts.len() != target_url_parts.len() {
        return false;
    }
    if !target_url.path.starts_with(&glob_url.path) {
        return false;
    }
    for k in 0..glob_url_parts.len() {
        if !matches!(
            filepath_match(&glob_url_parts[k], &target_url_parts[k]),
            Some(true)
        ) {
            return false;
        }
    }
    true
}

fn split_url(url: &Url) -> (Vec<Bytes>, Bytes) {
    let (host, port) =
        net_split_host_port(&url.host).unwrap_or_else(|| (url.host.clone(), Vec::new()));
    let parts = host.split(|&b| b == b'.').map(<[u8]>::to_vec).collect();
    (parts, port)
}

fn concat(parts: &[&[u8]]) -> Bytes {
    parts.concat()
}

// net/url

struct Url {
    host: Bytes,
    path: Bytes,
}

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Path,
    Host,
    Zone,
    UserPassword,
    Fragment,
}

/// `Parse`, for texts that start with `http://` or `https://`.
fn url_parse(raw_url: &[u8]) -> Option<Url> {
    let (u, frag) = match index_byte(raw_url, b'#') {
        Some(i) => (&raw_url[..i], &raw_url[i + 1..]),
        None => (raw_url, &raw_url[raw_url.len()..]),
    };
    if u.iter().any(|&b| b < b' ' || b == 0x7f) {
        return None;
    }
    // getScheme has taken `http:` or `https:` off.
    let mut rest = &u[index_byte(u, b':')? + 1..];
    if let Some(i) = index_byte(rest, b'?') {
        rest = &rest[..i];
    }
    let authority_and_path = rest.strip_prefix(b"//")?;
    let (authority, path) = match index_byte(authority_and_path, b'/') {
        Some(i) => authority_and_path.split_at(i),
        None => (authority_and_path, &b""[..]),
    };
    let host = parse_authority(authority)?;
    let path = unescape(path, Mode::Path)?;
    if !frag.is_empty() {
        unescape(frag, Mode::Fragment)?;
    }
    Some(Url { host, path })
}

fn parse_authority(authority: &[u8]) -> Option<Bytes> {
    let Some(i) = last_index_byte(authority, b'@') else {
        return parse_host(authority);
    };
    let host = parse_host(&authority[i + 1..])?;
    let userinfo = &authority[..i];
    if !valid_userinfo(userinfo) {
        return None;
    }
    if let Some(colon) = index_byte(userinfo, b':') {
        unescape(&userinfo[..colon], Mode::UserPassword)?;
        unescape(&userinfo[colon + 1..], Mode::UserPassword)?;
    } else {
        unescape(userinfo, Mode::UserPassword)?;
    }
    Some(host)
}

fn valid_userinfo(s: &[u8]) -> bool {
    for &r in s {
        if r.is_ascii_uppercase() || r.is_ascii_lowercase() || r.is_ascii_digit() {
            continue;
        }
        match r {
            b'-' | b'.' | b'_' | b':' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*'
            | b'+' | b',' | b';' | b'=' | b'%' | b'@' => {}
            _ => return false,
        }
    }
    true
}

fn parse_host(host: &[u8]) -> Option<Bytes> {
    if host.starts_with(b"[") {
        let i = last_index_byte(host, b']')?;
        let colon_port = &host[i + 1..];
        if !valid_optional_port(colon_port) {
            return None;
        }
        if let Some(zone) = host[..i].windows(3).position(|w| w == b"%25") {
            let host1 = unescape(&host[..zone], Mode::Host)?;
            let host2 = unescape(&host[zone..i], Mode::Zone)?;
            let host3 = unescape(&host[i..], Mode::Host)?;
            return Some(concat(&[&host1, &host2, &host3]));
        }
    } else if let Some(i) = last_index_byte(host, b':')
        && !valid_optional_port(&host[i..])
    {
        return None;
    }
    unescape(host, Mode::Host)
}

fn valid_optional_port(port: &[u8]) -> bool {
    if port.is_empty() {
        return true;
    }
    if port[0] != b':' {
        return false;
    }
    port[1..].iter().all(u8::is_ascii_digit)
}

fn unescape(s: &[u8], mode: Mode) -> Option<Bytes> {
    let mut out = Vec::new();
    let mut i = 0;
    while i < s.len() {
        if s[i] == b'%' {
            if i + 2 >= s.len() || !s[i + 1].is_ascii_hexdigit() || !s[i + 2].is_ascii_hexdigit() {
                return None;
            }
            if mode == Mode::Host && unhex(s[i + 1]) < 8 && &s[i..i + 3] != b"%25" {
                return None;
            }
            let v = unhex(s[i + 1]) << 4 | unhex(s[i + 2]);
            if mode == Mode::Zone && &s[i..i + 3] != b"%25" && v != b' ' && should_escape_in_host(v)
            {
                return None;
            }
            out.push(v);
            i += 3;
        } else {
            if (mode == Mode::Host || mode == Mode::Zone)
                && s[i] < 0x80
                && should_escape_in_host(s[i])
            {
                return None;
            }
            out.push(s[i]);
            i += 1;
        }
    }
    Some(out)
}

fn unhex(c: u8) -> u8 {
    match c {
        b'0'..=b'9' => c - b'0',
        b'a'..=b'f' => c - b'a' + 10,
        _ => c - b'A' + 10,
    }
}

fn should_escape_in_host(c: u8) -> bool {
    if c.is_ascii_alphanumeric() {
        return false;
    }
    !matches!(
        c,
        b'!' | b'$'
            | b'&'
            | b'\''
            | b'('
            | b')'
            | b'*'
            | b'+'
            | b','
            | b';'
            | b'='
            | b':'
            | b'['
            | b']'
            | b'<'
            | b'>'
            | b'"'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
    )
}

// net

fn net_split_host_port(hostport: &[u8]) -> Option<(Bytes, Bytes)> {
    let (mut j, mut k) = (0, 0);
    let i = last_index_byte(hostport, b':')?;
    let host;
    if hostport[0] == b'[' {
        let end = index_byte(hostport, b']')?;
        if end + 1 == hostport.len() {
            return None;
        }
        if end + 1 != i {
            return None;
        }
        host = &hostport[1..end];
        j = 1;
        k = end + 1;
    } else {
        host = &hostport[..i];
        if index_byte(host, b':').is_some() {
            return None;
        }
    }
    if index_byte(&hostport[j..], b'[').is_some() {
        return None;
    }
    if index_byte(&hostport[k..], b']').is_some() {
        return None;
    }
    Some((host.to_vec(), hostport[i + 1..].to_vec()))
}

fn index_byte(s: &[u8], c: u8) -> Option<usize> {
    s.iter().position(|&b| b == c)
}

fn last_index_byte(s: &[u8], c: u8) -> Option<usize> {
    s.iter().rposition(|&b| b == c)
}

// path/filepath

/// `Match` on Unix; `None` is `ErrBadPattern`.
fn filepath_match(pattern: &[u8], name: &[u8]) -> Option<bool> {
    let mut pattern = pattern;
    let mut name = name;
    'pattern: while !pattern.is_empty() {
        let (star, chunk, rest) = scan_chunk(pattern);
        pattern = rest;
        if star && chunk.is_empty() {
            return Some(!name.contains(&b'/'));
        }
        if let Some(t) = match_chunk(chunk, name)?
            && (t.is_empty() || !pattern.is_empty())
        {
            name = t;
            continue;
        }
        if star {
            let mut i = 0;
            while i < name.len() && name[i] != b'/' {
                if let Some(t) = match_chunk(chunk, &name[i + 1..])? {
                    if pattern.is_empty() && !t.is_empty() {
                        i += 1;
                        continue;
                    }
                    name = t;
                    continue 'pattern;
                }
                i += 1;
            }
        }
        return Some(false);
    }
    Some(name.is_empty())
}

fn scan_chunk(pattern: &[u8]) -> (bool, &[u8], &[u8]) {
    let mut pattern = pattern;
    let mut star = false;
    while pattern.first() == Some(&b'*') {
        pattern = &pattern[1..];
        star = true;
    }
    let mut inrange = false;
    let mut i = 0;
    while i < pattern.len() {
        match pattern[i] {
            b'\\' if i + 1 < pattern.len() => i += 1,
            b'[' => inrange = true,
            b']' => inrange = false,
            b'*' if !inrange => break,
            _ => {}
        }
        i += 1;
    }
    (star, &pattern[..i], &pattern[i..])
}

/// The outer `None` is an error, the inner one no match.
#[expect(clippy::option_option, reason = "Go's (rest, ok, err)")]
fn match_chunk<'a>(chunk: &[u8], s: &'a [u8]) -> Option<Option<&'a [u8]>> {
    let mut chunk = chunk;
    let mut s = s;
    // Go goes on after a mismatch, to find a malformed pattern; either is no match to the keyring.
    while !chunk.is_empty() {
        if s.is_empty() {
            return Some(None);
        }
        match chunk[0] {
            b'[' => {
                let (r, n) = decode_rune(s);
                s = &s[n..];
                chunk = &chunk[1..];
                let mut negated = false;
                if chunk.first() == Some(&b'^') {
                    negated = true;
                    chunk = &chunk[1..];
                }
                let mut matched = false;
                let mut nrange = 0;
                loop {
                    if chunk.first() == Some(&b']') && nrange > 0 {
                        chunk = &chunk[1..];
                        break;
                    }
                    let (lo, rest) = get_esc(chunk)?;
                    chunk = rest;
                    let mut hi = lo;
                    if chunk[0] == b'-' {
                        let (end, rest) = get_esc(&chunk[1..])?;
                        hi = end;
                        chunk = rest;
                    }
                    if lo <= r && r <= hi {
                        matched = true;
                    }
                    nrange += 1;
                }
                if matched == negated {
                    return Some(None);
                }
            }
            b'?' => {
                if s[0] == b'/' {
                    return Some(None);
                }
                let (_, n) = decode_rune(s);
                s = &s[n..];
                chunk = &chunk[1..];
            }
            c => {
                let c = if c == b'\\' {
                    chunk = &chunk[1..];
                    *chunk.first()?
                } else {
                    c
                };
                if c != s[0] {
                    return Some(None);
                }
                s = &s[1..];
                chunk = &chunk[1..];
            }
        }
    }
    Some(Some(s))
}

fn get_esc(chunk: &[u8]) -> Option<(char, &[u8])> {
    let mut chunk = chunk;
    if chunk.is_empty() || chunk[0] == b'-' || chunk[0] == b']' {
        return None;
    }
    if chunk[0] == b'\\' {
        chunk = &chunk[1..];
        if chunk.is_empty() {
            return None;
        }
    }
    let (r, n) = decode_rune(chunk);
    if r == char::REPLACEMENT_CHARACTER && n == 1 {
        return None;
    }
    let chunk = &chunk[n..];
    if chunk.is_empty() {
        return None;
    }
    Some((r, chunk))
}

fn decode_rune(s: &[u8]) -> (char, usize) {
    for n in 1..=s.len().min(4) {
        if let Ok(text) = std::str::from_utf8(&s[..n])
            && let Some(c) = text.chars().next()
        {
            return (c, n);
        }
    }
    (char::REPLACEMENT_CHARACTER, 1)
}
