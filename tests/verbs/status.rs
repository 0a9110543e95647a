//! `status` on the embedded API server.

use base64::Engine as _;
use extreg_test_support::api::{Api, Flavor, PodState, Rule, User, make};

use serde_json::{Value, json};

use crate::json_schema;
use crate::kit::{Embedded, PASSWORD};

/// A JWT that ended in 2023.
fn ended() -> String {
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"exp":1700000000}"#);
    format!("e30.{claims}.c2ln")
}

/// A namespace with one of everything.
fn busy() -> Embedded {
    let world = Embedded::openshift();
    let api = world.api();
    let mut stale = make::docker_secret("shop", "stale", "ghcr.io", "bot", &ended());
    stale["metadata"]["labels"] = json!({"team": "a"});
    let mut build = make::build_config(
        "shop",
        "app",
        "registry.example.com/base:1",
        "registry.example.com/shop/app:1",
    );
    build["spec"]["output"]["pushSecret"] = json!({"name": "gone"});
    let mut stream = make::image_stream("shop", "base", "1", "quay.io/acme/base:1");
    stream["spec"]["tags"][0]["importPolicy"] = json!({"scheduled": true});
    stream["status"] = json!({"dockerImageRepository": "image-registry.openshift-image-registry.svc:5000/shop/base",
        "tags": [{"tag": "1", "items": null, "conditions": [{"type": "ImportSuccess", "status": "False",
            "reason": "Unauthorized", "message": "you may not have access to the container image \u{1b}[31m\"quay.io/acme/base:1\"",
            "generation": 9, "lastTransitionTime": "2026-01-02T03:04:05Z"}]}]});
    api.create_all([
        make::docker_secret("shop", "corp", "registry.example.com", "robot", PASSWORD),
        make::docker_secret("shop", "hub", "https://index.docker.io/v1/", "me", PASSWORD),
        make::docker_config_secret(
            "shop",
            "broken",
            "{\"auths\": {\"quay.io\": {\"auth\": \"!!\"}}}",
        ),
        stale,
        make::deployment("shop", "web", "registry.example.com:5000/shop/web:1.9"),
        make::deployment("shop", "cache", "redis"),
        make::cron_job("shop", "nightly", "ghcr.io/acme/job:2"),
        build,
        stream,
    ]);
    api.edit("serviceaccounts", "shop", "default", |account| {
        account["imagePullSecrets"] = json!([{"name": "corp"}, {"name": "stale"}]);
    });
    api.add_pod(
        "shop",
        "web-1",
        "registry.example.com:5000/shop/web:1.9",
        &PodState::waiting("ImagePullBackOff", "no"),
    );
    world
}

fn out(world: &Embedded, line: &str) -> String {
    world.run(line).success().stdout
}

fn json_of(world: &Embedded, line: &str) -> Value {
    serde_json::from_str(&out(world, line)).expect("JSON")
}

#[test]
fn a_table_like_kubectls_and_what_wants_a_hand() {
    let world = busy();
    let output = world.run("status").success();
    let table: Vec<Vec<&str>> = output
        .stdout
        .lines()
        .take_while(|line| !line.is_empty())
        .map(|line| {
            line.split("  ")
                .map(str::trim)
                .filter(|cell| !cell.is_empty())
                .collect()
        })
        .collect();
    assert_eq!(
        table,
        [
            vec!["REGISTRY", "IMAGES", "USED-BY", "SECRETS", "TRUST", "STATE"],
            vec!["docker.io", "1", "1", "hub", "default", "-"],
            vec!["ghcr.io", "1", "1", "stale", "default", "-"],
            vec!["quay.io", "1", "1", "broken", "default", "1 import failed"],
            vec!["registry.example.com", "2", "1", "corp", "default", "-"],
            vec![
                "registry.example.com:5000",
                "1",
                "2",
                "-",
                "default",
                "1 waiting"
            ],
        ]
    );
    for words in [
        "✗ buildconfig/app: it names the secret \"gone\", which does not exist",
        "    oc extreg doctor istag/base:1 -n shop",
        "    oc extreg link registry.example.com:5000 --from-secret corp -n shop",
        "    oc extreg link docker.io --secret hub -n shop",
    ] {
        assert!(output.stdout.contains(words), "{words}:\n{}", output.stdout);
    }
    assert!(
        !output.stdout.contains('\u{1b}'),
        "no escape sequence of others"
    );
    assert!(
        output.stdout.lines().all(|line| line.chars().count() <= 84),
        "{}",
        output.stdout
    );
    assert_eq!(output.stderr, "");
}

#[test]
fn programs_get_what_the_schema_says_and_yaml_is_the_same() {
    let schema = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/docs/registry-status.schema.json"
    ));
    let schema: Value = serde_json::from_str(&schema.expect("the schema")).expect("JSON");
    for line in ["status -o json", "status -A -o json"] {
        let world = busy();
        let document = json_of(&world, line);
        let faults = json_schema::check(&schema, &schema, &document, "");
        assert!(faults.is_empty(), "{faults:#?}\n{document:#}");
        let of = |name: &str| {
            let mut rows = document["registries"].as_array().expect("rows").iter();
            rows.find(|row| row["name"] == name)
                .cloned()
                .expect("the row")
        };
        let entry = &of("docker.io")["credentials"][0];
        assert_eq!(entry["key"], "https://index.docker.io/v1/");
        assert_eq!(
            (&entry["user"], &entry["kubelet"]["images"]),
            (&json!("me"), &json!(1))
        );
        assert_eq!(
            of("ghcr.io")["credentials"][0]["expires"],
            "2023-11-14T22:13:20Z"
        );
        let import = &of("quay.io")["images"][0]["uses"][0];
        assert_eq!(
            (&import["role"], &import["scheduled"]),
            (&json!("import"), &json!(true))
        );
        assert_eq!(import["failed"]["reason"], "Unauthorized");
    }
    let broken = json!({"kind": "Other", "more": 1});
    assert!(!json_schema::check(&schema, &schema, &broken, "").is_empty());

    let world = busy();
    let yaml = out(&world, "status -o yaml");
    assert!(yaml.starts_with("apiVersion: extreg.dev/v1\n"), "{yaml}");
    assert!(
        yaml.contains("kind: RegistryStatus\n") && yaml.contains("id: secret-missing\n"),
        "{yaml}"
    );
}

#[test]
fn the_wide_table_has_every_entry_and_the_clusters_own_registry() {
    let world = busy();
    let own = "image-registry.openshift-image-registry.svc:5000/shop/out:1";
    world.api().create(make::deployment("shop", "own", own));
    let narrow = out(&world, "status");
    assert!(!narrow.contains("image-registry"), "{narrow}");
    let wide = out(&world, "status -o wide");
    let line = |words: &[&str]| {
        wide.lines()
            .any(|line| words.iter().all(|word| line.contains(word)))
    };
    for words in [
        [
            "image-registry.openshift-image-registry.svc:5000",
            "internal",
            "1",
        ],
        ["hub", "https://index.docker.io/v1/", "me"],
        ["corp", "default (pull)", "pod/web-1"],
        ["registry.example.com/shop/app:1", "push", "secret/gone"],
        [
            "quay.io/acme/base:1",
            "istag/base:1",
            "failed: Unauthorized,scheduled",
        ],
    ] {
        assert!(line(&words), "{words:?}:\n{wide}");
    }
}

#[test]
fn labels_choose_and_nothing_is_called_unused() {
    let world = busy();
    world
        .api()
        .edit("deployments.apps", "shop", "cache", |web| {
            web["metadata"]["labels"] = json!({"team": "a"});
        });
    let document = json_of(&world, "status -l team=a -o json");
    let users: Vec<&Value> = document["registries"]
        .as_array()
        .expect("rows")
        .iter()
        .flat_map(|row| row["images"].as_array().expect("images"))
        .flat_map(|image| image["uses"].as_array().expect("uses"))
        .map(|one| &one["by"]["name"])
        .collect();
    assert_eq!(users, ["cache"]);
    let ids: Vec<&str> = document["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .filter_map(|problem| problem["id"].as_str())
        .collect();
    for id in ["secret-unused", "secret-not-linked", "secret-key-mismatch"] {
        assert!(!ids.contains(&id), "{ids:?}");
    }
}

#[test]
fn all_namespaces_are_told_apart() {
    let world = busy();
    world.api().add_namespace("other");
    world.api().create_all([
        make::deployment("other", "web", "quay.io/acme/web:1"),
        make::docker_secret("other", "mine", "quay.io", "me", PASSWORD),
    ]);
    let text = out(&world, "status -A");
    assert!(
        text.contains("secret/mine in other: it is for images"),
        "{text}"
    );
    assert!(
        text.contains("oc extreg link quay.io --secret mine -n other"),
        "{text}"
    );
    // As kubectl: -A wins over -n.
    let document = json_of(&world, "status -A -n shop -o json");
    assert_eq!(document["namespace"], Value::Null);
    assert!(!out(&world, "status").contains("mine"));
}

#[test]
fn rights_that_are_missing_cost_lines_and_not_the_run() {
    let builder = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        })
        .user(User::new("jane").token("jane-token"))
        .tls();
    let world = Embedded::of(builder);
    let kubeconfig = world
        .sandbox
        .write("jane", world.api().kubeconfig_of("jane", "shop"));
    let status = |line: &str| {
        world
            .cmd(line)
            .env("KUBECONFIG", &kubeconfig)
            .run()
            .success()
    };
    world.api().create_all([
        make::deployment("shop", "web", "quay.io/acme/web:1"),
        make::docker_secret("shop", "corp", "quay.io", "me", PASSWORD),
    ]);
    for resource in ["secrets", "images.config.openshift.io", "cronjobs.batch"] {
        for verb in ["get", "list"] {
            world.api().deny("jane", Rule::verb(verb).on(resource));
        }
    }
    let text = status("status").stdout;
    let row = text
        .lines()
        .find(|line| line.starts_with("quay.io"))
        .expect("the row");
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells, ["quay.io", "1", "1", "?", "?", "-"], "{text}");
    for line in [
        "NOT READ",
        "no right to list secrets in the namespace shop",
        "no right to list cronjobs.batch in the namespace shop",
        "no right to get images.config.openshift.io",
        "no right to get secrets in the namespace openshift-config",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}:\n{text}");
    }
    assert!(!text.contains("PROBLEMS"), "{text}");
    let document: Value = serde_json::from_str(&status("status -o json").stdout).expect("JSON");
    let unread = document["unread"].as_array().expect("a list");
    assert!(
        unread.iter().any(|one| one["verb"] == "list"
            && one["resource"] == "secrets"
            && one["namespace"] == "shop"),
        "{unread:#?}"
    );

    // Nothing at all may be read.
    world.api().deny("jane", Rule::verb("list"));
    let output = status("status");
    assert!(
        output
            .stdout
            .contains("no right to list pods in the namespace shop"),
        "{}",
        output.stdout
    );
    assert_eq!(output.stderr, "", "nobody knows that there are none");
}

#[test]
fn a_cluster_that_does_not_answer_is_a_failure() {
    let world = Embedded::kubernetes();
    let gone = Api::builder().start().kubeconfig("shop");
    let kubeconfig = world.sandbox.write("gone", gone);
    let output = world
        .cmd("status")
        .env("KUBECONFIG", &kubeconfig)
        .run()
        .exits(1);
    assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    assert_eq!(output.stdout, "");
}

#[test]
fn a_selector_that_is_none_is_a_failure() {
    let output = Embedded::kubernetes()
        .cmd("status -l")
        .arg("team in a")
        .run()
        .exits(1);
    assert!(output.stderr.starts_with("error: "), "{}", output.stderr);
    assert_eq!(output.stdout, "");
}

#[test]
fn an_empty_namespace_says_so() {
    for world in [Embedded::kubernetes(), Embedded::openshift()] {
        let output = world.run("status").success();
        assert_eq!(output.stdout, "");
        assert_eq!(
            output.stderr,
            "No external registries found in shop namespace.\n"
        );
        let document = json_of(&world, "status -o json");
        assert_eq!(document["registries"], json!([]));
        assert_eq!(document["problems"], json!([]));
        assert_eq!(out(&world, "status -o mermaid"), "flowchart LR\n");
    }
}

#[test]
fn plain_kubernetes_lacks_nothing() {
    let world = Embedded::kubernetes();
    world.api().create_all([
        make::deployment("shop", "web", "quay.io/acme/web:1"),
        make::docker_secret("shop", "corp", "quay.io", "me", PASSWORD),
    ]);
    let text = out(&world, "status");
    assert!(!text.contains("NOT READ"), "{text}");
    assert!(
        text.contains("oc extreg link quay.io --secret corp -n shop"),
        "{text}"
    );
    // The command works, and settles it.
    world
        .run("link quay.io --secret corp --skip-check -n shop")
        .success();
    assert!(!out(&world, "status").contains("PROBLEMS"));
}

/// Every line is one of the few forms of the language that the picture needs, and every edge joins nodes that there are.
#[test]
fn pictures_are_well_formed() {
    let world = busy();
    let hostile = "we\"ird\\ <b>&registry";
    world.api().create(make::docker_config_secret(
        "shop",
        "hostile",
        &json!({"auths": {(hostile): make::docker_entry("a", "b")}}).to_string(),
    ));
    let dot = out(&world, "status -o dot");
    let mut lines = dot.lines();
    assert_eq!(lines.next(), Some("digraph registries {"));
    assert_eq!(dot.lines().last(), Some("}"));
    let mut nodes = std::collections::BTreeSet::new();
    for line in lines.filter(|line| line.starts_with("  n") && !line.contains("fontname")) {
        let line = line.trim().strip_suffix(';').expect("a statement");
        let (head, attributes) = line
            .split_once(" [")
            .map_or((line, None), |(head, rest)| (head, Some(rest)));
        if let Some(attributes) = attributes {
            assert!(attributes.ends_with(']') && is_quoted(attributes), "{line}");
        }
        match head.split_once(" -> ") {
            Some((from, to)) => assert!(nodes.contains(from) && nodes.contains(to), "{line}"),
            None => assert!(nodes.insert(head.to_owned()), "{line}"),
        }
    }
    assert!(dot.contains(r#"[label="we\"ird\\ <b>&registry""#), "{dot}");

    let mermaid = out(&world, "status -o mermaid");
    assert!(mermaid.starts_with("flowchart LR\n"), "{mermaid}");
    assert!(
        mermaid.contains("(\"we#quot;ird#92; #60;b#62;#38;registry\")"),
        "{mermaid}"
    );
    for line in mermaid
        .lines()
        .skip(1)
        .filter(|line| !line.contains("class"))
    {
        // Quotes come in pairs, one pair a line, and hold nothing that ends them early.
        assert!(matches!(line.matches('"').count(), 0 | 2), "{line}");
        let brackets: String = line.split('"').step_by(2).collect();
        let ends = brackets.trim_start().starts_with('n') && !brackets.contains(['<', '&', ';']);
        assert!(ends, "{line}");
    }
}

/// Whether the quoted strings of an attribute list end where they should: an even number of quotes that are not escaped.
fn is_quoted(attributes: &str) -> bool {
    let mut escaped = false;
    let mut quotes = 0;
    for letter in attributes.chars() {
        quotes += usize::from(letter == '"' && !escaped);
        escaped = letter == '\\' && !escaped;
    }
    quotes % 2 == 0 && quotes > 0
}

#[test]
fn commands_name_the_program_as_it_was_called() {
    let world = busy();
    let output = world
        .cmd("status")
        .env("_", "/usr/bin/kubectl")
        .run()
        .success();
    assert!(
        output
            .stdout
            .contains("    kubectl extreg doctor istag/base:1 -n shop"),
        "{}",
        output.stdout
    );
    assert!(!output.stdout.contains("oc extreg"));
}

/// The commands that mend are ones that the tool takes as they are, but for the password and the registry's answer.
#[test]
fn commands_that_mend_can_be_run() {
    let world = busy();
    world.api().create_all([
        make::docker_secret("shop", "idle", "nowhere.example.com", "me", PASSWORD),
        make::docker_secret(
            "shop",
            "twice",
            "https://index.docker.io/v1/",
            "me",
            PASSWORD,
        ),
    ]);
    let document = json_of(&world, "status -o json");
    let mut verbs = Vec::new();
    for problem in document["problems"].as_array().expect("problems") {
        let words: Vec<&str> = problem["command"]
            .as_array()
            .expect("a command")
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(words[..2], ["oc", "extreg"]);
        if words[2] == "doctor" {
            continue;
        }
        verbs.push((words[2], problem["id"].as_str().expect("an id")));
        let mut cmd = world.cmd("").args(&words[2..]).arg("--dry-run=client");
        if words[2] == "link" {
            cmd = cmd.arg("--skip-check");
        }
        if words.contains(&"--registry-username") {
            cmd = cmd.arg("--registry-password-stdin").stdin(PASSWORD);
        }
        cmd.run().success();
    }
    verbs.sort_unstable();
    assert_eq!(
        verbs,
        [
            ("link", "secret-expired"),
            ("link", "secret-key-mismatch"),
            ("link", "secret-not-linked"),
            ("unlink", "secret-duplicate"),
            ("unlink", "secret-unused"),
        ]
    );
}
