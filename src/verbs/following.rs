//! Follows builds to their end, by looking at them. Says what state they are in and nothing of their logs, which may hold
//! whatever the build has in hand.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Run;
use super::doctor::asked;
use crate::cluster::{Cluster, ClusterError};
use crate::error::Error;
use crate::model::kinds::ObjectRef;
use crate::ui::sanitize_line;

/// Between two looks: at first, and at most.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(3);
/// Calls in a row that may fail before it gives up.
const FAILURES: u32 = 5;
/// How long a build may stand still for a reason that only somebody's action ends. The platform needs some seconds by itself,
/// for a stream that was made just now.
const STANDSTILL: Duration = Duration::from_secs(60);

/// One build at its end.
#[derive(Debug)]
pub(super) struct Followed {
    pub object: ObjectRef,
    pub end: End,
}

/// How it ended, or how following it did.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    Complete {
        /// Of the image that was pushed, where the build tells.
        digest: Option<String>,
    },
    Failed(State),
    /// It has not begun, for a reason that stays.
    Stuck(State),
    Cancelled,
    /// It was deleted.
    Gone,
    /// The time was over.
    Left {
        phase: String,
    },
    Interrupted,
}

/// What a build says of itself (openshift/api `build/v1` `BuildStatus`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    phase: String,
    reason: String,
    message: String,
    digest: Option<String>,
}

impl State {
    fn of(build: &Value) -> Self {
        let text = |place: &str| {
            let text = build.pointer(place).and_then(Value::as_str);
            sanitize_line(text.unwrap_or_default(), 300)
        };
        let digest = text("/status/output/to/imageDigest");
        Self {
            phase: text("/status/phase"),
            reason: text("/status/reason"),
            message: text("/status/message"),
            digest: (!digest.is_empty()).then_some(digest),
        }
    }

    /// The end of a build in this state; `None` where it goes on.
    fn end(&self) -> Option<End> {
        match self.phase.as_str() {
            "Complete" => Some(End::Complete {
                digest: self.digest.clone(),
            }),
            "Failed" | "Error" => Some(End::Failed(self.clone())),
            "Cancelled" => Some(End::Cancelled),
            _ => None,
        }
    }

    /// Whether it waits for something that is missing.
    fn stands_still(&self) -> bool {
        matches!(self.phase.as_str(), "" | "New" | "Pending") && !self.reason.is_empty()
    }

    /// Whether the reason is one that pulling or pushing images may be behind. The builder gives the general ones to a base
    /// image that cannot be pulled (openshift/builder `pkg/build/builder/sti.go` `Build`).
    pub(super) fn may_be_about_images(&self) -> bool {
        matches!(
            self.reason.as_str(),
            "PushImageToRegistryFailed"
                | "MissingPushSecret"
                | "PullBuilderImageFailed"
                | "PullRuntimeImageFailed"
                | "PullPreviousImageFailed"
                | "FetchImageContentFailed"
                | "InvalidOutputReference"
                | "InvalidImageReference"
                | "DockerBuildFailed"
                | "DockerImageBuildFailed"
                | "GenericBuildFailed"
                | "GenericS2IBuildFailed"
                | "FailedContainer"
                | ""
        )
    }
}

impl fmt::Display for State {
    /// `is Failed (PushImageToRegistryFailed: Failed to push the image to the registry.)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let phase = if self.phase.is_empty() {
            "New"
        } else {
            &self.phase
        };
        write!(f, "is {phase}")?;
        match (self.reason.as_str(), self.message.as_str()) {
            ("", "") => Ok(()),
            (reason, "") => write!(f, " ({reason})"),
            ("", message) => write!(f, " ({message})"),
            (reason, message) => write!(f, " ({reason}: {message})"),
        }
    }
}

/// One build under way.
struct Watched {
    object: ObjectRef,
    state: Option<State>,
    /// Since when it stands still.
    still: Option<Instant>,
    end: Option<End>,
}

/// Follows all of them until each has ended, or the time is over, or the user has had enough.
///
/// # Errors
///
/// When the API server cannot be asked any more.
pub(super) async fn follow(
    run: &mut Run,
    cluster: &Cluster,
    builds: Vec<ObjectRef>,
    limit: Option<Duration>,
) -> Result<Vec<Followed>, Error> {
    let _held = run.interrupt.hold();
    let end = limit.map(|limit| Instant::now() + limit);
    let line = run.ui.ticker();
    let mut watched: Vec<Watched> = builds
        .into_iter()
        .map(|object| Watched {
            object,
            state: None,
            still: None,
            end: None,
        })
        .collect();
    let (mut pause, mut failures) = (FIRST, 0);
    loop {
        let mut failure = None;
        for one in watched.iter_mut().filter(|one| one.end.is_none()) {
            match cluster.get(&one.object).await {
                Ok(build) => {
                    if let Some(words) = one.look(build.as_ref(), Instant::now()) {
                        line.aside(|| run.ui.warning(words));
                    }
                }
                Err(error @ ClusterError::Unauthorized(_)) => return Err(error.into()),
                Err(error) => failure = Some(error),
            }
        }
        failures = if failure.is_some() { failures + 1 } else { 0 };
        if let Some(error) = failure.filter(|_| failures >= FAILURES) {
            return Err(Error::from(error).hint("the builds go on"));
        }
        let open: Vec<String> = watched.iter().filter_map(Watched::words).collect();
        if open.is_empty() {
            break;
        }
        line.show(&open.join(", "));
        let rest = end.map(|end| end.saturating_duration_since(Instant::now()));
        if rest.is_some_and(|rest| rest.is_zero()) {
            leave(&mut watched, |phase| End::Left { phase });
            break;
        }
        let interrupted = tokio::select! {
            () = tokio::time::sleep(rest.map_or(pause, |rest| pause.min(rest))) => false,
            () = asked(run) => true,
        };
        if interrupted {
            leave(&mut watched, |_| End::Interrupted);
            break;
        }
        pause = (pause * 3 / 2).min(LONGEST);
    }
    Ok(watched
        .into_iter()
        .filter_map(|one| {
            Some(Followed {
                object: one.object,
                end: one.end?,
            })
        })
        .collect())
}

fn leave(watched: &mut [Watched], end: impl Fn(String) -> End) {
    for one in watched.iter_mut().filter(|one| one.end.is_none()) {
        let phase = one.phase().to_owned();
        one.end = Some(match &one.state {
            Some(state) if state.stands_still() => End::Stuck(state.clone()),
            _ => end(phase),
        });
    }
}

impl Watched {
    fn phase(&self) -> &str {
        match &self.state {
            Some(state) if !state.phase.is_empty() => &state.phase,
            _ => "New",
        }
    }

    /// `build/app-1 Running`; `None` at its end.
    fn words(&self) -> Option<String> {
        self.end
            .is_none()
            .then(|| format!("build/{} {}", self.object.name, self.phase()))
    }

    /// Takes in what the build is now; the words, where it stands still for a reason that was not told yet.
    fn look(&mut self, build: Option<&Value>, now: Instant) -> Option<String> {
        let Some(build) = build else {
            self.end = Some(End::Gone);
            return None;
        };
        let state = State::of(build);
        self.end = state.end();
        let news = state.stands_still() && self.state.as_ref() != Some(&state);
        if state.stands_still() {
            let since = *self.still.get_or_insert(now);
            if now.saturating_duration_since(since) >= STANDSTILL {
                self.end = Some(End::Stuck(state.clone()));
            }
        } else {
            self.still = None;
        }
        let words = news.then(|| format!("{} {state}: it has not begun", self.object));
        self.state = Some(state);
        words
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::kinds;

    fn watched() -> Watched {
        Watched {
            object: kinds::BUILD.object(Some("shop"), "app-1"),
            state: None,
            still: None,
            end: None,
        }
    }

    fn status(phase: &str, reason: &str) -> Value {
        json!({"status": {"phase": phase, "reason": reason, "message": "why"}})
    }

    #[test]
    fn a_build_is_followed_through_its_phases() {
        let (mut one, now) = (watched(), Instant::now());
        assert_eq!(one.words().as_deref(), Some("build/app-1 New"));
        for phase in ["New", "Pending", "Running"] {
            assert_eq!(
                one.look(Some(&json!({"status": {"phase": phase}})), now),
                None
            );
            assert_eq!(one.words(), Some(format!("build/app-1 {phase}")));
        }
        let complete =
            json!({"status": {"phase": "Complete", "output": {"to": {"imageDigest": "sha256:1"}}}});
        one.look(Some(&complete), now);
        let digest = Some("sha256:1".to_owned());
        assert_eq!(one.end, Some(End::Complete { digest }));
        assert_eq!(one.words(), None);
    }

    #[test]
    fn a_standstill_is_told_once_and_ends_the_wait() {
        let (mut one, now) = (watched(), Instant::now());
        let stuck = status("New", "InvalidOutputReference");
        let words = one.look(Some(&stuck), now).expect("words");
        assert!(
            words.contains("is New (InvalidOutputReference: why)"),
            "{words}"
        );
        assert_eq!(one.look(Some(&stuck), now + STANDSTILL / 2), None);
        assert_eq!(one.end, None);
        one.look(Some(&stuck), now + STANDSTILL);
        assert!(matches!(one.end, Some(End::Stuck(_))));
    }

    #[test]
    fn a_standstill_that_ends_by_itself_is_forgotten() {
        let (mut one, now) = (watched(), Instant::now());
        one.look(Some(&status("New", "InvalidOutputReference")), now);
        one.look(
            Some(&json!({"status": {"phase": "Pending"}})),
            now + STANDSTILL / 2,
        );
        one.look(
            Some(&status("Pending", "MissingPushSecret")),
            now + STANDSTILL,
        );
        assert_eq!(one.end, None);
    }

    #[test]
    fn what_is_left_is_told_apart() {
        let mut all = [watched(), watched()];
        all[0].look(
            Some(&status("Pending", "MissingPushSecret")),
            Instant::now(),
        );
        leave(&mut all, |phase| End::Left { phase });
        assert!(matches!(all[0].end, Some(End::Stuck(_))));
        assert_eq!(
            all[1].end,
            Some(End::Left {
                phase: "New".into()
            })
        );
        let mut gone = watched();
        gone.look(None, Instant::now());
        assert_eq!(gone.end, Some(End::Gone));
    }

    #[test]
    fn failures_that_have_nothing_to_do_with_images_are_known() {
        let of = |reason| State::of(&status("Failed", reason)).may_be_about_images();
        assert!(of("PushImageToRegistryFailed") && of("GenericBuildFailed"));
        assert!(!of("FetchSourceFailed") && !of("OutOfMemoryKilled"));
    }
}
