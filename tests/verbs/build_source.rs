//! `build_source`.
