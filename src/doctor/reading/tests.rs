use super::*;
use crate::model::message;

fn causes(text: &str) -> Vec<Cause> {
    let reading = read(&message::read(text), &Known::default());
    reading
        .candidates
        .into_iter()
        .map(|candidate| candidate.cause)
        .collect()
}

#[test]
fn every_rule_names_a_cause_once_and_gives_a_reason() {
    for rule in [
        auth::RULES,
        refused::RULES,
        anywhere::RULES,
        missing::RULES,
        network::RULES,
        tls::RULES,
        other::RULES,
    ]
    .into_iter()
    .flatten()
    {
        let mut seen = Vec::new();
        for (cause, _, why) in rule.means {
            assert!(
                !seen.contains(cause),
                "{cause} twice in {:?}",
                rule.symptoms
            );
            assert!(why.len() > 10 && !why.ends_with('.'), "{why}");
            seen.push(*cause);
        }
        let certain = rule
            .means
            .iter()
            .any(|(_, likelihood, _)| *likelihood == Likelihood::Certain);
        assert!(
            !certain || rule.means.len() == 1,
            "certain, and something beside it: {:?}",
            rule.symptoms
        );
        let ordered = rule.means.windows(2).all(|pair| pair[0].1 >= pair[1].1);
        assert!(
            ordered,
            "less likely before more likely: {:?}",
            rule.symptoms
        );
    }
}

#[test]
fn every_symptom_has_a_rule_that_always_fits() {
    let mut message = message::read("x");
    for symptom in Symptom::ALL {
        message.symptom = *symptom;
        let reading = read(&message, &Known::default());
        assert!(
            !reading.candidates.is_empty() && !reading.settles.is_empty(),
            "{symptom}"
        );
        let tables = [
            auth::RULES,
            refused::RULES,
            missing::RULES,
            network::RULES,
            tls::RULES,
            other::RULES,
        ];
        assert!(
            tables
                .into_iter()
                .flatten()
                .any(|rule| rule.symptoms.contains(symptom)),
            "{symptom} has no rule"
        );
    }
}

#[test]
fn an_unread_secret_explains_a_refusal() {
    let text = "Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.\n\n\
        Failed to pull image \"quay.io/team/app:1\": rpc error: code = Unknown desc = unauthorized";
    assert_eq!(causes(text)[0], Cause::SecretMissing);
}

#[test]
fn a_mirror_that_was_asked_comes_first_for_what_is_not_there() {
    let text = "Failed to pull image \"docker.io/team/app:1\": failed to do request: Head \
        \"https://cache.example.com/v2/team/app/manifests/1\": manifest unknown";
    assert_eq!(causes(text)[0], Cause::Mirror);
    let listed = "(Mirrors also failed: [m.example.com/a: reading manifest 1 in m.example.com/a: unauthorized: authentication \
        required]): quay.io/a: Get \"https://quay.io/v2/\": dial tcp: i/o timeout";
    assert_eq!(causes(listed)[..2], [Cause::Mirror, Cause::NoCredentials]);
}

#[test]
fn what_the_caller_knows_of_the_image_counts() {
    let message = message::read("denied: requested access to the resource is denied");
    let known = Known {
        image: Some("team/app:1"),
        ..Known::default()
    };
    assert_eq!(
        read(&message, &known).candidates[0].cause,
        Cause::RepositoryMissing
    );
    let known = Known {
        image: Some("harbor.example.com/team/app:1"),
        ..Known::default()
    };
    assert_eq!(
        read(&message, &known).candidates[1].cause,
        Cause::NoCredentials
    );
}

#[test]
fn settling_names_the_pod_before_the_image_and_the_push() {
    let text = "[event: pod shop/web-1] Failed to pull image \"quay.io/team/app:1\": unauthorized";
    let known = Known {
        program: "kubectl extreg",
        ..Known::default()
    };
    let settles = read(&message::read(text), &known).settles;
    assert_eq!(
        settles[0].command.join(" "),
        "kubectl extreg doctor pod/web-1 -n shop"
    );
    let push = "Pushing image quay.io/team/app:1 ...\nerror: build error: Failed to push image: unauthorized";
    let settles = read(&message::read(push), &Known::default()).settles;
    assert_eq!(
        settles[0].command.join(" "),
        "oc extreg doctor quay.io/team/app:1 --push"
    );
    let bare = read(
        &message::read("Back-off pulling image \"quay.io/team/app:1\""),
        &known,
    )
    .settles;
    assert_eq!(bare[0].command[..3], ["kubectl", "get", "events"]);
}

#[test]
fn the_asker_decides_what_a_refusal_means() {
    let refused = "reading manifest 1 in quay.io/team/app: unauthorized: access to the requested resource is not authorized";
    let pod = format!(
        "Failed to pull image \"quay.io/team/app:1\": rpc error: code = Unknown desc = {refused}"
    );
    assert!(causes(&pod)[..3].contains(&Cause::SecretNotLinked));
    assert_eq!(causes(refused)[0], Cause::RepositoryMissing);
    let import = "error: Import failed (Unauthorized): you may not have access to the container image \"quay.io/team/app:1\"";
    assert_eq!(causes(import)[0], Cause::NoCredentials);
    assert!(!causes(import).contains(&Cause::SecretNotLinked));
}

#[test]
fn a_bare_403_of_a_registry_that_never_forbids_is_somebody_elses() {
    let text = "failed to resolve reference \"registry.k8s.io/pause:3.9\": unexpected status from HEAD request to \
        https://registry.k8s.io/v2/pause/manifests/3.9: 403 Forbidden";
    assert_eq!(causes(text)[..2], [Cause::RegistryNotAllowed, Cause::Proxy]);
    let own = text.replace("registry.k8s.io", "registry.example.com");
    assert_eq!(causes(&own)[0], Cause::PullDenied);
}

#[test]
fn a_foreign_token_service_of_a_known_registry_is_a_mirrors() {
    let text = "Failed to pull image \"docker.io/team/app:1\": failed to authorize: failed to fetch anonymous token: \
        unexpected status from GET request to https://cache.example.com/v2/token?service=x: 401 Unauthorized";
    assert!(causes(text)[..3].contains(&Cause::Mirror));
    let known = text.replace("cache.example.com/v2/token", "auth.docker.io/token");
    assert!(!causes(&known).contains(&Cause::Mirror));
}

#[test]
fn a_node_is_asked_where_this_machine_proves_nothing() {
    let text = "[event: pod shop/web-1] Failed to pull image \"quay.io/team/app:1\": rpc error: code = Unknown desc = \
        pinging container registry quay.io: Get \"https://quay.io/v2/\": dial tcp 192.0.2.1:443: i/o timeout";
    let settles = read(&message::read(text), &Known::default()).settles;
    assert_eq!(
        settles[1].command.join(" "),
        "oc extreg doctor pod/web-1 -n shop --from-node"
    );
    let import = "error: tag 1 failed: Internal error occurred: Get \"https://quay.io/v2/\": dial tcp: i/o timeout\n\
        imagestream.image.openshift.io/app imported with errors";
    let settles = read(&message::read(import), &Known::default()).settles;
    assert_eq!(settles[0].command.join(" "), "oc extreg doctor is/app");
    assert!(
        settles
            .iter()
            .all(|settle| !settle.command.contains(&"--from-node".to_owned()))
    );
}

#[test]
fn a_bare_refusal_is_a_pushs() {
    let bare = "denied: requested access to the resource is denied";
    assert_eq!(causes(bare)[0], Cause::PushDenied);
    // Whoever names what was wanted pulled it.
    let named =
        format!("Error response from daemon: pull access denied for team/app, may exist: {bare}");
    assert_eq!(causes(&named)[0], Cause::RepositoryMissing);
    let read = format!("Error: reading manifest 1 in docker.io/team/app: {bare}");
    assert!(!causes(&read).contains(&Cause::PushDenied));
}

#[test]
fn a_login_or_a_logout_in_front_tells_what_was_sent() {
    let refused = "docker pull ghcr.io/team/app:1\nError response from daemon: denied";
    let login = format!("docker login ghcr.io -u x --password-stdin\nLogin Succeeded\n{refused}");
    assert_eq!(causes(&login)[0], Cause::PullDenied);
    let logout = format!("$ docker logout ghcr.io\n$ {refused}");
    assert_eq!(causes(&logout)[0], Cause::NoCredentials);
}

#[test]
fn the_first_call_of_all_finds_no_registry_where_it_is_not_there() {
    let text = "Error response from daemon: Get \"https://git.example.com/v2/\": unexpected status: 404 Not Found";
    let found = causes(text);
    assert!(
        found[..3].contains(&Cause::NotARegistry) || found[..3].contains(&Cause::WrongPort),
        "{found:?}"
    );
}

#[test]
fn a_registry_that_gives_its_tokens_itself_has_one_certificate() {
    let own = "failed to push harbor.example.io/team/app:1: failed to authorize: failed to fetch oauth token: Post \
        \"https://harbor.example.io/service/token\": tls: failed to verify certificate: x509: certificate signed by unknown authority";
    assert_eq!(causes(own)[0], Cause::UnknownCa);
    let other = own.replace(
        "https://harbor.example.io/service/token",
        "https://login.example.org/token",
    );
    assert_eq!(causes(&other)[0], Cause::TokenService);
}

#[test]
fn a_swarms_missing_image_is_a_refused_pull() {
    let text = "app.1  registry.example.com/team/app:1  worker-2  Rejected 4 seconds ago  \"No such image: registry.example.com/team/app:1\"";
    assert_eq!(causes(text)[0], Cause::NoCredentials);
}

#[test]
fn words_that_no_phrase_knows_give_a_list_all_the_same() {
    let text = "error pulling image x.example.com/a/b:1: the resolver gave up on it";
    assert_eq!(message::read(text).symptom, Symptom::Other);
    assert_eq!(causes(text).first(), Some(&Cause::Dns));
    let text = "error pulling image x.example.com/a/b:1: inodes are used up, disk is at its end";
    assert_eq!(message::read(text).symptom, Symptom::Other);
    assert_eq!(causes(text).first(), Some(&Cause::NodeRuntime));
    let reading = read(&message::read(text), &Known::default());
    assert!(reading.candidates[0].likelihood < Likelihood::Certain);
}

#[test]
fn a_text_that_speaks_of_nothing_stays_unknown() {
    assert_eq!(causes("a fine day"), [Cause::Unknown]);
}

#[test]
fn what_is_said_as_well_has_the_third_place() {
    let text =
        "Could not resolve: 1 artifact(s) under nvcr.example.com/team/dev: manifest not found";
    let read = message::read(text);
    assert_eq!(read.symptom, Symptom::NoSuchHost);
    assert!(read.beside.contains(&Symptom::ManifestUnknown));
    assert_eq!(causes(text).get(2), Some(&Cause::TagMissing));
}

#[test]
fn one_attempt_that_was_let_in_tells_more_than_those_that_were_not() {
    let text = "Failed to pull image \"team.azurecr.io/app:1\": [rpc error: code = Unknown desc = manifest for team.azurecr.io/app:1 \
        not found: manifest unknown: manifest unknown, rpc error: code = Unknown desc = Get https://team.azurecr.io/v2/app/manifests/1: \
        unauthorized: authentication required]";
    assert_eq!(causes(text).first(), Some(&Cause::TagMissing));
}

#[test]
fn a_connection_to_no_address_is_the_names_lookup() {
    let text = "Error response from daemon: Get https://quay.io/v2/: dial tcp: i/o timeout";
    assert_eq!(causes(text).first(), Some(&Cause::Dns));
    let text =
        "Error response from daemon: Get https://quay.io/v2/: dial tcp 192.0.2.1:443: i/o timeout";
    assert_eq!(causes(text).first(), Some(&Cause::Timeout));
}
