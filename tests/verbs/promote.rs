//! `promote`.
