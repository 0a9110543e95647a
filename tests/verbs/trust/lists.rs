//! `--list`.

use extreg_test_support::api::make;
use serde_json::json;

use super::*;
use crate::kit::for_each_openshift_alone;

#[test]
fn what_is_trusted_is_listed_with_where_from_and_until_when() {
    for_each_openshift_alone(|world| {
        let ns = &world.namespace;
        world.create(make::deployment(
            ns,
            "web",
            "registry.example.com:5000/shop/web:1",
        ));
        world.sandbox.write("ca.pem", other_pem());
        world
            .run("trust registry.example.com:5000 --ca ca.pem --skip-check --yes")
            .success();
        make_map(
            world,
            "user-ca-bundle",
            json!({"ca-bundle.crt": Ca::new("Corp Root").pem()}),
        );
        let output = world.run("trust --list").success();
        let lines: Vec<Vec<&str>> = output
            .stdout
            .lines()
            .map(|line| {
                line.split("  ")
                    .filter(|cell| !cell.is_empty())
                    .map(str::trim)
                    .collect()
            })
            .collect();
        assert_eq!(lines[0], ["REGISTRY", "SUBJECT", "UNTIL", "FROM"]);
        assert_eq!(lines[1][..2], ["registry.example.com:5000", "Other Root"]);
        assert_eq!(
            lines[1][3],
            "openshift-config/extreg-registry-cas (by this tool)"
        );
        assert!(lines[2][0].starts_with("SHA-256 "), "{lines:?}");
        assert_eq!(lines[3][..2], ["all", "Corp Root"]);
        assert_eq!(lines[3][3], "openshift-config/user-ca-bundle, nodes only");
        assert_eq!(lines.len(), 5, "{}", output.stdout);

        let output = world.run("trust --list -o json").success();
        let list: Value = serde_json::from_str(&output.stdout).expect("JSON");
        assert_eq!(
            (&list["apiVersion"], &list["kind"]),
            (&json!("extreg.dev/v1"), &json!("TrustList"))
        );
        let first = &list["trusted"][0];
        assert_eq!(first["registry"], "registry.example.com:5000");
        assert_eq!(first["putInFor"], json!(["registry.example.com:5000"]));
        assert_eq!(first["key"], "registry.example.com..5000");
        assert_eq!(list["trusted"][1]["reaches"], "nodes");
        assert_eq!(list["remarks"], json!([]));
        world.run("trust --list -o yaml").success();
        world
            .run("trust --list -o name")
            .success()
            .prints("configmap/extreg-registry-cas\nconfigmap/user-ca-bundle\n");
    });
}

#[test]
fn keys_that_serve_nobody_are_named() {
    for_each_openshift_alone(|world| {
        let ns = &world.namespace;
        world.create(make::deployment(
            ns,
            "web",
            "registry.example.com:5000/shop/web:1",
        ));
        let pem = other_pem();
        name_map(
            world,
            "cas",
            json!({
                "registry.example.com.5000": pem, "nobody.example.com": pem, "other.example.com_8443": pem,
                "quay.io": format!("\u{feff}{pem}"), "updateservice-registry": pem,
            }),
        );
        world.create(make::deployment(ns, "quay", "quay.io/acme/web:1"));
        edit_everywhere(world, "proxies.config.openshift.io", |proxy| {
            proxy["spec"]["trustedCA"] = json!({"name": "lost"});
        });
        let output = world.run("trust --list").success();
        let text = output
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        for words in [
            "REMARKS",
            "key registry.example.com.5000 does not serve registry.example.com:5000: the port is written with two dots",
            "key nobody.example.com matches no registry",
            "key other.example.com_8443 looks like a host and a port",
            "key quay.io, line 1: a byte order mark",
            "proxy.config.openshift.io/cluster names the ConfigMap openshift-config/lost, which does not exist",
        ] {
            assert!(text.contains(words), "{words}: {text}");
        }
        assert!(!text.contains("key updateservice-registry"), "{text}");
        world.is_untouched();
    });
}

#[test]
fn an_empty_list_says_so_and_few_rights_do_not_stop_it() {
    for_each_openshift_alone(|world| {
        let output = world.run("trust --list").success();
        output.prints("");
        output.says("Nothing is trusted beside");
        name_map(world, "cas", json!({"nobody.example.com": other_pem()}));
        for (namespace, resource) in [
            ("", "images.config.openshift.io"),
            ("", "proxies.config.openshift.io"),
            (NAMESPACE, "configmaps"),
        ] {
            world.cluster.grant(namespace, &["get"], resource);
        }
        let text = world.cluster.limited_kubeconfig(&world.namespace);
        world.sandbox.write("kubeconfig", text);
        let output = world.run("trust --list").success();
        let text = output
            .stdout
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
        assert!(
            text.contains("no image, mirror or import that could be read is there"),
            "{text}"
        );
    });
}

#[test]
fn who_may_not_read_the_configuration_is_told() {
    for_each_openshift_alone(|world| {
        let text = world.cluster.limited_kubeconfig(&world.namespace);
        world.sandbox.write("kubeconfig", text);
        let output = world.run("trust --list").exits(1);
        output.says("config.openshift.io");
        output.says("hint: ask for the right");
        output.prints("");
    });
}
