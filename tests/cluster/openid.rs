//! Logins by OpenID Connect: an issuer over TLS that gives new tokens, or does not.

use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use extreg::cluster::{Cluster, ClusterError, kinds};
use serde_json::{Value, json};

use crate::certificate::Certificate;
use crate::server::{Reply, Request, Server, found};
use crate::world::World;

/// A token that ends then, in seconds since 1970.
fn token(expiry: u64) -> String {
    let claims = URL_SAFE_NO_PAD.encode(format!("{{\"exp\": {expiry}}}"));
    format!("e30.{claims}.c2ln")
}

const FAR: u64 = 4_102_444_800;
const PAST: u64 = 1_000_000_000;
const SECRETS: [&str; 3] = ["canary-refresh", "canary-secret", "canary-next"];

/// An issuer whose token endpoint answers so.
async fn issuer(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Server {
    let url: Arc<OnceLock<String>> = Arc::default();
    let own = Arc::clone(&url);
    let server = Server::tls(move |request| match request.path.as_str() {
        "/realms/a/.well-known/openid-configuration" => {
            let endpoint = format!("{}/token", own.get().unwrap());
            Reply::json(200, &json!({"token_endpoint": endpoint}))
        }
        "/token" => answer(request),
        _ => Reply::json(404, &Value::Null),
    })
    .await;
    url.set(server.url()).unwrap();
    server
}

/// A user who logs in at `issuer`, with more settings in YAML.
fn user(issuer: &Server, more: &str) -> String {
    let ca = STANDARD.encode(&issuer.ca_pem);
    format!(
        "{{auth-provider: {{name: oidc, config: {{idp-issuer-url: '{}/realms/a/', client-id: 'me:too', \
         idp-certificate-authority-data: {ca}, {more}}}}}}}",
        issuer.url()
    )
}

async fn ask(cluster: &Cluster) -> Result<(), ClusterError> {
    let secret = kinds::SECRET.object(Some("team"), "s");
    cluster.get(&secret).await.map(drop)
}

/// The form that the issuer was sent last.
fn form(issuer: &Server) -> Vec<(String, String)> {
    let body = issuer.log().pop().unwrap().body;
    let url = reqwest::Url::parse(&format!("https://x/?{body}")).unwrap();
    url.query_pairs().into_owned().collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    expected.iter().map(owned).collect()
}

#[tokio::test]
async fn a_token_that_has_run_out_is_renewed_once_for_all_requests() {
    let issuer = issuer(|_| {
        let answer = json!({"id_token": token(FAR), "refresh_token": "canary-next"});
        Reply::json(200, &answer)
    })
    .await;
    let server = Server::tls(found).await;
    let more = format!(
        "id-token: {}, refresh-token: canary-refresh, client-secret: canary-secret%",
        token(PAST)
    );
    let world = World::of(&server, &user(&issuer, &more));
    let kubeconfig = std::fs::read(world.path("home/.kube/config")).unwrap();
    let cluster = world.connect().await.unwrap();
    assert!(
        issuer.log().is_empty(),
        "nothing is renewed before it is needed"
    );
    let (one, two) = tokio::join!(ask(&cluster), ask(&cluster));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    ask(&cluster).await.unwrap();

    assert_eq!(server.log().len(), 3);
    for request in server.log() {
        assert_eq!(
            request.header("authorization"),
            format!("Bearer {}", token(FAR))
        );
    }
    let log = issuer.log();
    assert_eq!(log.len(), 2, "{log:?}");
    assert_eq!(
        log[1].header("authorization"),
        format!("Basic {}", STANDARD.encode("me%3Atoo:canary-secret%25"))
    );
    assert_eq!(
        form(&issuer),
        pairs(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", "canary-refresh")
        ])
    );
    // The kubeconfig stays as it is, and the user hears what that means.
    let warnings = cluster.take_warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("new refresh token"),
        "{warnings:?}"
    );
    assert!(!SECRETS.iter().any(|secret| warnings[0].contains(secret)));
    assert_eq!(
        std::fs::read(world.path("home/.kube/config")).unwrap(),
        kubeconfig
    );
}

#[tokio::test]
async fn an_endpoint_that_wants_the_client_in_the_form_gets_it_there() {
    let issuer = issuer(|request| {
        if request.header("authorization").is_empty() {
            Reply::json(200, &json!({"id_token": token(FAR)}))
        } else {
            Reply::json(401, &json!({"error": "invalid_client"}))
        }
    })
    .await;
    let server = Server::tls(found).await;
    // A client without a secret, and without a token so far.
    let world = World::of(&server, &user(&issuer, "refresh-token: canary-refresh"));
    let cluster = world.connect().await.unwrap();
    ask(&cluster).await.unwrap();
    assert_eq!(
        form(&issuer),
        pairs(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", "canary-refresh"),
            ("client_id", "me:too")
        ])
    );
    assert_eq!(cluster.take_warnings(), Vec::<String>::new());
}

#[tokio::test]
async fn why_a_login_is_not_renewed_is_told_without_its_secrets_and_asked_once() {
    for (answer, words) in [
        (
            (
                400,
                json!({"error": "invalid_grant", "error_description": "canary-refresh"}),
            ),
            "127.0.0.1 refuses it (400 Bad Request invalid_grant)",
        ),
        ((200, json!({"access_token": "canary-next"})), "no id_token"),
        ((200, json!("canary-next")), "no JSON object (200 OK)"),
    ] {
        let issuer = issuer(move |_| Reply::json(answer.0, &answer.1)).await;
        let server = Server::tls(found).await;
        let more = "refresh-token: canary-refresh, client-secret: canary-secret";
        let cluster = World::of(&server, &user(&issuer, more))
            .connect()
            .await
            .unwrap();
        let error = ask(&cluster).await.unwrap_err();
        let asked = issuer.log().len();
        assert!(matches!(error, ClusterError::Unauthorized(_)), "{error:?}");
        let said = error.to_string();
        assert!(
            said.contains("OpenID Connect login of the kubeconfig cannot be renewed")
                && said.contains(words),
            "{said}"
        );
        assert!(
            !SECRETS.iter().any(|secret| said.contains(secret)),
            "{said}"
        );
        assert_eq!(ask(&cluster).await.unwrap_err().to_string(), said);
        assert_eq!(issuer.log().len(), asked);
        assert!(server.log().is_empty());
    }
}

#[tokio::test]
async fn an_issuer_that_cannot_be_trusted_or_is_no_https_is_sent_no_secret() {
    let issuer = issuer(|_| Reply::json(200, &json!({"id_token": token(FAR)}))).await;
    let server = Server::tls(found).await;
    let good = user(&issuer, "refresh-token: canary-refresh");
    let stranger = STANDARD.encode(Certificate::of_authority("stranger", &[]).ca_pem);
    for (user, words) in [
        (
            good.replace(&STANDARD.encode(&issuer.ca_pem), &stranger),
            "signed by an authority that is not trusted",
        ),
        (good.replace("https://", "http://"), "is no https address"),
        (
            good.replace(&STANDARD.encode(&issuer.ca_pem), "AAAA"),
            "idp-certificate-authority holds no certificate",
        ),
        (good.replace("client-id", "unknown"), "it has no client-id"),
    ] {
        let cluster = World::of(&server, &user).connect().await.unwrap();
        let said = ask(&cluster).await.unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
    assert!(issuer.log().is_empty() && server.log().is_empty());

    let nothing = World::of(&server, &user(&issuer, "extra-scopes: email"));
    assert!(
        nothing
            .refusal()
            .await
            .contains("neither an id-token nor a refresh-token")
    );
    let other = World::of(&server, "{auth-provider: {name: gcp, config: {}}}");
    assert!(other.refusal().await.contains("removed from Kubernetes"));
}
