//! The reading of `link REGISTRY[/PATH]`: one pass from the pasted text to host, port and path, each change noted.

use super::{Endpoint, EndpointError, RegistryArgument};
use crate::model::image::{grammar, paste};

/// Names under which people look for Docker Hub, beside those of references.
const DOCKER_HUB_NAMES: [&str; 6] = [
    "docker.com",
    "www.docker.com",
    "hub.docker.com",
    "auth.docker.io",
    "registry.docker.io",
    "registry.hub.docker.com",
];

/// Web sites that are taken for the registry beside them.
const WEB_SITES: [(&str, &str); 6] = [
    ("github.com", "ghcr.io"),
    ("www.github.com", "ghcr.io"),
    ("gitlab.com", "registry.gitlab.com"),
    ("www.quay.io", "quay.io"),
    ("catalog.redhat.com", "registry.redhat.io"),
    ("access.redhat.com", "registry.redhat.io"),
];

/// Single words that stand for a public registry.
const SHORT_NAMES: [(&str, &str); 8] = [
    ("quay", "quay.io"),
    ("ghcr", "ghcr.io"),
    ("github", "ghcr.io"),
    ("gcr", "gcr.io"),
    ("docker", "docker.io"),
    ("dockerhub", "docker.io"),
    ("hub", "docker.io"),
    ("gitlab", "registry.gitlab.com"),
];

/// Why the text is refused, and the text that was meant.
struct Refusal {
    reason: String,
    meant: Option<String>,
}

impl Refusal {
    fn new(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            meant: None,
        }
    }

    fn meant(self, text: impl Into<String>) -> Self {
        Self {
            meant: Some(text.into()),
            ..self
        }
    }
}

/// See [`RegistryArgument::parse`].
pub(super) fn parse(text: &str) -> Result<RegistryArgument, EndpointError> {
    read(text).map_err(|refusal| EndpointError {
        text: paste::redact(text, paste::At::Credentials),
        reason: refusal.reason,
        // A suggestion may need a second mending (two mistakes), never more than the text has.
        suggestion: refusal.meant.and_then(|meant| settle(&meant, 3)),
    })
}

/// The suggestion, mended until it parses.
fn settle(text: &str, rounds: u8) -> Option<String> {
    match read(text) {
        Ok(argument) => Some(argument.to_string()),
        Err(Refusal {
            meant: Some(meant), ..
        }) if rounds > 0 => settle(&meant, rounds - 1),
        Err(_) => None,
    }
}

fn read(text: &str) -> Result<RegistryArgument, Refusal> {
    let mut notes = Vec::new();
    let trimmed = text.trim();
    let (scheme, rest) = split_scheme(trimmed, &mut notes)?;
    let rest = without_query(rest, &mut notes);
    refuse_foreign_signs(rest)?;
    let (authority, path) = apply_page(rest, &mut notes);
    let (host, port) = read_authority(&authority, &path, scheme, &mut notes)?;
    let path = read_path(&host, port, &path, &mut notes)?;
    let endpoint = Endpoint::of_registry(&host);
    let endpoint = Endpoint { port, ..endpoint };
    if let Some(port @ (80 | 443)) = port {
        notes.push(format!(
            "kept :{port}: the key then serves only images whose reference has :{port} too"
        ));
    }
    if port.is_none() && host.starts_with('[') {
        notes.push(format!(
            "the kubelet cannot match an IPv6 address without a port: write {host}:443 here and in image references"
        ));
    }
    Ok(RegistryArgument {
        endpoint,
        path,
        notes,
    })
}

fn split_scheme<'a>(
    text: &'a str,
    notes: &mut Vec<String>,
) -> Result<(Option<&'a str>, &'a str), Refusal> {
    let (scheme, rest) = match paste::split_scheme(text) {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, text),
    };
    if let Some((_, rest)) = paste::split_credentials(rest, paste::At::Credentials) {
        return Err(Refusal::new(
            "it holds a user name or a password, which are given by --registry-username and --registry-password-stdin",
        )
        .meant(rest));
    }
    if rest.is_empty() {
        return Err(Refusal::new("it is empty"));
    }
    match scheme {
        Some(scheme) if !paste::is_known_scheme(scheme) => {
            Err(Refusal::new(format!("{scheme}:// is not how a registry is spoken to")).meant(rest))
        }
        Some(scheme) => {
            notes.push(format!(
                "left out {scheme}://: neither image references nor keys of credentials have it"
            ));
            Ok((Some(scheme), rest))
        }
        None => Ok((None, rest)),
    }
}

fn without_query<'a>(rest: &'a str, notes: &mut Vec<String>) -> &'a str {
    let kept = paste::without_query(rest);
    if kept.len() < rest.len() {
        notes.push("left out what follows the path (? or #): it is for a browser".to_owned());
    }
    kept
}

/// Signs that no registry has: each is a typing mistake with an evident correction, or a text that was not filled in.
fn refuse_foreign_signs(rest: &str) -> Result<(), Refusal> {
    if let Some(placeholder) = paste::placeholder(rest) {
        return Err(Refusal::new(format!("{placeholder:?} was not filled in")));
    }
    if rest.contains(|c: char| c.is_whitespace() || c.is_control()) {
        let joined: String = rest
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        return Err(Refusal::new("it contains white space").meant(joined));
    }
    if rest.contains(',') {
        let refusal = Refusal::new("it contains a comma; one registry is linked at a time");
        let text = rest.trim_matches(',');
        // `registry.example,com` is a slip, `quay.io,ghcr.io` a list.
        let list = text.contains(',') && text.split(',').all(|part| part.contains('.'));
        return Err(if list {
            refusal
        } else {
            refusal.meant(text.replace(',', "."))
        });
    }
    if rest.contains(';') {
        return Err(Refusal::new("it contains a semicolon").meant(rest.replace(';', ":")));
    }
    if rest.contains('\\') {
        return Err(Refusal::new("it contains a backslash").meant(rest.replace('\\', "/")));
    }
    if let Some((name, _)) = rest.split_once('@') {
        return Err(Refusal::new(
            "it has a digest; credentials are for a registry or a repository, not for one image",
        )
        .meant(name));
    }
    Ok(())
}

/// Authority and path; of a page in the browser or a call of the API those that it is about.
fn apply_page(rest: &str, notes: &mut Vec<String>) -> (String, String) {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    if let Some(page) = paste::from_page(rest) {
        let old = path.trim_matches('/');
        notes.push(match page.path.as_str() {
            "" => format!("left out /{old}: it is the address of the API and no repository"),
            path => format!(
                "read {authority}/{old} as {}/{path}, which that address is about",
                page.registry
            ),
        });
        return (page.registry, page.path);
    }
    (authority.to_owned(), path.to_owned())
}

fn read_authority(
    authority: &str,
    path: &str,
    scheme: Option<&str>,
    notes: &mut Vec<String>,
) -> Result<(String, Option<u16>), Refusal> {
    let behind = |host: &str| join(host, path);
    if authority.is_empty() {
        return Err(Refusal::new("it has no host").meant(path.trim_matches('/')));
    }
    if grammar::looks_like_ipv6(authority) {
        return Err(
            Refusal::new("an IPv6 address needs brackets").meant(behind(&format!("[{authority}]")))
        );
    }
    let (host, port_text) = grammar::split_port(authority);
    let port = match port_text {
        None => None,
        Some("") => {
            notes.push("left out the colon at the end of the host".to_owned());
            None
        }
        Some(port_text) => match grammar::port(port_text) {
            Some(port) => Some(port),
            None => {
                return Err(Refusal::new(format!(
                    "{port_text:?} is no port; a registry is written without a tag"
                ))
                .meant(behind(host)));
            }
        },
    };
    let (host, port) = host_name(host, path, port, notes)?;
    let default = match scheme {
        Some(scheme) if scheme.eq_ignore_ascii_case("http") => Some(80),
        Some(_) => Some(443),
        None => None,
    };
    match port {
        // Without its port, a host of one word would be a namespace of Docker Hub to references.
        Some(given) if Some(given) == default && grammar::is_registry(&host) => {
            notes.push(format!(
                "left out :{given}: it is the default, and a key with a port serves only images whose reference has it too"
            ));
            Ok((host, None))
        }
        port => Ok((host, port)),
    }
}

/// The host in lower case, with Docker Hub's names made one, and the port unless it is Docker Hub's.
fn host_name(
    written: &str,
    path: &str,
    port: Option<u16>,
    notes: &mut Vec<String>,
) -> Result<(String, Option<u16>), Refusal> {
    let behind = |host: &str| {
        let host = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        join(&host, path)
    };
    let dotless = written.trim_end_matches('.');
    if dotless.len() < written.len() {
        notes.push("left out the dot at the end of the host: references cannot have it".to_owned());
    }
    let host = dotless.to_ascii_lowercase();
    if host.contains('*') {
        return Err(Refusal::new(
            "it has a wildcard; only the kubelet knows those, so write the registry's own name",
        )
        .meant(behind(host.trim_start_matches(['*', '.']))));
    }
    if !grammar::is_host(&host) {
        return Err(Refusal::new(format!(
            "{written:?} is no host name or address"
        )));
    }
    if host != dotless {
        notes.push(format!(
            "wrote {host} in lower case: the matchers do not take upper and lower case for the same"
        ));
    }
    if let Some((_, registry)) = WEB_SITES.iter().find(|(site, _)| *site == host) {
        return Err(
            Refusal::new(format!("{host} is a web site; its registry is {registry}"))
                .meant(join(registry, path)),
        );
    }
    if port.is_none_or(|port| port == 443)
        && (DOCKER_HUB_NAMES.contains(&host.as_str()) || grammar::is_docker_hub(&host))
    {
        if host != "docker.io" || port.is_some() {
            notes.push(format!(
                "took {written} for Docker Hub, which is docker.io in references"
            ));
        }
        return Ok(("docker.io".to_owned(), None));
    }
    if port.is_none() && !grammar::is_registry(&host) {
        let refusal = Refusal::new(format!(
            "{host} has neither a dot nor a port, so that references starting with it mean Docker Hub"
        ));
        let known = SHORT_NAMES.iter().find(|(short, _)| *short == host);
        return Err(match known {
            Some((_, registry)) => refusal.meant(join(registry, path)),
            None if path.is_empty() => refusal,
            None => refusal.meant(format!("docker.io/{host}/{}", path.trim_matches('/'))),
        });
    }
    Ok((host, port))
}

fn read_path(
    host: &str,
    port: Option<u16>,
    path: &str,
    notes: &mut Vec<String>,
) -> Result<Option<String>, Refusal> {
    let authority = port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return Ok(None);
    }
    let clean = parts.join("/");
    if let Some((repository, tag)) = clean.split_once(':') {
        return Err(Refusal::new(format!(
            "it has a tag ({tag:?}); credentials are for a registry or a repository, not for one image"
        ))
        .meant(join(&authority, repository)));
    }
    for part in &parts {
        if grammar::is_component(part) {
            continue;
        }
        let lower = clean.to_ascii_lowercase();
        return Err(if grammar::is_component(&part.to_ascii_lowercase()) {
            Refusal::new(format!("a repository is lower case, {part:?} is not"))
                .meant(join(&authority, &lower))
        } else {
            Refusal::new(format!("{part:?} is not allowed in a repository"))
        });
    }
    if clean.len() > grammar::REPOSITORY_MAX {
        return Err(Refusal::new(format!(
            "the path is longer than the {} characters of a repository",
            grammar::REPOSITORY_MAX
        )));
    }
    if clean != path {
        notes.push(
            "left out needless slashes: one matcher takes them for part of the key".to_owned(),
        );
    }
    Ok(Some(clean))
}

fn join(host: &str, path: &str) -> String {
    match path.trim_matches('/') {
        "" => host.to_owned(),
        path => format!("{host}/{path}"),
    }
}
