//! One call to the API server: the request limit, a second try where the server asks for one, warnings, renewal of the
//! login. What the answer means is not judged here.

use std::time::Duration;

use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;

use super::ClusterError;
use super::faults;
use super::session::{Live, Session};

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

/// An answer of any status.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
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
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(&call.path)
            .header(header::ACCEPT, call.accept);
        if let Some(login) = &live.header {
            request = request.header(header::AUTHORIZATION, login.clone());
        }
        let mut bytes = Vec::new();
        if let Some((content_type, body)) = &call.body {
            request = request.header(header::CONTENT_TYPE, *content_type);
            bytes.clone_from(body);
        }
        let request = request
            .body(kube::client::Body::from(bytes))
            .map_err(|_| ClusterError::Other(format!("the path {:?} is not valid", call.path)))?;
        let answer = live
            .client
            .send(request)
            .await
            .map_err(|error| faults::of_transport(&error, self))?;
        let (parts, body) = answer.into_parts();
        if !call.unasked {
            self.warnings.add_headers(&parts.headers);
        }
        let read = match call.limit {
            None => body.collect_bytes().await.map(Vec::from),
            Some(limit) => match bounded(body, limit).await {
                Some(read) => read,
                None => {
                    return Err(ClusterError::Other(format!(
                        "the API server answered with more than {limit} bytes"
                    )));
                }
            },
        };
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            body: read.map_err(|error| faults::of_transport(&error, self))?,
        })
    }
}

/// The whole body; `None` when it is longer than `limit` bytes.
async fn bounded(
    mut body: kube::client::Body,
    limit: usize,
) -> Option<Result<Vec<u8>, kube::Error>> {
    let mut read = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => read.extend_from_slice(frame.data_ref().map_or(&[], |bytes| &bytes[..])),
            Err(error) => return Some(Err(error)),
        }
        if read.len() > limit {
            return None;
        }
    }
    Some(Ok(read))
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
