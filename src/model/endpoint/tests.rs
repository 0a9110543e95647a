use super::*;

/// Key, text form and notes of an argument that parses.
fn read(text: &str) -> (String, String, Vec<String>) {
    let argument = RegistryArgument::parse(text).unwrap_or_else(|error| panic!("{error}"));
    // What is shown can be typed, and is taken as it stands.
    let again = RegistryArgument::parse(&argument.to_string()).unwrap();
    assert_eq!(
        (&again.endpoint, &again.path),
        (&argument.endpoint, &argument.path)
    );
    (argument.key(), argument.to_string(), argument.notes)
}

fn refused(text: &str) -> (String, Option<String>) {
    let error = RegistryArgument::parse(text).unwrap_err();
    if let Some(suggestion) = &error.suggestion {
        RegistryArgument::parse(suggestion).unwrap();
    }
    (error.reason, error.suggestion)
}

#[test]
fn what_people_paste_and_the_key_that_comes_of_it() {
    let wrong: Vec<_> = [
        ("quay.io", "quay.io", 0),
        ("quay.io/", "quay.io", 0),
        (" quay.io ", "quay.io", 0),
        ("quay.io/org", "quay.io/org", 0),
        ("quay.io/org/app/", "quay.io/org/app", 1),
        ("quay.io//org", "quay.io/org", 1),
        ("https://quay.io", "quay.io", 1),
        ("HTTPS://quay.io/", "quay.io", 1),
        ("docker://quay.io/org", "quay.io/org", 1),
        (
            "https://registry.example.com/v2/",
            "registry.example.com",
            2,
        ),
        ("https://registry.example.com/v2", "registry.example.com", 2),
        (
            "registry.example.com:5000/v2/",
            "registry.example.com:5000",
            1,
        ),
        (
            "registry.example.com/v2/v1/team",
            "registry.example.com/team",
            1,
        ),
        (
            "https://registry.example.com/v1/",
            "registry.example.com",
            2,
        ),
        (
            "https://registry.example.com/v2/_catalog?n=5",
            "registry.example.com",
            3,
        ),
        (
            "https://registry.example.com/v2/team/app/tags/list",
            "registry.example.com/team/app",
            2,
        ),
        (
            "https://registry.example.com/v2/team/app/manifests/1",
            "registry.example.com/team/app",
            2,
        ),
        (
            "https://registry.example.com:443",
            "registry.example.com",
            2,
        ),
        ("http://registry.example.com:80/", "registry.example.com", 2),
        (
            "http://registry.example.com:443",
            "registry.example.com:443",
            2,
        ),
        ("registry.example.com:443", "registry.example.com:443", 1),
        ("registry.example.com:80", "registry.example.com:80", 1),
        (
            "https://registry.example.com:5000",
            "registry.example.com:5000",
            1,
        ),
        ("registry.example.com:", "registry.example.com", 1),
        ("registry.example.com.", "registry.example.com", 1),
        ("Registry.Example.COM:5000", "registry.example.com:5000", 1),
        ("registry:5000", "registry:5000", 0),
        ("https://registry:443/team", "registry:443/team", 2),
        ("localhost", "localhost", 0),
        ("localhost:5000/team", "localhost:5000/team", 0),
        ("192.0.2.1:5000", "192.0.2.1:5000", 0),
        ("[2001:db8::1]:5000", "[2001:db8::1]:5000", 0),
        ("[2001:DB8::1]", "[2001:db8::1]", 2),
        ("docker.io", "https://index.docker.io/v1/", 0),
        ("index.docker.io", "https://index.docker.io/v1/", 1),
        (
            "https://index.docker.io/v1/",
            "https://index.docker.io/v1/",
            3,
        ),
        ("registry-1.docker.io:443", "https://index.docker.io/v1/", 1),
        ("hub.docker.com", "https://index.docker.io/v1/", 1),
        ("docker.io/org", "docker.io/org", 0),
        ("https://hub.docker.com/r/org/app", "docker.io/org/app", 2),
        (
            "https://hub.docker.com/_/nginx",
            "docker.io/library/nginx",
            2,
        ),
        (
            "https://quay.io/repository/org/app?tab=tags",
            "quay.io/org/app",
            3,
        ),
        ("docker.io:5000", "docker.io:5000", 0),
    ]
    .into_iter()
    .filter_map(|(text, key, notes)| {
        let found = read(text);
        (found.0 != key || found.2.len() != notes).then_some((text, found))
    })
    .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_notes_say_what_was_changed_and_why() {
    assert_eq!(
        read("https://Registry.example.com:443/v2/").2,
        [
            "left out https://: neither image references nor keys of credentials have it",
            "left out /v2: it is the address of the API and no repository",
            "wrote registry.example.com in lower case: the matchers do not take upper and lower case for the same",
            "left out :443: it is the default, and a key with a port serves only images whose reference has it too",
        ]
    );
    assert_eq!(
        read("registry.example.com:443").2,
        ["kept :443: the key then serves only images whose reference has :443 too"]
    );
}

#[test]
fn what_is_no_registry_is_refused_with_what_was_meant() {
    let table = [
        ("", "it is empty", None),
        ("https://", "it is empty", None),
        (
            "exernal-registry.example,com:50000/v2",
            "comma",
            Some("exernal-registry.example.com:50000"),
        ),
        ("quay.io,ghcr.io:5000", "comma", None),
        ("quay.io,", "comma", Some("quay.io")),
        ("quay.io:5000,ghcr.io:5000", "comma", None),
        ("quay .io", "white space", Some("quay.io")),
        (
            "registry.example.com;5000",
            "semicolon",
            Some("registry.example.com:5000"),
        ),
        (
            "registry.example.com\\team",
            "backslash",
            Some("registry.example.com/team"),
        ),
        (
            "quay.io/org/app:1.2",
            "tag (\"1.2\")",
            Some("quay.io/org/app"),
        ),
        (
            "quay.io/org/app@sha256:abc",
            "digest",
            Some("quay.io/org/app"),
        ),
        (
            "quay.io/org/app:1@sha256:abc",
            "digest",
            Some("quay.io/org/app"),
        ),
        ("quay.io:latest", "is no port", Some("quay.io")),
        ("quay.io:99999", "is no port", Some("quay.io")),
        ("quay.io/Org", "lower case", Some("quay.io/org")),
        ("quay.io/-org", "not allowed", None),
        ("ftp://quay.io", "ftp://", Some("quay.io")),
        ("2001:db8::1", "brackets", Some("[2001:db8::1]")),
        ("2001:db8::1/team", "brackets", Some("[2001:db8::1]/team")),
        ("*.example.com", "wildcard", Some("example.com")),
        ("${REGISTRY}/team", "not filled in", None),
        ("<registry>", "not filled in", None),
        ("foo_bar.example.com", "no host name", None),
        ("github.com/org", "web site", Some("ghcr.io/org")),
        (
            "https://gitlab.com/group/project",
            "web site",
            Some("registry.gitlab.com/group/project"),
        ),
        ("quay", "neither a dot nor a port", Some("quay.io")),
        (
            "org/app",
            "neither a dot nor a port",
            Some("docker.io/org/app"),
        ),
        ("myregistry", "neither a dot nor a port", None),
        ("/quay.io/org", "no host", Some("quay.io/org")),
        (
            "user:pass@quay.io/org",
            "user name or a password",
            Some("quay.io/org"),
        ),
    ];
    let wrong: Vec<_> = table
        .into_iter()
        .filter_map(|(text, reason, suggestion)| {
            let found = refused(text);
            (!found.0.contains(reason) || found.1.as_deref() != suggestion).then_some((text, found))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_error_shows_a_password_or_a_query() {
    for text in [
        "https://user:s3cret@quay.io",
        "user:s3cret@quay.io",
        "s3cret@quay.io:5000",
        "DOMAIN/user:s3cret@quay.io",
        "https://user:a/s3cret@quay.io/org",
        "https://user:a@s3cret@quay.io",
        "user:s3cret@quay.io/app@sha256:abc",
        "https://quay.io/-/x?token=s3cret",
    ] {
        let error = RegistryArgument::parse(text).unwrap_err();
        let shown = format!(
            "{error} {error:?} {:?}",
            crate::error::Error::from(error.clone())
        );
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn endpoints_of_references() {
    let endpoint = Endpoint::of_registry;
    let hub = endpoint("docker.io");
    assert!(hub.is_docker_hub());
    assert_eq!(hub.name(), "docker.io");
    assert_eq!(hub.api_host(), "registry-1.docker.io");
    assert_eq!(hub.api_authority(), "registry-1.docker.io");
    assert_eq!(hub.port_for(false), 443);
    assert_eq!(endpoint("index.docker.io"), hub);

    let port = endpoint("registry.example.com:5000");
    assert_eq!(port.to_string(), "registry.example.com:5000");
    assert_eq!(
        (port.api_host(), port.port()),
        ("registry.example.com", Some(5000))
    );
    assert_eq!(port.port_for(true), 5000);
    assert!(!port.is_docker_hub());

    let address = endpoint("[2001:db8::1]:5000");
    assert_eq!(address.name(), "[2001:db8::1]:5000");
    assert_eq!(address.api_host(), "2001:db8::1");
    assert_eq!(address.api_authority(), "[2001:db8::1]:5000");
    assert_eq!(endpoint("[::1]").name(), "[::1]");

    assert_eq!(endpoint("localhost").port_for(true), 80);
    assert!(!endpoint("docker.io:443").is_docker_hub());
    assert_eq!(endpoint("host:port").api_host(), "host:port");
}
