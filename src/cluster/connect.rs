//! From kubeconfig, flags and environment to a connected [`Cluster`], as kubectl reads them.
//!
//! Of kube the types of the kubeconfig are used. Its own loading and its client are not: they read `NO_PROXY` wrongly, obey
//! `KUBE_RS_DEBUG_*`, retry in silence and run credential plugins without a time limit.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::choose::{self, Chosen, given};
use super::exec::{Plugin, Waiting};
use super::login::Source;
use super::session::{Session, Target};
use super::{Cluster, in_cluster, kubeconfig, login, material, proxy};
use crate::env::Env;
use crate::error::Error;

/// How long a credential plugin may take that does not talk to the user.
pub(super) const EXEC_TIMEOUT: Duration = Duration::from_secs(30);
/// How long the connection, TLS included, may take (client-go's dialler has as long without TLS).
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

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

/// What a caller may set beside kubectl's flags.
#[derive(Clone)]
pub struct Hooks {
    /// The limit of a credential plugin: 30 s unless set here, and 5 minutes when it talks to the user.
    pub exec_timeout: Option<Duration>,
    /// Called with the plugin's command when it has been waited for longer than two seconds.
    pub waiting: Option<Waiting>,
    /// A credential plugin writes nothing to the user's standard error, and asks the user nothing.
    pub silent: bool,
    /// Where a pod finds `token`, `ca.crt` and `namespace`.
    pub service_account: PathBuf,
}

impl Default for Hooks {
    fn default() -> Self {
        Self {
            exec_timeout: None,
            waiting: None,
            silent: false,
            service_account: PathBuf::from("/var/run/secrets/kubernetes.io/serviceaccount"),
        }
    }
}

/// Connects: reads the kubeconfig, runs an exec plugin under a timeout, decides the proxy by Go's rules. No request yet.
pub async fn connect(env: &Env, options: &ConnectOptions) -> Result<Cluster, Error> {
    connect_with(env, options, &Hooks::default()).await
}

/// The same with [`Hooks`].
pub async fn connect_with(
    env: &Env,
    options: &ConnectOptions,
    hooks: &Hooks,
) -> Result<Cluster, Error> {
    let mut chosen = chosen(env, options, hooks)?;
    let authority = material::authority(&env.cwd, &chosen)?;
    let server = in_cluster::server_url(&chosen, authority.is_some())?;
    let proxy = proxy::for_server(env, &chosen, &server)?;
    let plugin = Plugin::of(
        env,
        hooks,
        &chosen,
        authority.as_ref().map(|ca| ca.pem.as_slice()),
    );
    let source = Source::of(env, &chosen.user, plugin);
    let identity = material::identity(&env.cwd, &chosen)?;
    let target = Target {
        context: chosen.context.take(),
        namespace: chosen.namespace.take().unwrap_or_else(|| "default".into()),
        server,
        roots: authority.map(|ca| ca.roots),
        insecure: chosen.cluster.insecure_skip_tls_verify == Some(true),
        tls_server_name: given(chosen.cluster.tls_server_name.as_ref()).cloned(),
        proxy,
        user: chosen.user,
        identity,
        request_timeout: options.request_timeout.filter(|limit| !limit.is_zero()),
    };
    Ok(Cluster::of(
        Session::open(target, source, chosen.warnings).await?,
    ))
}

/// Whether files, flags or the pod name an API server at all, so that a caller for whom a cluster is optional can go on
/// without. What is there and wrong counts as configured: [`connect`] has the words for it.
pub fn is_configured(env: &Env, options: &ConnectOptions) -> bool {
    kubeconfig::load(env, options.kubeconfig.as_deref())
        .and_then(|loaded| choose::choose(&loaded.config, options))
        .map_or(true, |chosen| {
            chosen.is_some() || in_cluster::is_possible(env, &Hooks::default())
        })
}

/// The names in the kubeconfig.
#[derive(Debug, Default)]
pub struct Names {
    pub contexts: Vec<String>,
    pub clusters: Vec<String>,
    pub users: Vec<String>,
    /// The namespaces of the contexts, each once for every context that has it.
    pub namespaces: Vec<String>,
}

/// What the kubeconfig names; nothing where it cannot be read.
pub fn names(env: &Env, options: &ConnectOptions) -> Names {
    let Ok(loaded) = kubeconfig::load(env, options.kubeconfig.as_deref()) else {
        return Names::default();
    };
    let config = loaded.config;
    let of_context = |named: &kube::config::NamedContext| named.context.as_ref()?.namespace.clone();
    Names {
        namespaces: config.contexts.iter().filter_map(of_context).collect(),
        contexts: config.contexts.into_iter().map(|it| it.name).collect(),
        clusters: config.clusters.into_iter().map(|it| it.name).collect(),
        users: config.auth_infos.into_iter().map(|it| it.name).collect(),
    }
}

/// kubeconfig and flags first; the pod's own configuration when they name no server (client-go
/// `DeferredLoadingClientConfig`).
fn chosen(env: &Env, options: &ConnectOptions, hooks: &Hooks) -> Result<Chosen, Error> {
    let loaded = kubeconfig::load(env, options.kubeconfig.as_deref())?;
    match choose::choose(&loaded.config, options)? {
        Some(mut chosen) => {
            if chosen.namespace.is_none() && in_cluster::is_possible(env, hooks) {
                chosen.namespace = in_cluster::namespace(env, hooks);
            }
            Ok(chosen)
        }
        None if in_cluster::is_possible(env, hooks) => in_cluster::chosen(env, options, hooks),
        None => Err(nothing_configured(&loaded)),
    }
}

fn nothing_configured(loaded: &kubeconfig::Loaded) -> Error {
    let contexts: Vec<&str> = loaded
        .config
        .contexts
        .iter()
        .take(5)
        .map(|named| named.name.as_str())
        .collect();
    if !contexts.is_empty() {
        return Error::failure("the kubeconfig has no current context").hint(format!(
            "choose one with --context; there are: {}",
            contexts.join(", ")
        ));
    }
    let files: Vec<String> = loaded
        .looked_in
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    let message = if files.is_empty() {
        "no cluster is configured: neither KUBECONFIG nor a home directory is set".to_owned()
    } else if loaded.any_read {
        format!("no cluster is configured: {} names none", files.join(", "))
    } else {
        format!("no cluster is configured: there is no {}", files.join(", "))
    };
    Error::failure(message)
        .hint("log in with `oc login`")
        .hint("or set KUBECONFIG, or pass --kubeconfig FILE")
}

/// The login of another context (`--from-context`): its server and its bearer token, for the registry of that OpenShift.
pub async fn login_of_context(
    env: &Env,
    options: &ConnectOptions,
    context: &str,
) -> Result<ContextLogin, Error> {
    login_of_context_with(env, options, context, &Hooks::default()).await
}

/// The same with [`Hooks`].
pub async fn login_of_context_with(
    env: &Env,
    options: &ConnectOptions,
    context: &str,
    hooks: &Hooks,
) -> Result<ContextLogin, Error> {
    // Flags that choose this run's server or user must not leak into the other login.
    let options = ConnectOptions {
        kubeconfig: options.kubeconfig.clone(),
        context: Some(context.to_owned()),
        ..ConnectOptions::default()
    };
    let loaded = kubeconfig::load(env, options.kubeconfig.as_deref())?;
    let Some(chosen) = choose::choose(&loaded.config, &options)? else {
        return Err(Error::failure(format!(
            "the context {context:?} names no server"
        )));
    };
    let authority = material::authority(&env.cwd, &chosen)?;
    let server = in_cluster::server_url(&chosen, authority.is_some())?;
    let plugin = Plugin::of(
        env,
        hooks,
        &chosen,
        authority.as_ref().map(|ca| ca.pem.as_slice()),
    );
    let login = Source::of(env, &chosen.user, plugin)
        .login(&chosen.user)
        .await?;
    let token = login::bearer_token(&login).ok_or_else(|| {
        Error::failure(format!(
            "the context {context:?} does not log in with a token"
        ))
        .hint(format!(
            "log in to it with `oc login {server}`; its token is then what `oc whoami -t` prints"
        ))
        .hint("or pass a token with --registry-token-stdin")
    })?;
    Ok(ContextLogin {
        server: server.to_string().trim_end_matches('/').to_owned(),
        token,
    })
}

/// What another context logs in with.
pub struct ContextLogin {
    pub server: String,
    pub token: SecretString,
}
