//! From kubeconfig, flags and environment to a connected [`Cluster`], as kubectl reads them.

use std::path::PathBuf;
use std::time::Duration;

use super::Cluster;
use crate::env::Env;
use crate::error::Error;

/// kubectl's own flags, with kubectl's meaning.
#[derive(Debug, Clone, Default)]
pub struct ConnectOptions {
    pub kubeconfig: Option<PathBuf>,
    pub context: Option<String>,
    pub cluster: Option<String>,
    pub user: Option<String>,
    pub namespace: Option<String>,
    pub server: Option<String>,
    pub tls_server_name: Option<String>,
    pub token: Option<String>,
    pub r#as: Option<String>,
    pub as_uid: Option<String>,
    pub as_group: Vec<String>,
    pub certificate_authority: Option<PathBuf>,
    pub client_certificate: Option<PathBuf>,
    pub client_key: Option<PathBuf>,
    pub insecure_skip_tls_verify: bool,
    /// `None` or zero: no limit.
    pub request_timeout: Option<Duration>,
}

/// Connects: reads the kubeconfig, runs an exec plugin under a timeout, decides the proxy by Go's rules. No request yet.
pub async fn connect(env: &Env, options: &ConnectOptions) -> Result<Cluster, Error> {
    todo!("{env:?} {options:?}")
}

/// The login of another context (`--from-context`): its server and its bearer token, for the registry of that OpenShift.
pub async fn login_of_context(
    env: &Env,
    options: &ConnectOptions,
    context: &str,
) -> Result<ContextLogin, Error> {
    todo!("{env:?} {options:?} {context}")
}

/// What another context logs in with.
pub struct ContextLogin {
    pub server: String,
    pub token: secrecy::SecretString,
}
