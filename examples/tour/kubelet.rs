//! A kubelet in small: pulls what a pod asks for, with the pull secrets that admission gave it, and words a failure as
//! the runtimes do. It is here so that the cluster's side of the tour is no theatre: a pod runs when, and only when,
//! the registry gave its image to it.

use std::sync::{Arc, Weak};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use extreg_test_support::api::{Api, PodState};
use extreg_test_support::client::{Response, get};
use serde_json::Value;

/// From now on the fate of every pod is whether its image can be pulled, trusting `ca_pem`.
pub(crate) fn watch(api: &Arc<Api>, ca_pem: String) {
    let weak = Arc::downgrade(api);
    api.on_pod(move |pod| {
        let (weak, ca_pem, pod) = (Weak::clone(&weak), ca_pem.clone(), pod.clone());
        // On a thread of its own: the client blocks, and the server's thread must not.
        std::thread::spawn(move || fate(&weak, &ca_pem, &pod))
            .join()
            .unwrap_or_else(|_| PodState::waiting("ErrImagePull", "the kubelet broke"))
    });
}

fn fate(api: &Weak<Api>, ca_pem: &str, pod: &Value) -> PodState {
    let image = pod["spec"]["containers"][0]["image"]
        .as_str()
        .unwrap_or_default();
    let Some(api) = api.upgrade() else {
        return PodState::running();
    };
    match pull(&api, ca_pem, pod, image) {
        Ok(()) => PodState::running(),
        Err(words) => {
            PodState::pull_failed(image, &format!("rpc error: code = Unknown desc = {words}"))
        }
    }
}

/// Asks for the manifest with each login that fits, or with none, as the kubelet does.
fn pull(api: &Api, ca_pem: &str, pod: &Value, image: &str) -> Result<(), String> {
    let (host, rest) = image.split_once('/').ok_or("invalid reference format")?;
    let (repository, tag) = rest.rsplit_once(':').unwrap_or((rest, "latest"));
    let mut logins: Vec<Option<(String, String)>> =
        logins_for(api, pod, host).into_iter().map(Some).collect();
    if logins.is_empty() {
        logins.push(None);
    }
    let mut words = String::new();
    for login in logins {
        match manifest(ca_pem, host, repository, tag, login.as_ref()) {
            Ok(()) => return Ok(()),
            Err(reason) => {
                words = format!("reading manifest {tag} in {host}/{repository}: {reason}");
            }
        }
    }
    Err(words)
}

/// The logins of the pod's pull secrets whose key is exactly the registry: all that this kubelet understands.
fn logins_for(api: &Api, pod: &Value, host: &str) -> Vec<(String, String)> {
    let names = pod["spec"]["imagePullSecrets"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    let namespace = pod["metadata"]["namespace"].as_str().unwrap_or_default();
    names
        .iter()
        .filter_map(|entry| api.get("secrets", namespace, entry["name"].as_str()?))
        .filter_map(|secret| {
            let config = STANDARD
                .decode(secret["data"][".dockerconfigjson"].as_str()?)
                .ok()?;
            let config: Value = serde_json::from_slice(&config).ok()?;
            let auth = STANDARD
                .decode(config["auths"][host]["auth"].as_str()?)
                .ok()?;
            let auth = String::from_utf8(auth).ok()?;
            let (user, password) = auth.split_once(':')?;
            Some((user.to_owned(), password.to_owned()))
        })
        .collect()
}

fn manifest(
    ca_pem: &str,
    host: &str,
    repository: &str,
    tag: &str,
    login: Option<&(String, String)>,
) -> Result<(), String> {
    let url = format!("https://{host}/v2/{repository}/manifests/{tag}");
    let accept = "application/vnd.oci.image.manifest.v1+json";
    let ask = |bearer: Option<&str>| {
        let request = get(&url).trust(ca_pem).header("Accept", accept);
        let request = match bearer {
            Some(token) => request.bearer(token),
            None => request,
        };
        request.try_send()
    };
    let mut answer = ask(None)?;
    if answer.status == 401 && answer.challenge().starts_with("Bearer") {
        let token = token(ca_pem, &answer, repository, login)?;
        answer = ask(Some(&token))?;
    }
    match answer.status {
        200 => Ok(()),
        401 | 403 => Err("unauthorized: authentication required".to_owned()),
        404 => Err("manifest unknown".to_owned()),
        status => Err(format!("received unexpected HTTP status: {status}")),
    }
}

fn token(
    ca_pem: &str,
    challenge: &Response,
    repository: &str,
    login: Option<&(String, String)>,
) -> Result<String, String> {
    let header = challenge.challenge();
    let param = |name: &str| {
        let from = header.find(&format!("{name}=\""))? + name.len() + 2;
        Some(header[from..].split('"').next()?.to_owned())
    };
    let realm = param("realm").ok_or("missing realm in bearer auth challenge")?;
    let service = param("service").unwrap_or_default();
    let request = get(format!(
        "{realm}?service={service}&scope=repository:{repository}:pull"
    ))
    .trust(ca_pem);
    let request = match login {
        Some((user, password)) => request.basic(user, password),
        None => request,
    };
    let answer = request.try_send()?;
    if answer.status != 200 {
        return Err("unauthorized: authentication required".to_owned());
    }
    let json = answer.json();
    Ok(json["token"]
        .as_str()
        .or_else(|| json["access_token"].as_str())
        .unwrap_or_default()
        .to_owned())
}
