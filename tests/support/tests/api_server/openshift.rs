use extreg_test_support::api::{Api, Flavor, ImportAnswer, make};
use extreg_test_support::cluster::Client;
use serde_json::{Value, json};

use super::http::{get, post, put};

fn api() -> Api {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    api.add_namespace("shop");
    api
}

const IMAGE: &str = "registry.example.com:5000/team/app:1";
const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const STREAM: &str = "/apis/image.openshift.io/v1/namespaces/shop/imagestreams/app";

fn import(api: &Api, import: bool) -> Value {
    let body = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport",
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {
            "import": import,
            "images": [{"from": {"kind": "DockerImage", "name": IMAGE}, "to": {"name": "latest"},
                        "importPolicy": {"insecure": true}}],
        },
    });
    post(
        api,
        "/apis/image.openshift.io/v1/namespaces/shop/imagestreamimports",
        &body,
    )
    .expect(201)
}

#[test]
fn a_dry_import_touches_nothing() {
    let api = api();
    api.script_import(IMAGE, ImportAnswer::found(DIGEST));
    let before = api.store_version();
    let answer = import(&api, false);
    let image = &answer["status"]["images"][0];
    assert_eq!(image["status"]["status"], "Success");
    assert_eq!(image["image"]["metadata"]["name"], DIGEST);
    assert_eq!(
        image["image"]["dockerImageReference"],
        format!("registry.example.com:5000/team/app@{DIGEST}")
    );
    assert!(answer["status"].get("import").is_none());
    assert_eq!(api.store_version(), before);
    assert!(api.writes().is_empty());
}

#[test]
fn an_import_writes_the_stream_also_when_it_fails() {
    let api = api();
    api.script_import(
        IMAGE,
        ImportAnswer::failed(
            "Unauthorized",
            "you may not have access to the container image",
        ),
    );
    let answer = import(&api, true);
    let status = &answer["status"]["images"][0]["status"];
    assert_eq!(
        (&status["reason"], &status["code"]),
        (&json!("Unauthorized"), &json!(401))
    );
    let stream = get(&api, STREAM).expect(200);
    assert_eq!(stream["spec"]["tags"][0]["from"]["name"], IMAGE);
    assert_eq!(stream["spec"]["tags"][0]["importPolicy"]["insecure"], true);
    let condition = &stream["status"]["tags"][0]["conditions"][0];
    assert_eq!(
        (&condition["type"], &condition["status"]),
        (&json!("ImportSuccess"), &json!("False"))
    );
    // Repaired, the condition goes and the image comes.
    api.script_import(IMAGE, ImportAnswer::found(DIGEST));
    let answer = import(&api, true);
    let tag = &answer["status"]["import"]["status"]["tags"][0];
    assert_eq!(tag["items"][0]["image"], DIGEST);
    assert!(tag.get("conditions").is_none());
    assert!(api.get("images.image.openshift.io", "", DIGEST).is_some());
    let view = get(
        &api,
        "/apis/image.openshift.io/v1/namespaces/shop/imagestreamtags/app:latest",
    )
    .expect(200);
    assert_eq!(view["image"]["metadata"]["name"], DIGEST);
    assert_eq!(view["tag"]["from"]["name"], IMAGE);
    assert_eq!(api.writes().len(), 2);
}

/// An import for real of one image into the tag `latest` of the stream `app`.
fn import_of(api: &Api, image: &str, query: &str, more: &Value) -> Value {
    let mut spec =
        json!({"from": {"kind": "DockerImage", "name": image}, "to": {"name": "latest"}});
    for (field, value) in more.as_object().into_iter().flatten() {
        spec[field] = value.clone();
    }
    let body = json!({
        "apiVersion": "image.openshift.io/v1", "kind": "ImageStreamImport",
        "metadata": {"name": "app", "namespace": "shop"}, "spec": {"import": true, "images": [spec]},
    });
    let path = format!("/apis/image.openshift.io/v1/namespaces/shop/imagestreamimports{query}");
    post(api, &path, &body).expect(201)
}

const OTHER: &str = "registry.example.com:5000/team/app:2";

#[test]
fn what_an_import_leaves_of_a_tag_that_is_there() {
    let api = api();
    api.script_import(IMAGE, ImportAnswer::found(DIGEST));
    api.script_import(OTHER, ImportAnswer::failed("NotFound", "not there"));
    import_of(
        &api,
        IMAGE,
        "",
        &json!({"referencePolicy": {"type": "Source"}}),
    );
    let before = get(&api, STREAM).expect(200);

    // One that fails writes a condition and does not touch what the tag follows.
    import_of(
        &api,
        OTHER,
        "",
        &json!({"importPolicy": {"scheduled": true}}),
    );
    let failed = get(&api, STREAM).expect(200);
    let tag = &failed["spec"]["tags"][0];
    assert_eq!(tag["from"]["name"], IMAGE);
    assert!(tag["importPolicy"]["scheduled"].is_null());
    let condition = &failed["status"]["tags"][0]["conditions"][0];
    assert_eq!(condition["generation"], tag["generation"]);
    assert_ne!(tag["generation"], before["spec"]["tags"][0]["generation"]);
    assert_eq!(failed["status"]["tags"][0]["items"][0]["image"], DIGEST);

    // A client changes what it follows, and the next import is of the new generation.
    api.script_import(OTHER, ImportAnswer::found(DIGEST));
    let mut edited = failed.clone();
    edited["spec"]["tags"][0]["from"]["name"] = json!(OTHER);
    edited["spec"]["tags"][0]["generation"] = json!(1);
    edited["status"] = json!({});
    let edited = put(&api, STREAM, &edited).expect(200);
    let generation = edited["spec"]["tags"][0]["generation"].as_u64();
    assert_eq!(generation, edited["metadata"]["generation"].as_u64());
    assert_eq!(edited["status"]["tags"][0]["items"][0]["image"], DIGEST);

    // A policy of references that is set stays.
    let local = json!({"referencePolicy": {"type": "Local"}});
    let done = import_of(&api, OTHER, "", &local);
    let stream = &done["status"]["import"];
    assert_eq!(
        stream["spec"]["tags"][0]["referencePolicy"]["type"],
        "Source"
    );
    assert_eq!(
        stream["status"]["tags"][0]["items"][0]["generation"],
        stream["spec"]["tags"][0]["generation"]
    );
    assert_eq!(
        stream["status"]["tags"][0]["items"]
            .as_array()
            .map(Vec::len),
        Some(1)
    );
    assert!(stream["status"]["tags"][0].get("conditions").is_none());

    // Again nothing changes, and nothing is written.
    let version = api.store_version();
    import_of(&api, OTHER, "", &json!({}));
    assert_eq!(api.store_version(), version);
}

#[test]
fn the_same_image_from_elsewhere_does_not_change_what_a_tag_follows() {
    let api = api();
    api.script_import(IMAGE, ImportAnswer::found(DIGEST));
    api.script_import(OTHER, ImportAnswer::found(DIGEST));
    import_of(&api, IMAGE, "", &json!({}));
    let done = import_of(
        &api,
        OTHER,
        "",
        &json!({"importPolicy": {"scheduled": true}}),
    );
    let tag = &done["status"]["import"]["spec"]["tags"][0];
    assert_eq!(tag["from"]["name"], IMAGE);
    assert_eq!(tag["importPolicy"]["scheduled"], true);
}

#[test]
fn a_dry_run_in_the_query_of_an_import_is_passed_over() {
    let api = api();
    api.script_import(IMAGE, ImportAnswer::found(DIGEST));
    import_of(&api, IMAGE, "?dryRun=All", &json!({}));
    assert!(
        api.get("imagestreams.image.openshift.io", "shop", "app")
            .is_some()
    );
    assert_eq!(api.writes().len(), 1);
}

#[test]
fn tags_that_follow_a_tag_get_its_image() {
    let api = api();
    api.script_import(IMAGE, ImportAnswer::found(DIGEST));
    let mut stream = make::image_stream("shop", "app", "latest", IMAGE);
    stream["spec"]["tags"] = json!([
        {"name": "alias", "from": {"kind": "ImageStreamTag", "name": "app:latest"}},
        {"name": "ref", "from": {"kind": "DockerImage", "name": OTHER}, "reference": true},
    ]);
    api.create(stream);
    let done = import_of(&api, IMAGE, "", &json!({}));
    let tags = done["status"]["import"]["status"]["tags"]
        .as_array()
        .cloned();
    let newest = |name: &str| {
        let tags = tags.iter().flatten();
        let tag = tags
            .into_iter()
            .find(|tag| tag["tag"] == name)
            .expect("the tag");
        tag["items"][0].clone()
    };
    assert_eq!(newest("alias")["image"], DIGEST);
    assert_eq!(newest("ref")["dockerImageReference"], OTHER);
}

#[test]
fn imports_can_be_answered_by_a_function_that_uses_the_server() {
    let api = api();
    let client = Client::new(api.address(), None).unwrap();
    api.on_import(move |request| {
        assert!(request.insecure);
        // It may even ask the server that is waiting for it.
        let path = format!("/api/v1/namespaces/{}/secrets/pull", request.namespace);
        if client
            .send("GET", &path, &[], "")
            .is_ok_and(|answer| answer.status == 200)
        {
            ImportAnswer::found(DIGEST)
        } else {
            ImportAnswer::failed("Unauthorized", "no")
        }
    });
    assert_eq!(
        import(&api, false)["status"]["images"][0]["status"]["status"],
        "Failure"
    );
    api.create(make::docker_secret(
        "shop",
        "pull",
        "registry.example.com:5000",
        "u",
        "p",
    ));
    assert_eq!(
        import(&api, false)["status"]["images"][0]["status"]["status"],
        "Success"
    );
}

#[test]
fn the_secrets_of_an_import_are_those_that_do_not_opt_out() {
    let api = api();
    api.create(make::docker_secret(
        "shop",
        "pull",
        "registry.example.com",
        "u",
        "p",
    ));
    let mut out = make::docker_secret("shop", "out", "registry.example.com", "u", "p");
    out["metadata"]["annotations"] = json!({"openshift.io/image.excludeSecret": "true"});
    api.create(out);
    let list = get(
        &api,
        "/apis/image.openshift.io/v1/namespaces/shop/imagestreams/any/secrets",
    )
    .expect(200);
    let names: Vec<&str> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["metadata"]["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"pull") && !names.contains(&"out"),
        "{names:?}"
    );
    assert_eq!(
        names
            .iter()
            .filter(|name| name.contains("-dockercfg-"))
            .count(),
        3
    );
}

#[test]
fn projects_are_views_of_namespaces_and_users_know_themselves() {
    let api = api();
    let projects = get(&api, "/apis/project.openshift.io/v1/projects").expect(200);
    assert_eq!(projects["kind"], "ProjectList");
    assert!(
        projects["items"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["metadata"]["name"] == "shop")
    );
    assert_eq!(
        get(&api, "/apis/project.openshift.io/v1/projects/shop").expect(200)["kind"],
        "Project"
    );
    assert_eq!(
        get(&api, "/apis/project.openshift.io/v1/projects/none").status,
        404
    );
    let me = get(&api, "/apis/user.openshift.io/v1/users/~").expect(200);
    assert_eq!(me["metadata"]["name"], "system:admin");
}

#[test]
fn a_build_is_made_from_its_configuration() {
    let api = api();
    api.create(make::build_config(
        "shop",
        "app",
        "r.example.com/base:1",
        "r.example.com/app:1",
    ));
    let path = "/apis/build.openshift.io/v1/namespaces/shop/buildconfigs/app/instantiate";
    let request = json!({"kind": "BuildRequest", "apiVersion": "build.openshift.io/v1", "metadata": {"name": "app"}});
    let build = post(&api, path, &request).expect(201);
    assert_eq!(build["metadata"]["name"], "app-1");
    assert_eq!(build["spec"]["output"]["to"]["name"], "r.example.com/app:1");
    assert_eq!(build["spec"]["serviceAccount"], "builder");
    assert_eq!(
        post(&api, path, &request).expect(201)["metadata"]["name"],
        "app-2"
    );
    let stored = get(
        &api,
        "/apis/build.openshift.io/v1/namespaces/shop/builds/app-1",
    )
    .expect(200);
    assert_eq!(stored["status"]["phase"], "New");
    let failed = api.edit("builds", "shop", "app-1", |build| {
        build["status"]["phase"] = "Failed".into();
        build["status"]["reason"] = "PushImageToRegistryFailed".into();
    });
    let chosen = get(
        &api,
        "/apis/build.openshift.io/v1/namespaces/shop/builds?fieldSelector=status%3DFailed",
    )
    .expect(200);
    assert_eq!(
        chosen["items"][0]["metadata"]["name"],
        failed["metadata"]["name"]
    );
}

#[test]
fn the_cluster_has_its_singletons() {
    let api = api();
    let version = get(&api, "/apis/config.openshift.io/v1/clusterversions/version").expect(200);
    assert_eq!(version["status"]["desired"]["version"], "4.18.12");
    let image = get(&api, "/apis/config.openshift.io/v1/images/cluster").expect(200);
    assert!(image["status"]["internalRegistryHostname"].is_string());
    for path in [
        "/apis/config.openshift.io/v1/proxies/cluster",
        "/apis/machineconfiguration.openshift.io/v1/machineconfigpools/worker",
        "/api/v1/namespaces/openshift-config",
    ] {
        assert_eq!(get(&api, path).status, 200, "{path}");
    }
    let mut changed = image.clone();
    changed["spec"]["registrySources"] = json!({"insecureRegistries": ["r.example.com:5000"]});
    changed["status"]["internalRegistryHostname"] = "elsewhere".into();
    let stored = put(
        &api,
        "/apis/config.openshift.io/v1/images/cluster",
        &changed,
    )
    .expect(200);
    assert_eq!(
        stored["status"], image["status"],
        "the status has its own door"
    );
    assert_eq!(stored["metadata"]["generation"], 2);
    let mirrors = json!({
        "apiVersion": "config.openshift.io/v1", "kind": "ImageDigestMirrorSet", "metadata": {"name": "m"},
        "spec": {"imageDigestMirrors": [{"source": "r.example.com", "mirrors": ["m.example.com"]}]},
    });
    api.create(mirrors);
    api.create(json!({
        "apiVersion": "operator.openshift.io/v1alpha1", "kind": "ImageContentSourcePolicy", "metadata": {"name": "m"},
        "spec": {"repositoryDigestMirrors": [{"source": "r.example.com", "mirrors": ["m.example.com"]}]},
    }));
    let list = get(&api, "/apis/config.openshift.io/v1/imagedigestmirrorsets").expect(200);
    assert_eq!(
        list["items"][0]["kind"], "ImageDigestMirrorSet",
        "items of custom resources have a kind"
    );
}

#[test]
fn deployment_configs_come_with_a_warning() {
    let api = api();
    let path = "/apis/apps.openshift.io/v1/namespaces/shop/deploymentconfigs";
    let answer = get(&api, path);
    assert_eq!(
        answer.headers("warning"),
        [
            "299 - \"apps.openshift.io/v1 DeploymentConfig is deprecated in v4.14+, unavailable in v4.10000+\""
        ]
    );
    let old = Api::builder().flavor(Flavor::OpenShift3).start();
    assert!(get(&old, path).headers("warning").is_empty());
}

#[test]
fn triggers_of_a_build_config_need_their_image_stream_tag() {
    let api = api();
    let tag = |name: &str| json!({"kind": "ImageStreamTag", "name": name});
    let config = |from: Value, triggers: Value| {
        let mut config = make::build_config("shop", "app", "quay.io/a/base:1", "quay.io/a/app:1");
        config["spec"]["strategy"]["sourceStrategy"]["from"] = from;
        config["spec"]["triggers"] = triggers;
        config
    };
    let by_default = json!({"type": "ImageChange", "imageChange": {}});
    let own = json!({"type": "ImageChange", "imageChange": {"from": tag("ruby:3")}});
    api.create(config(tag("ruby:3"), json!([by_default])));
    let refusal = |config: Value| {
        let mut stored = api.get("buildconfigs", "shop", "app").unwrap();
        stored["spec"] = config["spec"].clone();
        api.update(&stored).unwrap_err()["message"].to_string()
    };
    let image = json!({"kind": "DockerImage", "name": "quay.io/a/base:1"});
    let words = refusal(config(image.clone(), json!([by_default])));
    assert!(words.contains("spec.triggers[0].imageChange"), "{words}");
    assert!(words.contains("build from: &{DockerImage  quay.io/a/base:1    }"));
    let words = refusal(config(tag("ruby:3"), json!([by_default, own])));
    assert!(
        words.contains("multiple ImageChange triggers refer"),
        "{words}"
    );
    let mut stale = image.clone();
    stale["namespace"] = json!("openshift");
    let words = refusal(config(stale, json!([])));
    assert!(
        words.contains("not valid when used with a 'DockerImage'"),
        "{words}"
    );
    // One that names its own tag has no need of the strategy's.
    let mut stored = api.get("buildconfigs", "shop", "app").unwrap();
    stored["spec"] = config(image, json!([own]))["spec"].clone();
    api.update(&stored).unwrap();
}
