//! How a diagnosis, a reading and an inventory look: text for people, JSON version 1 for programs, JUnit for pipelines. A
//! diagnosis has one model, [`v1`], from which all are made, so that a saved report says what the run said. Nothing here
//! judges.

pub mod changes;
pub mod group;
pub mod junit;
pub mod reading_v1;
pub mod redact;
pub mod status;
pub mod text;
pub mod trust;
pub mod v1;
