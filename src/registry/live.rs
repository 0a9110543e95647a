//! The body of an answer that is read by whoever asked, frame by frame, on a connection that is lent for as long.

use std::time::Duration;

use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};

use super::faults::fault_of;
use super::lease::Lease;
use super::wire::AFTER_HEAD;
use crate::model::observation::ExchangeFault;

/// What is left of an answer. Dropped before its end, it closes the connection.
pub(super) struct Live {
    body: Incoming,
    /// `None` once it was given back, at the body's end.
    lease: Option<Lease>,
    https: bool,
}

impl Live {
    pub(super) fn new(body: Incoming, lease: Lease, https: bool) -> Self {
        Self {
            body,
            lease: Some(lease),
            https,
        }
    }

    /// The next bytes, `None` at the end. They have to come within `patience`.
    pub(super) async fn next(
        &mut self,
        patience: Duration,
    ) -> Result<Option<Bytes>, ExchangeFault> {
        loop {
            let frame = tokio::time::timeout(patience, self.body.frame())
                .await
                .map_err(|_elapsed| ExchangeFault::TimedOut { after: AFTER_HEAD })?;
            match frame {
                Some(Ok(frame)) => {
                    if let Ok(bytes) = frame.into_data() {
                        return Ok(Some(bytes));
                    }
                }
                Some(Err(error)) => return Err(self.fault(&error)),
                None => {
                    if let Some(lease) = self.lease.take() {
                        // It is of use to others as soon as it is ready, and nobody here waits for that.
                        drop(tokio::spawn(lease.finish()));
                    }
                    return Ok(None);
                }
            }
        }
    }

    fn fault(&self, error: &hyper::Error) -> ExchangeFault {
        match &self.lease {
            Some(lease) => fault_of(error, &lease.traits, self.https, true, lease.reused),
            None => ExchangeFault::Cut {
                text: "the connection ended in the middle of the answer".to_owned(),
            },
        }
    }
}
