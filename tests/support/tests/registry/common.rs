//! What the registry tests share: a registry with users and images, reading challenges, getting tokens, pushing.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helper that cannot do its work ends the test"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use extreg_test_support::client::{Request, Response, get, request};
use extreg_test_support::content::{Image, Packed, digest, media_type};
use extreg_test_support::registry::{Dialect, Registry, RegistryBuilder, User};
use serde_json::Value;

/// The users of the tables: [`ALICE`], who may push to `team`, [`BOB`], and nobody, who may pull from `public`.
pub(crate) fn builder(dialect: Dialect) -> RegistryBuilder {
    Registry::builder()
        .dialect(dialect)
        .user(User::new("alice", "s3cret").push("team/*").owns("alice"))
        .user(User::new("bob", "hunter2"))
        .anonymous_pull("public/*")
}

/// Starts it with `team/app:1.0` and `public/app:1.0`.
pub(crate) fn filled(builder: RegistryBuilder) -> Registry {
    filled_below("", builder)
}

/// As [`filled`], with the images in a `folder` that ends in a slash, where a registry has no shorter names.
pub(crate) fn filled_below(folder: &str, builder: RegistryBuilder) -> Registry {
    let registry = builder.start();
    for place in ["team", "public"] {
        registry.push_image(&format!("{place}/{folder}app"), "1.0", &Image::new());
    }
    registry
}

/// [`builder`] and [`filled`] in one.
pub(crate) fn start(dialect: Dialect) -> Registry {
    filled(builder(dialect))
}

/// A GET for a manifest with the full `Accept` list.
pub(crate) fn manifest(url: &str) -> Request {
    [
        media_type::OCI_INDEX,
        media_type::OCI_MANIFEST,
        media_type::DOCKER_LIST,
        media_type::DOCKER_MANIFEST,
    ]
    .into_iter()
    .fold(get(url), |request, kind| request.header("accept", kind))
}

/// The value of one of a challenge's parameters.
pub(crate) fn parameter(challenge: &str, name: &str) -> Option<String> {
    let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

/// A Bearer challenge's realm with the service, ready for a scope, and its scope.
pub(crate) fn challenge(text: &str) -> (String, Option<String>) {
    let realm = parameter(text, "realm").unwrap_or_else(|| panic!("no realm in {text:?}"));
    let service = parameter(text, "service").unwrap_or_default();
    (
        format!("{realm}?service={service}"),
        parameter(text, "scope"),
    )
}

/// Does what a client does with a 401: asks the realm for a token.
pub(crate) fn ask_token(refused: &Response, login: Option<(&str, &str)>) -> Response {
    assert_eq!(refused.status, 401, "{}", refused.text());
    let (realm, scope) = challenge(refused.challenge());
    let url = match scope {
        Some(scope) => format!("{realm}&scope={scope}"),
        None => realm,
    };
    let request = get(url);
    match login {
        Some((user, password)) => request.basic(user, password),
        None => request,
    }
    .send()
}

/// As [`ask_token`], when it works.
pub(crate) fn token(refused: &Response, login: Option<(&str, &str)>) -> String {
    let answer = ask_token(refused, login);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let json = answer.json();
    let token = json["token"].as_str().or(json["access_token"].as_str());
    token.expect("a token").to_owned()
}

/// What a JWT claims.
pub(crate) fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("base64url");
    serde_json::from_slice(&payload).expect("JSON")
}

/// Pushes over the wire into an open registry.
pub(crate) fn push(registry: &Registry, repository: &str, tag: &str, content: &Packed) {
    let base = format!("{}/v2/{repository}", registry.url());
    for blob in &content.blobs {
        let begun = request("POST", format!("{base}/blobs/uploads/")).send();
        let location = begun.header("location").expect("a location");
        let put = request("PUT", format!("{location}&digest={}", digest(blob)))
            .body(blob.clone())
            .send();
        assert_eq!(put.status, 201, "{}", put.text());
    }
    let put = request("PUT", format!("{base}/manifests/{tag}"))
        .header("content-type", &content.media_type)
        .body(content.manifest.clone())
        .send();
    assert_eq!(put.status, 201, "{}", put.text());
}

/// Where a pull ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// At the token service.
    Token,
    /// At the registry.
    Registry,
}

/// Name and password.
pub(crate) type Login<'a> = Option<(&'a str, &'a str)>;

/// Does what a client does: asks, answers the challenge once, asks again.
pub(crate) fn dance(registry: &Registry, login: Login, path: &str) -> (Stage, Response) {
    dance_with(manifest(&format!("{}/v2/{path}", registry.url())), login)
}

/// As [`dance`], for any request.
pub(crate) fn dance_with(request: Request, login: Login) -> (Stage, Response) {
    let first = request.clone().send();
    if first.status != 401 {
        return (Stage::Registry, first);
    }
    let text = first.challenge().to_owned();
    if text.to_ascii_lowercase().starts_with("basic") {
        return match login {
            Some((user, password)) => (Stage::Registry, request.basic(user, password).send()),
            None => (Stage::Registry, first),
        };
    }
    let answer = ask_token(&first, login);
    if answer.status != 200 {
        return (Stage::Token, answer);
    }
    let json = answer.json();
    let token = json["token"].as_str().or(json["access_token"].as_str());
    let token = token.expect("a token").to_owned();
    (Stage::Registry, request.bearer(&token).send())
}

/// One line of a table: what it shows, who asks for what, and where that ends with which status and code.
pub(crate) type Line<'a> = (&'a str, Login<'a>, &'a str, Stage, u16, &'a str);

/// Checks all lines, and panics with all that do not hold.
pub(crate) fn check(registry: &Registry, table: &[Line]) {
    let mut wrong = Vec::new();
    for &(what, login, path, stage, status, code) in table {
        let (ended, answer) = dance(registry, login, path);
        let found = serde_json::from_slice::<Value>(&answer.body)
            .ok()
            .and_then(|json| json["errors"][0]["code"].as_str().map(str::to_owned))
            .unwrap_or_default();
        if (ended, answer.status, found.as_str()) != (stage, status, code) {
            wrong.push(format!(
                "{what}: {ended:?} {} {found:?}, not {stage:?} {status} {code:?}: {}",
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{:?}\n{}",
        registry.dialect(),
        wrong.join("\n")
    );
}

/// The user of the tables who may pull and push `team/*`.
pub(crate) const ALICE: Login = Some(("alice", "s3cret"));
/// The user of the tables who may nothing.
pub(crate) const BOB: Login = Some(("bob", "hunter2"));
/// The first user with a wrong password.
pub(crate) const WRONG: Login = Some(("alice", "wrong"));
/// A digest that nothing has.
pub(crate) const NO_DIGEST: &str =
    "sha256:abababababababababababababababababababababababababababababababab";

/// Waits for what another thread is about to do.
pub(crate) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !holds() {
        assert!(begun.elapsed().as_secs() < 20, "never came true: {what}");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
