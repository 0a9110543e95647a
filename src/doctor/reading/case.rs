//! A message as the rules see it: whose registry it is about, how its image is spelled, who asked.

use super::place::{of as place_of, of_words as place_by_words};
use crate::model::message::{Message, Operation, Runtime, Symptom};

pub(super) use super::place::Place;

/// A message with what the rules ask of it.
#[derive(Debug)]
pub(super) struct Case<'a> {
    pub(super) message: &'a Message,
    lower: String,
    image: Option<&'a str>,
    pub(super) place: Place,
}

impl<'a> Case<'a> {
    /// `image`: as it is known from elsewhere; the message's own otherwise.
    pub(super) fn new(message: &'a Message, image: Option<&'a str>) -> Self {
        let image = image.or(message.image.as_deref());
        let host = image.and_then(registry_of);
        let lower = message.words.to_ascii_lowercase();
        let place = match (host, image, message.asked_host.as_deref()) {
            (Some(host), ..) => place_of(host),
            // A name without registry is Docker Hub's, unless another was asked.
            (None, _, Some(asked)) => place_of(asked),
            (None, Some(_), None) => Place::DockerHub,
            (None, None, None) => place_by_words(&lower),
        };
        Self {
            message,
            lower,
            image,
            place,
        }
    }

    /// The words in lower case.
    pub(super) fn lower(&self) -> &str {
        &self.lower
    }

    pub(super) fn says(&self, words: &str) -> bool {
        self.lower.contains(words)
    }

    pub(super) fn starts(&self, words: &str) -> bool {
        self.lower.starts_with(words)
    }

    pub(super) fn is(&self, symptom: Symptom) -> bool {
        self.message.symptom == symptom
    }

    /// The words say that something is not there.
    pub(super) fn is_missing(&self) -> bool {
        matches!(
            self.message.symptom,
            Symptom::ManifestUnknown | Symptom::NotFound | Symptom::NameUnknown
        )
    }

    pub(super) fn at(&self, places: &[Place]) -> bool {
        places.contains(&self.place)
    }

    pub(super) fn by(&self, runtimes: &[Runtime]) -> bool {
        runtimes.contains(&self.message.runtime)
    }

    pub(super) fn status(&self, status: u16) -> bool {
        self.message.status == Some(status)
    }

    pub(super) fn pushes(&self) -> bool {
        self.message.operation == Some(Operation::Push)
    }

    pub(super) fn imports(&self) -> bool {
        self.message.operation == Some(Operation::Import) || self.by(&[Runtime::OpenshiftImport])
    }

    /// A command on somebody's machine, where what was stored by a login is sent.
    pub(super) fn is_command_line(&self) -> bool {
        self.by(&[Runtime::Docker, Runtime::Buildah, Runtime::Other]) && !self.is_node()
    }

    /// A node pulls for a pod, with what the pod's secrets hold.
    pub(super) fn is_node(&self) -> bool {
        self.message.for_pod || self.by(&[Runtime::Kubelet, Runtime::CriO])
    }

    /// The repository's name has one part on a registry of one's own: `registry.example.com/app`. Docker Hub's `library`
    /// is what such names stand for where a registry fetches from it.
    pub(super) fn is_one_part(&self) -> bool {
        self.image.is_some_and(|image| {
            registry_of(image).is_some_and(|host| !image[host.len() + 1..].contains('/'))
        })
    }

    /// The first call of all was refused, which a pull makes without a login: somebody logged in.
    pub(super) fn is_login(&self) -> bool {
        self.by(&[Runtime::Docker, Runtime::Other])
            && self.message.url.as_deref().is_some_and(|url| {
                let path = url.split_once("://").map_or("", |(_, rest)| rest);
                path.split_once('/').is_some_and(|(_, path)| {
                    ["v1", "v2", "v1/users"].contains(&path.trim_end_matches('/'))
                })
            })
    }

    /// A refusal in a registry's general words, with neither what was wanted nor a URL in front: moby names the
    /// repository of a pull (`distribution/errors.go` `translatePullError`) and containerd the manifest's URL
    /// (`remotes/docker/resolver.go`), while both pass a push's refusal on as it is (containerd `remotes/docker/pusher.go`).
    pub(super) fn is_bare_refusal(&self) -> bool {
        let words = self.says("requested access to the resource is denied")
            || self.says("unexpected status: 403") && !self.asks_for_token();
        words
            && self.image.is_none()
            && self.message.url.is_none()
            && !self.is_node()
            && !self.imports()
            && !self.says("pull access denied")
            && !self.says("manifest")
    }

    /// Several attempts are listed, each with a login of its own: the kubelet joins the failures of all credentials that
    /// match (`pkg/kubelet/kuberuntime/kuberuntime_image.go` `PullImage`).
    pub(super) fn tried_several(&self) -> bool {
        self.lower.matches("rpc error: code").count() > 1
    }

    /// The URL that failed is one of plain HTTP.
    pub(super) fn asks_in_plain(&self) -> bool {
        self.message
            .url
            .as_deref()
            .is_some_and(|url| url.starts_with("http://"))
    }

    /// The URL that failed is one of HTTPS.
    pub(super) fn asks_in_tls(&self) -> bool {
        self.message
            .url
            .as_deref()
            .is_some_and(|url| url.starts_with("https://"))
    }

    /// The image names no registry.
    pub(super) fn names_no_registry(&self) -> bool {
        // `registry.example.com` alone is a registry without a repository.
        self.image.is_some_and(|image| {
            registry_of(image).is_none()
                && !(self.is_one_word() && image.contains('.') && !image.contains(':'))
        })
    }

    fn names_registry(&self) -> bool {
        self.image.and_then(registry_of).is_some()
    }

    /// The image is one word, which means Docker Hub's `library`: `app`, `app:1`.
    pub(super) fn is_one_word(&self) -> bool {
        self.image.is_some_and(|image| !image.contains('/'))
    }

    /// In `library` of Docker Hub, or in no repository of anybody.
    pub(super) fn is_library(&self) -> bool {
        self.is_one_word()
            || self.image.is_some_and(|image| {
                let path = image.strip_prefix("docker.io/").unwrap_or(image);
                path.strip_prefix("library/")
                    .is_some_and(|name| !name.contains('/'))
            })
    }

    /// `library/` in front of a name that has an owner, at Docker Hub or at what fetches from there.
    pub(super) fn is_below_library(&self) -> bool {
        self.image.is_some_and(|image| {
            let path = registry_of(image).map_or(image, |host| &image[host.len() + 1..]);
            path.strip_prefix("library/")
                .is_some_and(|rest| rest.contains('/'))
        })
    }

    pub(super) fn by_digest(&self) -> bool {
        self.image.is_some_and(|image| image.contains('@'))
            || self
                .message
                .url
                .as_deref()
                .is_some_and(|url| url.contains("/manifests/sha256:"))
            || self.says("reading manifest sha256:")
    }

    /// A layer or a config was being fetched.
    pub(super) fn is_content(&self) -> bool {
        [
            "blob",
            "layer",
            "copy",
            "commit",
            "bytes",
            "configuration",
            "extract",
        ]
        .iter()
        .any(|words| self.says(words))
    }

    /// The token service was asked, and not the registry.
    pub(super) fn asks_for_token(&self) -> bool {
        let realm = self.message.url.as_deref().is_some_and(|url| {
            let path = url.split_once("://").map_or("", |(_, rest)| rest);
            !path.contains("/v2/")
                && ["/token", "/auth"]
                    .iter()
                    .any(|end| path.trim_end_matches('/').ends_with(end))
        });
        realm
            || [
                "anonymous token",
                "oauth token",
                "bearer token",
                "auth.docker.io",
                "token service",
                "service/token",
                "jwt/auth",
            ]
            .iter()
            .any(|words| self.says(words))
    }

    /// The token service is a part of the registry: the same host, or Harbor's own path.
    pub(super) fn gives_tokens_itself(&self) -> bool {
        let asked = self.message.asked_host.as_deref();
        let same = asked.is_some() && self.image.and_then(registry_of) == asked;
        same || self.says("/service/token")
    }

    /// A host that everybody reaches and that renews its certificates by itself.
    pub(super) fn is_well_known(&self) -> bool {
        self.host().is_some()
            && self.at(&[
                Place::DockerHub,
                Place::Ghcr,
                Place::Ecr,
                Place::EcrPublic,
                Place::Google,
                Place::Acr,
                Place::RedHat,
                Place::Open,
            ])
            || self.host().is_some_and(|host| {
                [
                    "quay.io",
                    "registry.gitlab.com",
                    "nvcr.io",
                    "icr.io",
                    "docker.elastic.co",
                ]
                .iter()
                .any(|known| host.ends_with(known))
            })
    }

    /// The registry of the image, or the host that was asked.
    pub(super) fn host(&self) -> Option<&str> {
        self.image
            .and_then(registry_of)
            .or(self.message.asked_host.as_deref())
    }

    /// By its name a registry that stands in for another.
    pub(super) fn is_named_as_mirror(&self) -> bool {
        const WORDS: [&str; 4] = ["mirror", "proxy", "cache", "hub."];
        let host = self.host().unwrap_or_default();
        let by_host = self.at(&[Place::Other, Place::Harbor, Place::Artifactory])
            && (WORDS.iter().any(|word| host.contains(word)) || host.starts_with("docker."));
        // The first part of a path: a project that fetches from elsewhere (`proxy/library/nginx`, `dockerhub-remote/`).
        let project = self.image.and_then(|image| {
            let path = registry_of(image).map_or(image, |host| &image[host.len() + 1..]);
            path.split_once('/').map(|(project, _)| project)
        });
        let by_project = project.is_some_and(|project| {
            let parts: Vec<&str> = project.split(['-', '_', '.']).collect();
            ["mirror", "proxy", "cache", "remote", "dockerhub"]
                .iter()
                .any(|word| parts.contains(word))
        });
        by_host || by_project
    }

    /// The host that was asked, where it belongs to another party than the image's registry.
    pub(super) fn other_host(&self) -> Option<&str> {
        let asked = self.message.asked_host.as_deref()?;
        let image = self.image?;
        // A token service has a host of its own, but for the well-known registries it is known which.
        let token = self.asks_for_token()
            && !(self.is_well_known() && place_of(asked) == Place::Other && self.names_registry());
        if token
            || self.is(Symptom::Proxy)
            || self.is(Symptom::NoSuchHost) && self.says("on ") && !asked.contains('.')
        {
            return None;
        }
        let known = [
            Place::DockerHub,
            Place::Quay,
            Place::Ghcr,
            Place::Google,
            Place::RedHat,
            Place::Open,
        ];
        let (bare, asked_place) = (asked.split(':').next().unwrap_or(asked), place_of(asked));
        match registry_of(image) {
            Some(host) if host == asked || host.split(':').next() == Some(bare) => None,
            // Redirects to storage, and the other names of a registry.
            Some(host) if place_of(host) == asked_place && known.contains(&asked_place) => None,
            Some(host) if shares_domain(host, bare) || is_storage(bare) => None,
            None if asked_place == Place::DockerHub || is_storage(bare) => None,
            _ => Some(asked),
        }
    }
}

/// The part of an image in front of its first slash, where it is a registry (CNCF distribution `reference`,
/// `splitDockerDomain`).
fn registry_of(image: &str) -> Option<&str> {
    let (first, _) = image.split_once('/')?;
    (first == "localhost" || first.contains(['.', ':', '<', '$'])).then_some(first)
}

fn shares_domain(one: &str, other: &str) -> bool {
    let tail = |host: &str| {
        let bare = host.split(':').next().unwrap_or(host);
        let labels: Vec<&str> = bare.rsplit('.').take(2).collect();
        labels.join(".")
    };
    one.contains('.')
        && other.contains('.')
        && tail(one) == tail(other)
        && !other.contains("mirror")
        && !other.contains("cache")
}

fn is_storage(host: &str) -> bool {
    [
        "amazonaws.com",
        "cloudfront.net",
        "cloudflare",
        "blob.core.windows.net",
        "storage.googleapis.com",
        "fastly",
        "akamai",
        "r2.",
    ]
    .iter()
    .any(|part| host.contains(part))
}
