//! What stands in an X.509 certificate, as far as it can be read.
//!
//! [`Certificate::read`] takes any bytes and never fails: what could be read is in the fields, what could not is named in
//! [`Certificate::unreadable`], and whether Go (which every node, the API server and `oc` run on) would take the certificate at
//! all is in [`Certificate::refusal`]. Whether a certificate is trusted is not decided here but in [`crate::model::trust`].

use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

mod extensions;
mod key;
mod outline;
mod read;
mod refusal;

pub use key::{Curve, Hash, KeyKind, PublicKey, SignatureAlgorithm};
pub use outline::subject_of;
pub use refusal::Refusal;

/// A certificate in parts. Fields are empty where the certificate does not say, or could not be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    der: Box<[u8]>,
    signed_part: Box<[u8]>,
    signature: Box<[u8]>,
    fingerprint: Fingerprint,
    /// X.509 version as people count it: 1 to 3.
    pub version: Option<u32>,
    /// Serial number.
    pub serial: Option<Serial>,
    /// Whom the certificate is for.
    pub subject: Name,
    /// Who signed it.
    pub issuer: Name,
    /// First moment of validity.
    pub not_before: Option<Timestamp>,
    /// Last moment of validity.
    pub not_after: Option<Timestamp>,
    /// Subject alternative names.
    pub names: AlternativeNames,
    /// The basic constraints extension, `None` when it is missing.
    pub basic_constraints: Option<BasicConstraints>,
    /// The key usage extension, `None` when it is missing.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usages in the order of the certificate; empty means no restriction.
    pub extended_key_usage: Vec<ExtendedKeyUsage>,
    /// For which names a CA may sign, `None` when it is not restricted.
    pub name_constraints: Option<NameConstraints>,
    /// Subject key identifier.
    pub subject_key_id: Option<Vec<u8>>,
    /// Key identifier of the issuer.
    pub authority_key_id: Option<Vec<u8>>,
    /// Where the issuer's certificate can be fetched (authority information access, `caIssuers`).
    pub issuer_urls: Vec<String>,
    /// Critical extensions that Go does not know, as dotted object identifiers; each makes Go refuse the certificate.
    pub unhandled_critical: Vec<String>,
    /// The public key.
    pub public_key: PublicKey,
    /// How the certificate is signed.
    pub signature_algorithm: SignatureAlgorithm,
    /// Why Go does not even parse it, `None` when it does.
    pub refusal: Option<Refusal>,
    /// The parts that could not be read.
    pub unreadable: Vec<String>,
}

impl Certificate {
    /// Reads a DER-encoded certificate. Never fails and never panics, see the module's description.
    pub fn read(der: &[u8]) -> Self {
        read::read(der)
    }

    fn empty(der: &[u8]) -> Self {
        Self {
            der: der.into(),
            signed_part: Box::default(),
            signature: Box::default(),
            fingerprint: Fingerprint(Sha256::digest(der).into()),
            version: None,
            serial: None,
            subject: Name::default(),
            issuer: Name::default(),
            not_before: None,
            not_after: None,
            names: AlternativeNames::default(),
            basic_constraints: None,
            key_usage: None,
            extended_key_usage: Vec::new(),
            name_constraints: None,
            subject_key_id: None,
            authority_key_id: None,
            issuer_urls: Vec::new(),
            unhandled_critical: Vec::new(),
            public_key: PublicKey::default(),
            signature_algorithm: SignatureAlgorithm::Other(String::new()),
            refusal: None,
            unreadable: Vec::new(),
        }
    }

    /// The bytes it was read from.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The part that the issuer's signature covers; empty when the certificate could not be read.
    pub fn signed_part(&self) -> &[u8] {
        &self.signed_part
    }

    /// The issuer's signature.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// SHA-256 over the whole certificate.
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Whether it says of itself that it is a CA (`CA:TRUE`).
    pub fn is_ca(&self) -> bool {
        self.basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// Whether subject and issuer are the same name. The signature is not checked.
    pub fn is_self_issued(&self) -> bool {
        !self.subject.raw.is_empty() && self.subject.raw == self.issuer.raw
    }

    /// Whether the basic constraints of a version 3 certificate, and its key usage, let it sign certificates.
    /// Source: Go `crypto/x509` `Certificate.CheckSignatureFrom`; a version 1 certificate has no such marks and passes there.
    pub fn may_sign(&self) -> Result<(), SigningBar> {
        match self.basic_constraints {
            Some(constraints) if !constraints.ca => return Err(SigningBar::NotACa),
            None if self.version == Some(3) => return Err(SigningBar::NotACa),
            _ => {}
        }
        match self.key_usage {
            Some(usage) if !usage.is_empty() && !usage.cert_sign() => Err(SigningBar::KeyUsage),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("subject", &self.subject.to_string())
            .field("issuer", &self.issuer.to_string())
            .field("sha256", &self.fingerprint.to_string())
            .finish_non_exhaustive()
    }
}

/// Why a certificate must not sign others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigningBar {
    /// It is not marked as a CA (`CA:TRUE` is missing).
    NotACa,
    /// Its key usage lacks `keyCertSign`.
    KeyUsage,
}

/// SHA-256 of a certificate. Printed as `openssl x509 -fingerprint` does: upper-case pairs with colons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl Fingerprint {
    /// From hexadecimal digits in either case, with or without colons, as OpenSSL (`sha256 Fingerprint=AB:...`), browsers and
    /// this tool print it. `None` when it is not the SHA-256 of anything.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.rsplit_once('=').map_or(text, |(_, digits)| digits);
        let text = text.trim();
        let lower = text.to_ascii_lowercase();
        let digits = ["sha256:", "sha-256:", "sha256 ", "sha-256 "]
            .into_iter()
            .find_map(|prefix| lower.strip_prefix(prefix))
            .unwrap_or(&lower);
        let digits: String = digits
            .chars()
            .filter(|character| !matches!(character, ':' | ' '))
            .collect();
        if digits.len() != 64 || !digits.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, byte) in self.0.iter().enumerate() {
            let colon = if position == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

/// A serial number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serial {
    /// Decimal, as Go prints it; hexadecimal with `0x` when it is absurdly long.
    pub text: String,
    /// Below zero, which Go refuses since 1.23.
    pub negative: bool,
}

/// A distinguished name. Displays as the common name, else the organization, else all attributes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    /// The DER encoding; issuer and subject match when these bytes do.
    pub raw: Vec<u8>,
    /// The last common name, which is the one that Go takes.
    pub common_name: Option<String>,
    /// The first organization.
    pub organization: Option<String>,
    /// All attributes, `CN=x, O=y`.
    pub full: String,
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = [
            self.common_name.as_deref(),
            self.organization.as_deref(),
            Some(&self.full),
        ]
        .into_iter()
        .flatten()
        .find(|text| !text.is_empty());
        f.write_str(text.unwrap_or("(no name)"))
    }
}

/// The subject alternative names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    /// Whether there is such an extension at all; without it only the obsolete common name is left.
    pub present: bool,
    /// DNS names, wildcards as they stand.
    pub dns: Vec<String>,
    /// IP addresses.
    pub ip: Vec<IpAddr>,
    /// Mail addresses.
    pub email: Vec<String>,
    /// URIs.
    pub uri: Vec<String>,
}

/// Basic constraints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BasicConstraints {
    /// May act as a CA.
    pub ca: bool,
    /// How many intermediate certificates may follow below it.
    pub path_len: Option<u32>,
}

/// Key usage bits, bit 0 being `digitalSignature`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];

    /// Whether no bit is set; Go then treats the extension as if it were not there.
    pub fn is_empty(self) -> bool {
        self.names().next().is_none()
    }

    /// Whether certificates may be signed (`keyCertSign`).
    pub fn cert_sign(self) -> bool {
        self.0 & (1 << 5) != 0
    }

    /// The names of RFC 5280 of the bits that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, name)| name)
    }
}

/// An extended key usage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtendedKeyUsage {
    /// Good for everything.
    Any,
    /// TLS server.
    ServerAuth,
    /// TLS client.
    ClientAuth,
    /// Signing code.
    CodeSigning,
    /// Mail.
    EmailProtection,
    /// Time stamps.
    TimeStamping,
    /// OCSP answers.
    OcspSigning,
    /// Another one, as dotted object identifier.
    Other(String),
}

impl fmt::Display for ExtendedKeyUsage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "any",
            Self::ServerAuth => "serverAuth",
            Self::ClientAuth => "clientAuth",
            Self::CodeSigning => "codeSigning",
            Self::EmailProtection => "emailProtection",
            Self::TimeStamping => "timeStamping",
            Self::OcspSigning => "OCSPSigning",
            Self::Other(oid) => oid,
        })
    }
}

/// The names that a CA may, or must not, sign for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameConstraints {
    /// Where any of a kind is given, names of that kind must lie in one of them.
    pub permitted: Subtrees,
    /// Names must lie in none of them.
    pub excluded: Subtrees,
}

/// Subtrees of names, by kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subtrees {
    /// Domains; with a leading dot only what lies below.
    pub dns: Vec<String>,
    /// Networks.
    pub ip: Vec<Subnet>,
    /// Mailboxes or mail domains.
    pub email: Vec<String>,
    /// Hosts of URIs.
    pub uri: Vec<String>,
}

/// A network as a name constraint writes it: address and mask of the same length (4 or 16 octets).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// Address octets.
    pub address: Vec<u8>,
    /// Mask octets.
    pub mask: Vec<u8>,
}

#[cfg(test)]
mod tests;
