//! One call to the API server: the request limit, a second try where the server asks for one, warnings, renewal of the
//! login. What the answer means is not judged here.

use std::time::Duration;

use http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::body::Bytes;

use super::ClusterError;
use super::link::Answer;
use super::session::{Live, Session};
use super::unreachable;

/// The longest wait that a server may ask for before a second try; what asks for more is told to the user at once.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// A request.
pub(super) struct Call {
    pub(super) method: Method,
    /// Path and query, encoded.
    pub(super) path: String,
    /// Content type and bytes.
    pub(super) body: Option<(&'static str, Vec<u8>)>,
    pub(super) accept: &'static str,
    /// A longer answer is not read, in bytes.
    pub(super) limit: Option<usize>,
    /// The user did not ask for this kind: what the server says on its being old is no news to anybody.
    pub(super) unasked: bool,
}

impl Call {
    pub(super) fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            path,
            body: None,
            accept: "application/json",
            limit: None,
            unasked: false,
        }
    }
}

impl Session {
    pub(super) async fn call(&self, call: &Call) -> Result<Answer, ClusterError> {
        let mut live = self.live().await;
        let mut answer = self.attempt(&live, call).await?;
        if answer.status == StatusCode::UNAUTHORIZED
            && let Some(renewed) = self.renewed(&live).await
        {
            live = renewed;
            answer = self.attempt(&live, call).await?;
        }
        if let Some(wait) = asked_to_wait(&answer) {
            self.warnings.add(&format!(
                "the API server is busy ({}) and asks to wait {} s; trying once more",
                answer.status,
                wait.as_secs()
            ));
            tokio::time::sleep(wait).await;
            answer = self.attempt(&live, call).await?;
        }
        Ok(answer)
    }

    async fn attempt(&self, live: &Live, call: &Call) -> Result<Answer, ClusterError> {
        // Boxed, so that the futures of all callers stay small.
        let exchange = Box::pin(self.exchange(live, call));
        let Some(limit) = self.target.request_timeout else {
            return exchange.await;
        };
        tokio::time::timeout(limit, exchange)
            .await
            .unwrap_or_else(|_| {
                Err(ClusterError::Unreachable(format!(
                    "{} did not answer within {limit:?} (--request-timeout)",
                    self.server
                )))
            })
    }

    async fn exchange(&self, live: &Live, call: &Call) -> Result<Answer, ClusterError> {
        let (content_type, body) = match &call.body {
            Some((content_type, body)) => (Some(*content_type), Bytes::from(body.clone())),
            None => (None, Bytes::new()),
        };
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(&call.path)
            .body(body)
            .map_err(|_| ClusterError::Other(format!("the path {:?} is not valid", call.path)))?;
        let headers = request.headers_mut();
        headers.clone_from(&live.headers);
        headers.insert(header::ACCEPT, HeaderValue::from_static(call.accept));
        if let Some(login) = self.login(live).await? {
            headers.insert(header::AUTHORIZATION, login);
        }
        if let Some(content_type) = content_type {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let answer = live
            .link
            .ask(request, call.limit.unwrap_or(usize::MAX))
            .await
            .map_err(|failure| unreachable::of(&failure, self))?;
        if !call.unasked {
            self.warnings.add_headers(&answer.headers);
        }
        Ok(answer)
    }
}

/// The wait of a 429 or 503 that names one short enough, as client-go `rest/with_retry.go` obeys it.
fn asked_to_wait(answer: &Answer) -> Option<Duration> {
    if !matches!(
        answer.status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
    ) {
        return None;
    }
    let seconds = answer
        .headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    Some(Duration::from_secs(seconds)).filter(|wait| *wait <= LONGEST_WAIT)
}
