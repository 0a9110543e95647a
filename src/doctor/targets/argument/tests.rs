//! Words, and what they are taken for.

use super::*;

fn read(words: &[&str]) -> Words {
    let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    parse(&words).unwrap()
}

fn image(text: &str) -> Argument {
    Argument::Image(text.to_owned())
}

fn object(kind: Kind, name: &str) -> Argument {
    Argument::Object {
        kind,
        name: name.to_owned(),
    }
}

#[test]
fn every_kind_is_known_by_all_its_names() {
    for (kind, words) in KINDS {
        for word in words {
            assert_eq!(read(&[word]).arguments, [Argument::All(kind)], "{word}");
        }
    }
}

#[test]
fn kind_and_name_are_an_object_and_all_else_is_an_image() {
    for (word, wanted) in [
        ("pod/web-1", object(kinds::POD, "web-1")),
        ("Deploy/web", object(kinds::DEPLOYMENT, "web")),
        ("deployment.apps/web", object(kinds::DEPLOYMENT, "web")),
        ("deployments.v1.apps/web", object(kinds::DEPLOYMENT, "web")),
        ("pods.v1/web", object(kinds::POD, "web")),
        (
            "buildconfig.build.openshift.io/app",
            object(kinds::BUILD_CONFIG, "app"),
        ),
        ("istag/app:1.4", object(kinds::IMAGE_STREAM_TAG, "app:1.4")),
        ("is/app:1.4", object(kinds::IMAGE_STREAM_TAG, "app:1.4")),
        ("is/app", object(kinds::IMAGE_STREAM, "app")),
        ("team/app", image("team/app")),
        ("nginx", image("nginx")),
        ("quay.io/build/x:1", image("quay.io/build/x:1")),
        ("build.example.com/x", image("build.example.com/x")),
        ("deployment.example/x", image("deployment.example/x")),
        ("docker.io/build/x", image("docker.io/build/x")),
        // No object can be called so.
        ("build/x:1.4", image("build/x:1.4")),
        ("build/x/y", image("build/x/y")),
    ] {
        let found = read(&[word]);
        assert_eq!(found.arguments, [wanted], "{word}");
        assert!(found.remarks.is_empty(), "{word}: {:?}", found.remarks);
    }
}

#[test]
fn a_kind_and_names_are_read_as_kubectl_reads_them() {
    assert_eq!(
        read(&["pod", "web-1", "web-2"]).arguments,
        [object(kinds::POD, "web-1"), object(kinds::POD, "web-2")]
    );
    assert_eq!(
        read(&["istag", "app:1.4"]).arguments,
        [object(kinds::IMAGE_STREAM_TAG, "app:1.4")]
    );
    assert_eq!(
        read(&["pods,deploy", "web"]).arguments,
        [object(kinds::POD, "web"), object(kinds::DEPLOYMENT, "web")]
    );
    // Names of kinds, images and objects are not names of pods.
    assert_eq!(
        read(&["pods", "builds"]).arguments,
        [Argument::All(kinds::POD), Argument::All(kinds::BUILD)]
    );
    assert_eq!(
        read(&["pods", "quay.io/a/b", "sa/robot"]).arguments,
        [
            Argument::All(kinds::POD),
            image("quay.io/a/b"),
            object(kinds::SERVICE_ACCOUNT, "robot")
        ]
    );
    assert_eq!(
        read(&["quay.io/a/b", "web"]).arguments,
        [image("quay.io/a/b"), image("web")]
    );
}

#[test]
fn a_kind_without_an_object_is_a_mistake() {
    for word in ["pod/", "istag/app"] {
        let error = parse(&[word.to_owned()]).unwrap_err();
        assert!(!error.hints().is_empty(), "{word}: {error:?}");
    }
}

#[test]
fn labels_and_all_namespaces_choose_among_many() {
    let words = |list: &[&str]| {
        list.iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    let wanted = |list: &[&str], labels, everywhere| {
        super::wanted(&words(list), false, labels, everywhere).map(|(wanted, _)| wanted)
    };
    assert_eq!(wanted(&[], true, true).unwrap(), Wanted::Failing);
    assert_eq!(
        wanted(&["pods"], true, true).unwrap(),
        Wanted::Named(vec![Argument::All(kinds::POD)])
    );
    for one in ["pod/web", "quay.io/a/b"] {
        assert!(wanted(&[one], true, false).is_err(), "{one}");
        assert!(wanted(&[one], false, true).is_err(), "{one}");
        assert!(wanted(&[one], false, false).is_ok(), "{one}");
    }
    let all = super::wanted(&[], true, false, false).unwrap().0;
    assert_eq!(all, Wanted::InUse);
}

#[test]
fn a_misspelt_kind_is_remarked_upon() {
    let found = read(&["depoly/web"]);
    assert_eq!(found.arguments, [image("depoly/web")]);
    assert!(
        found.remarks[0].ends_with("write deploy/web"),
        "{:?}",
        found.remarks
    );
    for word in [
        "team/app",
        "node/app",
        "library/nginx",
        "quay.io/depoly/web",
        "depoly/web:1",
    ] {
        assert!(read(&[word]).remarks.is_empty(), "{word}");
    }
}
