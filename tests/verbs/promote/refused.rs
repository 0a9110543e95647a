//! What a source does not give and a target does not take, in doctor's words; and nothing written by then.

use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index};
use extreg_test_support::net::ClosedPort;
use extreg_test_support::registry::{
    At, Block, Dialect, Fault, Limit, LoggedRequest, Registry, User,
};

use super::{Home, large, requests, writes};

fn open() -> Registry {
    Registry::builder().start()
}

/// A source with an image, and a target to be refused by.
fn to(target: &Registry) -> (Registry, String) {
    let source = open();
    source.push_image("web", "1", &large());
    let line = format!(
        "{} {} --plain-http --retries 0",
        source.image("web:1"),
        target.image("team/web:1")
    );
    (source, line)
}

#[test]
fn a_source_that_does_not_give_the_image() {
    let target = open();
    let source = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .user(User::new("reader", "good").pull("team/*"))
        .start();
    source.push_image("team/web", "1", &Image::new());
    source.push_image("other/web", "1", &Image::new());
    let home = Home::new();
    home.logins("auth.json", &[(&source.host(), "reader", "good")]);
    home.logins("wrong.json", &[(&source.host(), "reader", "bad")]);
    let closed = ClosedPort::new();
    let from = |image: &str, more: &str| {
        let output = home.promote(&format!(
            "{image} {} --plain-http {more}",
            target.image("web:1")
        ));
        output.exits(1)
    };
    let auth = "--source-registry-config auth.json";
    from(&source.image("team/web:2"), auth).says("(location.tag-missing)");
    from(&source.image("team/none:1"), auth).says("(location.repository-missing)");
    from(&source.image("other/web:1"), auth).says("(auth.pull-denied)");
    from(&source.image("team/web:1"), "").says("(auth.no-credentials)");
    let wrong = "--source-registry-config wrong.json";
    source.clear_log();
    from(&source.image("team/web:1"), wrong).says("(auth.bad-credentials)");
    // A password that is wrong is sent once, whatever follows.
    let log = source.log();
    let with_password = |it: &&LoggedRequest| {
        it.authorization()
            .is_some_and(|sent| sent.starts_with("Basic "))
    };
    assert_eq!(log.iter().filter(with_password).count(), 1, "{log:?}");
    from(&format!("{}/web:1", closed.host()), "").says("(network.refused)");
    assert!(writes(&target).is_empty());
}

#[test]
fn an_image_that_cannot_be_copied() {
    let (source, target) = (open(), open());
    source.push_schema1("old", "1");
    let digest = source.push_image("holes", "1", &large());
    let layer = large().pack().blob_digests()[1].clone();
    source.remove_blob("holes", &layer);
    let index = Index::of(&["linux/amd64", "linux/arm64"]).pack();
    source.push("sparse", "1", &index);
    source.remove_manifest("sparse", &index.children[0].digest());
    source.push_image("lying", "1", &Image::new());
    let home = Home::new();
    let from = |image: &str| {
        let line = format!(
            "{} {} --plain-http",
            source.image(image),
            target.image("x:1")
        );
        home.promote(&line).exits(1)
    };
    from("old:1")
        .says("schema 1")
        .says("(location.manifest-unsupported)");
    from("holes:1").says(&layer).says("(location.blob-missing)");
    from(&format!("holes@{digest}")).says("(location.blob-missing)");
    from("sparse:1")
        .says(&index.children[0].digest())
        .says("(location.blob-missing)");
    source.fault(Fault::lying_digest());
    from("lying:1").says("(registry.server-error)");
    assert!(writes(&target).is_empty());
    // The other platform is whole.
    source.mend();
    let line = format!(
        "{} {} --plain-http",
        source.image("sparse:1"),
        target.image("x:1")
    );
    home.promote(&format!("{line} --platform linux/arm64"))
        .success();
}

#[test]
fn a_target_that_does_not_take_it() {
    let home = Home::new();
    let ecr = "The image tag '1' already exists in the 'team/web' repository and cannot be overwritten because the tag is immutable.";
    let at = |fault: Fault, place: At, method: &'static str| fault.at(place).method(method);
    let cases = [
        (
            at(Fault::refused(403, "DENIED", "no"), At::Uploads, "POST"),
            "wants credentials for a push to team/web",
            "(auth.no-credentials)",
        ),
        (
            at(
                Fault::refused(403, "DENIED", "Quota exceeded: 10 GiB of 10 GiB"),
                At::Uploads,
                "POST",
            ),
            "takes no push to team/web",
            "(policy.quarantined)",
        ),
        (
            at(
                Fault::refused(404, "NAME_UNKNOWN", "The repository does not exist"),
                At::Uploads,
                "POST",
            ),
            "makes none on a push",
            "(location.repository-missing)",
        ),
        (
            at(
                Fault::refused(400, "TAG_INVALID", ecr),
                At::Manifests,
                "PUT",
            ),
            "does not let the tag 1 of team/web be changed",
            "(policy.quarantined)",
        ),
        (
            at(
                Fault::refused(400, "MANIFEST_INVALID", "manifest invalid"),
                At::Manifests,
                "PUT",
            ),
            "does not take this kind of manifest",
            "(location.manifest-unsupported)",
        ),
        (
            at(Fault::html_status(413), At::Uploads, "PATCH"),
            "takes no request of that size",
            "(policy.quarantined)",
        ),
        (
            at(Fault::limited(Limit::Abuse), At::Uploads, "POST"),
            "has a limit on requests",
            "(limit.rate)",
        ),
        (
            at(Fault::status(500), At::Uploads, "PUT"),
            "fails to store what it is sent",
            "(registry.server-error)",
        ),
        (
            Fault::hostile_text(),
            "takes no push to team/web",
            "(policy.quarantined)",
        ),
    ];
    for (fault, words, cause) in cases {
        let target = open();
        target.push_image("team/web", "1", &Image::new().label("old"));
        let before = target.tags("team/web");
        let hostile = cause == "(policy.quarantined)" && format!("{fault:?}").contains("Hostile");
        if hostile {
            target.fault(at(Fault::refused(405, "DENIED", "x"), At::Uploads, "POST"));
        }
        target.fault(fault);
        let (_source, line) = to(&target);
        let output = home.promote(&line).exits(1);
        output
            .says(words)
            .says(cause)
            .says("the tag 1 was not touched");
        assert!(output.stdout.is_empty(), "{}", output.stdout);
        assert!(!output.stderr.contains('\u{1b}'), "{:?}", output.stderr);
        assert_eq!(target.tags("team/web"), before, "{words}");
        target.mend();
        assert_eq!(target.open_uploads(), 0, "{words}: {:?}", target.log());
    }
}

#[test]
fn a_target_with_rules_of_its_own() {
    let home = Home::new();
    let harbor = Registry::builder()
        .dialect(Dialect::Harbor)
        .user(User::new("mover", "good").pull("*").push("*"))
        .start();
    harbor.create_project("team");
    harbor.block("team/*", Block::Quota);
    home.logins("auth.json", &[(&harbor.host(), "mover", "good")]);
    let (_source, line) = to(&harbor);
    let output = home.promote(&format!("{line} -a auth.json")).exits(1);
    output
        .says("takes no push to team/web")
        .says("(policy.quarantined)");
    harbor.mend();
    home.promote(&format!("{line} -a auth.json")).success();

    let ecr = Registry::builder()
        .dialect(Dialect::Ecr)
        .user(User::new("AWS", "good").pull("*").push("*"))
        .start();
    home.logins("ecr.json", &[(&ecr.host(), "AWS", "good")]);
    let (_source, line) = to(&ecr);
    let output = home.promote(&format!("{line} -a ecr.json")).exits(1);
    output
        .says("makes none on a push")
        .says("(location.repository-missing)");
    ecr.create_repository("team/web");
    home.promote(&format!("{line} -a ecr.json")).success();
}

/// Every kind of registry that can be pushed to, by its own way of logging in.
#[test]
fn registries_of_every_kind_are_pushed_to() {
    let home = Home::new();
    for dialect in Dialect::ALL {
        // These hand out images, and take none.
        if matches!(dialect, Dialect::RedHat | Dialect::EcrPublic) {
            continue;
        }
        let (user, password) = match dialect {
            Dialect::Ecr => ("AWS", "good"),
            Dialect::ArtifactRegistry => ("oauth2accesstoken", "good"),
            _ => ("mover", "good"),
        };
        let registry = Registry::builder()
            .dialect(*dialect)
            .user(
                User::new(user, password)
                    .pull("*")
                    .push("*")
                    .owns("project"),
            )
            .start();
        registry.create_project("project");
        let repository = match dialect {
            Dialect::ArtifactRegistry => "project/repository/web",
            _ => "project/web",
        };
        registry.create_repository(repository);
        home.logins("auth.json", &[(&registry.host(), user, password)]);
        let source = open();
        let image = large().pack();
        source.push("web", "1", &image);
        let line = format!(
            "{} {} --plain-http -a auth.json",
            source.image("web:1"),
            registry.image(&format!("{repository}:1"))
        );
        let output = home.promote(&line);
        assert_eq!(output.status, Some(0), "{dialect:?}: {}", output.stderr);
        assert_eq!(
            registry.manifest(repository, "1"),
            Some(image.manifest),
            "{dialect:?}"
        );
        // What was asked for is the push to this one repository.
        for request in registry.log().iter().filter(|it| it.asks_for_token()) {
            let query = request.query.clone().unwrap_or_default();
            assert!(!query.contains("delete"), "{dialect:?}: {query}");
        }
    }
}

#[test]
fn what_is_not_checked_is_said() {
    let (source, target) = (open(), open());
    source.push_image("web", "1", &Image::new());
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http --skip-check",
        source.image("web:1"),
        target.image("web:1")
    );
    home.promote(&line).success().says("Warning: not checked: ");
    assert!(requests(&source, "GET", "/v2/web/manifests/1").len() == 1);
}

#[test]
fn tls_that_nobody_vouches_for_is_not_spoken_with() {
    let ca = Ca::new("Corp Root");
    let wrong = Registry::builder()
        .tls(&ca.server(&["other.example"]))
        .start();
    let source = open();
    source.push_image("web", "1", &Image::new());
    let home = Home::new();
    home.sandbox.write("ca.pem", ca.root_pem());
    let line = format!(
        "{} {} --source-plain-http --target-registry-ca ca.pem",
        source.image("web:1"),
        wrong.image("web:1")
    );
    home.promote(&line).exits(1).says("(tls.hostname-mismatch)");
    // Without the flag for it, plain HTTP is not spoken, and no password sent.
    let plain = open();
    home.logins("auth.json", &[(&plain.host(), "mover", "good")]);
    let line = format!(
        "{} {} --source-plain-http -a auth.json",
        source.image("web:1"),
        plain.image("web:1")
    );
    let output = home.promote(&line).exits(1);
    output.says("(tls.plain-http)").says("--target-plain-http");
    assert!(plain.log().iter().all(|it| it.authorization().is_none()));
    assert!(writes(&plain).is_empty());
}
