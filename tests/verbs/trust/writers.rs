//! Several writers at once: nothing is lost.

use std::time::{Duration, Instant};

use extreg_test_support::api::{Fault, Request};
use serde_json::json;

use super::*;
use crate::kit::{Embedded, for_each_openshift_alone};

/// Registries that are not asked.
fn registries() -> Vec<String> {
    (1..=8)
        .map(|number| format!("registry-{number}.example.com:5000"))
        .collect()
}

fn key(registry: &str) -> String {
    registry.replace(':', "..")
}

#[test]
fn what_another_writer_puts_in_between_stays() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    let (theirs, mine) = (other_pem(), tls.key());
    name_map(&world, "corp", json!({}));
    let added = theirs.clone();
    let shared = mine.clone();
    world.api().fault(
        Fault::other_writer(move |map| {
            map["data"][shared.as_str()] = json!(added);
            map["data"]["quay.io"] = json!(added);
        })
        .on_path("/namespaces/openshift-config/configmaps/corp")
        .times(1)
        .after(1),
    );
    world
        .run(&format!("trust {} --ca ca.pem --yes", tls.host()))
        .success();
    let map = config_map(&world, "corp").expect("a ConfigMap");
    assert_eq!(map["data"][&mine], format!("{theirs}{}", tls.marked()));
    assert_eq!(map["data"]["quay.io"], theirs);
}

#[test]
fn many_registries_at_once_share_one_config_map_and_one_reference() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let run = |more: &str| {
            let running: Vec<_> = registries()
                .iter()
                .map(|registry| world.cmd(&format!("trust {registry} --yes {more}")).spawn())
                .collect();
            for one in running {
                one.wait().success();
            }
        };
        run("--ca ca.pem --skip-check");
        let map = config_map(world, OURS).expect("a ConfigMap");
        for registry in registries() {
            assert_eq!(
                map["data"][key(&registry)],
                marked(&registry, tls.ca.pem()),
                "{registry}"
            );
        }
        assert_eq!(named(world).as_deref(), Some(OURS));
        run("--remove");
        assert_eq!(config_map(world, OURS), None);
        assert_eq!(named(world), None);
    });
}

#[test]
fn many_registries_at_once_share_one_bundle() {
    for_each_openshift_alone(|world| {
        let theirs = other_pem();
        make_map(world, "user-ca-bundle", json!({"ca-bundle.crt": theirs}));
        let cas: Vec<String> = registries().iter().map(|_| other_pem()).collect();
        let running: Vec<_> = registries()
            .iter()
            .zip(&cas)
            .enumerate()
            .map(|(at, (registry, pem))| {
                world.sandbox.write(format!("{at}.pem"), pem);
                let line =
                    format!("trust {registry} --ca {at}.pem --scope cluster --skip-check --yes");
                world.cmd(&line).spawn()
            })
            .collect();
        for one in running {
            one.wait().success();
        }
        let text = bundle(world, "user-ca-bundle", "ca-bundle.crt");
        assert!(text.starts_with(&theirs), "{text}");
        for (registry, pem) in registries().iter().zip(&cas) {
            assert!(text.contains(&marked(registry, pem)), "{registry}: {text}");
        }
        assert_eq!(proxy_names(world).as_deref(), Some("user-ca-bundle"));
        let list = world.run("undo --list -o name").success();
        let running: Vec<_> = list
            .stdout
            .lines()
            .map(|id| world.cmd(&format!("undo {id} --yes")).spawn())
            .collect();
        for one in running {
            one.wait().success();
        }
        assert_eq!(bundle(world, "user-ca-bundle", "ca-bundle.crt"), theirs);
    });
}

/// Somebody takes the reference away while the certificate is put in.
#[test]
fn a_reference_that_goes_meanwhile_is_set_again() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    world
        .run("trust quay.io --ca ca.pem --skip-check --yes")
        .success();
    let path = format!("/configmaps/{OURS}");
    // The first is the dry run.
    let puts = || {
        let requests = world.api().requests();
        let is_put = |request: &&Request| request.method == "PUT" && request.path.ends_with(&path);
        requests.iter().filter(is_put).count()
    };
    world.api().clear_requests();
    world.api().fault(
        Fault::delay(Duration::from_secs(5))
            .on_methods(&["PUT"])
            .on_path(&path)
            .times(1)
            .after(1),
    );
    let running = world
        .cmd(&format!("trust {} --ca ca.pem --yes", tls.host()))
        .spawn();
    let end = Instant::now() + Duration::from_secs(60);
    while puts() < 2 {
        assert!(Instant::now() < end, "the ConfigMap is not written");
        std::thread::sleep(Duration::from_millis(5));
    }
    world
        .cluster
        .edit("images.config.openshift.io", "", "cluster", |config| {
            config["spec"]["additionalTrustedCA"] = json!({"name": ""});
        });
    let output = running.wait().success();
    output.says("somebody else changed it meanwhile: it is written once more");
    assert_eq!(named(&world).as_deref(), Some(OURS));
    assert_eq!(bundle(&world, OURS, &tls.key()), tls.marked());
}

/// Somebody puts a certificate into the ConfigMap while its last one is taken out.
#[test]
fn a_config_map_that_is_used_again_meanwhile_is_named_again() {
    for undo in [false, true] {
        let world = Embedded::openshift();
        let tls = Tls::in_world(&world);
        let line = if undo {
            "undo --yes".to_owned()
        } else {
            format!("trust {} --remove --yes", tls.host())
        };
        is_named_again(&world, &tls, &line);
        // The entry that was taken back is the last that could be.
        if undo {
            world.run("undo").exits(1).says("was taken back already");
        }
    }
}

fn is_named_again(world: &Embedded, tls: &Tls, line: &str) {
    world
        .run(&format!("trust {} --ca ca.pem --yes", tls.host()))
        .success();
    let theirs = other_pem();
    let added = theirs.clone();
    world.api().fault(
        Fault::other_writer(move |map| {
            map["data"]["quay.io"] = json!(added);
        })
        .on_methods(&["DELETE"])
        .on_path(&format!("/configmaps/{OURS}"))
        .times(1)
        .after(1),
    );
    let output = world.run(line).success();
    output.says("stays: others put certificates into it meanwhile");
    let map = config_map(world, OURS).expect("a ConfigMap");
    assert_eq!(map["data"], json!({"quay.io": theirs}));
    assert_eq!(named(world).as_deref(), Some(OURS));
}

#[test]
fn a_config_map_that_is_deleted_meanwhile_is_made_anew() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    world
        .run("trust quay.io --ca ca.pem --skip-check --yes")
        .success();
    let gone = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404,
        "message": format!("configmaps \"{OURS}\" not found"), "details": {"name": OURS, "kind": "configmaps"}});
    world.api().fault(
        Fault::answer(404, gone)
            .on_methods(&["PUT"])
            .on_path(&format!("/configmaps/{OURS}"))
            .times(1)
            .after(1),
    );
    world
        .run(&format!("trust {} --ca ca.pem --yes", tls.host()))
        .success();
    let map = config_map(&world, OURS).expect("a ConfigMap");
    assert_eq!(map["data"].as_object().map(serde_json::Map::len), Some(2));
}

/// A reader that looks at every moment never finds a name without its ConfigMap, nor a Proxy that names an empty bundle.
#[test]
fn no_moment_has_a_name_without_its_config_map() {
    let world = Embedded::openshift();
    let tls = Tls::in_world(&world);
    let host = tls.host();
    for scope in ["registry", "cluster"] {
        for line in [
            format!("trust {host} --ca ca.pem --scope {scope} --yes"),
            format!("trust {host} --scope {scope} --remove --yes"),
            "undo --yes".to_owned(),
            "undo --yes".to_owned(),
        ] {
            // The journal's last entry that is no undo is the one of the line before, or of the first.
            world.api().clear_requests();
            let output = world.run(&line);
            assert!(matches!(output.status, Some(0 | 1)), "{line}");
            assert_eq!(order(&world), Vec::<String>::new(), "{line}");
        }
    }
}

/// What is wrong with the order of the writes of a run: a name before its ConfigMap was made, a ConfigMap that went before its name.
fn order(world: &Embedded) -> Vec<String> {
    let writes: Vec<Request> = world
        .api()
        .writes()
        .into_iter()
        .filter(|request| !request.query.contains("dryRun"))
        .collect();
    let place = |word: &str, methods: &[&str]| {
        writes.iter().position(|request| {
            request.path.contains(word) && methods.contains(&request.method.as_str())
        })
    };
    let names = place("config.openshift.io", &["PUT", "PATCH"]);
    let mut wrong = Vec::new();
    if let (Some(made), Some(named)) = (place("/configmaps", &["POST"]), names)
        && named < made
    {
        wrong.push(format!("named before it is made: {writes:?}"));
    }
    if let (Some(gone), Some(named)) = (place("/configmaps", &["DELETE"]), names)
        && gone < named
    {
        wrong.push(format!("gone before it is no longer named: {writes:?}"));
    }
    wrong
}
