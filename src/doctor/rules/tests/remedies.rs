//! Remedies of each cause for each consumer: exact commands, and actions that say the same.

use super::cluster::{Who, private, world};
use super::kit::*;
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::evidence::{Fact, ListOrigin, Role, SourceState};
use crate::doctor::remedies::Applicability::{self, Manual, Review, Safe};
use crate::doctor::remedies::{Action, LinkFrom, Remedy};
use crate::doctor::target::TargetRef;
use crate::model::docker_config::EntryFault;
use crate::model::keyring::NearMiss;
use crate::model::kinds;
use crate::model::observation::{LoginVerdict, Sent};

/// Each remedy on a line: how far it goes, and its commands.
fn plain(diagnosis: &Diagnosis) -> Vec<(Applicability, String)> {
    diagnosis
        .remedies()
        .iter()
        .map(|remedy| {
            let commands: Vec<String> = remedy
                .commands
                .iter()
                .map(|command| command.join(" "))
                .collect();
            (remedy.applicability, commands.join(" && "))
        })
        .collect()
}

#[track_caller]
fn mends(world: &World, cause: Cause, expected: &[(Applicability, &str)]) -> Vec<Remedy> {
    let diagnosis = world.diagnose();
    assert_eq!(diagnosis.cause(), Some(cause), "{}", diagnosis.summary());
    let expected: Vec<(Applicability, String)> = expected
        .iter()
        .map(|(applicability, command)| (*applicability, (*command).to_owned()))
        .collect();
    assert_eq!(plain(&diagnosis), expected);
    consistent(&diagnosis);
    diagnosis.remedies().to_vec()
}

/// What is safe this tool can do itself, and the command that is shown is the action's.
#[track_caller]
fn consistent(diagnosis: &Diagnosis) {
    for remedy in diagnosis.remedies() {
        let asks_again = remedy.commands.iter().any(|command| {
            command.get(1).is_some_and(|word| word == "extreg")
                && command.get(2).is_some_and(|word| word == "doctor")
        });
        assert!(!remedy.summary.is_empty());
        match &remedy.action {
            Some(action) => {
                assert_eq!(remedy.applicability, Safe, "{}", remedy.summary);
                assert_eq!(remedy.commands, [action.command("oc", &[])]);
                assert!(!remedy.changes.is_empty(), "{}", remedy.summary);
            }
            None => assert!(
                remedy.applicability != Safe || asks_again,
                "{}: safe, and no action",
                remedy.summary
            ),
        }
    }
}

fn good(who: Who, role: Role) -> World {
    private(who)
        .credential("team", role, LoginVerdict::Accepted)
        .delivered(Some(0))
}

/// A credential of another namespace.
fn far(who: Who) -> World {
    private(who).untried("team", Role::Elsewhere)
}

fn own() -> ListOrigin {
    ListOrigin::Own {
        account: "default".to_owned(),
    }
}

fn field(field: &'static str) -> ListOrigin {
    ListOrigin::BuildField { field }
}

fn of_workload(mut world: World, kind: kinds::Kind) -> World {
    world.subject.target = TargetRef::Object {
        object: kind.object(Some("shop"), "web"),
        container: Some("web".to_owned()),
    };
    world
}

#[test]
fn a_secret_that_nothing_uses() {
    let link = "oc extreg link registry.example.com --secret team-pull -n shop";
    let cause = Cause::SecretNotLinked;
    let remedies = mends(&good(Who::Account, Role::Unlinked), cause, &[(Safe, link)]);
    assert_eq!(
        remedies[0].action,
        Some(Action::Link {
            registry: HOST.to_owned(),
            namespace: "shop".to_owned(),
            account: "default".to_owned(),
            from: LinkFrom::Existing {
                name: "team-pull".to_owned()
            },
            for_: crate::doctor::remedies::LinkFor::Pull,
            restart: Vec::new(),
            skip_check: false,
        })
    );
    // A pod keeps the list that it was made with.
    let restart = "oc extreg link registry.example.com --secret team-pull --restart -n shop";
    mends(&good(Who::Pod, Role::Unlinked), cause, &[(Safe, restart)]);
    // A list of its own is in the template.
    mends(
        &of_workload(good(Who::Pod, Role::Unlinked), kinds::DEPLOYMENT).wired(own(), &["x"]),
        cause,
        &[(
            Review,
            r#"oc patch deployment/web -n shop --type=json -p [{"op":"add","path":"/spec/template/spec/imagePullSecrets/-","value":{"name":"team-pull"}}]"#,
        )],
    );
    mends(
        &good(Who::Import, Role::Unlinked),
        cause,
        &[(
            Review,
            "oc annotate secret team-pull openshift.io/image.excludeSecret- -n shop",
        )],
    );
    let push = |origin| {
        world(Who::BuildPush).wired(origin, &[]).credential(
            "team",
            Role::Unlinked,
            LoginVerdict::Accepted,
        )
    };
    let set = "oc set build-secret --push bc/app team-pull -n shop";
    mends(
        &push(ListOrigin::BuildAccount {
            account: "builder".to_owned(),
            list: "secrets",
        }),
        cause,
        &[
            (
                Safe,
                "oc extreg link registry.example.com --for push --secret team-pull -n shop",
            ),
            (Review, set),
        ],
    );
    mends(&push(field("pushSecret")), cause, &[(Review, set)]);
    mends(
        &good(Who::BuildPull, Role::Unlinked).wired(field("spec.source.images"), &["x"]),
        cause,
        &[(Review, "oc edit buildconfig/app -n shop")],
    );
}

#[test]
fn a_secret_of_another_namespace() {
    let cause = Cause::SecretElsewhere;
    let link = "oc extreg link registry.example.com --from-secret infra/team-pull";
    mends(
        &far(Who::Account),
        cause,
        &[(Safe, &format!("{link} -n shop"))],
    );
    mends(
        &far(Who::Import),
        cause,
        &[(Safe, &format!("{link} -n shop"))],
    );
    mends(
        &far(Who::Pod),
        cause,
        &[(Safe, &format!("{link} --restart -n shop"))],
    );
    mends(
        &of_workload(far(Who::Pod), kinds::CRON_JOB).wired(own(), &["x"]),
        cause,
        &[(
            Review,
            &format!(
                r#"{link} -n shop && oc patch cronjob/web -n shop --type=json -p [{{"op":"add","path":"/spec/jobTemplate/spec/template/spec/imagePullSecrets/-","value":{{"name":"extreg-registry.example.com"}}}}]"#
            ),
        )],
    );
    mends(
        &far(Who::BuildPush).wired(field("pushSecret"), &["x"]),
        cause,
        &[(
            Review,
            "oc extreg link registry.example.com --for push --from-secret infra/team-pull -n shop && oc set build-secret --push bc/app extreg-registry.example.com -n shop",
        )],
    );
}

#[test]
fn a_list_that_overrides_and_a_pod_that_is_too_old() {
    let patch = r#"oc patch deployment/web -n shop --type=json -p [{"op":"add","path":"/spec/template/spec/imagePullSecrets/-","value":{"name":"team-pull"}}]"#;
    let overridden = || good(Who::Pod, Role::Overridden).wired(own(), &["x"]);
    mends(
        &of_workload(overridden(), kinds::DEPLOYMENT),
        Cause::SecretOverridden,
        &[(Review, patch), (Manual, "")],
    );
    // Nothing says what makes the pod.
    mends(
        &overridden(),
        Cause::SecretOverridden,
        &[(Manual, ""), (Manual, "")],
    );
    let late = || good(Who::Pod, Role::Late);
    mends(
        &of_workload(late(), kinds::DEPLOYMENT),
        Cause::PodPredatesLink,
        &[(Safe, "oc rollout restart deployment/web -n shop")],
    );
    mends(
        &of_workload(late(), kinds::DEPLOYMENT_CONFIG),
        Cause::PodPredatesLink,
        &[(Safe, "oc rollout latest deploymentconfig/web -n shop")],
    );
    mends(
        &late(),
        Cause::PodPredatesLink,
        &[
            (
                Safe,
                "oc extreg link registry.example.com --secret team-pull --restart -n shop",
            ),
            (Manual, ""),
        ],
    );
}

fn refused() -> LoginVerdict {
    LoginVerdict::Refused {
        expired: false,
        words: "no".to_owned(),
    }
}

#[test]
fn a_stale_secret_in_the_way() {
    let stale = |who| {
        private(who)
            .credential("old", Role::Used, refused())
            .credential("new", Role::Shadowed, LoginVerdict::Accepted)
    };
    mends(
        &stale(Who::Import)
            .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
            .delivered(Some(1)),
        Cause::SecretShadowed,
        &[
            (
                Review,
                "oc annotate secret old-pull openshift.io/image.excludeSecret=true -n shop",
            ),
            (Review, "oc delete secret old-pull -n shop"),
        ],
    );
    mends(
        &stale(Who::BuildPush),
        Cause::SecretShadowed,
        &[(Review, "oc set build-secret --push bc/app new-pull -n shop")],
    );
    let blocks = private(Who::Account)
        .credential("old", Role::Used, refused())
        .delivered(None)
        .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "");
    let unlink = "oc extreg unlink old-pull -z default --keep-secret -n shop";
    let diagnosis = blocks.diagnose();
    assert_eq!(diagnosis.cause(), Some(Cause::CredentialsBlockPublicPull));
    assert_eq!(plain(&diagnosis)[0], (Safe, unlink.to_owned()));
}

#[test]
fn secrets_at_fault() {
    let login = "oc extreg link registry.example.com --registry-username USER --image registry.example.com/team/app:1.4";
    mends(
        &private(Who::Account),
        Cause::NoCredentials,
        &[(Review, &format!("{login} -n shop"))],
    );
    mends(
        &private(Who::Pod),
        Cause::NoCredentials,
        &[(Review, &format!("{login} --restart -n shop"))],
    );
    mends(
        &private(Who::Account).fact(Fact::Source(source(SourceState::Missing))),
        Cause::SecretMissing,
        &[(Review, &format!("{login} --name corp-pull -n shop"))],
    );
    mends(
        &world(Who::BuildPush)
            .wired(field("pushSecret"), &["corp-pull"])
            .fact(Fact::Source(source(SourceState::Missing))),
        Cause::SecretMissing,
        &[(
            Review,
            "oc extreg link registry.example.com --for push --registry-username USER --name corp-pull -n shop",
        )],
    );
    let mut miss = entry("registry.example.com:5000");
    miss.near_miss = Some(NearMiss::PortSurplus);
    for (who, flags) in [
        (Who::Account, ""),
        (Who::Import, ""),
        (Who::Pod, " --restart"),
    ] {
        mends(
            &private(who).fact(Fact::Source(linked(miss.clone()))),
            Cause::SecretKeyMismatch,
            &[(
                Safe,
                &format!(
                    "oc extreg link registry.example.com --from-secret corp-pull{flags} -n shop"
                ),
            )],
        );
    }
    let mut broken = entry("other.example.com");
    broken.fault = Some(EntryFault::NoColon);
    mends(
        &world(Who::Account)
            .fact(Fact::Source(linked(broken.clone())))
            .delivered(None),
        Cause::SecretMalformed,
        &[
            (
                Safe,
                "oc extreg unlink corp-pull -z default --keep-secret -n shop",
            ),
            (Manual, ""),
        ],
    );
    mends(
        &world(Who::Import)
            .fact(Fact::Source(linked(broken)))
            .delivered(None),
        Cause::SecretMalformed,
        &[
            (
                Review,
                "oc annotate secret corp-pull openshift.io/image.excludeSecret=true -n shop",
            ),
            (Manual, ""),
        ],
    );
}

#[test]
fn what_only_the_cluster_sees() {
    let works = || of_workload(world(Who::Pod).delivered(None), kinds::DEPLOYMENT);
    let edit = "oc edit image.config.openshift.io/cluster";
    mends(
        &works().says(&[Cause::Proxy]),
        Cause::Proxy,
        &[(Review, "oc edit proxy.config.openshift.io/cluster")],
    );
    mends(
        &world(Who::Import)
            .delivered(None)
            .says(&[Cause::ImportNotAllowed]),
        Cause::ImportNotAllowed,
        &[(Review, edit)],
    );
    mends(
        &works().signed(Some(false)),
        Cause::Signature,
        &[(Manual, ""), (Manual, "")],
    );
    mends(
        &works().says(&[Cause::NodeRuntime]),
        Cause::NodeRuntime,
        &[(Manual, "oc describe nodes")],
    );
    let mut never = works().says(&[Cause::NodeRuntime]);
    for fact in &mut never.facts {
        if let Fact::Observed(seen) = fact {
            seen.message =
                "Container image \"x\" is not present with pull policy of Never".to_owned();
        }
    }
    mends(
        &never,
        Cause::NodeRuntime,
        &[(
            Review,
            r#"oc patch deployment/web -n shop --type=strategic -p {"spec":{"template":{"spec":{"containers":[{"name":"web","imagePullPolicy":"IfNotPresent"}]}}}}"#,
        )],
    );
}

#[test]
fn a_registry_out_of_reach_is_not_asked_by_the_link_either() {
    let world = world(Who::Pod)
        .unreached()
        .says(&[Cause::NoCredentials])
        .untried("team", Role::Unlinked);
    mends(
        &world,
        Cause::SecretNotLinked,
        &[(
            Safe,
            "oc extreg link registry.example.com --secret team-pull --restart --skip-check -n shop",
        )],
    );
}

#[test]
fn every_cause_but_the_unknown_has_a_remedy_for_every_consumer() {
    for &cause in Cause::ALL.iter().filter(|cause| !cause.is_open()) {
        for who in [
            Who::Account,
            Who::Pod,
            Who::Import,
            Who::BuildPull,
            Who::BuildPush,
        ] {
            let world = world(who).delivered(None).untried("team", Role::Used);
            let evidence = crate::doctor::evidence::EvidenceSet::new(world.evidence());
            let case = crate::doctor::rules::Case::new(&world.subject, &evidence);
            let secret = ("shop".to_owned(), "team-pull".to_owned());
            let finding = crate::doctor::finding::Finding::certain(cause, vec![0], "x")
                .secret(Some(&secret))
                .image(Some("registry.example.com/other".to_owned()));
            let remedies = crate::doctor::remedies::remedies(&case, &finding, &world.setting);
            assert!(!remedies.is_empty(), "{cause} for {who:?}");
            for remedy in &remedies {
                for command in &remedy.commands {
                    assert!(
                        command.iter().all(|word| !word.is_empty()),
                        "{cause} for {who:?}: {command:?}"
                    );
                }
            }
        }
    }
}
