use base64::Engine as _;
use proptest::prelude::*;

use super::*;

const REG: &str = "registry.example.com:5000";

/// Two certificates that exist.
fn pems() -> [String; 2] {
    [0, 1].map(|at| pem::encode(webpki_root_certs::TLS_SERVER_ROOT_CERTS[at].as_ref()))
}

fn certificates(text: &str) -> Vec<Certificate> {
    pem::parse(text.as_bytes())
        .certificates
        .into_iter()
        .map(|found| found.certificate)
        .collect()
}

fn fingerprints(text: &str) -> Vec<Fingerprint> {
    certificates(text)
        .iter()
        .map(Certificate::fingerprint)
        .collect()
}

fn put(text: &str, mark: Option<&str>, pem: &str) -> String {
    add(text, mark, &certificates(pem)).unwrap_or_else(|| text.to_owned())
}

fn taken(text: &str, mark: Option<&str>, pem: &str) -> String {
    remove(text, mark, &fingerprints(pem)).unwrap_or_else(|| text.to_owned())
}

#[test]
fn what_is_put_in_has_a_mark_and_comes_out_again() {
    let [ours, theirs] = pems();
    let before = format!("# of the security team\n{theirs}");
    let after = put(&before, Some(REG), &ours);
    assert_eq!(after, format!("{before}# kubectl-extreg: {REG}\n{ours}"));
    assert!(pem::parse(after.as_bytes()).is_sound());
    assert_eq!(put(&after, Some(REG), &ours), after, "once is enough");
    assert_eq!(taken(&after, Some(REG), &ours), before);
}

#[test]
fn what_others_put_in_gets_no_mark_and_stays() {
    let [theirs, _] = pems();
    assert_eq!(add(&theirs, Some(REG), &certificates(&theirs)), None);
    assert_eq!(remove(&theirs, Some(REG), &fingerprints(&theirs)), None);
    assert_eq!(taken(&theirs, None, &theirs), "");
}

#[test]
fn a_certificate_of_two_registries_goes_with_the_second() {
    let [ours, theirs] = pems();
    let both = put(&put(&theirs, Some(REG), &ours), Some("quay.io"), &ours);
    assert_eq!(blocks(&both)[1].marks, [REG, "quay.io"]);
    let one = taken(&both, Some(REG), &ours);
    assert_eq!(blocks(&one)[1].marks, ["quay.io"]);
    assert_eq!(taken(&one, None, &ours), one, "it has a mark");
    assert_eq!(taken(&one, Some("quay.io"), &ours), theirs);
}

#[test]
fn a_copy_of_somebody_else_keeps_the_mark_off() {
    let [ours, _] = pems();
    let text = format!("{}{ours}", put("", Some(REG), &ours));
    assert_eq!(add(&text, Some("quay.io"), &certificates(&ours)), None);
    assert_eq!(taken(&text, Some(REG), &ours), ours);
}

#[test]
fn nothing_follows_the_last_certificate() {
    let [ours, theirs] = pems();
    for end in ["", "\n\n", "\n# the end\n"] {
        let text = format!("{}{end}", theirs.trim_end());
        let after = put(&text, Some(REG), &ours);
        assert!(after.ends_with(&ours), "{after}");
        assert!(pem::parse(after.as_bytes()).is_sound(), "{end:?}");
        assert_eq!(blocks(&after).len(), 2);
    }
}

#[test]
fn windows_line_ends_stay() {
    let [ours, theirs] = pems();
    let text = put(&theirs, Some(REG), &ours).replace('\n', "\r\n");
    assert_eq!(blocks(&text)[1].marks, [REG]);
    assert_eq!(taken(&text, Some(REG), &ours), theirs.replace('\n', "\r\n"));
}

#[test]
fn what_looks_like_a_mark_elsewhere_is_text() {
    let [ours, theirs] = pems();
    let text = format!("# kubectl-extreg: {REG}\n\n{ours}# kubectl-extreg: \n{theirs}");
    assert!(blocks(&text).iter().all(|block| block.marks.is_empty()));
    assert_eq!(remove(&text, Some(REG), &fingerprints(&ours)), None);
}

fn base64(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Every malformation that can be mended, from a sound bundle of two.
#[test]
fn lines_are_mended() {
    let [one, two] = pems();
    let both = format!("{one}{two}");
    let folded = |text: &str, by: &str| text.trim_end().replace('\n', by);
    for (name, broken) in [
        ("glued", format!("{}{two}", one.trim_end())),
        ("byte order mark", format!("\u{feff}{both}")),
        ("indented", format!("    {}", folded(&both, "\n    "))),
        ("tabs", format!("\t{}", folded(&both, "\n\t"))),
        ("one line", folded(&both, " ")),
        ("no breaks", folded(&both, "")),
        ("written-out breaks", folded(&both, "\\n")),
        ("in quotes", format!("\"{}\"", folded(&both, "\\n"))),
        ("in JSON", format!("\"{}\\r\\n\",", folded(&both, "\\r\\n"))),
        ("carriage returns", both.replace('\n', "\r")),
        ("base64 of it", base64(&both)),
        ("text before", both.replace("-----BEGIN", "ca: -----BEGIN")),
        ("text behind", both.replace("E-----\n", "E----- # ok\n")),
        (
            "headers",
            one.replacen('\n', "\nProc-Type: 4\nX: y\n\n", 1) + &two,
        ),
        (
            "old type",
            both.replace(" CERTIFICATE", " X509 CERTIFICATE"),
        ),
    ] {
        let read = pem::parse(broken.as_bytes());
        assert!(!read.is_sound(), "{name}: nothing to mend");
        let mended = mend(broken.as_bytes());
        assert_eq!(mended.left, [], "{name}: {}", mended.text);
        assert_eq!(
            fingerprints(&mended.text),
            fingerprints(&both),
            "{name}: {}",
            mended.text
        );
        assert_eq!(mend_text(&mended.text).text, mended.text, "{name}: twice");
    }
}

#[test]
fn files_that_are_no_text_are_mended() {
    let [one, _] = pems();
    let der = certificates(&one)[0].der().to_vec();
    let utf16: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain(one.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    let bare: String = one.lines().filter(|line| !line.starts_with('-')).collect();
    for bytes in [der, utf16, bare.into_bytes()] {
        assert_eq!(mend(&bytes).text, one);
    }
    let trusted = include_str!("../../../tests/fixtures/trust/trusted-certificate.pem");
    let root = include_str!("../../../tests/fixtures/trust/root.pem");
    assert_eq!(mend(trusted.as_bytes()).text, root);
}

#[test]
fn other_text_stays_where_it_is() {
    let [one, two] = pems();
    let sound = format!("Corp Root\n\n{one}# the second\r\n{two}bye\n");
    assert_eq!(mend_text(&sound).text, sound, "nothing to mend");
    let broken = sound.replace("# the second\r\n", "# the second ");
    assert_eq!(
        mend_text(&broken).text,
        sound.replace("second\r\n", "second\n")
    );
}

#[test]
fn what_is_lost_is_left_and_named() {
    let [one, two] = pems();
    let broken = two.replacen("\nM", "\n!", 1);
    let open: String = two.split_inclusive('\n').take(3).collect();
    let request = two.replace(" CERTIFICATE", " CERTIFICATE REQUEST");
    for lost in [broken, open, request] {
        let text = format!("{lost}{}{one}", one.trim_end());
        let mended = mend_text(&text);
        assert!(mended.text.starts_with(&lost), "{}", mended.text);
        assert_eq!(mended.left.len(), 1, "{:?}", mended.left);
        assert_eq!(fingerprints(&mended.text).len(), 2);
    }
    for nothing in ["", "see the wiki\n", "-----BEGIN ", "-----BEGIN x-----"] {
        assert_eq!(mend_text(nothing).text, nothing);
    }
}

proptest! {
    /// Whatever stands there: what goes in comes out, and the rest is as it was but for one line break.
    #[test]
    fn in_and_out_leaves_a_bundle_as_it_was(text in "(?s).{0,200}", sound in any::<bool>()) {
        let [ours, theirs] = pems();
        let text = if sound { format!("{theirs}{text}") } else { text };
        let with = put(&text, Some(REG), &ours);
        prop_assume!(blocks(&with).iter().any(|block| block.marks == [REG]));
        let without = taken(&with, Some(REG), &ours);
        prop_assert!(without == text || without == format!("{text}\n"), "{without:?}");
    }

    /// Mending reads no less than Go did before, and never fails.
    #[test]
    fn mending_loses_nothing(pieces in prop::collection::vec(0..8_usize, 0..8), noise in "(?s).{0,12}") {
        let [one, two] = pems();
        let parts = [
            one.as_str(), one.trim_end(), &two, "\n", "\r", &noise, "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----",
        ];
        let text: String = pieces.iter().map(|at| parts[*at]).collect();
        let before = fingerprints(&text);
        let after = fingerprints(&mend_text(&text).text);
        for fingerprint in before {
            prop_assert!(after.contains(&fingerprint), "{text:?}");
        }
    }
}
