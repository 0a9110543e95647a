use super::*;
use crate::model::pem;

fn fixture(text: &str) -> Certificate {
    pem::parse(text.as_bytes()).certificates[0]
        .certificate
        .clone()
}

fn root() -> Certificate {
    fixture(include_str!("../../../../tests/fixtures/trust/root.pem"))
}

fn home_made() -> Certificate {
    fixture(include_str!(
        "../../../../tests/fixtures/trust/home-made.pem"
    ))
}

fn leaf() -> Certificate {
    fixture(include_str!("../../../../tests/fixtures/trust/v1-leaf.pem"))
}

fn now() -> Timestamp {
    "2030-06-01T12:00:00Z".parse().expect("a time")
}

fn shown(chain: &[Certificate]) -> Shown<'_> {
    Shown {
        chain,
        host: "registry.example.com",
    }
}

#[test]
fn a_server_certificate_that_is_its_own_ca_is_taken() {
    let chain = [home_made()];
    let accepted = judge(&chain, Some(shown(&chain)), now()).expect("it fits");
    assert_eq!(accepted.certificates, chain);
    assert_eq!(accepted.anchor, Some(home_made()));
    assert!(accepted.notes.is_empty(), "{:?}", accepted.notes);
}

#[test]
fn dates_are_looked_at_before_anything_else() {
    for (when, words) in [
        ("2300-01-01T00:00:00Z", "ended on"),
        ("2020-01-01T00:00:00Z", "begins on"),
    ] {
        let unfit = judge(&[root()], None, when.parse().expect("a time")).expect_err("not now");
        assert!(unfit.to_string().contains(words), "{unfit}");
    }
}

#[test]
fn the_same_certificate_counts_once_and_what_does_not_fit_is_left_out() {
    let mut server = home_made();
    server.basic_constraints = None;
    let accepted = judge(
        &[root(), server, root()],
        Some(shown(&[home_made()])),
        now(),
    );
    // The root does not verify the chain: that is told of it, and not of what was left out.
    assert!(matches!(accepted, Err(Unfit::Chain(_))), "{accepted:?}");
    let accepted = judge(&[root(), root()], None, now()).expect("it fits");
    assert_eq!((accepted.certificates.len(), accepted.anchor), (1, None));
}

#[test]
fn what_is_no_ca_is_taken_only_as_the_servers_own() {
    let mut own = home_made();
    own.basic_constraints = None;
    let chain = [own.clone()];
    let accepted = judge(&chain, Some(shown(&chain)), now()).expect("it fits");
    assert!(
        accepted.notes[0].contains("only this very certificate"),
        "{:?}",
        accepted.notes
    );
    // Without a look at the server, one that is its own issuer can only be meant so.
    assert!(judge(&chain, None, now()).is_ok());
    let other = [home_made(), root()];
    let unfit = judge(&chain, Some(shown(&other)), now()).expect_err("another server");
    assert!(unfit.to_string().contains("is no CA"), "{unfit}");
    let mut issued = leaf();
    issued.version = Some(3);
    let unfit = judge(&[issued], None, now()).expect_err("a server's");
    assert!(unfit.to_string().contains("is no CA"), "{unfit}");
}

#[test]
fn a_ca_for_something_else_is_not_taken() {
    let mut clients = root();
    clients.extended_key_usage = vec![ExtendedKeyUsage::ClientAuth];
    let unfit = judge(&[clients], None, now()).expect_err("for clients");
    assert!(unfit.to_string().contains("is for clientAuth"), "{unfit}");
}

#[test]
fn the_highest_ca_of_a_chain_is_worth_trusting() {
    let (own, root) = (home_made(), root());
    assert_eq!(
        top(std::slice::from_ref(&own)),
        Some(&own),
        "its own issuer"
    );
    let mut server = leaf();
    server.issuer = root.subject.clone();
    let chain = [server.clone(), own.clone(), root.clone()];
    assert_eq!(top(&chain), Some(&root), "whatever the order");
    assert_eq!(top(&[server.clone()]), None, "its issuer is not shown");
    let mut between = own;
    between.subject = root.subject.clone();
    between.issuer.raw = b"elsewhere".to_vec();
    assert_eq!(top(&[server, between.clone()]), Some(&between));
    assert_eq!(top(&[]), None);
}

#[test]
fn fingerprints_choose() {
    let chain = [home_made(), root()];
    let other = leaf().fingerprint();
    let (found, missing) = with_fingerprints(&chain, &[root().fingerprint(), other]);
    assert_eq!((found, missing), (vec![&chain[1]], vec![other]));
}
