//! Who is asking, what for, and whether that is allowed: the rules that most dialects share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;

use super::dialect::Scheme;
use super::route::Route;
use super::users::Action;
use super::world::{Cx, now};

/// What a token is good for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Grant {
    /// Whose it is; none for anonymous.
    pub(crate) subject: Option<String>,
    /// What it allows. None: it says who the caller is and nothing else, and rights are looked up at each request.
    pub(crate) access: Option<Vec<Access>>,
    /// The service that it was asked for.
    pub(crate) audience: Option<String>,
    /// The token endpoint's path, where a registry has several.
    pub(crate) issued_at_path: String,
    pub(crate) not_before: i64,
    pub(crate) expires: i64,
}

/// One entry of a token's `access`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Access {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) actions: Vec<String>,
}

impl Access {
    pub(crate) fn repository(name: &str, actions: &[Action]) -> Self {
        Self {
            kind: "repository".to_owned(),
            name: name.to_owned(),
            actions: actions
                .iter()
                .map(|action| action.word().to_owned())
                .collect(),
        }
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::json!({"type": self.kind, "name": self.name, "actions": self.actions})
    }
}

/// What the `Authorization` header says.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// There is none.
    Nobody,
    /// Basic, and the password is right.
    User(String),
    /// Basic, and it is not.
    WrongPassword,
    /// A token that this registry gave out and still takes.
    Token(Grant),
    /// Any other token.
    BadToken,
}

impl Identity {
    /// The user behind it, where there is one.
    pub(crate) fn subject(&self) -> Option<&str> {
        match self {
            Self::User(name) => Some(name),
            Self::Token(grant) => grant.subject.as_deref(),
            Self::Nobody | Self::WrongPassword | Self::BadToken => None,
        }
    }

    /// Whether there was an `Authorization` header.
    pub(crate) fn was_given(&self) -> bool {
        !matches!(self, Self::Nobody)
    }
}

/// What a request needs.
#[derive(Clone, Debug)]
pub(crate) struct Need {
    pub(crate) route: Route,
    pub(crate) actions: Vec<Action>,
}

impl Need {
    pub(crate) fn of(route: &Route, method: &Method) -> Self {
        let actions = match route {
            Route::Ping | Route::Catalog | Route::Unknown => Vec::new(),
            _ if *method == Method::DELETE => vec![Action::Delete],
            _ if *method == Method::GET || *method == Method::HEAD => vec![Action::Pull],
            _ => vec![Action::Pull, Action::Push],
        };
        Self {
            route: route.clone(),
            actions,
        }
    }

    pub(crate) fn repository(&self) -> Option<&str> {
        self.route.repository()
    }

    /// Whether it is about uploading or deleting.
    pub(crate) fn writes(&self) -> bool {
        self.actions
            .iter()
            .any(|action| matches!(action, Action::Push | Action::Delete))
    }

    /// The one action to name in a message.
    pub(crate) fn main_action(&self) -> Action {
        self.actions.last().copied().unwrap_or(Action::Pull)
    }

    /// `repository:NAME:pull,push`, `registry:catalog:*`, or nothing for the ping.
    pub(crate) fn scope(&self) -> Option<String> {
        match &self.route {
            Route::Catalog => Some("registry:catalog:*".to_owned()),
            route => route
                .repository()
                .map(|name| format!("repository:{name}:{}", self.words())),
        }
    }

    pub(crate) fn words(&self) -> String {
        let words: Vec<&str> = self.actions.iter().map(|action| action.word()).collect();
        words.join(",")
    }
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It came without credentials that the registry reads.
    NoCredentials,
    /// The password is wrong.
    WrongPassword,
    /// The token is not one that the registry takes.
    InvalidToken,
    /// The caller is known and has no right.
    NotAllowed,
}

/// The user name and password of a Basic header.
pub(crate) fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}

/// The token of a Bearer header.
pub(crate) fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Reads the `Authorization` header as distribution does.
pub(crate) fn identify(cx: &mut Cx) -> Identity {
    let Some(header) = cx.call.header("authorization") else {
        return Identity::Nobody;
    };
    if let Some((name, password)) = basic(header) {
        return match cx.user(&name) {
            Some(user) if user.password == password => Identity::User(name),
            _ => Identity::WrongPassword,
        };
    }
    match bearer(header).and_then(|token| cx.state.tokens.get(token)) {
        Some(grant) if is_current(grant, cx) => Identity::Token(grant.clone()),
        _ => Identity::BadToken,
    }
}

/// Whether the registry's own clock takes the token, and it was made for this registry. The minute of grace is
/// distribution's (`registry/auth/token/token.go`, `Leeway`).
fn is_current(grant: &Grant, cx: &Cx) -> bool {
    const LEEWAY: i64 = 60;
    let clock = now() + cx.clock_skew();
    let for_us = match &grant.audience {
        Some(audience) => *audience == cx.world.rules.service(cx),
        None => true,
    };
    for_us && grant.not_before - LEEWAY <= clock && clock <= grant.expires + LEEWAY
}

/// Decides as distribution's auth modules do.
pub(crate) fn authorize(cx: &Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
    match cx.world.rules.scheme(cx) {
        Scheme::Open => Ok(()),
        Scheme::Basic => by_rights(cx, who, need),
        Scheme::Bearer => by_token(cx, who, need),
    }
}

fn by_rights(cx: &Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
    match who {
        Identity::WrongPassword | Identity::BadToken | Identity::Token(_) => {
            Err(Denied::WrongPassword)
        }
        Identity::User(_) if rights_suffice(cx, who.subject(), need) => Ok(()),
        Identity::User(_) => Err(Denied::NotAllowed),
        Identity::Nobody if need.repository().is_some() && rights_suffice(cx, None, need) => Ok(()),
        Identity::Nobody => Err(Denied::NoCredentials),
    }
}

/// Whether the caller's rights, looked up now, cover the need. Routes without a repository need none.
pub(crate) fn rights_suffice(cx: &Cx, subject: Option<&str>, need: &Need) -> bool {
    need.repository().is_none_or(|repository| {
        need.actions
            .iter()
            .all(|&action| cx.allows(subject, repository, action))
    })
}

fn by_token(cx: &Cx, who: &Identity, need: &Need) -> Result<(), Denied> {
    let grant = match who {
        // A Basic header on a token registry is no credential at all.
        Identity::Nobody | Identity::User(_) | Identity::WrongPassword => {
            return Err(Denied::NoCredentials);
        }
        Identity::BadToken => return Err(Denied::InvalidToken),
        Identity::Token(grant) => grant,
    };
    let suffices = match &grant.access {
        None => rights_suffice(cx, grant.subject.as_deref(), need),
        Some(access) => access_suffices(access, need),
    };
    if suffices {
        Ok(())
    } else {
        Err(Denied::NotAllowed)
    }
}

fn access_suffices(access: &[Access], need: &Need) -> bool {
    let has = |kind: &str, name: &str, action: &str| {
        access.iter().any(|entry| {
            entry.kind == kind
                && entry.name == name
                && entry.actions.iter().any(|granted| granted == action)
        })
    };
    match need.repository() {
        Some(repository) => need
            .actions
            .iter()
            .all(|action| has("repository", repository, action.word())),
        None => need.route != Route::Catalog || has("registry", "catalog", "*"),
    }
}
