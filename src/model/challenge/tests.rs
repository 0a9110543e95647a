use super::*;

/// `scheme name=value name=value`, values in brackets.
fn shown(values: &[&str]) -> Vec<String> {
    parse(values.iter().copied())
        .into_iter()
        .map(|challenge| {
            challenge
                .params
                .iter()
                .fold(challenge.scheme, |text, (name, value)| {
                    format!("{text} {name}=[{value}]")
                })
        })
        .collect()
}

#[test]
fn every_spelling_that_registries_send() {
    for (what, values, expected) in [
        (
            "Docker Hub",
            vec![r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#],
            vec!["bearer realm=[https://auth.docker.io/token] service=[registry.docker.io]"],
        ),
        (
            "Quay, on a 200 too",
            vec![
                r#"Bearer realm="https://quay.io/v2/auth",service="quay.io",scope="repository:org/app:pull""#,
            ],
            vec![
                "bearer realm=[https://quay.io/v2/auth] service=[quay.io] scope=[repository:org/app:pull]",
            ],
        ),
        (
            "Codeberg: two challenges in one header, a comma in quotes",
            vec![
                r#"Bearer realm="https://codeberg.org/v2/token",service="container_registry",scope="*",Basic realm="Codeberg, e.V.""#,
            ],
            vec![
                "bearer realm=[https://codeberg.org/v2/token] service=[container_registry] scope=[*]",
                "basic realm=[Codeberg, e.V.]",
            ],
        ),
        (
            "two headers",
            vec!["Negotiate", r#"Basic realm="x""#],
            vec!["negotiate", "basic realm=[x]"],
        ),
        (
            "a token68, then another challenge",
            vec![r#"Negotiate YIIEqgYJ+/=== , Basic realm="x""#],
            vec!["negotiate", "basic realm=[x]"],
        ),
        (
            "schemes alone",
            vec!["Negotiate, NTLM,Basic"],
            vec!["negotiate", "ntlm", "basic"],
        ),
        (
            "Nexus: upper case",
            vec![r#"BASIC realm="Sonatype Nexus Repository Manager""#],
            vec!["basic realm=[Sonatype Nexus Repository Manager]"],
        ),
        (
            "Nexus without quotes",
            vec!["BASIC realm=Sonatype Nexus Repository Manager, charset=UTF-8"],
            vec!["basic realm=[Sonatype Nexus Repository Manager] charset=[UTF-8]"],
        ),
        (
            "zot: a URL without quotes, an empty scope",
            vec![r#"bearer realm=https://zot.example.com/auth/token,service=zot,scope="""#],
            vec!["bearer realm=[https://zot.example.com/auth/token] service=[zot] scope=[]"],
        ),
        (
            "OpenShift: no quotes, and an error",
            vec![r#"Basic realm=openshift,error="access denied""#],
            vec!["basic realm=[openshift] error=[access denied]"],
        ),
        (
            "ECR public: a constant scope",
            vec![
                r#"Bearer realm="https://public.ecr.aws/token/",service="public.ecr.aws",scope="aws""#,
            ],
            vec![
                "bearer realm=[https://public.ecr.aws/token/] service=[public.ecr.aws] scope=[aws]",
            ],
        ),
        (
            "GHCR: a placeholder",
            vec![
                r#"Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull""#,
            ],
            vec![
                "bearer realm=[https://ghcr.io/token] service=[ghcr.io] scope=[repository:user/image:pull]",
            ],
        ),
        ("Harbor: an empty header", vec!["", " , ,"], vec![]),
        (
            "spaces around the equals sign, escapes",
            vec![r#"Bearer  realm = "a \"b\" \\ c" , service= x"#],
            vec![r#"bearer realm=[a "b" \ c] service=[x]"#],
        ),
        (
            "no commas",
            vec![r#"Bearer realm="a" service="b" Basic realm="c""#],
            vec!["bearer realm=[a] service=[b]", "basic realm=[c]"],
        ),
        (
            "a list split over two headers",
            vec![r#"Bearer realm="a""#, r#"service="b""#],
            vec!["bearer realm=[a] service=[b]"],
        ),
        (
            "names in upper case, one twice",
            vec![r#"Bearer REALM="a",realm="b""#],
            vec!["bearer realm=[a] realm=[b]"],
        ),
        (
            "a query in the realm",
            vec!["Bearer realm=https://a/t?x=1&y=2"],
            vec!["bearer realm=[https://a/t?x=1&y=2]"],
        ),
        (
            "parameters of nothing",
            vec![r#"realm="a", Basic"#],
            vec!["basic"],
        ),
        (
            "quotes without end",
            vec![r#"Bearer service="a",realm="b"#],
            vec!["bearer service=[a]"],
        ),
        (
            "what is no word",
            vec![r#""x" @@, (a) Basic realm="c""#],
            vec!["basic realm=[c]"],
        ),
        (
            "text that is not ASCII",
            vec!["Basic realm=\"R\u{e9}gistre\", \u{e9}=1"],
            vec!["basic realm=[R\u{e9}gistre]"],
        ),
    ] {
        assert_eq!(shown(&values), expected, "{what}");
    }
}

#[test]
fn bearer_with_a_realm_is_answered_first_then_basic() {
    let choose = |values: &[&str]| {
        let challenges = parse(values.iter().copied());
        preferred(&challenges).map(|chosen| chosen.scheme.clone())
    };
    assert_eq!(
        choose(&["Basic realm=a", "Bearer realm=b"]).unwrap(),
        "bearer"
    );
    assert_eq!(choose(&["Bearer", "Basic realm=a"]).unwrap(), "basic");
    assert_eq!(choose(&[r#"Bearer realm="""#, "Basic"]).unwrap(), "basic");
    assert_eq!(choose(&["Negotiate", "Bearer service=a"]), None);
    assert_eq!(choose(&[]), None);
}

#[test]
fn the_first_parameter_of_a_name_counts() {
    let challenges = parse(["Bearer realm=a,realm=b"]);
    assert!(challenges[0].is_bearer() && !challenges[0].is_basic());
    assert_eq!(challenges[0].param("realm"), Some("a"));
    assert_eq!(challenges[0].param("scope"), None);
}
