//! Where a registry is: from what people paste (`https://host/v2/`, `Host:443`, `docker.io`) to a host, a port and the
//! key under which its credentials are stored.

/// A registry: host and port.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Endpoint {
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
    pub text: String,
    pub reason: String,
    pub suggestion: Option<String>,
}

impl RegistryArgument {
    /// Normalises scheme, `/v1/` and `/v2/`, Docker Hub's names, default ports, case, trailing slashes; refuses commas,
    /// spaces, user names, tags and digests, with a suggestion.
    pub fn parse(text: &str) -> Result<Self, EndpointError> {
        todo!("{text}")
    }
    /// The canonical key of a docker config: `host[:port][/path]`; `https://index.docker.io/v1/` for Docker Hub.
    pub fn key(&self) -> String {
        todo!()
    }
}

impl Endpoint {
    /// From the registry part of an image reference: `docker.io`, `host`, `host:port`, `[::1]:5000`.
    pub fn of_registry(registry: &str) -> Self {
        todo!("{registry}")
    }
    /// `docker.io`, or `host[:port]`: what stands in a reference.
    pub fn name(&self) -> String {
        todo!()
    }
    pub fn is_docker_hub(&self) -> bool {
        todo!()
    }
    /// The host that serves the API: `registry-1.docker.io` for Docker Hub.
    pub fn api_host(&self) -> &str {
        todo!()
    }
    pub fn port(&self) -> Option<u16> {
        self.port
    }
    /// The port, or the scheme's default.
    pub fn port_for(&self, plain_http: bool) -> u16 {
        self.port.unwrap_or(if plain_http { 80 } else { 443 })
    }
}
// creds branch: impl Display (= name()).
