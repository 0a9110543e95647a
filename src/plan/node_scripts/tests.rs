use super::*;

const CA: &str = "subject=CN = it's a {{ CA }}\nEND_OF_CA\n-----BEGIN CERTIFICATE-----\r\nMIIB\r\n-----END CERTIFICATE-----\r\n\n-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----";
const REGISTRY: &str = "registry.example.com:5000";

fn every_job() -> Vec<Job<'static>> {
    vec![
        Job::Trust {
            registry: REGISTRY,
            ca: CA,
        },
        Job::Insecure {
            registry: REGISTRY,
            plain_http: false,
        },
        Job::Insecure {
            registry: "[::1]:5000",
            plain_http: true,
        },
    ]
}

fn every_script() -> Vec<Script> {
    let mut scripts = Vec::new();
    for job in every_job() {
        for action in [Action::Install, Action::Remove] {
            scripts.push(openshift3(&job, Docker::TrustStore, action));
            scripts.push(openshift3(&job, Docker::CertsD, action));
            scripts.push(containerd(&job, action));
        }
    }
    scripts
}

#[test]
fn nothing_is_left_to_fill_in_and_jinja_finds_nothing() {
    for script in every_script() {
        let text = &script.text;
        let placeholder = text.split('@').skip(1).step_by(2).any(|word| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
        });
        assert!(!placeholder, "{text}");
        for sign in ["{{", "{%", "{#"] {
            assert!(!text.contains(sign), "{sign} in {text}");
        }
        assert!(text.starts_with("#!/bin/sh\n") && text.ends_with('\n'));
    }
}

#[test]
fn only_certificates_get_into_a_script() {
    let lines = pem_lines(CA);
    assert_eq!(
        lines,
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"
    );
}

#[test]
fn the_program_in_single_quotes_has_none() {
    assert!(!include_str!("sh/options.awk").contains('\''));
}

#[test]
fn names_are_names_of_files_and_objects() {
    assert_eq!(
        slug("registry.example.com:5000"),
        "registry.example.com-5000"
    );
    assert_eq!(slug("[fd00::1]:5000"), "fd00-1-5000");
    let long = format!("{}.example.com:5000", "a".repeat(60));
    let job = Job::Insecure {
        registry: &long,
        plain_http: true,
    };
    let manifest = daemon_set(&containerd(&job, Action::Install), "busybox");
    let name = manifest
        .lines()
        .find_map(|line| line.strip_prefix("  name: "))
        .expect("a name");
    assert!(name.len() <= 63 && name.ends_with('a'), "{name}");
}

#[test]
fn the_version_decides_the_way() {
    for (version, way) in [
        ("1.13.1", Docker::TrustStore),
        ("17.03.2-ce", Docker::TrustStore),
        ("20.10", Docker::TrustStore),
        ("1.12.6", Docker::CertsD),
        ("1.9", Docker::CertsD),
    ] {
        assert_eq!(Docker::of_version(version), Ok(way), "{version}");
    }
    for bad in ["", "new", "1", "1.x"] {
        assert!(Docker::of_version(bad).is_err(), "{bad}");
    }
}

#[test]
fn nodes_that_differ_are_not_served_alike() {
    let nodes = |runtimes: &[&str]| {
        let nodes: Vec<(String, String)> = runtimes
            .iter()
            .enumerate()
            .map(|(at, runtime)| (format!("n{at}"), (*runtime).to_owned()))
            .collect();
        Docker::of_nodes(&nodes)
    };
    assert_eq!(
        nodes(&["docker://1.13.1", "docker://1.13.1"]),
        Ok(Docker::TrustStore)
    );
    assert_eq!(
        nodes(&["cri-o://1.11", "docker://1.12.6"]),
        Ok(Docker::CertsD)
    );
    let mixed = nodes(&["docker://1.12.6", "docker://1.13.1"]).expect_err("two ways");
    assert_eq!(
        mixed.to_string(),
        "the nodes need different scripts: n0 have a Docker before 1.13, n1 a newer one"
    );
    let none = nodes(&["containerd://2.1.4"]).expect_err("no docker");
    assert!(none.to_string().ends_with("containerd://2.1.4"));
    assert!(nodes(&[]).is_err());
}

#[test]
fn docker_hub_answers_elsewhere() {
    let job = Job::Trust {
        registry: "docker.io",
        ca: CA,
    };
    let hosts = hosts_toml(&job);
    assert!(
        hosts.contains("server = \"https://registry-1.docker.io\""),
        "{hosts}"
    );
    assert!(
        hosts.contains("/certs.d/docker.io/extreg-ca.crt"),
        "{hosts}"
    );
}
