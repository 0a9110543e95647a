//! Puts a message together: from a piece of text to its symptom, its names and its words.

use super::lines::Piece;
use super::symptom::{Operation, Symptom};
use super::{Message, clean, hide, names, phrases, speaker};
use crate::model::sanitize::sanitize_line;

/// Longer words tell nothing more.
const LONGEST: usize = 1200;

/// The failure in a piece of text; [`Symptom::Nothing`] where it is none. `alone`: it is all there is, so that common
/// words need no sign that they are about an image.
pub(super) fn piece(piece: &Piece, alone: bool) -> Message {
    let spaced = of_line(&piece.text, alone);
    let read = match &piece.tight {
        // A word that was broken in two is read only when put together.
        Some(tight) if weight(spaced.symptom) < FULL => {
            let tight = of_line(tight, alone);
            if weight(tight.symptom) > weight(spaced.symptom) {
                tight
            } else {
                spaced
            }
        }
        _ => spaced,
    };
    Message {
        image: read.image.or_else(|| {
            piece
                .image
                .as_deref()
                .map(|image| sanitize_line(image, 400))
        }),
        object: piece.object.clone(),
        ..read
    }
}

/// The weight of a text that tells a cause.
pub(super) const FULL: u8 = 6;

/// The weight of a text that says that something failed, and not even of what.
pub(super) const VAGUE: u8 = 2;

/// Whether a piece speaks of images and registries.
pub(super) fn is_about(text: &str) -> bool {
    is_about_images(&masked(text, None))
}

/// How much a symptom tells: of several texts the first of the greatest weight is the one to read.
pub(super) fn weight(symptom: Symptom) -> u8 {
    match symptom {
        Symptom::Nothing => 0,
        Symptom::AfterPull => 1,
        Symptom::Other => 2,
        Symptom::NoCause => 3,
        Symptom::PullSecretUnread => 4,
        Symptom::NeverPull | Symptom::RuntimeFault => 5,
        _ => FULL,
    }
}

fn of_line(line: &str, alone: bool) -> Message {
    let line = hide::secrets(line);
    let line = clean::without_html(clean::without_prefix(&line));
    let (line, mirrors) = split_mirrors(&line);
    let words = clean::unwrapped(clean::error_value(&line));
    let image = names::image(&line).or_else(|| names::leading(&words));
    let url = names::url(&line);
    let lower = line.to_ascii_lowercase();
    let masked = masked(&line, image.as_deref());
    let status = names::status(&masked);
    let symptom = symptom(&line, &masked, &words, url.as_deref(), alone);
    let symptom = by_status(symptom, status, &masked, url.as_deref());
    Message {
        runtime: speaker::of(&masked),
        asked_host: names::asked_host(&line, url.as_deref()),
        operation: names::operation(&lower).or_else(|| image.is_some().then_some(Operation::Pull)),
        status,
        code: names::code(&masked),
        secrets: names::secrets(&line),
        back_off: masked.contains("back-off pulling") || masked.contains("imagepullbackoff"),
        for_pod: speaker::is_kubelet(&masked),
        words: sanitize_line(&words, LONGEST),
        image: image.map(|image| sanitize_line(&image, 400)),
        beside: phrases::beside(&masked, symptom),
        symptom,
        mirrors,
        url,
        object: None,
        logged_in: None,
    }
}

/// The image that a piece names, read by itself.
pub(super) fn image_of(text: &str) -> Option<String> {
    names::image(text).map(|image| sanitize_line(&image, 400))
}

fn symptom(line: &str, masked: &str, words: &str, url: Option<&str>, alone: bool) -> Symptom {
    let found = phrases::symptom(masked);
    match found {
        Symptom::NoCause
        | Symptom::Other
        | Symptom::Denied
        | Symptom::ServerError
        | Symptom::Unauthorized
            if url.is_some_and(|url| is_bare_status(line, url)) =>
        {
            Symptom::BareStatus
        }
        // `Failed to pull image "x": WORDS`: words that nothing here knows are words all the same.
        Symptom::NoCause if has_own_words(words) => Symptom::Other,
        _ if !alone && needs_evidence(found) && !is_about_images(masked) => Symptom::Nothing,
        _ => found,
    }
}

/// "Unexpected status code" says less than the status itself.
fn by_status(symptom: Symptom, status: Option<u16>, masked: &str, url: Option<&str>) -> Symptom {
    let vague = matches!(
        symptom,
        Symptom::Other | Symptom::NoCause | Symptom::Nothing
    );
    match (symptom, status) {
        // An answer to the first call of all, which every registry knows.
        (Symptom::ServerError | Symptom::NotFound, Some(404))
            if masked.contains("parsing http")
                || masked.contains("pinging")
                || url.is_some_and(is_ping) =>
        {
            Symptom::NotRegistryAnswer
        }
        (_, Some(401)) if vague => Symptom::Unauthorized,
        (_, Some(403)) if vague => Symptom::Denied,
        (_, Some(404)) if vague => Symptom::NotFound,
        (_, Some(500..)) if vague => Symptom::ServerError,
        (Symptom::ServerError | Symptom::TokenService, Some(401)) => Symptom::Unauthorized,
        (Symptom::ServerError | Symptom::TokenService, Some(403)) => Symptom::Denied,
        (Symptom::ServerError, Some(404)) => Symptom::NotFound,
        (Symptom::ServerError, Some(408)) => Symptom::Timeout,
        (Symptom::ServerError, Some(407)) => Symptom::Proxy,
        (Symptom::ServerError, Some(429)) => Symptom::RateLimit,
        (symptom, _) => symptom,
    }
}

/// The first call of all: `/v2/`, or `/v1/_ping` and `/v1/users/` of the old protocol.
fn is_ping(url: &str) -> bool {
    let path = url
        .split_once("://")
        .and_then(|(_, rest)| rest.split_once('/'))
        .map_or("", |(_, path)| path.trim_end_matches('/'));
    ["v1", "v2", "v1/_ping", "v1/users"].contains(&path)
}

/// Whether something is said behind the layers.
fn has_own_words(words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    !matches!(phrases::symptom(&lower), Symptom::NoCause)
        && lower.len() > 3
        && [
            "failed to pull",
            "error: ",
            "import failed",
            "failed to push",
        ]
        .iter()
        .all(|layer| !lower.starts_with(layer))
}

/// `Get "URL": Forbidden`: Go prints a status text alone when a proxy refuses CONNECT; registries' refusals carry more.
fn is_bare_status(line: &str, url: &str) -> bool {
    const STATUS: [&str; 11] = [
        "forbidden",
        "service unavailable",
        "bad gateway",
        "gateway timeout",
        "bad request",
        "method not allowed",
        "not found",
        "unauthorized",
        "internal server error",
        "proxy authentication required",
        "authenticationrequired",
    ];
    let Some((_, rest)) = line.rsplit_once(url) else {
        return false;
    };
    let rest = rest.trim_start_matches(|c: char| !c.is_whitespace());
    let tail = rest
        .trim_matches(|c: char| c.is_whitespace() || "\"':.".contains(c))
        .to_ascii_lowercase();
    // A registry's 401 is worded like this by docker for one that sends no body.
    STATUS.contains(&tail.as_str()) && tail != "unauthorized" && tail != "not found"
}

/// Symptoms of words that a log says of anything.
fn needs_evidence(symptom: Symptom) -> bool {
    matches!(
        symptom,
        Symptom::NotFound
            | Symptom::Denied
            | Symptom::Unauthorized
            | Symptom::Reset
            | Symptom::Timeout
            | Symptom::Refused
            | Symptom::NoSuchHost
            | Symptom::RuntimeFault
            | Symptom::Storage
            | Symptom::Other
            | Symptom::ServerError
            | Symptom::NameUnknown
            | Symptom::NoSpace
            | Symptom::UnsupportedManifest
            | Symptom::NotAllowed
            | Symptom::Handshake
            | Symptom::UnknownAuthority
            | Symptom::SecretAbsent
            | Symptom::Quarantined
            | Symptom::MissingRight
            | Symptom::WrongLogin
            | Symptom::NoBasicAuth
            | Symptom::TokenService
            | Symptom::CredentialHelper
    )
}

fn is_about_images(masked: &str) -> bool {
    const SIGNS: [&str; 22] = [
        "response from daemon",
        "pull",
        "image",
        "manifest",
        "registry",
        "repositor",
        "docker",
        "<url",
        "blob",
        "push",
        "podman",
        "skopeo",
        "buildah",
        "kaniko",
        "containerd",
        "crio",
        "ctr:",
        "layer",
        "cri-o",
        "lookup",
        "dial tcp",
        "parsing http",
    ];
    // A registry's code at the beginning, as docker prints it on a line of its own.
    const CODES: [&str; 5] = [
        "unknown: ",
        "denied: ",
        "unauthorized: ",
        "manifest ",
        "name unknown",
    ];
    SIGNS.iter().any(|sign| masked.contains(sign))
        || CODES.iter().any(|code| masked.starts_with(code))
}

/// The line in lower case with images, URLs and digests replaced: their words are names and say nothing. Of a URL the
/// part of the API that it calls is kept.
fn masked(line: &str, image: Option<&str>) -> String {
    let mut text = match image {
        Some(image) if image.len() > 2 => {
            let (name, _) = image.split_once('@').unwrap_or((image, ""));
            let text = line.replace(image, "<image>").replace(name, "<image>");
            match name.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
                Some((bare, _)) if bare.len() > 3 => text.replace(bare, "<image>"),
                _ => text,
            }
        }
        _ => line.to_owned(),
    };
    text.make_ascii_lowercase();
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = ["http://", "https://", "sha256:"]
        .iter()
        .filter_map(|start| rest.find(start))
        .min()
    {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let end = tail
            .find(|c: char| c.is_whitespace() || "\"'`,)]}".contains(c))
            .unwrap_or(tail.len());
        if let Some(digest) = tail.strip_prefix("sha256:") {
            let hex = digest
                .find(|c: char| !c.is_ascii_hexdigit())
                .unwrap_or(digest.len());
            out.push_str("sha256:<digest>");
            rest = &digest[hex..];
            continue;
        }
        let url = tail[..end].trim_end_matches(':');
        // Hosts that nobody has: `https://http://...` of a malformed proxy.
        let part = [
            "/manifests/",
            "/blobs/uploads",
            "/blobs/sha256",
            "/blobs/",
            "/tags/",
            "/token",
            "/v2/",
            "/v1/",
        ]
        .iter()
        .find(|part| url.contains(**part))
        .unwrap_or(&"");
        out.push_str("<url");
        out.push_str(part);
        out.push('>');
        rest = &tail[url.len()..];
    }
    out.push_str(rest);
    out
}

/// Takes `(Mirrors also failed: [a: ..] [b: ..]): SOURCE` apart (containers/image `docker/docker_image_src.go`,
/// `newImageSource`): what the source said, and each mirror's failure.
fn split_mirrors(line: &str) -> (String, Vec<Message>) {
    const HEAD: &str = "(Mirrors also failed: ";
    let Some(start) = line.find(HEAD) else {
        return (line.to_owned(), Vec::new());
    };
    let list = &line[start + HEAD.len()..];
    let (mut depth, mut from, mut end) = (0_usize, 0, list.len());
    let mut mirrors = Vec::new();
    for (at, character) in list.char_indices() {
        match character {
            '[' => {
                if depth == 0 {
                    from = at + 1;
                }
                depth += 1;
            }
            ']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    mirrors.push(mirror(&list[from..at]));
                }
            }
            ')' if depth == 0 => {
                end = at + 1;
                break;
            }
            _ => {}
        }
    }
    let rest = list[end..].trim_start_matches([':', ' ']);
    (format!("{}{rest}", &line[..start]), mirrors)
}

/// `HOST/REPOSITORY@DIGEST: ERROR`
fn mirror(text: &str) -> Message {
    let (image, error) = text.split_once(": ").unwrap_or((text, ""));
    let read = of_line(error, true);
    let host = image.split('/').next().unwrap_or_default();
    Message {
        image: Some(sanitize_line(image, 400)),
        asked_host: read
            .asked_host
            .or_else(|| (!host.is_empty()).then(|| sanitize_line(host, 300))),
        mirrors: Vec::new(),
        ..read
    }
}
