use proptest::prelude::*;
use secrecy::ExposeSecret as _;

use super::*;

const PROXY: &str = "http://proxy.corp:3128";

fn values(http: &str, https: &str, no_proxy: &str) -> ProxyValues {
    ProxyValues {
        http: http.to_owned(),
        https: https.to_owned(),
        no_proxy: no_proxy.to_owned(),
    }
}

fn rules(no_proxy: &str) -> ProxyRules {
    ProxyRules::from_environment(&values(PROXY, PROXY, no_proxy), &ProxyValues::default())
}

fn https(host: &str, port: Option<u16>) -> Target<'_> {
    Target {
        https: true,
        host,
        port,
    }
}

fn is_direct(no_proxy: &str, host: &str, port: Option<u16>) -> bool {
    matches!(
        rules(no_proxy).decide(&https(host, port)),
        ProxyDecision::Direct { .. }
    )
}

#[test]
fn the_cases_that_other_libraries_get_wrong() {
    assert!(
        is_direct(".cluster.local", "api.cluster.local", Some(6443)),
        "the target counts, not the proxy"
    );
    assert!(!is_direct(
        "proxy.corp:3128",
        "api.cluster.local",
        Some(6443)
    ));
    assert!(
        is_direct("api.cluster.local", "api.cluster.local", Some(6443)),
        "an entry without a port is for all ports"
    );
    assert!(
        is_direct("a,api.cluster.local,", "api.cluster.local", None),
        "a trailing comma means nothing"
    );
    assert!(!is_direct("a,b,", "api.cluster.local", None));
}

#[test]
fn entries() {
    for (entry, host, port, direct) in [
        ("example.com", "example.com", None, true),
        ("example.com", "a.b.example.com", None, true),
        ("example.com", "badexample.com", None, false),
        (".example.com", "a.example.com", None, true),
        (".example.com", "example.com", None, false),
        ("*.example.com", "a.example.com", None, true),
        ("*.example.com", "example.com", None, false),
        ("EXAMPLE.com", "a.Example.COM", None, true),
        (" example.com ", "example.com", None, true),
        ("example.com:5000", "example.com", Some(5000), true),
        ("example.com:5000", "example.com", None, false),
        ("example.com:443", "example.com", None, true),
        ("example.com:", "example.com", Some(5000), true),
        (":5000", "example.com", Some(5000), false),
        ("*", "example.com", None, true),
        ("x, *", "192.0.2.1", None, true),
        ("*example.com", "a.example.com", None, false),
        ("10.0.0.0/8", "10.1.2.3", None, true),
        ("10.0.0.0/8", "11.1.2.3", None, false),
        ("0.0.0.0/0", "11.1.2.3", None, true),
        ("10.0.0.0/33", "10.1.2.3", None, false),
        ("10.0.0.1", "10.0.0.1", Some(5000), true),
        ("10.0.0.1:5000", "10.0.0.1", Some(5000), true),
        ("10.0.0.1:5000", "10.0.0.1", None, false),
        ("2001:db8::/32", "2001:db8::7", None, true),
        ("2001:db8::/32", "[2001:db8::7]", None, true),
        ("[2001:db8::7]:5000", "2001:db8::7", Some(5000), true),
        ("2001:db8::7", "2001:db8:0::7", None, true),
        ("::ffff:10.0.0.0/104", "10.1.2.3", None, true),
        ("10.0.0.1", "::ffff:10.0.0.1", None, true),
        ("0.0.1", "10.0.0.1", None, false),
        ("10.0.0.0/8", "ten.example", None, false),
    ] {
        assert_eq!(
            is_direct(entry, host, port),
            direct,
            "{entry} for {host} {port:?}"
        );
    }
}

#[test]
fn the_entry_that_decided_is_named() {
    let decision = rules("a.example, Example.com ,b.example").decide(&https("x.example.com", None));
    let why = DirectReason::Excepted {
        setting: "NO_PROXY",
        entry: "Example.com".to_owned(),
    };
    assert_eq!(decision, ProxyDecision::Direct { why });
}

#[test]
fn loopback_never_takes_a_proxy() {
    let direct = |host| match rules("").decide(&https(host, Some(5000))) {
        ProxyDecision::Direct { why } => Some(why),
        _ => None,
    };
    assert_eq!(direct("localhost"), Some(DirectReason::Localhost));
    for host in ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "::ffff:127.0.0.1"] {
        assert_eq!(direct(host), Some(DirectReason::Loopback), "{host}");
    }
    assert_eq!(direct("localhost.example"), None);
    assert_eq!(
        direct("LOCALHOST"),
        None,
        "Go compares this one as it is written"
    );
}

#[test]
fn schemes_have_their_own_setting_and_upper_case_comes_first() {
    let upper = values("", "http://upper:1", "");
    let lower = values("http://lower:2", "http://lower:2", "lower.example");
    let rules = ProxyRules::from_environment(&upper, &lower);
    let via = |secure| match rules.decide(&Target {
        https: secure,
        host: "h.example",
        port: None,
    }) {
        ProxyDecision::Via { url, setting } => (url.to_string(), setting),
        other => panic!("{other:?}"),
    };
    assert_eq!(via(true), ("http://upper:1".to_owned(), "HTTPS_PROXY"));
    assert_eq!(via(false), ("http://lower:2".to_owned(), "http_proxy"));
    let why = DirectReason::Excepted {
        setting: "no_proxy",
        entry: "lower.example".to_owned(),
    };
    assert_eq!(
        rules.decide(&https("lower.example", None)),
        ProxyDecision::Direct { why }
    );
}

#[test]
fn unset_is_direct() {
    let rules = ProxyRules::from_environment(&values(PROXY, "", ""), &ProxyValues::default());
    let why = DirectReason::NotSet {
        setting: "HTTPS_PROXY",
    };
    assert_eq!(
        rules.decide(&https("h.example", None)),
        ProxyDecision::Direct { why }
    );
}

#[test]
fn the_clusters_own_settings() {
    let rules = ProxyRules::from_cluster(&values(PROXY, PROXY, ".svc,.cluster.local"));
    let why = DirectReason::Excepted {
        setting: "noProxy",
        entry: ".svc".to_owned(),
    };
    assert_eq!(
        rules.decide(&https("image-registry.openshift.svc", Some(5000))),
        ProxyDecision::Direct { why }
    );
    assert!(matches!(
        rules.decide(&https("quay.io", None)),
        ProxyDecision::Via {
            setting: "httpsProxy",
            ..
        }
    ));
}

#[test]
fn addresses_of_proxies() {
    for (value, shown) in [
        ("proxy.corp:3128", "http://proxy.corp:3128"),
        ("proxy.corp", "http://proxy.corp:80"),
        ("http://proxy.corp/", "http://proxy.corp:80"),
        ("HTTPS://proxy.corp", "https://proxy.corp:443"),
        ("socks5://proxy.corp", "socks5://proxy.corp:1080"),
        ("socks5h://proxy.corp:9", "socks5://proxy.corp:9"),
        ("http://[2001:db8::1]:3128", "http://[2001:db8::1]:3128"),
        ("user@proxy.corp:3128", "http://***@proxy.corp:3128"),
    ] {
        assert_eq!(
            ProxyUrl::parse(value).unwrap().to_string(),
            shown,
            "{value}"
        );
    }
    for (value, error) in [
        ("ftp://proxy.corp", ProxyUrlError::Scheme),
        ("http://", ProxyUrlError::NoHost),
        ("http://:3128", ProxyUrlError::NoHost),
        ("http://proxy corp", ProxyUrlError::Host),
        ("http://[::1", ProxyUrlError::Host),
        ("proxy.corp:http", ProxyUrlError::Port),
        ("proxy.corp:70000", ProxyUrlError::Port),
        ("http://u:%zz@proxy.corp", ProxyUrlError::Credentials),
    ] {
        assert_eq!(ProxyUrl::parse(value).unwrap_err(), error, "{value}");
    }
    let rules = ProxyRules::from_environment(&values("", "ftp://x", ""), &ProxyValues::default());
    let unusable = ProxyDecision::Unusable {
        setting: "HTTPS_PROXY",
        error: ProxyUrlError::Scheme,
    };
    assert_eq!(rules.decide(&https("h.example", None)), unusable);
}

#[test]
fn credentials_are_kept_and_not_shown() {
    let value = "http://joe:p%40ss:word@proxy.corp:3128";
    let url = ProxyUrl::parse(value).unwrap();
    let (user, password) = url.credentials().unwrap();
    assert_eq!(
        (user.as_str(), password.expose_secret()),
        ("joe", "p@ss:word")
    );
    assert_eq!(url.to_secret().expose_secret(), value);
    let settings = values(value, value, "");
    let rules = ProxyRules::from_environment(&settings, &settings);
    let decision = rules.decide(&https("h.example", None));
    for text in [
        format!("{url}"),
        format!("{url:?}"),
        format!("{settings:?}"),
        format!("{rules:?}"),
        format!("{decision:?}"),
    ] {
        assert!(!text.contains("joe") && !text.contains("ss"), "{text}");
    }
    assert!(
        ProxyUrl::parse("proxy.corp")
            .unwrap()
            .credentials()
            .is_none()
    );
}

proptest! {
    #[test]
    fn every_list_and_target_is_decided(
        proxy in ".{0,30}", list in ".{0,60}", host in ".{0,30}", port in any::<Option<u16>>(), https in any::<bool>(),
    ) {
        let rules = ProxyRules::from_environment(&values(&proxy, &proxy, &list), &ProxyValues::default());
        let decision = rules.decide(&Target { https, host: &host, port });
        prop_assert_eq!(
            proxy.is_empty(),
            matches!(decision, ProxyDecision::Direct { why: DirectReason::NotSet { .. } })
        );
    }

    #[test]
    fn more_entries_never_bring_a_proxy_back(
        list in prop::collection::vec("[a-c]{1,2}(\\.[a-c]{1,2}){0,2}(:[1-3])?", 0..5),
        more in "[a-c.*:0-9/]{0,12}", host in "[a-c]{1,2}(\\.[a-c]{1,2}){0,2}", port in 1..4_u16,
    ) {
        let list = list.join(",");
        if is_direct(&list, &host, Some(port)) {
            let longer = format!("{list},{more}");
            prop_assert!(is_direct(&longer, &host, Some(port)));
        }
    }

    #[test]
    fn a_proxys_address_is_read_again_as_shown(host in "[a-z]{1,9}(\\.[a-z]{1,9})?", port in any::<u16>()) {
        let url = ProxyUrl::parse(&format!("{host}:{port}")).unwrap();
        prop_assert_eq!(ProxyUrl::parse(&url.to_string()).unwrap(), url);
    }
}
