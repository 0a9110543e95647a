//! Every stage at which a registry can be out of reach is named, in time, and with what was seen up to there.

use std::time::{Duration, Instant};

use extreg::model::observation::{
    ConnectFault, DnsFault, ExchangeFault, LoginVerdict, PingKind, TlsFault,
};
use extreg::registry::Options;
use extreg_test_support::certs::{Ca, Leaf, self_signed};
use extreg_test_support::content::Image;
use extreg_test_support::net::ClosedPort;
use extreg_test_support::registry::{self as embedded, At, Fault, Origin};

use crate::kit::{
    CANARY, answer, client, fault, impatient, nobody, of, open_registry, options, password, plain,
    raw_server, requests, run, secure, trusting,
};

#[tokio::test]
async fn a_name_that_does_not_resolve() {
    // A label longer than 63 bytes: the resolver refuses it without asking anybody.
    let name = format!("{}.test", "a".repeat(64));
    let client = client(&name, vec![], options(&[]));
    let dial = client.dial().await;
    let dns = dial.dns.unwrap().result;
    assert!(matches!(dns, Err(DnsFault::NotFound { .. })), "{dns:?}");
    assert!(dial.tcp.is_none() && dial.tls.is_none());
    let ping = client.ping().await;
    assert_eq!(ping.kind, PingKind::NoAnswer);
    assert!(matches!(fault(&ping.exchange), ExchangeFault::Dns(_)));
}

#[test]
fn a_refused_connection_is_tried_once() {
    let closed = ClosedPort::new();
    run(async {
        let credentials = vec![password("alice", CANARY)];
        let client = client(&closed.host(), credentials, options(&[]));
        let dial = client.dial().await;
        assert_eq!(dial.tcp.unwrap().result, Err(ConnectFault::Refused));
        let view = client.manifest("a/b", "1.0", None).await;
        assert_eq!(
            fault(&view.exchange),
            &ExchangeFault::Connect(ConnectFault::Refused)
        );
        assert!(matches!(
            client.login(0).await.verdict,
            LoginVerdict::Unknown { .. }
        ));
    });
}

/// The TLS fault of a registry that misbehaves like this.
async fn tls_fault(misbehaviour: Fault) -> TlsFault {
    tls_fault_within(misbehaviour, |options| options).await
}

async fn tls_fault_within(misbehaviour: Fault, limits: fn(Options) -> Options) -> TlsFault {
    let ca = Ca::new("Corp Root");
    let registry = secure(&ca).start();
    registry.fault(misbehaviour);
    let client = client(&registry.host(), vec![], limits(options(&[ca.pem()])));
    let dial = client.dial().await;
    let connected = dial.tcp.as_ref().is_some_and(|tcp| tcp.result.is_ok());
    assert!(connected, "{dial:?}");
    let found = dial.tls.unwrap().result.unwrap_err();
    let ping = client.ping().await;
    assert_eq!(fault(&ping.exchange), &ExchangeFault::Tls(found.clone()));
    assert_eq!(requests(&registry), Vec::<String>::new());
    found
}

#[tokio::test]
async fn handshakes_that_do_not_finish_are_told_apart() {
    for silent in [Fault::silent_accept(), Fault::silent_tls()] {
        assert_eq!(
            tls_fault_within(silent, impatient).await,
            TlsFault::TimedOut
        );
    }
    assert_eq!(tls_fault(Fault::plain_http()).await, TlsFault::PlainHttp);
}

#[tokio::test]
async fn a_server_that_hangs_up_on_the_hello_has_reset() {
    let port = raw_server(b"");
    let dial = client(&format!("127.0.0.1:{port}"), vec![], options(&[]))
        .dial()
        .await;
    assert_eq!(dial.tls.unwrap().result, Err(TlsFault::Reset));
}

#[tokio::test]
async fn a_port_that_speaks_something_else_is_quoted() {
    let port = raw_server(b"SSH-2.0-OpenSSH_9.2\r\n");
    let dial = client(&format!("127.0.0.1:{port}"), vec![], options(&[]))
        .dial()
        .await;
    let Err(TlsFault::Handshake { text, our_limits }) = dial.tls.unwrap().result else {
        panic!("no handshake fault");
    };
    assert!(text.contains("SSH-2.0") && !our_limits, "{text}");

    let ping = client(&format!("127.0.0.1:{port}"), vec![], plain())
        .ping()
        .await;
    let ExchangeFault::Protocol { text } = fault(&ping.exchange) else {
        panic!("{ping:?}");
    };
    assert!(text.contains("SSH-2.0"), "{text}");
}

#[tokio::test]
async fn an_alert_for_want_of_a_common_cipher_is_our_limit() {
    // Alert, TLS 1.2, two bytes: fatal, handshake_failure.
    let port = raw_server(&[21, 3, 3, 0, 2, 2, 40]);
    let dial = client(&format!("127.0.0.1:{port}"), vec![], options(&[]))
        .dial()
        .await;
    assert!(matches!(
        dial.tls.unwrap().result,
        Err(TlsFault::Handshake {
            our_limits: true,
            ..
        })
    ));
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_says_so_in_both_versions() {
    let ca = Ca::new("Corp Root");
    for old in [false, true] {
        let builder = secure(&ca).client_certificates_of(ca.pem());
        let registry = if old { builder.tls12_only() } else { builder }.start();
        let ping = trusting(&registry, &ca).ping().await;
        assert_eq!(
            fault(&ping.exchange),
            &ExchangeFault::Tls(TlsFault::ClientCertificateWanted),
            "TLS 1.2: {old}"
        );
    }
}

#[tokio::test]
async fn plain_http_to_a_tls_port_is_seen_in_the_answer() {
    // What Go's servers say.
    let ca = Ca::new("Corp Root");
    let registry = secure(&ca).start();
    let ping = client(&registry.host(), vec![], plain()).ping().await;
    assert!(matches!(ping.kind, PingKind::NotARegistry { .. }));
    assert_eq!(
        answer(&ping.exchange).errors[0].message,
        "Client sent an HTTP request to an HTTPS server."
    );
    // What others say: an alert, TLS 1.2, two bytes: fatal, protocol_version.
    let port = raw_server(&[21, 3, 3, 0, 2, 2, 70]);
    let ping = client(&format!("127.0.0.1:{port}"), vec![], plain())
        .ping()
        .await;
    let ExchangeFault::Protocol { text } = fault(&ping.exchange) else {
        panic!("{ping:?}");
    };
    assert!(text.contains("wants https"), "{text}");
}

#[tokio::test]
async fn an_untrusted_chain_is_kept_and_nothing_is_asked() {
    let ca = Ca::new("Corp Root");
    let other = Ca::new("Another Root");
    let leaf = ca.server(&["127.0.0.1"]);
    let registry = embedded::Registry::builder().tls(&leaf).start();
    let client_of = |options: Options| client(&registry.host(), vec![], options);

    let stranger = client_of(options(&[other.pem()]));
    let dial = stranger.dial().await;
    assert_eq!(
        dial.tls.unwrap().result.unwrap().chain,
        vec![leaf.der().to_vec()]
    );
    assert_eq!(
        fault(&stranger.ping().await.exchange),
        &ExchangeFault::Untrusted
    );
    assert_eq!(requests(&registry), Vec::<String>::new());
    assert_eq!(registry.connections(Origin::Registry), 1);

    let lenient = client_of(Options {
        accept_untrusted: true,
        ..options(&[])
    });
    assert_eq!(lenient.ping().await.kind, PingKind::Open);
    assert!(lenient.dial().await.tls.unwrap().result.is_ok());
}

#[tokio::test]
async fn names_dates_and_home_made_certificates_are_judged_as_go_does() {
    let ca = Ca::new("Corp Root");
    let expired = ca.issue(&Leaf::new(&["127.0.0.1"]).expired());
    let misnamed = ca.server(&["registry.example"]);
    let home_made = self_signed(&["127.0.0.1"]);
    for (issued, root, trusted) in [
        (&expired, ca.pem(), false),
        (&misnamed, ca.pem(), false),
        (&home_made, home_made.cert_pem.as_str(), true),
    ] {
        let registry = embedded::Registry::builder().tls(issued).start();
        let ping = client(&registry.host(), vec![], options(&[root]))
            .ping()
            .await;
        if trusted {
            assert_eq!(ping.kind, PingKind::Open);
        } else {
            assert_eq!(fault(&ping.exchange), &ExchangeFault::Untrusted);
        }
    }
}

#[tokio::test]
async fn insecure_registries_are_tried_by_https_first_and_never_with_credentials_by_http() {
    let registry = of(embedded::Dialect::DistributionBasic).start();
    registry.push_image("a/b", "1.0", &Image::new());
    let insecure = Options {
        accept_untrusted: true,
        ..options(&[])
    };
    let client = client(&registry.host(), vec![password("alice", CANARY)], insecure);
    let dial = client.dial().await;
    assert!(!dial.origin.https && dial.tls.is_none());
    assert_eq!(client.ping().await.kind, PingKind::Challenge);
    drop(client.login(0).await);
    let view = client.manifest("a/b", "1.0", Some(0)).await;
    assert!(matches!(fault(&view.exchange), ExchangeFault::Withheld(_)));
    drop(client.push("a/b", Some(0)).await);
    for request in registry.log() {
        assert_eq!(request.authorization(), None, "{request:?}");
    }
}

#[tokio::test]
async fn silence_after_the_request_and_in_the_answer_are_told_apart() {
    let registry = open_registry();
    registry.push_image("a/b", "1.0", &Image::new());
    let client_of = || client(&registry.host(), vec![], impatient(plain()));
    registry.fault(Fault::silent_http());
    assert_eq!(
        fault(&client_of().ping().await.exchange),
        &ExchangeFault::TimedOut {
            after: "the connection was made and the request sent"
        }
    );
    registry.mend();
    registry.fault(Fault::stall_in_body().at(At::Manifests));
    assert_eq!(
        fault(&client_of().manifest("a/b", "1.0", None).await.exchange),
        &ExchangeFault::TimedOut {
            after: "the answer had begun"
        }
    );
    registry.mend();
    registry.fault(Fault::reset_in_body().at(At::Manifests));
    let view = nobody(&registry).manifest("a/b", "1.0", None).await;
    assert!(
        matches!(fault(&view.exchange), ExchangeFault::Cut { .. }),
        "{view:?}"
    );
}

/// The kernel may learn of the end before the connection was looked at; both are the same to whoever reads the report.
#[tokio::test]
async fn a_connection_that_ends_at_once_is_cut_or_reset() {
    let ca = Ca::new("Corp Root");
    for misbehaviour in [
        Fault::reset_at_accept(),
        Fault::close_at_accept(),
        Fault::reset_in_tls(),
    ] {
        let plain_registry = open_registry();
        plain_registry.fault(misbehaviour.clone());
        let ping = nobody(&plain_registry).ping().await;
        assert!(
            matches!(
                fault(&ping.exchange),
                ExchangeFault::Cut { .. } | ExchangeFault::Connect(ConnectFault::Reset)
            ),
            "{ping:?}"
        );
        let secure_registry = secure(&ca).start();
        secure_registry.fault(misbehaviour);
        let ping = trusting(&secure_registry, &ca).ping().await;
        assert!(
            matches!(
                fault(&ping.exchange),
                ExchangeFault::Tls(TlsFault::Reset) | ExchangeFault::Connect(ConnectFault::Reset)
            ),
            "{ping:?}"
        );
    }
}

#[tokio::test]
async fn the_deadline_holds_for_a_server_that_says_nothing() {
    let registry = open_registry();
    registry.fault(Fault::silent_http());
    let start = Instant::now();
    let short = Options {
        deadline: start + Duration::from_millis(1200),
        ..plain()
    };
    let client = client(&registry.host(), vec![password("alice", CANARY)], short);
    let (ping, view, tags, push) = tokio::join!(
        client.ping(),
        client.manifest("a/b", "1.0", Some(0)),
        client.tags("a/b", None, 10),
        client.push("a/b", Some(0)),
    );
    // Where the machine is busy, the time can be over before the request is sent.
    assert!(
        matches!(
            fault(&ping.exchange),
            ExchangeFault::TimedOut { .. } | ExchangeFault::Deadline
        ),
        "{ping:?}"
    );
    assert!(view.manifest.is_none() && tags.tags.is_none());
    assert!(
        !push
            .exchanges
            .iter()
            .any(|exchange| exchange.result.is_ok())
    );
    // The budget of one request alone is 8 seconds.
    assert!(
        start.elapsed() < Duration::from_secs(8),
        "{:?}",
        start.elapsed()
    );
    let late = client.manifest("a/b", "2.0", None).await;
    assert_eq!(fault(&late.exchange), &ExchangeFault::Deadline);
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closed_is_replaced() {
    let registry = open_registry();
    registry.push_image("a/b", "1.0", &Image::new());
    let client = nobody(&registry);
    assert_eq!(client.ping().await.kind, PingKind::Open);
    registry.fault(Fault::close_at_accept().times(1));
    let view = client.manifest("a/b", "1.0", None).await;
    assert_eq!(answer(&view.exchange).status, 200);
}
