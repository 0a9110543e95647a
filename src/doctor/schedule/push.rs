//! The push right and the login by itself, which need no manifest.

use super::Leg;
use crate::doctor::evidence::{Check, Evidence, Fact, SkipReason, Vantage};
use crate::doctor::probes::manifest;
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
        let mut refused = false;
        for (at, candidate) in self.used().enumerate() {
            // Only the first counts for a push; a second one shows whether the first stands in its way.
            if at > 0 && !refused {
                break;
            }
            let login = self.registry.login(candidate.index).await;
            let bad = matches!(login.verdict, LoginVerdict::Refused { .. });
            write.facts([Fact::Login(login)], ping.dialect);
            refused = at == 0 && bad;
        }
        let first = self.used().next().map(|candidate| candidate.index);
        let first_refused = match first {
            Some(index) => matches!(
                self.registry.login(index).await.verdict,
                LoginVerdict::Refused { .. }
            ),
            None => false,
        };
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

    /// Only the way there and the login: the check of `link` without an image.
    pub async fn login(&self) {
        let ping = self.reach().await;
        if !manifest::answers(&ping.kind) {
            self.look_at_other_ports(&ping).await;
            return;
        }
        for candidate in self.used() {
            let login = self.registry.login(candidate.index).await;
            self.sink.facts([Fact::Login(login)], ping.dialect);
        }
    }
}
