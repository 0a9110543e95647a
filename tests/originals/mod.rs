//! The two matchers once more, slowly: literal transcriptions of the Go originals, function by function and under their
//! names, for comparison with the crate's own.
//!
//! Strings are bytes, as in Go. Where Go walks a map in no fixed order, the order of the entries is taken.

pub(crate) mod containers_image;
pub(crate) mod kubelet;
