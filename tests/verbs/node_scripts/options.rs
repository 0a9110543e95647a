//! `OPTIONS` in `/etc/sysconfig/docker`: every way in which people write it.

use std::path::Path;
use std::process::Command;

use extreg::plan::node_scripts::{Action, Docker, openshift3};

use super::INSECURE;
use super::machine::Machine;

const FILE: &str = "etc/sysconfig/docker";
const FLAG: &str = "--insecure-registry=registry.example.com:5000";

/// What the file is before, and after.
const CASES: &[(&str, &str, &str)] = &[
    (
        "single quotes",
        "OPTIONS='--selinux-enabled'\n",
        "OPTIONS='--selinux-enabled FLAG'\n",
    ),
    (
        "double quotes",
        "OPTIONS=\"--selinux-enabled --log-opt x=\\\"y\\\"\"\n",
        "OPTIONS=\"--selinux-enabled --log-opt x=\\\"y\\\" FLAG\"\n",
    ),
    ("empty single quotes", "OPTIONS=''\n", "OPTIONS='FLAG'\n"),
    (
        "empty double quotes",
        "OPTIONS=\"\"\n",
        "OPTIONS=\"FLAG\"\n",
    ),
    ("no value", "OPTIONS=\n", "OPTIONS=\"FLAG\"\n"),
    (
        "a space before the end",
        "OPTIONS='--a '\n",
        "OPTIONS='--a FLAG'\n",
    ),
    ("no quotes", "OPTIONS=--a\n", "OPTIONS=\"--a FLAG\"\n"),
    (
        "no quotes and spaces",
        "OPTIONS=--a --b=c\n",
        "OPTIONS=\"--a --b=c FLAG\"\n",
    ),
    (
        "a variable",
        "OPTIONS=$EXTRA\n",
        "OPTIONS=\"$EXTRA FLAG\"\n",
    ),
    (
        "escaped spaces",
        "OPTIONS=--a\\ --b\n",
        "OPTIONS=--a\\ --b\\ FLAG\n",
    ),
    (
        "quotes behind one another",
        "OPTIONS=\"--a\"' --b'\n",
        "OPTIONS=\"--a\"' --b FLAG'\n",
    ),
    (
        "text behind the quotes",
        "OPTIONS='--a'--b\n",
        "OPTIONS='--a'--b\\ FLAG\n",
    ),
    (
        "the guide's, without its closing quote",
        "OPTIONS=' --selinux-enabled --insecure-registry=other:5000\nDOCKER_CERT_PATH=/etc/docker\n",
        "OPTIONS=' --selinux-enabled --insecure-registry=other:5000 FLAG'\nDOCKER_CERT_PATH=/etc/docker\n",
    ),
    (
        "the guide's very own",
        "OPTIONS=' --selinux-enabled FLAG\n# it's a comment\nA='b'\n",
        "OPTIONS=' --selinux-enabled FLAG'\n# it's a comment\nA='b'\n",
    ),
    (
        "no closing quote at the end of the file",
        "A=b\nOPTIONS=\"--a\n",
        "A=b\nOPTIONS=\"--a FLAG\"\n",
    ),
    (
        "no closing quote after several lines",
        "OPTIONS='--a\n  --b\n\n# more\nA=b\n",
        "OPTIONS='--a\n  --b FLAG'\n\n# more\nA=b\n",
    ),
    (
        "only an opening quote",
        "OPTIONS='\nA=b\n",
        "OPTIONS='FLAG'\nA=b\n",
    ),
    (
        "no opening quote",
        "OPTIONS=--a --b'\nA=b\n",
        "OPTIONS='--a --b FLAG'\nA=b\n",
    ),
    (
        "several lines",
        "OPTIONS='--a\n  --b\n  --c'\nA='b'\n",
        "OPTIONS='--a\n  --b\n  --c FLAG'\nA='b'\n",
    ),
    (
        "lines that go on",
        "OPTIONS=\"--a \\\n  --b\"\nA=b\n",
        "OPTIONS=\"--a \\\n  --b FLAG\"\nA=b\n",
    ),
    (
        "the closing quote on a line of its own",
        "OPTIONS=\"\\\n  --a\\\n\"\n",
        "OPTIONS=\"\\\n  --a\\\n FLAG\"\n",
    ),
    (
        "a quote in the other's",
        "OPTIONS=\"--label it's\"\n",
        "OPTIONS=\"--label it's FLAG\"\n",
    ),
    (
        "a comment behind",
        "OPTIONS='--a' # don't\n",
        "OPTIONS='--a FLAG' # don't\n",
    ),
    (
        "a comment behind no quotes",
        "OPTIONS=--a  # don't\n",
        "OPTIONS=\"--a FLAG\"  # don't\n",
    ),
    (
        "indented",
        "  OPTIONS='--a'  \n",
        "  OPTIONS='--a FLAG'  \n",
    ),
    (
        "lines of Windows",
        "OPTIONS='--a'\r\nA=b\r\n",
        "OPTIONS='--a FLAG'\r\nA=b\r\n",
    ),
    (
        "lines of Windows without a closing quote",
        "OPTIONS='--a\r\nA=b\r\n",
        "OPTIONS='--a FLAG'\r\nA=b\r\n",
    ),
    (
        "the last of several counts",
        "OPTIONS='FLAG'\n# OPTIONS='--x'\nOPTIONS='--b'\n",
        "OPTIONS='FLAG'\n# OPTIONS='--x'\nOPTIONS='--b FLAG'\n",
    ),
    (
        "only commented out",
        "# OPTIONS='--a'\n#OPTIONS=\nDOCKER_OPTIONS='--b'\n",
        "# OPTIONS='--a'\n#OPTIONS=\nDOCKER_OPTIONS='--b'\nOPTIONS=\"FLAG\"\n",
    ),
    ("not there", "A=b\n", "A=b\nOPTIONS=\"FLAG\"\n"),
    ("an empty file", "", "OPTIONS=\"FLAG\"\n"),
    (
        "no end of the last line",
        "OPTIONS='--a'",
        "OPTIONS='--a FLAG'",
    ),
    (
        "another registry that begins alike",
        "OPTIONS='FLAG0 --insecure-registry registry.example.com:50001'\n",
        "OPTIONS='FLAG0 --insecure-registry registry.example.com:50001 FLAG'\n",
    ),
    (
        "signs that sed and awk take for their own",
        "OPTIONS='--a=\\1&\\n --b=[x]*|/'\n",
        "OPTIONS='--a=\\1&\\n --b=[x]*|/ FLAG'\n",
    ),
];

/// Files that have the flag already.
const THERE: &[&str] = &[
    "OPTIONS='--a FLAG'\n",
    "OPTIONS='FLAG --a'\n",
    "OPTIONS=FLAG\n",
    "OPTIONS=\"--insecure-registry registry.example.com:5000 --a\"\n",
    "OPTIONS='--insecure-registry   registry.example.com:5000'\n",
    "OPTIONS='--insecure-registry \\\n  registry.example.com:5000'\n",
    "OPTIONS=--insecure-registry=\"registry.example.com:5000\"\n",
    "OPTIONS='--a\n  FLAG\n  --b'\n",
];

fn filled(text: &str) -> String {
    text.replace("FLAG", FLAG)
}

fn script() -> String {
    openshift3(&INSECURE, Docker::TrustStore, Action::Install).text
}

/// Every `awk` of this machine: what Debian, Red Hat and busybox have differs.
fn awks() -> Vec<&'static str> {
    let awks = ["mawk", "gawk", "original-awk", "busybox"];
    awks.into_iter()
        .filter(|awk| extreg_test_support::process::find_program(awk).is_some())
        .collect()
}

/// What a shell makes of `OPTIONS` in a file that it can read.
fn as_a_shell_reads_it(file: &Path) -> Option<String> {
    let output = Command::new("sh")
        .args(["-c", ". \"$1\" && printf %s \"$OPTIONS\"", "sh"])
        .arg(file)
        .output()
        .expect("sh runs");
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn any_quoting_is_survived_and_taken_back_byte_for_byte() {
    let mut wrong = Vec::new();
    for (name, before, after) in CASES {
        let (before, after) = (filled(before), filled(after));
        let machine = Machine::new();
        machine.write(FILE, &before);
        let state = machine.state();
        machine.run(&script(), &[]);
        let restarts = machine.calls();
        let edited = machine.read(FILE);
        if edited != after || restarts != ["systemctl restart docker"] {
            wrong.push(format!("{name}: {edited:?}, not {after:?}; {restarts:?}"));
            continue;
        }
        let installed = machine.state();
        machine.run(&script(), &[]);
        if machine.state() != installed || !machine.calls().is_empty() {
            wrong.push(format!("{name}: the second run changes something"));
        }
        machine.run(&script(), &["remove"]);
        if machine.state() != state || machine.calls() != ["systemctl restart docker"] {
            wrong.push(format!("{name}: back is {:?}", machine.read(FILE)));
        }
        machine.run(&script(), &["remove"]);
        if machine.state() != state || !machine.calls().is_empty() {
            wrong.push(format!("{name}: the second undo changes something"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_shell_could_read_it_still_reads_with_the_flag() {
    let mut read = 0;
    for (name, before, _) in CASES {
        // Windows' line ends belong to the value for a shell; and one that is broken it may read as something else.
        if before.contains('\r') || name.starts_with("the guide's") {
            continue;
        }
        let machine = Machine::new();
        machine.write(FILE, &filled(before));
        let Some(old) = as_a_shell_reads_it(&machine.path(FILE)) else {
            continue;
        };
        machine.run(&script(), &[]);
        let new = as_a_shell_reads_it(&machine.path(FILE)).unwrap_or_else(|| panic!("{name}"));
        let words =
            |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
        let mut wanted = words(&old);
        wanted.push(FLAG.to_owned());
        assert_eq!(words(&new), wanted, "{name}");
        read += 1;
    }
    assert!(read > 15, "only {read} could be read");
}

#[test]
fn every_awk_makes_the_same_of_it() {
    let all = awks();
    assert!(!all.is_empty(), "no awk");
    for awk in all {
        let machine = Machine::new();
        let found = extreg_test_support::process::find_program(awk).expect("it was found");
        let call = if awk == "busybox" { " awk" } else { "" };
        machine.program("awk", &format!("exec {}{call} \"$@\"", found.display()));
        for (name, before, after) in CASES {
            machine.write(FILE, &filled(before));
            machine.run(&script(), &[]);
            assert_eq!(machine.read(FILE), filled(after), "{awk}: {name}");
            machine.run(&script(), &["remove"]);
        }
    }
}

#[test]
fn a_flag_that_is_there_is_nobodys_to_add_or_take() {
    for before in THERE {
        let machine = Machine::new();
        machine.write(FILE, &filled(before));
        let state = machine.state();
        for word in ["install", "remove"] {
            let said = machine.run(&script(), &[word]);
            assert!(said.starts_with("unchanged: "), "{before}: {said}");
            assert_eq!(machine.state(), state, "{before}");
            assert!(machine.calls().is_empty());
        }
    }
}

#[test]
fn only_the_flag_goes_from_a_file_that_was_edited_since() {
    for (before, edited, after) in [
        (
            "OPTIONS='--a'\n",
            "OPTIONS='--a FLAG --b'\nA=new\n",
            "OPTIONS='--a --b'\nA=new\n",
        ),
        (
            "OPTIONS=--a\n",
            "OPTIONS=\"FLAG --a FLAG0\"\n",
            "OPTIONS=\"--a FLAG0\"\n",
        ),
        (
            "OPTIONS='--a'\n",
            "OPTIONS='FLAG0 FLAG'\n",
            "OPTIONS='FLAG0'\n",
        ),
        // Somebody took it out by hand.
        ("OPTIONS='--a'\n", "OPTIONS='--c'\n", "OPTIONS='--c'\n"),
        // It was there before, and only a quote was missing.
        (
            "OPTIONS='--a FLAG\nA=b\n",
            "OPTIONS='--a FLAG'\nA=c\n",
            "OPTIONS='--a FLAG'\nA=c\n",
        ),
    ] {
        let machine = Machine::new();
        machine.write(FILE, &filled(before));
        machine.run(&script(), &[]);
        machine.write(FILE, &filled(edited));
        machine.run(&script(), &["remove"]);
        assert_eq!(machine.read(FILE), filled(after), "{before}");
        assert!(!machine.path("var/lib/extreg").exists());
    }
}

#[test]
fn two_registries_go_in_any_order() {
    let other = extreg::plan::node_scripts::Job::Insecure {
        registry: "other.example.com",
        plain_http: false,
    };
    let other = openshift3(&other, Docker::TrustStore, Action::Install).text;
    let before = "OPTIONS='--a'\n";
    for first in [script(), other.clone()] {
        let machine = Machine::new();
        machine.write(FILE, before);
        let state = machine.state();
        machine.run(&script(), &[]);
        machine.run(&other, &[]);
        let second = if first == other {
            script()
        } else {
            other.clone()
        };
        machine.run(&first, &["remove"]);
        assert_eq!(machine.read(FILE).matches("--insecure-registry").count(), 1);
        machine.run(&second, &["remove"]);
        assert_eq!(machine.state(), state);
    }
}

#[test]
fn the_files_mode_stays() {
    use std::os::unix::fs::PermissionsExt as _;
    let machine = Machine::new();
    machine.write(FILE, "OPTIONS='--a'\n");
    let path = machine.path(FILE);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    for word in ["install", "remove"] {
        machine.run(&script(), &[word]);
        let mode = std::fs::metadata(&path)
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}

#[test]
fn a_node_without_the_file_is_configured_in_another_way() {
    let machine = Machine::new();
    let output = machine.try_run(&script(), &[]);
    assert_eq!(output.status.code(), Some(1));
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(words.contains("configured in another way"), "{words}");
    assert!(machine.calls().is_empty());
}
