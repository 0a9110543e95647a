//! Where a registry may send this tool: realms of token services, and targets of redirects.
//!
//! Pure. Source of the rules: go-containerregistry `transport/bearer.go` `validateRealmURL` and `realmRedirectCheck`, the
//! distribution specification on `Authorization` across hosts.

use std::net::IpAddr;

use url::{Host, Url};

use super::dial::guard::may_reach;
use crate::model::observation::{Origin, Withheld};

/// The URL of a realm that a registry named, if anything may be sent there. `own` are the registry's addresses.
pub(super) fn realm(registry: &Origin, own: &[IpAddr], realm: &str) -> Result<Url, Withheld> {
    let malformed = || Withheld::RealmMalformed {
        realm: super::urls::shown_text(realm),
    };
    let url = Url::parse(realm).map_err(|_no_url| malformed())?;
    let named = super::urls::shown(&url);
    match url.scheme() {
        "http" if registry.https => return Err(Withheld::RealmDowngrade { realm: named }),
        "https" | "http" => {}
        _ => return Err(malformed()),
    }
    if url.host().is_none() || !url.username().is_empty() || url.password().is_some() {
        return Err(malformed());
    }
    if leads_astray(&url, own) {
        return Err(Withheld::RealmAddress { realm: named });
    }
    Ok(url)
}

/// Where the redirect from `from` to `location` leads, if it may be followed.
pub(super) fn redirect(from: &Url, location: &str, own: &[IpAddr]) -> Result<Url, Withheld> {
    let refuse = |why| Withheld::Redirect {
        location: super::urls::shown_text(location),
        why,
    };
    let url = from
        .join(location)
        .map_err(|_no_url| refuse("it is no URL"))?;
    match url.scheme() {
        "http" if from.scheme() == "https" => {
            return Err(refuse("it steps down from https to http"));
        }
        "https" | "http" => {}
        _ => return Err(refuse("it is no web address")),
    }
    if leads_astray(&url, own) {
        return Err(refuse("nothing of a registry's lives at that address"));
    }
    Ok(url)
}

/// An address literal that only this machine or its network reaches. Names are checked when they are resolved.
fn leads_astray(url: &Url, own: &[IpAddr]) -> bool {
    let address = match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        Some(Host::Domain(_)) | None => return false,
    };
    !may_reach(address, own, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(https: bool) -> Origin {
        Origin {
            https,
            host: "registry.example".to_owned(),
            port: 443,
        }
    }

    fn public() -> Vec<IpAddr> {
        vec!["203.0.113.7".parse().unwrap()]
    }

    #[test]
    fn realms_on_other_hosts_are_usual_and_allowed() {
        for good in [
            "https://auth.docker.io/token",
            "https://gitlab.com/jwt/auth",
            "https://registry.example:8443/token?x=y",
        ] {
            assert!(realm(&origin(true), &public(), good).is_ok(), "{good}");
        }
        assert!(realm(&origin(false), &public(), "http://registry.example/token").is_ok());
    }

    #[test]
    fn nothing_is_sent_to_a_realm_that_steps_down() {
        assert_eq!(
            realm(&origin(true), &public(), "http://registry.example/token"),
            Err(Withheld::RealmDowngrade {
                realm: "http://registry.example/token".to_owned()
            })
        );
    }

    #[test]
    fn nothing_is_sent_to_addresses_that_the_registry_should_not_know() {
        for near in [
            "https://169.254.169.254/latest/meta-data",
            "https://127.0.0.1/token",
            "https://[::1]/token",
            "https://10.0.0.1/token",
            "https://0x7f.1/token",
            "https://[::ffff:169.254.169.254]/token",
        ] {
            assert!(
                matches!(
                    realm(&origin(true), &public(), near),
                    Err(Withheld::RealmAddress { .. })
                ),
                "{near}"
            );
        }
        let private = vec!["10.1.2.3".parse().unwrap()];
        assert!(realm(&origin(true), &private, "https://10.0.0.1/token").is_ok());
        let this_machine = vec!["127.0.0.1".parse().unwrap()];
        assert!(realm(&origin(true), &this_machine, "https://127.0.0.1:5001/token").is_ok());
    }

    #[test]
    fn what_is_no_realm_is_said_without_its_secrets() {
        for bad in ["", "token", "ftp://h/", "https://user:secret@h/token"] {
            let Err(Withheld::RealmMalformed { realm }) = realm(&origin(true), &public(), bad)
            else {
                panic!("{bad} was accepted");
            };
            assert!(!realm.contains("secret"));
        }
    }

    #[test]
    fn redirects_never_step_down_or_lead_inside() {
        let from = Url::parse("https://registry.example/v2/a/blobs/sha256:1").unwrap();
        assert_eq!(
            redirect(&from, "/v2/library/a/blobs/sha256:1", &public())
                .unwrap()
                .as_str(),
            "https://registry.example/v2/library/a/blobs/sha256:1"
        );
        assert!(redirect(&from, "https://cdn.example/x?sig=1", &public()).is_ok());
        for (bad, shown) in [
            (
                "http://cdn.example/x?sig=secret",
                "http://cdn.example/x?sig=...",
            ),
            ("https://169.254.169.254/x", "https://169.254.169.254/x"),
            ("file:///etc/passwd", "file:///etc/passwd"),
        ] {
            let Err(Withheld::Redirect { location, .. }) = redirect(&from, bad, &public()) else {
                panic!("{bad} was accepted");
            };
            assert_eq!(location, shown);
        }
    }
}
