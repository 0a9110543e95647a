//! The body of a request: whole, or frame by frame as they come from somewhere else. Its length is known beforehand, so
//! that it is announced and a body that broke off is not taken for a whole one.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::sync::mpsc;

/// What is sent along.
pub(crate) enum Outgoing {
    Whole(Bytes),
    Stream {
        frames: mpsc::Receiver<Bytes>,
        /// What is announced and has not come yet.
        left: u64,
    },
}

/// Whoever was to give the frames stopped before the end.
#[derive(Debug, thiserror::Error)]
#[error("what was to be sent ended before its announced length")]
pub(crate) struct Unfinished;

impl Outgoing {
    /// A body of `length` bytes, and where to put its frames.
    pub(crate) fn stream(length: u64, frames_ahead: usize) -> (mpsc::Sender<Bytes>, Self) {
        let (sender, frames) = mpsc::channel(frames_ahead);
        let body = Self::Stream {
            frames,
            left: length,
        };
        (sender, body)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Unfinished;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Unfinished>>> {
        match self.get_mut() {
            Self::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Self::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Self::Stream { left: 0, .. } => Poll::Ready(None),
            Self::Stream { frames, left } => frames.poll_recv(cx).map(|frame| {
                let frame = frame.ok_or(Unfinished).and_then(|frame| {
                    *left = left.checked_sub(frame.len() as u64).ok_or(Unfinished)?;
                    Ok(Frame::data(frame))
                });
                Some(frame)
            }),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.size_hint().exact() == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(match self {
            Self::Whole(bytes) => bytes.len() as u64,
            Self::Stream { left, .. } => *left,
        })
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn a_stream_has_its_length_and_ends_there() {
        let (frames, mut body) = Outgoing::stream(5, 2);
        assert_eq!(body.size_hint().exact(), Some(5));
        frames.send(Bytes::from_static(b"ab")).await.unwrap();
        frames.send(Bytes::from_static(b"cde")).await.unwrap();
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first, "ab");
        assert!(!body.is_end_stream());
        drop(body.frame().await);
        assert!(body.is_end_stream());
        // The sender is still there, and nothing more is waited for.
        assert!(body.frame().await.is_none());
    }

    #[tokio::test]
    async fn a_stream_that_breaks_off_is_no_end_and_one_that_is_too_long_an_error() {
        let (frames, mut body) = Outgoing::stream(5, 2);
        frames.send(Bytes::from_static(b"ab")).await.unwrap();
        drop(frames);
        drop(body.frame().await);
        assert!(body.frame().await.unwrap().is_err());
        let (frames, mut body) = Outgoing::stream(1, 2);
        frames.send(Bytes::from_static(b"ab")).await.unwrap();
        assert!(body.frame().await.unwrap().is_err());
    }
}
