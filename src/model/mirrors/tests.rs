use proptest::prelude::*;

use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn rule(kind: RuleKind, source: &str, mirrors: &[&str]) -> MirrorRule {
    MirrorRule {
        kind,
        object: "m".to_owned(),
        source: source.to_owned(),
        mirrors: mirrors.iter().map(ToString::to_string).collect(),
        never_contact_source: false,
    }
}

fn idms(source: &str, mirrors: &[&str]) -> MirrorRule {
    rule(RuleKind::ImageDigestMirrorSet, source, mirrors)
}

fn itms(source: &str, mirrors: &[&str]) -> MirrorRule {
    rule(RuleKind::ImageTagMirrorSet, source, mirrors)
}

fn never(mut rule: MirrorRule) -> MirrorRule {
    rule.never_contact_source = true;
    rule
}

fn list(entries: &[&str]) -> Vec<String> {
    entries.iter().map(ToString::to_string).collect()
}

fn by_digest<'a>(registry: &'a str, repository: &'a str) -> ImageLocation<'a> {
    ImageLocation {
        registry,
        repository,
        tag: None,
        digest: Some(DIGEST),
    }
}

fn by_tag<'a>(registry: &'a str, repository: &'a str) -> ImageLocation<'a> {
    ImageLocation {
        registry,
        repository,
        tag: Some("1"),
        digest: None,
    }
}

/// The references in order; a blocked one in parentheses, an insecure one with an exclamation mark.
fn asked(conf: &RegistriesConf, image: &ImageLocation<'_>) -> Vec<String> {
    places(conf, image)
        .unwrap()
        .iter()
        .map(|place| {
            let reference = place.reference.replace(DIGEST, "D");
            let reference = if place.blocked.is_some() {
                format!("({reference})")
            } else {
                reference
            };
            if place.insecure.is_some() {
                format!("{reference}!")
            } else {
                reference
            }
        })
        .collect()
}

fn rendered(rules: &[MirrorRule]) -> RegistriesConf {
    RegistriesConf::render(&[], &[], rules)
}

#[test]
fn without_rules_only_the_source() {
    let place = &places(&rendered(&[]), &by_tag("quay.io", "team/app")).unwrap()[0];
    assert_eq!(
        (place.registry.as_str(), place.repository.as_str()),
        ("quay.io", "team/app")
    );
    assert_eq!(place.reference, "quay.io/team/app:1");
    assert!(!place.is_mirror && place.blocked.is_none() && place.insecure.is_none());
}

#[test]
fn digest_rules_for_digests_and_tag_rules_for_tags() {
    let conf = rendered(&[
        idms("quay.io/team", &["mirror.local/d"]),
        itms("quay.io/team", &["mirror.local/t"]),
    ]);
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team/app")),
        ["mirror.local/d/app@D", "quay.io/team/app@D"]
    );
    assert_eq!(
        asked(&conf, &by_tag("quay.io", "team/app")),
        ["mirror.local/t/app:1", "quay.io/team/app:1"]
    );
    let both = ImageLocation {
        tag: Some("1"),
        ..by_digest("quay.io", "team/app")
    };
    assert_eq!(
        asked(&conf, &both),
        ["mirror.local/d/app@D", "quay.io/team/app@D"],
        "the digest decides"
    );
    let older = rendered(&[rule(
        RuleKind::ImageContentSourcePolicy,
        "quay.io/team",
        &["mirror.local/d"],
    )]);
    assert_eq!(asked(&older, &by_digest("quay.io", "team/app")).len(), 2);
    assert_eq!(
        asked(&older, &by_tag("quay.io", "team/app")),
        ["quay.io/team/app:1"]
    );
}

#[test]
fn the_longest_source_decides_and_only_whole_components_match() {
    let conf = rendered(&[
        idms("quay.io", &["a.local"]),
        idms("quay.io/team", &["b.local/x"]),
    ]);
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team/app")),
        ["b.local/x/app@D", "quay.io/team/app@D"]
    );
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "teammate/app")),
        ["a.local/teammate/app@D", "quay.io/teammate/app@D"]
    );
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team")),
        ["b.local/x@D", "quay.io/team@D"]
    );
    assert_eq!(
        asked(&conf, &by_digest("quay.io.evil", "team/app")),
        ["quay.io.evil/team/app@D"]
    );
}

#[test]
fn wildcards_stand_for_subdomains() {
    let conf = rendered(&[idms("*.example.com", &["mirror.local/all"])]);
    assert_eq!(
        asked(&conf, &by_digest("a.b.example.com", "x/y")),
        ["mirror.local/all/x/y@D", "a.b.example.com/x/y@D"]
    );
    assert_eq!(
        asked(&conf, &by_digest("example.com", "x")),
        ["example.com/x@D"]
    );
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "a.example.com/x")),
        ["quay.io/a.example.com/x@D"]
    );
    let closer = rendered(&[
        idms("*.b.com", &["wild.local/w"]),
        idms("a.b.com", &["plain.local/p"]),
    ]);
    assert_eq!(
        asked(&closer, &by_digest("a.b.com", "x"))[0],
        "wild.local/w/x@D",
        "same length: the first by name"
    );
}

#[test]
fn the_port_that_a_wildcard_leaves_over_breaks_a_mirror_with_a_path() {
    let conf = rendered(&[idms("*.example.com", &["mirror.local/all"])]);
    let error = places(&conf, &by_digest("a.example.com:5000", "x")).unwrap_err();
    assert_eq!(error.mirror, "mirror.local/all");
    assert!(error.reference.starts_with("mirror.local/all:5000/x@"));
    let without_path = rendered(&[idms("*.example.com", &["mirror.local"])]);
    assert_eq!(
        asked(&without_path, &by_digest("a.example.com:5000", "x"))[0],
        "mirror.local:5000/x@D"
    );
}

#[test]
fn never_contact_source_blocks_the_source_and_not_the_mirrors() {
    let conf = rendered(&[never(idms("quay.io/team", &["mirror.local/d"]))]);
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team/app")),
        ["mirror.local/d/app@D", "(quay.io/team/app@D)"]
    );
    assert_eq!(
        asked(&conf, &by_tag("quay.io", "team/app")),
        ["(quay.io/team/app:1)"],
        "for tags too, without a mirror"
    );
    let source = places(&conf, &by_tag("quay.io", "team/app"))
        .unwrap()
        .remove(0);
    assert_eq!(
        source.blocked,
        Some(BlockedBy::NeverContactSource("m".to_owned()))
    );
}

#[test]
fn a_blocked_registry_may_still_have_mirrors_and_a_mirror_may_be_blocked() {
    let rules = [idms("quay.io/team", &["mirror.local/d", "bad.local/d"])];
    let conf = RegistriesConf::render(&[], &list(&["quay.io", "bad.local"]), &rules);
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team/app")),
        [
            "mirror.local/d/app@D",
            "(bad.local/d/app@D)",
            "(quay.io/team/app@D)"
        ]
    );
    let blocked = places(&conf, &by_digest("quay.io", "team/app"))
        .unwrap()
        .remove(2)
        .blocked;
    assert_eq!(
        blocked,
        Some(BlockedBy::List("quay.io".to_owned())),
        "the wider entry is named"
    );
}

#[test]
fn insecure_is_handed_down_to_entries_and_mirrors_within() {
    let rules = [idms("quay.io/team", &["mirror.local:5000/d"])];
    let conf = RegistriesConf::render(&list(&["mirror.local:5000", "quay.io"]), &[], &rules);
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team/app")),
        ["mirror.local:5000/d/app@D!", "quay.io/team/app@D!"]
    );
    let wild = RegistriesConf::render(
        &list(&["*.example.com"]),
        &[],
        &[idms("quay.io", &["m.example.com"])],
    );
    assert_eq!(
        asked(&wild, &by_digest("quay.io", "x"))[0],
        "m.example.com/x@D!"
    );
}

#[test]
fn a_closer_entry_without_mirrors_gets_those_of_the_wider_one() {
    let conf = RegistriesConf::render(
        &list(&["quay.io/team/app"]),
        &[],
        &[idms("quay.io/team", &["mirror.local/d"])],
    );
    assert_eq!(
        asked(&conf, &by_digest("quay.io", "team/app")),
        ["mirror.local/d/app@D", "quay.io/team/app@D!"]
    );
}

#[test]
fn an_entry_without_a_port_matches_a_registry_with_one() {
    let conf = RegistriesConf::render(&list(&["registry.example.com"]), &[], &[]);
    let (entry, how) = conf.find("registry.example.com:5000/team/app").unwrap();
    assert_eq!(
        (entry.scope.as_str(), how),
        ("registry.example.com", Match::IgnoringPort)
    );
    assert_eq!(
        conf.find("registry.example.com/team/app").unwrap().1,
        Match::Scope
    );
    assert!(conf.find("registry.example.com.evil/team").is_none());
    let with_port = RegistriesConf::render(&list(&["registry.example.com:5000"]), &[], &[]);
    assert!(with_port.find("registry.example.com/team/app").is_none());
}

#[test]
fn lists_are_merged_so_that_each_keeps_its_order() {
    let merged = |lists: &[&[&str]]| {
        let rules: Vec<MirrorRule> = lists.iter().map(|mirrors| idms("s", mirrors)).collect();
        let conf = rendered(&rules);
        conf.entries[0]
            .mirrors
            .iter()
            .map(|mirror| mirror.location.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(merged(&[&["b", "c"], &["a", "b"]]), ["a", "b", "c"]);
    assert_eq!(
        merged(&[&["z"], &["a"]]),
        ["a", "z"],
        "without an order the names decide"
    );
    assert_eq!(
        merged(&[&["a", "b"], &["b", "a"]]),
        ["a", "b"],
        "contradictions are broken by name"
    );
    assert_eq!(
        merged(&[&["b", "s", "a"]]),
        ["b", "s", "a"],
        "the source itself may stand in between"
    );
    assert_eq!(merged(&[&["a", "s"]]), ["a"]);
    assert!(
        rendered(&[idms("s", &["s"])]).entries.is_empty(),
        "a rule that only repeats its source is none"
    );
    assert_eq!(
        merged(&[&["a", "a", "b"]]),
        ["a", "b"],
        "a name that follows itself is one place"
    );
}

#[test]
fn what_the_platform_does_not_write() {
    let problems = |insecure: &[&str], rules: &[MirrorRule]| {
        RegistriesConf::render(&list(insecure), &[], rules)
            .problems
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(problems(&["a.*.com", "", "*.ok.com"], &[]).len(), 2);
    assert!(problems(&["*.x.com/team"], &[])[0].contains("`*.x.com/team` in insecureRegistries"));
    let conflict = [idms("quay.io", &["a"]), never(itms("quay.io", &["b"]))];
    assert_eq!(
        problems(&[], &conflict),
        ["rules for the source quay.io disagree about mirrorSourcePolicy"]
    );
    assert_eq!(
        problems(&[], &[never(idms("quay.io", &["quay.io", "a"]))]).len(),
        1
    );
    let nested = problems(&["a.example.com"], &[idms("*.example.com", &["m"])]);
    assert!(
        nested[0].contains("has the entry a.example.com within it"),
        "{nested:?}"
    );
    assert!(problems(&["quay.io"], &[idms("quay.io/team", &["m"])]).is_empty());
}

proptest! {
    #[test]
    fn the_source_comes_last_and_every_mirror_once(
        lists in prop::collection::vec(prop::collection::btree_set("[a-e]", 1..4), 1..4),
        backwards in any::<bool>(),
        digest in any::<bool>(),
    ) {
        // The API takes no mirror twice in one list; two lists may contradict each other.
        let list = |(at, mirrors): (usize, &std::collections::BTreeSet<String>)| {
            let mut mirrors: Vec<String> = mirrors.iter().cloned().collect();
            if backwards && at > 0 {
                mirrors.reverse();
            }
            MirrorRule { mirrors, ..idms("source.io/x", &[]) }
        };
        let rules: Vec<MirrorRule> = lists.iter().enumerate().map(list).collect();
        let image = if digest { by_digest("source.io", "x/y") } else { by_tag("source.io", "x/y") };
        let found = places(&rendered(&rules), &image).unwrap();
        let (source, mirrors) = found.split_last().unwrap();
        prop_assert!(!source.is_mirror);
        prop_assert!(source.reference.starts_with("source.io/x/y"));
        let mut names: Vec<&str> = mirrors.iter().map(|place| place.registry.as_str()).collect();
        names.sort_unstable();
        let mut wanted: Vec<&str> = lists.iter().flatten().map(String::as_str).collect();
        wanted.sort_unstable();
        wanted.dedup();
        prop_assert_eq!(names, if digest { wanted } else { Vec::new() });
    }

    #[test]
    fn the_order_of_rules_does_not_matter(
        mut lists in prop::collection::vec(prop::collection::vec("[a-d]", 1..4), 2..4),
    ) {
        let conf = |lists: &[Vec<String>]| {
            let rules: Vec<MirrorRule> =
                lists.iter().map(|mirrors| MirrorRule { mirrors: mirrors.clone(), ..idms("s.io", &[]) }).collect();
            rendered(&rules)
        };
        let before = conf(&lists);
        lists.reverse();
        prop_assert_eq!(before, conf(&lists));
    }
}
