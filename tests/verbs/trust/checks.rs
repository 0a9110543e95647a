//! What is found out before anything is written.

use extreg_test_support::certs::{Leaf, fixtures, self_signed, self_signed_end_entity};
use extreg_test_support::net::ClosedPort;
use extreg_test_support::process::Output;
use extreg_test_support::registry::RegistryBuilder;

use super::*;
use crate::kit::Embedded;

const NAMES: &[&str] = &["127.0.0.1"];

fn serving(issued: &extreg_test_support::certs::Issued) -> Registry {
    RegistryBuilder::default().tls(issued).start()
}

/// Offers a CA for a registry with this certificate.
fn offer(world: &World, registry: &Registry, pem: &str, more: &str) -> Output {
    world.sandbox.write("ca.pem", pem);
    world.run(&format!(
        "trust {} --ca ca.pem --yes {more}",
        registry.host()
    ))
}

/// SHA-256 of a PEM certificate, as this tool prints it.
fn fingerprint(pem: &str) -> String {
    let found = extreg::model::pem::parse(pem.as_bytes());
    found.certificates[0].certificate.fingerprint().to_string()
}

#[test]
fn the_chain_must_be_verified_by_gos_rules() {
    let world = Embedded::openshift();
    let ca = Ca::new("Corp Root");
    let other = Ca::new("Other Root");
    let expired = Ca::builder("Old Root").expired().build();
    let clients = Ca::builder("Clients").client_auth_only().build();
    let no_ca = Ca::builder("No CA").without_ca_flag().build();
    let no_sign = Ca::builder("No Sign").without_cert_sign().build();
    let bound = Ca::builder("Bound").permit_dns("corp.example").build();
    let between = ca.intermediate("Between");
    for (issued, pem, words) in [
        (
            ca.server(NAMES),
            other.pem(),
            "nobody vouches for Corp Root",
        ),
        (
            ca.server(&["other.example"]),
            ca.pem(),
            "no CA mends that: the registry needs a certificate for 127.0.0.1",
        ),
        (
            ca.issue(&Leaf::new(NAMES).expired()),
            ca.pem(),
            "no CA mends that: the registry needs a certificate that is valid now",
        ),
        (
            ca.issue(&Leaf::new(NAMES).not_yet_valid()),
            ca.pem(),
            "is valid from",
        ),
        (
            ca.issue(&Leaf::common_name_only("127.0.0.1")),
            ca.pem(),
            "in the common name only",
        ),
        (
            ca.issue(&Leaf::new(NAMES).client_auth_only()),
            ca.pem(),
            "is for clientAuth, not for servers",
        ),
        (
            between.server(NAMES).incomplete(),
            ca.pem(),
            "nobody vouches for Between",
        ),
        (
            bound.server(&["127.0.0.1", "a.example"]),
            bound.pem(),
            "may not sign for this name",
        ),
        (expired.server(NAMES), expired.pem(), "Old Root ended on"),
        (
            clients.server(NAMES),
            clients.pem(),
            "Clients is for clientAuth",
        ),
        (no_ca.server(NAMES), no_ca.pem(), "No CA is no CA"),
        (no_sign.server(NAMES), no_sign.pem(), "No Sign may not sign"),
        (
            fixtures::negative_serial(),
            &fixtures::negative_serial().ca_pem,
            "negative serial number",
        ),
        (
            fixtures::sha1_signature(),
            &fixtures::sha1_signature().ca_pem,
            "signed with",
        ),
        (
            fixtures::x509_v1(),
            &fixtures::x509_v1().ca_pem,
            "the certificate is for no name at all",
        ),
    ] {
        let registry = serving(&issued);
        let output = offer(&world, &registry, pem, "").exits(1);
        assert!(output.stderr.contains(words), "{words}: {}", output.stderr);
        world.is_untouched();
    }
}

#[test]
fn what_go_takes_is_taken() {
    let ca = Ca::new("Corp Root");
    let between = ca.intermediate("Between");
    let own = self_signed(NAMES);
    let entity = self_signed_end_entity(NAMES);
    let weak = fixtures::below_rsa_1024_root();
    for (issued, pem, note) in [
        (&own, own.cert_pem.as_str(), ""),
        (
            &entity,
            entity.cert_pem.as_str(),
            "only this very certificate is trusted",
        ),
        (&ca.issue(&Leaf::new(NAMES).ca_true()), ca.pem(), ""),
        (&between.server(NAMES), ca.pem(), ""),
        // An intermediate is an anchor as good as any, also where the server leaves it out.
        (&between.server(NAMES).incomplete(), between.pem(), ""),
        (&weak, weak.ca_pem.as_str(), ""),
    ] {
        let world = Embedded::openshift();
        let registry = serving(issued);
        let output = offer(&world, &registry, pem, "").success();
        output.says("shows a chain that");
        output.says(note);
        let text = bundle(&world, OURS, &registry.host().replace(':', ".."));
        assert!(text.ends_with(pem), "{text}");
    }
}

#[test]
fn a_file_that_nodes_would_not_read_is_refused_by_line() {
    let world = Embedded::openshift();
    let tls = Tls::new();
    let (pem, other) = (tls.ca.pem(), other_pem());
    let lines = other.lines().count();
    for (text, words) in [
        (
            format!("{}{pem}", other.trim_end()),
            format!("ca.pem, line {lines}: two certificates meet"),
        ),
        (
            format!("\u{feff}{pem}"),
            "ca.pem, line 1: a byte order mark".into(),
        ),
        (
            format!("  {}", pem.replace('\n', "\n  ")),
            "ca.pem, line 1: the marker line is indented".into(),
        ),
        (
            pem.replace('\n', "\\n"),
            "ca.pem, line 1: line breaks are written out".into(),
        ),
        (
            pem.replace('\n', " "),
            "ca.pem, line 1: the whole certificate stands on one line".into(),
        ),
    ] {
        let output = offer(&world, &tls.registry, &text, "").exits(1);
        output.says(&words);
        output.says("nodes would not read all of ca.pem");
        output.says("hint: --repair");
        world.is_untouched();
        let output = offer(&world, &tls.registry, &text, "--repair --dry-run=server").success();
        output.says("ca.pem is mended: ");
    }
    for (text, words) in [
        (String::new(), "error: ca.pem is empty"),
        ("\n \n".into(), "error: ca.pem is empty"),
        (
            "see the wiki\n".into(),
            "there is no certificate in the file",
        ),
        (
            pem.replace("\nM", "\n!"),
            "the base64 of this certificate is broken",
        ),
    ] {
        for more in ["", "--repair"] {
            let output = offer(&world, &tls.registry, &text, more).exits(1);
            output.says(words);
            output.says("hint: the certificate of the CA is wanted, as PEM");
            assert!(
                !output.stderr.contains("hint: --repair"),
                "{}",
                output.stderr
            );
        }
    }
    world.is_untouched();
}

#[test]
fn what_cannot_be_mended_is_left_out_and_said() {
    let world = Embedded::openshift();
    let tls = Tls::new();
    let broken = other_pem().replacen("\nM", "\n!", 1);
    let text = format!("{broken}{}", tls.ca.pem());
    let output = offer(&world, &tls.registry, &text, "--repair").success();
    output.says("Warning: left out: the base64 of this certificate is broken");
    assert_eq!(bundle(&world, OURS, &tls.key()), tls.marked());
}

#[test]
fn a_private_key_is_refused_and_not_echoed() {
    let world = Embedded::openshift();
    let ca = Ca::new("Corp Root");
    let issued = ca.server(NAMES);
    let registry = serving(&issued);
    let key = &issued.key_pem;
    let secret = key.lines().nth(1).expect("a line of the key").to_owned();
    let coded = {
        use base64::Engine as _;
        base64::engine::general_purpose::STANDARD.encode(key)
    };
    for (text, line) in [
        (format!("{}{key}", ca.pem()), ca.pem().lines().count() + 1),
        (key.clone(), 1),
        (key.replace('\n', "\\n"), 1),
        (format!("\u{feff}{key}"), 1),
        (coded, 1),
    ] {
        for more in ["", "--repair", "--diff", "--skip-check -o yaml"] {
            let output = offer(&world, &registry, &text, more).exits(1);
            output.says(&format!("ca.pem, line {line}: a private key stands there"));
            let shown = output.stdout + &output.stderr;
            assert!(!shown.contains(&secret), "{shown}");
        }
    }
    world.is_untouched();
}

#[test]
fn a_file_may_hold_more_than_the_ca() {
    let world = Embedded::openshift();
    let ca = Ca::new("Corp Root");
    let issued = ca.server(NAMES);
    let registry = serving(&issued);
    let old = Ca::builder("Old Root").expired().build();
    let stranger = Ca::new("Other Root").server(&["other.example"]);
    let text = format!("{}{}{}", old.pem(), stranger.cert_pem, ca.pem());
    let output = offer(&world, &registry, &text, "").success();
    output.says("left out: Old Root ended on");
    output.says("left out: other.example is no CA");
    let text = bundle(&world, OURS, &registry.host().replace(':', ".."));
    assert_eq!(text, marked(&registry.host(), ca.pem()));
}

#[test]
fn a_registry_out_of_reach_is_said_and_can_be_left_out() {
    let world = Embedded::openshift();
    let closed = ClosedPort::new();
    let ca = Ca::new("Corp Root");
    world.sandbox.write("ca.pem", ca.pem());
    let line = format!("trust {} --ca ca.pem --yes", closed.host());
    let output = world.run(&line).exits(1);
    output.says("cannot be reached from here: connection refused");
    output.says("--skip-check");
    world.is_untouched();
    let output = world.run(&format!("{line} --skip-check")).success();
    output.says("Warning: not checked: whether this verifies what");
    assert_eq!(named(&world).as_deref(), Some(OURS));
}

#[test]
fn a_registry_without_tls_is_for_another_verb() {
    let world = Embedded::openshift();
    let registry = Registry::builder().start();
    let output = offer(&world, &registry, &other_pem(), "").exits(1);
    output.says("speaks plain HTTP: there is no certificate to be trusted");
    output.says(&format!("`oc extreg insecure {}`", registry.host()));
    world.is_untouched();
}

#[test]
fn what_a_registry_shows_is_taken_once_it_is_confirmed() {
    let world = Embedded::openshift();
    let ca = Ca::new("Corp Root");
    let between = ca.intermediate("Between");
    let issued = between.server(NAMES);
    let registry = serving(&issued);
    let host = registry.host();
    let line = format!("trust {host} --from-registry --yes");
    let output = world.run(&line).exits(2);
    output.says(&format!("{host} shows:"));
    output.says("1 127.0.0.1, until ");
    output.says("signed by Between");
    output.says(&format!("SHA-256 {}", fingerprint(between.pem())));
    output.says("--fingerprint SHA256 confirms it; --yes does not");
    world.is_untouched();
    let output = world
        .run(&format!("{line} --fingerprint {}", "ab".repeat(32)))
        .exits(1);
    output.says("shows no certificate with SHA-256 AB:AB:");
    world.is_untouched();
    // In any spelling.
    let plain = fingerprint(between.pem()).replace(':', "").to_lowercase();
    world
        .run(&format!("{line} --fingerprint sha256:{plain}"))
        .success();
    assert_eq!(
        bundle(&world, OURS, &host.replace(':', "..")),
        marked(&host, between.pem())
    );
}

#[test]
fn a_chain_that_ends_at_the_server_offers_nothing() {
    let world = Embedded::openshift();
    let issued = Ca::new("Corp Root").server(NAMES);
    let registry = serving(&issued);
    let line = format!("trust {} --from-registry", registry.host());
    let output = world.run(&line).exits(1);
    output.says("shows its own certificate alone, and not that of Corp Root");
    output.says("get the certificate of Corp Root and give it with --ca");
    // The server's own can be meant all the same.
    let print = fingerprint(&issued.cert_pem);
    let output = world
        .run(&format!("{line} --yes --fingerprint {print}"))
        .success();
    output.says("only this very certificate is trusted");
}

#[test]
fn the_root_of_this_machine_is_found() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    let line = format!("trust {} --from-system --yes", tls.host());
    let output = world
        .cmd(&line)
        .env("SSL_CERT_FILE", world.sandbox.path().join("ca.pem"))
        .run()
        .success();
    output.says("Corp Root vouches for");
    assert_eq!(bundle(&world, OURS, &tls.key()), tls.marked());
    world.sandbox.write("other.pem", other_pem());
    let output = world
        .cmd(&line)
        .env("SSL_CERT_FILE", world.sandbox.path().join("other.pem"))
        .run()
        .exits(1);
    output.says("this machine does not verify");
    output.says("nobody vouches for Corp Root");
}

#[test]
fn standard_input_is_a_file_too() {
    let world = Embedded::openshift();
    let tls = Tls::new();
    let line = format!("trust {} --ca - --yes", tls.host());
    world.cmd(&line).stdin(tls.ca.pem()).run().success();
    assert_eq!(bundle(&world, OURS, &tls.key()), tls.marked());
}

#[test]
fn command_lines_that_make_no_sense() {
    let world = Embedded::openshift();
    world.sandbox.write("ca.pem", other_pem());
    for (line, words) in [
        ("trust", "<REGISTRY>"),
        ("trust quay.io", "which certificate is to be trusted?"),
        ("trust quay.io/team --ca ca.pem", "did you mean quay.io?"),
        ("trust me:pw@quay.io --ca ca.pem", "user name"),
        (
            "trust quay.io --ca ca.pem --from-system",
            "cannot be used with",
        ),
        (
            "trust quay.io --remove --from-registry",
            "cannot be used with",
        ),
        (
            "trust quay.io --ca ca.pem --fingerprint 12",
            "is no SHA-256",
        ),
        (
            "trust quay.io --ca ca.pem --bundle-policy Always",
            "--install-config",
        ),
        ("trust --list --ca ca.pem", "cannot be used with"),
        ("trust [::1]:5000 --ca ca.pem", "is no key of a ConfigMap"),
    ] {
        let output = world.run(line).exits(2);
        assert!(output.stderr.contains(words), "{line}: {}", output.stderr);
        assert!(!output.stderr.contains(":pw@"), "{}", output.stderr);
    }
    let output = world.run("trust quay.io --ca gone.pem").exits(1);
    output.says("cannot read gone.pem");
    let line = format!(
        "trust quay.io --ca ca.pem --fingerprint {}",
        "00".repeat(32)
    );
    world
        .run(&line)
        .exits(1)
        .says("ca.pem has no certificate with SHA-256 00:");
    world.is_untouched();
}
