//! From evidence to one cause a target.
//!
//! Probes collect [`evidence`] and never judge; [`rules`] and [`rank`] judge and do no I/O. [`check`] gives other verbs the
//! same probes and the same words before they write something.

pub mod answer;
pub mod ask;
pub mod causes;
pub mod check;
pub mod diagnosis;
pub mod evidence;
pub mod explain;
pub mod finding;
pub mod probes;
pub mod rank;
pub mod reading;
pub mod remedies;
pub mod rules;
pub mod run;
pub mod schedule;
pub mod setup;
pub mod sink;
pub mod target;
pub mod targets;
pub mod vantage;
