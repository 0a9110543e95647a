//! A registry's whole state, and the view of it that one request gets ([`Cx`]).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::access::Grant;
use super::dialect::Rules;
use super::fault::{Fault, Kind};
use super::log::{LoggedRequest, Origin};
use super::signer::Signer;
use super::store::Store;
use super::users::{Action, Right, User, matches};
use super::{Block, Dialect, Variant};
use crate::web::Call;

/// What does not change while a registry runs, and the two things that do, each behind its lock.
pub(crate) struct World {
    pub(crate) dialect: Dialect,
    pub(crate) rules: Box<dyn Rules>,
    pub(crate) variants: Vec<Variant>,
    /// The realm to announce in place of the dialect's own.
    pub(crate) realm: Option<String>,
    /// `scheme://host:port` of the token service, when it has an origin of its own.
    pub(crate) token_base: Option<String>,
    /// `scheme://host:port` that blobs are redirected to.
    pub(crate) storage_base: Option<String>,
    pub(crate) delay: Duration,
    pub(crate) signer: Signer,
    pub(crate) state: Mutex<State>,
    pub(crate) log: Mutex<Journal>,
}

/// What requests and tests change.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) users: Vec<User>,
    pub(crate) anonymous: Vec<Right>,
    pub(crate) tokens: HashMap<String, Grant>,
    pub(crate) tokens_issued: usize,
    pub(crate) faults: Vec<Fault>,
    pub(crate) blocks: Vec<(String, Block)>,
    /// Repositories that came into being as a side effect of something other than a push.
    pub(crate) created: Vec<String>,
    pub(crate) pulls_left: u32,
    /// As many as there were at first.
    pub(crate) pull_quota: u32,
    /// Extra documents by path, for certificates to download and the like.
    pub(crate) files: BTreeMap<String, (String, Vec<u8>)>,
}

/// What was seen.
#[derive(Default)]
pub(crate) struct Journal {
    pub(crate) requests: Vec<LoggedRequest>,
    pub(crate) connections: HashMap<Origin, usize>,
    /// Those that are open, and how many were at most.
    pub(crate) open: HashMap<Origin, (usize, usize)>,
    pub(crate) failed_handshakes: Vec<String>,
}

impl Journal {
    pub(crate) fn arrived(&mut self, origin: Origin) {
        *self.connections.entry(origin).or_default() += 1;
        let (open, most) = self.open.entry(origin).or_default();
        *open += 1;
        *most = (*most).max(*open);
    }

    pub(crate) fn left(&mut self, origin: Origin) {
        let (open, _) = self.open.entry(origin).or_default();
        *open = open.saturating_sub(1);
    }
}

impl World {
    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic while it was held")
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        self.log.lock().expect("no panic while it was held")
    }

    pub(crate) fn has(&self, variant: Variant) -> bool {
        self.variants.contains(&variant)
    }
}

/// Seconds since 1970, by this machine's clock.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock after 1970");
    i64::try_from(since.as_secs()).expect("a clock before the end of time")
}

/// One request with the world it came into.
pub(crate) struct Cx<'a> {
    pub(crate) world: &'a World,
    pub(crate) call: &'a Call,
    pub(crate) state: &'a mut State,
}

impl Cx<'_> {
    /// The host and port that the client used.
    pub(crate) fn host(&self) -> String {
        self.call.host.clone()
    }

    /// `http` or `https`, as the client came.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.call.connection.tls {
            "https"
        } else {
            "http"
        }
    }

    /// `scheme://host:port` as the client used it.
    pub(crate) fn base(&self) -> String {
        format!("{}://{}", self.scheme(), self.call.host)
    }

    pub(crate) fn has(&self, variant: Variant) -> bool {
        self.world.has(variant)
    }

    /// The realm to announce for a token endpoint at this path.
    pub(crate) fn realm(&self, path: &str) -> String {
        if let Some(realm) = &self.world.realm {
            return realm.clone();
        }
        let base = self.world.token_base.clone();
        format!("{}{path}", base.unwrap_or_else(|| self.base()))
    }

    pub(crate) fn user(&self, name: &str) -> Option<&User> {
        self.state.users.iter().find(|user| user.name == name)
    }

    /// Whether this caller (nobody is anonymous) may do that. What everybody may, users may as well.
    pub(crate) fn allows(&self, subject: Option<&str>, repository: &str, action: Action) -> bool {
        let anonymous = self
            .state
            .anonymous
            .iter()
            .any(|right| right.allows(repository, action));
        anonymous
            || subject
                .and_then(|name| self.user(name))
                .is_some_and(|user| user.allows(repository, action))
    }

    /// Whether this caller administers the namespace that the repository is or would be in.
    pub(crate) fn administers(&self, subject: Option<&str>, repository: &str) -> bool {
        subject
            .and_then(|name| self.user(name))
            .is_some_and(|user| user.administers(repository))
    }

    /// Whether everybody may pull something.
    pub(crate) fn anonymous_may_something(&self) -> bool {
        !self.state.anonymous.is_empty()
    }

    /// Whether this caller may do everything everywhere.
    pub(crate) fn is_administrator(&self, subject: Option<&str>) -> bool {
        subject
            .and_then(|name| self.user(name))
            .is_some_and(|user| user.rights.iter().any(Right::is_for_everything))
    }

    /// Whether this caller may read the repository, which is there.
    pub(crate) fn sees(&self, subject: Option<&str>, repository: &str) -> bool {
        self.state.store.has_repository(repository)
            && self.allows(subject, repository, Action::Pull)
    }

    /// Makes a repository as a side effect of something that is no push.
    pub(crate) fn create_on_the_side(&mut self, repository: &str) {
        let repositories = &mut self.state.store.repositories;
        repositories.entry(repository.to_owned()).or_default();
        self.state.created.push(repository.to_owned());
    }

    /// What blocks this repository.
    pub(crate) fn block(&self, repository: &str) -> Option<Block> {
        self.state
            .blocks
            .iter()
            .find(|(pattern, _)| matches(pattern, repository))
            .map(|(_, block)| block.clone())
    }

    /// How far the registry's clock is off.
    pub(crate) fn clock_skew(&self) -> i64 {
        self.state
            .faults
            .iter()
            .find_map(|fault| match fault.kind {
                Kind::ClockSkew(seconds) => Some(seconds),
                _ => None,
            })
            .unwrap_or_default()
    }
}
