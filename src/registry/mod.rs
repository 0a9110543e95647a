//! All talk to registries: dialling in stages, HTTP exchanges, logins, manifests, tags, blobs, the push probe.
//!
//! Never judges: it returns [`crate::model::observation`]s. The rules of politeness and safety are kept here, in one place:
//! pull scope only, redirects by hand, credentials to the registry and its realm and nowhere else, one refused login at
//! most, bounded bodies, one deadline.
//!
//! HTTP is spoken by hyper directly over connections that `dial` made, not through a client that connects by itself: so
//! the first request's own connection is the evidence for name, TCP, proxy and TLS, a healthy run needs one handshake a
//! host, and a failure names its stage without being dialled again.

mod answers;
mod blob;
mod browse;
mod config_blob;
mod connections;
mod dial;
mod faults;
mod follow;
mod holder;
mod keyed;
mod lease;
mod live;
mod login;
mod manifests;
mod pace;
mod ping;
mod pool;
mod push;
mod query;
mod reach;
mod realm;
mod redact;
mod signs;
mod token;
pub mod transfer;
mod urls;
mod verdicts;
mod wire;

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use reqwest::Url;
use tokio::sync::OnceCell;

use crate::model::challenge::Challenge;
use crate::model::credential::Credential;
use crate::model::dialect::Dialect;
use crate::model::endpoint::Endpoint;
use crate::model::observation::{
    BlobView, Descriptor, Dial, Exchange, Login, ManifestView, Origin, Ping, PushView, Tags,
};
use crate::model::proxy::ProxyRules;
use crate::model::trust::RootStore;
pub use crate::net::limits::Budgets;
use crate::net::limits::Limits;
pub use connections::Connections;
use dial::Dialer;
use dial::guard::Guard;
use holder::Holder;
use keyed::Keyed;
use pool::Pool;
pub use push::push_verdict;
use query::Wish;
use redact::Redactor;
use token::{Issued, TokenKey};
use wire::Wire;

/// How to talk to one registry in one run.
pub struct Options {
    /// Certificates that a connection may rely on: this machine's store, `--registry-ca`, the cluster's.
    pub roots: RootStore,
    /// `--plain-http`: HTTP, and credentials over it.
    pub plain_http: bool,
    /// The cluster's `insecureRegistries` holds for it: an untrusted chain is noted and not fatal, and plain HTTP is tried
    /// where https fails, as CRI-O does; credentials are still withheld from plain HTTP.
    pub accept_untrusted: bool,
    pub proxy: ProxyRules,
    /// When the run ends, whatever is under way.
    pub deadline: Instant,
    /// Budget of one step (DNS 3 s, TCP 4 s, TLS 4 s, HTTP 8 s by default).
    pub budgets: Budgets,
    /// Those of the whole run, whose bounds this client keeps.
    pub connections: Connections,
    /// Whether [`Registry::exchanges`] has headers and the bodies of refusals; else only what was asked and how it ended.
    pub record_in_full: bool,
    /// Whether servers are offered HTTP/2. Where much is moved several connections carry more than one that is shared.
    pub http2: bool,
}

/// One registry. Connections, tokens (one a repository and credential) and identical answers are shared by all callers.
///
/// Methods may be called at the same time, and that is the fast way: `dial`, `ping` and an anonymous `manifest` begin
/// together; a `manifest` with a credential proves the login on its way, so ask for both at once.
pub struct Registry {
    wire: Wire,
    endpoint: Endpoint,
    /// Scheme, host and port to begin with.
    asked: Origin,
    /// The same as a URL.
    root: Url,
    /// The port was named, so that plain HTTP would be on the same one.
    port_named: bool,
    plain_http: bool,
    accept_untrusted: bool,
    holders: Vec<Holder>,
    base: OnceCell<Origin>,
    ping: OnceCell<Ping>,
    tokens: Keyed<TokenKey, Arc<Issued>>,
    /// What a repository answers to who asks without credentials.
    challenges: Mutex<HashMap<String, Challenge>>,
    /// Tokens that were issued without credentials, by repository.
    anonymous: Mutex<HashMap<(String, Wish), Arc<Issued>>>,
    manifests: Keyed<(String, String, Option<usize>), ManifestView>,
    tag_lists: Keyed<(String, Option<usize>, usize), Tags>,
    blobs: Keyed<(String, String, Option<usize>), BlobView>,
}

/// A client that cannot be made: the endpoint is no host that can be dialled.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(pub String);

impl Registry {
    /// `credentials` is the run's list; calls name one by its index. An index that is not in the list is anonymous.
    ///
    /// # Errors
    ///
    /// When `endpoint` is no host that a URL can name.
    pub fn new(
        endpoint: Endpoint,
        credentials: Vec<Credential>,
        options: Options,
    ) -> Result<Self, SetupError> {
        let asked = Origin {
            https: !options.plain_http,
            host: endpoint
                .api_host()
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            port: endpoint.port_for(options.plain_http),
        };
        let root = Url::parse(&asked.to_string()).map_err(|error| {
            SetupError(format!(
                "{:?} is no host that can be asked: {error}",
                endpoint.name()
            ))
        })?;
        let limits = Limits {
            deadline: options.deadline,
            budgets: options.budgets,
        };
        let dialer = Dialer::new(
            options.roots,
            options.accept_untrusted,
            options.proxy,
            limits,
            options.http2,
        );
        Ok(Self {
            wire: Wire::new(
                Pool::new(dialer, options.connections),
                limits,
                Redactor::of(&credentials),
                options.record_in_full,
            ),
            asked,
            root,
            port_named: endpoint.port().is_some(),
            endpoint,
            plain_http: options.plain_http,
            accept_untrusted: options.accept_untrusted,
            holders: credentials.into_iter().map(Holder::new).collect(),
            base: OnceCell::new(),
            ping: OnceCell::new(),
            tokens: Keyed::default(),
            challenges: Mutex::default(),
            anonymous: Mutex::default(),
            manifests: Keyed::default(),
            tag_lists: Keyed::default(),
            blobs: Keyed::default(),
        })
    }

    /// Another client of the same registry, for those who reach it on other terms (`options`): with the same credentials in
    /// the same places, of which one that is refused to either is sent by neither again.
    ///
    /// # Errors
    ///
    /// As [`Registry::new`].
    pub fn beside(&self, options: Options) -> Result<Self, SetupError> {
        let credentials = self.holders.iter().map(|it| it.credential.clone());
        let mut other = Self::new(self.endpoint.clone(), credentials.collect(), options)?;
        other.holders = self.holders.iter().map(Holder::beside).collect();
        Ok(other)
    }

    /// What it was made for.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// DNS, TCP, proxy, TLS, each with its own result and time: the stages of the first connection of this run, which the
    /// requests use as well. Runs once; later calls get the same.
    pub async fn dial(&self) -> Dial {
        let origin = self.base().await;
        self.wire.pool.first_dial(origin).await
    }

    /// GET `/v2/` without credentials. Runs once.
    pub async fn ping(&self) -> Ping {
        self.known_ping().await.clone()
    }

    /// The dialect, after the ping.
    pub async fn dialect(&self) -> Dialect {
        self.known_ping().await.dialect
    }

    /// Whether the credential is good, by the one call that proves it for this dialect. Runs once a credential.
    pub async fn login(&self, credential: usize) -> Login {
        self.prove(credential).await
    }

    /// GET of a manifest by tag or digest with the full Accept list, as `credential` or anonymous (`None`).
    pub async fn manifest(
        &self,
        repository: &str,
        selector: &str,
        credential: Option<usize>,
    ) -> ManifestView {
        if let Some(holder) = self.holder(credential) {
            holder.intend(repository);
        }
        let key = (repository.to_owned(), selector.to_owned(), credential);
        self.manifests
            .once(
                key,
                Box::pin(self.fetch_manifest(repository, selector, credential)),
            )
            .await
    }

    /// Lets go of what is kept of an image for those who ask for it again.
    pub fn forget(&self, repository: &str, selector: &str) {
        self.manifests
            .forget_all(|(its_repository, its_selector, _)| {
                its_repository == repository && its_selector == selector
            });
    }

    /// `tags/list`, at most `limit` tags.
    pub async fn tags(&self, repository: &str, credential: Option<usize>, limit: usize) -> Tags {
        let key = (repository.to_owned(), credential, limit);
        self.tag_lists
            .once(
                key,
                Box::pin(self.fetch_tags(repository, credential, limit)),
            )
            .await
    }

    /// Whether a blob is there (HEAD, GET of one byte range where HEAD is not spoken), following the redirect by hand.
    pub async fn blob(
        &self,
        repository: &str,
        blob: &Descriptor,
        credential: Option<usize>,
    ) -> BlobView {
        let key = (repository.to_owned(), blob.digest.clone(), credential);
        self.blobs
            .once(
                key,
                Box::pin(self.fetch_blob(repository, blob, credential, Wish::Pull)),
            )
            .await
    }

    /// The push probe (opt-in): what [`Dialect`]'s traits say leaves least behind; cancels what it opened.
    pub async fn push(&self, repository: &str, credential: Option<usize>) -> PushView {
        Box::pin(self.probe_push(repository, credential)).await
    }

    /// The first dials of all servers so far, ordered by origin: the registry, its token service, its storage.
    pub fn dials(&self) -> Vec<Dial> {
        let mut dials = self.wire.pool.known_dials();
        dials.sort_by(|one, other| one.origin.cmp(&other.origin));
        dials
    }

    /// `text` without the credentials that this registry was given, and the tokens that were got for them: for what others say
    /// of the same pull, who may repeat what they sent.
    pub fn without_secrets<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.wire.redactor.text(text)
    }

    /// All exchanges so far, in the order in which they began. Bodies of successes are left out; the views have them.
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.wire.record()
    }

    fn holder(&self, credential: Option<usize>) -> Option<&Holder> {
        self.holders.get(credential?)
    }

    /// What is asked: the registry by https, or by HTTP when the user said so, or when https fails and the cluster takes
    /// HTTP (containers/image `docker_client.go` `detectPropertiesHelper`).
    async fn base(&self) -> &Origin {
        self.base
            .get_or_init(|| async {
                if !self.accept_untrusted || !self.asked.https {
                    return self.asked.clone();
                }
                let secure = self.wire.pool.first_dial(&self.asked).await;
                if !worth_plain_http(&secure, self.port_named) {
                    return self.asked.clone();
                }
                let plain = Origin {
                    https: false,
                    port: if self.port_named { self.asked.port } else { 80 },
                    ..self.asked.clone()
                };
                let reached = self.wire.pool.first_dial(&plain).await;
                if reached.tcp.is_some_and(|tcp| tcp.result.is_ok()) {
                    plain
                } else {
                    self.asked.clone()
                }
            })
            .await
    }

    /// A URL of the registry. `path` begins with a slash.
    async fn url(&self, path: &str) -> Url {
        let base = self.base().await;
        let mut root = self.root.clone();
        if *base != self.asked {
            // Between http and https, and to a port: neither is refused for a URL that has a host.
            let _same_family = root.set_scheme("http");
            let _has_host = root.set_port(Some(base.port));
        }
        urls::with_path(&root, path)
    }

    /// The registry's own addresses, as far as this run has seen them: none where a proxy resolves its name.
    async fn own_addresses(&self) -> Vec<IpAddr> {
        let base = self.base().await;
        if let Ok(address) = base.host.parse() {
            return vec![address];
        }
        self.wire
            .pool
            .known_dial(base)
            .and_then(|dial| dial.dns?.result.ok())
            .unwrap_or_default()
    }

    /// Keeps whoever the registry names from being nearer than the registry itself.
    async fn guard(&self, url: &Url, refusal: crate::model::observation::Withheld) -> Guard {
        if urls::origin_of(url).as_ref() == Some(self.base().await) {
            Guard::Any
        } else {
            Guard::NoNearerThan {
                registry: self.own_addresses().await,
                refusal,
            }
        }
    }
}

/// Whether plain HTTP may be what a failed https dial was missing.
fn worth_plain_http(dial: &Dial, port_named: bool) -> bool {
    let connected = dial.tcp.as_ref().is_some_and(|tcp| tcp.result.is_ok());
    let tls_failed = dial.tls.as_ref().is_some_and(|tls| tls.result.is_err());
    // On a named port a refused connection is refused to everybody.
    tls_failed || (dial.tcp.is_some() && !connected && !port_named)
}
