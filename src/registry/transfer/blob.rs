//! One blob from one place to another: taken over where the registry can, else sent, resumed and tried again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::RwLock;

use super::digest::Running;
use super::fault::Again;
use super::session::{Begun, Session};
use super::source::Source;
use super::stream::Part;
use super::{Fault, Meter, Place, Tries, Trouble};
use crate::model::observation::Descriptor;
use crate::registry::query::Wish;

/// Up to this size a blob is read whole, compared with its digest, and sent with the request that closes its upload.
const SMALL: u64 = 512 * 1024;
/// The parts of a blob whose upload broke off once.
const PART: u64 = 64 * 1024 * 1024;
/// The parts where whoever stands before the registry takes no longer requests, from one try to the next.
const SMALLER: [u64; 3] = [16 * 1024 * 1024, 4 * 1024 * 1024, 1024 * 1024];

/// How a blob got there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carried {
    /// Taken over from another repository of the registry.
    Mounted,
    Sent,
}

/// Moves blobs between two places.
pub struct Carrier {
    source: Place,
    target: Place,
    meter: Arc<Meter>,
    open: Arc<Open>,
    /// Held by whoever is opening an upload, so that none is opened behind the back of who gives them up.
    opening: Arc<RwLock<()>>,
}

/// Uploads that are open, by the digest of the blob.
#[derive(Default)]
struct Open(Mutex<HashMap<String, Session>>);

impl Open {
    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A blob on its way.
struct Work<'a> {
    source: Source<'a>,
    hash: Running,
    /// Of the meter's bytes those of this blob.
    counted: u64,
    session: Option<Session>,
    /// The last try failed, so that the registry has to be asked how far it is.
    in_doubt: bool,
    part: Option<u64>,
    mount_from: Option<&'a str>,
    renewed: bool,
}

impl Carrier {
    pub fn new(source: Place, target: Place, meter: Arc<Meter>) -> Self {
        Self {
            source,
            target,
            meter,
            open: Arc::default(),
            opening: Arc::default(),
        }
    }

    /// Brings a blob to the target; `mount_from` is a repository of the same registry that has it.
    ///
    /// # Errors
    ///
    /// What no further try could help, or what all of them met.
    pub async fn carry(
        &self,
        blob: &Descriptor,
        mount_from: Option<&str>,
    ) -> Result<Carried, Fault> {
        let mut tries = Tries::new(self.target.retries);
        let mut work = Work {
            source: Source::new(&self.source, blob),
            hash: self.running(blob)?,
            counted: 0,
            session: None,
            in_doubt: false,
            part: None,
            mount_from,
            renewed: false,
        };
        loop {
            let before = work.session.as_ref().map_or(0, |session| session.offset);
            let fault = match self.attempt(blob, &mut work).await {
                Ok(carried) => {
                    self.sessions().remove(&blob.digest);
                    self.meter.blob_is_there();
                    return Ok(carried);
                }
                Err(fault) => fault,
            };
            work.in_doubt = true;
            if work
                .session
                .as_ref()
                .is_some_and(|session| session.offset > before)
            {
                tries.moved_on();
            }
            // At the source every step was tried again already.
            if fault.place != self.target.name() {
                return Err(fault);
            }
            if fault.status() == Some(401) && !work.renewed {
                // A stream cannot be sent twice: whether its token was still good shows only in the answer.
                work.renewed = true;
                self.target.forget_token(&Wish::Push).await;
                continue;
            }
            if fault.again() == Again::Smaller {
                match SMALLER
                    .iter()
                    .find(|size| work.part.is_none_or(|part| **size < part))
                {
                    Some(size) => work.part = Some(*size),
                    None => return Err(fault),
                }
            }
            tries.after(fault).await?;
        }
    }

    /// Gives up all uploads that are open, and says how many the registry does not let go.
    pub async fn give_up(&self) -> usize {
        let _nobody_opens = self.opening.write().await;
        let open: Vec<Session> = self
            .sessions()
            .drain()
            .map(|(_, session)| session)
            .collect();
        let ends = open.iter().map(|session| self.target.give_up(session));
        let ended = futures_util::future::join_all(ends).await;
        ended.iter().filter(|ended| ended.is_err()).count()
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.open.sessions()
    }

    /// Opens an upload, or has the blob taken over. Goes to its end even when nobody waits for it any more: what was opened
    /// by then is known, and can be given up.
    async fn begin(&self, blob: &Descriptor, mount_from: Option<&str>) -> Result<Begun, Fault> {
        let (target, open) = (self.target.clone(), Arc::clone(&self.open));
        let (digest, from) = (blob.digest.clone(), mount_from.map(str::to_owned));
        let opening = Arc::clone(&self.opening).read_owned().await;
        let opened = tokio::spawn(async move {
            let mount = from.as_deref().map(|from| (digest.as_str(), from));
            let begun = target.begin(mount).await;
            if let Ok(Begun::Session(session)) = &begun {
                open.sessions().insert(digest, session.clone());
            }
            drop(opening);
            begun
        });
        opened
            .await
            .unwrap_or_else(|broken| Err(self.target.fault(Trouble::Protocol(broken.to_string()))))
    }

    fn running(&self, blob: &Descriptor) -> Result<Running, Fault> {
        Running::towards(&blob.digest)
            .ok_or_else(|| self.source.fault(Trouble::Algorithm(blob.digest.clone())))
    }

    async fn attempt(&self, blob: &Descriptor, work: &mut Work<'_>) -> Result<Carried, Fault> {
        if std::mem::take(&mut work.in_doubt) && self.settle(blob, work).await? {
            return Ok(Carried::Sent);
        }
        let small = blob.size <= SMALL;
        let mut session = match work.session.clone() {
            Some(session) => session,
            None => {
                // Nothing is opened for a blob that does not come. What is taken over does not have to.
                let mount = work.mount_from.take();
                if mount.is_none() {
                    work.source.begin().await?;
                }
                match self.begin(blob, mount).await? {
                    Begun::Mounted => return Ok(Carried::Mounted),
                    Begun::Session(session) => self.keep(blob, work, session),
                }
            }
        };
        if small {
            let bytes = work.source.whole().await?;
            work.hash.take(&bytes);
            self.compare(blob, work)?;
            self.target
                .commit(&session, &blob.digest, Some(bytes))
                .await?;
            self.meter.add(blob.size);
            return Ok(Carried::Sent);
        }
        while session.offset < blob.size {
            let longest = work.part.map(|part| part.max(session.shortest_part));
            let end = longest.map_or(blob.size, |part| (session.offset + part).min(blob.size));
            let part = Part {
                source: &mut work.source,
                hash: &mut work.hash,
                meter: &self.meter,
                counted: &mut work.counted,
                end,
                is_chunk: work.part.is_some(),
            };
            let sent = self.target.send(&session, part).await?;
            work.renewed = false;
            session = self.keep(blob, work, sent);
        }
        self.compare(blob, work)?;
        self.target.commit(&session, &blob.digest, None).await?;
        Ok(Carried::Sent)
    }

    /// Remembers where an upload is, for the next try and for giving it up.
    fn keep(&self, blob: &Descriptor, work: &mut Work<'_>, session: Session) -> Session {
        self.sessions().insert(blob.digest.clone(), session.clone());
        work.session = Some(session.clone());
        session
    }

    /// After a failure: goes on where the registry says that the upload is, or begins anew. Says whether the blob is there
    /// already, because only the answer was lost.
    async fn settle(&self, blob: &Descriptor, work: &mut Work<'_>) -> Result<bool, Fault> {
        let Some(session) = work.session.clone() else {
            self.begin_anew(blob, work)?;
            return Ok(false);
        };
        // Until it is known, it stays in doubt.
        work.in_doubt = true;
        let known = self.target.status_of(&session).await?;
        match known.filter(|known| known.offset <= blob.size && blob.size > SMALL) {
            Some(known) => {
                // Whatever cut it off may do so again: less is lost then.
                work.part = work.part.or(Some(PART));
                self.meter
                    .take_off(work.counted.saturating_sub(known.offset));
                work.counted = work.counted.min(known.offset);
                work.source.set_back(known.offset);
                self.keep(blob, work, known);
            }
            None => {
                if self.target.has_blob(blob, true).await? {
                    return Ok(true);
                }
                // Where it is known and not how far it is, it is of no use to anybody.
                drop(self.target.give_up(&session).await);
                self.sessions().remove(&blob.digest);
                self.begin_anew(blob, work)?;
            }
        }
        work.in_doubt = false;
        Ok(false)
    }

    fn begin_anew(&self, blob: &Descriptor, work: &mut Work<'_>) -> Result<(), Fault> {
        work.session = None;
        work.hash = self.running(blob)?;
        work.source.set_back(0);
        self.meter.take_off(work.counted);
        work.counted = 0;
        Ok(())
    }

    /// Compares what came by with the blob's digest, before the registry is told that this is it.
    fn compare(&self, blob: &Descriptor, work: &Work<'_>) -> Result<(), Fault> {
        work.hash.clone().finish().map_err(|found| {
            self.source.fault(Trouble::Digest {
                digest: blob.digest.clone(),
                found,
            })
        })
    }
}
