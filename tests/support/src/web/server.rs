//! Connections and requests.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::Request;
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::call::{Call, ConnectionFacts};
use super::connection::{Resettable, arm_reset};
use super::{Greeting, Handler};
use crate::net::Background;

/// What Go's net/http and nginx send, in plain text, to a client that speaks HTTP on their TLS port.
const PLAIN_ON_TLS: &[u8] =
    b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

/// The first byte of every TLS handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// One listening socket and what stands behind it.
pub(crate) struct Door {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Arc<ServerConfig>>,
    pub(crate) handler: Arc<dyn Handler>,
}

/// Serves all the doors on one new thread.
pub(crate) fn serve(doors: Vec<Door>) -> Background {
    Background::start(|| {
        for door in doors {
            tokio::spawn(accept(door));
        }
    })
}

static CONNECTIONS: AtomicUsize = AtomicUsize::new(1);

async fn accept(door: Door) {
    let listener = tokio::net::TcpListener::from_std(door.listener).expect("a listener");
    let tls = door.tls.map(TlsAcceptor::from);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, or a client that went away: the next one may do better.
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        stream.set_nodelay(true).ok();
        let handler = Arc::clone(&door.handler);
        tokio::spawn(converse(stream, tls.clone(), handler));
    }
}

/// Tells the handler when a connection has ended, however it does.
struct Guest(Arc<dyn Handler>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.left();
    }
}

async fn converse(stream: TcpStream, tls: Option<TlsAcceptor>, handler: Arc<dyn Handler>) {
    let mut tls = tls;
    let greeting = handler.greet();
    let _guest = Guest(Arc::clone(&handler));
    match greeting {
        Greeting::Serve => {}
        Greeting::Silence => return hold(stream).await,
        Greeting::SilenceAfterHello => {
            read_hello(&stream).await;
            return hold(stream).await;
        }
        Greeting::Reset => return arm_reset(&stream),
        Greeting::ResetAfterHello => {
            read_hello(&stream).await;
            return arm_reset(&stream);
        }
        Greeting::Close => return,
        Greeting::PlainHttp => tls = None,
    }
    let reset = Arc::new(AtomicBool::new(false));
    let mut facts = ConnectionFacts {
        id: CONNECTIONS.fetch_add(1, Ordering::Relaxed),
        tls: tls.is_some(),
        client_certificate: false,
        reset_on_close: Arc::clone(&reset),
    };
    let Some(acceptor) = tls else {
        return exchange(Resettable::new(stream, reset), facts, handler).await;
    };
    let mut first = [0_u8; 1];
    match stream.peek(&mut first).await {
        Ok(1) if first[0] != TLS_HANDSHAKE => return refuse_plain_http(stream).await,
        Ok(1) => {}
        _ => return,
    }
    match acceptor.accept(Resettable::new(stream, reset)).await {
        Ok(secured) => {
            facts.client_certificate = secured.get_ref().1.peer_certificates().is_some();
            exchange(secured, facts, handler).await;
        }
        Err(error) => handler.handshake_failed(&error.to_string()),
    }
}

/// Keeps the connection open until the server stops.
async fn hold(stream: TcpStream) {
    std::future::pending::<()>().await;
    drop(stream);
}

/// Waits for the client's first bytes and takes them.
async fn read_hello(stream: &TcpStream) {
    let mut buffer = [0_u8; 4096];
    if stream.readable().await.is_ok() {
        stream.try_read(&mut buffer).ok();
    }
}

async fn refuse_plain_http(mut stream: TcpStream) {
    let mut request = vec![0_u8; 64 * 1024];
    if stream.read(&mut request).await.is_err() {
        return;
    }
    stream.write_all(PLAIN_ON_TLS).await.ok();
    stream.shutdown().await.ok();
}

/// A body as far as it came, and whether it broke off: the client is gone then, and servers go on with what they have.
async fn read(mut body: Incoming) -> (Bytes, bool) {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => bytes.extend_from_slice(&frame.into_data().unwrap_or_default()),
            Err(_) => return (bytes.into(), true),
        }
    }
    (bytes.into(), false)
}

async fn exchange<S>(stream: S, facts: ConnectionFacts, handler: Arc<dyn Handler>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let facts = facts.clone();
        let handler = Arc::clone(&handler);
        async move {
            let (parts, body) = request.into_parts();
            let body = read(body).await;
            let method = parts.method.clone();
            let answer = handler.answer(Call::new(parts, body, facts));
            let Some(reply) = answer.reply else {
                return std::future::pending().await;
            };
            if !answer.after.is_zero() {
                tokio::time::sleep(answer.after).await;
            }
            Ok::<_, Infallible>(reply.into_response(&method))
        }
    });
    // A client that leaves in the middle is no event for the server.
    auto::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), service)
        .await
        .ok();
}
