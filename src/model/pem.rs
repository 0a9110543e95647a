//! CA bundles in PEM: what Go takes out of them, and what it drops without a word.
//!
//! A bundle that "has the CA in it" and does not work is nearly always one that Go read differently from the person who wrote it:
//! Go's `encoding/pem` wants its markers at the start of a line and alone on it, skips what it cannot decode, and reports nothing.
//! [`parse`] takes exactly the certificates that Go's `CertPool.AppendCertsFromPEM` takes, and names with its line every block that
//! Go leaves out, and why. Trust is not judged here, and nothing is repaired.

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::model::certificate::Certificate;

mod defect;
mod scan;

pub use defect::{Defect, DefectKind};

/// Standard base64 as Go's `base64.StdEncoding` reads it: padding is required, bits left over in the last character are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

const BEGIN: &[u8] = b"-----BEGIN ";
const END: &[u8] = b"-----END ";
const DASHES: &[u8] = b"-----";
const ENCODED_LINE: usize = 64;

/// What a bundle holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bundle {
    /// The certificates that Go takes, in their order. The same certificate twice is listed twice.
    pub certificates: Vec<Found>,
    /// What Go leaves out, or what should not be in a bundle, by line.
    pub defects: Vec<Defect>,
}

impl Bundle {
    /// Whether Go takes everything that is in it, and it holds at least one certificate.
    pub fn is_sound(&self) -> bool {
        self.defects.is_empty() && !self.certificates.is_empty()
    }
}

/// A certificate of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The line of its `-----BEGIN CERTIFICATE-----`, counted from 1.
    pub line: usize,
    /// The certificate.
    pub certificate: Certificate,
}

/// Reads a bundle as Go does. Takes any bytes, in time linear in their number.
///
/// Source: Go `encoding/pem` `Decode` and `crypto/x509` `CertPool.AppendCertsFromPEM`. The block that Go reads ends at an `END` line
/// and starts at the last `BEGIN` line before it; older releases searched from the first one, and agree for certificates because
/// a marker within a body breaks its base64.
pub fn parse(bundle: &[u8]) -> Bundle {
    let scan::Scanned { blocks, defects } = scan::scan(bundle);
    let mut read = Bundle {
        certificates: Vec::new(),
        defects,
    };
    for scan::Block { line, der } in blocks {
        let certificate = Certificate::read(&der);
        match &certificate.refusal {
            Some(why) => read.defects.push(Defect {
                line,
                kind: DefectKind::NotACertificate { why: why.clone() },
            }),
            None => read.certificates.push(Found { line, certificate }),
        }
    }
    if read.certificates.is_empty() && read.defects.is_empty() {
        read.defects.push(Defect {
            line: 1,
            kind: without_blocks(bundle),
        });
    }
    read.defects.sort_by_key(|defect| defect.line);
    read
}

/// The certificates of a bundle in DER, unread: those of [`parse`], and what looks like them and Go does not parse. For bundles of
/// hundreds of which one is looked for.
pub fn unread(bundle: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    scan::scan(bundle).blocks.into_iter().map(|block| block.der)
}

/// What a file is in which there is no block at all.
fn without_blocks(bundle: &[u8]) -> DefectKind {
    if bundle.iter().all(u8::is_ascii_whitespace) {
        return DefectKind::Empty;
    }
    if bundle.starts_with(&[0xff, 0xfe]) || bundle.starts_with(&[0xfe, 0xff]) {
        return DefectKind::Utf16;
    }
    if is_certificate(bundle) {
        return DefectKind::Der;
    }
    let packed: Vec<u8> = bundle
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    match BASE64.decode(packed) {
        Ok(decoded) if contains(&decoded, BEGIN) => DefectKind::Base64OfPem,
        Ok(decoded) if is_certificate(&decoded) => DefectKind::MarkersMissing,
        _ => DefectKind::NoCertificate,
    }
}

/// Whether the bytes are a DER certificate, readable or not.
fn is_certificate(bytes: &[u8]) -> bool {
    bytes.first() == Some(&0x30) && !Certificate::read(bytes).signed_part().is_empty()
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack
        .windows(needle.len())
        .any(|window| window == needle)
}

/// One certificate as PEM: the marker lines, base64 in lines of 64 characters, a line break at the end.
pub fn encode(der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let mut pem = String::with_capacity(text.len() + text.len() / ENCODED_LINE + 60);
    pem.push_str("-----BEGIN CERTIFICATE-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        // Base64 is ASCII, every index is a character boundary.
        let (line, tail) = rest.split_at(rest.len().min(ENCODED_LINE));
        pem.push_str(line);
        pem.push('\n');
        rest = tail;
    }
    pem.push_str("-----END CERTIFICATE-----\n");
    pem
}

#[cfg(test)]
mod tests;
