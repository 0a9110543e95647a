use super::*;
use crate::report::v1::{Judged, read};

/// A report whose texts hold these sentences, one a piece of evidence.
fn report(sentences: &[&str]) -> Report {
    let evidence: Vec<serde_json::Value> = sentences
        .iter()
        .enumerate()
        .map(|(at, detail)| {
            serde_json::json!({
                "id": format!("e{}", at + 1), "check": "observed", "vantage": "node", "status": "fail", "detail": detail,
            })
        })
        .collect();
    let value = serde_json::json!({
        "apiVersion": "extreg.dev/v1", "kind": "DoctorReport", "tool": {"name": "kubectl-extreg", "version": "1"},
        "startedAt": "2026-11-22T11:02:31Z", "elapsedMs": 1,
        "cluster": {"context": "canaryctx/api:6443/canaryjdoe", "server": "https://api.canarycluster.example:6443",
                    "kubernetes": null, "openshift": null},
        "summary": {"checked": 1, "healthy": 0, "failed": 1, "undetermined": 0},
        "results": [{
            "target": {"kind": "Deployment", "namespace": "canaryns", "name": "canaryweb", "container": "canarybox"},
            "image": "registry.canaryhost.example:5000/canaryteam/canaryrepo:canarytag",
            "operation": "pull", "status": "failed", "cause": "auth.bad-credentials", "family": "auth",
            "alternatives": [], "confidence": "certain",
            "consumer": {"kind": "AuthFile", "file": "/home/canaryhome/auth.json"},
            "involves": {"secret": {"namespace": "canaryns", "name": "canarysecret"}, "key": "*.canaryhost.example"},
            "summary": "registry.canaryhost.example:5000 refuses the login canaryuser+ci", "because": ["e1"], "observed": null,
            "ruledOut": ["network.dns"],
            "remedies": [{"summary": "store it", "applicability": "safe",
                "changes": [{"apiVersion": "v1", "kind": "Secret", "namespace": "canaryns", "name": "canarysecret"}],
                "commands": [["oc", "extreg", "link", "registry.canaryhost.example:5000", "-n", "canaryns",
                              "--registry-username", "canaryuser+ci", "--registry-ca", "/etc/canaryfile.pem"]]}],
            "evidence": evidence,
        }],
        "names": {"users": ["canaryuser+ci"], "certificates": ["Canary Corp Root CA"], "hosts": ["*.canaryhost.example"],
                  "objects": ["canarynode"]},
    });
    read(value.to_string().as_bytes()).unwrap()
}

fn hidden(sentences: &[&str]) -> Judged {
    let mut report = redacted(report(sentences));
    report.results.pop().unwrap()
}

/// What becomes of one sentence.
fn sentence(text: &str) -> String {
    hidden(&[text]).evidence.pop().unwrap().detail
}

/// Every class of name, in every form in which a report may have it.
const SENTENCES: &[&str] = &[
    "secret canaryns/canarysecret: key \"registry.canaryhost.example\" does not match",
    "pod canaryns/canaryweb-5d9f7-x2x7p on canarynode: back-off",
    "GET https://auth.canaryrealm.example/token?service=canaryservice.example&scope=repository%3Acanaryteam%2Fcanaryrepo%3Apull: 401",
    "dial tcp 10.20.30.40:5000: connect: connection refused; lookup canaryhost2.example on 10.20.30.41:53",
    "dial tcp [2001:470:1:2::77]:443: i/o timeout",
    "write to canary.person@canarymail.example for access",
    "User \"canaryadmin\" cannot list resource \"events\" in the namespace \"canaryns\"",
    "system:serviceaccount:canaryother:canarybot may not",
    "nobody vouches for CN=Canary Corp Root CA, valid to 2027-01-01",
    "nobody vouches for CN=Canary Corp Ro…",
    "the mirror mirror.canaryhost.example/canarymirror/canaryrepo does not have it",
    "REGISTRY.CANARYHOST.EXAMPLE:5000 in another spelling, registry.canaryhost.example..5000 as a key",
    "pull access denied for canaryunknown/canarypath, repository does not exist",
    "registry.canaryho…",
];

#[test]
fn no_canary_shows_in_any_byte() {
    let report = report(SENTENCES);
    assert!(report.json().to_lowercase().matches("canary").count() > 40);
    let hidden = redacted(report);
    for text in [
        hidden.json(),
        crate::report::text::render(&hidden, &[], &look()),
    ] {
        let lower = text.to_lowercase();
        for canary in ["canary", "10.20.30", "2001:470", "jdoe"] {
            assert!(!lower.contains(canary), "{canary} shows in\n{text}");
        }
    }
    assert!(hidden.redacted);
}

fn look() -> crate::report::text::Look {
    crate::report::text::Look {
        paint: crate::ui::Paint::plain(),
        glyphs: crate::ui::Glyphs::for_locale(true),
        width: 84,
        detail: crate::report::text::Detail::Stages,
    }
}

#[test]
fn the_same_thing_has_the_same_placeholder_everywhere() {
    let result = hidden(SENTENCES);
    let image = &result.image;
    let registry = image.split(':').next().unwrap();
    assert!(
        registry.starts_with("registry-") && image.contains(":5000/name-"),
        "{image}"
    );
    let namespace = result.target.namespace.clone().unwrap();
    assert_eq!(
        result.remedies[0].changes[0].namespace,
        Some(namespace.clone())
    );
    let command = result.remedies[0].commands[0].join(" ");
    assert!(
        command.starts_with(&format!(
            "oc extreg link {registry}:5000 -n {namespace} --registry-username user-"
        )),
        "{command}"
    );
    assert!(
        result
            .summary
            .starts_with(&format!("{registry}:5000 refuses the login user-")),
        "{}",
        result.summary
    );
    // The domain of a wildcard shows in the hosts below it, or nobody could tell that the key matches.
    let key = result.involves.unwrap().key.unwrap();
    let domain = key.strip_prefix("*.").unwrap();
    assert!(
        domain.starts_with("domain-") && registry.ends_with(domain),
        "{registry} {key}"
    );
    // A spelling stays another spelling.
    let spelling = result
        .evidence
        .iter()
        .find(|item| item.detail.contains("spelling"))
        .map(|item| item.detail.clone())
        .unwrap();
    assert!(
        spelling.starts_with("Registry-") && spelling.contains("..5000"),
        "{spelling}"
    );
}

#[test]
fn what_everybody_knows_stays() {
    for text in [
        "quay.io/v2/ answers as a registry (Quay), wants a login",
        "docker.io/library is asked; the service account default has none; kube-system, openshift-config",
        "no list of image.config/cluster keeps it out; linux/amd64 and linux/arm64",
        "401 UNAUTHORIZED: authentication required; tags/list: 2 tags: 1.4, latest",
        "would send auth.json, key of type kubernetes.io/dockerconfigjson, application/vnd.oci.image.manifest.v1+json",
        "oc extreg explain auth.bad-credentials",
        "127.0.0.1:5000, localhost and [::1]:5000 are here",
        "sha256:721ae68c5764f00dcafe721ae68c5764f00dcafe721ae68c5764f00dcafe1234 of 3 layers, 2.5 kB, 812 ms",
        "connected through image-registry.openshift-image-registry.svc:5000",
    ] {
        assert_eq!(sentence(text), text);
    }
}

#[test]
fn words_of_sentences_stay_even_if_something_is_named_so() {
    let mut report = report(&["the registry refuses the secret of the pod shop/secret"]);
    report.results[0].target.name = Some("secret".to_owned());
    report.results[0].target.container = Some("registry".to_owned());
    let result = redacted(report).results.pop().unwrap();
    let name = result.target.name.unwrap();
    assert!(name.starts_with("name-"), "{name}");
    let (words, behind) = result.evidence[0].detail.split_once('/').unwrap();
    assert!(
        words.starts_with("the registry refuses the secret of the pod name-"),
        "{words}"
    );
    assert_eq!(behind, name);
}

#[test]
fn addresses_run_out_late() {
    let many: Vec<String> = (0..1200)
        .map(|at| format!("10.{}.{}.7", at / 250, at % 250))
        .collect();
    let sentences: Vec<&str> = many.iter().map(String::as_str).collect();
    let result = hidden(&sentences);
    let shown: std::collections::BTreeSet<&str> = result
        .evidence
        .iter()
        .map(|item| item.detail.as_str())
        .collect();
    assert_eq!(shown.len(), 1200);
    assert!(
        shown.contains("192.0.2.1")
            && shown.contains("203.0.113.254")
            && !shown.iter().any(|one| one.starts_with("10."))
    );
}

#[test]
fn twice_is_not_worse_than_once() {
    let once = redacted(report(SENTENCES));
    let twice = redacted(once.clone());
    assert_eq!(once.results[0].target.kind, twice.results[0].target.kind);
    assert_eq!(once.results[0].status, twice.results[0].status);
    assert!(!twice.json().to_lowercase().contains("canary"));
}
