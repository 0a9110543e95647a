//! Runs the credential plugin of a kubeconfig user (`oc get-token`, `aws eks get-token`, ...), under a time limit.
//!
//! Source of the protocol: client-go `plugin/pkg/client/auth/exec/exec.go` and the `client.authentication.k8s.io` API.
//! What the plugin writes to standard output is never shown, whatever it is: it may be the credential. Its standard error
//! goes to the user's, as kubectl lets it.

use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use kube::config::{ExecConfig, ExecInteractiveMode};
use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;

use super::choose::{Chosen, given};
use super::connect::Hooks;
use crate::env::Env;
use crate::error::Error;

/// More than this much output is no credential.
const OUTPUT_LIMIT: u64 = 1024 * 1024;
/// After this time the user hears that a plugin is being waited for.
const SAY_SO_AFTER: Duration = Duration::from_secs(2);
/// The limit of a plugin that talks to the user, who may have to find a second factor.
const INTERACTIVE_LIMIT: Duration = Duration::from_secs(300);

/// A plugin, ready to be run as often as a new credential is needed.
#[derive(Clone)]
pub(super) struct Plugin {
    config: ExecConfig,
    /// `spec.cluster` of its input, where it asks for it.
    cluster: Option<Value>,
    env: Env,
    hooks: Hooks,
}

/// What a plugin answered with.
pub(super) struct Answer {
    pub(super) token: Option<SecretString>,
    /// Client certificate and key in PEM.
    pub(super) identity: Option<(String, SecretString)>,
}

impl Plugin {
    pub(super) fn of(env: &Env, hooks: &Hooks, chosen: &Chosen, ca: Option<&[u8]>) -> Option<Self> {
        let config = chosen.user.exec.clone()?;
        let cluster = config
            .provide_cluster_info
            .then(|| cluster_info(chosen, ca));
        Some(Self {
            config,
            cluster,
            env: env.clone(),
            hooks: hooks.clone(),
        })
    }

    fn command(&self) -> &str {
        self.config.command.as_deref().unwrap_or_default()
    }

    /// Runs it once.
    pub(super) async fn run(&self) -> Result<Answer, Error> {
        let interactive = self.is_interactive()?;
        let limit = self.hooks.exec_timeout.unwrap_or(if interactive {
            INTERACTIVE_LIMIT
        } else {
            super::connect::EXEC_TIMEOUT
        });
        let mut running = std::pin::pin!(tokio::time::timeout(limit, self.output(interactive)));
        let finished = tokio::select! {
            finished = &mut running => finished,
            () = tokio::time::sleep(SAY_SO_AFTER) => {
                if let Some(waiting) = &self.hooks.waiting {
                    waiting(self.command());
                }
                running.await
            }
        };
        let output = finished.map_err(|_| {
            Error::failure(format!(
                "the credential plugin {:?} of the kubeconfig did not answer within {} s",
                self.command(),
                limit.as_secs_f32()
            ))
            .hint("run `oc whoami` or `kubectl auth whoami`: the plugin may be waiting for you to log in")
        })??;
        self.read(&output)
    }

    /// Whether the plugin may ask the user: client-go `isInteractive`.
    fn is_interactive(&self) -> Result<bool, Error> {
        let terminal = self.env.terminal.stdin && !self.hooks.silent;
        match self.config.interactive_mode {
            Some(ExecInteractiveMode::Never) => Ok(false),
            Some(ExecInteractiveMode::IfAvailable) | None => Ok(terminal),
            Some(ExecInteractiveMode::Always) if terminal => Ok(true),
            Some(ExecInteractiveMode::Always) => Err(Error::failure(format!(
                "the credential plugin {:?} of the kubeconfig has to ask you, and standard input is not a terminal",
                self.command()
            ))),
        }
    }

    async fn output(&self, interactive: bool) -> Result<Vec<u8>, Error> {
        let mut input = json!({
            "kind": "ExecCredential",
            "apiVersion": self.config.api_version,
            "spec": { "interactive": interactive },
        });
        if let Some(cluster) = &self.cluster {
            input["spec"]["cluster"] = cluster.clone();
        }
        let mut command = tokio::process::Command::new(self.command());
        command
            .args(self.config.args.iter().flatten())
            .current_dir(&self.env.cwd)
            .env_clear()
            .envs(&self.env.vars)
            .envs(
                self.config
                    .env
                    .iter()
                    .flatten()
                    .filter_map(|variable| Some((variable.get("name")?, variable.get("value")?))),
            )
            .env("KUBERNETES_EXEC_INFO", input.to_string())
            .stdin(if interactive {
                Stdio::inherit()
            } else {
                Stdio::null()
            })
            .stdout(Stdio::piped())
            .stderr(if self.hooks.silent {
                Stdio::null()
            } else {
                Stdio::inherit()
            })
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|error| self.not_started(&error))?;
        let mut output = Vec::new();
        if let Some(stdout) = child.stdout.take() {
            stdout
                .take(OUTPUT_LIMIT)
                .read_to_end(&mut output)
                .await
                .map_err(|error| self.failed(&error.to_string()))?;
        }
        let status = child
            .wait()
            .await
            .map_err(|error| self.failed(&error.to_string()))?;
        match status.code() {
            Some(0) => Ok(output),
            Some(code) => Err(self.failed(&format!("exit status {code}"))),
            None => Err(self.failed("it was ended by a signal")),
        }
    }

    fn not_started(&self, error: &std::io::Error) -> Error {
        if error.kind() != std::io::ErrorKind::NotFound {
            return self.failed(&error.to_string());
        }
        let error = Error::failure(format!(
            "the kubeconfig logs in with the credential plugin {:?}, which is not installed",
            self.command()
        ));
        match given(self.config.install_hint.as_ref()) {
            Some(hint) => error.hint(crate::ui::sanitize_line(hint, 500)),
            None => error,
        }
    }

    fn failed(&self, how: &str) -> Error {
        Error::failure(format!(
            "the credential plugin {:?} of the kubeconfig failed: {how}",
            self.command()
        ))
        .hint("what it wrote to standard error stands above; its output is not shown, since it may hold a credential")
    }

    /// Reads the ExecCredential that it printed: client-go `Authenticator.refreshCredsLocked`.
    fn read(&self, output: &[u8]) -> Result<Answer, Error> {
        let refuse = |what: &str| {
            Err(Error::failure(format!(
                "the credential plugin {:?} of the kubeconfig {what}",
                self.command()
            )))
        };
        let Ok(answer) = serde_json::from_slice::<Value>(output) else {
            return refuse("answered with something that is not an ExecCredential");
        };
        let version = answer["apiVersion"].as_str().unwrap_or_default();
        let expected = self.config.api_version.as_deref().unwrap_or_default();
        if version != expected {
            return refuse(&format!(
                "answered in another version than the kubeconfig asks for ({expected})"
            ));
        }
        let status = &answer["status"];
        if !status.is_object() {
            return refuse("answered without a credential (no status)");
        }
        let text = |name: &str| {
            status[name]
                .as_str()
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
        };
        let token = text("token").map(SecretString::from);
        let identity = match (text("clientCertificateData"), text("clientKeyData")) {
            (Some(certificate), Some(key)) => Some((certificate, SecretString::from(key))),
            (None, None) => None,
            _ => return refuse("answered with a certificate or a key, and not with both"),
        };
        if token.is_none() && identity.is_none() {
            return refuse("answered with neither a token nor a certificate");
        }
        Ok(Answer { token, identity })
    }
}

/// `spec.cluster`: client-go `pkg/apis/clientauthentication` `Cluster`, with the extension
/// `client.authentication.k8s.io/exec` of the kubeconfig's cluster as `config`.
fn cluster_info(chosen: &Chosen, ca: Option<&[u8]>) -> Value {
    let cluster = &chosen.cluster;
    let mut info = json!({ "server": cluster.server });
    if let Some(name) = given(cluster.tls_server_name.as_ref()) {
        info["tls-server-name"] = json!(name);
    }
    if cluster.insecure_skip_tls_verify == Some(true) {
        info["insecure-skip-tls-verify"] = json!(true);
    }
    if let Some(ca) = ca {
        let encoded = base64::engine::general_purpose::STANDARD.encode(ca);
        info["certificate-authority-data"] = json!(encoded);
    }
    if let Some(proxy) = given(cluster.proxy_url.as_ref()) {
        info["proxy-url"] = json!(proxy);
    }
    let extension = cluster
        .extensions
        .iter()
        .flatten()
        .find(|extension| extension.name == "client.authentication.k8s.io/exec");
    if let Some(extension) = extension {
        info["config"] = extension.extension.clone();
    }
    info
}

/// Says that a plugin is being waited for; called with its command.
pub(super) type Waiting = Arc<dyn Fn(&str) + Send + Sync>;
