//! CA bundles as texts that several people write to: certificates are put in and taken out by their SHA-256, and whatever else
//! stands there stays as it is, byte by byte.
//!
//! What this tool puts in carries a mark: comment lines right before the certificate that name the registry it was put in for.
//! Go, OpenSSL and p11-kit pass over text before a `BEGIN` line (the system's own bundles have the names of their CAs there), so
//! the mark does no harm; it goes along when a bundle is copied, and it tells what may be taken out again. A certificate that was
//! there before gets no mark and is nobody's to take out.
//!
//! Nothing is ever written behind the last certificate: openshift-install refuses a bundle in which text or an empty line follows
//! (installer `pkg/validate` `CABundle`).

use super::certificate::{Certificate, Fingerprint};
use super::pem;

mod mend;

pub use mend::{Mended, mend, mend_text};

/// How a mark begins; the registry follows.
const MARK: &str = "# kubectl-extreg: ";

/// A certificate of a bundle that Go takes, and its place in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    pub certificate: Certificate,
    /// The line of its `BEGIN` marker, counted from 1.
    pub line: usize,
    /// The registries that it was put in for by this tool, in their order. Empty: it is not ours.
    pub marks: Vec<String>,
    /// Where its first mark begins, or the block itself.
    start: usize,
    /// Where its `BEGIN` line begins.
    begin: usize,
    /// Behind its `END` line.
    end: usize,
}

/// The certificates that Go takes out of `text`, with their marks.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        starts.push(at);
        at += line.len();
    }
    starts.push(at);
    let line_at = |number: usize| -> &str {
        match (starts.get(number), starts.get(number + 1)) {
            (Some(from), Some(to)) => &text[*from..*to],
            _ => "",
        }
    };
    let mut blocks: Vec<Block> = Vec::new();
    for found in pem::parse(text.as_bytes()).certificates {
        let first = found.line - 1;
        let last = (first..starts.len())
            .find(|number| line_at(*number).starts_with("-----END "))
            .unwrap_or(first);
        let mut marks = Vec::new();
        let mut top = first;
        while let Some(mark) = top.checked_sub(1).and_then(|above| mark_of(line_at(above))) {
            marks.insert(0, mark.to_owned());
            top -= 1;
        }
        blocks.push(Block {
            certificate: found.certificate,
            line: found.line,
            marks,
            start: starts.get(top).copied().unwrap_or_default(),
            begin: starts.get(first).copied().unwrap_or_default(),
            end: starts.get(last + 1).copied().unwrap_or(text.len()),
        });
    }
    blocks
}

fn mark_of(line: &str) -> Option<&str> {
    let name = line.strip_prefix(MARK)?.trim_end();
    (!name.is_empty()).then_some(name)
}

/// The bundle with these certificates in it; `None` when it has them already.
///
/// With a mark, a certificate that this tool put in for another registry gets the further mark; one that somebody else put in
/// stays as it is.
pub fn add(text: &str, mark: Option<&str>, certificates: &[Certificate]) -> Option<String> {
    let mut edited = text.to_owned();
    for certificate in certificates {
        let fingerprint = certificate.fingerprint();
        let there: Vec<Block> = blocks(&edited)
            .into_iter()
            .filter(|block| block.certificate.fingerprint() == fingerprint)
            .collect();
        let Some(first) = there.first() else {
            if !edited.is_empty() && !edited.ends_with('\n') {
                edited.push('\n');
            }
            if let Some(mark) = mark {
                edited.push_str(&mark_line(mark));
            }
            edited.push_str(&pem::encode(certificate.der()));
            continue;
        };
        // Where one of them is somebody else's, the certificate stays whatever becomes of ours.
        let ours = there.iter().all(|block| !block.marks.is_empty());
        let known = |mark: &str| {
            there
                .iter()
                .any(|block| block.marks.iter().any(|known| known == mark))
        };
        if let Some(mark) = mark.filter(|mark| ours && !known(mark)) {
            edited.insert_str(first.begin, &mark_line(mark));
        }
    }
    (edited != text).then_some(edited)
}

fn mark_line(mark: &str) -> String {
    format!("{MARK}{mark}\n")
}

/// The bundle without these certificates; `None` when that changes nothing.
///
/// With a mark, only what carries it is touched: the mark goes, and the certificate with it unless another mark is left.
/// Without one, only certificates without marks go.
pub fn remove(text: &str, mark: Option<&str>, fingerprints: &[Fingerprint]) -> Option<String> {
    let mut edited = String::with_capacity(text.len());
    let mut kept = 0;
    for block in blocks(text) {
        if !fingerprints.contains(&block.certificate.fingerprint()) {
            continue;
        }
        let others: Vec<&String> = block
            .marks
            .iter()
            .filter(|known| mark != Some(known.as_str()))
            .collect();
        let touched = match mark {
            Some(_) => others.len() < block.marks.len(),
            None => block.marks.is_empty(),
        };
        if !touched {
            continue;
        }
        edited.push_str(&text[kept..block.start]);
        kept = if others.is_empty() {
            block.end
        } else {
            for other in others {
                edited.push_str(&mark_line(other));
            }
            block.begin
        };
    }
    edited.push_str(&text[kept..]);
    (edited != text).then_some(edited)
}

/// Whether there is nothing in it but white space.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(char::is_whitespace)
}

#[cfg(test)]
mod tests;
