//! Chooses cluster, user and namespace from a merged kubeconfig and kubectl's flags. Reads no file and runs nothing.
//!
//! Source of the rules: client-go `tools/clientcmd/client_config.go` (`DirectClientConfig`: `getContext`, `getCluster`,
//! `getAuthInfo`) and `validation.go` (`validateClusterInfo`, `validateAuthInfo`).

use kube::config::{AuthInfo, Cluster, Kubeconfig};
use secrecy::{ExposeSecret as _, SecretString};

use super::connect::ConnectOptions;
use crate::error::Error;

/// What to connect to and as whom.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) context: Option<String>,
    /// Set by a flag or by the context.
    pub(super) namespace: Option<String>,
    pub(super) cluster_name: String,
    pub(super) user_name: String,
    pub(super) cluster: Cluster,
    pub(super) user: AuthInfo,
    /// What kubectl passes over in silence.
    pub(super) warnings: Vec<String>,
}

/// `None` when neither files nor flags name a server.
pub(super) fn choose(
    config: &Kubeconfig,
    options: &ConnectOptions,
) -> Result<Option<Chosen>, Error> {
    let mut chosen = Chosen::default();
    let context_name = given(options.context.as_ref()).or(given(config.current_context.as_ref()));
    let mut context = kube::config::Context::default();
    if let Some(name) = context_name {
        let Some(named) = config.contexts.iter().find(|named| named.name == *name) else {
            return Err(no_such_context(config, name));
        };
        chosen.context = Some(name.clone());
        context = named.context.clone().unwrap_or_default();
    }
    chosen.namespace = given(options.namespace.as_ref())
        .or(given(context.namespace.as_ref()))
        .cloned();
    choose_cluster(config, options, &context, &mut chosen)?;
    choose_user(config, options, &context, &mut chosen)?;
    if given(chosen.cluster.server.as_ref()).is_none() {
        return Ok(None);
    }
    check_cluster(&chosen)?;
    check_user(&chosen)?;
    Ok(Some(chosen))
}

fn choose_cluster(
    config: &Kubeconfig,
    options: &ConnectOptions,
    context: &kube::config::Context,
    chosen: &mut Chosen,
) -> Result<(), Error> {
    let by_flag = given(options.cluster.as_ref());
    let name = by_flag.or(given(Some(&context.cluster)));
    if let Some(name) = name {
        let found = config.clusters.iter().find(|named| named.name == *name);
        if found.is_none() && (by_flag.is_some() || given(options.server.as_ref()).is_none()) {
            let names = config.clusters.iter().map(|named| named.name.as_str());
            return Err(not_there("cluster", name, chosen.context.as_deref(), names));
        }
        chosen.cluster_name.clone_from(name);
        chosen.cluster = found
            .and_then(|named| named.cluster.clone())
            .unwrap_or_default();
    }
    let cluster = &mut chosen.cluster;
    let server_by_flag = given(options.server.as_ref());
    if let Some(server) = server_by_flag {
        cluster.server = Some(server.clone());
    }
    // A server from the command line has nothing to do with the name that the file expects in the certificate.
    if server_by_flag.is_some() || given(options.tls_server_name.as_ref()).is_some() {
        cluster.tls_server_name = given(options.tls_server_name.as_ref()).cloned();
    }
    if options.insecure_skip_tls_verify || options.certificate_authority.is_some() {
        cluster.insecure_skip_tls_verify = Some(options.insecure_skip_tls_verify);
        cluster.certificate_authority_data = None;
        cluster.certificate_authority = options.certificate_authority.as_deref().map(text_of);
    }
    Ok(())
}

fn choose_user(
    config: &Kubeconfig,
    options: &ConnectOptions,
    context: &kube::config::Context,
    chosen: &mut Chosen,
) -> Result<(), Error> {
    let by_flag = given(options.user.as_ref());
    let name = by_flag.or(given(context.user.as_ref()));
    if let Some(name) = name {
        let found = config.auth_infos.iter().find(|named| named.name == *name);
        if found.is_none() && by_flag.is_some() {
            let names = config.auth_infos.iter().map(|named| named.name.as_str());
            return Err(not_there("user", name, None, names));
        }
        if found.is_none() && given(options.token.as_ref()).is_none() {
            chosen.warnings.push(format!(
                "the kubeconfig has no user {name:?}, which the context names; going on without a login"
            ));
        }
        chosen.user_name.clone_from(name);
        chosen.user = found
            .and_then(|named| named.auth_info.clone())
            .unwrap_or_default();
    }
    let user = &mut chosen.user;
    if let Some(token) = given(options.token.as_ref()) {
        user.token = Some(SecretString::from(token.clone()));
        user.token_file = None;
    }
    if let Some(file) = &options.client_certificate {
        user.client_certificate = Some(text_of(file));
        user.client_certificate_data = None;
    }
    if let Some(file) = &options.client_key {
        user.client_key = Some(text_of(file));
        user.client_key_data = None;
    }
    if let Some(name) = given(options.r#as.as_ref()) {
        user.impersonate = Some(name.clone());
    }
    if let Some(uid) = given(options.as_uid.as_ref()) {
        user.impersonate_uid = Some(uid.clone());
    }
    if !options.as_group.is_empty() {
        user.impersonate_groups = Some(options.as_group.clone());
    }
    Ok(())
}

fn check_cluster(chosen: &Chosen) -> Result<(), Error> {
    let Chosen {
        cluster,
        cluster_name: name,
        ..
    } = chosen;
    let file = given(cluster.certificate_authority.as_ref()).is_some();
    let data = given(cluster.certificate_authority_data.as_ref()).is_some();
    if file && data {
        return Err(Error::failure(format!(
            "the cluster {name:?} of the kubeconfig has both certificate-authority and certificate-authority-data; kubectl refuses it as well"
        ))
        .hint("remove one of the two"));
    }
    if cluster.insecure_skip_tls_verify == Some(true) && (file || data) {
        return Err(Error::failure(format!(
            "the cluster {name:?} has a certificate authority and insecure-skip-tls-verify; kubectl refuses it as well"
        ))
        .hint("remove one of the two, or pass --insecure-skip-tls-verify or --certificate-authority, which overrides both"));
    }
    Ok(())
}

fn check_user(chosen: &Chosen) -> Result<(), Error> {
    let Chosen {
        user,
        user_name: name,
        ..
    } = chosen;
    let refuse = |reason: &str| {
        Err(Error::failure(format!(
            "the login of the user {name:?} {reason}"
        )))
    };
    let basic = given(user.username.as_ref()).is_some() || has_secret(user.password.as_ref());
    if has_secret(user.token.as_ref()) && basic {
        return refuse("has both a token and a password; only one is allowed");
    }
    let certificate = given(user.client_certificate.as_ref());
    let certificate_data = given(user.client_certificate_data.as_ref());
    let key = given(user.client_key.as_ref());
    let key_data = has_secret(user.client_key_data.as_ref());
    if certificate.is_some() && certificate_data.is_some() {
        return refuse("has both client-certificate and client-certificate-data");
    }
    if key.is_some() && key_data {
        return refuse("has both client-key and client-key-data");
    }
    if (certificate.is_some() || certificate_data.is_some()) && key.is_none() && !key_data {
        return refuse(
            "has a client certificate and no key for it (client-key or client-key-data)",
        );
    }
    if let Some(exec) = &user.exec {
        if user.auth_provider.is_some() {
            return refuse("has both an auth-provider and an exec plugin");
        }
        if given(exec.command.as_ref()).is_none() {
            return refuse("has an exec plugin without a command");
        }
        if given(exec.api_version.as_ref()).is_none() {
            return refuse("has an exec plugin without an apiVersion");
        }
    }
    let more_than_a_name = given(user.impersonate_uid.as_ref()).is_some()
        || user
            .impersonate_groups
            .as_ref()
            .is_some_and(|groups| !groups.is_empty())
        || user
            .impersonate_user_extra
            .as_ref()
            .is_some_and(|extra| !extra.is_empty());
    if more_than_a_name && given(user.impersonate.as_ref()).is_none() {
        return Err(Error::usage(
            "--as-group and --as-uid need --as: a group alone cannot be impersonated",
        ));
    }
    Ok(())
}

pub(super) fn has_secret(secret: Option<&SecretString>) -> bool {
    secret.is_some_and(|secret| !secret.expose_secret().is_empty())
}

/// A value that is there and not empty: kubeconfig treats both alike.
pub(super) fn given(value: Option<&String>) -> Option<&String> {
    value.filter(|value| !value.is_empty())
}

fn text_of(path: &std::path::Path) -> String {
    path.to_string_lossy().into_owned()
}

fn no_such_context(config: &Kubeconfig, name: &str) -> Error {
    let error = Error::failure(format!("the kubeconfig has no context {name:?}"));
    with_near_names(
        error,
        name,
        config.contexts.iter().map(|named| named.name.as_str()),
    )
}

fn not_there<'a>(
    what: &str,
    name: &str,
    context: Option<&str>,
    names: impl Iterator<Item = &'a str>,
) -> Error {
    let named_by = context.map_or_else(String::new, |context| format!(" (context {context:?})"));
    let error = Error::failure(format!("the kubeconfig has no {what} {name:?}{named_by}"));
    with_near_names(error, name, names)
}

/// How many names a hint lists.
const LISTED: usize = 5;
/// From which likeness on a name is offered as meant.
const NEAR: f64 = 0.75;

fn with_near_names<'a>(error: Error, wanted: &str, names: impl Iterator<Item = &'a str>) -> Error {
    let mut scored: Vec<(f64, &str)> = names
        .map(|name| (strsim::jaro_winkler(wanted, name), name))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    match scored.first() {
        None => error.hint("the kubeconfig is empty; log in with `oc login`, or set KUBECONFIG"),
        Some((likeness, nearest)) if *likeness >= NEAR => {
            error.hint(format!("did you mean {nearest:?}?"))
        }
        Some(_) => {
            let more = if scored.len() > LISTED { ", ..." } else { "" };
            let listed: Vec<&str> = scored.iter().take(LISTED).map(|(_, name)| *name).collect();
            error.hint(format!("there are: {}{more}", listed.join(", ")))
        }
    }
}
