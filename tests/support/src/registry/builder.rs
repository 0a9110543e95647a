//! Setting a registry up.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustls::ServerConfig;

use super::log::Origin;
use super::serve::Server;
use super::signer::Signer;
use super::users::{Action, Right, User};
use super::world::{State, World};
use super::{Dialect, Registry, Variant};
use crate::certs::{Ca, Issued, TlsOptions};
use crate::net::bind;
use crate::web::{Door, serve};

/// See [`Registry::builder`].
pub struct RegistryBuilder {
    dialect: Dialect,
    variants: Vec<Variant>,
    tls: Option<Issued>,
    tls_options: TlsOptions,
    users: Vec<User>,
    anonymous: Vec<Right>,
    own_token_origin: Option<bool>,
    token_tls: Option<Issued>,
    token_host: String,
    realm: Option<String>,
    storage: bool,
    storage_url: Option<String>,
    delay: Duration,
    port: u16,
    pulls_left: u32,
    signer: Signer,
}

impl Default for RegistryBuilder {
    fn default() -> Self {
        Self {
            dialect: Dialect::default(),
            variants: Vec::new(),
            tls: None,
            tls_options: TlsOptions::default(),
            users: Vec::new(),
            anonymous: Vec::new(),
            own_token_origin: None,
            token_tls: None,
            token_host: "127.0.0.1".to_owned(),
            realm: None,
            storage: false,
            storage_url: None,
            delay: Duration::ZERO,
            port: 0,
            pulls_left: 100,
            signer: Signer::default(),
        }
    }
}

impl RegistryBuilder {
    /// Which registry it is to be like; [`Dialect::Distribution`] unless said otherwise.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.dialect = dialect;
        self
    }

    /// A way in which registries of that kind differ among themselves.
    pub fn variant(mut self, variant: Variant) -> Self {
        self.variants.push(variant);
        self
    }

    /// HTTPS with this certificate, also for a token service and a storage of its own.
    pub fn tls(mut self, certificate: &Issued) -> Self {
        self.tls = Some(certificate.clone());
        self
    }

    /// TLS 1.2 and nothing newer.
    pub fn tls12_only(mut self) -> Self {
        self.tls_options.tls12_only = true;
        self
    }

    /// No HTTP/2.
    pub fn http1_only(mut self) -> Self {
        self.tls_options.http2 = false;
        self
    }

    /// Clients have to show a certificate of this authority (PEM).
    pub fn client_certificates_of(mut self, ca_pem: &str) -> Self {
        self.tls_options.client_ca = Some(ca_pem.to_owned());
        self
    }

    /// The handshake asks for a client certificate of this authority, and goes on without one, as nginx does.
    pub fn asks_for_client_certificates_of(mut self, ca_pem: &str) -> Self {
        self.tls_options.client_ca = Some(ca_pem.to_owned());
        self.tls_options.client_optional = true;
        self
    }

    /// A user.
    pub fn user(mut self, user: User) -> Self {
        self.users.push(user);
        self
    }

    /// Everybody may pull what the pattern names: an exact name, `prefix/*`, or `*`.
    pub fn anonymous_pull(mut self, pattern: &str) -> Self {
        self.anonymous.push(Right::new(pattern, &[Action::Pull]));
        self
    }

    /// The token service gets an origin of its own, or shares the registry's; each dialect has its own habit.
    pub fn own_token_origin(mut self, own: bool) -> Self {
        self.own_token_origin = Some(own);
        self
    }

    /// A certificate for the token service other than the registry's; gives it an origin of its own.
    pub fn token_tls(mut self, certificate: &Issued) -> Self {
        self.token_tls = Some(certificate.clone());
        self.own_token_origin(true)
    }

    /// The host name that the realm of a token service with its own origin uses; 127.0.0.1 unless said otherwise.
    pub fn token_host(mut self, host: &str) -> Self {
        host.clone_into(&mut self.token_host);
        self.own_token_origin(true)
    }

    /// Announce exactly this realm: another host, plain HTTP, a closed port, 169.254.169.254.
    pub fn realm(mut self, url: &str) -> Self {
        self.realm = Some(url.to_owned());
        self
    }

    /// Blobs are redirected to a storage with an origin of its own.
    pub fn blob_storage(mut self) -> Self {
        self.storage = true;
        self
    }

    /// Blobs are redirected to this `scheme://host:port`, which is not served here: a closed port, another server.
    pub fn blob_storage_at(mut self, base: &str) -> Self {
        self.storage_url = Some(base.to_owned());
        self
    }

    /// Every answer comes this much later. For round trips as a distant network has them see
    /// [`crate::net::DelayProxy`].
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// A fixed port, for what a person is to use; tests take the ephemeral one that they get.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// How many manifests may be pulled before the quota is used up (Docker Hub).
    pub fn pulls_left(mut self, pulls: u32) -> Self {
        self.pulls_left = pulls;
        self
    }

    /// Tokens that a real registry can check: signed by this authority's key, and from this issuer.
    pub(crate) fn sign_tokens(mut self, authority: &Ca, issuer: &str) -> Self {
        self.signer = Signer::real(authority, issuer);
        self
    }

    /// Starts it; dropping the [`Registry`] stops it.
    pub fn start(self) -> Registry {
        let rules = self.dialect.rules();
        let tls = self
            .tls
            .as_ref()
            .map(|issued| issued.server_config_with(&self.tls_options));
        let token_tls = match &self.token_tls {
            Some(issued) => Some(issued.server_config()),
            None => self.tls.as_ref().map(Issued::server_config),
        };
        let storage_tls = self.tls.as_ref().map(Issued::server_config);
        let mut doors = Doors::default();
        let port = doors.open(Origin::Registry, self.port, tls);
        let own_token_origin = self
            .own_token_origin
            .unwrap_or_else(|| rules.has_own_token_origin());
        let token_base = own_token_origin.then(|| {
            let scheme = if token_tls.is_some() { "https" } else { "http" };
            let port = doors.open(Origin::Token, 0, token_tls);
            format!("{scheme}://{}:{port}", self.token_host)
        });
        let storage_base = self.storage_url.or_else(|| {
            self.storage.then(|| {
                let scheme = if storage_tls.is_some() {
                    "https"
                } else {
                    "http"
                };
                let port = doors.open(Origin::Storage, 0, storage_tls);
                format!("{scheme}://127.0.0.1:{port}")
            })
        });
        let world = Arc::new(World {
            dialect: self.dialect,
            rules,
            variants: self.variants,
            realm: self.realm,
            token_base,
            storage_base,
            delay: self.delay,
            signer: self.signer,
            state: Mutex::new(State {
                users: self.users,
                anonymous: self.anonymous,
                pulls_left: self.pulls_left,
                pull_quota: self.pulls_left,
                files: BTreeMap::new(),
                ..State::default()
            }),
            log: Mutex::default(),
        });
        let listening = serve(doors.with_handlers(&world));
        Registry {
            world,
            port,
            is_tls: self.tls.is_some(),
            _listening: listening,
        }
    }
}

/// The sockets, which have to be bound before the world can say its own addresses.
#[derive(Default)]
struct Doors {
    open: Vec<(Origin, std::net::TcpListener, Option<Arc<ServerConfig>>)>,
}

impl Doors {
    fn open(&mut self, origin: Origin, port: u16, tls: Option<Arc<ServerConfig>>) -> u16 {
        let listener = bind(port);
        let port = listener.local_addr().expect("a bound socket").port();
        self.open.push((origin, listener, tls));
        port
    }

    fn with_handlers(self, world: &Arc<World>) -> Vec<Door> {
        self.open
            .into_iter()
            .map(|(origin, listener, tls)| Door {
                listener,
                tls,
                handler: Arc::new(Server {
                    world: Arc::clone(world),
                    origin,
                }),
            })
            .collect()
    }
}
