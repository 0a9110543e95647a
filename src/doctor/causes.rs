//! The vocabulary of causes: stable ids, one a cause, never renamed.
// doctor branch: enum Cause with id(), family(), title(), ALL, from_id(); ids exactly those of the contract.

/// A cause. Its id is what reports, JSON and `explain` use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Cause(&'static str);

impl Cause {
    pub fn id(self) -> &'static str {
        self.0
    }
}
