//! (owned by the trust branch; the placeholder types let the seams compile)
#[derive(Debug, Clone, Default)]
pub struct RootStore;
