//! Response bodies, the well-behaved one and the others.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::{Body, Bytes, Frame, SizeHint};
use tokio::time::Sleep;

/// A response body.
pub(crate) enum Payload {
    /// All of it at once, with its length.
    Full(Bytes),
    /// All of it at once, without saying how long it is (chunked in HTTP/1.1).
    Unsized(Bytes),
    /// The same piece for ever.
    Endless(Bytes),
    /// Piece by piece, with a pause before each.
    Slow(SlowBody),
    /// The beginning, then silence.
    Stalled(Bytes),
    /// The beginning, then the connection breaks.
    Broken(Bytes),
    /// Nothing (left).
    Empty,
    /// What is left of a broken or stalled body.
    Rest { broken: bool },
}

/// See [`Payload::Slow`].
pub(crate) struct SlowBody {
    left: Bytes,
    piece: usize,
    pause: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Payload {
    /// `bytes`, `piece` bytes at a time with a `pause` before each.
    pub(crate) fn slow(bytes: Bytes, piece: usize, pause: Duration) -> Self {
        Self::Slow(SlowBody {
            left: bytes,
            piece: piece.max(1),
            pause,
            sleep: None,
        })
    }

    /// The bytes, where they are known.
    pub(crate) fn bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Full(bytes) | Self::Unsized(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        let this = self.get_mut();
        if let Self::Slow(slow) = this {
            if slow.left.is_empty() {
                return Poll::Ready(None);
            }
            let pause = slow.pause;
            let sleep = slow
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(pause)));
            ready!(sleep.as_mut().poll(cx));
            slow.sleep = None;
            let piece = slow.left.split_to(slow.piece.min(slow.left.len()));
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if let Self::Endless(piece) = this {
            return Poll::Ready(Some(Ok(Frame::data(piece.clone()))));
        }
        match std::mem::replace(this, Self::Empty) {
            Self::Full(bytes) | Self::Unsized(bytes) if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Stalled(bytes) => {
                *this = Self::Rest { broken: false };
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Broken(bytes) => {
                *this = Self::Rest { broken: true };
                Poll::Ready(Some(Ok(Frame::data(bytes))))
            }
            Self::Rest { broken: true } => Poll::Ready(Some(Err(io::Error::other(
                "the connection breaks here on purpose",
            )))),
            Self::Rest { broken: false } => {
                *this = Self::Rest { broken: false };
                Poll::Pending
            }
            _ => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Full(bytes) => bytes.is_empty(),
            _ => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Full(bytes) => SizeHint::with_exact(bytes.len() as u64),
            _ => SizeHint::default(),
        }
    }
}
