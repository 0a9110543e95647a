use std::collections::BTreeMap;
use std::os::unix::fs::symlink;

use super::*;
use crate::model::certificate::Certificate;

fn public(number: usize) -> &'static [u8] {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS[number].as_ref()
}

#[test]
fn what_the_environment_names_takes_the_place_of_the_machines_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    std::fs::create_dir(path("certs")).unwrap();
    std::fs::write(path("one.pem"), pem::encode(public(0))).unwrap();
    std::fs::write(path("certs/two.pem"), pem::encode(public(1))).unwrap();
    std::fs::write(path("elsewhere.pem"), pem::encode(public(2))).unwrap();
    symlink("two.pem", path("certs/1a2b3c4d.0")).unwrap();
    symlink(path("elsewhere.pem"), path("certs/three.pem")).unwrap();
    assert!(is_another_name(&path("certs/1a2b3c4d.0")));
    assert!(!is_another_name(&path("certs/three.pem")));
    let vars = BTreeMap::from([
        ("SSL_CERT_FILE".to_owned(), "one.pem".to_owned()),
        ("SSL_CERT_DIR".to_owned(), "missing:certs".to_owned()),
    ]);
    let env = Env {
        vars,
        cwd: folder.path().to_owned(),
        ..Env::default()
    };
    let roots = machine_roots(&env, None).unwrap();
    for (number, trusted) in [(0, true), (1, true), (2, true), (3, false)] {
        let certificate = Certificate::read(public(number));
        assert_eq!(roots.is_anchor(&certificate), trusted, "{number}");
    }
}
