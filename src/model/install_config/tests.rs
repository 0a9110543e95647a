use proptest::prelude::*;

use super::*;

const FILE: &str = "\
# made by hand
apiVersion: v1
baseDomain: example.com   # ours
metadata:
  name: prod

platform:
  none: {}
pullSecret: '{\"auths\": {}}'
";

fn pem(at: usize) -> String {
    crate::model::pem::encode(webpki_root_certs::TLS_SERVER_ROOT_CERTS[at].as_ref())
}

fn indented(text: &str, by: usize) -> String {
    let lead = " ".repeat(by);
    let lines: Vec<String> = text.lines().map(|line| format!("{lead}{line}")).collect();
    lines.join("\n") + "\n"
}

fn of(text: &str) -> InstallConfig<'_> {
    read(text).expect("an install-config")
}

#[test]
fn a_bundle_is_added_and_all_else_stays() {
    let config = of(FILE);
    assert_eq!(
        (config.bundle(), config.policy(), config.has_proxy),
        ("", None, false)
    );
    let after = config.with(&pem(0), None);
    assert_eq!(
        after,
        format!("{FILE}additionalTrustBundle: |\n{}", indented(&pem(0), 2))
    );
    let again = of(&after);
    assert_eq!(again.bundle(), pem(0));
    assert_eq!(again.with(&pem(0), None), after);
    assert_eq!(again.with("", None), FILE, "and taken away");
    assert_eq!(again.bundle_line(), Some(FILE.lines().count() + 2));
}

#[test]
fn a_file_without_a_last_line_end_gets_one() {
    let text = FILE.trim_end();
    let after = of(text).with(&pem(0), Some(Policy::Always));
    assert!(
        after.starts_with(&format!("{text}\nadditionalTrustBundle: |\n")),
        "{after}"
    );
    assert!(
        after.ends_with("additionalTrustBundlePolicy: Always\n"),
        "{after}"
    );
}

#[test]
fn a_literal_block_keeps_its_indentation_its_header_and_its_comment() {
    for (header, by) in [("|", 4), ("|-", 1), ("|2", 2), ("|4-", 4)] {
        let text = FILE.replace(
            "metadata:",
            &format!(
                "additionalTrustBundle: {header} # the corporate ones\n{}\nmetadata:",
                indented(&pem(0), by)
            ),
        );
        let config = of(&text);
        assert_eq!(config.bundle(), pem(0), "{header}");
        let both = format!("{}# ours\n{}", pem(0), pem(1));
        let after = config.with(&both, None);
        let wanted = text.replace(&indented(&pem(0), by), &indented(&both, by));
        assert_eq!(after, wanted, "{header}");
        assert_eq!(of(&after).bundle(), both);
        let away = config.with("\n", None);
        assert!(away.contains("# the corporate ones\n\nmetadata:"), "{away}");
    }
}

#[test]
fn what_the_installer_would_not_take_is_written_anew() {
    let text = format!(
        "{FILE}additionalTrustBundle: |+\n{}\n\n",
        indented(&pem(0), 2)
    );
    let config = of(&text);
    assert_eq!(config.bundle(), pem(0));
    let after = config.with(&format!("{}{}", pem(0), pem(1)), None);
    assert!(after.contains("additionalTrustBundle: |\n  ---"), "{after}");
}

#[test]
fn every_style_of_a_string_is_read() {
    let pem = pem(0);
    let escaped = pem.replace('\n', "\\n");
    let folded = pem.trim_end().replace('\n', "\n\n  ");
    for (style, value) in [
        ("\"ESCAPED\"", escaped.clone()),
        ("\"ESCAPED\" # a comment", escaped.clone()),
        ("\"PART", {
            let (one, two) = escaped.split_at(100);
            format!("{one}\\\n  {two}\"")
        }),
        ("'FOLDED'", folded.clone()),
        (">\n  FOLDED", folded.clone()),
        ("FOLDED", folded.clone()),
        ("\n  FOLDED", folded.clone()),
    ] {
        let value = ["ESCAPED", "PART", "FOLDED"]
            .into_iter()
            .fold(style.to_owned(), |text, word| text.replace(word, &value));
        let text = format!("additionalTrustBundle: {value}\n{FILE}");
        let config = of(&text);
        assert_eq!(config.bundle().trim_end(), pem.trim_end(), "{text}");
        assert_eq!(config.bundle_line(), None);
        let after = config.with(&format!("{pem}{}", self::pem(1)), None);
        let end = after.find("# made by hand").expect("the rest");
        assert_eq!(&after[end..], FILE, "{style}");
        assert!(after.starts_with("additionalTrustBundle: |"), "{after}");
    }
}

#[test]
fn line_breaks_that_are_lost_are_lost_here_too() {
    let folded = indented(&pem(0), 2);
    for style in [">", ""] {
        let text = format!("{FILE}additionalTrustBundle: {style}\n{folded}");
        let config = of(&text);
        assert_eq!(config.bundle().trim_end().lines().count(), 1);
        let mended = crate::model::bundle::mend_text(config.bundle());
        assert_eq!(mended.text, pem(0));
    }
}

#[test]
fn nothing_is_a_bundle_too() {
    for none in [
        "",
        " ",
        " \"\"",
        " ''",
        " ~",
        " null",
        " # none yet",
        "\n  # none yet",
    ] {
        let text = format!("additionalTrustBundle:{none}\n{FILE}");
        let config = of(&text);
        assert!(bundle::is_blank(config.bundle()), "{none:?}");
        let after = config.with(&pem(0), None);
        assert_eq!(of(&after).bundle(), pem(0), "{after}");
        assert!(after.ends_with(FILE), "{after}");
        assert_eq!(after.contains("# none yet"), none.contains('#'), "{after}");
    }
}

#[test]
fn a_comment_behind_the_block_is_no_part_of_it() {
    let text = format!(
        "additionalTrustBundle: |\n{}\n  # of the block no more\n{FILE}",
        indented(&pem(0), 4)
    );
    let config = of(&text);
    assert_eq!(config.bundle(), pem(0));
    let both = format!("{}{}", pem(0), pem(1));
    assert_eq!(
        config.with(&both, None),
        text.replace(&indented(&pem(0), 4), &indented(&both, 4))
    );
}

#[test]
fn the_policy_is_set_where_it_stands_or_behind_the_bundle() {
    let text = format!("additionalTrustBundlePolicy: Proxyonly # for now\n{FILE}");
    let config = of(&text);
    assert_eq!(config.policy(), Some("Proxyonly"));
    assert_eq!(config.with("", Some(Policy::Proxyonly)), text);
    assert_eq!(
        config.with("", Some(Policy::Always)),
        text.replace("Proxyonly", "Always")
    );
    let both = of(FILE).with(&pem(0), Some(Policy::Always));
    assert!(
        both.ends_with("-----\nadditionalTrustBundlePolicy: Always\n"),
        "{both}"
    );
    let later = of(&both).with(&pem(1), Some(Policy::Proxyonly));
    assert!(
        later.ends_with("-----\nadditionalTrustBundlePolicy: Proxyonly\n"),
        "{later}"
    );
    let middle = format!("additionalTrustBundle: |\n{}{FILE}", indented(&pem(0), 2));
    let set = of(&middle).with(&pem(0), Some(Policy::Always));
    assert!(
        set.contains("-----\nadditionalTrustBundlePolicy: Always\n# made by hand"),
        "{set}"
    );
}

#[test]
fn markers_line_ends_and_a_byte_order_mark_stay() {
    let text = format!("\u{feff}---\n{FILE}...\n").replace('\n', "\r\n");
    let after = of(&text).with(&pem(0), None);
    assert!(after.starts_with("\u{feff}---\r\n# made by hand\r\n"));
    assert!(
        after.ends_with("  -----END CERTIFICATE-----\r\n...\r\n"),
        "{after}"
    );
    assert!(
        !after.replace("\r\n", "").contains('\n'),
        "one kind of line end"
    );
    assert_eq!(of(&after).bundle(), pem(0));
    assert_eq!(of(&after).with("", None), text);
}

#[test]
fn a_proxy_is_seen() {
    assert!(of(&format!("{FILE}proxy:\n  httpsProxy: http://p:3128\n")).has_proxy);
    assert!(!of(&format!("{FILE}proxy: {{}}\n")).has_proxy);
    assert!(!of(&FILE.replace("  none: {}", "  proxy: x")).has_proxy);
}

#[test]
fn what_cannot_be_edited_for_sure_is_refused() {
    let bundle = "additionalTrustBundle: |\n  x\n";
    for (text, words) in [
        (String::new(), "none of the keys"),
        ("kind: Pod\n".to_owned(), "none of the keys"),
        (format!("{FILE}---\n{FILE}"), "line 10: it holds several"),
        (
            format!("{bundle}{FILE}{bundle}"),
            "line 12: additionalTrustBundle stands there a second time",
        ),
        (
            "{\"baseDomain\": \"x\"}\n".to_owned(),
            "line 1: it is written as JSON",
        ),
        (
            format!("{FILE}additionalTrustBundle: *x\n"),
            "line 10: anchors",
        ),
        (
            format!("{FILE}additionalTrustBundle: [x]\n"),
            "line 10: a string",
        ),
        (
            format!("{FILE}additionalTrustBundle: \"x\n"),
            "line 10: the quote",
        ),
        (
            format!("{FILE}additionalTrustBundle: 'x' y\n"),
            "line 10: something stands behind",
        ),
        (
            format!("{FILE}additionalTrustBundle: 'x\n\n  y'\n\n  # z\n  -\n"),
            "line 15: this line belongs to no value",
        ),
        (
            format!("{FILE}additionalTrustBundle: |\n   x\n  -\n"),
            "line 12: this line belongs to no value",
        ),
        (
            format!("{FILE}additionalTrustBundle: |x\n"),
            "line 10: the block",
        ),
    ] {
        let refusal = read(&text).expect_err(&text).to_string();
        assert!(refusal.contains(words), "{refusal}");
    }
}

proptest! {
    /// Any text: no panic, and an edit that is taken back leaves it as it was, but for a missing line end.
    #[test]
    fn any_file_survives(text in "(baseDomain: x\n)?((additionalTrustBundle|proxy|a|'b'): ?[|>\"' ~a#-]{0,4}\n|  [ a\"'#-]{0,5}\n|\n|# c\n){0,8}") {
        if let Ok(config) = read(&text) {
            let had = config.bundle().to_owned();
            let after = config.with(&pem(0), Some(Policy::Always));
            let again = of(&after);
            prop_assert_eq!(again.bundle(), pem(0));
            prop_assert_eq!(again.policy(), Some("Always"));
            prop_assert_eq!(config.with(&had, None), text);
        }
    }
}
