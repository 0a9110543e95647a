use serde_json::{Value, json};

use super::super::{apply_all, invert_all};
use super::*;

const KEY: &str = "registry.example.com..5000";
const REG: &str = "registry.example.com:5000";

fn pem(at: usize) -> String {
    pem::encode(webpki_root_certs::TLS_SERVER_ROOT_CERTS[at].as_ref())
}

fn print(at: usize) -> String {
    pem::parse(pem(at).as_bytes()).certificates[0]
        .certificate
        .fingerprint()
        .to_string()
}

fn add(mend: bool) -> Op {
    Op::BundleAdd(Add {
        key: KEY.into(),
        mark: Some(REG.into()),
        certificates: vec![pem(0)],
        mend,
    })
}

fn map(text: &str) -> Value {
    json!({"kind": "ConfigMap", "data": {KEY: text, "other": "stays"}})
}

fn edited(op: &Op, object: &Value) -> Value {
    apply_all(std::slice::from_ref(op), object)
        .expect("it fits")
        .expect("a change")
}

/// Makes the edit, takes it back, and gives the object in between.
fn there_and_back(op: &Op, object: &Value) -> Value {
    let after = edited(op, object);
    let inverse = invert_all(std::slice::from_ref(op), object).expect("it fits");
    let back = apply_all(&inverse, &after)
        .expect("it fits")
        .expect("a change");
    assert_eq!(back, *object);
    // As the journal keeps it.
    let kept = serde_json::to_string(&inverse).expect("JSON");
    assert_eq!(
        serde_json::from_str::<Vec<Op>>(&kept).expect("ops"),
        inverse
    );
    after
}

#[test]
fn certificates_go_in_and_out() {
    let after = there_and_back(&add(false), &map(&pem(1)));
    assert_eq!(
        after["data"][KEY],
        format!("{}# kubectl-extreg: {REG}\n{}", pem(1), pem(0))
    );
    assert_eq!(apply_all(&[add(false)], &after), Ok(None));
    assert!(add(false).inverse(&after).is_empty());
    let remove = Op::BundleRemove(Remove {
        key: KEY.into(),
        mark: None,
        fingerprints: vec![print(1)],
        keep_key: false,
    });
    let left = edited(&remove, &after);
    assert_eq!(
        left["data"][KEY],
        format!("# kubectl-extreg: {REG}\n{}", pem(0))
    );
    assert_eq!(remove.inverse(&left), [], "it is out");
}

#[test]
fn a_key_that_was_made_goes_and_one_that_was_there_stays() {
    for (object, left) in [
        (json!({"kind": "ConfigMap"}), json!({"kind": "ConfigMap"})),
        (
            json!({"data": {"other": "x"}}),
            json!({"data": {"other": "x"}}),
        ),
        (json!({"data": {KEY: ""}}), json!({"data": {KEY: ""}})),
    ] {
        let after = edited(&add(false), &object);
        let inverse = add(false).inverse(&object);
        assert_eq!(apply_all(&inverse, &after), Ok(Some(left)));
    }
}

#[test]
fn what_others_put_in_between_stays() {
    let inverse = add(false).inverse(&map(&pem(1)));
    let mut now = edited(&add(false), &map(&pem(1)));
    let grown = format!(
        "{}# later\n{}",
        now["data"][KEY].as_str().expect("text"),
        pem(2)
    );
    now["data"][KEY] = json!(grown);
    let after = apply_all(&inverse, &now)
        .expect("it fits")
        .expect("a change");
    assert_eq!(after["data"][KEY], format!("{}# later\n{}", pem(1), pem(2)));
}

#[test]
fn bytes_are_edited_where_they_are() {
    let object = json!({"binaryData": {KEY: BASE64.encode(pem(1))}});
    let after = there_and_back(&add(false), &object);
    assert!(after.get("data").is_none());
    assert_eq!(
        bundle::blocks(&text_of(&after, KEY).expect("text")).len(),
        2
    );
    let bytes = json!({"binaryData": {KEY: BASE64.encode([0xff, 0xfe])}});
    assert!(matches!(
        apply_all(&[add(false)], &bytes),
        Err(OpRefusal::Shape { .. })
    ));
    assert!(matches!(
        apply_all(&[add(false)], &json!({"data": {KEY: 7}})),
        Err(OpRefusal::Shape { .. })
    ));
}

#[test]
fn a_malformed_bundle_is_refused_or_mended_and_comes_back_as_it_was() {
    let glued = format!("{}{}", pem(1).trim_end(), pem(2));
    let refusal = apply_all(&[add(false)], &map(&glued)).expect_err("malformed");
    let words = refusal.to_string();
    assert!(
        words.contains(KEY) && words.contains("line ") && words.contains("meet on one line"),
        "{words}"
    );
    let after = there_and_back(&add(true), &map(&glued));
    assert_eq!(
        bundle::blocks(after["data"][KEY].as_str().expect("text")).len(),
        3
    );
    // Somebody wrote to it since: the old text must not come over that.
    let inverse = add(true).inverse(&map(&glued));
    let mut now = after;
    now["data"][KEY] = json!(format!(
        "{}{}",
        now["data"][KEY].as_str().expect("text"),
        pem(3)
    ));
    assert!(matches!(
        apply_all(&inverse, &now),
        Err(OpRefusal::Changed { .. })
    ));
}

#[test]
fn text_alone_is_no_defect_and_stays() {
    for text in ["see the wiki\n", "\n"] {
        let after = edited(&add(false), &map(text));
        let text_after = after["data"][KEY].as_str().expect("text");
        assert!(text_after.starts_with(text), "{text_after}");
    }
}

#[test]
fn a_private_key_is_refused_and_never_kept() {
    let key = "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5\n-----END PRIVATE KEY-----\n";
    let object = map(&format!("{}{key}", pem(1)));
    for mend in [false, true] {
        let refusal = apply_all(&[add(mend)], &object).expect_err("a key");
        assert!(matches!(refusal, OpRefusal::PrivateKey { .. }));
        let kept = format!(
            "{refusal} {:?} {}",
            add(mend).inverse(&object),
            add(mend).before(&object)
        );
        assert!(!kept.contains("Y2FuYXJ5"), "{kept}");
    }
    // Taking something else out does no harm to it, and keeps nothing of it.
    let remove = Op::BundleRemove(Remove {
        key: KEY.into(),
        mark: None,
        fingerprints: vec![print(1)],
        keep_key: false,
    });
    let after = edited(&remove, &object);
    assert_eq!(after["data"][KEY], key);
    let kept = format!(
        "{} {}",
        remove.before(&object),
        json!(remove.inverse(&object))
    );
    assert!(!kept.contains("Y2FuYXJ5"), "{kept}");
    assert_eq!(remove.before(&object), json!([print(1)]));
}

#[test]
fn two_registries_share_a_certificate() {
    let other = Op::BundleAdd(Add {
        key: KEY.into(),
        mark: Some("quay.io".into()),
        certificates: vec![pem(0)],
        mend: false,
    });
    let first = edited(&add(false), &map(""));
    let both = there_and_back(&other, &first);
    // The first one's way back, after the second came.
    let inverse = add(false).inverse(&map(""));
    let left = apply_all(&inverse, &both)
        .expect("it fits")
        .expect("a change");
    assert_eq!(
        left["data"][KEY],
        format!("# kubectl-extreg: quay.io\n{}", pem(0))
    );
}

#[test]
fn the_places_have_names() {
    assert_eq!(add(false).place(), format!("/data/{KEY}"));
}
