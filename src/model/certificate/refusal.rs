//! Why Go does not take a certificate even before anyone asks whether it is trusted.
//!
//! The rules are those of Go's `crypto/x509` `parseCertificate` (`parser.go`). Only what can be told with certainty is here: where our own
//! reader gives up on something that Go might read, the part is named in `Certificate::unreadable` and there is no refusal.

/// A refusal in Go's own words, which is how it reads in events and logs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The bytes are no certificate.
    #[error("x509: malformed certificate")]
    Malformed,
    /// Something follows the certificate within the same block.
    #[error("x509: trailing data")]
    TrailingData,
    /// A version above 3.
    #[error("x509: invalid version")]
    Version,
    /// The serial number is no DER integer.
    #[error("x509: malformed serial number")]
    MalformedSerial,
    /// The serial number is below zero. Refused since Go 1.23.
    #[error("x509: negative serial number")]
    NegativeSerial,
    /// The certificate names two different signature algorithms.
    #[error("x509: inner and outer signature algorithm identifiers don't match")]
    AlgorithmMismatch,
    /// A name holds characters that its string type does not allow, for example `@` in a PrintableString.
    #[error("x509: invalid RDNSequence: invalid attribute value: invalid {0}")]
    NameString(&'static str),
    /// The public key cannot be used.
    #[error("x509: {0}")]
    PublicKey(&'static str),
    /// One extension stands there twice.
    #[error("x509: certificate contains duplicate extension with OID {0:?}")]
    DuplicateExtension(String),
    /// An extension is malformed.
    #[error("x509: {0}")]
    Extension(&'static str),
}
