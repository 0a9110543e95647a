//! Token requests and the tokens that answer them.
//!
//! Tokens are JSON Web Tokens with a readable `access` claim, or opaque ones where the registry's are. What counts on the registry's side is the [`Grant`] that was noted when the token was made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::json;

use super::access::{Access, Grant, basic};
use super::users::Action;
use super::world::{Cx, now};
use crate::web::Reply;

/// Who asks for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Login {
    Anonymous,
    Good(String),
    Wrong(String),
}

impl Login {
    pub(crate) fn subject(&self) -> Option<&str> {
        match self {
            Self::Good(name) => Some(name),
            Self::Anonymous | Self::Wrong(_) => None,
        }
    }
}

/// One scope that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
}

impl Scope {
    /// `TYPE:NAME:ACTION,ACTION`; the name may hold colons.
    fn parse(text: &str) -> Option<Self> {
        let (kind, rest) = text.split_once(':')?;
        let (name, actions) = rest.rsplit_once(':')?;
        Some(Self {
            kind: kind.to_owned(),
            name: name.to_owned(),
            actions: actions.split(',').map(str::to_owned).collect(),
        })
    }

    pub(crate) fn asks(&self, action: Action) -> bool {
        self.actions
            .iter()
            .any(|asked| asked == action.word() || asked == "*")
    }

    /// The repository, when it is one.
    pub(crate) fn repository(&self) -> Option<&str> {
        (self.kind == "repository").then_some(self.name.as_str())
    }
}

/// A token request.
#[derive(Clone, Debug)]
pub(crate) struct TokenAsk {
    pub(crate) post: bool,
    pub(crate) service: Option<String>,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) raw_scopes: Vec<String>,
    pub(crate) grant_type: Option<String>,
    pub(crate) login: Login,
    /// The password that came with it, for registries whose tokens are the password.
    pub(crate) password: Option<String>,
}

impl TokenAsk {
    /// GET with a query and Basic, or POST with a form (OAuth 2's password and refresh-token grants).
    pub(crate) fn read(cx: &Cx) -> Self {
        let post = cx.call.method == Method::POST;
        let mut pairs = cx.call.query_pairs();
        if post {
            pairs.extend(cx.call.form());
        }
        let value = |name: &str| {
            pairs
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.clone())
        };
        let raw_scopes: Vec<String> = pairs
            .iter()
            .filter(|(key, _)| key == "scope")
            .flat_map(|(_, value)| value.split(' ').map(str::to_owned))
            .filter(|scope| !scope.is_empty())
            .collect();
        let credentials = cx
            .call
            .header("authorization")
            .and_then(basic)
            .or_else(|| value("username").zip(value("password")));
        let refresh = value("refresh_token").filter(|_| post);
        let login = match (&credentials, refresh) {
            (Some((name, password)), _) => match cx.user(name) {
                Some(user) if user.password == *password => Login::Good(name.clone()),
                _ => Login::Wrong(name.clone()),
            },
            // An identity token is a user's password here: embedded registries have one secret a user.
            (None, Some(refresh)) => cx
                .state
                .users
                .iter()
                .find(|user| user.password == refresh)
                .map_or(Login::Wrong(String::new()), |user| {
                    Login::Good(user.name.clone())
                }),
            (None, None) if cx.call.header("authorization").is_some() => {
                Login::Wrong(String::new())
            }
            (None, None) => Login::Anonymous,
        };
        Self {
            post,
            service: value("service"),
            scopes: raw_scopes
                .iter()
                .filter_map(|scope| Scope::parse(scope))
                .collect(),
            raw_scopes,
            grant_type: value("grant_type"),
            login,
            password: credentials.map(|(_, password)| password),
        }
    }
}

/// What of the asked scopes the caller's rights cover, repository by repository; an entry without actions stays, as
/// distribution's own token server does it.
pub(crate) fn covered(cx: &Cx, ask: &TokenAsk) -> Vec<Access> {
    let subject = ask.login.subject();
    ask.scopes
        .iter()
        .filter_map(|scope| match scope.repository() {
            Some(repository) => Some(Access {
                kind: scope.kind.clone(),
                name: scope.name.clone(),
                actions: covered_actions(cx, subject, repository, scope),
            }),
            // The catalogue is for those who may do everything.
            None => cx.is_administrator(subject).then(|| Access {
                kind: scope.kind.clone(),
                name: scope.name.clone(),
                actions: scope.actions.clone(),
            }),
        })
        .collect()
}

/// The asked actions that the caller has a right to.
pub(crate) fn covered_actions(
    cx: &Cx,
    subject: Option<&str>,
    repository: &str,
    scope: &Scope,
) -> Vec<String> {
    [
        Action::Pull,
        Action::Push,
        Action::Delete,
        Action::MetadataRead,
    ]
    .into_iter()
    .filter(|&action| scope.asks(action) && cx.allows(subject, repository, action))
    .map(|action| action.word().to_owned())
    .collect()
}

/// How long a token lasts, unless a dialect says otherwise.
const LIFETIME: i64 = 300;

/// Makes a JSON Web Token and notes what it is good for.
pub(crate) fn jwt(cx: &mut Cx, ask: &TokenAsk, access: Vec<Access>) -> String {
    let issued = now();
    let subject = ask.login.subject().map(str::to_owned);
    let claims = json!({
        "iss": cx.world.signer.issuer().map_or_else(|| cx.host(), str::to_owned),
        "sub": subject.clone().unwrap_or_default(),
        "aud": ask.service.clone().unwrap_or_default(),
        "exp": issued + LIFETIME,
        "nbf": issued,
        "iat": issued,
        "jti": format!("token-{}", cx.state.tokens_issued + 1),
        "access": access.iter().map(Access::json).collect::<Vec<_>>(),
    });
    let token = cx.world.signer.sign(&claims);
    note(cx, ask, token, subject, Some(access))
}

/// Makes a token that says nothing to its bearer, and to the registry only who that is.
pub(crate) fn opaque(cx: &mut Cx, ask: &TokenAsk) -> String {
    let subject = ask.login.subject().map(str::to_owned);
    let token = STANDARD.encode(format!("opaque-token-{:08}", cx.state.tokens_issued + 1));
    note(cx, ask, token, subject, None)
}

/// Notes what this token is good for, and returns it.
pub(crate) fn note(
    cx: &mut Cx,
    ask: &TokenAsk,
    token: String,
    subject: Option<String>,
    access: Option<Vec<Access>>,
) -> String {
    let not_before = now();
    cx.state.tokens_issued += 1;
    let grant = Grant {
        subject,
        access,
        audience: ask.service.clone(),
        issued_at_path: cx.call.path.clone(),
        not_before,
        expires: not_before + LIFETIME,
    };
    cx.state.tokens.insert(token.clone(), grant);
    token
}

/// The usual answer: the token under both names.
pub(crate) fn both_names(token: &str) -> Reply {
    let issued_at = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    Reply::json(
        200,
        &json!({
            "token": token,
            "access_token": token,
            "expires_in": LIFETIME,
            "issued_at": issued_at.to_string(),
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_may_have_a_port_in_its_name() {
        let scope = Scope::parse("repository:host:5000/a/b:pull,push").expect("a scope");
        assert_eq!(scope.name, "host:5000/a/b");
        assert!(scope.asks(Action::Push));
        assert!(!scope.asks(Action::Delete));
        assert_eq!(Scope::parse("nonsense"), None);
    }
}
