//! How a diagnosis looks: one model, [`v1`], from which both the text for people and the JSON for programs are made, so that
//! a saved report says what the run said. Nothing here judges.

pub mod changes;
pub mod group;
pub mod redact;
pub mod text;
pub mod v1;
