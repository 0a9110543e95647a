//! Why a step of a copy failed, and whether another try could help. Pure.

use std::time::Duration;

use crate::model::observation::{Exchange, ExchangeFault};
use crate::registry::answers;

/// A failure, and at which end.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{place}: {trouble}")]
pub struct Fault {
    /// `host[:port]/repository`.
    pub place: String,
    pub trouble: Trouble,
}

/// What happened there.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Trouble {
    /// Refused, or not answered. The words for it are `doctor`'s.
    #[error("{} {} failed", .0.method, .0.url)]
    Exchange(Box<Exchange>),
    /// What was delivered is something else.
    #[error("what is delivered for {digest} is {found}")]
    Digest { digest: String, found: String },
    /// Its size is not what the manifest says.
    #[error("{digest} has {found} bytes, and the manifest says {said}")]
    Size {
        digest: String,
        said: u64,
        found: u64,
    },
    #[error("the algorithm of the digest {0} is not known to this tool")]
    Algorithm(String),
    #[error("the manifest is larger than the 4 MiB that runtimes take")]
    TooLarge,
    /// The registry stored something else than it was sent.
    #[error("the registry made {found} of the manifest {digest}")]
    Rewritten { digest: String, found: String },
    #[error("the registry breaks the protocol: {0}")]
    Protocol(String),
}

/// What may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Again {
    Never,
    /// After a pause, which the registry may have named.
    After(Option<Duration>),
    /// The request was too long for whoever stands before the registry (413).
    Smaller,
    /// At another place of the upload, which has to be asked for (416).
    Elsewhere,
}

impl Fault {
    /// The exchange that failed, where that was it.
    pub fn exchange(&self) -> Option<&Exchange> {
        match &self.trouble {
            Trouble::Exchange(exchange) => Some(exchange),
            _ => None,
        }
    }

    /// The status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        self.exchange()?.status()
    }

    pub(super) fn again(&self) -> Again {
        let Some(exchange) = self.exchange() else {
            return Again::Never;
        };
        match &exchange.result {
            Ok(answer) => match answer.status {
                408 | 429 | 500 | 502..=504 => Again::After(answers::retry_after(answer)),
                413 => Again::Smaller,
                416 => Again::Elsewhere,
                _ => Again::Never,
            },
            Err(
                ExchangeFault::Cut { .. }
                | ExchangeFault::TimedOut { .. }
                | ExchangeFault::Connect(_)
                | ExchangeFault::Dns(_)
                | ExchangeFault::Proxy(_),
            ) => Again::After(None),
            Err(
                ExchangeFault::Tls(_)
                | ExchangeFault::Untrusted
                | ExchangeFault::Protocol { .. }
                | ExchangeFault::Malformed { .. }
                | ExchangeFault::Withheld(_)
                | ExchangeFault::Deadline,
            ) => Again::Never,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::model::observation::{Purpose, Sent};

    fn fault(result: Result<u16, ExchangeFault>) -> Fault {
        let mut headers = HeaderMap::new();
        headers.insert("retry-after", http::HeaderValue::from_static("7"));
        let result = result.map(|status| answers::answer(status, &headers, Vec::new(), false));
        Fault {
            place: "registry.example/a".to_owned(),
            trouble: Trouble::Exchange(Box::new(Exchange {
                purpose: Purpose::Upload,
                method: "PATCH",
                url: String::new(),
                sent: Sent::Nothing,
                elapsed: Duration::ZERO,
                result,
            })),
        }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let pause = Again::After(Some(Duration::from_secs(7)));
        for status in [408, 429, 500, 502, 503, 504] {
            assert_eq!(fault(Ok(status)).again(), pause, "{status}");
        }
        for status in [400, 401, 403, 404, 405, 412, 501, 507] {
            assert_eq!(fault(Ok(status)).again(), Again::Never, "{status}");
        }
        assert_eq!(fault(Ok(413)).again(), Again::Smaller);
        assert_eq!(fault(Ok(416)).again(), Again::Elsewhere);
        let cut = ExchangeFault::Cut {
            text: String::new(),
        };
        assert_eq!(fault(Err(cut)).again(), Again::After(None));
        assert_eq!(fault(Err(ExchangeFault::Untrusted)).again(), Again::Never);
    }
}
