//! Public keys and signature algorithms, by the names that Go gives them.

use std::fmt;

/// A public key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PublicKey {
    /// What kind of key it is.
    pub kind: KeyKind,
    /// Its size: the modulus of RSA, the field of an elliptic curve. 0 when unknown.
    pub bits: usize,
    /// The whole SubjectPublicKeyInfo; two keys are the same when these bytes are.
    pub info: Vec<u8>,
    /// The key itself: `RSAPublicKey`, the point of a curve, or the 32 octets of Ed25519.
    pub bytes: Vec<u8>,
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            KeyKind::Rsa => write!(f, "RSA {} bits", self.bits),
            KeyKind::Ecdsa(curve) => write!(f, "ECDSA {curve}"),
            KeyKind::Ed25519 => f.write_str("Ed25519"),
            KeyKind::Dsa => f.write_str("DSA"),
            KeyKind::Other(oid) if oid.is_empty() => f.write_str("unknown key"),
            KeyKind::Other(oid) => write!(f, "key of kind {oid}"),
        }
    }
}

/// Kinds of keys, those that Go knows by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyKind {
    /// RSA.
    Rsa,
    /// A NIST curve.
    Ecdsa(Curve),
    /// Ed25519.
    Ed25519,
    /// DSA, which no TLS server can use.
    Dsa,
    /// Another algorithm, as dotted object identifier; empty when it could not be read.
    Other(String),
}

impl Default for KeyKind {
    fn default() -> Self {
        Self::Other(String::new())
    }
}

/// Curves of ECDSA keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Curve {
    /// secp224r1.
    P224,
    /// secp256r1.
    P256,
    /// secp384r1.
    P384,
    /// secp521r1.
    P521,
    /// A curve that Go does not support, as dotted object identifier.
    Other(String),
}

impl fmt::Display for Curve {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::P224 => "P-224",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Other(oid) => oid,
        })
    }
}

/// Hash of a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// MD2, unsupported everywhere.
    Md2,
    /// MD5, insecure.
    Md5,
    /// SHA-1, insecure; refused by Go since 1.18.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// How a certificate is signed. Displays with Go's names (`SHA256-RSA`), which its error texts use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureAlgorithm {
    /// RSA, PKCS #1 v1.5.
    Rsa(Hash),
    /// RSA-PSS with the parameters that Go takes (MGF1 and salt of the same hash).
    RsaPss(Hash),
    /// ECDSA.
    Ecdsa(Hash),
    /// DSA.
    Dsa(Hash),
    /// Ed25519.
    Ed25519,
    /// One that Go does not know, as dotted object identifier.
    Other(String),
}

impl SignatureAlgorithm {
    /// Whether Go refuses it as insecure wherever it stands below the trust anchor.
    /// Source: Go `crypto/x509` `checkSignature`.
    pub fn is_insecure(&self) -> bool {
        matches!(
            self,
            Self::Rsa(Hash::Md5 | Hash::Sha1) | Self::Ecdsa(Hash::Sha1) | Self::Dsa(Hash::Sha1)
        )
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |hash: &Hash| match hash {
            Hash::Md2 => "MD2",
            Hash::Md5 => "MD5",
            Hash::Sha1 => "SHA1",
            Hash::Sha256 => "SHA256",
            Hash::Sha384 => "SHA384",
            Hash::Sha512 => "SHA512",
        };
        match self {
            Self::Rsa(hash) => write!(f, "{}-RSA", name(hash)),
            Self::RsaPss(hash) => write!(f, "{}-RSAPSS", name(hash)),
            Self::Ecdsa(hash) => write!(f, "ECDSA-{}", name(hash)),
            Self::Dsa(hash) => write!(f, "DSA-{}", name(hash)),
            Self::Ed25519 => f.write_str("Ed25519"),
            Self::Other(oid) if oid.is_empty() => f.write_str("unknown algorithm"),
            Self::Other(oid) => f.write_str(oid),
        }
    }
}
