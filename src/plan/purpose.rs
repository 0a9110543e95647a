//! What a link is for, and which lists of a service account that means.

use std::fmt;

/// `pull`, `push` or both; never neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purposes {
    pub pull: bool,
    pub push: bool,
}

/// The account's list that admission copies into pods, and builds read since OpenShift 4.15.
pub const PULL_LIST: &str = "/imagePullSecrets";
/// The account's list of mountable secrets, which builds read up to OpenShift 4.14, and build generation still does.
pub const MOUNT_LIST: &str = "/secrets";

impl Purposes {
    pub const PULL: Self = Self {
        pull: true,
        push: false,
    };
    pub const PUSH: Self = Self {
        pull: false,
        push: true,
    };
    pub const BOTH: Self = Self {
        pull: true,
        push: true,
    };

    /// The lists of a service account that hold the secret's name for these purposes.
    ///
    /// Pods read `imagePullSecrets` alone. Builds read `secrets` up to 4.14 and `imagePullSecrets` from 4.15
    /// (openshift-controller-manager `FetchServiceAccountSecrets`), while the build generator of openshift-apiserver still
    /// reads `secrets`: push needs both.
    pub fn lists(self) -> &'static [&'static str] {
        if self.push {
            &[PULL_LIST, MOUNT_LIST]
        } else {
            &[PULL_LIST]
        }
    }
}

impl fmt::Display for Purposes {
    /// `pull`, `push` or `pull, push`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.pull, self.push) {
            (true, true) => "pull, push",
            (false, true) => "push",
            _ => "pull",
        })
    }
}
