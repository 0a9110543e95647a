//! One request before it is sent: what is asked, with which credentials, and its form on the wire.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION,
    RANGE, USER_AGENT,
};
use http::{HeaderValue, Method, Request};
use hyper::body::{Body as _, Bytes};
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::dial::guard::Guard;
use super::lease::Lease;
use super::wire::BOUND;
use crate::model::observation::{Origin, Purpose, Sent};
use crate::net::outgoing::Outgoing;
use crate::net::{AGENT, authority};

/// What is sent along to prove who asks.
#[derive(Clone)]
pub(super) enum Authorization {
    Nothing,
    Basic {
        username: String,
        password: SecretString,
    },
    Bearer(SecretString),
}

impl Authorization {
    fn header(&self) -> Option<Result<HeaderValue, http::Error>> {
        let text = match self {
            Self::Nothing => return None,
            Self::Basic { username, password } => {
                let pair = format!("{username}:{}", password.expose_secret());
                format!("Basic {}", STANDARD.encode(pair))
            }
            Self::Bearer(token) => format!("Bearer {}", token.expose_secret()),
        };
        Some(
            HeaderValue::try_from(text)
                .map(|mut value| {
                    value.set_sensitive(true);
                    value
                })
                .map_err(http::Error::from),
        )
    }
}

/// What a token for a request is to allow on its repository.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Wish {
    Pull,
    /// Only where the user asked for a push: on some registries asking creates the repository.
    Push,
    /// A push that takes a blob over from another repository.
    Mount {
        from: String,
    },
    /// Giving an upload up, where that takes the right to delete.
    Cancel,
}

impl Wish {
    /// The actions of the scope.
    pub(super) fn actions(&self) -> &'static str {
        match self {
            Self::Pull => "pull",
            Self::Push | Self::Mount { .. } => "pull,push",
            Self::Cancel => "pull,push,delete",
        }
    }

    /// A scope beside the repository's own.
    pub(super) fn beside(&self) -> Option<String> {
        match self {
            Self::Mount { from } => Some(format!("repository:{from}:pull")),
            Self::Pull | Self::Push | Self::Cancel => None,
        }
    }
}

/// Which part of a blob is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Range {
    FirstByte,
    /// From this byte to the end.
    From(u64),
}

/// What a request carries.
#[derive(Clone)]
pub(super) struct Content {
    pub(super) media_type: String,
    pub(super) bytes: Bytes,
}

/// One request.
#[derive(Clone)]
pub(super) struct Query {
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) authorization: Authorization,
    /// Each is a header of its own, as containers/image sends them.
    pub(super) accept: &'static [&'static str],
    pub(super) range: Option<Range>,
    /// A form to post; it may hold a secret.
    pub(super) form: Option<SecretString>,
    /// What is sent along, whole. Of a body that is streamed it is the media type alone.
    pub(super) content: Option<Content>,
    /// Which bytes of an upload are sent: the first, and the last.
    pub(super) content_range: Option<(u64, u64)>,
    /// What a token for it has to allow.
    pub(super) wish: Wish,
    /// A token that the registry no longer takes is renewed once. Long work outlives tokens; a diagnosis does not.
    pub(super) renews: bool,
    /// The body of a successful answer is not read here: whoever asked does so, for as long as that takes.
    pub(super) live: bool,
    /// How long the whole exchange may take, where the usual time is not enough.
    pub(super) patience: Option<Duration>,
    /// Of a successful answer no more than this is kept. Refusals are kept up to [`BOUND`].
    pub(super) bound: usize,
    /// Which addresses must not be connected to.
    pub(super) guard: Guard,
    /// Asked again after the pause that a 429 names. Not so what could count as one more wrong password, or writes.
    pub(super) insists: bool,
}

impl Query {
    /// A GET without credentials.
    pub(super) fn get(purpose: Purpose, url: Url) -> Self {
        Self {
            purpose,
            method: Method::GET,
            url,
            authorization: Authorization::Nothing,
            accept: &[],
            range: None,
            form: None,
            content: None,
            content_range: None,
            wish: Wish::Pull,
            renews: false,
            live: false,
            patience: None,
            bound: BOUND,
            guard: Guard::Any,
            insists: !matches!(
                purpose,
                Purpose::CredentialCheck
                    | Purpose::PushProbe
                    | Purpose::PushCancel
                    | Purpose::Upload
            ),
        }
    }

    /// A posted form holds an identity token, which is as good as a bearer's.
    pub(super) fn sent(&self) -> Sent {
        match self.authorization {
            Authorization::Nothing if self.form.is_some() => Sent::Bearer,
            Authorization::Nothing => Sent::Nothing,
            Authorization::Basic { .. } => Sent::Basic,
            Authorization::Bearer(_) => Sent::Bearer,
        }
    }
}

/// The request as it goes over `lease` to `origin`; with `streamed` as its body where there is one.
pub(super) fn request(
    query: &Query,
    origin: &Origin,
    lease: &Lease,
    streamed: Option<Outgoing>,
) -> Result<Request<Outgoing>, http::Error> {
    let path = match query.url.query() {
        Some(asked) => format!("{}?{asked}", query.url.path()),
        None => query.url.path().to_owned(),
    };
    let via_proxy = lease.traits.via_proxy.as_ref();
    let target = if lease.is_http2() || via_proxy.is_some() {
        let scheme = if origin.https { "https" } else { "http" };
        format!("{scheme}://{}{path}", authority(&origin.host, origin.port))
    } else {
        path
    };
    let mut builder = Request::builder()
        .method(query.method.clone())
        .uri(target)
        .header(USER_AGENT, AGENT);
    if !lease.is_http2() {
        builder = builder.header(HOST, host_header(origin));
    }
    if let Some(header) = query.authorization.header() {
        builder = builder.header(AUTHORIZATION, header?);
    }
    if let Some(login) = via_proxy.and_then(|proxy| proxy.authorization.as_ref()) {
        builder = builder.header(PROXY_AUTHORIZATION, login);
    }
    for accept in query.accept {
        builder = builder.header(ACCEPT, *accept);
    }
    match query.range {
        Some(Range::FirstByte) => builder = builder.header(RANGE, "bytes=0-0"),
        Some(Range::From(start)) => builder = builder.header(RANGE, format!("bytes={start}-")),
        None => {}
    }
    if let Some((first, last)) = query.content_range {
        // Without a unit, as the distribution specification has it.
        builder = builder.header(CONTENT_RANGE, format!("{first}-{last}"));
    }
    let body = match (&query.form, &query.content) {
        (Some(form), _) => {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            Bytes::copy_from_slice(form.expose_secret().as_bytes())
        }
        (None, Some(content)) => {
            builder = builder.header(CONTENT_TYPE, content.media_type.as_str());
            content.bytes.clone()
        }
        (None, None) => Bytes::new(),
    };
    let body = streamed.unwrap_or(Outgoing::Whole(body));
    let writes = matches!(query.method, Method::POST | Method::PUT | Method::PATCH);
    if writes && body.is_end_stream() {
        builder = builder.header(CONTENT_LENGTH, "0");
    }
    builder.body(body)
}

/// The port is named only where it is not the scheme's own, as browsers and Go do: some registries compare.
fn host_header(origin: &Origin) -> String {
    let text = origin.to_string();
    text.split_once("://")
        .map_or(text.clone(), |(_, rest)| rest.to_owned())
}

/// The method's name, as the record has it.
pub(super) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}
