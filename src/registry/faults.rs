//! From an HTTP library's error to what happened on the wire.

use super::lease::ConnectionTraits;
use crate::model::observation::{ConnectFault, ExchangeFault, TlsFault};
use crate::net::{rustls_error, tcp};

/// The connection ended, so that a request over a kept one may never have been read.
pub(super) fn is_ended(error: &hyper::Error) -> bool {
    error.is_canceled() || error.is_closed() || error.is_incomplete_message() || is_reset(error)
}

/// HTTP/2: the server ends the connection in good order and says that it has not looked at this request, which may be sent
/// again over another (RFC 9113 sections 6.8, 8.7). nginx does so after each `keepalive_requests`. Only h2's words tell.
pub(super) fn was_not_looked_at(error: &hyper::Error) -> bool {
    let text = chain_text(error);
    [
        "connection error received: not a result of an error",
        "refused stream before processing any application logic",
    ]
    .iter()
    .any(|words| text.contains(words))
}

fn is_reset(error: &hyper::Error) -> bool {
    io_error(error).is_some_and(|error| tcp::fault_of(error) == ConnectFault::Reset)
}

fn io_error(error: &hyper::Error) -> Option<&std::io::Error> {
    let mut current: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<std::io::Error>() {
            return Some(found);
        }
        current = error.source();
    }
    None
}

/// What the error of a request means. `head_came`: the answer had begun; `reused`: the connection had served before.
pub(super) fn fault_of(
    error: &hyper::Error,
    traits: &ConnectionTraits,
    https: bool,
    head_came: bool,
    reused: bool,
) -> ExchangeFault {
    use rustls::AlertDescription as Alert;
    if let Some(rustls::Error::AlertReceived(alert)) = rustls_error(error) {
        // In TLS 1.3 a server says only after the handshake that it insists on a client certificate.
        if traits.wants_client_certificate
            || matches!(alert, Alert::CertificateRequired | Alert::NoCertificate)
        {
            return ExchangeFault::Tls(TlsFault::ClientCertificateWanted);
        }
        return ExchangeFault::Tls(TlsFault::Handshake {
            text: format!("the server ended the connection with the alert {alert:?}"),
            our_limits: false,
        });
    }
    // HTTP/2 keeps only the words of what ended its connection, and every request that was under way gets them.
    if let Some((_, alert)) = chain_text(error).split_once("received fatal alert: ") {
        let insists = matches!(alert, "CertificateRequired" | "NoCertificate");
        return ExchangeFault::Tls(if traits.wants_client_certificate || insists {
            TlsFault::ClientCertificateWanted
        } else {
            TlsFault::Handshake {
                text: format!("the server ended the connection with the alert {alert}"),
                our_limits: false,
            }
        });
    }
    if !https && traits.beginning.is_tls_alert() {
        return ExchangeFault::Protocol {
            text: "the port answers plain HTTP with a TLS alert: it wants https".to_owned(),
        };
    }
    if error.is_parse() {
        let text = match traits.beginning.greeting() {
            Some(greeting) if !head_came => {
                format!("the answer is no HTTP; it begins with {greeting:?}")
            }
            _ => chain_text(error),
        };
        return ExchangeFault::Protocol { text };
    }
    // Who insists may also just hang up, and does so at the first request.
    if traits.wants_client_certificate && !head_came && !reused {
        return ExchangeFault::Tls(TlsFault::ClientCertificateWanted);
    }
    let text = if head_came {
        "the connection ended in the middle of the answer".to_owned()
    } else if error.is_incomplete_message() || error.is_canceled() || is_reset(error) {
        "the connection ended before an answer came".to_owned()
    } else {
        chain_text(error)
    };
    ExchangeFault::Cut { text }
}

/// An error with its causes.
fn chain_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut current = error.source();
    while let Some(cause) = current {
        let words = cause.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        current = cause.source();
    }
    text
}
