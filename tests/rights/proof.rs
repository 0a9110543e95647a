//! Runs of every verb by users who have just what the table grants, and by users who lack one thing of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use extreg_test_support::process::Output;

use crate::access::{Access, asked};
use crate::cases::{self, Case, Ground, Moment, Who, embedded};
use crate::kit::{for_each_openshift_alone, for_each_world};
use crate::table::{Place, Platform, Rule, parts};
use crate::user;

/// Words of a refusal, and of a right that is said to be missing.
const REFUSALS: &[&str] = &[
    "no right to",
    "may not",
    "forbidden",
    "Forbidden",
    "not allowed",
];

/// The runs that prove one part, in one namespace or in all.
struct Proof {
    platform: Platform,
    /// Each on a ground of its own.
    scenes: Vec<Case>,
}

/// The administrator's run of a proof.
#[derive(Default)]
struct Record {
    all: Vec<Asked>,
    /// One for each scene.
    stages: Vec<Stage>,
    wrong: Vec<String>,
}

/// The ground of a scene, and how it was before each line of the user.
struct Stage {
    ground: Ground,
    moments: BTreeMap<usize, Moment>,
}

/// What a line of a scene asked for, when the administrator ran it.
struct Asked {
    scene: usize,
    line: usize,
    home: String,
    accesses: Vec<Access>,
}

fn cases_on(platform: Platform) -> Vec<Case> {
    let mut all = cases::all();
    all.retain(|case| case.is_for(platform));
    all
}

fn proofs() -> Vec<Proof> {
    let mut proofs: Vec<Proof> = Vec::new();
    for platform in Platform::ALL {
        for case in cases_on(platform) {
            let known = proofs.iter_mut().find(|proof| {
                proof.platform == platform
                    && proof.first().part() == case.part()
                    && proof.first().everywhere == case.everywhere
            });
            match known {
                Some(proof) => proof.scenes.push(case),
                None => proofs.push(Proof {
                    platform,
                    scenes: vec![case],
                }),
            }
        }
    }
    proofs
}

/// Whether a platform has the thing at all: what is asked of a group that is not there is no matter of rights.
fn is_served(access: &Access, platform: Platform) -> bool {
    platform == Platform::OpenShift || !access.group.ends_with("openshift.io")
}

fn text(output: &Output) -> String {
    format!("{}{}", output.stdout, output.stderr)
}

fn is_refused(said: &str) -> bool {
    REFUSALS.iter().any(|words| said.contains(words))
}

fn found(case: &Case, platform: Platform, words: impl std::fmt::Display) -> String {
    format!("{} ({}): {words}", case.part(), platform.folder())
}

/// Work on each by itself, on as many threads as there are processors; gives what is wrong.
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
    let mut wrong = wrong.into_inner().expect("a list");
    wrong.sort();
    wrong
}

/// Whether a rule grants an access to somebody at home in a namespace, or in all.
fn grants(rule: &Rule, access: &Access, home: &str, everywhere: bool) -> bool {
    let anywhere = everywhere && rule.place == Place::Here;
    let namespace = if anywhere { home } else { &access.namespace };
    let access = Access {
        namespace: namespace.to_owned(),
        ..access.clone()
    };
    access.is_covered(rule, home)
}

impl Proof {
    fn first(&self) -> &Case {
        self.scenes.first().expect("a scene")
    }

    fn ground(&self) -> Ground {
        let ground = embedded(self.platform);
        if self.first().part().contains("--from-node") {
            ground.with_machines();
        }
        ground
    }

    /// Has the administrator run everything; gives what each line of the user asked for, and what failed.
    fn record(&self) -> Record {
        let mut record = Record::default();
        for (scene, case) in self.scenes.iter().enumerate() {
            let ground = self.ground();
            let api = ground.world.cluster.api().expect("the embedded server");
            let mut moments = BTreeMap::new();
            for (at, line) in case.lines_on(&ground).into_iter().enumerate() {
                if !line.who.is_the_user() {
                    ground.prepare(line);
                    continue;
                }
                moments.insert(at, ground.moment());
                api.clear_requests();
                let output = ground.run(&line.words, None);
                if line.who == Who::Run && output.status != Some(0) {
                    let words = format!("{}\n{}", line.words, text(&output));
                    record.wrong.push(found(case, self.platform, words));
                }
                let mut accesses = asked(&api.requests());
                accesses.retain(|access| is_served(access, self.platform));
                record.all.push(Asked {
                    scene,
                    line: at,
                    home: ground.world.namespace.clone(),
                    accesses,
                });
            }
            record.stages.push(Stage { ground, moments });
        }
        record
    }

    /// Which lines make use of a permission.
    fn uses<'a>(&self, all: &'a [Asked], rule: &Rule) -> Vec<&'a Asked> {
        let everywhere = self.first().everywhere;
        all.iter()
            .filter(|asked| {
                let mut accesses = asked.accesses.iter();
                accesses.any(|access| grants(rule, access, &asked.home, everywhere))
            })
            .collect()
    }

    /// Every permission by itself.
    fn permissions(&self) -> Vec<Rule> {
        let rules = self.first().proved(self.platform);
        let one = |rule: &Rule, verb: &String| Rule {
            verbs: vec![verb.clone()],
            ..rule.clone()
        };
        rules
            .iter()
            .flat_map(|rule| rule.verbs.iter().map(|verb| one(rule, verb)))
            .collect()
    }

    /// What is asked for and not granted, and what is granted and never asked for.
    fn compare(&self) -> Vec<String> {
        let Record { all, mut wrong, .. } = self.record();
        for asked in &all {
            let case = self.scenes.get(asked.scene).expect("a scene");
            let rules = case.granted(self.platform);
            for access in &asked.accesses {
                let mut rules = rules.iter();
                if !rules.any(|rule| grants(rule, access, &asked.home, case.everywhere)) {
                    let words = format!("not granted: {access:?}");
                    wrong.push(found(case, self.platform, words));
                }
            }
        }
        for permission in self.permissions() {
            if self.uses(&all, &permission).is_empty() {
                let words = format!(
                    "never asked for: {} {}",
                    permission.verbs.join(","),
                    permission.full_name()
                );
                wrong.push(found(self.first(), self.platform, words));
            }
        }
        wrong
    }

    /// Whether somebody who lacks a permission is told so, by a line that makes use of it; and whether what only helps is
    /// not needed for any, nor missed.
    fn is_missed(&self, permission: &Rule, record: &Record) -> Vec<String> {
        let mut heard = String::new();
        for asked in self.uses(&record.all, permission) {
            let case = self.scenes.get(asked.scene).expect("a scene");
            let stage = record.stages.get(asked.scene).expect("a stage");
            let ground = &stage.ground;
            ground.back_to(stage.moments.get(&asked.line).expect("a moment"));
            let rules = without(case.granted(self.platform), permission);
            let user = user::with(&ground.world, &rules, case.everywhere);
            let lines = case.lines_on(ground);
            let line = lines.get(asked.line).expect("a line");
            let output = ground.run(&line.words, Some(&user));
            let said = text(&output);
            let name = permission.full_name();
            if permission.helps && line.who == Who::Run && output.status != Some(0) {
                let words = format!("{name} is needed:\n$ {}\n{said}", line.words);
                return vec![found(case, self.platform, words)];
            }
            let is_told = said
                .lines()
                .any(|line| is_refused(line) && line.contains(&permission.resource));
            if is_told && permission.helps {
                let words = format!("{name} is missed:\n$ {}\n{said}", line.words);
                return vec![found(case, self.platform, words)];
            }
            if is_told {
                return Vec::new();
            }
            for part in ["$ ", &line.words, "\n", &said] {
                heard.push_str(part);
            }
        }
        if permission.helps {
            return Vec::new();
        }
        let words = format!(
            "without {} {} nobody is told:\n{heard}",
            permission.verbs.join(","),
            permission.full_name()
        );
        vec![found(self.first(), self.platform, words)]
    }
}

/// The rules that are left when one permission is taken away.
fn without(mut rules: Vec<Rule>, permission: &Rule) -> Vec<Rule> {
    for rule in &mut rules {
        if rule.is_about_the_same(permission) {
            rule.verbs.retain(|verb| !permission.verbs.contains(verb));
        }
    }
    rules.retain(|rule| !rule.verbs.is_empty());
    rules
}

/// The user with the rights is refused nothing.
fn is_enough(case: &Case, ground: &Ground) -> Vec<String> {
    let platform = ground.platform();
    let rules = case.granted(platform);
    let user = user::with(&ground.world, &rules, case.everywhere);
    let mut wrong = Vec::new();
    for line in case.lines_on(ground) {
        if !line.who.is_the_user() {
            ground.prepare(line);
            continue;
        }
        let output = ground.run(&line.words, Some(&user));
        let said = text(&output);
        let ended = match line.who {
            Who::Look => matches!(output.status, Some(0 | 3 | 4)),
            _ => output.status == Some(0),
        };
        if is_refused(&said) || !ended {
            let words = format!("{} ends with {:?}\n{said}", line.words, output.status);
            wrong.push(found(case, platform, words));
        }
    }
    if let Some(api) = ground.world.cluster.api() {
        let requests = api.requests();
        let mine = requests.iter().filter(|one| one.user == user);
        for request in mine.filter(|request| request.status == 403) {
            let accesses = asked(std::slice::from_ref(request));
            if accesses.iter().all(|access| is_served(access, platform)) {
                let words = format!("403 for {} {}", request.method, request.path);
                wrong.push(found(case, platform, words));
            }
        }
    }
    wrong
}

#[test]
fn the_table_is_what_is_asked_for() {
    let wrong = each(&proofs(), Proof::compare);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn whoever_has_these_rights_is_refused_nothing() {
    let wrong = each(&proofs(), |proof| {
        let scenes = proof.scenes.iter();
        scenes
            .flat_map(|case| is_enough(case, &proof.ground()))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_real_api_server_refuses_them_nothing_either() {
    let wrong = Mutex::new(Vec::new());
    let check = |case: &Case, world: &crate::kit::World| {
        if world.cluster.api().is_none() && case.is_real() {
            let found = is_enough(case, &Ground::on(world.beside()));
            wrong.lock().expect("a list").extend(found);
        }
    };
    for case in cases_on(Platform::Kubernetes) {
        for_each_world(|world| check(&case, world));
    }
    for case in cases_on(Platform::OpenShift) {
        for_each_openshift_alone(|world| check(&case, world));
    }
    let wrong = wrong.into_inner().expect("a list");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "every verb once for every right, which takes minutes: `cargo test --test rights -- --ignored`"]
fn whoever_lacks_one_of_them_is_told() {
    let mut proofs = proofs();
    // The longest first, so that no thread is left with them alone.
    proofs.sort_by_key(|proof| std::cmp::Reverse(proof.permissions().len()));
    let walked = AtomicUsize::new(0);
    let wrong = each(&proofs, |proof| {
        let record = proof.record();
        let permissions = proof.permissions();
        walked.fetch_add(permissions.len(), Ordering::Relaxed);
        permissions
            .iter()
            .flat_map(|permission| proof.is_missed(permission, &record))
            .collect()
    });
    assert!(walked.into_inner() > 100, "the table was not walked");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every part of the table has a case on every platform where it grants something.
#[test]
fn no_part_is_believed() {
    for platform in Platform::ALL {
        let cases = cases_on(platform);
        for part in parts() {
            let proved = cases.iter().any(|case| case.part() == part.name);
            let granted = !part.on(platform).is_empty();
            assert!(
                proved || !granted,
                "{} ({}) has no case",
                part.name,
                platform.folder()
            );
        }
    }
}
