//! Network, TLS, the registry itself, the push right.

use std::time::Duration;

use super::kit::*;
use super::{certain, expect, healthy, open};
use crate::doctor::causes::Cause;
use crate::doctor::evidence::{
    ChainFault, Check, Evidence, Fact, PortFact, Role, Side, SkipReason, Vantage,
};
use crate::doctor::finding::Confidence;
use crate::doctor::rank;
use crate::doctor::target::{Consumer, Operation};
use crate::model::dialect::Dialect;
use crate::model::observation::{
    ConnectFault, DnsFault, ExchangeFault, LoginVerdict, Ping, PingKind, ProxyFault, ProxyUse,
    Purpose, PushVerdict, PushView, Sent, TlsFault,
};

fn base() -> World {
    World::new(Dialect::Distribution)
}

#[test]
fn the_way_to_the_registry() {
    let tcp = |fault| base().unreached().fact(Fact::Tcp(stage(Err(fault))));
    certain(
        &base()
            .unreached()
            .fact(Fact::Dns(stage(Err(DnsFault::NotFound {
                text: String::new(),
            })))),
        Cause::Dns,
    );
    certain(&tcp(ConnectFault::Refused), Cause::Refused);
    certain(&tcp(ConnectFault::TimedOut), Cause::Timeout);
    certain(&tcp(ConnectFault::Reset), Cause::Reset);
    let proxy = Fact::Proxy(ProxyUse {
        url: "http://proxy:3128".to_owned(),
        why: "HTTPS_PROXY".to_owned(),
        result: Err(ProxyFault::AuthenticationRequired),
    });
    certain(&base().unreached().fact(proxy), Cause::Proxy);
    let tls = |fault| base().unreached().fact(Fact::Tls(stage(Err(fault))));
    certain(&tls(TlsFault::PlainHttp), Cause::PlainHttp);
    certain(&tls(TlsFault::TimedOut), Cause::Timeout);
    certain(&tls(TlsFault::Reset), Cause::Reset);
    certain(&tls(TlsFault::ClientCertificateWanted), Cause::Handshake);
    certain(
        &tls(TlsFault::Handshake {
            text: "alert".to_owned(),
            our_limits: false,
        }),
        Cause::Handshake,
    );
    // What only our library cannot do is not broken.
    let ours = open(&tls(TlsFault::Handshake {
        text: "alert".to_owned(),
        our_limits: true,
    }));
    assert!(ours.summary().starts_with("TLS: alert (this program's TLS"));
}

fn ping_fault(fault: ExchangeFault) -> World {
    base().instead(Fact::Ping(Ping {
        exchange: exchange(Purpose::Ping, Sent::Nothing, Err(fault)),
        kind: PingKind::NoAnswer,
        dialect: Dialect::Distribution,
    }))
}

#[test]
fn answers_that_do_not_come() {
    certain(
        &ping_fault(ExchangeFault::TimedOut { after: "connected" }),
        Cause::Timeout,
    );
    certain(
        &ping_fault(ExchangeFault::Cut {
            text: String::new(),
        }),
        Cause::Reset,
    );
    certain(
        &ping_fault(ExchangeFault::Protocol {
            text: "junk".to_owned(),
        }),
        Cause::ServerError,
    );
    certain(
        &ping_fault(ExchangeFault::Proxy(
            crate::model::observation::ProxyFault::AuthenticationRequired,
        )),
        Cause::Proxy,
    );
    expect(
        &ping_fault(ExchangeFault::Deadline),
        Cause::Timeout,
        Confidence::Likely,
    );
}

#[test]
fn the_registry_itself() {
    let ping = |kind, status| {
        let world = base();
        let ping = world.ping(kind, status, "");
        world.instead(ping)
    };
    certain(&ping(PingKind::ServerError, 503), Cause::ServerError);
    certain(&ping(PingKind::ChallengeMissing, 401), Cause::ServerError);
    certain(&ping(PingKind::RateLimited, 429), Cause::Rate);
    expect(
        &ping(PingKind::Refused, 403),
        Cause::Quarantined,
        Confidence::Likely,
    );
    certain(&ping(PingKind::Refused, 407), Cause::Proxy);
    certain(
        &base().manifest(None, 429, "TOOMANYREQUESTS", "pull rate limit"),
        Cause::Rate,
    );
    certain(
        &base().manifest(None, 502, "", "bad gateway"),
        Cause::ServerError,
    );
    certain(
        &base().no_token(None, 502, "", "bad gateway"),
        Cause::TokenService,
    );
    certain(
        &World::new(Dialect::Harbor).manifest(
            None,
            412,
            "PROJECTPOLICYVIOLATION",
            "vulnerabilities",
        ),
        Cause::Quarantined,
    );
    let skewed = LoginVerdict::TokenRefused {
        clock_skew: Some(Duration::from_secs(900)),
    };
    let token = |verdict| {
        base()
            .credential("robot", Role::Used, verdict)
            .manifest(Some(0), 401, "UNAUTHORIZED", "")
    };
    certain(&token(skewed), Cause::ClockSkew);
    expect(
        &token(LoginVerdict::TokenRefused { clock_skew: None }),
        Cause::TokenService,
        Confidence::Likely,
    );
}

fn unknown() -> ChainFault {
    ChainFault::UnknownIssuer {
        issuer: "Corp CA".to_owned(),
        missing: None,
    }
}

#[test]
fn chains_are_judged_in_the_order_of_go() {
    let wrong = ChainFault::WrongName {
        presented: vec!["other".to_owned()],
        only_common_name: false,
    };
    let expired = ChainFault::Expired {
        who: HOST.to_owned(),
        at: None,
        is_ca: false,
    };
    let with = |faults| {
        base()
            .instead(Fact::Chain(chain(Side::Here, faults)))
            .manifest_untrusted()
    };
    certain(&with(vec![unknown()]), Cause::UnknownCa);
    let two = certain(
        &with(vec![wrong.clone(), unknown()]),
        Cause::HostnameMismatch,
    );
    assert!(two.summary().contains("Corp CA"), "{}", two.summary());
    certain(
        &with(vec![expired, wrong, unknown()]),
        Cause::CertificateExpired,
    );
    let missing = ChainFault::UnknownIssuer {
        issuer: "Inter".to_owned(),
        missing: Some("known".to_owned()),
    };
    certain(&with(vec![missing]), Cause::IncompleteChain);
    certain(
        &with(vec![ChainFault::UnfitIssuer {
            words: "no CA".to_owned(),
        }]),
        Cause::UnknownCa,
    );
    open(&with(vec![ChainFault::OurLimits {
        words: "P-521".to_owned(),
    }]));
}

impl World {
    fn manifest_untrusted(self) -> Self {
        use crate::model::observation::ManifestView;
        self.fact(Fact::Manifest(Box::new(ManifestView {
            credential: None,
            grant: None,
            exchange: exchange(
                Purpose::Manifest,
                Sent::Nothing,
                Err(ExchangeFault::Untrusted),
            ),
            manifest: None,
        })))
    }
}

#[test]
fn the_side_that_lacks_trust_is_named() {
    let both = |here: Vec<ChainFault>, cluster: Vec<ChainFault>| {
        base()
            .account(Vec::new())
            .instead(Fact::Chain(chain(Side::Here, here)))
            .fact(Fact::Chain(chain(Side::Cluster, cluster)))
    };
    certain(
        &both(Vec::new(), vec![unknown()]).delivered(None),
        Cause::ClusterTrustMissing,
    );
    healthy(&both(vec![unknown()], Vec::new()).delivered(None));
    let mut file = both(vec![unknown()], Vec::new()).delivered(None);
    file.subject.consumer = Consumer::AuthFile {
        path: "auth.json".to_owned(),
    };
    certain(&file, Cause::ClusterTrustMissing);
    certain(
        &both(vec![unknown()], vec![unknown()]).manifest_untrusted(),
        Cause::UnknownCa,
    );
    let mut tolerated = chain(Side::Cluster, vec![unknown()]);
    tolerated.tolerated = true;
    healthy(
        &base()
            .account(Vec::new())
            .fact(Fact::Chain(tolerated))
            .delivered(None),
    );
}

#[test]
fn tls_where_plain_http_was_sent() {
    let mut world = base();
    world.subject.plain_http = true;
    let ping = world.ping(
        PingKind::NotARegistry {
            why: "400".to_owned(),
            title: None,
            location: None,
        },
        400,
        "",
    );
    let world = world.instead(ping).fact(Fact::OtherPort(PortFact {
        port: 80,
        https: true,
        registry: true,
        words: "TLS".to_owned(),
    }));
    certain(&world, Cause::HttpsRequired);
}

#[test]
fn what_was_not_observed_is_never_healthy() {
    let world = base().delivered(None);
    healthy(&world);
    for check in [
        Check::Policy,
        Check::Mirror,
        Check::Credentials,
        Check::Platform,
        Check::Blobs,
        Check::Tls,
    ] {
        for reason in [SkipReason::Forbidden, SkipReason::TimedOut] {
            let mut evidence = world.evidence();
            evidence.push(Evidence::skip(check, Vantage::Config, reason, "not seen"));
            let diagnosis = rank::diagnose(world.subject.clone(), evidence, &world.setting);
            assert!(
                !diagnosis.verdict.is_healthy(),
                "{} {}",
                check.word(),
                reason.word()
            );
            assert!(
                diagnosis.summary().contains(check.word()),
                "{}",
                diagnosis.summary()
            );
        }
    }
}

#[test]
fn the_push_right() {
    let push = |credential, verdict| {
        let mut world = base()
            .credential("robot", Role::Used, LoginVerdict::Accepted)
            .fact(Fact::Push(Box::new(PushView {
                credential,
                way: "opens an upload",
                exchanges: Vec::new(),
                verdict,
                leftover: None,
            })));
        world.subject.operation = Operation::Push;
        world
    };
    let words = || "denied".to_owned();
    healthy(&push(Some(0), PushVerdict::Allowed));
    certain(
        &push(Some(0), PushVerdict::Denied { words: words() }),
        Cause::PushDenied,
    );
    certain(
        &push(None, PushVerdict::Denied { words: words() }),
        Cause::NoCredentials,
    );
    certain(
        &push(Some(0), PushVerdict::RepositoryMissing { words: words() }),
        Cause::RepositoryMissing,
    );
    certain(
        &push(Some(0), PushVerdict::Refused { words: words() }),
        Cause::Quarantined,
    );
    open(&push(Some(0), PushVerdict::NotProved { why: words() }));
    let refused = LoginVerdict::Refused {
        expired: false,
        words: words(),
    };
    let mut first_bad = base()
        .credential("old", Role::Used, refused)
        .fact(Fact::Push(Box::new(PushView {
            credential: Some(0),
            way: "opens an upload",
            exchanges: Vec::new(),
            verdict: PushVerdict::Denied { words: words() },
            leftover: None,
        })));
    first_bad.subject.operation = Operation::Push;
    certain(&first_bad, Cause::BadCredentials);
    certain(
        &first_bad.credential("new", Role::Used, LoginVerdict::Accepted),
        Cause::SecretShadowed,
    );
}

#[test]
fn what_fits_nothing_is_unknown_and_shows_its_evidence() {
    // The registry answers, and nobody asked it for the image.
    let diagnosis = base().diagnose();
    assert_eq!(
        diagnosis.cause(),
        Some(Cause::Unknown),
        "{}",
        diagnosis.summary()
    );
    assert!(!diagnosis.verdict.is_healthy());
}
