//! What answers on other usual ports of the host, and by TLS on a port that was asked in plain HTTP. Without credentials.

use std::time::{Duration, Instant};

use crate::doctor::evidence::PortFact;
use crate::model::endpoint::Endpoint;
use crate::model::observation::{PingKind, Stage, Tls, TlsFault};
use crate::registry::{Budgets, Options, Registry};

/// Ports on which registries are, the likeliest first, and whether TLS is tried.
pub const USUAL: [(u16, bool); 5] = [
    (443, true),
    (5000, true),
    (5000, false),
    (8443, true),
    (80, false),
];

/// These probes are short: what does not answer at once is not what people mean.
const BUDGETS: Budgets = Budgets {
    dns: Duration::from_secs(3),
    tcp: Duration::from_millis(1500),
    tls: Duration::from_millis(1500),
    http: Duration::from_secs(3),
    pause: Duration::MAX,
};

/// Asks one port of `host` whether it is a registry. `None` when nothing listens there.
pub async fn ask(host: &str, port: u16, https: bool, like: &Options) -> Option<PortFact> {
    let name = if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    };
    let options = Options {
        roots: like.roots.clone(),
        plain_http: !https,
        // Nothing is sent that needs protection; whether the certificate is trusted is another question.
        accept_untrusted: https,
        proxy: like.proxy.clone(),
        deadline: like.deadline.min(Instant::now() + Duration::from_secs(5)),
        budgets: BUDGETS,
        connections: like.connections.clone(),
        record_in_full: like.record_in_full,
        http2: like.http2,
    };
    let registry = Registry::new(Endpoint::of_registry(&name), Vec::new(), options).ok()?;
    let ping = registry.ping().await;
    let dial = registry.dial().await;
    let connected = dial.tcp.is_some_and(|tcp| tcp.result.is_ok());
    if !connected || dial.origin.https != https || (https && !speaks_tls(dial.tls.as_ref())) {
        return None;
    }
    let is_registry = matches!(ping.kind, PingKind::Open | PingKind::Challenge);
    let scheme = if https { "https" } else { "http" };
    let what = if is_registry {
        "a registry answers"
    } else {
        "no registry"
    };
    Some(PortFact {
        port,
        https,
        registry: is_registry,
        words: format!("port {port} by {scheme}: {what}"),
    })
}

/// A handshake that came to an end, or that the server refused as one who knows TLS. Whoever hangs up or says nothing has not
/// shown what it speaks.
fn speaks_tls(stage: Option<&Stage<Tls, TlsFault>>) -> bool {
    stage.is_some_and(|stage| {
        matches!(
            stage.result,
            Ok(_) | Err(TlsFault::ClientCertificateWanted | TlsFault::Handshake { .. })
        )
    })
}
