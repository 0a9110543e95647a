//! Misbehaviour on order.
//!
//! A fault says which requests it hits, how often, and what happens to them. Faults are consulted in the order
//! in which they were ordered; delays, warnings and other writers let the request go on.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

/// Something that goes wrong.
#[derive(Clone)]
pub struct Fault {
    methods: Vec<String>,
    path: Option<String>,
    left: Option<u32>,
    spared: u32,
    pub(crate) effect: Effect,
}

/// Changes an object as another writer would have.
pub(crate) type Edit = Arc<dyn Fn(&mut Value) + Send + Sync>;

#[derive(Clone)]
pub(crate) enum Effect {
    Status(u16),
    TooMany(u32),
    Delay(Duration),
    Drop,
    Warn(String),
    Answer(u16, Value),
    OtherWriter(Edit),
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let effect = match &self.effect {
            Effect::Status(code) => format!("status {code}"),
            Effect::TooMany(seconds) => format!("429, again after {seconds} s"),
            Effect::Delay(time) => format!("delay of {time:?}"),
            Effect::Drop => "dropped connection".into(),
            Effect::Warn(text) => format!("warning {text:?}"),
            Effect::Answer(code, _) => format!("scripted answer {code}"),
            Effect::OtherWriter(_) => "another writer".into(),
        };
        write!(
            f,
            "{effect} on {:?} {:?}, {:?} left",
            self.methods, self.path, self.left
        )
    }
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self {
            methods: Vec::new(),
            path: None,
            left: None,
            spared: 0,
            effect,
        }
    }

    /// An error status with the words that the real server has for it (503, 504, 500).
    pub fn status(code: u16) -> Self {
        Self::new(Effect::Status(code))
    }

    /// 429 with `Retry-After`, in seconds.
    pub fn too_many_requests(retry_after: u32) -> Self {
        Self::new(Effect::TooMany(retry_after))
    }

    /// The answer comes later by this much.
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect::Delay(by))
    }

    /// The connection is closed without an answer.
    pub fn drop_connection() -> Self {
        Self::new(Effect::Drop)
    }

    /// The answer has the header `Warning: 299 - "text"`.
    pub fn warn(text: &str) -> Self {
        Self::new(Effect::Warn(text.into()))
    }

    /// This answer instead of the server's.
    pub fn answer(code: u16, body: Value) -> Self {
        Self::new(Effect::Answer(code, body))
    }

    /// Just before the request is handled another writer changes the object that it names. A request that was
    /// made from the version before then meets the real conflict. Only requests that name an object are hit.
    pub fn other_writer(edit: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::new(Effect::OtherWriter(Arc::new(edit))).on_methods(&["PUT", "PATCH", "DELETE"])
    }

    /// The same where it does not matter what the other writer wrote: an annotation counts its writes.
    pub fn conflict() -> Self {
        Self::other_writer(|object| {
            let annotations = &mut object["metadata"]["annotations"]["example.com/other-writer"];
            let count = annotations
                .as_str()
                .and_then(|text| text.parse::<u32>().ok())
                .unwrap_or_default();
            *annotations = (count + 1).to_string().into();
        })
    }

    /// Hits only requests with these methods.
    pub fn on_methods(mut self, methods: &[&str]) -> Self {
        self.methods = methods.iter().map(ToString::to_string).collect();
        self
    }

    /// Hits only requests whose path ends with this text, such as `/namespaces/shop/serviceaccounts/default`.
    pub fn on_path(mut self, ending: &str) -> Self {
        self.path = Some(ending.into());
        self
    }

    /// Happens this many times and then no more; without it, always.
    pub fn times(mut self, count: u32) -> Self {
        self.left = Some(count);
        self
    }

    /// Spares the first requests that it would hit, so many of them.
    pub fn after(mut self, count: u32) -> Self {
        self.spared = count;
        self
    }

    /// Whether it hits this request; counts it when it does.
    pub(crate) fn strikes(&mut self, method: &str, path: &str) -> bool {
        let hits = self.left != Some(0)
            && (self.methods.is_empty() || self.methods.iter().any(|one| one == method))
            && self
                .path
                .as_ref()
                .is_none_or(|ending| path.ends_with(ending.as_str()));
        if hits && self.spared > 0 {
            self.spared -= 1;
            return false;
        }
        if let (true, Some(left)) = (hits, self.left.as_mut()) {
            *left -= 1;
        }
        hits
    }
}
