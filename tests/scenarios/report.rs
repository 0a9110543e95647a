//! How reports look: text and JSON, whole, with what changes from run to run taken out.

use extreg::report::text::Detail;
use extreg_test_support::registry::Dialect;

use crate::dialects::World;
use crate::kit::*;
use crate::schema;

/// Ports and times in one spelling. Ports have five digits, so that lines break alike.
fn settled() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"127\.0\.0\.1:\d{5}", "127.0.0.1:PORT_");
    settings.add_filter(r" *\d+ ms", " N ms");
    settings.add_filter(r"\d+\.\d s", "N s");
    settings.add_filter(r#""(elapsedMs)": \d+"#, "\"$1\": 0");
    settings.add_filter(r#""startedAt": "[^"]*""#, "\"startedAt\": \"T\"");
    settings.add_filter(r#""version": "\d[^"]*""#, "\"version\": \"V\"");
    settings.set_omit_expression(true);
    settings
}

#[test]
fn a_failure_and_a_healthy_image_as_text() {
    let world = World::new(Dialect::Harbor);
    let failed = text_of(
        &world.doctor("team/app:1.0", Some(BOB)).run(),
        Detail::Normal,
    );
    settled().bind(|| insta::assert_snapshot!("failed", failed));
    let healthy = text_of(
        &world.doctor("team/app:1.0", Some(ALICE)).run(),
        Detail::Normal,
    );
    settled().bind(|| insta::assert_snapshot!("healthy", healthy));
}

#[test]
fn an_open_question_as_text() {
    let world = World::new(Dialect::Quay);
    let open = text_of(&world.doctor("public/apps:1.0", None).run(), Detail::Normal);
    settled().bind(|| insta::assert_snapshot!("open", open));
}

#[test]
fn every_stage_as_text() {
    let world = World::new(Dialect::DistributionBasic);
    let stages = text_of(&world.doctor("team/app:1.0", None).run(), Detail::Stages);
    settled().bind(|| insta::assert_snapshot!("stages", stages));
}

#[test]
fn requests_show_without_what_was_sent_along() {
    let world = World::new(Dialect::DistributionBasic);
    let wire = text_of(
        &world.doctor("team/app:1.0", Some(ALICE)).run(),
        Detail::Wire,
    );
    assert!(wire.contains("> GET https://127.0.0.1:"), "{wire}");
    assert!(wire.contains("Authorization: Basic (removed)"), "{wire}");
    assert!(wire.contains("www-authenticate: Basic realm="), "{wire}");
}

#[test]
fn the_golden_file() {
    let world = World::new(Dialect::DistributionBasic);
    let json = json_of(&world.doctor("team/app:1.0", None).run());
    settled().bind(|| insta::assert_snapshot!("golden_json", json));
}

#[test]
fn reports_fit_the_published_schema() {
    let world = World::new(Dialect::Quay);
    let reports = [
        world.doctor("team/app:1.0", Some(ALICE)).push().run(),
        world.doctor("public/apps:1.0", None).run(),
        world.doctor("team/app:9", Some(ALICE)).run(),
        Doctor::of("UPPER/case").run(),
    ];
    for report in &reports {
        let value = serde_json::from_str(&json_of(report)).expect("JSON");
        schema::validate(&value);
    }
}
