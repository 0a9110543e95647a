//! (owned by the trust branch)
