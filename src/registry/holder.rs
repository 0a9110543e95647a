//! One credential of the run and its standing. Until it is known to be good its requests go one at a time, so that a refused
//! one is sent once and not in parallel; after a refusal nothing is sent with it any more.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OnceCell, Semaphore};

use super::wire::Asked;
use crate::model::credential::Credential;
use crate::model::observation::{Exchange, Login, Withheld};

/// A credential and what the run knows about it.
pub(super) struct Holder {
    pub(super) credential: Credential,
    pub(super) login: OnceCell<Login>,
    /// A bearer token that it gave was taken by the registry.
    pub(super) token_taken: AtomicBool,
    /// Shared with the holders of other clients of the same registry: what was refused once is refused.
    standing: Arc<Mutex<Standing>>,
    turn: Arc<Semaphore>,
    intent: Mutex<Option<String>>,
}

/// Whether a credential is good.
#[derive(Clone)]
pub(super) enum Standing {
    Unproven,
    Proven,
    /// Refused in this exchange.
    Refused(Box<Exchange>),
}

/// What one answer says about the credential that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sign {
    Good,
    Bad,
    Nothing,
}

impl Holder {
    pub(super) fn new(credential: Credential) -> Self {
        Self {
            credential,
            login: OnceCell::new(),
            token_taken: AtomicBool::new(false),
            standing: Arc::new(Mutex::new(Standing::Unproven)),
            turn: Arc::new(Semaphore::new(1)),
            intent: Mutex::new(None),
        }
    }

    /// The same credential for another client of the same registry, with the same standing and the same turn.
    pub(super) fn beside(&self) -> Self {
        Self {
            standing: Arc::clone(&self.standing),
            turn: Arc::clone(&self.turn),
            ..Self::new(self.credential.clone())
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a pull token for `repository` will be asked for: it may prove the login on its way.
    pub(super) fn intend(&self, repository: &str) {
        let mut intent = self.intent.lock().unwrap_or_else(PoisonError::into_inner);
        intent.get_or_insert_with(|| repository.to_owned());
    }

    /// A repository for which a pull token is asked for anyway.
    pub(super) fn intent(&self) -> Option<String> {
        self.intent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(super) fn note_token_taken(&self) {
        self.token_taken.store(true, Ordering::Relaxed);
    }

    /// Makes a request with this credential, unless it was refused before; `read` says what the answer tells about it.
    pub(super) async fn ask(
        &self,
        request: impl Future<Output = Asked>,
        read: impl FnOnce(&Asked) -> Sign,
    ) -> Result<Asked, Withheld> {
        // Nobody closes the semaphore; without a permit the request would only lose its turn.
        let permit = match self.standing() {
            Standing::Unproven => self.turn.acquire().await.ok(),
            Standing::Proven | Standing::Refused(_) => None,
        };
        match self.standing() {
            Standing::Refused(_) => return Err(Withheld::RefusedBefore),
            Standing::Proven => {
                drop(permit);
                return Ok(request.await);
            }
            Standing::Unproven => {}
        }
        let asked = request.await;
        match read(&asked) {
            Sign::Good => *self.lock() = Standing::Proven,
            Sign::Bad => *self.lock() = Standing::Refused(Box::new(asked.exchange.clone())),
            Sign::Nothing => {}
        }
        drop(permit);
        Ok(asked)
    }
}
