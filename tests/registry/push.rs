//! The push probe: by which way, with what answer, and what is left behind.

use extreg::model::observation::{ExchangeFault, PushVerdict, Withheld};
use extreg_test_support::content::Image;
use extreg_test_support::process::{
    DockerRegistry, HTPASSWD_PASSWORD, HTPASSWD_USER, TokenServer, real_registry_or_skip,
};
use extreg_test_support::registry::{self as embedded, User};

use crate::kit::{CANARY, alice, client, fault, of, password, plain, requests, run};

#[tokio::test]
async fn the_token_tells_where_it_can_and_no_upload_is_opened() {
    let registry = of(embedded::Dialect::DistributionToken)
        .user(User::new("alice", CANARY).pull("*").push("team/*"))
        .start();
    registry.push_image("team/app", "1.0", &Image::new());
    let client = alice(&registry);
    let allowed = client.push("team/app", Some(0)).await;
    assert_eq!(allowed.verdict, PushVerdict::Allowed);
    assert_eq!(allowed.leftover, None);
    let denied = client.push("other/app", Some(0)).await;
    assert_eq!(
        denied.verdict,
        PushVerdict::Denied {
            words: "the token grants pull".to_owned()
        }
    );
    assert!(
        requests(&registry)
            .iter()
            .all(|asked| !asked.starts_with("POST"))
    );
}

#[tokio::test]
async fn an_upload_is_cancelled_again() {
    let registry = of(embedded::Dialect::DistributionBasic)
        .user(User::new("alice", CANARY).pull("*").push("*"))
        .start();
    let client = alice(&registry);
    let view = client.push("team/app", Some(0)).await;
    assert_eq!(view.verdict, PushVerdict::Allowed);
    assert_eq!(view.leftover, None);
    assert_eq!(registry.open_uploads(), 0);
    assert!(
        requests(&registry)
            .iter()
            .any(|asked| asked.starts_with("DELETE"))
    );
}

#[tokio::test]
async fn refused_credentials_are_not_sent_again_for_the_probe() {
    let registry = of(embedded::Dialect::DistributionBasic).start();
    let client = alice(&registry);
    drop(client.login(0).await);
    let view = client.push("team/app", Some(0)).await;
    assert!(matches!(view.verdict, PushVerdict::NotProved { .. }));
    assert_eq!(
        fault(&view.exchanges[0]),
        &ExchangeFault::Withheld(Withheld::RefusedBefore)
    );
}

#[test]
fn the_real_registry_is_probed_alike() {
    if !real_registry_or_skip("the push probe against the real docker-registry") {
        return;
    }
    let basic = DockerRegistry::builder().htpasswd().start();
    let tokens = TokenServer::start([
        User::new("alice", "s3cret").pull("*").push("team/*"),
        User::new("bob", "s3cret").pull("*"),
    ]);
    let token = DockerRegistry::builder().token_auth(tokens).start();
    run(async {
        let by_basic = client(
            &basic.host(),
            vec![password(HTPASSWD_USER, HTPASSWD_PASSWORD)],
            plain(),
        );
        let view = by_basic.push("team/app", Some(0)).await;
        assert_eq!(view.verdict, PushVerdict::Allowed);
        assert_eq!(view.leftover, None);

        let both = vec![password("alice", "s3cret"), password("bob", "s3cret")];
        let by_token = client(&token.host(), both, plain());
        let alice = by_token.push("team/app", Some(0)).await;
        assert_eq!(alice.verdict, PushVerdict::Allowed);
        let bob = by_token.push("team/app", Some(1)).await;
        assert!(matches!(bob.verdict, PushVerdict::Denied { .. }), "{bob:?}");
    });
}
