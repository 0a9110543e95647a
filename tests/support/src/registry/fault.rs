//! Misbehaviour on order: the vocabulary. What each fault does to an answer is in [`super::misbehave`].

use std::time::Duration;

use super::Limit;

/// Which requests a fault is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum At {
    /// Everything that reaches the registry's own host.
    Everything,
    /// `/v2/`
    Ping,
    /// The token endpoint, wherever it is. Faults of connections need a token service on its own origin.
    Token,
    /// Manifests, by tag or digest.
    Manifests,
    /// `tags/list`
    Tags,
    /// Blobs on the registry's host.
    Blobs,
    /// Starting, continuing and cancelling uploads.
    Uploads,
    /// The storage that blobs are redirected to.
    Storage,
}

/// One kind of misbehaviour, where it shows, and how often.
///
/// ```no_run
/// use extreg_test_support::registry::{At, Fault, Registry};
///
/// let registry = Registry::builder().start();
/// registry.fault(Fault::status(503).at(At::Manifests).times(1));
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    pub(crate) kind: Kind,
    pub(crate) at: At,
    pub(crate) left: Option<usize>,
    pub(crate) method: Option<&'static str>,
}

#[derive(Clone, Debug)]
pub(crate) enum Kind {
    // of a connection
    SilentAccept,
    SilentTls,
    ResetAtAccept,
    ResetInTls,
    CloseAtAccept,
    PlainHttp,
    // in place of an answer
    SilentHttp,
    Status(u16),
    HtmlPage(u16),
    Refused {
        status: u16,
        code: String,
        message: String,
    },
    BlockPage,
    Redirect(String),
    RedirectElsewhere(String),
    Endless,
    Limited(Limit),
    HeadUnsupported,
    Empty(u16),
    Text {
        status: u16,
        media_type: String,
        body: String,
    },
    // to a request
    NoRanges,
    // to an answer
    ResetInBody,
    StallInBody,
    SlowBody {
        piece: usize,
        pause: Duration,
    },
    Unsized,
    ServedAs(String),
    CutShort,
    LyingDigest,
    NoDigest,
    WrongBody,
    NoChallenge,
    Challenges(Vec<String>),
    HostileText,
    ClockSkew(i64),
    RetryAfter(String),
    Delay(Duration),
}

/// One constructor for each kind. Unless said otherwise a fault is for [`At::Everything`] and lasts.
impl Fault {
    fn new(kind: Kind) -> Self {
        Self {
            kind,
            at: At::Everything,
            left: None,
            method: None,
        }
    }

    /// Only for these requests.
    pub fn at(mut self, at: At) -> Self {
        self.at = at;
        self
    }

    /// Only this many times.
    pub fn times(mut self, times: usize) -> Self {
        self.left = Some(times);
        self
    }

    /// Of faults that come in place of an answer: only for requests with this method.
    pub fn method(mut self, method: &'static str) -> Self {
        self.method = Some(method);
        self
    }

    pub(crate) fn is_for(&self, method: &http::Method) -> bool {
        self.method.is_none_or(|wanted| method == wanted)
    }

    /// Refusals with this code and message, in distribution's shape.
    pub fn refused(status: u16, code: &str, message: &str) -> Self {
        Self::new(Kind::Refused {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        })
    }

    /// Requests for a part of a blob get all of it, with 200.
    pub fn no_ranges() -> Self {
        Self::new(Kind::NoRanges).at(At::Blobs)
    }

    /// Connections are accepted, and nothing is ever said.
    pub fn silent_accept() -> Self {
        Self::new(Kind::SilentAccept)
    }

    /// The client's TLS hello is read and not answered.
    pub fn silent_tls() -> Self {
        Self::new(Kind::SilentTls)
    }

    /// Requests are read and not answered.
    pub fn silent_http() -> Self {
        Self::new(Kind::SilentHttp)
    }

    /// Connections are reset as soon as they are accepted.
    pub fn reset_at_accept() -> Self {
        Self::new(Kind::ResetAtAccept)
    }

    /// Connections are reset in the middle of the TLS handshake.
    pub fn reset_in_tls() -> Self {
        Self::new(Kind::ResetInTls)
    }

    /// Connections are closed in good order as soon as they are accepted: clients see an end of file.
    pub fn close_at_accept() -> Self {
        Self::new(Kind::CloseAtAccept)
    }

    /// The TLS port speaks plain HTTP.
    pub fn plain_http() -> Self {
        Self::new(Kind::PlainHttp)
    }

    /// Half of every body, then a reset.
    pub fn reset_in_body() -> Self {
        Self::new(Kind::ResetInBody)
    }

    /// Half of every body, then silence.
    pub fn stall_in_body() -> Self {
        Self::new(Kind::StallInBody)
    }

    /// Bodies come `piece` bytes at a time with a `pause` before each.
    pub fn slow_body(piece: usize, pause: Duration) -> Self {
        Self::new(Kind::SlowBody { piece, pause })
    }

    /// This status with distribution's JSON (`UNAVAILABLE` or `UNKNOWN`).
    pub fn status(status: u16) -> Self {
        Self::new(Kind::Status(status))
    }

    /// A web page with status 200, whatever is asked.
    pub fn html_page() -> Self {
        Self::html_status(200)
    }

    /// A web page with status 404.
    pub fn html_404() -> Self {
        Self::html_status(404)
    }

    /// A web page with any status: 502 is what a load balancer without a backend shows.
    pub fn html_status(status: u16) -> Self {
        Self::new(Kind::HtmlPage(status))
    }

    /// What a forward proxy shows for a forbidden site: 403, HTML, `Via`.
    pub fn block_page() -> Self {
        Self::new(Kind::BlockPage)
    }

    /// 302 to this address, as single sign-on does in front of everything.
    pub fn redirect_to_login(url: &str) -> Self {
        Self::new(Kind::Redirect(url.to_owned()))
    }

    /// 307 to the same path on another host: `base` is `scheme://host:port`.
    pub fn redirect_elsewhere(base: &str) -> Self {
        Self::new(Kind::RedirectElsewhere(base.to_owned()))
    }

    /// A body that never ends, with a good status, of the type that would be there.
    pub fn endless_body() -> Self {
        Self::new(Kind::Endless)
    }

    /// The answer's body without its length.
    pub fn no_length() -> Self {
        Self::new(Kind::Unsized)
    }

    /// 429 as this registry words it; for manifests unless said otherwise, for the token endpoint when it is the
    /// login that is limited, for everything when it is abuse.
    pub fn limited(limit: Limit) -> Self {
        let at = match limit {
            Limit::PullQuota => At::Manifests,
            Limit::Abuse => At::Everything,
            Limit::Login => At::Token,
        };
        Self::new(Kind::Limited(limit)).at(at)
    }

    /// HEAD is answered 405.
    pub fn head_unsupported() -> Self {
        Self::new(Kind::HeadUnsupported)
    }

    /// A status without a body: 400 is what distribution shows when its htpasswd file is gone.
    pub fn empty(status: u16) -> Self {
        Self::new(Kind::Empty(status))
    }

    /// Exactly this.
    pub fn answer(status: u16, media_type: &str, body: &str) -> Self {
        Self::new(Kind::Text {
            status,
            media_type: media_type.to_owned(),
            body: body.to_owned(),
        })
    }

    /// What is there comes with this `Content-Type`, or with none when it is empty.
    pub fn served_as(media_type: &str) -> Self {
        Self::new(Kind::ServedAs(media_type.to_owned())).at(At::Manifests)
    }

    /// Storage that lost the end of its files: bodies are half as long, and their length is announced so.
    pub fn cut_short() -> Self {
        Self::new(Kind::CutShort).at(At::Blobs)
    }

    /// `Docker-Content-Digest` names another manifest.
    pub fn lying_digest() -> Self {
        Self::new(Kind::LyingDigest).at(At::Manifests)
    }

    /// No `Docker-Content-Digest`.
    pub fn no_digest() -> Self {
        Self::new(Kind::NoDigest).at(At::Manifests)
    }

    /// The bytes are not those of the digest.
    pub fn corrupted() -> Self {
        Self::new(Kind::WrongBody).at(At::Blobs)
    }

    /// 401 and 403 lose their `WWW-Authenticate`.
    pub fn no_challenge() -> Self {
        Self::new(Kind::NoChallenge)
    }

    /// 401 carries these challenges in place of its own, one header each. `{}` stands for the registry's own.
    pub fn challenges(challenges: &[&str]) -> Self {
        let own = challenges.iter().map(|&text| text.to_owned()).collect();
        Self::new(Kind::Challenges(own))
    }

    /// Refusals come with terminal escapes, line breaks and text in the other direction.
    pub fn hostile_text() -> Self {
        Self::new(Kind::HostileText)
    }

    /// The registry's clock is so many seconds ahead (or, negative, behind): its `Date` header says so, and it judges
    /// tokens by it. Its token service's clock is right.
    pub fn clock_skew(seconds: i64) -> Self {
        Self::new(Kind::ClockSkew(seconds))
    }

    /// 429 and 503 come with this `Retry-After`: seconds, or a date.
    pub fn retry_after(value: &str) -> Self {
        Self::new(Kind::RetryAfter(value.to_owned()))
    }

    /// Every answer comes this much later.
    pub fn delay(delay: Duration) -> Self {
        Self::new(Kind::Delay(delay))
    }
}
