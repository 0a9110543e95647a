//! Did this key sign that certificate? Go's rules on algorithms, with the library's arithmetic.
//!
//! Source: Go `crypto/x509` `Certificate.CheckSignatureFrom` and `checkSignature`. What Go could check and our library cannot is
//! [`SignatureFault::Unverifiable`], which must never become a verdict.

use aws_lc_rs::signature as lc;

use crate::model::certificate::{Certificate, Curve, Hash, KeyKind, PublicKey, SignatureAlgorithm};

/// Below this Go's `crypto/rsa` refuses to verify (since 1.24; older releases took any size).
const SMALLEST_RSA: usize = 1024;
/// Beyond this neither our library verifies nor Go's `crypto/tls` accepts a certificate.
pub(super) const LARGEST_RSA: usize = 8192;

/// Why a candidate is not taken as the issuer. Displays as Go words it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum SignatureFault {
    #[error("x509: invalid signature: parent certificate cannot sign this kind of certificate")]
    Constraint,
    #[error("x509: cannot verify signature: insecure algorithm {0}")]
    Insecure(SignatureAlgorithm),
    #[error("x509: cannot verify signature: algorithm unimplemented")]
    Unimplemented,
    #[error(
        "x509: signature algorithm specifies an {wanted} public key, but have public key of type {found}"
    )]
    KeyMismatch {
        wanted: &'static str,
        found: &'static str,
    },
    #[error(
        "crypto/rsa: {0}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
    )]
    SmallKey(usize),
    #[error("{0}")]
    Wrong(&'static str),
    #[error("a signature with {algorithm} by {key} cannot be checked by this tool")]
    Unverifiable { algorithm: String, key: String },
}

/// `CheckSignatureFrom`: first whether the parent may sign, then whether it did.
pub(super) fn check_from(child: &Certificate, parent: &Certificate) -> Result<(), SignatureFault> {
    if parent.may_sign().is_err() {
        return Err(SignatureFault::Constraint);
    }
    check(child, &parent.public_key)
}

/// Whether the key made the signature on the certificate.
pub(super) fn check(child: &Certificate, key: &PublicKey) -> Result<(), SignatureFault> {
    if matches!(key.kind, KeyKind::Other(_)) {
        return Err(SignatureFault::Unimplemented);
    }
    if child.signature_algorithm.is_insecure() {
        return Err(SignatureFault::Insecure(child.signature_algorithm.clone()));
    }
    let algorithm = verifier(&child.signature_algorithm, key)?;
    let wrong = match key.kind {
        KeyKind::Rsa => "crypto/rsa: verification error",
        KeyKind::Ecdsa(_) => "x509: ECDSA verification failure",
        _ => "x509: Ed25519 verification failure",
    };
    run(algorithm, child, key)
        .then_some(())
        .ok_or(SignatureFault::Wrong(wrong))
}

/// Whether the key made a signature that Go refuses as insecure: `None` where our library cannot tell.
pub(super) fn check_insecure(child: &Certificate, key: &PublicKey) -> Option<bool> {
    let algorithm: &'static dyn lc::VerificationAlgorithm =
        match (&child.signature_algorithm, &key.kind) {
            (SignatureAlgorithm::Rsa(Hash::Sha1), KeyKind::Rsa)
                if (SMALLEST_RSA..=LARGEST_RSA).contains(&key.bits) =>
            {
                &lc::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY
            }
            (SignatureAlgorithm::Ecdsa(Hash::Sha1), KeyKind::Ecdsa(Curve::P256)) => {
                &lc::ECDSA_P256_SHA1_ASN1
            }
            (SignatureAlgorithm::Ecdsa(Hash::Sha1), KeyKind::Ecdsa(Curve::P521)) => {
                &lc::ECDSA_P521_SHA1_ASN1
            }
            _ => return None,
        };
    Some(run(algorithm, child, key))
}

fn run(
    algorithm: &'static dyn lc::VerificationAlgorithm,
    child: &Certificate,
    key: &PublicKey,
) -> bool {
    lc::UnparsedPublicKey::new(algorithm, &key.bytes)
        .verify(child.signed_part(), child.signature())
        .is_ok()
}

fn verifier(
    algorithm: &SignatureAlgorithm,
    key: &PublicKey,
) -> Result<&'static dyn lc::VerificationAlgorithm, SignatureFault> {
    use SignatureAlgorithm::{Dsa, Ecdsa, Ed25519, Other, Rsa, RsaPss};
    let unverifiable = || SignatureFault::Unverifiable {
        algorithm: algorithm.to_string(),
        key: key.to_string(),
    };
    let wanted = match algorithm {
        Rsa(Hash::Md2) | Dsa(_) | Other(_) => return Err(SignatureFault::Unimplemented),
        Rsa(_) | RsaPss(_) => "RSA",
        Ecdsa(_) => "ECDSA",
        Ed25519 => "Ed25519",
    };
    let (kind, found) = match key.kind {
        KeyKind::Rsa => ("RSA", "*rsa.PublicKey"),
        KeyKind::Ecdsa(_) => ("ECDSA", "*ecdsa.PublicKey"),
        KeyKind::Ed25519 => ("Ed25519", "ed25519.PublicKey"),
        KeyKind::Dsa | KeyKind::Other(_) => return Err(SignatureFault::Unimplemented),
    };
    if kind != wanted {
        return Err(SignatureFault::KeyMismatch { wanted, found });
    }
    if kind == "RSA" && key.bits < SMALLEST_RSA {
        return Err(SignatureFault::SmallKey(key.bits));
    }
    Ok(match (algorithm, &key.kind) {
        (_, KeyKind::Rsa) if key.bits > LARGEST_RSA => return Err(unverifiable()),
        (Rsa(Hash::Sha256), _) => &lc::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (Rsa(Hash::Sha512), _) => &lc::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        // The library has the remaining ones for keys of 2048 bits and more only.
        (Rsa(_) | RsaPss(_), _) if key.bits < 2048 => return Err(unverifiable()),
        (Rsa(Hash::Sha384), _) => &lc::RSA_PKCS1_2048_8192_SHA384,
        (RsaPss(Hash::Sha256), _) => &lc::RSA_PSS_2048_8192_SHA256,
        (RsaPss(Hash::Sha384), _) => &lc::RSA_PSS_2048_8192_SHA384,
        (RsaPss(Hash::Sha512), _) => &lc::RSA_PSS_2048_8192_SHA512,
        (Ecdsa(Hash::Sha256), KeyKind::Ecdsa(Curve::P256)) => &lc::ECDSA_P256_SHA256_ASN1,
        (Ecdsa(Hash::Sha384), KeyKind::Ecdsa(Curve::P256)) => &lc::ECDSA_P256_SHA384_ASN1,
        (Ecdsa(Hash::Sha512), KeyKind::Ecdsa(Curve::P256)) => &lc::ECDSA_P256_SHA512_ASN1,
        (Ecdsa(Hash::Sha256), KeyKind::Ecdsa(Curve::P384)) => &lc::ECDSA_P384_SHA256_ASN1,
        (Ecdsa(Hash::Sha384), KeyKind::Ecdsa(Curve::P384)) => &lc::ECDSA_P384_SHA384_ASN1,
        (Ecdsa(Hash::Sha512), KeyKind::Ecdsa(Curve::P384)) => &lc::ECDSA_P384_SHA512_ASN1,
        (Ecdsa(Hash::Sha256), KeyKind::Ecdsa(Curve::P521)) => &lc::ECDSA_P521_SHA256_ASN1,
        (Ecdsa(Hash::Sha384), KeyKind::Ecdsa(Curve::P521)) => &lc::ECDSA_P521_SHA384_ASN1,
        (Ecdsa(Hash::Sha512), KeyKind::Ecdsa(Curve::P521)) => &lc::ECDSA_P521_SHA512_ASN1,
        (Ed25519, _) => &lc::ED25519,
        _ => return Err(unverifiable()),
    })
}
