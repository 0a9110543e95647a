//! Host and path of a URL without scheme, as Go's `net/url.Parse` takes them apart after `https://` has been put in front.
//!
//! Bytes, because percent-decoding may leave text behind that is not UTF-8.

/// The two parts that the matcher looks at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Location {
    /// With port; without user name and password.
    pub host: Vec<u8>,
    /// Decoded; empty or with a leading slash.
    pub path: Vec<u8>,
}

/// `None` where Go's parser gives an error.
pub(super) fn parse(text: &[u8]) -> Option<Location> {
    let (text, fragment) = cut(text, b'#');
    if text.iter().any(u8::is_ascii_control) {
        return None;
    }
    decode(fragment, Part::Path)?;
    let (text, _query) = cut(text, b'?');
    let slash = text.iter().position(|&byte| byte == b'/');
    let (authority, path) = text.split_at(slash.unwrap_or(text.len()));
    let host = match authority.iter().rposition(|&byte| byte == b'@') {
        Some(at) => {
            check_user(&authority[..at])?;
            &authority[at + 1..]
        }
        None => authority,
    };
    Some(Location {
        host: parse_host(host)?,
        path: decode(path, Part::Path)?,
    })
}

/// Up to the separator, and what follows it.
fn cut(text: &[u8], separator: u8) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == separator) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, &[]),
    }
}

/// `validUserinfo`, and the escapes in it.
fn check_user(user: &[u8]) -> Option<()> {
    let valid = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._:~!$&'()*+,;=%@".contains(byte);
    user.iter().all(valid).then_some(())?;
    decode(user, Part::Path).map(drop)
}

/// `parseHost`: an optional port of digits behind the last colon; brackets around an IPv6 address, whose zone has rules
/// of its own.
fn parse_host(host: &[u8]) -> Option<Vec<u8>> {
    if host.first() == Some(&b'[') {
        let end = host.iter().rposition(|&byte| byte == b']')?;
        check_port(&host[end + 1..])?;
        let zone = host[..end].windows(3).position(|three| three == b"%25");
        if let Some(zone) = zone {
            let mut decoded = decode(&host[..zone], Part::Host)?;
            decoded.extend(decode(&host[zone..end], Part::Zone)?);
            decoded.extend(decode(&host[end..], Part::Host)?);
            return Some(decoded);
        }
    } else if let Some(colon) = host.iter().rposition(|&byte| byte == b':') {
        check_port(&host[colon..])?;
    }
    decode(host, Part::Host)
}

/// `validOptionalPort`: nothing, or a colon and any number of digits.
fn check_port(port: &[u8]) -> Option<()> {
    match port {
        [] => Some(()),
        [b':', digits @ ..] => digits.iter().all(u8::is_ascii_digit).then_some(()),
        _ => None,
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Host,
    Zone,
    /// Also fragments and user names: any escape is well there.
    Path,
}

/// `unescape`: percent-decoding, and in hosts the refusal of characters that cannot stand there.
fn decode(text: &[u8], part: Part) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [] => return Some(decoded),
            [b'%', tail @ ..] => {
                let [high, low, after @ ..] = tail else {
                    return None;
                };
                let byte = hex(*high)? << 4 | hex(*low)?;
                let allowed = match part {
                    Part::Path => true,
                    // Escapes in a host are for bytes beyond ASCII, and for the sign of a zone.
                    Part::Host => byte >= 0x80 || byte == b'%',
                    Part::Zone => byte == b'%' || byte == b' ' || stands_in_host(byte),
                };
                if !allowed {
                    return None;
                }
                decoded.push(byte);
                rest = after;
            }
            [byte, after @ ..] => {
                if part != Part::Path && byte.is_ascii() && !stands_in_host(*byte) {
                    return None;
                }
                decoded.push(*byte);
                rest = after;
            }
        }
    }
}

/// The opposite of Go's `shouldEscape` for hosts.
fn stands_in_host(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.~!$&'()*+,;=:[]<>\"".contains(&byte)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// `SplitURL`: host and port by `net.SplitHostPort`; the whole and an empty port where that gives an error.
pub(super) fn split_host_port(host: &[u8]) -> (&[u8], &[u8]) {
    split(host).unwrap_or((host, &[]))
}

fn split(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = text.iter().rposition(|&byte| byte == b':')?;
    let (host, from, to) = if text[0] == b'[' {
        let end = text.iter().position(|&byte| byte == b']')?;
        if end + 1 != colon {
            return None;
        }
        (&text[1..end], 1, end + 1)
    } else {
        (&text[..colon], 0, 0)
    };
    let stray = (text[0] != b'[' && host.contains(&b':'))
        || text[from..].contains(&b'[')
        || text[to..].contains(&b']');
    (!stray).then_some((host, &text[colon + 1..]))
}
