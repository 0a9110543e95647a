//! Connections that break off in the middle of a blob, tokens that expire there, full disks, Ctrl-C.

use std::time::Duration;

use extreg_test_support::content::{Image, Layer, digest};
use extreg_test_support::net::CutProxy;
use extreg_test_support::process::{DockerRegistry, real_registry_or_skip};
use extreg_test_support::registry::{At, Dialect, Fault, Limit, Registry, User};

use super::{Home, is_there, large, manifest, requests, wait_until};

/// A registry that goes on with an upload that broke off.
fn zot() -> Registry {
    Registry::builder()
        .dialect(Dialect::Zot)
        .user(User::new("mover", "good").admin("*"))
        .start()
}

fn two_real() -> (DockerRegistry, DockerRegistry) {
    (
        DockerRegistry::builder().start(),
        DockerRegistry::builder().start(),
    )
}

fn two_embedded() -> (Registry, Registry) {
    (Registry::builder().start(), Registry::builder().start())
}

#[test]
fn the_source_breaks_off_and_is_read_on_in_the_same_upload() {
    if !real_registry_or_skip("promotes from a registry whose connection is cut") {
        return;
    }
    let (source, target) = two_real();
    let image = large().pack();
    source.push("web", "1", &image);
    let proxy = CutProxy::start(&source.host());
    proxy.cut_after_receiving(1_000_000);
    proxy.cut_after_receiving(900_000);
    let home = Home::new();
    let line = format!(
        "{}/web:1 {} --plain-http",
        proxy.host(),
        target.image("web")
    );
    home.promote(&line).success();
    assert_eq!(proxy.orders_left(), 0);
    is_there(&target.remote(), "web", "1", &image);
}

#[test]
fn what_was_read_is_not_read_again() {
    let (source, target) = two_embedded();
    let image = large().pack();
    source.push("web", "1", &image);
    let layer = image.blob_digests()[1].clone();
    let proxy = CutProxy::start(&source.host());
    proxy.cut_after_receiving(1_000_000);
    let home = Home::new();
    let line = format!(
        "{}/web:1 {} --plain-http",
        proxy.host(),
        target.image("web")
    );
    home.promote(&line).success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
    let asked = requests(&source, "GET", &layer);
    assert_eq!(asked.len(), 2, "{asked:?}");
    let range = asked[1].header("range").expect("a range");
    let first: usize = range
        .strip_prefix("bytes=")
        .and_then(|range| range.strip_suffix('-'))
        .and_then(|first| first.parse().ok())
        .expect("bytes=N-");
    assert!((500_000..1_000_000).contains(&first), "{range}");
    // One upload, in one request.
    assert_eq!(requests(&target, "PATCH", "/uploads/").len(), 1);
}

#[test]
fn a_source_without_ranges_is_read_over() {
    let (source, target) = two_embedded();
    let image = large().pack();
    source.push("web", "1", &image);
    source.fault(Fault::no_ranges());
    let proxy = CutProxy::start(&source.host());
    proxy.cut_after_receiving(1_000_000);
    let home = Home::new();
    let line = format!(
        "{}/web:1 {} --plain-http",
        proxy.host(),
        target.image("web")
    );
    home.promote(&line).success();
    assert_eq!(proxy.orders_left(), 0);
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
}

#[test]
fn the_target_breaks_off_and_distribution_begins_anew() {
    if !real_registry_or_skip("promotes to a registry whose connection is cut") {
        return;
    }
    let (source, target) = two_real();
    let image = large().pack();
    source.push("web", "1", &image);
    let proxy = CutProxy::start(&target.host());
    proxy.cut_after_sending(1_500_000);
    let home = Home::new();
    let line = format!(
        "{} {}/web:1 --plain-http",
        source.image("web:1"),
        proxy.host()
    );
    home.promote(&line).success();
    assert_eq!(proxy.orders_left(), 0);
    is_there(&target.remote(), "web", "1", &image);
}

#[test]
fn the_target_breaks_off_and_is_asked_how_far_it_is() {
    let (source, target) = (Registry::builder().start(), zot());
    let image = large().pack();
    source.push("web", "1", &image);
    let proxy = CutProxy::start(&target.host());
    proxy.cut_after_sending(1_500_000);
    let home = Home::new();
    home.logins("auth.json", &[(&proxy.host(), "mover", "good")]);
    let line = format!(
        "{} {}/web:1 --plain-http -a auth.json",
        source.image("web:1"),
        proxy.host()
    );
    home.promote(&line).success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest.clone()));
    let parts = requests(&target, "PATCH", "/uploads/");
    assert_eq!(parts.len(), 2, "{parts:?}");
    let first = parts[0].body.len();
    assert!((1_000_000..=1_500_000).contains(&first), "{first}");
    // The second takes up where the first broke off, and says so.
    let last = image.blobs[1].len() - 1;
    assert_eq!(
        parts[1].header("content-range"),
        Some(&*format!("{first}-{last}"))
    );
    assert_eq!(first + parts[1].body.len(), image.blobs[1].len());
    assert_eq!(requests(&target, "GET", "/uploads/").len(), 1);
    assert_eq!(target.open_uploads(), 0);
}

/// What stands before the registry has no answer of it once; the upload is where it was.
#[test]
fn a_gateway_that_fails_once_costs_one_request() {
    let (source, target) = (Registry::builder().start(), zot());
    let image = large().pack();
    source.push("web", "1", &image);
    for method in ["PATCH", "PUT", "POST"] {
        target.fault(Fault::status(502).at(At::Uploads).method(method).times(1));
    }
    target.fault(Fault::status(502).at(At::Manifests).method("PUT").times(1));
    let home = Home::new();
    home.logins("auth.json", &[(&target.host(), "mover", "good")]);
    let line = format!(
        "{} {} --plain-http -a auth.json",
        source.image("web:1"),
        target.image("web:1")
    );
    home.promote(&line).success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
    assert_eq!(target.open_uploads(), 0, "{:?}", target.log());
}

#[test]
fn a_token_that_expires_in_the_middle_is_renewed() {
    let source = Registry::builder().start();
    let target = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .user(User::new("mover", "good").pull("*").push("*"))
        .start();
    let image = large().pack();
    let layer = image.blob_digests()[1].clone();
    source.push("web", "1", &image);
    // Three seconds for the layer, so that there is a middle.
    source.fault(Fault::slow_body(100_000, Duration::from_millis(100)).at(At::Blobs));
    let home = Home::new();
    home.logins("auth.json", &[(&target.host(), "mover", "good")]);
    let line = format!(
        "{} {} --plain-http -a auth.json",
        source.image("web:1"),
        target.image("web")
    );
    let running = home.cmd(&line).spawn();
    wait_until(|| !requests(&source, "GET", &layer).is_empty() && target.open_uploads() > 0);
    target.revoke_tokens();
    running.wait().success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
    let log = target.log();
    let with_token = |it: &&_| {
        let it: &extreg_test_support::registry::LoggedRequest = it;
        it.status == Some(401) && it.authorization().is_some()
    };
    assert!(log.iter().any(|it| with_token(&it)), "{log:?}");
}

#[test]
fn requests_that_are_too_long_are_made_shorter() {
    let (source, target) = two_embedded();
    let image = Image::new().layer(Layer::of_size(9, 20_000_000)).pack();
    source.push("web", "1", &image);
    target.fault(
        Fault::html_status(413)
            .at(At::Uploads)
            .method("PATCH")
            .times(2),
    );
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
    let parts: Vec<usize> = requests(&target, "PATCH", "/uploads/")
        .iter()
        .filter(|part| part.status == Some(202))
        .map(|part| part.body.len())
        .collect();
    assert!(parts.len() >= 5, "{parts:?}");
    let longest = 4 * 1024 * 1024;
    assert!(parts.iter().all(|part| *part <= longest), "{parts:?}");
}

#[test]
fn a_registry_that_wants_a_pause_gets_it() {
    let (source, target) = two_embedded();
    source.push_image("web", "1", &large());
    target.fault(Fault::limited(Limit::Abuse).at(At::Uploads).times(3));
    target.fault(Fault::retry_after("0"));
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    assert_eq!(target.tags("web").len(), 1);
    // One that wants an hour is not waited for.
    target.mend();
    target.remove_repository("web");
    target.fault(Fault::limited(Limit::Abuse).at(At::Uploads));
    target.fault(Fault::retry_after("3600"));
    home.promote(&line).exits(1).says("(limit.rate)");
}

#[test]
fn a_disk_that_is_full_leaves_the_tag_as_it_was() {
    if !real_registry_or_skip("promotes to a registry that cannot store the layer") {
        return;
    }
    let source = DockerRegistry::builder().start();
    let target = DockerRegistry::builder().largest_file(1_000_000).start();
    let old = Image::new().label("old").pack();
    target.push("web", "1", &old);
    source.push("web", "1", &large().pack());
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http --retries 1",
        source.image("web:1"),
        target.image("web:1")
    );
    let output = home.promote(&line).exits(1);
    output
        .says("fails to store what it is sent")
        .says("file too large")
        .says("(registry.server-error)")
        .says("the tag 1 was not touched");
    assert!(output.stdout.is_empty(), "{}", output.stdout);
    is_there(&target.remote(), "web", "1", &old);
}

#[test]
fn a_registry_that_stays_away_is_given_up() {
    let (source, target) = two_embedded();
    source.push_image("web", "1", &large());
    target.fault(Fault::status(503).at(At::Uploads).method("PATCH"));
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http --retries 1",
        source.image("web:1"),
        target.image("web")
    );
    let output = home.promote(&line).exits(1);
    output
        .says("(registry.server-error)")
        .says("1 of 2 blobs came to");
    assert!(target.tags("web").is_empty());
    assert_eq!(target.open_uploads(), 0, "{:?}", target.log());
}

#[test]
fn bytes_that_are_not_those_of_the_digest_are_not_stored() {
    // The check before reads what is small; without it the copy itself finds out.
    for (flags, words) in [
        ("", "hands out something else as sha256:"),
        ("--skip-check", "what is delivered for sha256:"),
    ] {
        let (source, target) = two_embedded();
        source.push_image("web", "1", &large());
        source.fault(Fault::corrupted());
        let home = Home::new();
        let line = format!(
            "{} {} --plain-http {flags}",
            source.image("web:1"),
            target.image("web")
        );
        let output = home.promote(&line).exits(1);
        output.says(words).says("(registry.server-error)");
        assert!(target.tags("web").is_empty());
        assert_eq!(target.open_uploads(), 0, "{:?}", target.log());
        let commits = requests(&target, "PUT", "digest=");
        assert!(commits.is_empty(), "{commits:?}");
    }
}

#[test]
fn ctrl_c_gives_up_what_is_open_and_the_next_run_goes_on() {
    let (source, target) = two_embedded();
    let image = large().pack();
    let layer = image.blob_digests()[1].clone();
    source.push("web", "1", &image);
    source.fault(Fault::slow_body(10_000, Duration::from_millis(100)).at(At::Blobs));
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web:1")
    );
    let running = home.cmd(&line).spawn();
    wait_until(|| !requests(&source, "GET", &layer).is_empty() && target.open_uploads() > 0);
    running.interrupt();
    let output = running.wait().exits(130);
    output
        .says("interrupted: ")
        .says("the tag 1 was not touched");
    assert!(output.stdout.is_empty(), "{}", output.stdout);
    assert_eq!(target.open_uploads(), 0, "{:?}", target.log());
    assert!(target.tags("web").is_empty());
    source.mend();
    home.promote(&line).success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
}

/// The same, of a real registry: nothing is left that a tag could stand for.
#[test]
fn ctrl_c_leaves_a_real_registry_without_a_tag() {
    if !real_registry_or_skip("interrupts a promotion") {
        return;
    }
    let source = Registry::builder().start();
    let target = DockerRegistry::builder().start();
    let image = large().pack();
    source.push("web", "1", &image);
    source.fault(Fault::slow_body(10_000, Duration::from_millis(100)).at(At::Blobs));
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web:1")
    );
    let running = home.cmd(&line).spawn();
    let layer = digest(&image.blobs[1]);
    wait_until(|| !requests(&source, "GET", &layer).is_empty());
    running.interrupt();
    running.wait().exits(130).says("interrupted: ");
    assert_eq!(manifest(&target.remote(), "web", "1").status, 404);
}
