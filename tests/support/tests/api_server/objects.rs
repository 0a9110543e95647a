use extreg_test_support::api::{Api, Flavor, make};
use serde_json::{Value, json};

use super::http::{delete, get, on_every_cluster, patch, post, put};

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

fn map(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"a": "1"}})
}

#[test]
fn create_fills_in_what_the_server_decides() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let mut sent = map("one");
        sent["metadata"]["uid"] = "mine".into();
        let made = post(&api, &maps, &sent).expect(201);
        let metadata = &made["metadata"];
        assert_eq!(metadata["namespace"], api.ns.as_str());
        assert_ne!(metadata["uid"], "mine");
        assert!(
            metadata["resourceVersion"]
                .as_str()
                .unwrap()
                .parse::<u64>()
                .unwrap()
                > 0
        );
        assert!(
            metadata["creationTimestamp"]
                .as_str()
                .unwrap()
                .ends_with('Z')
        );
        assert_eq!(get(&api, &format!("{maps}/one")).expect(200), made);
        let again = post(&api, &maps, &sent).expect(409);
        assert_eq!(again["reason"], "AlreadyExists");
        assert_eq!(again["message"], "configmaps \"one\" already exists");
        assert_eq!(
            again["details"],
            json!({"name": "one", "kind": "configmaps"})
        );
    });
}

#[test]
fn generate_name_and_missing_namespace_and_wrong_places() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let mut generated = map("");
        generated["metadata"] = json!({"generateName": "cm-"});
        let name = post(&api, &maps, &generated).expect(201)["metadata"]["name"]
            .as_str()
            .unwrap()
            .to_owned();
        assert!(name.starts_with("cm-") && name.len() == 8, "{name}");
        let elsewhere = "/api/v1/namespaces/nowhere/configmaps";
        assert_eq!(
            post(&api, elsewhere, &map("x")).refused(404),
            "namespaces \"nowhere\" not found"
        );
        let mut other = map("x");
        other["metadata"]["namespace"] = "kube-system".into();
        let refused = post(&api, &maps, &other).refused(400);
        assert_eq!(
            refused,
            "the namespace of the provided object does not match the namespace sent on the request"
        );
        let mut versioned = map("x");
        versioned["metadata"]["resourceVersion"] = "7".into();
        let refused = post(&api, &maps, &versioned).refused(500);
        assert_eq!(
            refused,
            "resourceVersion should not be set on objects to be created"
        );
        let mut kind = map("x");
        kind["kind"] = "Secret".into();
        assert!(
            post(&api, &maps, &kind)
                .refused(400)
                .starts_with("Secret in version \"v1\" cannot be handled as a ConfigMap")
        );
        let refused = get(&api, &api.apps("deployments/none")).expect(404);
        assert_eq!(refused["message"], "deployments.apps \"none\" not found");
        assert_eq!(
            refused["details"],
            json!({"name": "none", "group": "apps", "kind": "deployments"})
        );
    });
}

#[test]
fn put_is_refused_when_the_version_is_old() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let first = post(&api, &maps, &map("one")).expect(201);
        let path = format!("{maps}/one");
        let mut second = first.clone();
        second["data"]["a"] = "2".into();
        let second = put(&api, &path, &second).expect(200);
        let mut stale = first.clone();
        stale["data"]["a"] = "3".into();
        let refused = put(&api, &path, &stale).expect(409);
        assert_eq!(refused["reason"], "Conflict");
        assert_eq!(
            refused["message"],
            "Operation cannot be fulfilled on configmaps \"one\": the object has been modified; please apply your \
         changes to the latest version and try again"
        );
        // Without a version the last writer wins, for what kube-apiserver itself serves.
        let replaced = put(&api, &path, &map("one")).expect(200);
        assert_ne!(
            replaced["metadata"]["resourceVersion"],
            second["metadata"]["resourceVersion"]
        );
        let mut stranger = map("one");
        stranger["metadata"]["uid"] = "other".into();
        assert!(
            put(&api, &path, &stranger)
                .refused(409)
                .contains("Precondition failed: UID in precondition: other")
        );
        let refused = put(&api, &path, &map("two")).refused(400);
        assert_eq!(
            refused,
            "the name of the object (two) does not match the name on the URL (one)"
        );
    });
}

#[test]
fn custom_and_aggregated_resources_insist_on_a_version() {
    let api = Api::builder()
        .flavor(Flavor::OpenShift4 {
            version: "4.18.12".into(),
        })
        .start();
    let image = json!({"apiVersion": "config.openshift.io/v1", "kind": "Image", "metadata": {"name": "cluster"}});
    let refused = put(&api, "/apis/config.openshift.io/v1/images/cluster", &image).refused(422);
    assert_eq!(
        refused,
        "images.config.openshift.io \"cluster\" is invalid: metadata.resourceVersion: Invalid value: 0: must be \
         specified for an update"
    );
    let stream = api.create(make::image_stream(
        "default",
        "app",
        "1",
        "registry.example.com/app:1",
    ));
    let mut bare = stream.clone();
    bare["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("resourceVersion");
    let path = "/apis/image.openshift.io/v1/namespaces/default/imagestreams/app";
    assert_eq!(put(&api, path, &bare).status, 422);
    assert_eq!(put(&api, path, &stream).status, 200);
}

#[test]
fn a_write_that_changes_nothing_keeps_the_version() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let made = post(&api, &maps, &map("one")).expect(201);
        let path = format!("{maps}/one");
        let before = api.snapshot();
        assert_eq!(put(&api, &path, &made).expect(200), made);
        assert_eq!(
            patch(&api, "merge", &path, &json!({"data": {"a": "1"}})).expect(200),
            made
        );
        assert_eq!(
            patch(&api, "strategic", &path, &json!({"data": {"a": "1"}})).expect(200),
            made
        );
        let same = json!([{"op": "replace", "path": "/data/a", "value": "1"}]);
        assert_eq!(patch(&api, "json", &path, &same).expect(200), made);
        assert_eq!(api.snapshot(), before);
    });
}

#[test]
fn dry_run_answers_and_stores_nothing() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let path = format!("{maps}/one");
        let made = post(&api, &format!("{maps}?dryRun=All"), &map("one")).expect(201);
        assert!(
            made["metadata"]["uid"].is_string() && made["metadata"]["resourceVersion"].is_null()
        );
        assert_eq!(get(&api, &path).status, 404);
        let stored = post(&api, &maps, &map("one")).expect(201);
        let before = api.snapshot();
        let changed = patch(
            &api,
            "merge",
            &format!("{path}?dryRun=All"),
            &json!({"data": {"a": "2"}}),
        )
        .expect(200);
        assert_eq!(changed["data"]["a"], "2");
        delete(&api, &format!("{path}?dryRun=All"), &Value::Null).expect(200);
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]});
        delete(&api, &path, &body).expect(200);
        assert_eq!(get(&api, &path).expect(200), stored);
        assert_eq!(api.snapshot(), before);
        let refused = post(&api, &format!("{maps}?dryRun=Some"), &map("x")).refused(422);
        assert!(
            refused.contains("dryRun: Unsupported value: [\"Some\"]: supported values: \"All\""),
            "{refused}"
        );
        // A dry run is checked like the real thing.
        let taken = post(&api, &format!("{maps}?dryRun=All"), &map("one"));
        assert_eq!(taken.status, 409);
        // A DELETE with a body takes its options from there, and the query counts for nothing.
        let body = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
        delete(&api, &format!("{path}?dryRun=All"), &body).expect(200);
        assert_eq!(get(&api, &path).status, 404);
    });
}

#[test]
fn delete_has_preconditions_and_takes_dependents_along() {
    let api = Api::start();
    let owner = post(&api, MAPS, &map("owner")).expect(201);
    let mut dependent = map("dependent");
    let uid = owner["metadata"]["uid"].clone();
    dependent["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": uid}]);
    post(&api, MAPS, &dependent).expect(201);
    let path = format!("{MAPS}/owner");
    let refused = delete(&api, &path, &json!({"preconditions": {"uid": "other"}})).refused(409);
    assert!(
        refused.contains("the UID in the precondition (other) does not match the UID in record"),
        "{refused}"
    );
    let refused = delete(
        &api,
        &path,
        &json!({"preconditions": {"resourceVersion": "1"}}),
    )
    .refused(409);
    assert!(
        refused.contains("the ResourceVersion in the precondition (1) does not match"),
        "{refused}"
    );
    let gone = delete(&api, &path, &json!({"propagationPolicy": "Background"})).expect(200);
    assert_eq!(gone["status"], "Success");
    assert_eq!(gone["details"]["kind"], "configmaps");
    assert_eq!(get(&api, &path).status, 404);
    assert_eq!(get(&api, &format!("{MAPS}/dependent")).status, 404);
    assert_eq!(delete(&api, &path, &Value::Null).status, 404);
}

#[test]
fn finalizers_hold_an_object_until_they_are_gone() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let mut held = map("held");
        held["metadata"]["finalizers"] = json!(["example.com/hold"]);
        post(&api, &maps, &held).expect(201);
        let path = format!("{maps}/held");
        let marked = delete(&api, &path, &Value::Null).expect(200);
        assert!(marked["metadata"]["deletionTimestamp"].is_string());
        assert_eq!(get(&api, &path).status, 200);
        patch(
            &api,
            "merge",
            &path,
            &json!({"metadata": {"finalizers": null}}),
        )
        .expect(200);
        assert_eq!(get(&api, &path).status, 404);
    });
}

#[test]
fn status_has_a_door_of_its_own() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let pod = api.create(make::pod(&api.ns, "web", "registry.example.com/web:1"));
        let path = &api.core("pods/web");
        // The object's own door leaves the status alone,
        let mut changed = pod.clone();
        changed["status"]["phase"] = "Running".into();
        changed["metadata"]["labels"]["new"] = "yes".into();
        let stored = put(&api, path, &changed).expect(200);
        assert_eq!(
            (
                &stored["status"]["phase"],
                &stored["metadata"]["labels"]["new"]
            ),
            (&json!("Pending"), &json!("yes"))
        );
        // and the status' door the spec.
        let mut status = stored.clone();
        status["status"]["phase"] = "Running".into();
        status["spec"]["containers"][0]["image"] = "registry.example.com/web:2".into();
        let stored = put(&api, &format!("{path}/status"), &status).expect(200);
        assert_eq!(stored["status"]["phase"], "Running");
        assert_eq!(
            stored["spec"]["containers"][0]["image"],
            "registry.example.com/web:1"
        );
        let stored = patch(
            &api,
            "merge",
            &format!("{path}/status"),
            &json!({"status": {"phase": "Failed"}}),
        )
        .expect(200);
        assert_eq!(stored["status"]["phase"], "Failed");
        assert_eq!(
            get(&api, &format!("{path}/status")).expect(200)["status"]["phase"],
            "Failed"
        );
        assert_eq!(get(&api, &format!("{maps}/x/status")).status, 404);
        // Labels pass through a pod's status, and not through a Deployment's.
        let labels = json!({"metadata": {"labels": {"through": "status"}}});
        let stored = patch(&api, "merge", &format!("{path}/status"), &labels).expect(200);
        assert_eq!(stored["metadata"]["labels"]["through"], "status");
        api.create(make::deployment(
            &api.ns,
            "web",
            "registry.example.com/web:1",
        ));
        let path = api.apps("deployments/web/status");
        let stored = patch(&api, "merge", &path, &labels).expect(200);
        assert!(stored["metadata"]["labels"].get("through").is_none());
    });
}

#[test]
fn generations_count_changes_of_the_spec() {
    on_every_cluster(|api| {
        let made = api.create(make::deployment(
            &api.ns,
            "web",
            "registry.example.com/web:1",
        ));
        assert_eq!(made["metadata"]["generation"], 1);
        let path = &api.apps("deployments/web");
        let labelled = patch(
            &api,
            "merge",
            path,
            &json!({"metadata": {"labels": {"a": "b"}}}),
        )
        .expect(200);
        assert_eq!(labelled["metadata"]["generation"], 1);
        let scaled = patch(&api, "merge", path, &json!({"spec": {"replicas": 3}})).expect(200);
        assert_eq!(scaled["metadata"]["generation"], 2);
    });
}

#[test]
fn logs_are_what_was_laid_down() {
    let api = Api::start();
    api.create(make::pod("default", "web", "registry.example.com/web:1"));
    let path = "/api/v1/namespaces/default/pods/web/log";
    assert!(get(&api, path).refused(400).contains("is waiting to start"));
    api.set_log("default", "web", "app", "line\n");
    assert_eq!(get(&api, path).text, "line\n");
    assert_eq!(get(&api, &format!("{path}?container=app")).text, "line\n");
}
