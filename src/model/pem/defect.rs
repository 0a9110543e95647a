//! What can be wrong with a CA bundle, each as a sentence for the person who wrote it.

use std::fmt;

use crate::model::certificate::Refusal;

/// A defect and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defect {
    /// The line it shows on, counted from 1.
    pub line: usize,
    /// What it is.
    pub kind: DefectKind,
}

impl Defect {
    /// Whether a certificate that a reader sees there is lost on Go. A private key is no such loss, and still must go.
    pub fn loses_certificate(&self) -> bool {
        match &self.kind {
            DefectKind::PrivateKey | DefectKind::Empty | DefectKind::NoCertificate => false,
            DefectKind::OtherLabel { label } => {
                label.contains("CERTIFICATE") && !label.contains("REQUEST")
            }
            _ => true,
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.kind)
    }
}

/// The kinds of defects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DefectKind {
    /// `-----END CERTIFICATE----------BEGIN CERTIFICATE-----`: both blocks are lost.
    Glued,
    /// A UTF-8 byte order mark stands before the first marker.
    ByteOrderMark,
    /// The marker does not start its line.
    Indented,
    /// Something other than white space stands before the marker on its line.
    TextBeforeMarker,
    /// Something stands after the marker on its line.
    TextAfterMarker,
    /// `\n` written out as two characters.
    LiteralNewlines,
    /// The line breaks have become spaces, or are gone.
    OneLine,
    /// Lines end in carriage returns only.
    CarriageReturns,
    /// The base64 of the block does not decode.
    BrokenBase64,
    /// Header lines within the block, which Go takes as "not a plain certificate".
    Headers,
    /// There is no `END` line for the `BEGIN`.
    EndMissing,
    /// There is no `BEGIN` line for the `END`.
    BeginMissing,
    /// `BEGIN` and `END` name different things.
    LabelMismatch,
    /// `TRUSTED CERTIFICATE`, the format of `openssl x509 -trustout`.
    TrustedCertificate,
    /// A block of another kind.
    OtherLabel {
        /// What it says it is.
        label: String,
    },
    /// A private key, which nobody but the server should have.
    PrivateKey,
    /// The block decodes, and Go does not take what is in it.
    NotACertificate {
        /// Go's reason.
        why: Refusal,
    },
    /// The whole file is DER.
    Der,
    /// The whole file is base64 of PEM.
    Base64OfPem,
    /// The whole file is the base64 of a certificate without the marker lines.
    MarkersMissing,
    /// The whole file is UTF-16.
    Utf16,
    /// There is nothing in it.
    Empty,
    /// There is text, and no certificate in it.
    NoCertificate,
}

impl fmt::Display for DefectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Glued => {
                "two certificates meet on one line, so both are ignored; put a line break between END and BEGIN"
            }
            Self::ByteOrderMark => {
                "a byte order mark stands before the certificate, which is ignored; save the file as UTF-8 without it"
            }
            Self::Indented => "the marker line is indented, so the certificate is ignored; start it in the first column",
            Self::TextBeforeMarker => {
                "text stands before the marker on its line, so the certificate is ignored; give the marker its own line"
            }
            Self::TextAfterMarker => {
                "text stands after the marker on its line, so the certificate is ignored; give the marker its own line"
            }
            Self::LiteralNewlines => {
                "line breaks are written out as \\n, so the certificate is ignored; turn them into real line breaks"
            }
            Self::OneLine => {
                "the whole certificate stands on one line, so it is ignored; put the markers on lines of their own"
            }
            Self::CarriageReturns => {
                "lines end in carriage returns only, so the certificate is ignored; convert the line ends"
            }
            Self::BrokenBase64 => "the base64 of this certificate is broken, so it is ignored; copy it anew",
            Self::Headers => "the certificate has header lines after its BEGIN line, so it is ignored; remove them",
            Self::EndMissing => "the certificate that begins here has no END line, so it is ignored",
            Self::BeginMissing => "this END line has no BEGIN line before it, so there is no certificate to take",
            Self::LabelMismatch => "BEGIN and END name different things, so the block is ignored",
            Self::TrustedCertificate => {
                "TRUSTED CERTIFICATE is a format of OpenSSL's own and is ignored; convert it with `openssl x509`"
            }
            Self::OtherLabel { label } => return write!(f, "a block of type {label} is no certificate and is ignored"),
            Self::PrivateKey => "a private key stands in the bundle; remove it, and replace it if others could read it",
            Self::NotACertificate { why } => {
                return write!(f, "the content is not accepted as a certificate and is ignored ({why})");
            }
            Self::Der => "the file is a certificate in DER, which is ignored; convert it with `openssl x509 -inform der`",
            Self::Base64OfPem => "the file is PEM that was base64-encoded once more; decode it once",
            Self::MarkersMissing => {
                "the file is a certificate's base64 without the BEGIN and END lines, so it is ignored; add them"
            }
            Self::Utf16 => "the file is UTF-16, so nothing in it is found; save it as UTF-8 without a byte order mark",
            Self::Empty => "the file is empty",
            Self::NoCertificate => "there is no certificate in the file",
        })
    }
}
