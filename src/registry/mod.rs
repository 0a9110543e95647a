//! All talk to registries: dialling in stages, HTTP exchanges, logins, manifests, tags, blobs, the push probe.
//!
//! Never judges: it returns [`crate::model::observation`]s. The rules of politeness and safety are kept here, in one place:
//! pull scope only, redirects by hand, credentials to the registry and its realm and nowhere else, one refused login at
//! most, bounded bodies, one deadline.

use std::time::{Duration, Instant};

use crate::model::credential::Credential;
use crate::model::dialect::Dialect;
use crate::model::endpoint::Endpoint;
use crate::model::observation::{
    BlobView, Descriptor, Dial, Login, ManifestView, Ping, PushView, Tags,
};
use crate::model::proxy::ProxyRules;
use crate::model::trust::RootStore;

/// How to talk to one registry in one run.
pub struct Options {
    /// Certificates that a connection may rely on: this machine's store, `--registry-ca`, the cluster's.
    pub roots: RootStore,
    /// `--plain-http`: HTTP, and credentials over it.
    pub plain_http: bool,
    /// The cluster's `insecureRegistries` holds for it: an untrusted chain is noted and not fatal; credentials are still
    /// withheld from plain HTTP.
    pub accept_untrusted: bool,
    pub proxy: ProxyRules,
    /// When the run ends, whatever is under way.
    pub deadline: Instant,
    /// Budget of one step (DNS 3 s, TCP 4 s, TLS 4 s, HTTP 8 s by default).
    pub budgets: Budgets,
}

/// What each stage may take at most.
#[derive(Debug, Clone, Copy)]
pub struct Budgets {
    pub dns: Duration,
    pub tcp: Duration,
    pub tls: Duration,
    pub http: Duration,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            dns: Duration::from_secs(3),
            tcp: Duration::from_secs(4),
            tls: Duration::from_secs(4),
            http: Duration::from_secs(8),
        }
    }
}

/// One registry. Connections, tokens (one a repository and credential) and identical answers are shared by all callers.
pub struct Registry {
    _private: (),
}

/// A client that cannot be made (unusable CA, malformed proxy URL).
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct SetupError(pub String);

impl Registry {
    /// `credentials` is the run's list; calls name one by its index.
    pub fn new(
        endpoint: Endpoint,
        credentials: Vec<Credential>,
        options: Options,
    ) -> Result<Self, SetupError> {
        todo!("{endpoint:?} {credentials:?} {}", options.plain_http)
    }
    /// DNS, TCP, proxy, TLS, each with its own result and time. Runs once; later calls get the same.
    pub async fn dial(&self) -> Dial {
        todo!()
    }
    /// GET `/v2/` without credentials. Runs once.
    pub async fn ping(&self) -> Ping {
        todo!()
    }
    /// The dialect, after the ping.
    pub async fn dialect(&self) -> Dialect {
        todo!()
    }
    /// Whether the credential is good, by the one call that proves it for this dialect. Runs once a credential.
    pub async fn login(&self, credential: usize) -> Login {
        todo!("{credential}")
    }
    /// GET of a manifest by tag or digest with the full Accept list, as `credential` or anonymous (`None`).
    pub async fn manifest(
        &self,
        repository: &str,
        selector: &str,
        credential: Option<usize>,
    ) -> ManifestView {
        todo!("{repository} {selector} {credential:?}")
    }
    /// `tags/list`, at most `limit` tags.
    pub async fn tags(&self, repository: &str, credential: Option<usize>, limit: usize) -> Tags {
        todo!("{repository} {credential:?} {limit}")
    }
    /// Whether a blob is there (HEAD, GET of one byte range where HEAD is not spoken), following the redirect by hand.
    pub async fn blob(
        &self,
        repository: &str,
        blob: &Descriptor,
        credential: Option<usize>,
    ) -> BlobView {
        todo!("{repository} {blob:?} {credential:?}")
    }
    /// The push probe (opt-in): what [`Dialect`]'s traits say leaves least behind; cancels what it opened.
    pub async fn push(&self, repository: &str, credential: Option<usize>) -> PushView {
        todo!("{repository} {credential:?}")
    }
    /// All exchanges so far, in the order in which they began.
    pub fn exchanges(&self) -> Vec<crate::model::observation::Exchange> {
        todo!()
    }
}
