//! `insecure`.
