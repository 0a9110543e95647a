//! Certificate authorities: roots, intermediates, and authorities that should not be one.

use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, NameConstraints,
};

use super::{Issued, KeyKind, Leaf, Validity, common_name};

/// An authority with its key, and the authorities above it.
#[derive(Clone)]
pub struct Ca {
    pub(super) params: CertificateParams,
    pub(super) key: Arc<KeyPair>,
    pem: String,
    /// From this authority up to, and without, the root: what a server has to send after its own certificate.
    pub(super) chain: Vec<String>,
    pub(super) root_pem: String,
}

impl Ca {
    /// A proper root: CA:TRUE, keyCertSign and cRLSign, P-256.
    pub fn new(name: &str) -> Self {
        Self::builder(name).build()
    }

    /// A root that is to differ from [`Ca::new`] in something.
    pub fn builder(name: &str) -> CaBuilder {
        CaBuilder {
            name: name.to_owned(),
            key: KeyKind::default(),
            validity: Validity::GOOD,
            is_ca: IsCa::Ca(BasicConstraints::Unconstrained),
            key_usages: vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign],
            extended_key_usages: Vec::new(),
            permitted_dns: Vec::new(),
        }
    }

    /// This authority's certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The root's certificate: this one's for a root.
    pub fn root_pem(&self) -> &str {
        &self.root_pem
    }

    /// This authority's certificate as DER.
    pub fn der(&self) -> Vec<u8> {
        super::certificates_in(&self.pem)
            .first()
            .expect("the certificate that was made")
            .to_vec()
    }

    /// An authority signed by this one.
    pub fn intermediate(&self, name: &str) -> Self {
        self.sign(&Self::builder(name))
    }

    /// As [`Ca::intermediate`], for one that is to differ in something.
    pub fn sign(&self, builder: &CaBuilder) -> Self {
        let key = builder.key.generate();
        let mut params = builder.params();
        params.use_authority_key_identifier_extension = true;
        let pem = params
            .signed_by(&key, &self.issuer())
            .expect("an intermediate")
            .pem();
        let mut chain = vec![pem.clone()];
        chain.extend(self.chain.iter().cloned());
        Self {
            params,
            key: Arc::new(key),
            pem,
            chain,
            root_pem: self.root_pem.clone(),
        }
    }

    /// A server certificate for these names and addresses.
    pub fn server(&self, names: &[&str]) -> Issued {
        self.issue(&Leaf::new(names))
    }

    /// A client certificate, for servers that want one.
    pub fn client(&self, name: &str) -> Issued {
        self.issue(&Leaf::new(&[]).common_name(name).client_auth_only())
    }

    /// Any leaf.
    pub fn issue(&self, leaf: &Leaf) -> Issued {
        let key = leaf.key.generate();
        let mut params = leaf.params();
        params.use_authority_key_identifier_extension = true;
        let cert_pem = params
            .signed_by(&key, &self.issuer())
            .expect("a leaf")
            .pem();
        Issued::new(cert_pem, key.serialize_pem(), &self.chain, &self.root_pem)
    }

    /// The private key, for what else it is to sign.
    pub(crate) fn key(&self) -> &KeyPair {
        &self.key
    }

    fn issuer(&self) -> Issuer<'_, &KeyPair> {
        Issuer::from_params(&self.params, &*self.key)
    }
}

/// See [`Ca::builder`].
#[derive(Clone, Debug)]
pub struct CaBuilder {
    name: String,
    key: KeyKind,
    validity: Validity,
    is_ca: IsCa,
    key_usages: Vec<KeyUsagePurpose>,
    extended_key_usages: Vec<ExtendedKeyUsagePurpose>,
    permitted_dns: Vec<String>,
}

impl CaBuilder {
    /// Another kind of key than P-256.
    pub fn key(mut self, key: KeyKind) -> Self {
        self.key = key;
        self
    }

    /// Over long ago; rustls does not look at a root's dates, Go does.
    pub fn expired(mut self) -> Self {
        self.validity = Validity::EXPIRED;
        self
    }

    /// Basic constraints that say CA:FALSE.
    pub fn without_ca_flag(mut self) -> Self {
        self.is_ca = IsCa::ExplicitNoCa;
        self
    }

    /// A key usage that lacks keyCertSign.
    pub fn without_cert_sign(mut self) -> Self {
        self.key_usages = vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::CrlSign];
        self
    }

    /// An extended key usage of clientAuth alone, which Go lets bind what the authority may sign.
    pub fn client_auth_only(mut self) -> Self {
        self.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self
    }

    /// A name constraint: only these DNS domains.
    pub fn permit_dns(mut self, domain: &str) -> Self {
        self.permitted_dns.push(domain.to_owned());
        self
    }

    /// The root, signed by itself.
    pub fn build(self) -> Ca {
        let key = self.key.generate();
        let params = self.params();
        let pem = params.self_signed(&key).expect("a root").pem();
        Ca {
            params,
            key: Arc::new(key),
            root_pem: pem.clone(),
            pem,
            chain: Vec::new(),
        }
    }

    fn params(&self) -> CertificateParams {
        let mut params = CertificateParams::default();
        self.validity.write(&mut params);
        params.distinguished_name = common_name(&self.name);
        params.is_ca = self.is_ca;
        params.key_usages.clone_from(&self.key_usages);
        params
            .extended_key_usages
            .clone_from(&self.extended_key_usages);
        if !self.permitted_dns.is_empty() {
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: self
                    .permitted_dns
                    .iter()
                    .cloned()
                    .map(rcgen::GeneralSubtree::DnsName)
                    .collect(),
                excluded_subtrees: Vec::new(),
            });
        }
        params
    }
}
