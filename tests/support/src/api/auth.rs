//! Who asks, and what they may: tokens, basic credentials, impersonation, allow and deny rules.
//!
//! Sources: k8s.io/apiserver `pkg/endpoints/filters/impersonation.go`,
//! `pkg/endpoints/handlers/responsewriters/errors.go` (the Forbidden text). RBAC objects are stored but decide
//! nothing: the rules here do, for requests and for SelfSubjectAccessReviews alike.

use base64::Engine as _;
use http::HeaderMap;

use super::error::{ApiError, Named};

/// The user whom a request runs as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) name: String,
    pub(crate) groups: Vec<String>,
    pub(crate) impersonator: Option<String>,
}

impl Identity {
    /// The administrator whom the kubeconfig of [`super::Api::kubeconfig`] names.
    pub(crate) fn admin() -> Self {
        let groups = vec!["system:masters".into(), "system:authenticated".into()];
        Self {
            name: "system:admin".into(),
            groups,
            impersonator: None,
        }
    }

    fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }
}

/// Somebody who can log in.
#[derive(Debug, Clone, Default)]
pub struct User {
    name: String,
    groups: Vec<String>,
    token: Option<String>,
    password: Option<String>,
}

impl User {
    /// A user of this name, without credentials yet.
    pub fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::default()
        }
    }

    /// Logs in with this bearer token.
    pub fn token(mut self, token: &str) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Logs in with name and this password (basic authentication).
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.into());
        self
    }

    /// Is in this group as well; everybody who logs in is in `system:authenticated`.
    pub fn group(mut self, group: &str) -> Self {
        self.groups.push(group.into());
        self
    }
}

/// What somebody may or may not do. An unset part means any.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rule {
    verbs: Vec<String>,
    group: Option<String>,
    resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
}

impl Rule {
    /// A rule about this verb (`get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `impersonate`).
    pub fn verb(verb: &str) -> Self {
        Self {
            verbs: vec![verb.into()],
            ..Self::default()
        }
    }

    /// A rule about any of these verbs; none means all.
    pub fn verbs(verbs: &[&str]) -> Self {
        Self {
            verbs: verbs.iter().map(ToString::to_string).collect(),
            ..Self::default()
        }
    }

    /// On this resource: `secrets`, `deployments.apps`, `pods/log`.
    pub fn on(mut self, resource: &str) -> Self {
        let (name, group) = resource.split_once('.').unwrap_or((resource, ""));
        self.resource = Some(name.into());
        self.group = Some(group.into());
        self
    }

    /// In this namespace only; an empty one means requests for the whole cluster.
    pub fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.into());
        self
    }

    /// About the object of this name only.
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.into());
        self
    }

    fn covers(&self, access: &Access<'_>) -> bool {
        let fits =
            |part: &Option<String>, value: &str| part.as_ref().is_none_or(|part| part == value);
        let (verb, resource) = (access.verb, access.full_resource());
        (self.verbs.is_empty() || self.verbs.iter().any(|one| one == verb || one == "*"))
            && fits(&self.group, access.group)
            && fits(&self.resource, &resource)
            && fits(&self.namespace, access.namespace)
            && fits(&self.name, access.name)
    }
}

/// One thing that somebody wants to do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Access<'a> {
    pub(crate) verb: &'a str,
    pub(crate) group: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) subresource: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
}

impl Access<'_> {
    fn full_resource(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.into()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    fn refusal(&self, user: &str) -> ApiError {
        let place = if self.namespace.is_empty() {
            "at the cluster scope".to_owned()
        } else {
            format!("in the namespace {:?}", self.namespace)
        };
        let why = format!(
            "User {user:?} cannot {} resource {:?} in API group {:?} {place}",
            self.verb,
            self.full_resource(),
            self.group,
        );
        ApiError::forbidden(
            Named {
                group: self.group,
                resource: self.resource,
            },
            self.name,
            &why,
        )
    }
}

/// Users and rules.
#[derive(Debug, Default)]
pub(crate) struct Auth {
    pub(crate) users: Vec<User>,
    /// The administrator's token.
    pub(crate) admin_token: String,
    denied: Vec<(String, Rule)>,
    allowed: Vec<(String, Rule)>,
}

impl Auth {
    /// No users and no rules; the administrator has this token.
    pub(crate) fn new(admin_token: String) -> Self {
        Self {
            admin_token,
            ..Self::default()
        }
    }

    pub(crate) fn deny(&mut self, subject: &str, rule: Rule) {
        self.denied.push((subject.into(), rule));
    }

    pub(crate) fn allow(&mut self, subject: &str, rule: Rule) {
        self.allowed.push((subject.into(), rule));
    }

    pub(crate) fn forget_rules(&mut self, subject: &str) {
        self.denied.retain(|(name, _)| name != subject);
        self.allowed.retain(|(name, _)| name != subject);
    }

    /// The token of a user, for kubeconfigs.
    pub(crate) fn credentials(&self, name: &str) -> Option<(Option<&str>, Option<&str>)> {
        let user = self.users.iter().find(|user| user.name == name)?;
        Some((user.token.as_deref(), user.password.as_deref()))
    }

    /// Who a request comes from. Without users everybody is the administrator, unless they bring a token that
    /// nobody has.
    pub(crate) fn identify(&self, headers: &HeaderMap) -> Result<Identity, ApiError> {
        let header = headers
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let (scheme, value) = header.split_once(' ').unwrap_or((header, ""));
        let user = match scheme.to_ascii_lowercase().as_str() {
            "" if self.users.is_empty() => return Ok(Identity::admin()),
            "" => return Err(ApiError::unauthorized()),
            "bearer" if value == self.admin_token => return Ok(Identity::admin()),
            "bearer" => self
                .users
                .iter()
                .find(|user| user.token.as_deref() == Some(value)),
            "basic" => {
                let decoded = base64::engine::general_purpose::STANDARD
                    .decode(value)
                    .unwrap_or_default();
                let decoded = String::from_utf8_lossy(&decoded).into_owned();
                let (name, password) = decoded.split_once(':').unwrap_or_default();
                self.users
                    .iter()
                    .find(|user| user.name == name && user.password.as_deref() == Some(password))
            }
            _ => None,
        };
        let user = user.ok_or_else(ApiError::unauthorized)?;
        let mut groups = user.groups.clone();
        groups.push("system:authenticated".into());
        Ok(Identity {
            name: user.name.clone(),
            groups,
            impersonator: None,
        })
    }

    /// Applies `Impersonate-User` and `Impersonate-Group`.
    pub(crate) fn impersonate(
        &self,
        identity: Identity,
        headers: &HeaderMap,
    ) -> Result<Identity, ApiError> {
        let texts = |name: &str| -> Vec<String> {
            headers
                .get_all(name)
                .iter()
                .filter_map(|value| Some(value.to_str().ok()?.to_owned()))
                .collect()
        };
        let (users, mut groups) = (texts("impersonate-user"), texts("impersonate-group"));
        let Some(user) = users.first() else {
            if groups.is_empty() {
                return Ok(identity);
            }
            return Err(ApiError::internal(
                "requested [{Group}] without impersonating a user",
            ));
        };
        let account = user
            .strip_prefix("system:serviceaccount:")
            .and_then(|rest| rest.split_once(':'));
        let access = |resource: &'static str, namespace, name| Access {
            verb: "impersonate",
            group: "",
            resource,
            subresource: "",
            namespace,
            name,
        };
        match account {
            Some((namespace, name)) => {
                self.authorize(&identity, &access("serviceaccounts", namespace, name))?;
            }
            None => self.authorize(&identity, &access("users", "", user))?,
        }
        for group in &groups {
            self.authorize(&identity, &access("groups", "", group))?;
        }
        if let (Some((namespace, _)), true) = (account, groups.is_empty()) {
            groups = vec![
                "system:serviceaccounts".into(),
                format!("system:serviceaccounts:{namespace}"),
            ];
        }
        let decided =
            |group: &String| group == "system:authenticated" || group == "system:unauthenticated";
        if !groups.iter().any(decided) {
            groups.push("system:authenticated".into());
        }
        Ok(Identity {
            name: user.clone(),
            groups,
            impersonator: Some(identity.name),
        })
    }

    /// Whether somebody may do something: a deny rule for the user or a group wins; whoever has allow rules may
    /// do only what they allow; masters may do the rest.
    pub(crate) fn permits(&self, identity: &Identity, access: &Access<'_>) -> bool {
        let about =
            |subject: &String| *subject == identity.name || identity.groups.contains(subject);
        if self
            .denied
            .iter()
            .any(|(subject, rule)| about(subject) && rule.covers(access))
        {
            return false;
        }
        let mut mine = self
            .allowed
            .iter()
            .filter(|(subject, _)| about(subject))
            .peekable();
        if mine.peek().is_none() {
            // Acting as somebody else is never a matter of course.
            return access.verb != "impersonate" || identity.is_master();
        }
        mine.any(|(_, rule)| rule.covers(access))
    }

    pub(crate) fn authorize(
        &self,
        identity: &Identity,
        access: &Access<'_>,
    ) -> Result<(), ApiError> {
        if self.permits(identity, access) {
            Ok(())
        } else {
            Err(access.refusal(&identity.name))
        }
    }
}
