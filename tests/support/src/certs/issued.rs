//! A certificate with its key and its chain, and the server configuration made of them.

use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{RootCertStore, ServerConfig};

use super::certificates_in;

/// One issued certificate and all that goes with it. The fields are PEM.
#[derive(Clone)]
pub struct Issued {
    /// The certificate alone.
    pub cert_pem: String,
    /// Its private key (PKCS #8).
    pub key_pem: String,
    /// What the server sends: the certificate, then the intermediates, without the root.
    pub chain_pem: String,
    /// The root that vouches for it; the certificate itself when it is self-signed.
    pub ca_pem: String,
}

/// How a server does TLS beyond its certificate.
#[derive(Clone, Debug)]
pub struct TlsOptions {
    /// Speak TLS 1.2 and nothing newer.
    pub tls12_only: bool,
    /// Ask for a client certificate of this authority (PEM), and refuse who has none.
    pub client_ca: Option<String>,
    /// Ask for one, and talk to those who have none as well.
    pub client_optional: bool,
    /// Offer HTTP/2 besides HTTP/1.1.
    pub http2: bool,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            tls12_only: false,
            client_ca: None,
            client_optional: false,
            http2: true,
        }
    }
}

impl Issued {
    /// Puts the parts together; `intermediates` go from the certificate's issuer upwards.
    pub fn new(cert_pem: String, key_pem: String, intermediates: &[String], ca_pem: &str) -> Self {
        let mut chain_pem = cert_pem.clone();
        for intermediate in intermediates {
            chain_pem.push_str(intermediate);
        }
        Self {
            cert_pem,
            key_pem,
            chain_pem,
            ca_pem: ca_pem.to_owned(),
        }
    }

    /// The same, from a server that forgets to send the intermediates.
    pub fn incomplete(mut self) -> Self {
        self.chain_pem.clone_from(&self.cert_pem);
        self
    }

    /// The certificate as DER.
    pub fn der(&self) -> CertificateDer<'static> {
        certificates_in(&self.cert_pem)
            .into_iter()
            .next()
            .expect("a certificate")
    }

    /// What the server sends, as DER.
    pub fn chain_der(&self) -> Vec<CertificateDer<'static>> {
        certificates_in(&self.chain_pem)
    }

    /// The private key as DER.
    pub fn key_der(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).expect("a private key")
    }

    /// A server that shows this certificate, with TLS 1.2 and 1.3, HTTP/1.1 and HTTP/2.
    pub fn server_config(&self) -> Arc<ServerConfig> {
        self.server_config_with(&TlsOptions::default())
    }

    /// A server that shows this certificate. Whether the certificate is any good is not looked at.
    pub fn server_config_with(&self, options: &TlsOptions) -> Arc<ServerConfig> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = provider
            .key_provider
            .load_private_key(self.key_der())
            .expect("a key that aws-lc-rs can sign with");
        let versions: &[&rustls::SupportedProtocolVersion] = if options.tls12_only {
            &[&rustls::version::TLS12]
        } else {
            rustls::ALL_VERSIONS
        };
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .expect("versions that the provider knows");
        let builder = match &options.client_ca {
            None => builder.with_no_client_auth(),
            Some(pem) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates_in(pem) {
                    roots.add(certificate).expect("a root");
                }
                let mut verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                if options.client_optional {
                    verifier = verifier.allow_unauthenticated();
                }
                builder.with_client_cert_verifier(verifier.build().expect("a client verifier"))
            }
        };
        let shown = CertifiedKey::new(self.chain_der(), key);
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(shown)));
        config.alpn_protocols = if options.http2 {
            vec![b"h2".to_vec(), b"http/1.1".to_vec()]
        } else {
            vec![b"http/1.1".to_vec()]
        };
        Arc::new(config)
    }
}
