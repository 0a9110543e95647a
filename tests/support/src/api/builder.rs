//! Starting a server.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use super::admit;
use super::auth::{Auth, Rule, User};
use super::handle::{Api, fail};
use super::kinds::{Flavor, Resource};
use super::seed;
use super::serve;
use super::tls;
use super::world::{World, hex, version_document};

/// What the server is to be. See [`Api::builder`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    flavor: Flavor,
    git_version: Option<String>,
    version: Option<Value>,
    without: Vec<String>,
    extra: Vec<Resource>,
    auth: Auth,
    tls: bool,
    rolls_out: bool,
    follows_images: bool,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            flavor: Flavor::Kubernetes,
            git_version: None,
            version: None,
            without: Vec::new(),
            extra: Vec::new(),
            auth: Auth::new(random_token()),
            tls: false,
            rolls_out: false,
            follows_images: false,
        }
    }
}

/// The administrator's token: new for every server, so that it can be looked for in what others print.
fn random_token() -> String {
    use sha2::Digest as _;
    use std::hash::{BuildHasher as _, RandomState};
    let seed = RandomState::new().hash_one(thread::current().id());
    let digest = sha2::Sha256::digest(seed.to_be_bytes());
    format!("sha256~{}", hex(&digest, 20))
}

impl Builder {
    /// Kubernetes (the default) or one of the OpenShifts.
    pub fn flavor(mut self, flavor: Flavor) -> Self {
        self.flavor = flavor;
        self
    }

    /// The `gitVersion` of `/version`; one that does not parse is sent as it is, with empty numbers.
    pub fn git_version(mut self, version: &str) -> Self {
        self.git_version = Some(version.into());
        self
    }

    /// The whole body of `/version`.
    pub fn version(mut self, document: Value) -> Self {
        self.version = Some(document);
        self
    }

    /// Takes out an API group (`build.openshift.io`), as when a capability is disabled, or one resource
    /// (`imagestreams.image.openshift.io`).
    pub fn without(mut self, group_or_resource: &str) -> Self {
        self.without.push(group_or_resource.into());
        self
    }

    /// Serves one more resource.
    pub fn resource(mut self, resource: Resource) -> Self {
        self.extra.push(resource);
        self
    }

    /// Adds somebody who can log in. With one user or more, requests without credentials are answered 401.
    ///
    /// kubectl (client-go) sends no credentials over plain HTTP, so it needs [`Builder::tls`] then.
    pub fn user(mut self, user: User) -> Self {
        self.auth.users.push(user);
        self
    }

    /// Forbids a user, or a group, what the rule says. Deny wins over allow.
    pub fn deny(mut self, subject: &str, rule: Rule) -> Self {
        self.auth.deny(subject, rule);
        self
    }

    /// Allows a user, or a group, what the rule says, and from then on nothing else.
    pub fn allow(mut self, subject: &str, rule: Rule) -> Self {
        self.auth.allow(subject, rule);
        self
    }

    /// Serves HTTPS with a certificate of a CA made for this server, see [`Api::ca_pem`].
    pub fn tls(mut self) -> Self {
        self.tls = true;
        self
    }

    /// Rolls workloads out after every write, of clients and of this handle alike, as the controllers of a real
    /// cluster do. See [`Api::roll_out`].
    pub fn rolls_out(mut self) -> Self {
        self.rolls_out = true;
        self
    }

    /// Imports the tags of image streams and puts images into workloads by their triggers after every write, as the
    /// controllers of OpenShift do.
    pub fn follows_images(mut self) -> Self {
        self.follows_images = true;
        self
    }

    /// Starts the server on a thread of its own, at an ephemeral port of 127.0.0.1.
    ///
    /// The namespaces `default` and `kube-system` are there, with their service accounts; on OpenShift 4 also
    /// `openshift-config`, the singletons of `config.openshift.io` and the pools `master` and `worker`.
    #[track_caller]
    pub fn start(self) -> Api {
        let mut resources = self.flavor.resources();
        resources.retain(|resource| {
            let named = resource.named().to_string();
            !self
                .without
                .iter()
                .any(|out| *out == resource.group || *out == named)
        });
        // What is added stays, so that a kind can be replaced by another version of itself.
        resources.extend(self.extra);
        let default_version = if self.flavor == Flavor::OpenShift3 {
            "v1.11.0+d4cacc0"
        } else {
            "v1.33.2"
        };
        let version = self.version.unwrap_or_else(|| {
            version_document(self.git_version.as_deref().unwrap_or(default_version))
        });
        let flavor = self.flavor.clone();
        let mut world = World::new(self.flavor, version, resources, self.auth);
        plant(&mut world, &flavor);
        world.rolls_out = self.rolls_out;
        world.follows_images = self.follows_images;
        let identity = self.tls.then(|| match tls::Identity::new() {
            Ok(identity) => identity,
            Err(error) => fail(&format!("no certificate for the API server: {error}")),
        });
        let shared = Arc::new(Mutex::new(world));
        let (stop, stopped) = oneshot::channel();
        let (started, address) = std::sync::mpsc::channel::<std::io::Result<SocketAddr>>();
        let acceptor = identity.as_ref().map(|identity| identity.acceptor.clone());
        let inner = shared.clone();
        let thread = thread::Builder::new()
            .name("api-server".into())
            .spawn(move || {
                let runtime = match tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                {
                    Ok(runtime) => runtime,
                    Err(error) => return drop(started.send(Err(error))),
                };
                runtime.block_on(async move {
                    let bound = async {
                        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
                        let address = listener.local_addr()?;
                        Ok((listener, address))
                    };
                    match bound.await {
                        Ok((listener, address)) => {
                            drop(started.send(Ok(address)));
                            serve::run(listener, acceptor, inner, stopped).await;
                        }
                        Err(error) => drop(started.send(Err(error))),
                    }
                });
            });
        match (thread, address.recv()) {
            (Ok(thread), Ok(Ok(address))) => Api::new(
                shared,
                address,
                identity.map(|identity| identity.ca_pem),
                stop,
                thread,
            ),
            (Err(error), _) | (_, Ok(Err(error))) => {
                fail(&format!("the API server did not start: {error}"))
            }
            (_, Err(error)) => fail(&format!("the API server did not start: {error}")),
        }
    }
}

/// The objects that every cluster of this flavor has.
fn plant(world: &mut World, flavor: &Flavor) {
    for object in seed::objects(flavor) {
        let (Some(stored), Some(resource)) =
            (admit::make(world, &object), world.resource_of(&object))
        else {
            continue;
        };
        if let Some(status) = object.get("status") {
            let mut changed = (*stored).clone();
            changed["status"] = status.clone();
            world.put(&resource, changed);
        }
    }
    for name in ["default", "kube-system"]
        .iter()
        .chain(seed::namespaces(flavor))
    {
        admit::make(
            world,
            &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
    }
}
