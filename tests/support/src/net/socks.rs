//! A SOCKS 5 proxy (RFC 1928) without authentication: CONNECT to addresses and to names.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use super::{Background, bind};

/// A running proxy.
pub struct SocksProxy {
    port: u16,
    targets: Arc<Mutex<Vec<String>>>,
    _background: Background,
}

impl Default for SocksProxy {
    fn default() -> Self {
        Self::start()
    }
}

impl SocksProxy {
    /// Starts it.
    pub fn start() -> Self {
        let listener = bind(0);
        let port = listener.local_addr().expect("a bound socket").port();
        let targets = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&targets);
        let background = Background::start(move || {
            tokio::spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(serve(client, Arc::clone(&noted)));
                }
            });
        });
        Self {
            port,
            targets,
            _background: background,
        }
    }

    /// `socks5://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("socks5://127.0.0.1:{}", self.port)
    }

    /// The `host:port` of every connection that was asked for.
    pub fn targets(&self) -> Vec<String> {
        self.targets.lock().expect("no panic while held").clone()
    }
}

async fn serve(mut client: TcpStream, noted: Arc<Mutex<Vec<String>>>) {
    let Some(target) = handshake(&mut client).await else {
        return;
    };
    noted
        .lock()
        .expect("no panic while held")
        .push(target.clone());
    let server = TcpStream::connect(target).await;
    let code = if server.is_ok() { 0 } else { 5 };
    let reply = [5, code, 0, 1, 0, 0, 0, 0, 0, 0];
    if client.write_all(&reply).await.is_err() {
        return;
    }
    if let Ok(mut server) = server {
        copy_bidirectional(&mut client, &mut server).await.ok();
    }
}

/// Method selection, then the request; the target as `host:port`.
async fn handshake(client: &mut TcpStream) -> Option<String> {
    let [_, methods] = read::<2>(client).await?;
    let mut offered = vec![0; usize::from(methods)];
    client.read_exact(&mut offered).await.ok()?;
    client.write_all(&[5, 0]).await.ok()?;
    let [_, command, _, kind] = read::<4>(client).await?;
    let host = match kind {
        1 => Ipv4Addr::from(read::<4>(client).await?).to_string(),
        3 => {
            let [length] = read::<1>(client).await?;
            let mut name = vec![0; usize::from(length)];
            client.read_exact(&mut name).await.ok()?;
            String::from_utf8(name).ok()?
        }
        _ => return None,
    };
    let port = u16::from_be_bytes(read::<2>(client).await?);
    (command == 1).then(|| format!("{host}:{port}"))
}

async fn read<const N: usize>(client: &mut TcpStream) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    client.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
