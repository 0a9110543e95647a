//! A distant network: a TCP proxy that holds every byte for half a round trip.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::{Background, bind};

/// A proxy in front of one server. Bytes arrive half a round trip after they were sent, in each direction, without
/// limit to how many are under way; and since the kernel accepts a connection at once, the client's first bytes wait a
/// whole round trip more, which is what the TCP handshake would have taken.
///
/// What a client waits for one after the other adds up, what it does at the same time does not: as on a real network,
/// and unlike with a delay in the server.
pub struct DelayProxy {
    port: u16,
    _background: Background,
}

impl DelayProxy {
    /// `target` is `host:port`.
    pub fn start(target: &str, round_trip: Duration) -> Self {
        let listener = bind(0);
        let port = listener.local_addr().expect("a bound socket").port();
        let target = target.to_owned();
        let background = Background::start(move || {
            tokio::spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(relay(client, target.clone(), round_trip));
                }
            });
        });
        Self {
            port,
            _background: background,
        }
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

async fn relay(client: TcpStream, target: String, round_trip: Duration) {
    let established = Instant::now() + round_trip;
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::spawn(carry(from_client, to_server, established, round_trip / 2));
    tokio::spawn(carry(from_server, to_client, established, round_trip / 2));
}

/// Reads as fast as it can, and writes each piece when its time has come.
async fn carry(
    mut from: impl AsyncRead + Unpin + Send + 'static,
    mut to: impl AsyncWrite + Unpin,
    established: Instant,
    one_way: Duration,
) {
    let (send, mut receive) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    tokio::spawn(async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count @ 1..) = from.read(&mut buffer).await {
            let due = Instant::now().max(established) + one_way;
            if send.send((due, buffer[..count].to_vec())).is_err() {
                break;
            }
        }
    });
    while let Some((due, piece)) = receive.recv().await {
        sleep_until(due).await;
        if to.write_all(&piece).await.is_err() {
            return;
        }
    }
    to.shutdown().await.ok();
}
