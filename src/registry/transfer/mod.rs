//! Moving content: manifests byte for byte, blobs in a stream from one registry into another.
//!
//! A [`Place`] is one repository as one credential sees it; a [`Carrier`] moves blobs between two. What is asked here is
//! asked for a copy that the user wanted, so that tokens may have the push right, for the target's repository alone. All
//! else is as everywhere in this folder: redirects by hand, credentials to the registry and its realm, bodies bounded or
//! streamed, every certificate judged. Knows nothing of images, and decides nothing about what is to be copied.
//!
//! A blob of any size takes a few frames of memory: what comes from the source is hashed and handed on, and whoever is
//! slower of the two is waited for. The source is read on where it broke off, in the middle of one and the same upload. At
//! the target the upload goes on where its own word says that it got to; distribution says that of whole requests only, and
//! begins anew.

mod blob;
mod digest;
mod fault;
mod manifest;
mod meter;
mod pages;
mod session;
mod source;
mod stream;
mod tries;

use std::sync::Arc;
use std::time::{Duration, Instant};

pub use blob::{Carried, Carrier};
pub use digest::digest_of;
pub use fault::{Fault, Trouble};
pub use manifest::{Manifest, Stored};
pub use meter::Meter;
use tries::Tries;

use super::query::{Query, Wish};
use super::{Budgets, Connections, Options, Registry};
use crate::model::observation::{BlobView, Descriptor, Exchange, Origin, Purpose};
use crate::model::platform::Platform;

/// How many blobs are under way at the same time: as many as there are connections to one server.
pub const AT_ONCE: usize = super::pool::MOST_CONNECTIONS;
/// What an answer may take, where nothing but looking things up is asked for.
const ANSWER: Duration = Duration::from_secs(20);
/// What a connection may take, and what its TLS: a machine that is busy with a copy is slow at both.
const CONNECT: Duration = Duration::from_secs(15);
/// Without a byte for so long, a connection is dead.
const STALL: Duration = Duration::from_secs(60);
/// What a registry may take to make a blob of what it was sent: some copy it once more inside their storage.
const COMMIT: Duration = Duration::from_secs(900);
/// The longest pause that a registry may ask for and is given.
const PAUSE: Duration = Duration::from_secs(300);
/// Longer than any copy.
const WHOLE_COPY: Duration = Duration::from_secs(7 * 24 * 3600);

/// The options for a client that moves content: time enough, a connection for every blob, and no long record.
pub fn for_content(options: Options) -> Options {
    Options {
        deadline: Instant::now() + WHOLE_COPY,
        budgets: Budgets {
            tcp: CONNECT,
            tls: CONNECT,
            http: ANSWER,
            pause: PAUSE,
            ..Budgets::default()
        },
        connections: Connections::default(),
        record_in_full: false,
        http2: false,
        ..options
    }
}

/// One repository of a registry, as one credential sees it or, without one, anybody.
#[derive(Clone)]
pub struct Place {
    registry: Arc<Registry>,
    repository: String,
    credential: Option<usize>,
    retries: u32,
}

impl Place {
    /// `credential` is an index into the list that `registry` was made with; `retries` is how often a step is tried again
    /// that may only have met with an accident.
    pub fn new(
        registry: Arc<Registry>,
        repository: &str,
        credential: Option<usize>,
        retries: u32,
    ) -> Self {
        Self {
            registry,
            repository: repository.to_owned(),
            credential,
            retries,
        }
    }

    /// The client that it was made with.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// `host[:port]/repository`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry.endpoint(), self.repository)
    }

    /// Whether it is asked with a credential.
    pub fn has_credential(&self) -> bool {
        self.credential.is_some()
    }

    /// Scheme, host and port: two places with the same ones are in one registry.
    pub async fn origin(&self) -> Origin {
        self.registry.base().await.clone()
    }

    /// The platform that a configuration names; `None` where it names none, or could not be read.
    pub async fn platform(&self, config: &Descriptor) -> Option<Platform> {
        self.registry
            .image_config(&self.repository, config, self.credential)
            .await
            .1?
            .platform
    }

    /// Whether a blob is there, asked with the right to pull or, where a push follows anyway, with the token of that.
    ///
    /// # Errors
    ///
    /// What is neither yes nor no.
    pub async fn has_blob(&self, blob: &Descriptor, pushes: bool) -> Result<bool, Fault> {
        let mut tries = Tries::new(self.retries);
        loop {
            let wish = if pushes { Wish::Push } else { Wish::Pull };
            let view = self
                .registry
                .fetch_blob(&self.repository, blob, self.credential, wish)
                .await;
            let fault = match presence(view) {
                Ok(known) => return Ok(known),
                Err(exchange) => self.fault(Trouble::Exchange(exchange)),
            };
            tries.after(fault).await?;
        }
    }

    /// What was taken for a good token is none any more.
    async fn forget_token(&self, wish: &Wish) {
        let challenge = match self.registry.known_challenge(&self.repository) {
            Some(challenge) => Some(challenge),
            None => self.registry.ping_challenge().await,
        };
        if let Some(challenge) = challenge {
            self.registry
                .drop_token(&challenge, &self.repository, wish, self.credential);
        }
    }

    fn fault(&self, trouble: Trouble) -> Fault {
        Fault {
            place: self.name(),
            trouble,
        }
    }

    async fn query(&self, purpose: Purpose, path: &str) -> Query {
        let url = self
            .registry
            .url(&format!("/v2/{}/{path}", self.repository))
            .await;
        let mut query = Query::get(purpose, url);
        query.renews = true;
        query
    }
}

/// What a look for a blob says; the exchange where it says nothing. Who may not read a repository does not see what is in it.
fn presence(view: BlobView) -> Result<bool, Box<Exchange>> {
    let last = view.redirected.unwrap_or(view.exchange);
    match last.answer() {
        Some(answer) if answer.is_success() => {
            let length = answer
                .header("content-length")
                .and_then(|length| length.parse::<u64>().ok());
            // A range's length is its own.
            Ok(answer.status != 200 || length.is_none_or(|length| length == view.descriptor.size))
        }
        Some(answer) if answer.status == 404 => Ok(false),
        _ => Err(Box::new(last)),
    }
}
