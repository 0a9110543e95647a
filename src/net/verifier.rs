//! A certificate verifier that keeps what it sees and judges nothing: the chain is judged after the handshake, by Go's
//! rules, against every store that matters.
//!
//! It does check that the server holds the key of its certificate, and notes the outcome: without that proof no
//! credential may be sent over the connection.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::ResolvesClientCert;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::CertifiedKey;
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

/// What one handshake showed.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    chain: Mutex<Vec<Vec<u8>>>,
    signature_fault: Mutex<Option<String>>,
    wants_client_certificate: AtomicBool,
}

impl Seen {
    /// The certificates as sent, leaf first.
    pub(crate) fn chain(&self) -> Vec<Vec<u8>> {
        self.chain
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Why the server's proof of its key could not be checked, if so.
    pub(crate) fn signature_fault(&self) -> Option<String> {
        self.signature_fault
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn wants_client_certificate(&self) -> bool {
        self.wants_client_certificate.load(Ordering::Relaxed)
    }
}

/// The verifier; one a handshake.
#[derive(Debug)]
pub(crate) struct Capturing {
    seen: Arc<Seen>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Capturing {
    pub(crate) fn new(seen: Arc<Seen>, provider: &CryptoProvider) -> Self {
        Self {
            seen,
            algorithms: provider.signature_verification_algorithms,
        }
    }

    fn note(&self, result: Result<HandshakeSignatureValid, Error>) -> HandshakeSignatureValid {
        result.unwrap_or_else(|error| {
            *self
                .seen
                .signature_fault
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = Some(error.to_string());
            HandshakeSignatureValid::assertion()
        })
    }
}

impl ServerCertVerifier for Capturing {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity)
            .chain(intermediates)
            .map(|certificate| certificate.to_vec())
            .collect();
        *self
            .seen
            .chain
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = chain;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.note(verify_tls12_signature(
            message,
            certificate,
            signed,
            &self.algorithms,
        )))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(self.note(verify_tls13_signature(
            message,
            certificate,
            signed,
            &self.algorithms,
        )))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// Has no client certificate, and notes that one was asked for.
#[derive(Debug)]
pub(crate) struct NoClientCertificate(pub(crate) Arc<Seen>);

impl ResolvesClientCert for NoClientCertificate {
    fn resolve(
        &self,
        _root_hint_subjects: &[&[u8]],
        _sigschemes: &[SignatureScheme],
    ) -> Option<Arc<CertifiedKey>> {
        self.0
            .wants_client_certificate
            .store(true, Ordering::Relaxed);
        None
    }

    fn has_certs(&self) -> bool {
        true
    }
}
