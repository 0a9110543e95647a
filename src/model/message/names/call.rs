//! The call that failed: its URL, the host that was asked, the status and the code that came back.

/// The URL that failed, without query: the last one in the line that belongs to the API of a registry or to a token
/// service, otherwise the last behind the name of an HTTP method. Addresses of manuals are no such URL.
pub(in crate::model::message) fn url(line: &str) -> Option<String> {
    let mut best: Option<(bool, &str)> = None;
    for (at, _) in line.match_indices("http") {
        let rest = &line[at..];
        if !(rest.starts_with("http://") || rest.starts_with("https://")) {
            continue;
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || "\"'`<>,)]}\\".contains(c))
            .unwrap_or(rest.len());
        let bare = rest[..end]
            .split(['?', '#'])
            .next()
            .unwrap_or_default()
            .trim_end_matches([':', '.', ';']);
        let (_, tail) = bare.split_once("://").unwrap_or_default();
        let path = tail.split_once('/').map_or("", |(_, path)| path);
        let api = ["v1", "v2"].contains(&path.split('/').next().unwrap_or_default())
            || ["token", "auth"].iter().any(|word| path.ends_with(word));
        let head = line[..at].trim_end_matches(['"', '\'', '(', '\\', '[', ' ']);
        let method = [
            "Get",
            "Head",
            "Post",
            "Put",
            "Patch",
            "GET",
            "HEAD",
            "POST",
            "PUT",
            "PATCH",
            "request to",
            "for url",
            "url",
            "Get:",
            "to",
            "=",
        ]
        .iter()
        .any(|method| head.ends_with(method));
        if !tail.is_empty() && (api || method) && best.is_none_or(|(kept_api, _)| api || !kept_api)
        {
            best = Some((api, bare));
        }
    }
    best.map(|(_, url)| match url.split_once('@') {
        // A digest in a path; user names and passwords were taken out before.
        Some((head, _)) if !head.contains("/v2/") => head.to_owned(),
        _ => url.to_owned(),
    })
}

/// `host[:port]` that was asked.
pub(in crate::model::message) fn asked_host(line: &str, url: Option<&str>) -> Option<String> {
    if let Some(host) = url
        .and_then(|url| url.split_once("://"))
        .map(|(_, rest)| rest)
    {
        return host
            .split('/')
            .next()
            .filter(|host| !host.is_empty())
            .map(str::to_owned);
    }
    for before in [
        "docker://",
        "pinging container registry ",
        "pinging docker registry ",
        "dial tcp: lookup ",
        "lookup ",
        "resolve host: ",
        "resolving host ",
        "connect to registry ",
        "registry ",
    ] {
        if let Some((_, rest)) = line.split_once(before) {
            let word = rest.split_whitespace().next().unwrap_or_default();
            let word = word.split('/').next().unwrap_or_default();
            let host = word.trim_matches(|c: char| !(c.is_alphanumeric() || "[]-.".contains(c)));
            if host.contains('.') || (host.contains(':') && !host.contains('/')) {
                return Some(host.split('/').next().unwrap_or(host).to_owned());
            }
        }
    }
    None
}

/// The HTTP status that the words name.
pub(in crate::model::message) fn status(lower: &str) -> Option<u16> {
    const BEFORE: [&str; 15] = [
        "status code ",
        "status code: ",
        "statuscode: ",
        "http status: ",
        "unexpected status: ",
        "status: ",
        "status ",
        "parsing http ",
        "http code ",
        "http code: ",
        "status=",
        "status code = ",
        "http ",
        "http/1.1 ",
        "]: ",
    ];
    let number = |rest: &str| -> Option<u16> {
        let digits = rest.trim_start_matches(['"', '(']);
        let end = digits
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(digits.len());
        digits[..end]
            .parse()
            .ok()
            .filter(|status| end == 3 && (400..600).contains(status))
    };
    BEFORE
        .iter()
        .find_map(|before| {
            lower
                .match_indices(before)
                .find_map(|(at, _)| number(&lower[at + before.len()..]))
        })
        .or_else(|| {
            const NAMED: [(&str, u16); 13] = [
                ("400 bad request", 400),
                ("401 unauthorized", 401),
                ("403 forbidden", 403),
                ("404 not found", 404),
                ("404 page not found", 404),
                ("408 request", 408),
                ("429 too many", 429),
                ("500 internal", 500),
                ("502 bad gateway", 502),
                ("503 service", 503),
                ("504 gateway", 504),
                ("407 proxy", 407),
                ("405 method", 405),
            ];
            NAMED
                .iter()
                .find(|(words, _)| lower.contains(words))
                .map(|(_, status)| *status)
        })
}

/// The registry's error code: as written, or as clients print it (CNCF distribution `errcode.Error`: lower case, spaces).
pub(in crate::model::message) fn code(lower: &str) -> Option<&'static str> {
    const CODES: [(&str, &str); 11] = [
        ("MANIFEST_BLOB_UNKNOWN", "manifest blob unknown"),
        ("MANIFEST_UNKNOWN", "manifest unknown"),
        ("MANIFEST_INVALID", "manifest invalid"),
        ("NAME_UNKNOWN", "name unknown"),
        ("NAME_INVALID", "name invalid"),
        ("BLOB_UNKNOWN", "blob unknown"),
        ("DIGEST_INVALID", "digest invalid"),
        ("TOOMANYREQUESTS", "toomanyrequests"),
        ("UNAUTHORIZED", "unauthorized:"),
        ("DENIED", "denied:"),
        ("UNSUPPORTED", "unsupported:"),
    ];
    CODES
        .iter()
        .find(|(code, words)| {
            lower.contains(words)
                || (code.contains('_') && lower.contains(&code.to_ascii_lowercase()))
        })
        .map(|(code, _)| *code)
}
