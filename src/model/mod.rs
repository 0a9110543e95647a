//! What the tool knows about registries, certificates and policy, without I/O and without a clock.

pub mod certificate;
pub mod mirrors;
pub mod pem;
pub mod policy;
pub mod proxy;
pub mod trust;
