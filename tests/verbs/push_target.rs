//! `push_target`.
