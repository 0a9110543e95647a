//! One request to a registry from a machine of the cluster, with the words of Go's `net/http` when it fails.

use std::net::{Ipv4Addr, SocketAddr};

use super::Machines;
use crate::client::{Response, request};

/// Where redirects end.
const REDIRECTS: usize = 5;

/// How one registry is reached.
#[derive(Debug, Clone)]
pub(crate) struct Wire<'a> {
    pub(crate) machines: &'a Machines,
    /// The roots for this registry.
    pub(crate) roots: &'a str,
    /// No verification, and plain HTTP where TLS fails.
    pub(crate) insecure: bool,
}

impl Wire<'_> {
    /// Sends it, following redirects; the authorization stays with the first host. The error is Go's, without the
    /// method and the URL that stand before it.
    pub(crate) fn send(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
    ) -> Result<Response, String> {
        self.send_body(method, url, headers, &[])
    }

    /// The same with a body.
    pub(super) fn send_body(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Response, String> {
        let mut url = url.to_owned();
        let mut authorized = true;
        for _ in 0..REDIRECTS {
            let response = self.once(method, &url, headers, body, authorized)?;
            let next = response.header("location").map(str::to_owned);
            match next {
                Some(next) if (300..400).contains(&response.status) => {
                    let absolute = if next.starts_with('/') {
                        format!("{}{next}", origin(&url))
                    } else {
                        next
                    };
                    authorized = authorized && origin(&absolute) == origin(&url);
                    url = absolute;
                }
                _ => return Ok(response),
            }
        }
        Err("stopped after 10 redirects".to_owned())
    }

    fn once(
        &self,
        method: &str,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
        authorized: bool,
    ) -> Result<Response, String> {
        let (host, port) = host_and_port(url);
        let address = self.resolve(host, port)?;
        let mut call = request(method, url)
            .at(address)
            .trust(self.roots)
            .timeout(self.machines.patience)
            .body(body);
        if self.insecure {
            call = call.insecure();
        }
        for (name, value) in headers {
            if authorized || *name != "authorization" {
                call = call.header(name, value);
            }
        }
        call.try_send()
            .map_err(|words| go_words(&words, host, address))
    }

    fn resolve(&self, host: &str, port: u16) -> Result<SocketAddr, String> {
        if let Some(address) = self.machines.routes.get(&format!("{host}:{port}")) {
            return Ok(*address);
        }
        if let Ok(address) = host.trim_matches(['[', ']']).parse() {
            return Ok(SocketAddr::new(address, port));
        }
        if host == "localhost" || self.machines.hosts.contains(host) {
            return Ok((Ipv4Addr::LOCALHOST, port).into());
        }
        Err(format!("dial tcp: lookup {host}: no such host"))
    }
}

/// `scheme://host:port`.
fn origin(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find('/').map_or(url.len(), |at| start + at);
    &url[..end]
}

fn host_and_port(url: &str) -> (&str, u16) {
    let origin = origin(url);
    let default = if origin.starts_with("https") { 443 } else { 80 };
    let authority = origin.rsplit("://").next().unwrap_or_default();
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, port.parse().unwrap_or(default)),
        None => (authority, default),
    }
}

/// What Go says where our client says this.
fn go_words(ours: &str, host: &str, address: SocketAddr) -> String {
    let x509 = |words: String| format!("tls: failed to verify certificate: x509: {words}");
    let has = |part: &str| ours.contains(part);
    if has("refused") {
        format!("dial tcp {address}: connect: connection refused")
    } else if has("timed out") {
        "context deadline exceeded (Client.Timeout exceeded while awaiting headers)".to_owned()
    } else if has("UnknownIssuer") || has("BadSignature") {
        x509("certificate signed by unknown authority".to_owned())
    } else if has("expired") || has("Expired") {
        x509("certificate has expired or is not yet valid".to_owned())
    } else if has("not valid for name") || has("NotValidForName") {
        if host.parse::<std::net::IpAddr>().is_ok() {
            x509(format!(
                "cannot validate certificate for {host} because it doesn't contain any IP SANs"
            ))
        } else {
            x509(format!("certificate is valid for another name, not {host}"))
        }
    } else if has("InvalidContentType") || has("corrupt message") {
        "http: server gave HTTP response to HTTPS client".to_owned()
    } else if has("reset") {
        format!("read tcp 10.0.0.1:40000->{address}: read: connection reset by peer")
    } else if has("AlertReceived") || has("received fatal alert") {
        "remote error: tls: handshake failure".to_owned()
    } else {
        "EOF".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        assert_eq!(origin("https://h:5000/v2/x?y"), "https://h:5000");
        assert_eq!(host_and_port("https://h/v2/"), ("h", 443));
        assert_eq!(
            host_and_port("http://127.0.0.1:5000/v2/"),
            ("127.0.0.1", 5000)
        );
    }

    #[test]
    fn only_known_names_resolve() {
        let machines = Machines::new()
            .host("known.example.com")
            .route("moved.example.com:5000", ([127, 0, 0, 1], 4000).into());
        let wire = Wire {
            machines: &machines,
            roots: "",
            insecure: false,
        };
        assert!(wire.resolve("known.example.com", 443).is_ok());
        assert!(wire.resolve("127.0.0.1", 443).is_ok());
        let moved = wire.resolve("moved.example.com", 5000);
        assert_eq!(moved.map(|address| address.port()), Ok(4000));
        assert!(wire.resolve("moved.example.com", 443).is_err());
        assert_eq!(
            wire.send("GET", "https://other.example.com/v2/", &[]).err(),
            Some("dial tcp: lookup other.example.com: no such host".to_owned())
        );
    }
}
