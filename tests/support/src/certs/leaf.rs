//! End-entity certificates, and self-signed ones.

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose,
};

use super::{Issued, KeyKind, Validity, common_name};

/// What a leaf is to be; [`super::Ca::issue`] makes it.
#[derive(Clone, Debug)]
pub struct Leaf {
    names: Vec<String>,
    common_name: String,
    pub(super) key: KeyKind,
    validity: Validity,
    is_ca: IsCa,
    usages: Vec<ExtendedKeyUsagePurpose>,
    issuer_url: Option<String>,
}

impl Leaf {
    /// A server certificate whose subject alternative names are these (addresses are told from names), and whose
    /// common name is the first.
    pub fn new(names: &[&str]) -> Self {
        Self {
            names: names.iter().map(|&name| name.to_owned()).collect(),
            common_name: names.first().copied().unwrap_or("leaf").to_owned(),
            key: KeyKind::default(),
            validity: Validity::GOOD,
            is_ca: IsCa::NoCa,
            usages: vec![ExtendedKeyUsagePurpose::ServerAuth],
            issuer_url: None,
        }
    }

    /// A certificate with a common name and no subject alternative name: good until 2017, refused by Go today.
    pub fn common_name_only(name: &str) -> Self {
        Self::new(&[]).common_name(name)
    }

    /// Another common name.
    pub fn common_name(mut self, name: &str) -> Self {
        name.clone_into(&mut self.common_name);
        self
    }

    /// Another kind of key than P-256.
    pub fn key(mut self, key: KeyKind) -> Self {
        self.key = key;
        self
    }

    /// Over long ago.
    pub fn expired(mut self) -> Self {
        self.validity = Validity::EXPIRED;
        self
    }

    /// Not begun for a long time.
    pub fn not_yet_valid(mut self) -> Self {
        self.validity = Validity::FUTURE;
        self
    }

    /// Basic constraints CA:TRUE on a server certificate, which Go takes and rustls does not.
    pub fn ca_true(mut self) -> Self {
        self.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        self
    }

    /// An extended key usage of clientAuth alone.
    pub fn client_auth_only(mut self) -> Self {
        self.usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self
    }

    /// Authority information access: where the issuer's certificate can be had (`caIssuers`).
    pub fn issuer_url(mut self, url: &str) -> Self {
        self.issuer_url = Some(url.to_owned());
        self
    }

    pub(super) fn params(&self) -> CertificateParams {
        let mut params =
            CertificateParams::new(self.names.clone()).expect("names that a certificate can hold");
        self.validity.write(&mut params);
        params.distinguished_name = common_name(&self.common_name);
        params.is_ca = self.is_ca;
        params.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        params.extended_key_usages.clone_from(&self.usages);
        if let Some(url) = &self.issuer_url {
            params.custom_extensions.push(issuer_access(url));
        }
        params
    }
}

/// The commonest home-made registry certificate: what `openssl req -x509` makes, CA:TRUE and its own root.
pub fn self_signed(names: &[&str]) -> Issued {
    let leaf = Leaf::new(names).ca_true();
    let mut params = leaf.params();
    // openssl's defaults write neither.
    params.key_usages.clear();
    params.extended_key_usages.clear();
    signed_by_itself(&params, leaf.key)
}

/// A self-signed certificate that is no authority (CA:FALSE); rustls and Go both take it as its own root.
pub fn self_signed_end_entity(names: &[&str]) -> Issued {
    let leaf = Leaf::new(names);
    signed_by_itself(&leaf.params(), leaf.key)
}

fn signed_by_itself(params: &CertificateParams, key: KeyKind) -> Issued {
    let key = key.generate();
    let pem = params
        .self_signed(&key)
        .expect("a self-signed certificate")
        .pem();
    Issued::new(pem.clone(), key.serialize_pem(), &[], &pem)
}

/// RFC 5280 4.2.2.1: a sequence of one description, method `caIssuers`, location a URI.
fn issuer_access(url: &str) -> CustomExtension {
    const AUTHORITY_INFO_ACCESS: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 1, 1];
    const CA_ISSUERS: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02];
    let method = der(0x06, CA_ISSUERS);
    let location = der(0x86, url.as_bytes());
    let description = der(0x30, &[method, location].concat());
    CustomExtension::from_oid_content(AUTHORITY_INFO_ACCESS, der(0x30, &description))
}

/// A DER value: tag, length, content.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a short value");
    let mut encoded = vec![tag];
    match length {
        0..=0x7f => encoded.push(length.to_be_bytes()[1]),
        0x80..=0xff => encoded.extend([0x81, length.to_be_bytes()[1]]),
        _ => {
            encoded.push(0x82);
            encoded.extend(length.to_be_bytes());
        }
    }
    encoded.extend(content);
    encoded
}
