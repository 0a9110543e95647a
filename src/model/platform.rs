//! Operating system and architecture: of nodes, of images, of `--platform`.

/// `os/architecture[/variant]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Platform {
    pub os: String,
    pub architecture: String,
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no platform; write OS/ARCHITECTURE, for example linux/amd64")]
pub struct PlatformError(pub String);

impl Platform {
    /// `linux/amd64`, `linux/arm64/v8`; `x86_64` and `aarch64` are understood and normalised.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        todo!("{text}")
    }
    /// Whether an image for `offered` runs on `self`, by containers/image's rules (variants of arm fall back downwards).
    pub fn accepts(&self, offered: &Self) -> bool {
        todo!("{offered:?}")
    }
    /// Linux on this machine's architecture.
    pub fn of_this_machine() -> Self {
        todo!()
    }
}
// creds branch: impl Display.
