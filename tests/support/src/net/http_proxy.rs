//! A forward HTTP proxy: CONNECT and absolute-form requests, with authentication, refusals and a log.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use super::{Background, bind};

/// One request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyRequest {
    /// `CONNECT`, or the method of an absolute-form request.
    pub method: String,
    /// `host:port` for CONNECT, else the URL.
    pub target: String,
    /// Whether the client sent `Proxy-Authorization`.
    pub authenticated: bool,
    /// Whether an absolute-form request carried `Authorization`, readable for the proxy.
    pub authorization: Option<String>,
    /// The proxy's own answer: 200 for what it passed on.
    pub status: u16,
}

/// What the proxy is to be like.
#[derive(Default)]
pub struct HttpProxyBuilder {
    credentials: Option<(String, String)>,
    refused: Vec<String>,
    routes: BTreeMap<String, String>,
}

struct Shared {
    setup: HttpProxyBuilder,
    log: Mutex<Vec<ProxyRequest>>,
}

/// A running proxy.
pub struct HttpProxy {
    port: u16,
    shared: Arc<Shared>,
    _background: Background,
}

impl HttpProxyBuilder {
    /// Clients have to send these (Basic), and get 407 else.
    pub fn credentials(mut self, user: &str, password: &str) -> Self {
        self.credentials = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// This host (without a port) is forbidden: 403 with a web page. `*` is every host.
    pub fn refuse(mut self, host: &str) -> Self {
        self.refused.push(host.to_owned());
        self
    }

    /// What is asked for as `host:port` is at this address: names that no resolver knows work through the proxy.
    pub fn route(mut self, target: &str, address: &str) -> Self {
        self.routes.insert(target.to_owned(), address.to_owned());
        self
    }

    /// Starts it.
    pub fn start(self) -> HttpProxy {
        let listener = bind(0);
        let port = listener.local_addr().expect("a bound socket").port();
        let shared = Arc::new(Shared {
            setup: self,
            log: Mutex::default(),
        });
        let serving = Arc::clone(&shared);
        let background = Background::start(move || {
            tokio::spawn(async move {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(serve(client, Arc::clone(&serving)));
                }
            });
        });
        HttpProxy {
            port,
            shared,
            _background: background,
        }
    }
}

impl HttpProxy {
    /// What it is to be like; without more it passes everything on.
    pub fn builder() -> HttpProxyBuilder {
        HttpProxyBuilder::default()
    }

    /// `http://127.0.0.1:PORT`, as `HTTPS_PROXY` wants it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same with a user name and a password in it.
    pub fn url_with(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@127.0.0.1:{}", self.port)
    }

    /// All requests so far.
    pub fn log(&self) -> Vec<ProxyRequest> {
        self.shared.log.lock().expect("no panic while held").clone()
    }
}

/// A request's head, taken apart.
struct Head {
    method: String,
    target: String,
    version: String,
    headers: Vec<(String, String)>,
    /// What came after the head.
    rest: Vec<u8>,
}

impl Head {
    async fn read(client: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        let end = loop {
            let count = client
                .read(&mut buffer)
                .await
                .ok()
                .filter(|&count| count > 0)?;
            bytes.extend_from_slice(&buffer[..count]);
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end;
            }
        };
        let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = text.split("\r\n");
        let mut first = lines.next()?.splitn(3, ' ').map(str::to_owned);
        Some(Self {
            method: first.next()?,
            target: first.next()?,
            version: first.next()?,
            headers: lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
                .collect(),
            rest: bytes[end + 4..].to_vec(),
        })
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The `host:port` that is wanted.
    fn authority(&self) -> String {
        let target = self.target.strip_prefix("http://").unwrap_or(&self.target);
        let authority = target.split('/').next().unwrap_or_default();
        if authority.contains(':') {
            authority.to_owned()
        } else {
            format!("{authority}:80")
        }
    }

    /// The head in origin form, for the server: the proxy's own headers are taken out, and the connection is for this
    /// one request.
    fn for_server(&self) -> Vec<u8> {
        let after_scheme = self.target.strip_prefix("http://").unwrap_or(&self.target);
        let path = after_scheme.find('/').map_or("/", |at| &after_scheme[at..]);
        let mut text = format!("{} {path} {}\r\n", self.method, self.version);
        for (name, value) in &self.headers {
            let lower = name.to_ascii_lowercase();
            if !lower.starts_with("proxy-") && lower != "connection" {
                text.extend([name.as_str(), ": ", value.as_str(), "\r\n"]);
            }
        }
        text.push_str("Connection: close\r\nVia: 1.1 test-proxy\r\n\r\n");
        let mut bytes = text.into_bytes();
        bytes.extend_from_slice(&self.rest);
        bytes
    }
}

async fn serve(mut client: TcpStream, shared: Arc<Shared>) {
    let Some(head) = Head::read(&mut client).await else {
        return;
    };
    let refusal = shared.setup.refusal(&head);
    let server = match refusal {
        Some(_) => None,
        None => TcpStream::connect(shared.setup.address(&head)).await.ok(),
    };
    let status = match (&refusal, &server) {
        (Some((status, _)), _) => *status,
        (None, Some(_)) => 200,
        (None, None) => 502,
    };
    shared
        .log
        .lock()
        .expect("no panic while held")
        .push(ProxyRequest {
            method: head.method.clone(),
            target: head.target.clone(),
            authenticated: head.header("proxy-authorization").is_some(),
            authorization: head.header("authorization").map(str::to_owned),
            status,
        });
    let Some(mut server) = server else {
        let answer = refusal.map_or_else(bad_gateway, |(_, answer)| answer);
        client.write_all(answer.as_bytes()).await.ok();
        client.shutdown().await.ok();
        return;
    };
    let begun = if head.method == "CONNECT" {
        tunnel(&mut client, &mut server, &head.rest).await
    } else {
        server.write_all(&head.for_server()).await
    };
    if begun.is_ok() {
        copy_bidirectional(&mut client, &mut server).await.ok();
    }
}

/// Answers CONNECT, and passes on what the client sent without waiting for that.
async fn tunnel(client: &mut TcpStream, server: &mut TcpStream, early: &[u8]) -> io::Result<()> {
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .await?;
    server.write_all(early).await
}

impl HttpProxyBuilder {
    fn address(&self, head: &Head) -> String {
        let authority = head.authority();
        self.routes.get(&authority).cloned().unwrap_or(authority)
    }

    /// The proxy's own answer, when it does not pass a request on.
    fn refusal(&self, head: &Head) -> Option<(u16, String)> {
        if let Some((user, password)) = &self.credentials {
            let wanted = format!("Basic {}", STANDARD.encode(format!("{user}:{password}")));
            if head.header("proxy-authorization") != Some(&wanted) {
                let challenge = "Proxy-Authenticate: Basic realm=\"proxy\"\r\n";
                let page = "<html><head><title>Proxy authentication required</title></head></html>";
                let status = "407 Proxy Authentication Required";
                return Some((407, response(status, challenge, page)));
            }
        }
        let authority = head.authority();
        let host = authority.rsplit_once(':').map_or("", |(host, _)| host);
        let refused = self.refused.iter().any(|name| name == "*" || name == host);
        refused.then(|| {
            let via = "Via: 1.1 test-proxy\r\n";
            let page = "<html><head><title>Access denied</title></head>\
                        <body>This site is blocked by policy.</body></html>";
            (403, response("403 Forbidden", via, page))
        })
    }
}

fn bad_gateway() -> String {
    response(
        "502 Bad Gateway",
        "",
        "<html><body>Bad gateway</body></html>",
    )
}

fn response(status: &str, headers: &str, page: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}
