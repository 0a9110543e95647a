//! The TLS handshake: keeps the chain, tells the ways in which a handshake fails apart, judges no certificate.

use std::io;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::crypto::CryptoProvider;
use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConfig, ProtocolVersion};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::model::observation::{Tls, TlsFault};
use crate::net::limits::Limits;
use crate::net::pipe::{Beginning, Pipe};
use crate::net::rustls_error;
use crate::net::verifier::{Capturing, NoClientCertificate, Seen};

/// A finished handshake.
pub(super) struct Secured {
    pub(super) stream: TlsStream<Pipe>,
    pub(super) tls: Tls,
    /// Why the server's proof of its key could not be checked, if so.
    pub(super) signature_fault: Option<String>,
    /// The server asked for a client certificate; in TLS 1.3 it says only later whether it insists.
    pub(super) wants_client_certificate: bool,
}

/// Speaks TLS over `pipe` with `host`, offering the protocols of `alpn`.
pub(super) async fn handshake(
    pipe: Pipe,
    host: &str,
    alpn: &[&[u8]],
    provider: &Arc<CryptoProvider>,
    limits: &Limits,
) -> Result<Secured, TlsFault> {
    let name = ServerName::try_from(host.to_owned()).map_err(|error| TlsFault::Handshake {
        text: format!("{host:?} is no name that TLS can ask for: {error}"),
        our_limits: false,
    })?;
    let seen = Arc::new(Seen::default());
    let config = config(&seen, alpn, provider)?;
    let beginning = pipe.beginning();
    let connecting = TlsConnector::from(Arc::new(config)).connect(name, pipe);
    let stream = limits
        .within(limits.budgets.tls, connecting)
        .await
        .map_err(|_cut| TlsFault::TimedOut)?
        .map_err(|error| fault_of(&error, &beginning, seen.wants_client_certificate()))?;
    let (_, session) = stream.get_ref();
    let tls = Tls {
        version: session
            .protocol_version()
            .map_or_else(|| "unknown".to_owned(), version_name),
        alpn: session
            .alpn_protocol()
            .map(|protocol| String::from_utf8_lossy(protocol).into_owned()),
        chain: seen.chain(),
    };
    Ok(Secured {
        stream,
        tls,
        signature_fault: seen.signature_fault(),
        wants_client_certificate: seen.wants_client_certificate(),
    })
}

/// One configuration a handshake: what it sees is its own. Sessions are not resumed, so that every handshake shows the chain.
fn config(
    seen: &Arc<Seen>,
    alpn: &[&[u8]],
    provider: &Arc<CryptoProvider>,
) -> Result<ClientConfig, TlsFault> {
    let mut config = ClientConfig::builder_with_provider(Arc::clone(provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsFault::Handshake {
            text: error.to_string(),
            our_limits: true,
        })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Capturing::new(Arc::clone(seen), provider)))
        .with_client_cert_resolver(Arc::new(NoClientCertificate(Arc::clone(seen))));
    config.alpn_protocols = alpn.iter().map(|protocol| protocol.to_vec()).collect();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn version_name(version: ProtocolVersion) -> String {
    match version {
        ProtocolVersion::TLSv1_2 => "TLS 1.2".to_owned(),
        ProtocolVersion::TLSv1_3 => "TLS 1.3".to_owned(),
        other => format!("{other:?}"),
    }
}

fn fault_of(error: &io::Error, beginning: &Beginning, wants_client_certificate: bool) -> TlsFault {
    if beginning.is_http() {
        return TlsFault::PlainHttp;
    }
    let Some(tls) = rustls_error(error) else {
        return match error.kind() {
            io::ErrorKind::TimedOut => TlsFault::TimedOut,
            _ if wants_client_certificate => TlsFault::ClientCertificateWanted,
            _ => TlsFault::Reset,
        };
    };
    match tls {
        rustls::Error::AlertReceived(alert) => alert_fault(*alert, wants_client_certificate),
        rustls::Error::PeerIncompatible(_) => TlsFault::Handshake {
            text: tls.to_string(),
            our_limits: true,
        },
        rustls::Error::InvalidMessage(_) => TlsFault::Handshake {
            text: beginning.greeting().map_or_else(
                || "the port answers with something that is not TLS".to_owned(),
                |greeting| {
                    format!("the port speaks something else than TLS; it begins with {greeting:?}")
                },
            ),
            our_limits: false,
        },
        other => TlsFault::Handshake {
            text: other.to_string(),
            our_limits: false,
        },
    }
}

/// An alert that ends the handshake. Without cipher, group or version in common Go's TLS may still get through: it offers
/// CBC suites and the group P-521, which rustls does not.
fn alert_fault(alert: AlertDescription, wants_client_certificate: bool) -> TlsFault {
    let text = format!("the server ended the handshake with the alert {alert:?}");
    match alert {
        AlertDescription::CertificateRequired => TlsFault::ClientCertificateWanted,
        AlertDescription::HandshakeFailure
        | AlertDescription::BadCertificate
        | AlertDescription::NoCertificate
        | AlertDescription::AccessDenied
        | AlertDescription::CertificateUnknown
            if wants_client_certificate =>
        {
            TlsFault::ClientCertificateWanted
        }
        AlertDescription::HandshakeFailure
        | AlertDescription::InsufficientSecurity
        | AlertDescription::ProtocolVersion => TlsFault::Handshake {
            text,
            our_limits: true,
        },
        _ => TlsFault::Handshake {
            text,
            our_limits: false,
        },
    }
}
