//! A node's pull: the kubelet tries its credentials one after the other, the runtime words what went wrong.
//!
//! Sources: kubelet `pkg/kubelet/images/image_manager.go` and `pkg/kubelet/kuberuntime/kuberuntime_image.go`; containerd
//! `core/remotes/docker/{resolver,authorizer}.go`; containers/image `docker/{docker_client,docker_image_src,errors}.go`
//! as CRI-O uses it.

use serde_json::Value;

use super::image::{Answer, Had, Talk, Trouble};
use super::name::Name;
use super::secrets::{self, Login};
use super::settings::Settings;
use super::wire::Wire;
use super::{Machines, Runtime};

/// Pulls for one pod.
pub(crate) struct Puller<'a> {
    pub(crate) machines: &'a Machines,
    pub(crate) settings: &'a Settings,
    /// The pod's pull secrets that exist, in its order.
    pub(crate) secrets: &'a [Value],
}

/// An image that is on the node now.
#[derive(Debug, Clone)]
pub(crate) struct Pulled {
    /// `imageID` of the container's status.
    pub(crate) image_id: String,
    pub(crate) size: u64,
}

/// Reason and message of a container that waits for its image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) reason: String,
    pub(crate) message: String,
    /// The kubelet had come to the pull: there is an event `Pulling`, and one with the words.
    pub(crate) pulling: bool,
}

impl Puller<'_> {
    /// Pulls one image, always.
    pub(crate) fn pull(&self, image: &str) -> Result<Pulled, Refused> {
        let name = Name::parse(image).map_err(|words| Refused {
            reason: "InvalidImageName".to_owned(),
            message: format!(
                "Failed to apply default image tag {image:?}: couldn't parse image reference {image:?}: {words}"
            ),
            pulling: false,
        })?;
        let node = self.settings.node_secret.as_ref();
        let logins =
            secrets::logins(self.secrets, node, &name.bare()).map_err(|words| Refused {
                // The kubelet takes the error itself for the reason.
                reason: words.clone(),
                message: words,
                pulling: false,
            })?;
        let attempts: Vec<Option<&Login>> = if logins.is_empty() {
            vec![None]
        } else {
            logins.iter().map(Some).collect()
        };
        let mut errors: Vec<String> = Vec::new();
        for login in attempts {
            match self.runtime_pull(&name, login) {
                Ok(had) => {
                    return Ok(Pulled {
                        image_id: name.by_digest(&had.digest),
                        size: had.size,
                    });
                }
                Err(words) if errors.contains(&words) => {}
                Err(words) => errors.push(words),
            }
        }
        let words = match errors.as_slice() {
            [only] => only.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        Err(refused(image, words))
    }

    fn runtime_pull(&self, name: &Name, login: Option<&Login>) -> Result<Had, String> {
        match self.machines.runtime {
            Runtime::Containerd => self
                .ask(name, login)
                .map_err(|trouble| containerd(&trouble, name)),
            Runtime::CriO => self.crio_pull(name, login),
        }
    }

    fn ask(&self, name: &Name, login: Option<&Login>) -> Result<Had, Trouble> {
        let roots = self.settings.roots(&self.machines.roots, &name.registry);
        let wire = Wire {
            machines: self.machines,
            roots: &roots,
            insecure: Settings::lists(&self.settings.insecure, name),
        };
        Talk::open(&wire, name, login)?.pull(true, false)
    }

    /// Policy, mirrors, the source; a mirror gets no login but the node's own.
    fn crio_pull(&self, name: &Name, login: Option<&Login>) -> Result<Had, String> {
        let full = name.full();
        let allowed = &self.settings.allowed;
        if !allowed.is_empty() && !Settings::lists(allowed, name) {
            return Err(format!(
                "SignatureValidationFailed: Source image rejected: Running image docker://{full} is rejected by policy."
            ));
        }
        let mut failures: Vec<(Name, String)> = Vec::new();
        for source in self.settings.sources(name) {
            if Settings::lists(&self.settings.blocked, &source) {
                let words = format!(
                    "registry {} is blocked in /etc/containers/registries.conf or /etc/containers/registries.conf.d",
                    source.bare()
                );
                failures.push((source, words));
                continue;
            }
            let own;
            let login = if source == *name {
                login
            } else {
                let node = self.settings.node_secret.as_ref();
                let found = secrets::logins(&[], node, &source.bare()).unwrap_or_default();
                own = found.into_iter().next();
                own.as_ref()
            };
            match self.ask(&source, login) {
                Ok(had) => return Ok(had),
                Err(trouble) => {
                    let words = containers_image(&trouble, &source);
                    failures.push((source, words));
                }
            }
        }
        let words = match failures.split_last() {
            Some(((_, words), [])) => words.clone(),
            Some(((last, words), mirrors)) => {
                let extras: Vec<String> = mirrors
                    .iter()
                    .map(|(mirror, words)| format!("[{}: {words}]", mirror.full()))
                    .collect();
                format!(
                    "(Mirrors also failed: {}): {}: {words}",
                    extras.join("\n"),
                    last.full()
                )
            }
            None => String::new(),
        };
        Err(format!(
            "rpc error: code = Unknown desc = initializing source docker://{full}: {words}"
        ))
    }
}

/// `evalCRIPullErr`.
fn refused(image: &str, words: String) -> Refused {
    let signature = "SignatureValidationFailed";
    let (reason, message) = match words.strip_prefix(signature) {
        Some(rest) => (
            signature,
            format!("image pull failed for {image} because the signature validation failed{rest}"),
        ),
        None => ("ErrImagePull", words),
    };
    Refused {
        reason: reason.to_owned(),
        message,
        pulling: true,
    }
}

fn containerd(trouble: &Trouble, name: &Name) -> String {
    let full = name.full();
    let resolve = |words: String| {
        format!(
            "failed to pull and unpack image {full:?}: failed to resolve reference {full:?}: {words}"
        )
    };
    let unpack = |words: String| format!("failed to pull and unpack image {full:?}: {words}");
    let denied = "pull access denied, repository does not exist or may require authorization";
    let status = |url: &str, answer: &Answer| {
        format!(
            "unexpected status from HEAD request to {url}: {}",
            answer.status_line()
        )
    };
    let manifest = format!(
        "https://{}/v2/{}/manifests/{}",
        name.registry, name.repository, name.selector
    );
    let (code, words) = match trouble {
        // containerd greets nobody: its first question is the manifest.
        Trouble::Transport {
            words,
            greeting: true,
            ..
        } => (
            "Unknown",
            resolve(format!("failed to do request: Head {manifest:?}: {words}")),
        ),
        Trouble::Transport { url, words, .. } => (
            "Unknown",
            resolve(format!("failed to do request: Head {url:?}: {words}")),
        ),
        Trouble::NotV2 { status, .. } => (
            "Unknown",
            resolve(format!(
                "unexpected status from HEAD request to {manifest}: {status}"
            )),
        ),
        Trouble::NoBasicCredentials { .. } => (
            "Unknown",
            resolve(format!(
                "{denied}: authorization failed: no basic auth credentials"
            )),
        ),
        Trouble::Token {
            url,
            with_login,
            answer,
        } => {
            let kind = if *with_login { "oauth" } else { "anonymous" };
            (
                "Unknown",
                resolve(format!(
                    "failed to authorize: failed to fetch {kind} token: unexpected status from GET request to {url}: {}",
                    answer.status_line()
                )),
            )
        }
        Trouble::Manifest { answer, .. } if answer.status == 404 => {
            ("NotFound", resolve(format!("{full}: not found")))
        }
        Trouble::Manifest {
            answer,
            scope: Some(scope),
            ..
        } if answer.status == 401 => (
            "Unknown",
            resolve(format!(
                "{denied}: server message: {scope}: authorization failed"
            )),
        ),
        Trouble::Manifest { url, answer, .. } => ("Unknown", resolve(status(url, answer))),
        Trouble::Blob { url, answer, .. } if answer.status == 404 => (
            "NotFound",
            unpack(format!(
                "failed to copy: httpReadSeeker: failed open: content at {url} not found: not found"
            )),
        ),
        Trouble::Blob { url, answer, .. } => (
            "Unknown",
            unpack(format!(
                "failed to copy: httpReadSeeker: failed open: unexpected status from GET request to {url}: {}",
                answer.status_line()
            )),
        ),
        Trouble::NoPlatform => (
            "NotFound",
            unpack("no match for platform in manifest: not found".to_owned()),
        ),
    };
    format!("rpc error: code = {code} desc = {words}")
}

/// What containers/image says of one place; what is copied stands around it.
pub(super) fn containers_image(trouble: &Trouble, name: &Name) -> String {
    let plain = |answer: &Answer| match answer.error_words() {
        // `manifest unknown: manifest unknown` is said once.
        Some(words) => match words.split_once(": ") {
            Some((code, message)) if code == message => code.to_owned(),
            _ => words,
        },
        None if answer.body.starts_with('<') => {
            format!("StatusCode: {}, {:?}", answer.status, answer.body)
        }
        None => format!("received unexpected HTTP status: {}", answer.status_line()),
    };
    let reading = |words: String| {
        format!(
            "reading manifest {} in {}: {words}",
            name.selector,
            name.bare()
        )
    };
    match trouble {
        Trouble::Transport {
            url,
            words,
            greeting: true,
            ..
        } => format!(
            "pinging container registry {}: Get {url:?}: {words}",
            name.registry
        ),
        Trouble::Transport { url, words, .. } => reading(format!("Get {url:?}: {words}")),
        Trouble::NotV2 { status, .. } => format!(
            "pinging container registry {}: received unexpected HTTP status: {status}",
            name.registry
        ),
        Trouble::NoBasicCredentials { .. } => {
            reading("unauthorized: authentication required".to_owned())
        }
        Trouble::Token { answer, .. } if answer.status == 401 => format!(
            "unable to retrieve auth token: invalid username/password: {}",
            plain(answer)
        ),
        Trouble::Token { answer, .. } => format!(
            "Requesting bearer token: invalid status code from registry {}",
            answer.status_line()
        ),
        Trouble::Manifest { answer, .. } => reading(plain(answer)),
        Trouble::Blob { digest, answer, .. } => {
            format!("reading blob {digest}: {}", plain(answer))
        }
        Trouble::NoPlatform => {
            "choosing image instance: no image found in image index for architecture \"amd64\", \
                                variant \"\", OS \"linux\""
                .to_owned()
        }
    }
}
