//! Structured merge and diff: what server-side apply and `managedFields` are made of.
//!
//! A transcription of the rules of sigs.k8s.io/structured-merge-diff v6 (`fieldpath`, `typed`, `merge`) and of
//! k8s.io/apimachinery `pkg/util/managedfields/internal` onto plain JSON and the shapes of
//! [`super::schema`]. There is one version of every kind here, so nothing is converted between versions.
//!
//! * [`set`]: sets of field paths, and `fieldsV1`;
//! * [`typed`]: walking a value along its shape: field set, removal, validation;
//! * [`compare`]: what changed between two values;
//! * [`merge`]: merging an applied configuration into a live object;
//! * [`owners`]: who owns what, as it is recorded;
//! * [`managers`]: update and apply.

pub(crate) mod compare;
pub(crate) mod managers;
pub(crate) mod merge;
pub(crate) mod owners;
pub(crate) mod set;
pub(crate) mod typed;
