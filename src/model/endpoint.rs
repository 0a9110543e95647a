//! Where a registry is: from what people paste (`https://host/v2/`, `Host:443`, `docker.io`) to a host, a port and the
//! key under which its credentials are stored.
//!
//! Reads texts only: whether anything answers there is for `registry` to find out.

use std::fmt;

use super::image::grammar;

mod argument;
#[cfg(test)]
mod tests;

/// What Docker Hub's registry API is served from; the name in references is `docker.io`.
const DOCKER_HUB_API: &str = "registry-1.docker.io";

/// The key under which Docker Hub's credentials stand since its first API, and the only one that every consumer matches
/// (docker CLI `registry.IndexServer`).
const DOCKER_HUB_KEY: &str = "https://index.docker.io/v1/";

/// A registry: host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
    /// An IPv6 address stands here without its brackets.
    host: String,
    port: Option<u16>,
}

/// What `link REGISTRY[/PATH]` was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryArgument {
    pub endpoint: Endpoint,
    /// A repository prefix the credentials are for, without slashes at its ends.
    pub path: Option<String>,
    /// What was changed in the text and why, one sentence each, for the user to see.
    pub notes: Vec<String>,
}

/// Why a text names no registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} does not name a registry: {reason}")]
pub struct EndpointError {
    /// As written, without a user name and password or a query that stood in it.
    pub text: String,
    pub reason: String,
    /// What the user most likely meant; parses when present.
    pub suggestion: Option<String>,
}

impl From<EndpointError> for crate::error::Error {
    fn from(error: EndpointError) -> Self {
        let usage = Self::usage(error.to_string());
        match error.suggestion {
            Some(suggestion) => usage.hint(format!("did you mean {suggestion}?")),
            None => usage,
        }
    }
}

impl RegistryArgument {
    /// Normalises scheme, `/v1/` and `/v2/`, Docker Hub's names, default ports, case, trailing slashes; refuses commas,
    /// spaces, user names, tags and digests, with a suggestion.
    ///
    /// The port is part of the key and has to be the one in the image's reference: neither the kubelet nor
    /// containers/image takes `:443` and no port for the same. Only where a URL's own default was spelled out
    /// (`https://host:443`) is it left out; a bare `host:443` keeps it, and a note says what follows.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        argument::parse(text)
    }

    /// The canonical key of a docker config: `host[:port][/path]`; `https://index.docker.io/v1/` for Docker Hub.
    pub fn key(&self) -> String {
        match &self.path {
            Some(path) => format!("{}/{path}", self.endpoint),
            None if self.endpoint.is_docker_hub() => DOCKER_HUB_KEY.to_owned(),
            None => self.endpoint.name(),
        }
    }
}

/// `host[:port][/path]`, with `docker.io` for Docker Hub: what images of it start with.
impl fmt::Display for RegistryArgument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.endpoint)?;
        match &self.path {
            Some(path) => write!(f, "/{path}"),
            None => Ok(()),
        }
    }
}

impl Endpoint {
    /// From the registry part of an image reference: `docker.io`, `host`, `host:port`, `[::1]:5000`.
    ///
    /// Takes what [`super::image::ImageReference::registry`] gives. Of a text that is no such part (no port behind the
    /// colon) the whole becomes the host, so that it fails where it is resolved and is named in full.
    pub fn of_registry(registry: &str) -> Self {
        if grammar::is_docker_hub(registry) {
            return Self {
                host: "docker.io".to_owned(),
                port: None,
            };
        }
        let (host, port) = match grammar::split_port(registry) {
            (host, Some(port)) => match grammar::port(port) {
                Some(port) => (host, Some(port)),
                None => (registry, None),
            },
            (host, None) => (host, None),
        };
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        Self {
            host: bare.unwrap_or(host).to_owned(),
            port,
        }
    }

    /// `docker.io`, or `host[:port]`: what stands in a reference. An IPv6 address has its brackets.
    pub fn name(&self) -> String {
        self.with_port(&self.host)
    }

    fn with_port(&self, host: &str) -> String {
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.to_owned()
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }

    /// Whether images of this registry are Docker Hub's. `docker.io:443` is another registry to every matcher.
    pub fn is_docker_hub(&self) -> bool {
        self.host == "docker.io" && self.port.is_none()
    }

    /// The host that serves the API: `registry-1.docker.io` for Docker Hub. An IPv6 address has no brackets.
    pub fn api_host(&self) -> &str {
        if self.is_docker_hub() {
            DOCKER_HUB_API
        } else {
            &self.host
        }
    }

    /// `host[:port]` as it stands in a URL of the API; an IPv6 address has its brackets.
    pub fn api_authority(&self) -> String {
        self.with_port(self.api_host())
    }

    pub fn port(&self) -> Option<u16> {
        self.port
    }

    /// The port, or the scheme's default.
    pub fn port_for(&self, plain_http: bool) -> u16 {
        self.port.unwrap_or(if plain_http { 80 } else { 443 })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
