//! A call without an answer, in words for the user: which step failed, and whose it is.

use std::error::Error as StdError;
use std::io::ErrorKind;

use super::ClusterError;
use super::connect::CONNECT_TIMEOUT;
use super::link::Failure;
use super::proxy::Proxy;
use super::session::Session;
use crate::model::observation::{ConnectFault, DnsFault, ProxyFault};
use crate::model::proxy::ProxyScheme;
use crate::net::{rustls_error, tcp};
use crate::ui::sanitize_line;

/// The error of a call to the API server.
pub(super) fn of(failure: &Failure, session: &Session) -> ClusterError {
    match failure {
        Failure::TooLong(limit) => ClusterError::Other(format!(
            "the API server answered with more than {limit} bytes"
        )),
        Failure::Path => ClusterError::Other("the path of a request is not valid".into()),
        _ => {
            let host = session.target.server.host().unwrap_or_default();
            ClusterError::Unreachable(words(
                failure,
                &session.server,
                host,
                session.target.proxy.as_ref(),
            ))
        }
    }
}

/// What happened on the way to `server`, whose host is `host`, through `proxy`.
pub(super) fn words(failure: &Failure, server: &str, host: &str, proxy: Option<&Proxy>) -> String {
    let via = proxy.map_or_else(String::new, |proxy| {
        format!(" through the proxy {}", proxy.shown)
    });
    match failure {
        Failure::Tls(error) => of_tls(error, server, &via),
        Failure::ProxyTls(error) => match rustls_error(error) {
            Some(tls) => format!(
                "cannot reach {server}{via}: the proxy cannot be trusted or spoken with; {}",
                sanitize_line(&tls_reason(tls), 400)
            ),
            None => of_connect(&tcp::fault_of(error), server, &via),
        },
        Failure::Http(error) => of_http(error, server, &via),
        Failure::Dns(DnsFault::TimedOut)
        | Failure::Proxy(ProxyFault::Dns(DnsFault::TimedOut))
        | Failure::TimedOut => of_connect(&ConnectFault::TimedOut, server, &via),
        Failure::Dns(DnsFault::NotFound { .. })
        | Failure::Proxy(ProxyFault::Dns(DnsFault::NotFound { .. })) => {
            let name = proxy.map_or(host, |proxy| &proxy.shown);
            format!("cannot reach {server}{via}: the name {name} does not resolve")
        }
        Failure::Connect(fault) => of_connect(fault, server, &via),
        Failure::Proxy(fault) => {
            let is_socks = proxy.is_some_and(|proxy| proxy.route.scheme == ProxyScheme::Socks5);
            of_proxy(fault, is_socks, server, &via)
        }
        Failure::TooLong(limit) => format!("{server} answered with more than {limit} bytes"),
        Failure::Path => format!("{server} has a path that is not valid"),
    }
}

fn of_proxy(fault: &ProxyFault, is_socks: bool, server: &str, via: &str) -> String {
    let reason = match fault {
        ProxyFault::AuthenticationRequired if is_socks => "the proxy wants a login".to_owned(),
        ProxyFault::AuthenticationRequired => "the proxy wants a login (407)".to_owned(),
        ProxyFault::Refused { reason, .. } if is_socks => {
            format!("the proxy refuses to connect to it: {reason}")
        }
        ProxyFault::Refused { .. } => "the proxy refuses to connect to it".to_owned(),
        ProxyFault::Unreachable(ConnectFault::Refused) => {
            "the connection to the proxy was refused".to_owned()
        }
        ProxyFault::Malformed { text } => {
            format!("the proxy cannot be used: {}", sanitize_line(text, 200))
        }
        ProxyFault::Unreachable(fault) => return of_connect(fault, server, via),
        ProxyFault::Dns(_) => "the name of the proxy does not resolve".to_owned(),
    };
    format!("cannot reach {server}{via}: {reason}")
}

fn of_connect(fault: &ConnectFault, server: &str, via: &str) -> String {
    match fault {
        ConnectFault::Refused => format!("the connection to {server} was refused"),
        ConnectFault::TimedOut => {
            format!("cannot reach {server}{via}: no connection within {CONNECT_TIMEOUT:?}")
        }
        ConnectFault::Unreachable { .. } => {
            format!("cannot reach {server}{via}: there is no route to it")
        }
        ConnectFault::Reset => closed(server, via),
        ConnectFault::Other { text } => {
            format!("cannot reach {server}{via}: {}", sanitize_line(text, 200))
        }
    }
}

fn closed(server: &str, via: &str) -> String {
    format!("{server} closed the connection{via} before it answered")
}

fn of_tls(error: &std::io::Error, server: &str, via: &str) -> String {
    match rustls_error(error) {
        Some(tls) => format!(
            "cannot connect to {server}: {}",
            sanitize_line(&tls_reason(tls), 400)
        ),
        None if error.kind() == ErrorKind::UnexpectedEof => closed(server, via),
        None => of_connect(&tcp::fault_of(error), server, via),
    }
}

fn of_http(error: &hyper::Error, server: &str, via: &str) -> String {
    // In TLS 1.3 a client certificate is refused only after the handshake.
    if let Some(tls) = rustls_error(error) {
        return format!(
            "cannot connect to {server}: {}",
            sanitize_line(&tls_reason(tls), 400)
        );
    }
    if error.is_incomplete_message() || error.is_canceled() || error.is_closed() {
        return closed(server, via);
    }
    let mut deepest: &dyn StdError = error;
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    match deepest.downcast_ref::<std::io::Error>() {
        Some(error) if error.kind() == ErrorKind::UnexpectedEof => closed(server, via),
        Some(error) => of_connect(&tcp::fault_of(error), server, via),
        None => format!(
            "cannot reach {server}{via}: {}",
            sanitize_line(&deepest.to_string(), 200)
        ),
    }
}

/// Whose certificate or handshake it is stands before.
fn tls_reason(error: &rustls::Error) -> String {
    use rustls::{CertificateError as Bad, Error as Tls};
    match error {
        Tls::InvalidCertificate(Bad::UnknownIssuer) => {
            "its certificate is signed by an authority that is not trusted here; check certificate-authority in the kubeconfig".into()
        }
        Tls::InvalidCertificate(Bad::BadSignature) => {
            "its certificate is not signed by the authority that is trusted here, though by one of the same name; the authority was made anew, and the kubeconfig holds the old one".into()
        }
        Tls::InvalidCertificate(Bad::Expired | Bad::ExpiredContext { .. }) => "its certificate has expired".into(),
        Tls::InvalidCertificate(Bad::NotValidYet | Bad::NotValidYetContext { .. }) => {
            "its certificate is not valid yet; check the clock of this machine".into()
        }
        Tls::InvalidCertificate(Bad::NotValidForNameContext { presented, .. }) => {
            format!("its certificate is for other names: {}", sanitize_line(&presented.join(", "), 200))
        }
        Tls::InvalidCertificate(Bad::NotValidForName) => "its certificate is for another name".into(),
        Tls::InvalidCertificate(Bad::Other(other))
            if matches!(other.0.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            "its certificate is marked as an authority (CA:TRUE); oc and kubectl accept that, the TLS library of this tool does not".into()
        }
        Tls::InvalidMessage(rustls::InvalidMessage::InvalidContentType) => {
            "it does not speak TLS; is its address http:// instead of https://?".into()
        }
        Tls::AlertReceived(alert) => format!(
            "it refuses the TLS handshake ({alert:?}); it may ask for a client certificate, or for what the TLS library of this tool cannot speak"
        ),
        Tls::InvalidCertificate(reason) => {
            format!("the TLS library of this tool refuses its certificate: {reason}")
        }
        other => format!("the TLS handshake failed: {other}"),
    }
}
