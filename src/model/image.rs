//! Image references as people write them: `[REGISTRY[:PORT]/]REPOSITORY[:TAG][@DIGEST]`.
//!
//! Parses by the grammar of CNCF distribution's `reference` package and tells its rules apart, which that package does
//! not. Knows nothing of registries' own rules (projects, prefixes).

use std::fmt;

pub(super) mod grammar;
mod mend;
pub(super) mod paste;
#[cfg(test)]
mod tests;

/// A parsed reference. `registry` is spelled as consumers key it: `docker.io` for Docker Hub (never `index.docker.io`),
/// otherwise `host[:port]` exactly as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
    /// False when the text named no registry and Docker Hub was assumed.
    named_registry: bool,
}

/// Which rule of the grammar the text breaks, in words, with a corrected text where one is evident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no image reference: {rule}")]
pub struct ReferenceError {
    /// As written, without a user name and password or a query that stood in it.
    pub text: String,
    pub rule: ReferenceRule,
    /// What the user most likely meant; parses when present.
    pub suggestion: Option<String>,
}

/// The rules that people break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceRule {
    #[error("it is empty")]
    Empty,
    #[error("it starts with a scheme ({0}://); a reference has none")]
    Scheme(String),
    #[error("it holds a user name or a password; a reference has none")]
    Credentials,
    #[error("a repository is lower case, {0:?} is not")]
    UpperCase(String),
    #[error("the variable {0:?} was not expanded")]
    UnexpandedVariable(String),
    #[error("it contains white space")]
    WhiteSpace,
    #[error("it contains a control character")]
    ControlCharacter,
    #[error("the tag {0:?} is not one")]
    BadTag(String),
    #[error("the digest {0:?} is not one")]
    BadDigest(String),
    #[error("a path component is empty")]
    EmptyComponent,
    #[error("{0:?} is not allowed in a repository")]
    BadComponent(String),
    #[error("{0:?} is no host name or address")]
    BadHost(String),
    #[error("the IPv6 address {0:?} needs brackets")]
    BareIpv6(String),
    #[error("{0:?} is no port")]
    BadPort(String),
    #[error("the repository is longer than {max} characters", max = grammar::REPOSITORY_MAX)]
    TooLong,
    #[error("it names a registry and no repository")]
    NoRepository,
    #[error("it does not have the form [REGISTRY/]REPOSITORY[:TAG][@DIGEST]")]
    Shape,
}

impl From<ReferenceError> for crate::error::Error {
    fn from(error: ReferenceError) -> Self {
        let usage = Self::usage(error.to_string());
        match error.suggestion {
            Some(suggestion) => usage.hint(format!("did you mean {suggestion}?")),
            None => usage,
        }
    }
}

impl ImageReference {
    /// Parses `text` by the grammar of CNCF distribution's `reference` package.
    ///
    /// Stricter than that package in what cannot be meant: an upper-case first component without dot or port (newer
    /// versions take it for a host), a port outside 1 to 65535, and a bare registry (`quay.io`), which the package reads
    /// as `docker.io/library/quay.io`.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        Self::check(text).map_err(|rule| ReferenceError {
            text: paste::redact(text, paste::At::MaybeSelector),
            rule,
            suggestion: mend::suggestion(text),
        })
    }

    fn check(text: &str) -> Result<Self, ReferenceRule> {
        if text.trim().is_empty() {
            return Err(ReferenceRule::Empty);
        }
        let scheme = paste::split_scheme(text);
        let at = match scheme {
            Some(_) => paste::At::Credentials,
            None => paste::At::MaybeSelector,
        };
        let rest = scheme.map_or(text, |(_, rest)| rest);
        // Before anything that quotes a part of the text.
        if paste::split_credentials(rest, at).is_some() {
            return Err(ReferenceRule::Credentials);
        }
        if let Some(variable) = paste::placeholder(paste::without_query(text)) {
            return Err(ReferenceRule::UnexpandedVariable(variable.to_owned()));
        }
        if text.contains(char::is_whitespace) {
            return Err(ReferenceRule::WhiteSpace);
        }
        if text.contains(char::is_control) {
            return Err(ReferenceRule::ControlCharacter);
        }
        if let Some((scheme, _)) = scheme {
            return Err(ReferenceRule::Scheme(scheme.to_owned()));
        }
        let (head, digest) = match text.split_once('@') {
            Some((head, digest)) => (head, Some(digest)),
            None => (text, None),
        };
        let (name, tag) = split_tag(head);
        if is_bare_registry(name, tag, digest) {
            return Err(ReferenceRule::NoRepository);
        }
        let reference = Self::of_name(name)?;
        if let Some(tag) = tag.filter(|tag| !grammar::is_tag(tag)) {
            return Err(ReferenceRule::BadTag(tag.to_owned()));
        }
        if let Some(digest) = digest.filter(|digest| !grammar::is_digest(digest)) {
            return Err(ReferenceRule::BadDigest(digest.to_owned()));
        }
        Ok(Self {
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
            ..reference
        })
    }

    /// Registry and repository.
    fn of_name(name: &str) -> Result<Self, ReferenceRule> {
        // An image id: distribution keeps these apart from names (`anchoredIdentifierRegexp`).
        if name.len() == 64 && name.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(ReferenceRule::Shape);
        }
        let (registry, repository) = match name.split_once('/') {
            Some((first, rest)) if grammar::is_registry(first) => {
                check_registry(first)?;
                (Some(first), rest)
            }
            _ => (None, name),
        };
        if registry.is_some() && repository.is_empty() {
            return Err(ReferenceRule::NoRepository);
        }
        for component in repository.split('/') {
            check_component(component)?;
        }
        let docker_hub = registry.is_none_or(grammar::is_docker_hub);
        let repository = if docker_hub && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        if repository.len() > grammar::REPOSITORY_MAX {
            return Err(ReferenceRule::TooLong);
        }
        Ok(Self {
            registry: match registry {
                Some(registry) if !docker_hub => registry.to_owned(),
                _ => "docker.io".to_owned(),
            },
            repository,
            tag: None,
            digest: None,
            named_registry: registry.is_some(),
        })
    }

    /// `docker.io`, or `host[:port]`.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The repository with `library/` filled in for Docker Hub.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }

    /// What to ask the registry for: the digest, else the tag, else `latest`.
    pub fn selector(&self) -> &str {
        self.digest
            .as_deref()
            .or(self.tag.as_deref())
            .unwrap_or("latest")
    }

    /// Whether the text named its registry; if not, Docker Hub was assumed.
    pub fn names_registry(&self) -> bool {
        self.named_registry
    }

    /// `registry/repository`, the name both matchers are given.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The same tag or digest of another repository of the registry, for suggestions.
    pub fn with_repository(&self, repository: &str) -> Self {
        Self {
            repository: repository.to_owned(),
            ..self.clone()
        }
    }

    /// The same with its registry in lower case; `None` where it is so already. A name of a host means the same in either,
    /// and the keyrings that look credentials up by it take upper and lower case for two (kubelet
    /// `pkg/credentialprovider/keyring.go` `URLsMatch`).
    pub fn with_lower_case_registry(&self) -> Option<Self> {
        let registry = self.registry.to_ascii_lowercase();
        (registry != self.registry).then(|| Self {
            registry,
            ..self.clone()
        })
    }

    /// Another tag of the same repository, without the digest.
    pub fn with_tag(&self, tag: &str) -> Self {
        Self {
            tag: Some(tag.to_owned()),
            digest: None,
            ..self.clone()
        }
    }
}

/// The canonical form, `registry/repository[:tag][@digest]`; `:latest` is added when neither is given.
impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.registry, self.repository)?;
        match (&self.tag, &self.digest) {
            (None, None) => f.write_str(":latest"),
            (tag, digest) => {
                if let Some(tag) = tag {
                    write!(f, ":{tag}")?;
                }
                if let Some(digest) = digest {
                    write!(f, "@{digest}")?;
                }
                Ok(())
            }
        }
    }
}

/// The name, and the tag behind the last colon that no slash follows.
fn split_tag(head: &str) -> (&str, Option<&str>) {
    let path = head.rfind('/').map_or(0, |slash| slash + 1);
    // `[::1]` alone: its colons are the address's.
    if path == 0 && head.starts_with('[') {
        return (head, None);
    }
    match head[path..].find(':') {
        Some(colon) => (&head[..path + colon], Some(&head[path + colon + 1..])),
        None => (head, None),
    }
}

/// `quay.io`, `registry.example.com:5000`, `10.0.0.7:5000`, `localhost:5000`, `[::1]:5000`: a registry, though the grammar could read it
/// as a repository of Docker Hub.
fn is_bare_registry(name: &str, tag: Option<&str>, digest: Option<&str>) -> bool {
    if digest.is_some() || name.contains('/') {
        return false;
    }
    if name.starts_with('[') {
        return true;
    }
    let port = tag.is_none_or(|tag| grammar::port(tag).is_some());
    let top_level = name
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.len() >= 2 && last.bytes().all(|b| b.is_ascii_alphabetic()));
    let address = name.parse::<std::net::Ipv4Addr>().is_ok();
    port && (address
        || (name == "localhost" && tag.is_some())
        || (top_level && grammar::is_host(name)))
}

fn check_registry(registry: &str) -> Result<(), ReferenceRule> {
    if grammar::looks_like_ipv6(registry) {
        return Err(ReferenceRule::BareIpv6(registry.to_owned()));
    }
    let (host, port) = grammar::split_port(registry);
    if !grammar::is_host(host) {
        return Err(ReferenceRule::BadHost(host.to_owned()));
    }
    match port {
        Some(port) if grammar::port(port).is_none() => Err(ReferenceRule::BadPort(port.to_owned())),
        _ => Ok(()),
    }
}

fn check_component(component: &str) -> Result<(), ReferenceRule> {
    if component.is_empty() {
        return Err(ReferenceRule::EmptyComponent);
    }
    if grammar::is_component(component) {
        return Ok(());
    }
    if grammar::is_component(&component.to_ascii_lowercase()) {
        return Err(ReferenceRule::UpperCase(component.to_owned()));
    }
    Err(ReferenceRule::BadComponent(component.to_owned()))
}
