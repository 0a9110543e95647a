//! The API server from inside a pod, and the address of the server in general.
//!
//! Sources: client-go `rest/config.go` `InClusterConfig`, `tools/clientcmd/client_config.go` `inClusterClientConfig`,
//! `rest/url_utils.go` `DefaultServerURL`.

use http::Uri;
use kube::config::{AuthInfo, Cluster};
use secrecy::SecretString;

use super::choose::{Chosen, given};
use super::connect::{ConnectOptions, Hooks};
use crate::env::Env;
use crate::error::Error;

/// Whether this is a pod with a service account token.
pub(super) fn is_possible(env: &Env, hooks: &Hooks) -> bool {
    env.var("KUBERNETES_SERVICE_HOST").is_some()
        && env.var("KUBERNETES_SERVICE_PORT").is_some()
        && hooks.service_account.join("token").is_file()
}

/// The pod's namespace.
pub(super) fn namespace(env: &Env, hooks: &Hooks) -> Option<String> {
    if let Some(namespace) = env.var("POD_NAMESPACE") {
        return Some(namespace.to_owned());
    }
    let text = std::fs::read_to_string(hooks.service_account.join("namespace")).ok()?;
    Some(text.trim().to_owned()).filter(|namespace| !namespace.is_empty())
}

/// The pod's own configuration. Of the flags, token, certificate authority, namespace and impersonation count (with
/// `--server` the flags alone decide, as in kubectl). kubectl drops impersonation here, which acts with more rights than
/// asked for; this tool does not.
pub(super) fn chosen(env: &Env, options: &ConnectOptions, hooks: &Hooks) -> Result<Chosen, Error> {
    let host = env.var("KUBERNETES_SERVICE_HOST").unwrap_or_default();
    let port = env.var("KUBERNETES_SERVICE_PORT").unwrap_or_default();
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let ca = hooks.service_account.join("ca.crt");
    // Without the file the machine's own store decides, as in client-go.
    let ca = ca.is_file().then(|| ca.to_string_lossy().into_owned());
    let user = if let Some(token) = given(options.token.as_ref()) {
        AuthInfo {
            token: Some(SecretString::from(token.clone())),
            ..AuthInfo::default()
        }
    } else {
        let file = hooks.service_account.join("token");
        AuthInfo {
            token_file: Some(file.to_string_lossy().into_owned()),
            ..AuthInfo::default()
        }
    };
    let groups_without_user =
        options.r#as.is_none() && (!options.as_group.is_empty() || options.as_uid.is_some());
    if groups_without_user {
        return Err(Error::usage(
            "--as-group and --as-uid need --as: a group alone cannot be impersonated",
        ));
    }
    Ok(Chosen {
        context: None,
        namespace: given(options.namespace.as_ref())
            .cloned()
            .or_else(|| namespace(env, hooks)),
        cluster_name: "in-cluster".into(),
        user_name: "in-cluster".into(),
        cluster: Cluster {
            server: Some(format!("https://{host}:{port}")),
            certificate_authority: options
                .certificate_authority
                .as_ref()
                .map(|file| file.to_string_lossy().into_owned())
                .or(ca.filter(|_| !options.insecure_skip_tls_verify)),
            insecure_skip_tls_verify: Some(options.insecure_skip_tls_verify),
            tls_server_name: options.tls_server_name.clone(),
            ..Cluster::default()
        },
        user: AuthInfo {
            impersonate: options.r#as.clone(),
            impersonate_uid: options.as_uid.clone(),
            impersonate_groups: Some(options.as_group.clone()).filter(|groups| !groups.is_empty()),
            ..user
        },
        warnings: Vec::new(),
    })
}

/// The server's address. Without a scheme it is https when the kubeconfig has anything for TLS, else http, as client-go
/// has it; user name, query and fragment are dropped.
pub(super) fn server_url(chosen: &Chosen, has_ca: bool) -> Result<Uri, Error> {
    let text = chosen.cluster.server.as_deref().unwrap_or_default().trim();
    let has_certificate = given(chosen.user.client_certificate.as_ref()).is_some()
        || given(chosen.user.client_certificate_data.as_ref()).is_some();
    let insecure = chosen.cluster.insecure_skip_tls_verify == Some(true);
    let default = if has_ca || has_certificate || insecure {
        "https"
    } else {
        "http"
    };
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("{default}://{text}")
    };
    parse(&full).ok_or_else(|| {
        Error::failure(format!(
            "the cluster {:?} has a server address that is no URL: {}",
            chosen.cluster_name,
            crate::ui::sanitize_line(text, 200)
        ))
        .hint("it has to look like https://api.example.com:6443")
    })
}

fn parse(text: &str) -> Option<Uri> {
    let uri: Uri = text.parse().ok()?;
    let scheme = uri
        .scheme_str()
        .filter(|scheme| matches!(*scheme, "http" | "https"))?;
    let host = uri.host().filter(|host| !host.is_empty())?;
    let authority = match uri.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    };
    Uri::builder()
        .scheme(scheme)
        .authority(authority)
        .path_and_query(uri.path())
        .build()
        .ok()
}
