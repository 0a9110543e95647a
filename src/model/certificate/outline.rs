//! The layout of a certificate, as far as finding its subject takes: no value is judged here.

/// The subject of a certificate with its tag and length, as it stands in the DER encoding; `None` where the bytes are not laid
/// out as RFC 5280 section 4.1 has it.
pub fn subject_of(der: &[u8]) -> Option<&[u8]> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (certificate, rest) = element(der)?;
    if certificate.tag != SEQUENCE || !rest.is_empty() {
        return None;
    }
    let (tbs, _) = element(certificate.content)?;
    if tbs.tag != SEQUENCE {
        return None;
    }
    let mut left = tbs.content;
    if left.first() == Some(&VERSION) {
        left = element(left)?.1;
    }
    // Serial number, signature algorithm, issuer, validity.
    for _ in 0..4 {
        left = element(left)?.1;
    }
    let (subject, _) = element(left)?;
    (subject.tag == SEQUENCE).then_some(subject.whole)
}

struct Element<'a> {
    tag: u8,
    content: &'a [u8],
    whole: &'a [u8],
}

/// The first element of `bytes`, and what follows it.
fn element(bytes: &[u8]) -> Option<(Element<'_>, &[u8])> {
    let (&tag, after) = bytes.split_first()?;
    let (&first, mut after) = after.split_first()?;
    let length = if first < 0x80 {
        usize::from(first)
    } else {
        // Certificates are far shorter than four length bytes allow.
        let count = usize::from(first & 0x7f);
        if !(1..=4).contains(&count) {
            return None;
        }
        let (digits, rest) = after.split_at_checked(count)?;
        after = rest;
        digits
            .iter()
            .fold(0_usize, |length, digit| (length << 8) | usize::from(*digit))
    };
    let (content, rest) = after.split_at_checked(length)?;
    let whole = bytes.get(..bytes.len() - rest.len())?;
    Some((
        Element {
            tag,
            content,
            whole,
        },
        rest,
    ))
}
