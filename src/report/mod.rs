//! How a diagnosis and an inventory look: text for people, JSON version 1 for programs. Nothing here judges.

pub mod json_v1;
pub mod reading_v1;
pub mod status;
pub mod text;
