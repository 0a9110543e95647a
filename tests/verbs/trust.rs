//! `trust`.
