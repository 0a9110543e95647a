//! The kit of the scenarios of `doctor`.
//!
//! A **scenario** is a pair: a faulty world in which doctor must name one cause, and the same world with the one thing
//! mended, which must be healthy (exit status 0, no cause). It is written down as data, in the table of a file:
//!
//! ```ignore
//! scenarios![
//!     a_near_tag_is_named = Scenario::of(Cause::TagMissing, || World::new(Dialect::DistributionToken))
//!         .asks(|world| world.doctor("team/app:v1.0", Some(ALICE)))
//!         .says("the nearest is 1.0")
//!         .mended_by_asking(|world| world.doctor("team/app:1.0", Some(ALICE))),
//! ];
//! ```
//!
//! 1. Where it plays. [`Scenario::of`] takes the cause and a closure that makes a world: any value that owns the servers.
//!    [`Scenario::on_each_cluster`] hands the closure a cluster, the embedded one, and then the real one as well where
//!    `KUBEBUILDER_ASSETS` names it; [`Scenario::with_docker_registry`] plays only where that program is installed.
//! 2. What is asked: [`asks`](Staged::asks) makes the run, a [`Doctor`], from the world.
//! 3. What must be found: the cause, certain unless [`likely`](Faulty::likely) or [`ambiguous`](Faulty::ambiguous) says
//!    otherwise, in the one result that is not healthy. [`says`](Faulty::says) wants words in its summary,
//!    [`suggests`](Faulty::suggests) in the commands of its remedies, and [`shows`](Faulty::shows) takes a closure for
//!    whatever else must hold.
//! 4. The twin: [`mended`](Faulty::mended) changes the world and asks the same again, for a fault of the world;
//!    [`mended_by_asking`](Faulty::mended_by_asking) asks rightly, for a fault of the question.
//!
//! Only the last step makes a [`Scenario`], and only a `Scenario` fits into a table, so there is no cause without its twin.
//! The macro makes a test of each entry (`FILE::pair::NAME`), and the file's `SCENARIOS`, which `complete.rs` walks: name a
//! new file there. Every cause has a scenario or stands in that file's short list with the reason why not.
//!
//! What is no pair (several faults and their order, what is not asked, how a report looks) is an ordinary test that uses
//! [`Doctor`] directly.

mod doctor;
mod report;
mod scenario;

pub(crate) use doctor::Doctor;
pub(crate) use report::{command_of, commands_of, json_of, look, one, text_of, told, view_of};
pub(crate) use scenario::{Entry, Faulty, Scenario, Staged, play, scenarios};

/// The password of every user; no report may hold it, nor its base64.
pub(crate) const SECRET: &str = "canary-Pa55word";
/// A wrong one, which must not show either.
pub(crate) const WRONG: &str = "wrong-Pa55word";

pub(crate) const ALICE: (&str, &str) = ("alice", SECRET);
/// Another password, because a token is all that some registries know a user by.
pub(crate) const BOB: (&str, &str) = ("bob", "canary-Pa55word-of-bob");
pub(crate) const MALLORY: (&str, &str) = ("alice", WRONG);
