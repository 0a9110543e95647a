//! What the embedded server was asked, as RBAC sees it: verb, resource, place, name.
//!
//! Source: k8s.io/apiserver `pkg/endpoints/request/requestinfo.go` `RequestInfoFactory.NewRequestInfo`.

use extreg_test_support::api::Request;

use crate::table::{Place, Rule};

/// One thing that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Access {
    pub(crate) verb: String,
    pub(crate) group: String,
    pub(crate) resource: String,
    /// Empty for requests about the whole cluster.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// Everything that these requests asked for, and asked whether they may.
pub(crate) fn asked(requests: &[Request]) -> Vec<Access> {
    let mut all: Vec<Access> = requests.iter().filter_map(of_request).collect();
    all.sort();
    all.dedup();
    all
}

fn of_request(request: &Request) -> Option<Access> {
    if request.path.ends_with("/selfsubjectaccessreviews") {
        return of_review(request);
    }
    let mut words = request.path.trim_start_matches('/').split('/');
    let group = match words.next()? {
        "api" => String::new(),
        "apis" => words.next()?.to_owned(),
        _ => return None,
    };
    words.next()?;
    let rest: Vec<&str> = words.collect();
    let (namespace, rest) = match rest.as_slice() {
        ["namespaces", namespace, more @ ..] if !more.is_empty() => ((*namespace).to_owned(), more),
        // A namespace stands in itself: a Role in it may let it be read.
        ["namespaces", namespace] => ((*namespace).to_owned(), rest.as_slice()),
        all => (String::new(), all),
    };
    let (resource, rest) = rest.split_first()?;
    let name = rest.first().copied().unwrap_or_default().to_owned();
    let resource = match rest.get(1) {
        Some(sub) => format!("{resource}/{sub}"),
        None => (*resource).to_owned(),
    };
    if resource.ends_with("reviews") || resource == "users" {
        return None;
    }
    let verb = match (request.method.as_str(), name.is_empty()) {
        ("GET", _) if request.parameter("watch").is_some() => "watch",
        ("GET", true) => "list",
        ("GET", false) => "get",
        ("POST", _) => "create",
        ("PUT", _) => "update",
        ("PATCH", _) => "patch",
        ("DELETE", _) => "delete",
        _ => return None,
    };
    Some(Access {
        verb: verb.to_owned(),
        group,
        resource,
        namespace,
        name,
    })
}

fn of_review(request: &Request) -> Option<Access> {
    let body = request.json()?;
    let spec = &body["spec"]["resourceAttributes"];
    let text = |field: &str| spec[field].as_str().unwrap_or_default().to_owned();
    let resource = match text("subresource").as_str() {
        "" => text("resource"),
        sub => format!("{}/{sub}", text("resource")),
    };
    Some(Access {
        verb: text("verb"),
        group: text("group"),
        resource,
        namespace: text("namespace"),
        name: text("name"),
    })
}

impl Access {
    /// Whether a rule grants it to somebody whose namespace is `home`.
    pub(crate) fn is_covered(&self, rule: &Rule, home: &str) -> bool {
        let place = match &rule.place {
            Place::Here => self.namespace == home,
            Place::Of(namespace) => self.namespace == *namespace,
            Place::Cluster | Place::Everywhere => true,
        };
        place
            && self.group == rule.group
            && self.resource == rule.resource
            && rule.verbs.contains(&self.verb)
            && (rule.names.is_empty() || rule.names.contains(&self.name))
    }
}
