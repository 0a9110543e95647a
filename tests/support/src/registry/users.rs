//! Who may do what: users with passwords, and rights on repository name patterns.

use std::fmt;

/// One thing that a right allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Reading manifests and blobs.
    Pull,
    /// Uploading.
    Push,
    /// Deleting, and on most registries cancelling an upload.
    Delete,
    /// Listing tags on Azure's registry, which tells it from pulling.
    MetadataRead,
}

impl Action {
    /// The word in a scope and in a token's `access`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push => "push",
            Self::Delete => "delete",
            Self::MetadataRead => "metadata_read",
        }
    }

    /// The action of a scope's word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Pull, Self::Push, Self::Delete, Self::MetadataRead]
            .into_iter()
            .find(|action| action.word() == word)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// Actions on all repositories that a pattern names: an exact name, `prefix/*` (any depth), or `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Right {
    pattern: String,
    actions: Vec<Action>,
}

impl Right {
    pub(crate) fn new(pattern: &str, actions: &[Action]) -> Self {
        Self {
            pattern: pattern.to_owned(),
            actions: actions.to_vec(),
        }
    }

    pub(crate) fn allows(&self, repository: &str, action: Action) -> bool {
        self.actions.contains(&action) && matches(&self.pattern, repository)
    }

    pub(crate) fn is_for_everything(&self) -> bool {
        self.pattern == "*"
    }
}

/// Whether a pattern names a repository.
pub(crate) fn matches(pattern: &str, repository: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => repository.starts_with(prefix),
        None => pattern == repository,
    }
}

/// A user of an embedded registry.
///
/// ```
/// use extreg_test_support::registry::User;
///
/// let robot = User::new("team+deploy", "s3cret").pull("team/*").push("team/app");
/// ```
#[derive(Clone)]
pub struct User {
    pub(crate) name: String,
    pub(crate) password: String,
    pub(crate) rights: Vec<Right>,
    pub(crate) namespaces: Vec<String>,
    pub(crate) expired: bool,
    pub(crate) disabled: bool,
    pub(crate) no_registry_ability: bool,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("rights", &self.rights)
            .finish_non_exhaustive()
    }
}

impl User {
    /// A user without any right.
    pub fn new(name: &str, password: &str) -> Self {
        Self {
            name: name.to_owned(),
            password: password.to_owned(),
            rights: Vec::new(),
            namespaces: Vec::new(),
            expired: false,
            disabled: false,
            no_registry_ability: false,
        }
    }

    /// May pull what the pattern names: an exact name, `prefix/*` (any depth), or `*`.
    pub fn pull(self, pattern: &str) -> Self {
        self.may(pattern, &[Action::Pull])
    }

    /// May pull and push.
    pub fn push(self, pattern: &str) -> Self {
        self.may(pattern, &[Action::Pull, Action::Push])
    }

    /// May do everything.
    pub fn admin(self, pattern: &str) -> Self {
        self.may(
            pattern,
            &[
                Action::Pull,
                Action::Push,
                Action::Delete,
                Action::MetadataRead,
            ],
        )
    }

    /// May do exactly these things.
    pub fn may(mut self, pattern: &str, actions: &[Action]) -> Self {
        self.rights.push(Right::new(pattern, actions));
        self
    }

    /// Administers a namespace (an account or organisation): may do everything in it and create repositories there.
    pub fn owns(mut self, namespace: &str) -> Self {
        self.namespaces.push(namespace.to_owned());
        let everything = format!("{namespace}/*");
        self.admin(&everything)
    }

    /// The password is right and has run out (Amazon ECR's tokens after twelve hours).
    pub fn expired(mut self) -> Self {
        self.expired = true;
        self
    }

    /// The account is switched off (Quay says so).
    pub fn disabled(mut self) -> Self {
        self.disabled = true;
        self
    }

    /// The token is good and was made without any registry scope (GitLab).
    pub fn without_registry_ability(mut self) -> Self {
        self.no_registry_ability = true;
        self
    }

    pub(crate) fn allows(&self, repository: &str, action: Action) -> bool {
        self.rights
            .iter()
            .any(|right| right.allows(repository, action))
    }

    pub(crate) fn administers(&self, repository: &str) -> bool {
        namespace_of(repository)
            .is_some_and(|namespace| self.namespaces.iter().any(|owned| owned == namespace))
    }
}

/// The first element of a name that has several.
pub(crate) fn namespace_of(repository: &str) -> Option<&str> {
    repository.split_once('/').map(|(namespace, _)| namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_exact_names_prefixes_or_everything() {
        assert!(matches("team/app", "team/app"));
        assert!(!matches("team/app", "team/app2"));
        assert!(matches("team/*", "team/app/deep"));
        assert!(!matches("team/*", "teams/app"));
        assert!(matches("*", "anything"));
    }

    #[test]
    fn an_owner_may_create_in_the_namespace_and_nowhere_else() {
        let user = User::new("alice", "x").owns("alice").pull("team/*");
        assert!(user.administers("alice/new"));
        assert!(user.allows("alice/new", Action::Delete));
        assert!(!user.administers("team/app"));
        assert!(!user.allows("team/app", Action::Push));
    }
}
