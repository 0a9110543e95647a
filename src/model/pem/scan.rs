//! One pass over the lines of a bundle.
//!
//! The pass keeps what Go would know (the last proper `BEGIN` line) and beside it what Go does not look at (markers elsewhere on a
//! line), so that an ignored block can be explained at the line that is to blame, once.

use base64::Engine as _;

use super::{BASE64, BEGIN, DASHES, Defect, DefectKind, END, contains};

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Labels come from the file; a longer one is cut in messages.
const LONGEST_LABEL: usize = 48;

/// A `BEGIN` line that waits for its `END`.
struct Open<'a> {
    line: usize,
    /// The rest of the line after `-----BEGIN `, trimmed as Go trims it.
    type_line: &'a [u8],
    /// Offset of the first byte after the line.
    body: usize,
}

/// A block that is a certificate by its markers.
pub(super) struct Block {
    /// The line of its `BEGIN`, counted from 1.
    pub(super) line: usize,
    pub(super) der: Vec<u8>,
}

#[derive(Default)]
pub(super) struct Scanned {
    pub(super) blocks: Vec<Block>,
    pub(super) defects: Vec<Defect>,
}

#[derive(Default)]
struct Scan<'a> {
    found: Scanned,
    open: Option<Open<'a>>,
    /// A defect was noted that explains why the next `BEGIN` or `END` will not find its partner.
    explained: bool,
}

pub(super) fn scan(bundle: &[u8]) -> Scanned {
    let mut scan = Scan::default();
    let mut start = 0;
    let mut number = 0;
    while start < bundle.len() {
        number += 1;
        let end = bundle[start..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bundle.len(), |at| start + at + 1);
        let line = &bundle[start..end];
        if line.starts_with(BEGIN) {
            scan.begin(number, line, end);
        } else if line.starts_with(END) {
            scan.end(number, line, &bundle[..start]);
        } else if !line.contains(&DASHES[0]) {
            // A line of a body, as nearly all are: base64 has no dash.
        } else if let Some(at) = find(line, BEGIN) {
            scan.misplaced_begin(number, line, at);
        } else if let Some(at) = find(line, END) {
            scan.misplaced_end(number, line, at);
        }
        start = end;
    }
    scan.abandon();
    scan.found
}

/// The line without its end and the white space before it, as Go's `getLine` cuts it: a carriage return belongs to the line end
/// only where a line feed follows.
fn trimmed(line: &[u8]) -> &[u8] {
    let line = line
        .strip_suffix(b"\n")
        .map_or(line, |line| line.strip_suffix(b"\r").unwrap_or(line));
    let end = line
        .iter()
        .rposition(|byte| !matches!(byte, b' ' | b'\t'))
        .map_or(0, |last| last + 1);
    &line[..end]
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack
        .windows(needle.len())
        .position(|window| window == needle)
}

fn names_private_key(line: &[u8]) -> bool {
    contains(line, b"PRIVATE KEY-----")
}

impl<'a> Scan<'a> {
    fn note(&mut self, line: usize, kind: DefectKind) {
        self.found.defects.push(Defect { line, kind });
    }

    /// An open block that gets no `END` of its own.
    fn abandon(&mut self) {
        if let Some(open) = self.open.take()
            && !names_private_key(open.type_line)
        {
            self.note(open.line, DefectKind::EndMissing);
        }
    }

    fn begin(&mut self, number: usize, line: &'a [u8], body: usize) {
        self.abandon();
        self.explained = false;
        let type_line = trimmed(&line[BEGIN.len()..]);
        if names_private_key(line) {
            self.note(number, DefectKind::PrivateKey);
        }
        let fault = one_line_fault(type_line)
            .or_else(|| (!type_line.ends_with(DASHES)).then_some(DefectKind::TextAfterMarker));
        match fault {
            Some(fault) => {
                if !names_private_key(line) {
                    self.note(number, fault);
                }
                self.explained = true;
            }
            None => {
                self.open = Some(Open {
                    line: number,
                    type_line,
                    body,
                });
            }
        }
    }

    fn end(&mut self, number: usize, line: &'a [u8], before: &'a [u8]) {
        let rest = &line[END.len()..];
        let Some(open) = self.open.take() else {
            if !self.explained {
                let kind = if contains(rest, BEGIN) {
                    DefectKind::Glued
                } else {
                    DefectKind::BeginMissing
                };
                self.note(number, kind);
            }
            // A BEGIN glued to this line is lost too, and so is its END.
            self.explained = contains(rest, BEGIN);
            return;
        };
        self.explained = false;
        let label = &open.type_line[..open.type_line.len() - DASHES.len()];
        if contains(rest, BEGIN) {
            self.note(number, DefectKind::Glued);
            self.explained = true;
            return;
        }
        let private = label.ends_with(b"PRIVATE KEY");
        let after = rest
            .strip_prefix(label)
            .and_then(|rest| rest.strip_prefix(DASHES));
        match after {
            _ if private => {}
            None => self.note(number, DefectKind::LabelMismatch),
            Some(b"\r") => self.note(number, DefectKind::CarriageReturns),
            Some(after) if !trimmed(after).is_empty() => {
                self.note(number, DefectKind::TextAfterMarker);
            }
            Some(_) => self.block(&open, label, &before[open.body..]),
        }
    }

    /// A block whose markers are right.
    fn block(&mut self, open: &Open<'_>, label: &[u8], body: &[u8]) {
        let defect = match label {
            b"CERTIFICATE" => match decode(body) {
                Err(kind) => kind,
                Ok(der) => {
                    let line = open.line;
                    self.found.blocks.push(Block { line, der });
                    return;
                }
            },
            b"TRUSTED CERTIFICATE" => DefectKind::TrustedCertificate,
            _ => {
                let label = String::from_utf8_lossy(label);
                DefectKind::OtherLabel {
                    label: label.chars().take(LONGEST_LABEL).collect(),
                }
            }
        };
        self.note(open.line, defect);
    }

    /// A `BEGIN` that Go does not see, because it does not start its line.
    fn misplaced_begin(&mut self, number: usize, line: &[u8], at: usize) {
        let (before, marker) = line.split_at(at);
        if contains(before, END) {
            // This line is to blame for the open block as well.
            self.open = None;
        }
        self.abandon();
        if names_private_key(line) {
            self.note(number, DefectKind::PrivateKey);
        } else {
            let kind = if number == 1 && before == BYTE_ORDER_MARK {
                DefectKind::ByteOrderMark
            } else if contains(before, END) {
                DefectKind::Glued
            } else if let Some(kind) = one_line_fault(trimmed(&marker[BEGIN.len()..])) {
                kind
            } else if before.iter().all(|byte| matches!(byte, b' ' | b'\t')) {
                DefectKind::Indented
            } else {
                DefectKind::TextBeforeMarker
            };
            self.note(number, kind);
        }
        self.explained = true;
    }

    /// An `END` that Go does not see. Where its `BEGIN` was seen, this is why the block is lost.
    fn misplaced_end(&mut self, number: usize, line: &[u8], at: usize) {
        if self.open.is_none() {
            return;
        }
        let indented = line[..at].iter().all(|byte| matches!(byte, b' ' | b'\t'));
        self.note(
            number,
            if indented {
                DefectKind::Indented
            } else {
                DefectKind::TextBeforeMarker
            },
        );
        self.open = None;
        self.explained = true;
    }
}

/// What has happened to a `BEGIN` line on which more stands than the marker; takes what follows `-----BEGIN `.
fn one_line_fault(rest: &[u8]) -> Option<DefectKind> {
    if contains(rest, b"\\n") {
        return Some(DefectKind::LiteralNewlines);
    }
    if rest.contains(&b'\r') {
        return Some(DefectKind::CarriageReturns);
    }
    contains(rest, END).then_some(DefectKind::OneLine)
}

/// The bytes of a body. Lines with a colon right after the `BEGIN` line are headers.
fn decode(body: &[u8]) -> Result<Vec<u8>, DefectKind> {
    let first = body.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if first.contains(&b':') {
        return Err(DefectKind::Headers);
    }
    let mut packed = Vec::with_capacity(body.len());
    for text in body.split(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
        packed.extend_from_slice(text);
    }
    BASE64.decode(packed).map_err(|_| DefectKind::BrokenBase64)
}
