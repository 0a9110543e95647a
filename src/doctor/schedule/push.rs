//! The push right and the login by itself, which need no manifest.

use super::Leg;
use crate::doctor::evidence::{Check, Evidence, Fact, SkipReason, Vantage};
use crate::doctor::probes::manifest;
use crate::doctor::target::Operation;
use crate::model::dialect::Dialect;
use crate::model::observation::LoginVerdict;

impl Leg {
    /// What a push needs: the way there, the login, and the push probe. `announce` is told its way before it runs.
    pub async fn push(&self, announce: &mut (dyn FnMut(&str) + Send)) {
        let Ok(image) = &self.subject.image else {
            return;
        };
        let ping = self.reach().await;
        if !manifest::answers(&ping.kind) {
            self.look_at_other_ports(&ping).await;
            return;
        }
        let write = &self.sink;
        // Only the first counts for a push; where it is refused, or there is none, the others show what stands in the way.
        let first = self.used().next().map(|candidate| candidate.index);
        let mut first_refused = false;
        if let Some(index) = first {
            let login = self.registry.login(index).await;
            first_refused = matches!(login.verdict, LoginVerdict::Refused { .. });
            write.facts([Fact::Login(login)], ping.dialect);
        }
        if first.is_none() || first_refused {
            let others = self.candidates.iter().map(|candidate| candidate.index);
            let others = others.filter(|index| Some(*index) != first);
            self.try_others(others, ping.dialect).await;
        }
        if first_refused {
            self.sink.push([Evidence::skip(
                Check::Push,
                Vantage::Here,
                SkipReason::DependsOn,
                "not tried: the login is refused",
            )]);
            return;
        }
        announce(ping.dialect.traits().push_words);
        let view = self.registry.push(image.repository(), first).await;
        write.facts([Fact::Push(Box::new(view))], ping.dialect);
    }

    /// The logins that a push would not make, up to one that is accepted.
    async fn try_others(&self, others: impl Iterator<Item = usize>, dialect: Dialect) {
        for index in others.take(super::MOST_UNUSED) {
            let login = self.registry.login(index).await;
            let accepted = login.verdict == LoginVerdict::Accepted;
            self.sink.facts([Fact::Login(login)], dialect);
            if accepted {
                return;
            }
        }
    }

    /// Only the way there and the login: the check of `link` without an image.
    pub async fn login(&self) {
        let ping = self.reach().await;
        if !manifest::answers(&ping.kind) {
            self.look_at_other_ports(&ping).await;
            return;
        }
        let mut accepted = false;
        for candidate in self.used() {
            let login = self.registry.login(candidate.index).await;
            accepted |= login.verdict == LoginVerdict::Accepted;
            self.sink.facts([Fact::Login(login)], ping.dialect);
        }
        if self.subject.operation == Operation::Push && !accepted {
            let unused = self.candidates.iter().filter(|known| !known.role.is_used());
            self.try_others(unused.map(|known| known.index), ping.dialect)
                .await;
        }
    }
}
