//! `--remove`.

use serde_json::json;

use super::*;
use crate::kit::for_each_openshift_alone;

#[test]
fn exactly_what_was_put_in_goes() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let theirs = other_pem();
        let before = json!({tls.key(): format!("text\n{theirs}"), "quay.io": theirs});
        name_map(world, "corp", before.clone());
        world
            .run(&format!("trust {} --ca ca.pem --yes", tls.host()))
            .success();
        world
            .run("trust ghcr.io --ca ca.pem --skip-check --yes")
            .success();
        let line = format!("trust {} --remove --yes", tls.host());
        world
            .run(&line)
            .success()
            .prints(&format!("configmap/corp no longer trusts {}\n", tls.host()));
        let mut wanted = before;
        wanted["ghcr.io"] = json!(marked("ghcr.io", tls.ca.pem()));
        let map = config_map(world, "corp").expect("a ConfigMap");
        assert_eq!(map["data"], wanted);
        assert_eq!(named(world).as_deref(), Some("corp"));
        let output = world.run(&line).success();
        output.says("nothing there was put in for");
        output.says("nothing to take out");
        world.run("undo --yes").success();
        assert_eq!(
            bundle(world, "corp", &tls.key()),
            format!("text\n{theirs}{}", tls.marked())
        );
    });
}

#[test]
fn a_certificate_of_others_goes_only_by_its_name() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let host = tls.host();
        name_map(
            world,
            "corp",
            json!({tls.key(): format!("{}{}", tls.ca.pem(), other_pem())}),
        );
        let output = world.run(&format!("trust {host} --remove")).success();
        output.says("--fingerprint or --ca names a certificate");
        world.is_untouched();
        let none = "00".repeat(32);
        let output = world
            .run(&format!("trust {host} --remove --fingerprint {none}"))
            .success();
        output.says("no certificate with SHA-256 00:00:");
        world
            .run(&format!("trust {host} --remove --ca ca.pem --yes"))
            .success();
        let left = bundle(world, "corp", &tls.key());
        assert_eq!(left.matches("BEGIN").count(), 1, "{left}");
        assert!(!left.contains(tls.ca.pem()));
        world.run("undo --yes").success();
        assert_eq!(
            bundle(world, "corp", &tls.key()).matches("BEGIN").count(),
            2
        );
    });
}

#[test]
fn a_certificate_that_two_registries_share_stays_for_the_other() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        for registry in [tls.host(), "quay.io".to_owned()] {
            let line = format!("trust {registry} --ca ca.pem --scope cluster --skip-check --yes");
            world.run(&line).success();
        }
        let text = bundle(world, "user-ca-bundle", "ca-bundle.crt");
        assert_eq!(text.matches("BEGIN").count(), 1, "{text}");
        let output = world
            .run(&format!(
                "trust {} --scope cluster --remove --yes",
                tls.host()
            ))
            .success();
        output.says("Corp Root stays: it was put in for quay.io too");
        assert_eq!(
            bundle(world, "user-ca-bundle", "ca-bundle.crt"),
            marked("quay.io", tls.ca.pem())
        );
        world
            .run("trust quay.io --scope cluster --remove --yes")
            .success();
        assert_eq!(config_map(world, "user-ca-bundle"), None);
        assert_eq!(proxy_names(world), None);
    });
}

#[test]
fn the_platform_is_not_left_without_a_bundle() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        make_map(world, "corp", json!({"ca-bundle.crt": ""}));
        name_proxy(world, "corp");
        let line = format!("trust {} --scope cluster --yes", tls.host());
        world.run(&format!("{line} --ca ca.pem")).success();
        let before = bundle(world, "corp", "ca-bundle.crt");
        let output = world.run(&format!("{line} --remove")).exits(1);
        output.says("nothing would be left in configmap/corp");
        assert_eq!(bundle(world, "corp", "ca-bundle.crt"), before);
    });
}

#[test]
fn a_malformed_bundle_is_no_obstacle_to_taking_out() {
    for_each_openshift_alone(|world| {
        let tls = Tls::in_world(world);
        let broken = other_pem().replacen("\nM", "\n!", 1);
        name_map(
            world,
            "corp",
            json!({tls.key(): format!("{broken}{}", tls.marked())}),
        );
        let line = format!("trust {} --remove --dry-run=server", tls.host());
        world.run(&line).success();
        world.is_untouched();
        world
            .run(&format!("trust {} --remove --yes", tls.host()))
            .success();
        assert_eq!(bundle(world, "corp", &tls.key()), broken);
    });
}
