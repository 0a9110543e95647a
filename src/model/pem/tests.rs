use base64::Engine as _;
use proptest::prelude::*;

use super::*;
use crate::model::certificate::Refusal;

fn root() -> &'static str {
    include_str!("../../../tests/fixtures/trust/root.pem")
}

fn der() -> Vec<u8> {
    parse(root().as_bytes()).certificates[0]
        .certificate
        .der()
        .to_vec()
}

fn kinds(bundle: impl AsRef<[u8]>) -> Vec<DefectKind> {
    parse(bundle.as_ref())
        .defects
        .into_iter()
        .map(|defect| defect.kind)
        .collect()
}

#[test]
fn encodes_as_openssl_does() {
    assert_eq!(encode(&der()), root());
    assert_eq!(
        encode(b""),
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"
    );
    assert_eq!(
        encode(&[0; 48]).lines().nth(1).map(str::len),
        Some(64),
        "a full line gets no empty one after it"
    );
}

#[test]
fn unread_are_those_that_look_like_certificates() {
    let other = encode(b"no certificate");
    let bundle = format!("a note - with a dash\n{}{other}{}", root(), root());
    let found: Vec<_> = unread(bundle.as_bytes()).collect();
    assert_eq!(found, [der(), b"no certificate".to_vec(), der()]);
    assert_eq!(parse(bundle.as_bytes()).certificates.len(), 2);
    assert_eq!(unread(b"-----BEGIN CERTIFICATE-----\n").count(), 0);
}

#[test]
fn nothing_there() {
    assert_eq!(kinds(""), [DefectKind::Empty]);
    assert_eq!(kinds(" \n\n"), [DefectKind::Empty]);
    assert_eq!(kinds("see the wiki\n"), [DefectKind::NoCertificate]);
    assert_eq!(kinds(b"\xff\xfe-\0-\0-\0-\0-\0B\0"), [DefectKind::Utf16]);
}

#[test]
fn private_keys_are_named_and_do_not_hide_certificates() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n";
    let bundle = parse(format!("{}{key}", root()).as_bytes());
    assert_eq!(bundle.certificates.len(), 1);
    let [defect] = bundle.defects.as_slice() else {
        panic!("{:?}", bundle.defects)
    };
    assert_eq!(
        (defect.line, &defect.kind),
        (root().lines().count() + 1, &DefectKind::PrivateKey)
    );
    assert!(!defect.loses_certificate());
    assert_eq!(
        kinds(format!("  {key}{}", root())),
        [DefectKind::PrivateKey],
        "an indented one is one too"
    );
    assert_eq!(
        kinds(format!("-----BEGIN PRIVATE KEY-----\nAAAA\n{}", root())),
        [DefectKind::PrivateKey]
    );
}

#[test]
fn other_blocks() {
    let block = |label: &str| format!("-----BEGIN {label}-----\nAAAA\n-----END {label}-----\n");
    let request = parse(block("CERTIFICATE REQUEST").as_bytes());
    assert_eq!(
        request.defects[0].kind,
        DefectKind::OtherLabel {
            label: "CERTIFICATE REQUEST".to_owned()
        }
    );
    assert!(!request.defects[0].loses_certificate());
    assert!(parse(block("X509 CERTIFICATE").as_bytes()).defects[0].loses_certificate());
    let long = "A".repeat(5000);
    let DefectKind::OtherLabel { label } = &kinds(block(&long))[0] else {
        panic!()
    };
    assert!(label.len() < 100, "a label is foreign text and bounded");
}

#[test]
fn content_that_go_refuses() {
    let with = |der: &[u8]| kinds(encode(der));
    assert_eq!(
        with(b"nothing"),
        [DefectKind::NotACertificate {
            why: Refusal::Malformed
        }]
    );
    let trailing = [der(), vec![0]].concat();
    assert_eq!(
        with(&trailing),
        [DefectKind::NotACertificate {
            why: Refusal::TrailingData
        }]
    );
    let negative = include_str!("../../../tests/fixtures/trust/negative-serial-leaf.pem");
    assert_eq!(
        kinds(negative),
        [DefectKind::NotACertificate {
            why: Refusal::NegativeSerial
        }]
    );
}

#[test]
fn headers_within_the_block() {
    let bundle = root().replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n\n", 1);
    assert_eq!(kinds(bundle), [DefectKind::Headers]);
}

#[test]
fn markers_without_their_partner() {
    let (begin, _) = root().split_once("-----END").unwrap();
    assert_eq!(kinds(begin), [DefectKind::EndMissing]);
    let cut = format!("{begin}{}", root());
    let bundle = parse(cut.as_bytes());
    assert_eq!(
        bundle.certificates.len(),
        1,
        "the second one has both markers"
    );
    assert_eq!(
        bundle.defects[0],
        Defect {
            line: 1,
            kind: DefectKind::EndMissing
        }
    );
    assert_eq!(
        kinds("AAAA\n-----END CERTIFICATE-----\n"),
        [DefectKind::BeginMissing]
    );
    assert_eq!(
        kinds(root().replace("END CERTIFICATE", "END CERT")),
        [DefectKind::LabelMismatch]
    );
}

#[test]
fn text_around_markers() {
    assert_eq!(
        kinds(format!("ca: {}", root())),
        [DefectKind::TextBeforeMarker]
    );
    assert_eq!(
        kinds(root().replace("END CERTIFICATE-----", "END CERTIFICATE----- # corp")),
        [DefectKind::TextAfterMarker]
    );
    assert_eq!(
        kinds(root().replace("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE----- x")),
        [DefectKind::TextAfterMarker]
    );
    assert_eq!(
        kinds(root().replace("-----\n", "----- \t\n")),
        [],
        "white space after a marker is allowed"
    );
}

#[test]
fn the_last_line_needs_no_line_feed_but_no_carriage_return_either() {
    assert_eq!(kinds(root().trim_end()), []);
    assert_eq!(
        kinds(root().trim_end().to_owned() + "\r"),
        [DefectKind::CarriageReturns]
    );
}

#[test]
fn defects_stand_in_the_order_of_lines_and_say_theirs() {
    let bundle = format!("{}\n  {}", root().replacen("\nM", "\n!", 1), root());
    let parsed = parse(bundle.as_bytes());
    let lines: Vec<usize> = parsed.defects.iter().map(|defect| defect.line).collect();
    assert_eq!(lines, [1, root().lines().count() + 2]);
    assert!(
        parsed.defects[1]
            .to_string()
            .starts_with(&format!("line {}: the marker line is indented", lines[1]))
    );
}

#[test]
fn every_kind_has_a_sentence_without_a_final_stop() {
    let all = [
        DefectKind::Glued,
        DefectKind::ByteOrderMark,
        DefectKind::Indented,
        DefectKind::TextBeforeMarker,
        DefectKind::TextAfterMarker,
        DefectKind::LiteralNewlines,
        DefectKind::OneLine,
        DefectKind::CarriageReturns,
        DefectKind::BrokenBase64,
        DefectKind::Headers,
        DefectKind::EndMissing,
        DefectKind::BeginMissing,
        DefectKind::LabelMismatch,
        DefectKind::TrustedCertificate,
        DefectKind::OtherLabel {
            label: "X".to_owned(),
        },
        DefectKind::PrivateKey,
        DefectKind::NotACertificate {
            why: Refusal::Malformed,
        },
        DefectKind::Der,
        DefectKind::Base64OfPem,
        DefectKind::MarkersMissing,
        DefectKind::Utf16,
        DefectKind::Empty,
        DefectKind::NoCertificate,
    ];
    let mut sentences: Vec<String> = all.iter().map(ToString::to_string).collect();
    assert!(
        sentences
            .iter()
            .all(|sentence| !sentence.is_empty() && !sentence.ends_with('.'))
    );
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), all.len());
}

/// Go's older search, slow and by its book: from every `BEGIN` at the start of a line to the first `END` after it, going on behind
/// the `BEGIN` line where the block is no good. Counts plain certificate blocks that decode.
fn by_the_book(bundle: &[u8]) -> usize {
    let text: Vec<u8> = [b"\n", bundle].concat();
    let at = |needle: &[u8], from: usize| {
        (from..text.len()).find(|start| text[*start..].starts_with(needle))
    };
    let (mut found, mut from) = (0, 0);
    while let Some(begin) = at(b"\n-----BEGIN ", from) {
        let type_start = begin + b"\n-----BEGIN ".len();
        let type_end = at(b"\n", type_start).unwrap_or(text.len());
        from = type_end;
        let label = String::from_utf8_lossy(&text[type_start..type_end]).into_owned();
        let label = label
            .strip_suffix('\r')
            .filter(|_| type_end < text.len())
            .unwrap_or(&label);
        if label.trim_end_matches([' ', '\t']) != "CERTIFICATE-----" {
            continue;
        }
        let Some(end) = at(b"\n-----END ", type_end) else {
            continue;
        };
        let after = &text[end + b"\n-----END ".len()..];
        let line_end = after.iter().position(|byte| *byte == b'\n');
        let line = &after[..line_end.unwrap_or(after.len())];
        let line = if line_end.is_some() {
            line.strip_suffix(b"\r").unwrap_or(line)
        } else {
            line
        };
        let Some(rest) = line.strip_prefix(b"CERTIFICATE-----") else {
            continue;
        };
        if rest.iter().any(|byte| !matches!(byte, b' ' | b'\t')) {
            continue;
        }
        let body = &text[type_end..end];
        if body
            .iter()
            .skip(1)
            .take_while(|byte| **byte != b'\n')
            .any(|byte| *byte == b':')
        {
            continue;
        }
        let body: Vec<u8> = body
            .iter()
            .copied()
            .filter(|byte| !b" \t\r\n".contains(byte))
            .collect();
        let Ok(decoded) = BASE64.decode(body) else {
            continue;
        };
        if Certificate::read(&decoded).refusal.is_none() {
            found += 1;
            from = end + 1;
        }
    }
    found
}

/// Pieces that bundles are broken with.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => Just(root().as_bytes().to_vec()),
        1 => Just(root().trim_end().as_bytes().to_vec()),
        1 => Just(b"-----BEGIN CERTIFICATE-----\n".to_vec()),
        1 => Just(b"-----END CERTIFICATE-----\n".to_vec()),
        1 => Just(b"-----BEGIN CERTIFICATE-----".to_vec()),
        1 => Just(b"-----END CERTIFICATE-----".to_vec()),
        1 => Just(b"-----BEGIN X-----\nAAAA\n-----END X-----\n".to_vec()),
        1 => Just(b"\r\n".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b"  ".to_vec()),
        1 => Just(b"AAAA\n".to_vec()),
        1 => Just(b"Key: value\n".to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_parse(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let bundle = parse(&bytes);
        prop_assert!(!bundle.is_sound() || !bundle.certificates.is_empty());
        prop_assert!(!bundle.certificates.is_empty() || !bundle.defects.is_empty(), "nothing is passed over in silence");
    }

    #[test]
    fn finds_what_the_slow_search_finds(pieces in prop::collection::vec(piece(), 0..9)) {
        let text = pieces.concat();
        let bundle = parse(&text);
        prop_assert_eq!(bundle.certificates.len(), by_the_book(&text), "{}", String::from_utf8_lossy(&text));
        prop_assert!(bundle.defects.windows(2).all(|pair| pair[0].line <= pair[1].line));
    }

    #[test]
    fn what_is_encoded_is_found(copies in 1..4_usize) {
        let text = encode(&der()).repeat(copies);
        let bundle = parse(text.as_bytes());
        prop_assert!(bundle.is_sound());
        prop_assert_eq!(bundle.certificates.len(), copies);
    }
}
