//! Runs of every verb by users who have just what the table grants, and by users who lack one thing of it.

use std::sync::Mutex;

use extreg_test_support::process::Output;

use crate::access::{Access, asked};
use crate::cases::{self, Case, Ground, Line, Who, embedded};
use crate::kit::{for_each_openshift_alone, for_each_world};
use crate::table::{Place, Platform, Rule, parts};
use crate::user;

/// Words of a refusal, and of a right that is said to be missing.
const REFUSALS: &[&str] = &["no right to", "may not", "forbidden", "Forbidden", "not allowed"];

fn text(output: &Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}

/// Whether a platform has the thing at all: what is asked of a group that is not there is no matter of rights.
fn is_served(access: &Access, platform: Platform) -> bool {
    platform == Platform::OpenShift || !access.group.ends_with("openshift.io")
}

/// Cases by themselves, on as many threads as there are processors; gives what is wrong.
fn each<T: Sync>(items: &[T], work: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let next = Mutex::new(items.iter());
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let item = next.lock().expect("a list").next();
                    let Some(item) = item else { return };
                    let found = work(item);
                    wrong.lock().expect("a list").extend(found);
                }
            });
        }
    });
    wrong.into_inner().expect("a list")
}

/// Runs the lines of a case as a user; the outputs of those that are the user's.
fn play<'a>(case: &'a Case, ground: &Ground, user: Option<&str>) -> Vec<(&'a Line, Output)> {
    let mut outputs = Vec::new();
    if case.part().contains("--from-node") {
        ground.with_machines();
    }
    for line in case.lines_on(ground) {
        let who = if line.who == Who::Admin { None } else { user };
        let output = ground.run(&line.words, who);
        if line.who == Who::Admin {
            assert_eq!(output.status, Some(0), "{}: {}", line.words, text(&output));
            continue;
        }
        // The lines of the case are in the case, whatever the ground.
        let line = case.lines.iter().find(|one| std::ptr::eq(*one, line)).expect("a line");
        outputs.push((line, output));
    }
    outputs
}

fn found(case: &Case, platform: Platform, words: impl std::fmt::Display) -> String {
    format!("{} ({}): {words}", case.part(), platform.folder())
}

/// What is asked for and not granted, and what is granted and never asked for.
fn compare(case: &Case, platform: Platform) -> Vec<String> {
    let ground = embedded(platform);
    let api = ground.world.cluster.api().expect("the embedded server");
    let mut wrong = Vec::new();
    let mut requests = Vec::new();
    if case.part().contains("--from-node") {
        ground.with_machines();
    }
    for line in case.lines_on(&ground) {
        api.clear_requests();
        let output = ground.run(&line.words, None);
        if line.who != Who::Look && output.status != Some(0) {
            wrong.push(found(case, platform, format!("{}\n{}", line.words, text(&output))));
        }
        if line.who != Who::Admin {
            requests.extend(api.requests());
        }
    }
    let all: Vec<Access> = asked(&requests);
    let rules = case.granted(platform);
    let home = &ground.world.namespace;
    let everywhere = case.everywhere;
    for access in all.iter().filter(|access| is_served(access, platform)) {
        let covers = |rule: &Rule| {
            access.is_covered(rule, home)
                || (everywhere && rule.place == Place::Here && {
                    let here = Access {
                        namespace: home.clone(),
                        ..access.clone()
                    };
                    here.is_covered(rule, home)
                })
        };
        if !rules.iter().any(covers) {
            wrong.push(found(case, platform, format!("not granted: {access:?}")));
        }
    }
    for rule in case.proved(platform) {
        for verb in &rule.verbs {
            let one = Rule { verbs: vec![verb.clone()], ..rule.clone() };
            let is_used = all.iter().any(|access| {
                access.is_covered(&one, home)
                    || (everywhere && access.verb == *verb && access.resource == one.resource)
            });
            if !is_used {
                wrong.push(found(
                    case,
                    platform,
                    format!("never asked for: {verb} {}", rule.full_name()),
                ));
            }
        }
    }
    wrong
}

fn on(platform: Platform) -> Vec<Case> {
    let mut all = cases::all();
    all.retain(|case| case.is_for(platform));
    all
}

#[test]
fn the_table_is_what_is_asked_for() {
    let mut wrong = Vec::new();
    for platform in Platform::ALL {
        wrong.extend(each(&on(platform), |case| compare(case, platform)));
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The user with the rights is refused nothing, and sees what the administrator sees.
fn is_enough(case: &Case, ground: &Ground) -> Vec<String> {
    let platform = ground.platform();
    let rules = case.granted(platform);
    let user = user::with(&ground.world, &rules, case.everywhere);
    let mut wrong = Vec::new();
    for (line, output) in play(case, ground, Some(&user)) {
        let said = text(&output);
        let refused = REFUSALS.iter().any(|words| said.contains(words));
        let wanted = match line.who {
            Who::Look => matches!(output.status, Some(0 | 3 | 4)),
            _ => output.status == Some(0),
        };
        if refused || !wanted {
            let words = format!("{} ends with {:?}\n{said}", line.words, output.status);
            wrong.push(found(case, platform, words));
        }
    }
    if let Some(api) = ground.world.cluster.api() {
        let requests = api.requests();
        let mine = requests.iter().filter(|one| one.user == user);
        for request in mine.filter(|request| request.status == 403) {
            let served = asked(std::slice::from_ref(request));
            if !served.iter().all(|access| is_served(access, platform)) {
                continue;
            }
            let words = format!("403 for {} {}", request.method, request.path);
            wrong.push(found(case, platform, words));
        }
    }
    wrong
}

#[test]
fn whoever_has_these_rights_is_refused_nothing() {
    let mut wrong = Vec::new();
    for platform in Platform::ALL {
        wrong.extend(each(&on(platform), |case| is_enough(case, &embedded(platform))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_real_api_server_refuses_them_nothing_either() {
    let wrong = Mutex::new(Vec::new());
    for case in on(Platform::Kubernetes) {
        for_each_world(|world| {
            if world.cluster.api().is_none() {
                let found = is_enough(&case, &Ground::on(world.beside()));
                wrong.lock().expect("a list").extend(found);
            }
        });
    }
    for case in on(Platform::OpenShift) {
        for_each_openshift_alone(|world| {
            if world.cluster.api().is_none() && case.is_real() {
                let found = is_enough(&case, &Ground::on(world.beside()));
                wrong.lock().expect("a list").extend(found);
            }
        });
    }
    let wrong = wrong.into_inner().expect("a list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// One permission of a part, taken away: the rules that are left.
fn without(case: &Case, platform: Platform, rule: &Rule, verb: &str) -> Vec<Rule> {
    let mut rules = case.granted(platform);
    for one in &mut rules {
        let same = (&one.place, &one.group, &one.resource, &one.names)
            == (&rule.place, &rule.group, &rule.resource, &rule.names);
        if same {
            one.verbs.retain(|known| known != verb);
        }
    }
    rules.retain(|rule| !rule.verbs.is_empty());
    rules
}

/// Whether somebody who lacks a permission is told so.
fn is_missed(case: &Case, platform: Platform, rule: &Rule, verb: &str) -> Vec<String> {
    let ground = embedded(platform);
    let rules = without(case, platform, rule, verb);
    let user = user::with(&ground.world, &rules, case.everywhere);
    let mut all = String::new();
    let (plain, grouped) = (
        format!("{verb} {}", rule.resource),
        format!("{verb} {}", rule.full_name()),
    );
    if case.part().contains("--from-node") {
        ground.with_machines();
    }
    for line in case.lines_on(&ground) {
        if line.who == Who::Admin {
            ground.run(&line.words, None).success();
            continue;
        }
        let output = ground.run(&line.words, Some(&user));
        let said = text(&output);
        let refused = REFUSALS.iter().any(|words| said.contains(words));
        if refused && (said.contains(&plain) || said.contains(&grouped)) {
            return Vec::new();
        }
        all.push_str(&format!("$ {}\n{said}", line.words));
    }
    vec![found(case, platform, format!("without {grouped} nobody is told:\n{all}"))]
}

#[test]
fn whoever_lacks_one_of_them_is_told() {
    let mut all = Vec::new();
    for platform in Platform::ALL {
        for case in on(platform) {
            for rule in case.proved(platform) {
                for verb in &rule.verbs {
                    all.push((platform, case.clone(), rule.clone(), verb.clone()));
                }
            }
        }
    }
    assert!(all.len() > 50, "the table was not walked");
    let wrong = each(&all, |(platform, case, rule, verb)| {
        is_missed(case, *platform, rule, verb)
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every part of the table has a case on every platform where it grants something.
#[test]
fn no_part_is_believed() {
    for platform in Platform::ALL {
        for part in parts() {
            if part.on(platform).is_empty() {
                continue;
            }
            let proved = on(platform).iter().any(|case| case.part() == part.name);
            assert!(proved, "{} ({}) has no case", part.name, platform.folder());
        }
    }
}
