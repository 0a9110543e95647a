//! CA bundles as people write them, and whether nodes find the CA in them.

use base64::Engine as _;
use extreg::model::bundle::mend;
use extreg::model::pem::{DefectKind, parse};
use extreg::model::trust::{RootStore, judge};

use crate::kit::{HOST, Signed, fixture_text, now};

struct World {
    ours: Signed,
    other: Signed,
    server: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let ours = Signed::root("Ours");
        let server = ours.server();
        Self {
            ours,
            other: Signed::root("Other"),
            server,
        }
    }

    /// Whether a node with this bundle trusts the server, and the defects with their lines. Whatever it is, a mended bundle is
    /// trusted where the CA can be made out, and reads the same when it is mended again.
    fn with(&self, bundle: impl AsRef<[u8]>) -> (bool, Vec<(usize, DefectKind)>) {
        let mended = mend(bundle.as_ref());
        assert!(self.trusts(mended.text.as_bytes()), "{}", mended.text);
        assert_eq!(mend(mended.text.as_bytes()), mended);
        let trusted = self.trusts(bundle.as_ref());
        let read = parse(bundle.as_ref());
        (
            trusted,
            read.defects
                .into_iter()
                .map(|defect| (defect.line, defect.kind))
                .collect(),
        )
    }

    /// Whether a node with this bundle trusts the server.
    fn trusts(&self, bundle: &[u8]) -> bool {
        let bundle = parse(bundle);
        let mut roots = RootStore::new();
        roots.add_bundle("bundle", &bundle);
        judge(&[&self.server], HOST, now(), &roots).is_trusted()
    }
}

/// The line of the certificate's `END` marker.
fn end_line(pem: &str) -> usize {
    pem.lines().count()
}

#[test]
fn a_sound_bundle() {
    let world = World::new();
    let bundle = format!("{}{}", world.other.pem(), world.ours.pem());
    assert_eq!(world.with(&bundle), (true, vec![]));
    assert!(parse(bundle.as_bytes()).is_sound());
    assert_eq!(
        parse(bundle.as_bytes()).certificates[1].line,
        end_line(&world.other.pem()) + 1
    );
}

#[test]
fn glued_with_ours_first() {
    let world = World::new();
    let first = world.ours.pem();
    let bundle = format!("{}{}", first.trim_end(), world.other.pem());
    assert_eq!(
        world.with(bundle),
        (false, vec![(end_line(&first), DefectKind::Glued)])
    );
}

#[test]
fn glued_with_ours_second() {
    let world = World::new();
    let first = world.other.pem();
    let bundle = format!("{}{}", first.trim_end(), world.ours.pem());
    assert_eq!(
        world.with(bundle),
        (false, vec![(end_line(&first), DefectKind::Glued)])
    );
}

#[test]
fn what_follows_the_glue_is_found() {
    let world = World::new();
    let bundle = format!(
        "{}{}{}",
        world.other.pem().trim_end(),
        world.other.pem(),
        world.ours.pem()
    );
    let (trusted, defects) = world.with(bundle);
    assert!(trusted);
    assert_eq!(defects.len(), 1);
}

#[test]
fn byte_order_mark() {
    let world = World::new();
    let bundle = format!("\u{feff}{}", world.ours.pem());
    assert_eq!(
        world.with(&bundle),
        (false, vec![(1, DefectKind::ByteOrderMark)])
    );
    assert!(
        world.with(format!("{bundle}{}", world.ours.pem())).0,
        "only the first certificate is lost"
    );
}

#[test]
fn indentation() {
    let world = World::new();
    let bundle = format!(
        "    {}",
        world.ours.pem().trim_end().replace('\n', "\n    ")
    );
    assert_eq!(world.with(bundle), (false, vec![(1, DefectKind::Indented)]));
    let only_end = world.ours.pem().replace("-----END", "  -----END");
    assert_eq!(
        world.with(only_end),
        (
            false,
            vec![(end_line(&world.ours.pem()), DefectKind::Indented)]
        )
    );
    // White space within the base64 does no harm.
    let body_only = world
        .ours
        .pem()
        .replace("\nM", "\n  M")
        .replace("=\n", "= \n");
    assert_eq!(world.with(body_only), (true, vec![]));
}

#[test]
fn der_base64_of_pem_and_bare_base64() {
    let world = World::new();
    let base64 = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    assert_eq!(
        world.with(&world.ours.der),
        (false, vec![(1, DefectKind::Der)])
    );
    assert_eq!(
        world.with(base64(world.ours.pem().as_bytes())),
        (false, vec![(1, DefectKind::Base64OfPem)])
    );
    assert_eq!(
        world.with(base64(&world.ours.der)),
        (false, vec![(1, DefectKind::MarkersMissing)])
    );
}

#[test]
fn trusted_certificate() {
    let world = World::new();
    let bundle = fixture_text("trusted-certificate");
    let kinds: Vec<DefectKind> = parse(bundle.as_bytes())
        .defects
        .into_iter()
        .map(|defect| defect.kind)
        .collect();
    assert_eq!(kinds, [DefectKind::TrustedCertificate]);
    assert!(!world.trusts(bundle.as_bytes()));
    assert_eq!(mend(bundle.as_bytes()).text, fixture_text("root"));
    assert!(world.with(bundle + &world.ours.pem()).0);
}

#[test]
fn one_line_in_all_its_forms() {
    let world = World::new();
    let pem = world.ours.pem();
    assert_eq!(
        world.with(pem.replace('\n', "")),
        (false, vec![(1, DefectKind::OneLine)])
    );
    assert_eq!(
        world.with(pem.replace('\n', " ")),
        (false, vec![(1, DefectKind::OneLine)])
    );
    assert_eq!(
        world.with(pem.replace('\n', "\\n")),
        (false, vec![(1, DefectKind::LiteralNewlines)])
    );
    assert_eq!(
        world.with(format!("\"{}\"", pem.replace('\n', "\\n"))),
        (false, vec![(1, DefectKind::LiteralNewlines)])
    );
    assert_eq!(
        world.with(pem.replace('\n', "\r")),
        (false, vec![(1, DefectKind::CarriageReturns)])
    );
}

#[test]
fn a_broken_block_before_the_good_one() {
    let world = World::new();
    let broken = world.other.pem().replacen("\nM", "\n!", 1);
    assert_eq!(
        world.with(format!("{broken}{}", world.ours.pem())),
        (true, vec![(1, DefectKind::BrokenBase64)])
    );
}

#[test]
fn carriage_returns_and_text_in_front_do_no_harm() {
    let world = World::new();
    assert_eq!(
        world.with(world.ours.pem().replace('\n', "\r\n")),
        (true, vec![])
    );
    let with_text = format!(
        "Certificate:\n    Data:\n        Version: 3 (0x2)\n\n{}\n# end\n",
        world.ours.pem()
    );
    assert_eq!(world.with(with_text), (true, vec![]));
}
