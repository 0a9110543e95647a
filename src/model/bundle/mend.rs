//! Turns a bundle that Go reads only in part into one that it reads, as far as what was meant is beyond doubt.
//!
//! Blocks that Go takes stay byte by byte, and so does the text between blocks. A certificate whose base64 is whole is written
//! anew, whatever happened to the lines around it; what cannot be read as a certificate stays where it is.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use crate::model::certificate::Certificate;
use crate::model::pem::{self, Defect, DefectKind};

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";
/// Types under which certificates go about: `openssl x509 -trustout` writes the last, SSLeay wrote the second.
const LABELS: [&str; 3] = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

/// A bundle after the repair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    pub text: String,
    /// What is still wrong with it, by the lines of `text`.
    pub left: Vec<Defect>,
}

/// Mends the content of a file, which may be DER, UTF-16, or PEM that was encoded once more.
pub fn mend(bytes: &[u8]) -> Mended {
    mend_text(&as_text(bytes))
}

/// Mends a text.
pub fn mend_text(text: &str) -> Mended {
    let read = pem::parse(text.as_bytes());
    let whole = read.defects.iter().any(|defect| {
        matches!(
            defect.kind,
            DefectKind::Base64OfPem | DefectKind::MarkersMissing
        )
    });
    let text = if whole {
        unpacked(text)
    } else {
        Cow::Borrowed(text)
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = if pem::parse(text.as_bytes()).is_sound() {
        text.to_owned()
    } else {
        rewrite(&line_ends(text))
    };
    Mended {
        left: pem::parse(text.as_bytes()).defects,
        text,
    }
}

fn as_text(bytes: &[u8]) -> Cow<'_, str> {
    let units = |read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| read([pair[0], pair[1]]))
            .collect();
        Cow::Owned(String::from_utf16_lossy(&units))
    };
    if bytes.starts_with(&[0xff, 0xfe]) {
        return units(u16::from_le_bytes);
    }
    if bytes.starts_with(&[0xfe, 0xff]) {
        return units(u16::from_be_bytes);
    }
    match certificate(bytes) {
        Some(der) => Cow::Owned(pem::encode(&der)),
        None => String::from_utf8_lossy(bytes),
    }
}

/// The text inside of a file that is base64 as a whole.
fn unpacked(text: &str) -> Cow<'_, str> {
    let packed: String = text.split_whitespace().collect();
    match LENIENT.decode(packed) {
        Ok(bytes) => match certificate(&bytes) {
            Some(der) => Cow::Owned(pem::encode(&der)),
            None => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
        },
        Err(_) => Cow::Borrowed(text),
    }
}

/// Carriage returns that end lines by themselves become line feeds.
fn line_ends(text: &str) -> Cow<'_, str> {
    if text.replace("\r\n", "").contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// One pass over the markers, wherever on a line they stand.
fn rewrite(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(found) = next_block(rest) {
        let (before, raw, after) = (
            &rest[..found.begin],
            &rest[found.begin..found.end],
            &rest[found.end..],
        );
        let Some((der, beside_begin)) = found.certificate() else {
            // Left as it is, with all that leads to it.
            mended.push_str(&rest[..found.begin + BEGIN.len()]);
            rest = &rest[found.begin + BEGIN.len()..];
            continue;
        };
        let (above, beside) = before
            .rsplit_once('\n')
            .map_or(("", before), |(above, beside)| {
                (&before[..=above.len()], beside)
            });
        mended.push_str(above);
        if !is_noise(beside) {
            mended.push_str(beside.trim_end());
            mended.push('\n');
        }
        if !is_noise(beside_begin) {
            mended.push_str(beside_begin.trim());
            mended.push('\n');
        }
        let next = after.find('\n').map_or(after.len(), |at| at + 1);
        let (behind, below) = after.split_at(next);
        let on_its_line = (mended.is_empty() || mended.ends_with('\n')) && beside.is_empty();
        if on_its_line && is_noise(behind) && pem::parse(raw.as_bytes()).is_sound() {
            mended.push_str(raw);
            mended.push_str(if behind.ends_with("\r\n") {
                "\r\n"
            } else {
                "\n"
            });
        } else {
            mended.push_str(&pem::encode(&der));
        }
        rest = if is_noise(behind) {
            below
        } else {
            after.trim_start_matches([' ', '\t'])
        };
    }
    mended.push_str(rest);
    mended
}

/// What is left around a marker on its line when nothing is meant by it: white space, quotes, written-out line breaks.
fn is_noise(text: &str) -> bool {
    text.replace("\\n", "")
        .replace("\\r", "")
        .chars()
        .all(|character| character.is_whitespace() || matches!(character, '"' | '\'' | ','))
}

/// A `BEGIN` and the `END` that goes with it.
struct Found<'a> {
    begin: usize,
    end: usize,
    label: &'a str,
    body: &'a str,
}

/// The first block of `text` whose markers name the same thing, with no other `BEGIN` between them. A `BEGIN` without its `END`
/// gives a block that holds nothing.
fn next_block(text: &str) -> Option<Found<'_>> {
    let begin = text.find(BEGIN)?;
    let inner = begin + BEGIN.len();
    let nothing = Found {
        begin,
        end: inner,
        label: "",
        body: "",
    };
    let Some(label_length) = text[inner..].find(DASHES) else {
        return Some(nothing);
    };
    let label = &text[inner..inner + label_length];
    let from = inner + label_length + DASHES.len();
    let closing = format!("{END}{label}{DASHES}");
    let Some(length) = text[from..].find(&closing) else {
        return Some(nothing);
    };
    let body = &text[from..from + length];
    if body.contains(BEGIN) || body.contains(END) {
        return Some(nothing);
    }
    Some(Found {
        begin,
        end: from + length + closing.len(),
        label,
        body,
    })
}

impl Found<'_> {
    /// The certificate in it, when there is no doubt that it is one, and what stands behind the `BEGIN` on its line.
    fn certificate(&self) -> Option<(Vec<u8>, &'_ str)> {
        if !LABELS.contains(&self.label) {
            return None;
        }
        if let Some(der) = decoded(self.body) {
            return Some((der, ""));
        }
        let (beside, body) = self.body.split_once('\n')?;
        decoded(body).map(|der| (der, beside))
    }
}

fn decoded(body: &str) -> Option<Vec<u8>> {
    let body = body.replace("\\n", "\n").replace("\\r", "");
    let packed: String = without_headers(&body)
        .chars()
        .filter(|character| !character.is_whitespace() && *character != '"')
        .collect();
    certificate(&LENIENT.decode(packed).ok()?)
}

/// Header lines (`Proc-Type: ...`) stand first, up to an empty line.
fn without_headers(body: &str) -> &str {
    let body = body.trim_start();
    let first = body.lines().next().unwrap_or_default();
    if !first.contains(':') {
        return body;
    }
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        if !line.contains(':') && !line.starts_with([' ', '\t']) {
            break;
        }
        at += line.len();
    }
    &body[at..]
}

/// The certificate that the bytes begin with, when Go takes it; what OpenSSL adds to a trusted one stands behind it.
fn certificate(bytes: &[u8]) -> Option<Vec<u8>> {
    let der = first_element(bytes)?;
    let read = Certificate::read(der);
    (read.refusal.is_none() && !read.signed_part().is_empty()).then(|| der.to_vec())
}

/// The first DER element, a sequence with a length of two or three octets, as every certificate is.
fn first_element(bytes: &[u8]) -> Option<&[u8]> {
    let (&tag, rest) = bytes.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let octets = usize::from(length.checked_sub(0x80)?);
    if tag != 0x30 || !(1..=3).contains(&octets) {
        return None;
    }
    let length = rest
        .get(..octets)?
        .iter()
        .fold(0_usize, |length, octet| length << 8 | usize::from(*octet));
    bytes.get(..2 + octets + length)
}
