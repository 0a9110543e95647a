//! Certificates for the scripted servers, and for those who log in with one.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::TlsAcceptor;

/// A certificate for a server, and the authority that vouches for it.
pub(crate) struct Certificate {
    pub(crate) ca_pem: String,
    chain: Vec<CertificateDer<'static>>,
    key: KeyPair,
    /// Whether clients have to show a certificate of the same authority.
    asks_for_client: bool,
    client: (String, String),
}

impl Certificate {
    /// For `127.0.0.1`, `0.0.0.0` and these names, by an authority of its own.
    pub(crate) fn new(names: &[&str]) -> Self {
        Self::of_authority("test authority", names)
    }

    /// The same, by an authority with this name and a key of its own.
    pub(crate) fn of_authority(name: &str, names: &[&str]) -> Self {
        let ca_key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::<String>::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        let ca = params.self_signed(&ca_key).unwrap();
        let issuer = Issuer::from_params(&params, &ca_key);
        let mut all = vec!["127.0.0.1".to_owned(), "0.0.0.0".to_owned()];
        all.extend(names.iter().map(|name| (*name).to_owned()));
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(all)
            .unwrap()
            .signed_by(&key, &issuer)
            .unwrap();
        let client_key = KeyPair::generate().unwrap();
        let mut client = CertificateParams::new(Vec::<String>::new()).unwrap();
        client.distinguished_name.push(DnType::CommonName, "jane");
        let client = client.signed_by(&client_key, &issuer).unwrap();
        Self {
            ca_pem: ca.pem(),
            chain: vec![leaf.der().clone()],
            key,
            asks_for_client: false,
            client: (client.pem(), client_key.serialize_pem()),
        }
    }

    /// What `openssl req -x509` makes: one certificate, CA:TRUE, that vouches for itself.
    pub(crate) fn home_made() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let leaf = params.self_signed(&key).unwrap();
        Self {
            ca_pem: leaf.pem(),
            chain: vec![leaf.der().clone()],
            key,
            asks_for_client: false,
            client: (String::new(), String::new()),
        }
    }

    pub(crate) fn asking_for_client(mut self) -> Self {
        self.asks_for_client = true;
        self
    }

    /// A client certificate of the same authority, and its key, in PEM.
    pub(crate) fn client(&self) -> (String, String) {
        self.client.clone()
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let builder = rustls::ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = if self.asks_for_client {
            use rustls::pki_types::pem::PemObject as _;
            let mut roots = rustls::RootCertStore::empty();
            roots
                .add(CertificateDer::from_pem_slice(self.ca_pem.as_bytes()).unwrap())
                .unwrap();
            let verifier = rustls::server::WebPkiClientVerifier::builder_with_provider(
                Arc::new(roots),
                provider,
            )
            .build()
            .unwrap();
            builder.with_client_cert_verifier(verifier)
        } else {
            builder.with_no_client_auth()
        };
        TlsAcceptor::from(Arc::new(
            builder.with_single_cert(self.chain.clone(), key).unwrap(),
        ))
    }
}
