//! What a rule found: a cause that holds, how sure that is, and on what it rests.

use super::causes::Cause;

/// How much the evidence leaves open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The evidence allows nothing else.
    Certain,
    Likely,
    /// Several causes are left, and nothing from here splits them.
    Ambiguous,
}

impl Confidence {
    /// The word of the report.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// A cause that holds for one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub cause: Cause,
    pub confidence: Confidence,
    /// One sentence, without a full stop.
    pub summary: String,
    /// Positions of the evidence it rests on; never empty.
    pub because: Vec<usize>,
    /// What the evidence leaves open beside it, likeliest first.
    pub alternatives: Vec<Cause>,
    /// What would settle it, where something is open.
    pub settle: Option<String>,
    /// It rests on the cluster's words: this machine saw nothing of it.
    pub by_words: bool,
    /// What a remedy needs to know beside the cause.
    pub names: Box<Names>,
}

/// The things that a remedy names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names {
    /// A reference that works, or should be tried.
    pub image: Option<String>,
    /// Namespace and name of the secret that is meant.
    pub secret: Option<(String, String)>,
    /// The key in it.
    pub key: Option<String>,
    /// Namespace and name of the secret that stands behind it and would do.
    pub better: Option<(String, String)>,
    /// The registry that is meant, where it is not the image's own (a mirror).
    pub registry: Option<String>,
}

impl Finding {
    /// A finding that the evidence leaves no doubt about.
    pub fn certain(cause: Cause, because: Vec<usize>, summary: impl Into<String>) -> Self {
        Self {
            cause,
            confidence: Confidence::Certain,
            summary: summary.into(),
            because,
            alternatives: Vec::new(),
            settle: None,
            by_words: false,
            names: Box::default(),
        }
    }

    /// A finding with something left open.
    pub fn likely(cause: Cause, because: Vec<usize>, summary: impl Into<String>) -> Self {
        Self {
            confidence: Confidence::Likely,
            ..Self::certain(cause, because, summary)
        }
    }

    #[must_use]
    pub fn or(mut self, alternatives: impl IntoIterator<Item = Cause>) -> Self {
        self.alternatives.extend(alternatives);
        self
    }

    #[must_use]
    pub fn settled_by(mut self, what: impl Into<String>) -> Self {
        self.settle = Some(what.into());
        self
    }

    #[must_use]
    pub fn by_words(mut self) -> Self {
        self.by_words = true;
        self
    }

    #[must_use]
    pub fn secret(mut self, secret: Option<&(String, String)>) -> Self {
        self.names.secret = secret.cloned();
        self
    }

    #[must_use]
    pub fn key(mut self, key: &str) -> Self {
        self.names.key = Some(key.to_owned());
        self
    }

    #[must_use]
    pub fn image(mut self, image: Option<String>) -> Self {
        self.names.image = image;
        self
    }
}
