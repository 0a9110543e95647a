use std::collections::BTreeSet;

use clap::{Arg, Command, CommandFactory as _};

use super::line::{Line, Place, read};
use super::values::{self, Values};
use super::{flags, verbs};
use crate::cli::{Cli, of_all, of_verb};

fn root() -> Command {
    of_all(Cli::command())
}

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

fn shown(line: &Line<'_>) -> String {
    let verb = line.verb.map_or("-", Command::get_name);
    match &line.place {
        Place::Verb(typed) => format!("{verb} verb {typed:?}"),
        Place::Flag(typed) => format!("{verb} flag {typed:?}"),
        Place::Nowhere => format!("{verb} nowhere"),
        Place::Value {
            arg,
            carried,
            typed,
        } => format!("{verb} {} {carried:?} {typed:?}", arg.get_id()),
    }
}

#[test]
fn the_word_at_the_cursor_is_found() {
    let root = root();
    for (line, place) in [
        ("", r#"- verb """#),
        ("li", r#"- verb "li""#),
        ("-n shop li", r#"- verb "li""#),
        ("-n ", r#"- namespace "" """#),
        ("-n sh", r#"- namespace "" "sh""#),
        ("-nsh", r#"- namespace "-n" "sh""#),
        ("-n=sh", r#"- namespace "" "sh""#),
        ("--namespace=sh", r#"- namespace "" "sh""#),
        ("link ", r#"link target "" """#),
        ("-n shop link quay.io ", "link nowhere"),
        ("link --context x -z ", r#"link service_accounts "" """#),
        ("-z ci link --dr", r#"link flag "--dr""#),
        ("link -", r#"link flag "-""#),
        ("link --dry-run ", r#"link target "" """#),
        ("link --dry-run=", r#"link dry_run "" """#),
        ("link -Az c", r#"link service_accounts "" "c""#),
        ("link -Azc", r#"link service_accounts "-Az" "c""#),
        ("link -- -x", r#"link target "" "-x""#),
        ("link --unknown quay.io --for p", r#"link purposes "" "p""#),
        ("doctor pod web-1 web-", r#"doctor targets "" "web-""#),
        ("undo 2026", r#"undo id "" "2026""#),
        ("nothing ", r#"- verb """#),
    ] {
        assert_eq!(shown(&read(&root, &words(line))), place, "{line:?}");
    }
    assert_eq!(shown(&read(&root, &[])), r#"- verb """#);
}

#[test]
fn what_was_given_is_known() {
    let root = root();
    let line = read(
        &root,
        &words("--context a -n shop --context b link -Az ci quay.io "),
    );
    assert_eq!(line.value("context"), Some("b"));
    assert_eq!(line.value("namespace"), Some("shop"));
    assert_eq!(line.value("service_accounts"), Some("ci"));
    assert_eq!(line.value("target"), Some("quay.io"));
    assert!(line.has("all_namespaces"));
    assert!(!line.has("restart"));
}

fn flag_names(line: &str) -> Vec<String> {
    let root = root();
    let line = read(&root, &words(line));
    flags(&root, &line)
        .into_iter()
        .map(|flag| flag.value)
        .collect()
}

#[test]
fn only_flags_that_go_together_are_offered() {
    let offered = flag_names("link quay.io -");
    for flag in [
        "--for",
        "--service-account",
        "-z",
        "--dry-run",
        "--dry-run=",
        "--context",
        "--help",
    ] {
        assert!(offered.iter().any(|it| it == flag), "{flag}");
    }
    // Hidden: it is only there to be refused.
    assert!(
        !offered
            .iter()
            .any(|it| it.contains("password=") || it == "-p")
    );
    let offered = flag_names("link quay.io -A --restart -z ci --from-secret x -");
    for gone in [
        "-A",
        "--namespaces",
        "--for-workload",
        "--restart",
        "--registry-config",
    ] {
        assert!(!offered.iter().any(|it| it == gone), "{gone}");
    }
    // May be repeated.
    assert!(offered.iter().any(|it| it == "--service-account"));
    // A target was named, and --all is for none.
    assert!(
        !flag_names("doctor pod/web -")
            .iter()
            .any(|it| it == "--all")
    );
    assert!(flag_names("doctor -").iter().any(|it| it == "--all"));
}

#[test]
fn a_verb_alone_offers_what_it_does_among_all() {
    let mut alone = of_verb(Cli::command(), "link");
    alone.build();
    let words = words("link quay.io --for push -");
    let offered = |root: &Command| flags(root, &read(root, &words));
    assert_eq!(offered(&alone), offered(&root()));
    let other = alone.find_subcommand("doctor").expect("still a verb");
    assert!(
        !other
            .get_arguments()
            .any(|arg| arg.get_id().as_str() == "targets")
    );
}

#[test]
fn verbs_and_flags_say_what_they_are() {
    let root = root();
    let offered = verbs(&root);
    assert!(offered.len() >= 8);
    let every = root.get_subcommands().flat_map(|verb| {
        flags(
            &root,
            &read(&root, &[verb.get_name().to_owned(), "-".to_owned()]),
        )
    });
    for candidate in offered.into_iter().chain(every) {
        assert!(!candidate.help.is_empty(), "{candidate:?}");
        assert!(!candidate.help.ends_with('.'), "{candidate:?}");
    }
}

/// Completion is a part of every flag: whoever adds one decides what its value is, in `values.rs`.
#[test]
fn every_value_has_a_decision() {
    let root = root();
    let takes = |arg: &&Arg| arg.get_action().takes_values() && !arg.is_hide_set();
    let mut undecided = Vec::new();
    let mut seen = 0;
    for verb in root.get_subcommands() {
        for arg in verb.get_arguments().filter(takes) {
            seen += 1;
            let listed = !arg.get_possible_values().is_empty();
            if !listed && values::of(verb.get_name(), arg).is_none() {
                undecided.push(format!("{} {}", verb.get_name(), arg.get_id()));
            }
        }
    }
    assert!(seen > 50, "the verbs were not walked");
    assert_eq!(undecided, Vec::<String>::new());
}

/// A line that decides nothing any more is a flag that is gone, or one that another line hides.
#[test]
fn every_line_decides_something() {
    let root = root();
    let verbs = root.get_subcommands();
    let args = verbs.flat_map(|verb| verb.get_arguments().map(move |arg| (verb.get_name(), arg)));
    let used: BTreeSet<usize> = args
        .filter_map(|(verb, arg)| values::line(verb, arg))
        .collect();
    let idle: Vec<usize> = (0..values::lines())
        .filter(|line| !used.contains(line))
        .collect();
    assert_eq!(idle, Vec::<usize>::new());
}

#[test]
fn one_name_means_what_its_verb_makes_of_it() {
    let root = root();
    let decided = |verb: &str, id: &str| {
        let command = root.find_subcommand(verb).expect("a verb");
        let arg = command.get_arguments().find(|arg| arg.get_id() == id);
        values::of(verb, arg.expect("an argument"))
    };
    assert_eq!(decided("link", "target"), Some(Values::Registry));
    assert_eq!(
        decided("unlink", "target"),
        Some(Values::DockerSecretOrRegistry)
    );
    assert_eq!(decided("link", "registry_config"), Some(Values::File));
    assert_eq!(decided("completion", "dir"), Some(Values::Folder));
    assert_eq!(decided("explain", "cause"), Some(Values::Cause));
}
