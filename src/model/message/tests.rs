use super::*;

fn symptom(text: &str) -> Symptom {
    read(text).symptom
}

#[test]
fn wrappers_come_off_and_the_names_stay() {
    let read = read(
        "Failed to pull image \"registry.example.com:5000/team/app:1\": rpc error: code = NotFound desc = failed to pull and \
         unpack image \"registry.example.com:5000/team/app:1\": failed to resolve reference \
         \"registry.example.com:5000/team/app:1\": registry.example.com:5000/team/app:1: not found",
    );
    assert_eq!(read.runtime, Runtime::Containerd);
    assert_eq!(
        read.image.as_deref(),
        Some("registry.example.com:5000/team/app:1")
    );
    assert_eq!(read.operation, Some(Operation::Pull));
    assert_eq!(read.symptom, Symptom::NotFound);
    assert_eq!(
        read.words,
        "registry.example.com:5000/team/app:1: not found"
    );
}

#[test]
fn the_first_failure_with_a_cause_wins_over_back_off() {
    let text = "3s  Normal   BackOff  pod/web-1  Back-off pulling image \"quay.io/team/app:1\"\n\
                9s  Warning  Failed   pod/web-1  Error: ErrImagePull\n\
                9s  Warning  Failed   pod/web-1  Failed to pull image \"quay.io/team/app:1\": rpc error: code = Unknown desc = \
                reading manifest 1 in quay.io/team/app: unauthorized: access to the requested resource is not authorized";
    let all = read_all(text);
    assert_eq!(all[0].symptom, Symptom::Unauthorized);
    assert!(all[0].back_off);
    assert_eq!(all[0].runtime, Runtime::CriO);
    let object = all[0]
        .object
        .as_ref()
        .map(|object| (object.kind, object.name.as_str()));
    assert_eq!(object, Some(("pod", "web-1")));
    assert_eq!(
        symptom("Back-off pulling image \"quay.io/team/app:1\""),
        Symptom::NoCause
    );
}

#[test]
fn each_mirror_is_read_by_itself() {
    let read = read(
        "(Mirrors also failed: [m1.example.com/a@sha256:abcd: reading manifest sha256:abcd in m1.example.com/a: manifest \
         unknown] [m2.example.com:5000/a@sha256:abcd: pinging container registry m2.example.com:5000: Get \
         \"https://m2.example.com:5000/v2/\": dial tcp [::1]:5000: connect: connection refused]): quay.io/a@sha256:abcd: \
         reading manifest sha256:abcd in quay.io/a: unauthorized",
    );
    assert_eq!(read.symptom, Symptom::Unauthorized);
    let mirrors: Vec<_> = read
        .mirrors
        .iter()
        .map(|mirror| (mirror.asked_host.as_deref(), mirror.symptom))
        .collect();
    assert_eq!(
        mirrors,
        [
            (Some("m1.example.com"), Symptom::ManifestUnknown),
            (Some("m2.example.com:5000"), Symptom::Refused)
        ]
    );
}

#[test]
fn pages_become_their_words_and_statuses_count() {
    let read = read(
        "Error response from daemon: error parsing HTTP 403 response body: invalid character '<' looking for beginning of \
         value: \"<html><head><title>403 Forbidden</title><style>a{}</style></head><body><h1>Blocked</h1></body></html>\"",
    );
    assert_eq!(read.symptom, Symptom::NotRegistryAnswer);
    assert_eq!(read.status, Some(403));
    assert!(
        read.words.contains("<html page 403 Forbidden Blocked>")
            || read.words.contains("403 Forbidden Blocked"),
        "{}",
        read.words
    );
    assert!(!read.words.contains("<h1>"));
}

#[test]
fn layouts_of_logs_do_not_matter() {
    let bare =
        "Get \"https://registry.example.com/v2/\": x509: certificate signed by unknown authority";
    for around in [
        format!("E1129 14:33:55.215696   26805 remote_image.go:238] {bare}"),
        format!("Nov 22 16:20:59 node-1 kubelet[1234]: {bare}"),
        format!(
            "time=\"2024-05-01T10:00:00Z\" level=error msg=\"{}\"",
            bare.replace('"', "\\\"")
        ),
        format!("2018/10/29 16:14:02 {bare}"),
        format!("  Warning  Failed  17m (x4 over 20m)  kubelet  {bare}"),
        format!("      message: '{bare}'"),
        bare.replace(": ", ":\n    "),
    ] {
        let read = read(&around);
        assert_eq!(read.symptom, Symptom::UnknownAuthority, "{around}");
        assert_eq!(
            read.asked_host.as_deref(),
            Some("registry.example.com"),
            "{around}"
        );
    }
}

#[test]
fn names_in_an_image_are_no_symptoms() {
    let read = read("Failed to pull image \"quay.io/xray/timeout-proxy:x509\": manifest unknown");
    assert_eq!(read.symptom, Symptom::ManifestUnknown);
    assert_eq!(
        symptom("reading manifest sha256:401404403 in quay.io/a/b: manifest unknown"),
        Symptom::ManifestUnknown
    );
}

#[test]
fn a_proxy_is_told_by_what_a_registry_never_says() {
    assert_eq!(
        symptom("Get https://registry-1.docker.io/v2/: Forbidden"),
        Symptom::BareStatus
    );
    assert_eq!(
        symptom("Get https://registry-1.docker.io/v2/: unauthorized"),
        Symptom::Unauthorized
    );
    assert_eq!(
        symptom(
            "Get https://registry-1.docker.io/v2/: proxyconnect tcp: dial tcp: lookup http: no such host"
        ),
        Symptom::Proxy
    );
}

#[test]
fn unread_secrets_are_told_with_the_failure_that_follows() {
    let read = read(
        "Unable to retrieve some image pull secrets (one, two); attempting to pull the image may not succeed.\n\n\
         Failed to pull image \"quay.io/team/app:1\": rpc error: code = Unknown desc = unauthorized",
    );
    assert_eq!(read.symptom, Symptom::Unauthorized);
    assert_eq!(read.secrets, ["one", "two"]);
}

#[test]
fn a_log_of_other_things_is_no_failure_of_an_image() {
    let log = "npm WARN deprecated foo\nsh: 1: bar: not found\nReadiness check: connection refused\nexit status 1";
    assert_eq!(read_all(log), Vec::new());
    assert_eq!(
        symptom("Successfully assigned shop/web to node-1"),
        Symptom::Nothing
    );
}

#[test]
fn secrets_are_hidden_where_they_stand() {
    for (text, secret) in [
        ("GET /v2/ Authorization: Bearer abc.def-123", "abc.def"),
        (
            "pull https://bob:hunter2@registry.example.com/v2/ failed",
            "hunter2",
        ),
        ("denied for bob:hunter2@registry.example.com/app", "hunter2"),
        (
            "error: https://registry.example.com/token?token=hunter2&x=1 failed",
            "hunter2",
        ),
        (
            "error {\"auths\":{\"a\":{\"auth\":\"aHVudGVyMg==\"}}}",
            "aHVudGVy",
        ),
        ("unauthorized password: hunter2", "hunter2"),
        (
            "docker login -u bob -p hunter2 failed: unauthorized",
            "hunter2",
        ),
        (
            "token eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.e30.abc denied",
            "eyJhbGci",
        ),
    ] {
        for message in read_all(text).iter().chain([&read(text)]) {
            assert!(
                !format!("{message:?}").contains(secret),
                "{text}: {message:?}"
            );
        }
    }
    // What was hidden stays as it is when it is read again.
    let once =
        hide::secrets("denied [Authorization: Basic cm9ib3Q6cHc=] Bearer abcd1234").into_owned();
    assert_eq!(hide::secrets(&once), once);
    // A challenge and a digest are no secrets.
    let kept =
        hide::secrets("Bearer realm=\"https://auth.example.com/token\" for app:1@sha256:abcd");
    assert!(kept.contains("realm=") && kept.contains("app:1@sha256:abcd"));
}

#[test]
fn a_command_in_front_names_the_image() {
    let image =
        |command: &str| read(&format!("{command}\nError response from daemon: denied")).image;
    assert_eq!(
        image("$ /usr/bin/docker --config /tmp/x pull ghcr.io/team/app:1").as_deref(),
        Some("ghcr.io/team/app:1")
    );
    assert_eq!(
        image("sudo podman pull --platform linux/arm64 quay.io/team/app").as_deref(),
        Some("quay.io/team/app")
    );
    assert_eq!(image("docker pull failed with exit code 1"), None);
}

#[test]
fn words_outside_of_the_evidence_are_read_where_nothing_else_tells() {
    // The runtime's words are not the ones that images are spoken of in.
    assert_eq!(
        symptom(
            "Unpacking the image\nfailed to create snapshot: missing parent \"k8s.io/9/sha256:ab\" bucket: not found"
        ),
        Symptom::Storage
    );
}

#[test]
fn a_sentence_about_a_bearer_token_is_no_token() {
    let words = read(
        "Error: Requesting bearer token: invalid status code from registry 401 (Unauthorized)",
    )
    .words;
    assert!(words.contains("bearer token:"), "{words}");
    let words = read("Error: sent Bearer abcdefghijklmnop1234 to x: 401 Unauthorized").words;
    assert!(
        words.contains("[hidden]") && !words.contains("]]") && !words.contains("abcdef"),
        "{words}"
    );
}

#[test]
fn a_volume_that_is_named_after_a_secret_hides_no_sentence() {
    let text =
        "MountVolume.SetUp failed for volume \"push-secret\": secret \"quay-push\" not found";
    assert_eq!(read(text).symptom, Symptom::SecretAbsent);
    assert!(
        !read("failed to pull image: \"client-secret\": \"hunter2hunter2\" refused")
            .words
            .contains("hunter2")
    );
}
