use super::*;

const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// `registry repository tag digest` of a text that parses.
fn parts(text: &str) -> (String, String, Option<String>, Option<String>) {
    let reference = ImageReference::parse(text).unwrap();
    (
        reference.registry,
        reference.repository,
        reference.tag,
        reference.digest,
    )
}

fn rule(text: &str) -> (ReferenceRule, Option<String>) {
    let error = ImageReference::parse(text).unwrap_err();
    if let Some(suggestion) = &error.suggestion {
        ImageReference::parse(suggestion).unwrap();
    }
    (error.rule, error.suggestion)
}

#[test]
fn what_the_grammar_takes() {
    let digest = |name: &str| format!("{name}@{DIGEST}");
    for (text, registry, repository, tag, with_digest) in [
        ("nginx", "docker.io", "library/nginx", None, false),
        (
            "nginx:1.27",
            "docker.io",
            "library/nginx",
            Some("1.27"),
            false,
        ),
        ("org/app", "docker.io", "org/app", None, false),
        ("docker.io/nginx", "docker.io", "library/nginx", None, false),
        (
            "index.docker.io/nginx",
            "docker.io",
            "library/nginx",
            None,
            false,
        ),
        (
            "registry-1.docker.io/org/app",
            "docker.io",
            "org/app",
            None,
            false,
        ),
        (
            "docker.io:443/org/app",
            "docker.io:443",
            "org/app",
            None,
            false,
        ),
        ("localhost/app", "localhost", "app", None, false),
        (
            "localhost:5000/app:x",
            "localhost:5000",
            "app",
            Some("x"),
            false,
        ),
        ("registry:5000/app", "registry:5000", "app", None, false),
        (
            "Registry.Example.com/team/app",
            "Registry.Example.com",
            "team/app",
            None,
            false,
        ),
        (
            "host.example.com:05000/a__b/c-d--e.f",
            "host.example.com:05000",
            "a__b/c-d--e.f",
            None,
            false,
        ),
        ("127.0.0.1:5000/app", "127.0.0.1:5000", "app", None, false),
        (
            "[2001:db8::1]:5000/app:v1",
            "[2001:db8::1]:5000",
            "app",
            Some("v1"),
            false,
        ),
        (
            "quay.io/org/app:_x-Y.z",
            "quay.io",
            "org/app",
            Some("_x-Y.z"),
            false,
        ),
        ("quay.io/org/app", "quay.io", "org/app", None, true),
        ("quay.io/org/app:1", "quay.io", "org/app", Some("1"), true),
        (
            "my.app:1.0-rc",
            "docker.io",
            "library/my.app",
            Some("1.0-rc"),
            false,
        ),
        ("mysql:8", "docker.io", "library/mysql", Some("8"), false),
    ] {
        let text = if with_digest {
            digest(text)
        } else {
            text.to_owned()
        };
        assert_eq!(
            parts(&text),
            (
                registry.to_owned(),
                repository.to_owned(),
                tag.map(str::to_owned),
                with_digest.then(|| DIGEST.to_owned())
            ),
            "{text}"
        );
    }
}

#[test]
fn the_canonical_form_the_selector_and_the_name() {
    let reference = |text: &str| ImageReference::parse(text).unwrap();
    let both = reference(&format!("nginx:1@{DIGEST}"));
    assert_eq!(
        both.to_string(),
        format!("docker.io/library/nginx:1@{DIGEST}")
    );
    assert_eq!(both.selector(), DIGEST);
    assert_eq!(both.name(), "docker.io/library/nginx");
    assert!(!both.names_registry());
    assert_eq!(both.with_tag("2").to_string(), "docker.io/library/nginx:2");
    let plain = reference("quay.io/org/app");
    assert_eq!(plain.to_string(), "quay.io/org/app:latest");
    assert_eq!(plain.selector(), "latest");
    assert!(plain.names_registry());
    assert_eq!(
        plain.with_repository("org/other").name(),
        "quay.io/org/other"
    );
    assert_eq!(reference("quay.io/org/app:x").selector(), "x");
}

#[test]
fn every_broken_rule_is_told_apart_and_mended_where_the_meaning_is_evident() {
    use ReferenceRule as R;
    let long = "a".repeat(256);
    let s = str::to_owned;
    let table: Vec<(&str, R, Option<&str>)> = vec![
        ("", R::Empty, None),
        ("  ", R::Empty, None),
        (
            "https://quay.io/org/app:1",
            R::Scheme(s("https")),
            Some("quay.io/org/app:1"),
        ),
        (
            "docker://quay.io/org/app",
            R::Scheme(s("docker")),
            Some("quay.io/org/app"),
        ),
        (
            "https://quay.io/repository/org/app?tab=tags",
            R::Scheme(s("https")),
            Some("quay.io/org/app"),
        ),
        (
            "https://hub.docker.com/_/nginx",
            R::Scheme(s("https")),
            Some("docker.io/library/nginx"),
        ),
        (
            "https://hub.docker.com/r/org/app/tags",
            R::Scheme(s("https")),
            Some("docker.io/org/app"),
        ),
        (
            "https://quay.io/v2/org/app/manifests/1.2",
            R::Scheme(s("https")),
            Some("quay.io/org/app:1.2"),
        ),
        ("https://quay.io/v2/", R::Scheme(s("https")), None),
        ("Acme/app", R::UpperCase(s("Acme")), Some("acme/app")),
        (
            "quay.io/Acme/App:V1",
            R::UpperCase(s("Acme")),
            Some("quay.io/acme/app:V1"),
        ),
        (
            "quay.io/org/app:${TAG}",
            R::UnexpandedVariable(s("${TAG}")),
            None,
        ),
        ("$REGISTRY/app", R::UnexpandedVariable(s("$REGISTRY")), None),
        (
            "{{ .Values.image }}:1",
            R::UnexpandedVariable(s("{{ .Values.image }}")),
            None,
        ),
        (
            "<registry>/app",
            R::UnexpandedVariable(s("<registry>")),
            None,
        ),
        ("%HOST%/app", R::UnexpandedVariable(s("%HOST%")), None),
        (" quay.io/org/app", R::WhiteSpace, Some("quay.io/org/app")),
        ("quay.io/org/app\n", R::WhiteSpace, Some("quay.io/org/app")),
        (
            "quay.io/org/app: 1",
            R::WhiteSpace,
            Some("quay.io/org/app:1"),
        ),
        (
            "quay.io/org/app:",
            R::BadTag(s("")),
            Some("quay.io/org/app"),
        ),
        (
            "quay.io/org/app:1.0+build",
            R::BadTag(s("1.0+build")),
            Some("quay.io/org/app:1.0_build"),
        ),
        ("quay.io/org/app:-x", R::BadTag(s("-x")), None),
        ("quay.io/org/app:a:b", R::BadTag(s("a:b")), None),
        (
            "quay.io/org/app@1.2",
            R::BadDigest(s("1.2")),
            Some("quay.io/org/app:1.2"),
        ),
        (
            "quay.io/org/app@sha256:abc",
            R::BadDigest(s("sha256:abc")),
            None,
        ),
        (
            "quay.io/org/app@md5:0123456789abcdef0123456789abcdef",
            R::BadDigest(s("md5:0123456789abcdef0123456789abcdef")),
            None,
        ),
        (
            "quay.io//org/app",
            R::EmptyComponent,
            Some("quay.io/org/app"),
        ),
        (
            "quay.io/org/app/",
            R::EmptyComponent,
            Some("quay.io/org/app"),
        ),
        ("/org/app", R::EmptyComponent, Some("org/app")),
        ("quay.io/org/my app", R::WhiteSpace, None),
        ("quay.io/org/a\u{1b}[31m:1", R::ControlCharacter, None),
        (
            "Docker.io/Foo",
            R::UpperCase(s("Foo")),
            Some("docker.io/foo"),
        ),
        ("quay.io/org/-app", R::BadComponent(s("-app")), None),
        ("quay.io/org/a..b", R::BadComponent(s("a..b")), None),
        (
            "quay.io/org/\u{e9}t\u{e9}",
            R::BadComponent(s("\u{e9}t\u{e9}")),
            None,
        ),
        ("foo_bar.com/app", R::BadHost(s("foo_bar.com")), None),
        ("-x.example.com/app", R::BadHost(s("-x.example.com")), None),
        ("quay.io:/app", R::BadPort(s("")), Some("quay.io/app")),
        ("quay.io:port/app", R::BadPort(s("port")), None),
        ("quay.io:99999/app", R::BadPort(s("99999")), None),
        ("quay.io:0/app", R::BadPort(s("0")), None),
        (
            "2001:db8::1/app",
            R::BareIpv6(s("2001:db8::1")),
            Some("[2001:db8::1]/app"),
        ),
        ("quay.io", R::NoRepository, None),
        ("quay.io/", R::NoRepository, None),
        ("registry.example.com:5000", R::NoRepository, None),
        ("localhost:5000", R::NoRepository, None),
        ("10.0.0.7", R::NoRepository, None),
        ("10.0.0.7:5000", R::NoRepository, None),
        ("10.0.0.7:5000/", R::NoRepository, None),
        ("[::1]:5000", R::NoRepository, None),
        (
            "user:secret@quay.io/org/app",
            R::Credentials,
            Some("quay.io/org/app"),
        ),
        (&long, R::TooLong, None),
        (&DIGEST[7..], R::Shape, None),
        (
            "\"quay.io/org/app\"",
            R::BadHost(s("\"quay.io")),
            Some("quay.io/org/app"),
        ),
    ];
    let wrong: Vec<_> = table
        .into_iter()
        .filter_map(|(text, expected, suggestion)| {
            let found = rule(text);
            (found != (expected, suggestion.map(str::to_owned))).then_some((text.to_owned(), found))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_digest_with_a_colon_in_front_or_in_upper_case_is_mended() {
    let (_, suggestion) = rule(&format!("quay.io/org/app:{DIGEST}"));
    assert_eq!(suggestion.unwrap(), format!("quay.io/org/app@{DIGEST}"));
    let upper = format!("quay.io/org/app@sha256:{}", DIGEST[7..].to_uppercase());
    let (found, suggestion) = rule(&upper);
    assert!(matches!(found, ReferenceRule::BadDigest(_)));
    assert_eq!(suggestion.unwrap(), format!("quay.io/org/app@{DIGEST}"));
}

#[test]
fn no_error_shows_a_password_or_a_query() {
    for text in [
        "https://user:s3cret@quay.io/org/app",
        "user:s3cret@quay.io/org/app",
        "user:s3cret@quay.io",
        "DOMAIN/user:s3cret@quay.io",
        "s3cret@quay.io:5000/app",
        "https://user:a/s3cret@quay.io/org/app",
        "https://quay.io/org/app?token=s3cret",
        "https://us@er:s3cret@quay.io/org/app@sha256:abc",
    ] {
        let error = ImageReference::parse(text).unwrap_err();
        let shown = format!(
            "{error} {error:?} {:?}",
            crate::error::Error::from(error.clone())
        );
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn the_error_says_what_is_wrong_and_what_was_meant() {
    let error = ImageReference::parse("https://quay.io/Org/app").unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"https://quay.io/Org/app\" is no image reference: it starts with a scheme (https://); a reference has none"
    );
    let error = crate::error::Error::from(error);
    assert_eq!(error.hints(), ["did you mean quay.io/org/app?"]);
    assert_eq!(error.status(), 2);
}

#[test]
fn a_registry_is_put_into_lower_case_and_nothing_else_is() {
    let lower = |text: &str| {
        let image = ImageReference::parse(text).expect("an image");
        image.with_lower_case_registry().map(|it| it.to_string())
    };
    assert_eq!(
        lower("Quay.IO:443/team/app:V1").as_deref(),
        Some("quay.io:443/team/app:V1")
    );
    assert_eq!(
        lower("[FD00::1]:5000/app:1").as_deref(),
        Some("[fd00::1]:5000/app:1")
    );
    assert_eq!(lower("quay.io/team/app:V1"), None);
    assert_eq!(lower("app"), None);
}
