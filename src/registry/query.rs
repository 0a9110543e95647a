//! One request before it is sent: what is asked, with which credentials, and its form on the wire.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HOST, PROXY_AUTHORIZATION, RANGE,
    USER_AGENT,
};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use hyper::body::Bytes;
use reqwest::Url;
use secrecy::{ExposeSecret as _, SecretString};

use super::dial::authority;
use super::dial::guard::Guard;
use super::lease::Lease;
use super::wire::BOUND;
use crate::model::observation::{Origin, Purpose, Sent};

/// How this tool names itself. Some registries answer `/v2/` differently to Docker's own agents.
pub(super) const AGENT: &str = concat!("kubectl-extreg/", env!("CARGO_PKG_VERSION"));

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

/// One request.
#[derive(Clone)]
pub(super) struct Query {
    pub(super) purpose: Purpose,
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) authorization: Authorization,
    /// Each is a header of its own, as containers/image sends them.
    pub(super) accept: &'static [&'static str],
    /// Only the first byte is wanted.
    pub(super) first_byte: bool,
    /// A form to post; it may hold a secret.
    pub(super) form: Option<SecretString>,
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
            first_byte: false,
            form: None,
            bound: BOUND,
            guard: Guard::Any,
            insists: !matches!(
                purpose,
                Purpose::CredentialCheck | Purpose::PushProbe | Purpose::PushCancel
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

/// The request as it goes over `lease` to `origin`.
pub(super) fn request(
    query: &Query,
    origin: &Origin,
    lease: &Lease,
) -> Result<Request<Full<Bytes>>, http::Error> {
    let path = match query.url.query() {
        Some(asked) => format!("{}?{asked}", query.url.path()),
        None => query.url.path().to_owned(),
    };
    let via_proxy = lease.traits.via_proxy.as_ref();
    let target = if lease.is_http2() || via_proxy.is_some() {
        let scheme = if origin.https { "https" } else { "http" };
        format!("{scheme}://{}{path}", authority(origin))
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
    if query.first_byte {
        builder = builder.header(RANGE, "bytes=0-0");
    }
    let body = match &query.form {
        Some(form) => {
            builder = builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            Bytes::copy_from_slice(form.expose_secret().as_bytes())
        }
        None => Bytes::new(),
    };
    if query.method == Method::POST && body.is_empty() {
        builder = builder.header(CONTENT_LENGTH, "0");
    }
    builder.body(Full::new(body))
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
        Method::DELETE => "DELETE",
        _ => "OTHER",
    }
}
