//! Certificates for TLS tests, the good ones and the odd ones.
//!
//! A [`Ca`] signs [`Leaf`]s; what comes out is an [`Issued`], which holds every PEM a test needs and makes the
//! `rustls` configuration of a server. All dates are fixed and far away, so that no test depends on the day it runs.
//! Certificates that `rcgen` cannot make (negative serial number, RSA-1024, X.509 v1, SHA-1) are in [`fixtures`].
//!
//! ```
//! use extreg_test_support::certs::{Ca, Leaf};
//!
//! let ca = Ca::new("Corp Root");
//! let good = ca.server(&["127.0.0.1", "localhost"]);
//! let expired = ca.issue(&Leaf::new(&["127.0.0.1"]).expired());
//! let behind_intermediate = ca.intermediate("Corp Issuing").server(&["127.0.0.1"]);
//! let incomplete = behind_intermediate.incomplete();
//! assert!(good.ca_pem.starts_with("-----BEGIN CERTIFICATE-----"));
//! # drop((expired, incomplete));
//! ```
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test helper that cannot do its work ends the test"
)]

mod ca;
pub mod fixtures;
mod issued;
mod leaf;

pub use ca::{Ca, CaBuilder};
pub use issued::{Issued, TlsOptions};
pub use leaf::{Leaf, self_signed, self_signed_end_entity};

use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384, PKCS_ECDSA_P521_SHA512};

/// The kinds of key that tests ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// ECDSA on P-256, the default: quick to make and known everywhere.
    #[default]
    P256,
    /// ECDSA on P-384.
    P384,
    /// ECDSA on P-521, which Go and aws-lc-rs know and ring does not.
    P521,
    /// Ed25519.
    Ed25519,
    /// RSA with 2048 bits; slow to make in an unoptimised build.
    Rsa2048,
}

impl KeyKind {
    pub(crate) fn generate(self) -> KeyPair {
        match self {
            Self::P256 => KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256),
            Self::P384 => KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384),
            Self::P521 => KeyPair::generate_for(&PKCS_ECDSA_P521_SHA512),
            Self::Ed25519 => KeyPair::generate_for(&rcgen::PKCS_ED25519),
            Self::Rsa2048 => {
                KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048)
            }
        }
        .expect("a key pair")
    }
}

/// The validity of a certificate, in whole years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Validity {
    from: i32,
    until: i32,
}

impl Validity {
    /// Good today, whenever that is.
    pub(crate) const GOOD: Self = Self::years(2020, 2200);
    /// Over long ago.
    pub(crate) const EXPIRED: Self = Self::years(2000, 2010);
    /// Not begun for a long time.
    pub(crate) const FUTURE: Self = Self::years(2300, 2400);

    const fn years(from: i32, until: i32) -> Self {
        Self { from, until }
    }

    pub(crate) fn write(self, params: &mut rcgen::CertificateParams) {
        params.not_before = rcgen::date_time_ymd(self.from, 1, 1);
        params.not_after = rcgen::date_time_ymd(self.until, 1, 1);
    }
}

/// A distinguished name of a common name and nothing else.
pub(crate) fn common_name(name: &str) -> rcgen::DistinguishedName {
    let mut distinguished = rcgen::DistinguishedName::new();
    distinguished.push(rcgen::DnType::CommonName, name);
    distinguished
}

/// The DER in a PEM text's `CERTIFICATE` blocks, in their order.
pub fn certificates_in(pem: &str) -> Vec<rustls::pki_types::CertificateDer<'static>> {
    use rustls::pki_types::pem::PemObject as _;
    rustls::pki_types::CertificateDer::pem_slice_iter(pem.as_bytes())
        .collect::<Result<_, _>>()
        .unwrap_or_else(|error| panic!("not a PEM bundle: {error}"))
}
