//! Remedies of each cause for each consumer: exact commands, and actions that say the same.

use super::cluster::{Who, private, world};
use super::kit::*;
use crate::doctor::causes::Cause;
use crate::doctor::diagnosis::Diagnosis;
use crate::doctor::evidence::{Fact, ListOrigin, PolicyDecision, ResolvedFact, Role, SourceState};
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
                assert_eq!(remedy.commands[0], action.command("oc", &[]));
                let imports = |command: &Vec<String>| command[1..3] == ["extreg", "import"];
                assert!(remedy.commands[1..].iter().all(imports));
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

/// The import of the world's tag, once more.
const IMPORT: &str = "oc extreg import app:1.4 registry.example.com/team/app:1.4 -n shop";
/// A template's own list gets the secret.
const USED: &str = "oc extreg use deployment/web registry.example.com/team/app:1.4 -c web --secret team-pull -n shop";

pub(super) fn own() -> ListOrigin {
    ListOrigin::Own {
        account: "default".to_owned(),
    }
}

pub(super) fn field(field: &'static str) -> ListOrigin {
    ListOrigin::BuildField { field }
}

pub(super) fn of_workload(mut world: World, kind: kinds::Kind) -> World {
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
        &[(Safe, USED)],
    );
    mends(
        &good(Who::Import, Role::Unlinked),
        cause,
        &[(
            Review,
            &format!(
                "oc annotate secret team-pull openshift.io/image.excludeSecret- -n shop && {IMPORT}"
            ),
        )],
    );
    let push = |origin| {
        world(Who::BuildPush).wired(origin, &[]).credential(
            "team",
            Role::Unlinked,
            LoginVerdict::Accepted,
        )
    };
    let set =
        "oc extreg push-target app registry.example.com/team/app:1.4 --secret team-pull -n shop";
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
            (Safe, set),
        ],
    );
    mends(&push(field("pushSecret")), cause, &[(Safe, set)]);
    mends(
        &good(Who::BuildPull, Role::Unlinked).wired(field("pullSecret"), &["x"]),
        cause,
        &[(
            Safe,
            "oc extreg build-source app registry.example.com/team/app:1.4 --secret team-pull -n shop",
        )],
    );
    // An image of a Dockerfile is not the strategy's to be set.
    let dockerfile = Fact::Resolved(ResolvedFact {
        from: "the base image of a stage".to_owned(),
        by: "its Dockerfile".to_owned(),
    });
    mends(
        &good(Who::BuildPull, Role::Unlinked)
            .wired(field("pullSecret"), &["x"])
            .fact(dockerfile),
        cause,
        &[(
            Review,
            "oc set build-secret --pull bc/app team-pull -n shop",
        )],
    );
    let of_source = || field("pullSecret in source.images");
    mends(
        &good(Who::BuildPull, Role::Unlinked).wired_at(of_source(), &["x"], Some(2)),
        cause,
        &[(
            Review,
            r#"oc patch buildconfig/app -n shop --type=json -p [{"op":"add","path":"/spec/source/images/2/pullSecret","value":{"name":"team-pull"}}]"#,
        )],
    );
    mends(
        &good(Who::BuildPull, Role::Unlinked).wired(of_source(), &["x"]),
        cause,
        &[(Manual, "")],
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
        &[(Safe, &format!("{link} -n shop && {IMPORT}"))],
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
            Safe,
            "oc extreg use cronjob/web registry.example.com/team/app:1.4 -c web --from-secret infra/team-pull -n shop",
        )],
    );
    // Nothing of this tool sets the list of a Job.
    mends(
        &of_workload(far(Who::Pod), kinds::JOB).wired(own(), &["x"]),
        cause,
        &[(Review, &format!("{link} -n shop"))],
    );
    mends(
        &far(Who::BuildPush).wired(field("pushSecret"), &["x"]),
        cause,
        &[(
            Safe,
            "oc extreg push-target app registry.example.com/team/app:1.4 --from-secret infra/team-pull -n shop",
        )],
    );
}

#[test]
fn a_list_that_overrides_and_a_pod_that_is_too_old() {
    let overridden = || good(Who::Pod, Role::Overridden).wired(own(), &["x"]);
    mends(
        &of_workload(overridden(), kinds::DEPLOYMENT),
        Cause::SecretOverridden,
        &[(Safe, USED), (Manual, "")],
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
                &format!(
                    "oc annotate secret old-pull openshift.io/image.excludeSecret=true -n shop && {IMPORT}"
                ),
            ),
            (
                Review,
                &format!("oc delete secret old-pull -n shop && {IMPORT}"),
            ),
        ],
    );
    mends(
        &stale(Who::BuildPush),
        Cause::SecretShadowed,
        &[(
            Safe,
            "oc extreg push-target app registry.example.com/team/app:1.4 --secret new-pull -n shop",
        )],
    );
    // It is taken off unasked only where nobody can want it: a refused login, and no other beside it.
    let blocks = || {
        private(Who::Account)
            .credential("old", Role::Used, refused())
            .delivered(None)
            .manifest_as(Some(0), Sent::Basic, 401, "UNAUTHORIZED", "")
    };
    let of_old = |entries| {
        let mut fact = source(SourceState::Read(entries));
        fact.object = Some(("shop".to_owned(), "old-pull".to_owned()));
        Fact::Source(fact)
    };
    let unlink = "oc extreg unlink old-pull -z default --keep-secret -n shop";
    let alone = blocks().fact(of_old(vec![entry(HOST)]));
    let several = blocks().fact(of_old(vec![entry(HOST), entry("other.example.com")]));
    for (world, applicability) in [(alone, Safe), (several, Review), (blocks(), Review)] {
        let diagnosis = world.diagnose();
        assert_eq!(diagnosis.cause(), Some(Cause::CredentialsBlockPublicPull));
        assert_eq!(plain(&diagnosis)[0], (applicability, unlink.to_owned()));
        consistent(&diagnosis);
    }
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
                    "oc extreg link registry.example.com --from-secret corp-pull{flags} -n shop{}",
                    if who == Who::Import {
                        format!(" && {IMPORT}")
                    } else {
                        String::new()
                    }
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
                &format!(
                    "oc annotate secret corp-pull openshift.io/image.excludeSecret=true -n shop && {IMPORT}"
                ),
            ),
            (Manual, ""),
        ],
    );
}

#[test]
fn what_only_the_cluster_sees() {
    let works = || of_workload(world(Who::Pod).delivered(None), kinds::DEPLOYMENT);
    // What noProxy has already is kept; where it was not read nobody may write it.
    let proxy = "oc patch proxy.config.openshift.io/cluster";
    for (old, applicability, command) in [
        (None, Manual, String::new()),
        (
            Some(""),
            Review,
            format!(r#"{proxy} --type=merge -p {{"spec":{{"noProxy":"{HOST}"}}}}"#),
        ),
        (
            Some(".svc,10.0.0.0/8"),
            Review,
            format!(
                r#"{proxy} --type=json -p [{{"op":"test","path":"/spec/noProxy","value":".svc,10.0.0.0/8"}},{{"op":"replace","path":"/spec/noProxy","value":".svc,10.0.0.0/8,{HOST}"}}]"#
            ),
        ),
    ] {
        let mut proxied = works().says(&[Cause::Proxy]);
        proxied.setting.no_proxy = old.map(str::to_owned);
        mends(&proxied, Cause::Proxy, &[(applicability, &command)]);
    }
    mends(
        &world(Who::Import)
            .delivered(None)
            .says(&[Cause::ImportNotAllowed]),
        Cause::ImportNotAllowed,
        &[(
            Review,
            &format!(
                r#"oc patch image.config.openshift.io/cluster --type=json -p [{{"op":"add","path":"/spec/allowedRegistriesForImport/-","value":{{"domainName":"{HOST}"}}}}]"#
            ),
        )],
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
fn another_image_is_set_by_the_verb_that_sets_it() {
    let other = "registry.example.com/other:2";
    let command = |world: &World| {
        let evidence = crate::doctor::evidence::EvidenceSet::new(world.evidence());
        let case = crate::doctor::rules::Case::new(&world.subject, &evidence);
        let finding = crate::doctor::finding::Finding::certain(Cause::TagMissing, vec![0], "x")
            .image(Some(other.to_owned()));
        let remedies = crate::doctor::remedies::remedies(&case, &finding, &world.setting);
        assert_eq!(remedies[0].applicability, Review);
        remedies[0].commands[0].join(" ")
    };
    let web = || of_workload(world(Who::Pod), kinds::DEPLOYMENT);
    assert_eq!(
        command(&web()),
        format!("oc extreg use deployment/web {other} -c web -n shop")
    );
    assert_eq!(
        command(&world(Who::Import)),
        format!("oc extreg import app:1.4 {other} --change-source -n shop")
    );
    assert_eq!(
        command(&world(Who::BuildPull)),
        format!("oc extreg build-source app {other} -n shop")
    );
    assert_eq!(
        command(&world(Who::BuildPush)),
        format!("oc extreg push-target app {other} -n shop")
    );
    // What a trigger puts in is not the template's to be set, and a pod of its own is made by somebody.
    let by_trigger = web().fact(Fact::Resolved(ResolvedFact {
        from: "istag/app:1".to_owned(),
        by: "its ImageChange trigger".to_owned(),
    }));
    for world in [by_trigger, world(Who::Pod), world(Who::Account)] {
        assert_eq!(command(&world), format!("oc extreg doctor {other} -n shop"));
    }
}

#[test]
fn a_list_that_is_there_gets_an_entry_more() {
    let patch = |path: &str, value: &str| {
        format!(
            r#"oc patch image.config.openshift.io/cluster --type=json -p [{{"op":"add","path":"{path}","value":{value}}}]"#
        )
    };
    let allowed = vec!["quay.io".to_owned()];
    mends(
        &world(Who::Account).fact(policy(PolicyDecision::NotAllowed {
            allowed: allowed.clone(),
        })),
        Cause::RegistryNotAllowed,
        &[(
            Review,
            &patch(
                "/spec/registrySources/allowedRegistries/-",
                &format!("{HOST:?}"),
            ),
        )],
    );
    mends(
        &world(Who::Import).fact(policy(PolicyDecision::NotAllowedForImport { allowed })),
        Cause::ImportNotAllowed,
        &[(
            Review,
            &patch(
                "/spec/allowedRegistriesForImport/-",
                &format!(r#"{{"domainName":{HOST:?}}}"#),
            ),
        )],
    );
    mends(
        &world(Who::Account).fact(policy(PolicyDecision::Blocked {
            entry: "*.example.com".to_owned(),
            place: Some(1),
        })),
        Cause::RegistryBlocked,
        &[(
            Review,
            r#"oc patch image.config.openshift.io/cluster --type=json -p [{"op":"test","path":"/spec/registrySources/blockedRegistries/1","value":"*.example.com"},{"op":"remove","path":"/spec/registrySources/blockedRegistries/1"}]"#,
        )],
    );
    // The list was not read: only the node's words tell of it.
    let told = of_workload(world(Who::Pod).delivered(None), kinds::DEPLOYMENT);
    mends(
        &told.says(&[Cause::RegistryBlocked]),
        Cause::RegistryBlocked,
        &[(
            Manual,
            "oc get image.config.openshift.io/cluster -o jsonpath={.spec.registrySources.blockedRegistries}",
        )],
    );
}

#[test]
fn a_static_pod_has_the_nodes_login_and_no_other() {
    let world = private(Who::Pod).wired(ListOrigin::Static, &[]);
    let diagnosis = world.diagnose();
    assert_eq!(diagnosis.cause(), Some(Cause::NoCredentials));
    let commands = &plain(&diagnosis)[0].1;
    assert!(
        commands.contains("set data secret/pull-secret"),
        "{commands}"
    );
    assert!(!commands.contains("link"), "{commands}");
}
