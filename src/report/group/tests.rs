use super::*;

fn result(name: &str, image: &str, cause: Option<&str>) -> Judged {
    let status = match cause {
        None => "healthy",
        Some("unknown" | "ambiguous.missing-or-forbidden") => "undetermined",
        Some(_) => "failed",
    };
    serde_json::from_value(serde_json::json!({
        "target": {"kind": "Deployment", "namespace": "shop", "name": name, "container": "main"},
        "image": image, "operation": "pull", "status": status, "cause": cause, "family": null, "alternatives": [],
        "confidence": "certain", "summary": format!("summary of {name}"), "because": [], "observed": null, "ruledOut": [],
        "remedies": [], "evidence": [],
    }))
    .unwrap()
}

/// The names of each group, in order.
fn names(results: &[Judged]) -> Vec<String> {
    let groups = groups(results);
    groups
        .faulty
        .iter()
        .map(|group| {
            let names = group
                .members
                .iter()
                .filter_map(|member| member.target.name.clone());
            names.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

#[test]
fn a_cause_reaches_as_far_as_it_does() {
    let of = |cause: &str| {
        let results = [
            result("a", "quay.io/team/app:1", Some(cause)),
            result("b", "quay.io/team/app:2", Some(cause)),
            result("c", "quay.io/team/other:1", Some(cause)),
            result("d", "ghcr.io/team/app:1", Some(cause)),
        ];
        names(&results)
    };
    assert_eq!(of("network.dns"), ["a b c", "d"]);
    assert_eq!(of("auth.no-credentials"), ["a b c", "d"]);
    assert_eq!(of("location.repository-missing"), ["a b", "c", "d"]);
    assert_eq!(of("location.tag-missing"), ["a", "b", "c", "d"]);
    // Of these nothing is known to be shared.
    for cause in ["unknown", "node.runtime", "later.version"] {
        assert_eq!(of(cause), ["a", "b", "c", "d"], "{cause}");
    }
}

#[test]
fn failures_before_questions_the_largest_first_then_by_name() {
    let results = [
        result(
            "z",
            "quay.io/team/app:1",
            Some("ambiguous.missing-or-forbidden"),
        ),
        result(
            "y",
            "quay.io/team/app:1",
            Some("ambiguous.missing-or-forbidden"),
        ),
        result("x", "ghcr.io/team/app:1", Some("location.tag-missing")),
        result("b", "quay.io/team/app:1", Some("network.dns")),
        result("good", "quay.io/team/app:1", None),
        result("a", "ghcr.io/team/app:9", Some("location.tag-missing")),
        result("c", "quay.io/team/app:1", Some("network.dns")),
    ];
    assert_eq!(names(&results), ["b c", "a", "x", "y z"]);
    assert_eq!(groups(&results).healthy.len(), 1);
}

#[test]
fn another_secret_another_operation_another_group() {
    let with = |name: &str, namespace: &str, secret: &str| {
        let mut result = result(name, "quay.io/team/app:1", Some("auth.secret-not-linked"));
        result.involves = Some(crate::report::v1::Involved {
            secret: Some(crate::report::v1::SecretName {
                namespace: namespace.to_owned(),
                name: secret.to_owned(),
            }),
            ..crate::report::v1::Involved::default()
        });
        result
    };
    let mut push = with("d", "shop", "one");
    push.operation = "push".into();
    let results = [
        with("a", "shop", "one"),
        with("b", "stock", "one"),
        with("c", "shop", "two"),
        push,
    ];
    assert_eq!(names(&results), ["a b", "c", "d"]);
}

#[test]
fn the_surest_is_told_in_full() {
    let mut likely = result("a", "quay.io/team/app:1", Some("network.dns"));
    likely.confidence = "likely".into();
    let results = [
        likely,
        result("b", "quay.io/team/app:1", Some("network.dns")),
    ];
    let groups = groups(&results);
    assert_eq!(groups.faulty[0].first.target.name.as_deref(), Some("b"));
    assert_eq!(
        groups.faulty[0].members[0].target.name.as_deref(),
        Some("a")
    );
}
