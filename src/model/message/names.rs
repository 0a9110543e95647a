//! What a failure's words name: the image, the URL and the host that were asked, the status, the registry's code, the object.
//!
//! Works on one plain line. An image is taken only from a place where a speaker puts one; nothing is guessed from a word
//! that merely looks like one.

mod call;

use super::Object;
use super::symptom::Operation;

pub(super) use call::{asked_host, code, status, url};

/// The words in front of an image, in the order in which they are believed. What follows is quoted or ends at a space.
const BEFORE_IMAGE: &[&str] = &[
    "Failed to pull image ",
    "failed to pull image ",
    "image pull failed for ",
    "Back-off pulling image ",
    "failed to pull and unpack image ",
    "Pulling image ",
    "Failed to inspect image ",
    "Failed to apply default image tag ",
    "failed to resolve reference ",
    "failed to resolve image ",
    "PullImage ",
    "Pull image error ",
    "Container image ",
    "container image ",
    "error pulling image ",
    "Error pulling image ",
    "Pushing image ",
    "pushing image ",
    "docker://",
    "couldn't parse image reference ",
    "pull access denied for ",
    "manifest for ",
    "dockerimage.image.openshift.io ",
    "docker images with name ",
    "trying and failing to pull image ",
    "pulling image ",
    "Pulling ",
    "load metadata for ",
    "unable to pin image ",
    "failed to push ",
    "source metadata for ",
    "pull image ",
    "Error: image ",
    "image ",
    "Image ",
    "repository ",
    "reference ",
    "image=",
    "FROM ",
];

/// The image that was wanted.
pub(super) fn image(line: &str) -> Option<String> {
    if let Some(read) = reading_manifest(line) {
        return Some(read);
    }
    BEFORE_IMAGE
        .iter()
        .find_map(|before| {
            line.match_indices(before)
                .find_map(|(at, _)| after(&line[at + before.len()..], before))
        })
        .or_else(|| {
            ["image: ", "Image: "].iter().find_map(|field| {
                let value = line.split_once(field)?.1.split_whitespace().next()?;
                plausible(
                    value.trim_matches(['"', '\'', ',']),
                    line.trim_start().starts_with(field),
                )
                .filter(|value| !value.ends_with(':'))
            })
        })
        .or_else(|| url(line).and_then(|url| image_of_url(&url)))
}

/// BuildKit puts the image in front: `app:1: failed to authorize: ...`.
pub(super) fn leading(line: &str) -> Option<String> {
    let (first, rest) = line.split_once(": ")?;
    let failed = rest.starts_with("failed to ")
        || rest.starts_with("pull access denied")
        || rest == "not found";
    plausible(
        first,
        failed && !first.contains(['"', '(', '=']) && first.contains(['/', ':']),
    )
    .filter(|_| failed)
}

fn after(rest: &str, before: &str) -> Option<String> {
    // Texts that were escaped more than once keep a stray backslash.
    let rest = rest.trim_start_matches(['\\', ' ', '[']);
    let (value, sure) = match rest.strip_prefix(['"', '\'']) {
        Some(quoted) => (quoted.split(['"', '\'', '\\']).next()?, true),
        None => (
            rest.split_whitespace()
                .next()?
                .trim_end_matches([',', ':', ';', '.', ')', ']']),
            false,
        ),
    };
    // What stands in quotes was meant as an image; other words have to look like one, but where nothing else can stand.
    let named = [
        "pull access denied for ",
        "manifest for ",
        "Error: image ",
        "trying and failing to pull image ",
        "unable to pin image ",
    ]
    .contains(&before);
    plausible(value, sure || named)
}

/// containers/image: `reading manifest TAG in HOST/REPOSITORY`.
fn reading_manifest(line: &str) -> Option<String> {
    let at = ["reading manifest ", "Error reading manifest "]
        .iter()
        .find_map(|words| line.find(words).map(|at| at + words.len()))?;
    let mut words = line[at..].split_whitespace();
    let (version, inside, name) = (words.next()?, words.next()?, words.next()?);
    let name = name.trim_end_matches([':', ',']);
    let sign = if version.contains(':') { '@' } else { ':' };
    (inside == "in").then(|| format!("{name}{sign}{version}"))
}

fn plausible(value: &str, sure: bool) -> Option<String> {
    let value = value.trim();
    let shape = value.contains(['/', ':']) || value.contains("sha256");
    let words = [
        "pull", "not", "from", "the", "for", "in", "with", "error", "image", "is", "failed",
        "secrets", "can't",
    ];
    let good = !value.is_empty()
        && value.len() < 400
        && !value.contains(char::is_whitespace)
        && !value.contains("://")
        && value.chars().any(char::is_alphanumeric)
        && !value.starts_with(['/', '-'])
        && !words.contains(&value.to_ascii_lowercase().as_str());
    (good && (sure || shape) && !value.starts_with("sha256:")).then(|| value.to_owned())
}

/// The image that a call of the registry API is about; Docker Hub under the name that people write.
fn image_of_url(url: &str) -> Option<String> {
    let (host, path) = url.split_once("://")?.1.split_once('/')?;
    let path = path.strip_prefix("v2/")?;
    let (repository, version) = path.rsplit_once("/manifests/").or_else(|| {
        let end = path.find("/blobs/").or_else(|| path.find("/tags/"))?;
        Some((&path[..end], ""))
    })?;
    let host = if is_docker_hub(host) {
        "docker.io"
    } else {
        host
    };
    let sign = match version {
        "" => "",
        digest if digest.contains(':') => "@",
        _ => ":",
    };
    Some(format!("{host}/{repository}{sign}{version}"))
}

/// The names under which Docker Hub's registry is asked.
pub(super) fn is_docker_hub(host: &str) -> bool {
    [
        "docker.io",
        "registry-1.docker.io",
        "index.docker.io",
        "registry.docker.io",
        "registry.hub.docker.com",
    ]
    .contains(&host)
}

/// What was being done, where the words tell.
pub(super) fn operation(lower: &str) -> Option<Operation> {
    const PUSH: [&str; 24] = [
        "failed to push",
        "unable to push",
        "upload blob",
        "layer upload",
        "uploading layer",
        "pushing layers",
        "write_package",
        "write organization package",
        "create organization package",
        "push permission",
        "push check",
        "action: push",
        "push image",
        "pushimage",
        "pushing to",
        "pushing image",
        "/blobs/uploads",
        "push access",
        "trying to reuse blob",
        "push failed",
        "at destination",
        "error pushing",
        "docker push",
        "layer already exists",
    ];
    const IMPORT: [&str; 8] = [
        "import failed",
        "importing images",
        "imagestream",
        "import-image",
        "dockerimagelookup",
        "not allowed by whitelist",
        "image stream",
        "dockerimage.image.openshift.io",
    ];
    const PULL: [&str; 10] = [
        "pull",
        "resolve reference",
        "reading manifest",
        "initializing source",
        "/manifests/",
        "error response from daemon",
        "manifest for",
        "pinging",
        "docker images with name",
        "unable to pin image",
    ];
    let has = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if has(&PUSH) || lower.starts_with("post ") || lower.contains(" post \"") {
        Some(Operation::Push)
    } else if has(&IMPORT) || lower.contains("you may not have access to the container image") {
        Some(Operation::Import)
    } else if has(&PULL) {
        Some(Operation::Pull)
    } else {
        None
    }
}

/// Names of secrets that could not be read: `Unable to retrieve some image pull secrets (a, b)`, `secret "a" not found`.
pub(super) fn secrets(line: &str) -> Vec<String> {
    let names = |list: &str| -> Vec<String> {
        list.split([',', ' '])
            .map(|name| name.trim_matches(['"', '\'', ';', '.']))
            .filter(|name| {
                !name.is_empty()
                    && name
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-.".contains(c))
            })
            .map(str::to_owned)
            .collect()
    };
    if let Some((_, rest)) = line.split_once("image pull secrets (") {
        return names(rest.split(')').next().unwrap_or_default());
    }
    let quoted = ["secret \"", "secrets \""]
        .iter()
        .find_map(|before| line.split_once(before));
    match quoted.and_then(|(_, rest)| rest.split_once('"')) {
        Some((name, rest)) if rest.trim_start().starts_with("not found") => names(name),
        _ => Vec::new(),
    }
}

/// How an object is written in front of its name, by the command line and by `oc` in what it reports.
const OBJECTS: [(&str, &str); 8] = [
    ("pod/", "pod"),
    ("pods/", "pod"),
    ("build/", "build"),
    ("build.build.openshift.io/", "build"),
    ("bc/", "bc"),
    ("buildconfig/", "bc"),
    ("buildconfig.build.openshift.io/", "bc"),
    ("imagestream.image.openshift.io/", "is"),
];

/// `pod/x`, `[event: pod ns/x]`, `pod ns/x event:` in a line.
pub(super) fn object(line: &str) -> Option<Object> {
    if let Some((_, rest)) = line.split_once("[event: pod ") {
        return spaced(rest.split(']').next()?);
    }
    if let Some((name, _)) = line
        .strip_prefix("pod ")
        .and_then(|rest| rest.split_once(" event:"))
    {
        return spaced(name);
    }
    for word in line.split_whitespace().take(8) {
        let word = word.trim_end_matches([':', ',']);
        let named = OBJECTS
            .iter()
            .find_map(|(before, kind)| Some((*kind, word.strip_prefix(before)?)));
        if let Some((kind, name)) = named
            && is_name(name)
        {
            return Some(Object {
                kind,
                name: name.to_owned(),
                namespace: None,
            });
        }
    }
    // kubectl logs: `container "c" in pod "name" is waiting to start`.
    if let Some((_, rest)) = line.split_once("\" in pod \"")
        && let Some((name, _)) = rest.split_once('"')
        && is_name(name)
    {
        return Some(Object {
            kind: "pod",
            name: name.to_owned(),
            namespace: None,
        });
    }
    // kubelet's journal: `pod="ns/name"`.
    let (_, rest) = line.split_once("pod=\"")?;
    spaced(rest.split('"').next()?)
}

fn spaced(text: &str) -> Option<Object> {
    let (namespace, name) = text.trim().split_once('/')?;
    (is_name(namespace) && is_name(name)).then(|| Object {
        kind: "pod",
        name: name.to_owned(),
        namespace: Some(namespace.to_owned()),
    })
}

/// A name as the API server takes it.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
}
