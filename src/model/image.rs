//! Image references as people write them: `[REGISTRY[:PORT]/]REPOSITORY[:TAG][@DIGEST]`.

/// A parsed reference. `registry` is spelled as consumers key it: `docker.io` for Docker Hub (never `index.docker.io`),
/// otherwise `host[:port]` exactly as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ImageReference {
    registry: String,
    repository: String,
    tag: Option<String>,
    digest: Option<String>,
    /// False when the text named no registry and Docker Hub was assumed.
    named_registry: bool,
}

/// Which rule of the grammar the text breaks, in words, with a corrected text where one is evident.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no image reference: {rule}")]
pub struct ReferenceError {
    pub text: String,
    pub rule: ReferenceRule,
    /// What the user most likely meant; parses when present.
    pub suggestion: Option<String>,
}

/// The rules that people break.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceRule {
    #[error("it is empty")]
    Empty,
    #[error("it starts with a scheme ({0}://); a reference has none")]
    Scheme(String),
    #[error("a repository is lower case, {0:?} is not")]
    UpperCase(String),
    #[error("the variable {0:?} was not expanded")]
    UnexpandedVariable(String),
    #[error("it contains white space")]
    WhiteSpace,
    #[error("the tag {0:?} is not one")]
    BadTag(String),
    #[error("the digest {0:?} is not one")]
    BadDigest(String),
    #[error("a path component is empty")]
    EmptyComponent,
    #[error("{0:?} is not allowed in a repository")]
    BadComponent(String),
    #[error("it names a registry and no repository")]
    NoRepository,
    #[error("it does not have the form [REGISTRY/]REPOSITORY[:TAG][@DIGEST]")]
    Shape,
}

impl ImageReference {
    /// Parses `text` by the grammar of CNCF distribution's `reference` package.
    pub fn parse(text: &str) -> Result<Self, ReferenceError> {
        todo!("{text}")
    }
    /// `docker.io`, or `host[:port]`.
    pub fn registry(&self) -> &str {
        &self.registry
    }
    /// The repository with `library/` filled in for Docker Hub.
    pub fn repository(&self) -> &str {
        &self.repository
    }
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }
    pub fn digest(&self) -> Option<&str> {
        self.digest.as_deref()
    }
    /// What to ask the registry for: the digest, else the tag, else `latest`.
    pub fn selector(&self) -> &str {
        todo!()
    }
    pub fn names_registry(&self) -> bool {
        self.named_registry
    }
    /// `registry/repository`, the name both matchers are given.
    pub fn name(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }
    /// The same image under another repository or tag, for suggestions.
    pub fn with_repository(&self, repository: &str) -> Self {
        Self {
            repository: repository.to_owned(),
            ..self.clone()
        }
    }
    pub fn with_tag(&self, tag: &str) -> Self {
        Self {
            tag: Some(tag.to_owned()),
            digest: None,
            ..self.clone()
        }
    }
}
// creds branch: impl Display (canonical: registry/repository[:tag][@digest], `:latest` added when neither is given).
