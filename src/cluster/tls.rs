//! What a TLS handshake with the API server relies on, and what it shows of the user. Built once for a connection's login;
//! the machine's own store is read only where no certificate authority is named.

use std::sync::Arc;

use rustls::ClientConfig;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::CryptoProvider;
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::Error;
use crate::net::verifier::Capturing;

/// Whom to believe.
#[derive(Clone, Copy)]
pub(super) enum Trust<'a> {
    /// These certificate authorities, in DER.
    Roots(&'a [Vec<u8>]),
    /// The machine's own store, by the rules of its system.
    Machine,
    /// Everybody: `insecure-skip-tls-verify`.
    Anybody,
}

/// The configuration of all handshakes of one login; `identity` is a client certificate and its key in PEM.
///
/// # Errors
///
/// In words about the kubeconfig: nothing to trust, or a certificate or key that cannot be used.
pub(super) fn config(
    trust: Trust<'_>,
    identity: Option<&(String, SecretString)>,
) -> Result<Arc<ClientConfig>, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::failure(format!("TLS cannot be spoken here: {error}")))?
        .dangerous()
        .with_custom_certificate_verifier(verifier(trust, &provider)?);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => {
            let (chain, key) = parsed(certificate, key).ok_or_else(|| {
                Error::failure(
                    "the client certificate or key of the kubeconfig is no PEM certificate or key",
                )
            })?;
            builder.with_client_auth_cert(chain, key).map_err(|reason| {
                Error::failure(format!(
                    "the client key of the kubeconfig cannot be used with its certificate: {reason}"
                ))
            })?
        }
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn verifier(
    trust: Trust<'_>,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ServerCertVerifier>, Error> {
    Ok(match trust {
        Trust::Anybody => Arc::new(Capturing::new(Arc::default(), provider)),
        Trust::Machine => Arc::new(
            rustls_platform_verifier::Verifier::new(Arc::clone(provider))
                .map_err(|_nothing| no_authority())?,
        ),
        Trust::Roots(ders) => {
            let mut roots = rustls::RootCertStore::empty();
            for der in ders {
                roots
                    .add(CertificateDer::from_slice(der))
                    .map_err(|_unusable| no_authority())?;
            }
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
                .build()
                .map_err(|_empty| no_authority())?
        }
    })
}

fn no_authority() -> Error {
    Error::failure(
        "no certificate authority: the kubeconfig names none and this machine's store is empty",
    )
}

/// Certificates and the first key; `None` where one of them is missing or broken. Other sections, such as the parameters
/// that OpenSSL writes before the key of a curve, are passed over.
fn parsed(
    certificate: &str,
    key: &SecretString,
) -> Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(certificate.as_bytes())
        .collect::<Result<_, _>>()
        .ok()?;
    let key = PrivateKeyDer::from_pem_slice(key.expose_secret().as_bytes()).ok()?;
    (!chain.is_empty()).then_some((chain, key))
}
