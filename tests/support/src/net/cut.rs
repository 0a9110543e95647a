//! A network that fails: a TCP proxy that cuts connections in the middle, on order.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{Background, bind};

/// A proxy in front of one server. An order cuts the next connection that carries more than so many bytes in that
/// direction, both ways; what came before that many bytes has gone through.
pub struct CutProxy {
    port: u16,
    orders: Arc<Orders>,
    _background: Background,
}

/// What is still to be cut: byte counts, in their order.
#[derive(Default)]
struct Orders {
    to_server: Mutex<Vec<u64>>,
    to_client: Mutex<Vec<u64>>,
}

impl CutProxy {
    /// `target` is `host:port`.
    pub fn start(target: &str) -> Self {
        let listener = bind(0);
        let port = listener.local_addr().expect("a bound socket").port();
        let target = target.to_owned();
        let orders = Arc::new(Orders::default());
        let own = Arc::clone(&orders);
        let background = Background::start(move || {
            tokio::spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(relay(client, target.clone(), Arc::clone(&own)));
                }
            });
        });
        Self {
            port,
            orders,
            _background: background,
        }
    }

    /// `127.0.0.1:PORT`
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Cuts one connection once it has sent the server so many bytes. Orders are carried out one after the other.
    pub fn cut_after_sending(&self, bytes: u64) {
        lock(&self.orders.to_server).push(bytes);
    }

    /// Cuts one connection once it has brought the client so many bytes.
    pub fn cut_after_receiving(&self, bytes: u64) {
        lock(&self.orders.to_client).push(bytes);
    }

    /// How many orders have not been carried out.
    pub fn orders_left(&self) -> usize {
        lock(&self.orders.to_server).len() + lock(&self.orders.to_client).len()
    }
}

fn lock(orders: &Mutex<Vec<u64>>) -> std::sync::MutexGuard<'_, Vec<u64>> {
    orders.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn relay(client: TcpStream, target: String, orders: Arc<Orders>) {
    let Ok(server) = TcpStream::connect(target).await else {
        return;
    };
    client.set_nodelay(true).ok();
    server.set_nodelay(true).ok();
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    // Both directions end with the first: none of the servers here closes one half and goes on with the other.
    tokio::select! {
        () = carry(from_client, to_server, &orders.to_server) => {}
        () = carry(from_server, to_client, &orders.to_client) => {}
    }
}

/// Hands on what comes until the end, or until an order says so.
async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, orders: &Mutex<Vec<u64>>) {
    let mut buffer = vec![0; 64 * 1024];
    let mut carried = 0_u64;
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        let after = carried + count as u64;
        let order = {
            let mut orders = lock(orders);
            let due = orders.first().is_some_and(|limit| *limit < after);
            due.then(|| orders.remove(0))
        };
        if let Some(limit) = order {
            let rest = usize::try_from(limit.saturating_sub(carried)).unwrap_or_default();
            to.write_all(&buffer[..rest]).await.ok();
            to.flush().await.ok();
            return;
        }
        carried = after;
        if to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
