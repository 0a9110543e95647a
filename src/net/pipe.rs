//! A byte stream that remembers how the other side began, so that a port that speaks something else can be named.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of the beginning is kept.
const KEPT: usize = 24;

/// Whatever bytes can be sent over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A stream and the first bytes that came out of it.
pub(crate) struct Pipe {
    stream: Box<dyn Stream>,
    beginning: Beginning,
}

/// The first bytes that the other side sent.
#[derive(Clone, Default)]
pub(crate) struct Beginning(Arc<Mutex<Vec<u8>>>);

impl Beginning {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn note(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(kept.len());
        kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// The other side began with an HTTP/1 answer.
    pub(crate) fn is_http(&self) -> bool {
        self.bytes().starts_with(b"HTTP/1.")
    }

    /// The other side began with a TLS alert (RFC 8446 section 5.1: type 21, major version 3).
    pub(crate) fn is_tls_alert(&self) -> bool {
        matches!(self.bytes()[..], [21, 3, ..])
    }

    /// The first printable characters, for protocols that greet (`SSH-2.0-...`, `220 mail ...`).
    pub(crate) fn greeting(&self) -> Option<String> {
        let bytes = self.bytes();
        let text: String = bytes
            .iter()
            .take_while(|byte| byte.is_ascii_graphic() || **byte == b' ')
            .map(|byte| char::from(*byte))
            .collect();
        (text.len() >= 4).then_some(text)
    }
}

impl Pipe {
    pub(crate) fn new(stream: impl Stream + 'static) -> Self {
        Self {
            stream: Box::new(stream),
            beginning: Beginning::default(),
        }
    }

    pub(crate) fn beginning(&self) -> Beginning {
        self.beginning.clone()
    }
}

impl AsyncRead for Pipe {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buf);
        if result.is_ready() {
            self.beginning.note(&buf.filled()[before..]);
        }
        result
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }

    // Where it is, what is sent is not copied together first.
    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
