//! Copies that succeed, between real registries of every kind of login, and what they are told apart by.

use extreg_test_support::certs::Ca;
use extreg_test_support::content::{Image, Index, Packed, digest};
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::{Dialect, Origin, Registry, User};
use serde_json::{Value, json};

use super::{Home, is_there, large, manifest, requests, writes};

#[test]
fn all_platforms_byte_for_byte_and_a_second_time_nothing() {
    if !real_registry_or_skip("promotes between two registries over HTTP") {
        return;
    }
    let (source, target) = (
        DockerRegistry::builder().start(),
        DockerRegistry::builder().start(),
    );
    let index = Index::new([
        large(),
        Image::new().platform("linux/arm64/v8"),
        Image::new().platform("linux/s390x"),
    ])
    .attestation()
    .pack();
    let digest = source.push("team/web", "1.2", &index);
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("team/web:1.2"),
        target.image("shop/web:1.2")
    );
    let output = home.promote(&line).success();
    output.prints(&format!("{} promoted\n", target.image("shop/web:1.2")));
    output.says("8 blobs sent (3.0 MB)");
    is_there(&target.remote(), "shop/web", "1.2", &index);

    let output = home.promote(&line).success();
    output.prints(&format!("{} unchanged\n", target.image("shop/web:1.2")));
    let name = home.promote(&format!("{line} -o name")).success();
    name.prints(&format!("{}@{digest}\n", target.image("shop/web")));

    // Another tag: nothing but the manifests moves, and of the document every number is known.
    let again = line.replace("shop/web:1.2", "shop/web:stable");
    let document = home.document(&again);
    assert_eq!(
        document,
        json!({
            "apiVersion": "extreg.dev/v1",
            "kind": "Promotion",
            "source": source.image("team/web:1.2"),
            "target": target.image("shop/web:stable"),
            "digest": digest,
            "mediaType": "application/vnd.oci.image.index.v1+json",
            "platforms": ["linux/amd64", "linux/arm64/v8", "linux/s390x"],
            "status": "promoted",
            "dryRun": false,
            "manifests": 5,
            "referrers": {"found": 0, "copied": 0},
            "sent": {"blobs": 0, "bytes": 0},
            "mounted": {"blobs": 0, "bytes": 0},
            "present": {"blobs": 8, "bytes": document["present"]["bytes"]},
            "foreign": {"blobs": 0, "bytes": 0},
        })
    );
    is_there(&target.remote(), "shop/web", "stable", &index);
    let yaml = home.promote(&format!("{again} -o yaml")).success();
    assert!(
        yaml.stdout.contains("status: unchanged\n"),
        "{}",
        yaml.stdout
    );
}

#[test]
fn docker_s_own_formats() {
    if !real_registry_or_skip("promotes a manifest list") {
        return;
    }
    let (source, target) = (
        DockerRegistry::builder().start(),
        DockerRegistry::builder().start(),
    );
    let list = Index::of(&["linux/amd64", "linux/arm64"]).docker().pack();
    source.push("web", "1", &list);
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    is_there(&target.remote(), "web", "1", &list);
}

#[test]
fn certificates_of_two_private_authorities_and_a_password() {
    if !real_registry_or_skip("promotes over TLS with private CAs and htpasswd") {
        return;
    }
    let (here, there) = (Ca::new("Dev Root"), Ca::new("Prod Root"));
    let source = DockerRegistry::builder()
        .tls(&here.server(&["127.0.0.1"]))
        .start();
    let target = DockerRegistry::builder()
        .htpasswd()
        .tls(&there.server(&["127.0.0.1"]))
        .start();
    let image = large().pack();
    source.push("team/web", "1", &image);
    let home = Home::new();
    home.sandbox.write("dev.pem", here.root_pem());
    home.sandbox.write("prod.pem", there.root_pem());
    let host = target.host();
    home.logins("auth.json", &[(&host, HTPASSWD_USER, HTPASSWD_PASSWORD)]);
    let line = format!(
        "{} {}",
        source.image("team/web:1"),
        target.image("shop/web")
    );

    let output = home.promote(&format!("{line} -a auth.json")).exits(1);
    output
        .says("(tls.unknown-ca)")
        .says("--source-registry-ca FILE");
    let dev = "--source-registry-ca dev.pem";
    let output = home.promote(&format!("{line} -a auth.json {dev}")).exits(1);
    output
        .says("(tls.unknown-ca)")
        .says("--target-registry-ca FILE");
    let both = format!("{line} {dev} --target-registry-ca prod.pem");
    let output = home.promote(&both).exits(1);
    output
        .says("(auth.no-credentials)")
        .says("the tag 1 was not touched");
    home.logins("wrong.json", &[(&host, HTPASSWD_USER, "wrong")]);
    let output = home.promote(&format!("{both} -a wrong.json")).exits(1);
    output.says("(auth.bad-credentials)");
    let remote = target.remote().login(HTPASSWD_USER, HTPASSWD_PASSWORD);
    assert_eq!(manifest(&remote, "shop/web", "1").status, 404);

    let output = home.promote(&format!("{both} -a auth.json")).success();
    output.says("no credentials for");
    output.prints(&format!("{} promoted\n", target.image("shop/web:1")));
    is_there(&remote, "shop/web", "1", &image);
}

#[test]
fn tokens_ask_for_the_push_of_the_target_alone_and_blobs_are_mounted() {
    if !real_registry_or_skip("promotes within a registry with token authentication") {
        return;
    }
    let tokens = TokenServer::start([
        User::new("mover", "good").pull("dev/*").push("prod/*"),
        User::new("pusher-only", "good").push("prod/*"),
        User::new("reader", "good").pull("*"),
    ]);
    let registry = DockerRegistry::builder().token_auth(tokens).start();
    let image = large().pack();
    registry.push("dev/web", "1", &image);
    let home = Home::new();
    let host = registry.host();
    for user in ["mover", "pusher-only", "reader"] {
        home.logins(&format!("{user}.json"), &[(&host, user, "good")]);
    }
    let to = |target: &str| {
        format!(
            "{} {} --plain-http",
            registry.image("dev/web:1"),
            registry.image(target)
        )
    };
    let output = home
        .promote(&format!("{} -a reader.json", to("prod/web")))
        .exits(1);
    output
        .says("gives the login no right to push to prod/web")
        .says("(auth.push-denied)")
        .says("the tag 1 was not touched");

    let service = registry.token_server().expect("its tokens");
    let before = service.log().len();
    let document = home.document(&format!("{} -a mover.json", to("prod/web")));
    assert_eq!(document["mounted"]["blobs"], 2, "{document:#}");
    assert_eq!(document["sent"]["blobs"], 0, "{document:#}");
    for request in &service.log()[before..] {
        let query = request.query.clone().unwrap_or_default();
        assert!(!query.contains("dev%2Fweb%3Apull%2Cpush"), "{query}");
        assert!(!query.contains("delete"), "{query}");
    }
    let (user, password) = service.pusher();
    let remote = registry.remote().login(user, password);
    is_there(&remote, "prod/web", "1", &image);

    // Who may not read the other repository is sent the blobs.
    let sides = "--source-registry-config reader.json --target-registry-config pusher-only.json";
    let document = home.document(&format!("{} {sides}", to("prod/again")));
    assert_eq!(document["mounted"]["blobs"], 0, "{document:#}");
    assert_eq!(document["sent"]["blobs"], 2, "{document:#}");
    is_there(&remote, "prod/again", "1", &image);
}

#[test]
fn a_dry_run_reads_and_says_how_much_would_move() {
    let (source, target) = (
        Registry::builder().start(),
        Registry::builder()
            .dialect(Dialect::DistributionToken)
            .user(User::new("mover", "good").pull("*").push("*"))
            .start(),
    );
    source.push_image("web", "1", &large());
    let home = Home::new();
    home.logins("auth.json", &[(&target.host(), "mover", "good")]);
    let line = format!(
        "{} {} --plain-http -a auth.json --dry-run",
        source.image("web:1"),
        target.image("shop/web")
    );
    let output = home.promote(&line).success();
    output.says("2 blobs would be sent (3.0 MB)");
    output.prints(&format!(
        "{} promoted (dry run)\n",
        target.image("shop/web:1")
    ));
    assert!(writes(&target).is_empty(), "{:?}", target.log());
    for request in target.log() {
        let query = request.query.unwrap_or_default();
        assert!(!query.contains("push"), "{query}");
    }
    let document = home.document(&line);
    assert_eq!(document["status"], "planned");
    assert_eq!(document["dryRun"], true);
    assert_eq!(document["sent"]["blobs"], 2);
    let bytes: usize = large().pack().blobs.iter().map(Vec::len).sum();
    assert_eq!(document["sent"]["bytes"], bytes);
    // Within one registry nothing would go through here.
    let within = format!(
        "{} {} --plain-http --dry-run",
        source.image("web:1"),
        source.image("prod/web")
    );
    home.promote(&within)
        .success()
        .says("2 blobs would be mounted (3.0 MB)");
    assert!(writes(&source).is_empty());
}

#[test]
fn one_platform_of_many() {
    let (source, target) = (Registry::builder().start(), Registry::builder().start());
    let index = Index::of(&["linux/amd64", "linux/arm64"]).pack();
    source.push("web", "1", &index);
    source.push_image("single", "1", &Image::new());
    let home = Home::new();
    let line = |from: &str, platform: &str| {
        format!(
            "{} {} --plain-http --platform {platform}",
            source.image(from),
            target.image("web:1")
        )
    };
    let output = home.promote(&line("web:1", "linux/s390x")).exits(1);
    output
        .says("has no image for linux/s390x")
        .says("it has linux/amd64, linux/arm64");
    let output = home.promote(&line("single:1", "linux/arm64")).exits(1);
    output.says("is for linux/amd64 alone, not for linux/arm64");
    assert!(writes(&target).is_empty());
    home.promote(&line("web:1", "linux/arm64")).success();
    let arm = &index.children[1];
    assert_eq!(target.tags("web"), [("1".to_owned(), arm.digest())]);
    assert_eq!(target.blobs("web").len(), 2);
    home.promote(&line("single:1", "linux/amd64")).success();
}

#[test]
fn by_digest_and_only_that_digest() {
    let (source, target) = (Registry::builder().start(), Registry::builder().start());
    let digest = source.push_image("web", "1", &Image::new());
    let home = Home::new();
    let by_digest = source.image(&format!("web@{digest}"));
    let output = home
        .promote(&format!("{by_digest} {} --plain-http", target.image("web")))
        .exits(2);
    output.says("has no tag, and the source is named by its digest alone");
    let other = format!("sha256:{}", "0".repeat(64));
    let line = |digest: &str| {
        let target = target.image(&format!("web@{digest}"));
        format!("{by_digest} {target} --plain-http")
    };
    home.promote(&line(&other))
        .exits(1)
        .says("is asked for by the digest");
    assert!(writes(&target).is_empty());
    home.promote(&line(&digest)).success();
    assert!(target.tags("web").is_empty());
    assert!(target.manifest("web", &digest).is_some());
    let output = home.promote(&line(&digest)).success();
    output.prints(&format!(
        "{} unchanged\n",
        target.image(&format!("web@{digest}"))
    ));
}

/// An image with one more layer.
fn with_layer(layer: &Value) -> Packed {
    let image = Image::new().pack();
    let mut json: Value = serde_json::from_slice(&image.manifest).expect("JSON");
    let layers = json["layers"].as_array_mut().expect("layers");
    layers.push(layer.clone());
    Packed {
        manifest: json.to_string().into_bytes(),
        ..image
    }
}

#[test]
fn layers_that_lie_elsewhere_stay_there() {
    let (source, target) = (Registry::builder().start(), Registry::builder().start());
    let image = with_layer(&json!({
        "mediaType": "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        "digest": digest(b"somewhere else"),
        "size": 1_000_000,
        "urls": ["https://example.com/layer"],
    }));
    source.push("win", "1", &image);
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("win:1"),
        target.image("win")
    );
    let document = home.document(&line);
    assert_eq!(document["foreign"], json!({"blobs": 1, "bytes": 1_000_000}));
    assert_eq!(document["sent"]["blobs"], 2);
    assert_eq!(target.manifest("win", "1"), Some(image.manifest));
}

#[test]
fn other_digests_than_sha256() {
    if !real_registry_or_skip("promotes a layer with a SHA-512 digest") {
        return;
    }
    let (source, target) = (
        DockerRegistry::builder().start(),
        DockerRegistry::builder().start(),
    );
    // SHA-512 of "abc": FIPS 180-4.
    let sha512 = "sha512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    let remote = source.remote();
    let begun = remote.send(remote.request("POST", "/v2/web/blobs/uploads/"));
    let location = begun.header("location").expect("an upload").to_owned();
    let path = location.strip_prefix(&source.url()).unwrap_or(&location);
    let put = remote.request("PUT", &format!("{path}&digest={sha512}"));
    assert_eq!(remote.send(put.body(b"abc".to_vec())).status, 201);
    let image = with_layer(&json!({
        "mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": sha512, "size": 3,
    }));
    source.push("web", "1", &image);
    let home = Home::new();
    let line = format!(
        "{} {} --plain-http",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    is_there(&target.remote(), "web", "1", &image);
    let path = format!("/v2/web/blobs/{sha512}");
    let blob = target.remote().send(target.remote().request("GET", &path));
    assert_eq!((blob.status, blob.text().as_str()), (200, "abc"));
}

#[test]
fn credentials_go_to_no_storage() {
    let source = Registry::builder()
        .dialect(Dialect::DistributionToken)
        .user(User::new("mover", "good").pull("*"))
        .blob_storage()
        .start();
    let target = Registry::builder().start();
    let image = large().pack();
    source.push("web", "1", &image);
    let home = Home::new();
    home.logins("auth.json", &[(&source.host(), "mover", "good")]);
    let line = format!(
        "{} {} --plain-http --source-registry-config auth.json",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    assert_eq!(target.manifest("web", "1"), Some(image.manifest));
    let log = source.log();
    let mut asked = 0;
    for request in log.iter().filter(|it| it.origin == Origin::Storage) {
        assert_eq!(request.authorization(), None, "{request:?}");
        asked += 1;
    }
    assert!(asked >= 2, "{log:?}");
}

#[test]
fn few_requests_and_one_token() {
    let builder = || {
        Registry::builder()
            .dialect(Dialect::DistributionToken)
            .user(User::new("mover", "good").pull("*").push("*"))
            .start()
    };
    let (source, target) = (builder(), builder());
    source.push_image("web", "1", &large());
    let home = Home::new();
    let hosts = [source.host(), target.host()];
    let entries: Vec<_> = hosts
        .iter()
        .map(|host| (host.as_str(), "mover", "good"))
        .collect();
    home.logins("auth.json", &entries);
    let line = format!(
        "{} {} --plain-http -a auth.json",
        source.image("web:1"),
        target.image("web")
    );
    home.promote(&line).success();
    // The manifest once, for the check and for the copy.
    let asked = |part: &str| requests(&source, "GET", part).len();
    assert_eq!(asked("/manifests/1"), 1, "{:?}", source.log());
    // The configuration is read for its platform, and copied.
    assert_eq!(asked("/blobs/"), 3, "{:?}", source.log());
    // To read, and to write.
    let tokens = |registry: &Registry| {
        let log = registry.log();
        log.iter()
            .filter(|request| request.asks_for_token())
            .count()
    };
    assert!(tokens(&source) <= 2, "{:?}", source.log());
    assert!(tokens(&target) <= 3, "{:?}", target.log());
    assert!(source.most_connections(Origin::Registry) <= 4);
    assert!(target.most_connections(Origin::Registry) <= 4);
}
