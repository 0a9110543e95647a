use extreg_test_support::api::{Api, Flavor, Resource};
use serde_json::json;

use super::http::{get, send};

const AGGREGATED: &str =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

fn openshift() -> Flavor {
    Flavor::OpenShift4 {
        version: "4.18.12".into(),
    }
}

#[test]
fn version_is_what_was_asked_for_even_when_it_does_not_parse() {
    let api = Api::start();
    let version = get(&api, "/version").expect(200);
    assert_eq!(
        (&version["major"], &version["minor"]),
        (&json!("1"), &json!("33"))
    );
    let odd = Api::builder()
        .git_version("v0.0.0-master+$Format:%H$")
        .start();
    let version = get(&odd, "/version").expect(200);
    assert_eq!(version["gitVersion"], "v0.0.0-master+$Format:%H$");
    assert_eq!(version["minor"], "0");
    assert_eq!(get(&api, "/readyz").text, "ok");
}

#[test]
fn groups_tell_the_platforms_apart() {
    let groups = |flavor: Flavor| -> Vec<String> {
        let api = Api::builder().flavor(flavor).start();
        let list = get(&api, "/apis").expect(200);
        assert_eq!(list["kind"], "APIGroupList");
        list["groups"]
            .as_array()
            .expect("groups")
            .iter()
            .map(|one| one["name"].as_str().unwrap().into())
            .collect()
    };
    let (plain, four, three) = (
        groups(Flavor::Kubernetes),
        groups(openshift()),
        groups(Flavor::OpenShift3),
    );
    assert!(plain.contains(&"apps".into()) && !plain.iter().any(|name| name.contains("openshift")));
    assert!(
        four.contains(&"config.openshift.io".into()) && four.contains(&"image.openshift.io".into())
    );
    assert!(
        three.contains(&"apps.openshift.io".into())
            && !three.contains(&"config.openshift.io".into())
    );
}

#[test]
fn a_disabled_capability_is_absent_everywhere() {
    let api = Api::builder()
        .flavor(openshift())
        .without("build.openshift.io")
        .without("imagestreams.image.openshift.io")
        .start();
    assert_eq!(get(&api, "/apis/build.openshift.io/v1").status, 404);
    let refused = get(
        &api,
        "/apis/build.openshift.io/v1/namespaces/default/buildconfigs",
    )
    .refused(404);
    assert_eq!(refused, "the server could not find the requested resource");
    let left = get(&api, "/apis/image.openshift.io/v1")
        .expect(200)
        .to_string();
    assert!(left.contains("imagestreamtags") && !left.contains("\"imagestreams\""));
}

#[test]
fn resource_lists_name_verbs_scope_and_subresources() {
    let api = Api::start();
    let core = get(&api, "/api/v1").expect(200);
    let find = |name: &str| {
        core["resources"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["name"] == name)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(find("pods")["shortNames"], json!(["po"]));
    assert_eq!(find("pods/log")["verbs"], json!(["get"]));
    assert_eq!(find("pods/status")["kind"], "Pod");
    assert_eq!(find("nodes")["namespaced"], false);
    let reviews = get(&api, "/apis/authorization.k8s.io/v1").expect(200);
    assert_eq!(reviews["resources"][0]["verbs"], json!(["create"]));
    let versions = get(&api, "/api").expect(200);
    assert_eq!(versions["kind"], "APIVersions");
    assert_eq!(
        get(&api, "/apis/apps").expect(200)["preferredVersion"]["groupVersion"],
        "apps/v1"
    );
    assert_eq!(get(&api, "/apis/nothing.example.com").status, 404);
}

#[test]
fn aggregated_discovery_says_the_same_in_two_calls() {
    let api = Api::builder().flavor(openshift()).start();
    let core = send(&api, "GET", "/api", &[("accept", AGGREGATED)], "");
    let media = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
    assert_eq!(core.headers("content-type"), [media]);
    let core = core.expect(200);
    assert_eq!(core["items"][0]["metadata"], json!({}));
    let all = send(&api, "GET", "/apis", &[("accept", AGGREGATED)], "").expect(200);
    let items = all["items"].as_array().unwrap();
    let config = items
        .iter()
        .find(|group| group["metadata"]["name"] == "config.openshift.io")
        .unwrap();
    let images = &config["versions"][0]["resources"][0];
    assert_eq!(images["resource"], "images");
    assert_eq!(images["scope"], "Cluster");
    assert_eq!(images["subresources"][0]["subresource"], "status");
    let operator = items
        .iter()
        .find(|group| group["metadata"]["name"] == "operator.openshift.io")
        .unwrap();
    assert_eq!(operator["versions"][0]["version"], "v1alpha1");
}

#[test]
fn any_resource_can_be_registered() {
    let api = Api::builder()
        .resource(Resource::custom("example.com/v1beta1", "widgets", "Widget"))
        .start();
    let widget = json!({
        "apiVersion": "example.com/v1beta1", "kind": "Widget",
        "metadata": {"name": "one", "namespace": "default"}, "spec": {"anything": [1, {"goes": null}]},
    });
    api.create(widget);
    let stored = get(
        &api,
        "/apis/example.com/v1beta1/namespaces/default/widgets/one",
    )
    .expect(200);
    assert_eq!(stored["spec"]["anything"], json!([1, {"goes": null}]));
}
