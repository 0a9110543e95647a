//! Operating system and architecture: of nodes, of images, of `--platform`.
//!
//! Names are Go's (`amd64`, `arm64`), which node objects and image manifests use.

use std::fmt;

#[cfg(test)]
mod tests;

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

impl From<PlatformError> for crate::error::Error {
    fn from(error: PlatformError) -> Self {
        Self::usage(error.to_string())
    }
}

/// Variants from the most capable down (containers/image `internal/pkg/platform`, `compatibility`).
const ARM: [&str; 4] = ["v8", "v7", "v6", "v5"];
const ARM64: [&str; 1] = ["v8"];

impl Platform {
    /// `linux/amd64`, `linux/arm64/v8`; `x86_64` and `aarch64` are understood and normalised, as are the other names
    /// that containerd's `platforms.Parse` knows.
    pub fn parse(text: &str) -> Result<Self, PlatformError> {
        let refuse = || PlatformError(text.to_owned());
        let lower = text.trim().to_ascii_lowercase();
        let parts: Vec<&str> = lower.split('/').collect();
        let (os, architecture, variant) = match parts[..] {
            [os, architecture] => (os, architecture, None),
            [os, architecture, variant] => (os, architecture, Some(variant)),
            _ => return Err(refuse()),
        };
        if !parts.iter().all(|part| is_part(part)) {
            return Err(refuse());
        }
        let os = if os == "macos" { "darwin" } else { os };
        let (architecture, implied) = match architecture {
            "x86_64" | "x86-64" | "x64" => ("amd64", None),
            "aarch64" => ("arm64", None),
            "i386" | "i486" | "i586" | "i686" | "x86" => ("386", None),
            "armhf" => ("arm", Some("v7")),
            "armel" => ("arm", Some("v6")),
            other => (other, None),
        };
        let variant = variant.or(implied).map(|variant| {
            let number = matches!(architecture, "arm" | "arm64")
                && variant.bytes().all(|byte| byte.is_ascii_digit());
            if number {
                format!("v{variant}")
            } else {
                variant.to_owned()
            }
        });
        Ok(Self {
            os: os.to_owned(),
            architecture: architecture.to_owned(),
            variant,
        })
    }

    /// Whether an image for `offered` runs on `self`, by containers/image's rules (`WantedPlatforms` and
    /// `MatchesPlatform`: variants of arm fall back downwards, no variant is offered to all, and a machine of unknown
    /// variant takes every known one).
    pub fn accepts(&self, offered: &Self) -> bool {
        if self.os != offered.os || self.architecture != offered.architecture {
            return false;
        }
        let known: &[&str] = match self.architecture.as_str() {
            "arm" => &ARM,
            "arm64" => &ARM64,
            _ => &[],
        };
        let offered = offered.variant.as_deref().unwrap_or_default();
        let wanted = self.variant.as_deref().unwrap_or_default();
        if offered.is_empty() || offered == wanted {
            return true;
        }
        let from = if wanted.is_empty() {
            Some(0)
        } else {
            known.iter().position(|variant| *variant == wanted)
        };
        from.is_some_and(|from| known[from..].contains(&offered))
    }

    /// Linux on this machine's architecture.
    pub fn of_this_machine() -> Self {
        let architecture = if cfg!(target_arch = "x86_64") {
            "amd64"
        } else if cfg!(target_arch = "aarch64") {
            "arm64"
        } else if cfg!(target_arch = "x86") {
            "386"
        } else if cfg!(all(target_arch = "powerpc64", target_endian = "little")) {
            "ppc64le"
        } else if cfg!(target_arch = "powerpc64") {
            "ppc64"
        } else if cfg!(target_arch = "loongarch64") {
            "loong64"
        } else {
            // arm, s390x, riscv64 and the rest have one name.
            std::env::consts::ARCH
        };
        Self {
            os: "linux".to_owned(),
            architecture: architecture.to_owned(),
            variant: None,
        }
    }
}

fn is_part(part: &str) -> bool {
    !part.is_empty()
        && part
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        match &self.variant {
            Some(variant) => write!(f, "/{variant}"),
            None => Ok(()),
        }
    }
}
