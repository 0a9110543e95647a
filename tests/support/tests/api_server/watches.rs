use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use extreg_test_support::api::{Api, make};
use serde_json::{Value, json};

use super::http::{get, on_every_cluster};

/// A watch, read event by event.
struct Watch(BufReader<TcpStream>);

impl Watch {
    fn open(api: &Api, path: &str) -> Self {
        let mut stream = TcpStream::connect(api.address()).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        assert!(line.contains("200"), "{line}");
        while line != "\r\n" {
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        Self(reader)
    }

    /// The next event; nothing at the end of the watch.
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        loop {
            line.clear();
            if self.0.read_line(&mut line).ok()? == 0 {
                return None;
            }
            if line.starts_with('{') {
                return serde_json::from_str(&line).ok();
            }
        }
    }

    fn expect(&mut self, kind: &str, name: &str) -> Value {
        let event = self.next().expect("an event");
        assert_eq!(
            (&event["type"], &event["object"]["metadata"]["name"]),
            (&json!(kind), &json!(name)),
            "{event}"
        );
        event["object"].clone()
    }
}

const MAPS: &str = "/api/v1/namespaces/default/configmaps";

#[test]
fn a_watch_begins_with_what_is_there_and_goes_on() {
    let api = Api::start();
    api.create(make::config_map("default", "old", &json!({"a": "1"})));
    api.create(make::config_map("kube-system", "elsewhere", &json!({})));
    let mut watch = Watch::open(&api, &format!("{MAPS}?watch=1"));
    watch.expect("ADDED", "old");
    api.create(make::config_map("kube-system", "not-seen", &json!({})));
    api.create(make::config_map("default", "new", &json!({})));
    watch.expect("ADDED", "new");
    api.edit("configmaps", "default", "old", |map| {
        map["data"]["a"] = "2".into();
    });
    assert_eq!(watch.expect("MODIFIED", "old")["data"]["a"], "2");
    api.delete("configmaps", "default", "old");
    watch.expect("DELETED", "old");
}

#[test]
fn a_watch_from_a_version_misses_nothing_and_ends_in_time() {
    let api = Api::start();
    let list = get(&api, MAPS).expect(200);
    let version = list["metadata"]["resourceVersion"]
        .as_str()
        .unwrap()
        .to_owned();
    api.create(make::config_map("default", "between", &json!({})));
    let path = format!(
        "{MAPS}?watch=true&resourceVersion={version}&timeoutSeconds=1&allowWatchBookmarks=true"
    );
    let mut watch = Watch::open(&api, &path);
    watch.expect("ADDED", "between");
    let last = watch.next().expect("a bookmark");
    assert_eq!(last["type"], "BOOKMARK");
    assert_eq!(watch.next(), None);
    api.compact();
    api.create(make::config_map("default", "later", &json!({})));
    let mut old = Watch::open(&api, &path);
    let event = old.next().expect("an error");
    assert_eq!(
        (&event["type"], &event["object"]["code"]),
        (&json!("ERROR"), &json!(410))
    );
}

#[test]
fn what_stops_matching_is_deleted_for_the_watcher() {
    let api = Api::start();
    let mut map = make::config_map("default", "one", &json!({}));
    map["metadata"]["labels"] = json!({"app": "web"});
    api.create(map);
    let mut watch = Watch::open(&api, &format!("{MAPS}?watch=1&labelSelector=app%3Dweb"));
    watch.expect("ADDED", "one");
    api.edit("configmaps", "default", "one", |map| {
        map["metadata"]["labels"] = json!({});
    });
    watch.expect("DELETED", "one");
    api.edit("configmaps", "default", "one", |map| {
        map["metadata"]["labels"] = json!({"app": "web"});
    });
    watch.expect("ADDED", "one");
}

#[test]
fn a_streamed_list_ends_with_its_bookmark() {
    let api = Api::start();
    api.create(make::config_map("default", "one", &json!({})));
    let query =
        "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    let mut watch = Watch::open(&api, &format!("{MAPS}?{query}"));
    watch.expect("ADDED", "one");
    let mark = watch.next().expect("a bookmark");
    assert_eq!(
        mark["object"]["metadata"]["annotations"]["k8s.io/initial-events-end"],
        "true"
    );
}

#[test]
fn both_servers_tell_the_same_story() {
    on_every_cluster(|api| {
        let maps = api.core("configmaps");
        let version = get(&api, &maps).expect(200)["metadata"]["resourceVersion"].clone();
        let version = version.as_str().unwrap();
        for name in ["one", "two"] {
            api.create(make::config_map(&api.ns, name, &json!({"a": "1"})));
        }
        api.edit("configmaps", "one", |map| map["data"]["a"] = "2".into());
        api.edit("configmaps", "one", |map| {
            map["metadata"]["labels"] = json!({"app": "x"});
        });
        api.cluster.delete("configmaps", &api.ns, "two");
        let story = |query: &str| -> Vec<(String, String)> {
            let path = format!("{maps}?watch=1&resourceVersion={version}&timeoutSeconds=1{query}");
            let answer = get(&api, &path);
            let events = answer
                .text
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap());
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            events
                .filter(|event| event["type"] != "BOOKMARK")
                .map(|event| {
                    (
                        text(&event["type"]),
                        text(&event["object"]["metadata"]["name"]),
                    )
                })
                .collect()
        };
        let told = |events: &[(&str, &str)]| -> Vec<(String, String)> {
            events
                .iter()
                .map(|(kind, name)| ((*kind).to_owned(), (*name).to_owned()))
                .collect()
        };
        assert_eq!(
            story(""),
            told(&[
                ("ADDED", "one"),
                ("ADDED", "two"),
                ("MODIFIED", "one"),
                ("MODIFIED", "one"),
                ("DELETED", "two"),
            ])
        );
        assert_eq!(story("&labelSelector=app%3Dx"), told(&[("ADDED", "one")]));
        let by_name = "&fieldSelector=metadata.name%3Dtwo";
        assert_eq!(
            story(by_name),
            told(&[("ADDED", "two"), ("DELETED", "two")])
        );
    });
}
