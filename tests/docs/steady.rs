//! What differs from run to run, in a line that is written into a page: `…` in its place.

/// The line with `…` for ids of the journal, digests, fingerprints, times of today and names that the cluster made up.
pub(crate) fn steady(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let steady: Vec<String> = (0..words.len())
        .map(|at| {
            let is_duration = at > 1 && words[at - 1] == "in" && words[at - 2].starts_with("check");
            if is_duration {
                "…".to_owned()
            } else {
                word(words[at])
            }
        })
        .collect();
    steady.join(" ")
}

fn word(word: &str) -> String {
    if let Some((start, rest)) = word.split_once("sha256:") {
        let end = rest
            .find(|sign: char| !sign.is_ascii_hexdigit())
            .unwrap_or(rest.len());
        if end == 64 {
            return format!("{start}sha256:…{}", &rest[end..]);
        }
    }
    if let Some((start, _)) = word.split_once("-dockercfg-") {
        return format!("{start}-dockercfg-…");
    }
    let core = word.trim_matches(['`', '"', ',', '.']);
    if is_made_up(core) {
        return word.replace(core, "…");
    }
    // `web-4f20d922d4-fznnr`
    match core.rsplitn(3, '-').collect::<Vec<_>>()[..] {
        [end, hash, start]
            if end.len() == 5
                && hash.len() == 10
                && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) =>
        {
            word.replace(core, &format!("{start}-…"))
        }
        _ => word.to_owned(),
    }
}

/// An id of the journal, a fingerprint, a time of these years, a time of the day.
fn is_made_up(word: &str) -> bool {
    [
        "00000000T000000000Z-########",
        "2000-00-00T00:00:00Z",
        "2000-00-00",
        "00:00:00",
    ]
    .iter()
    .any(|pattern| fits(word, pattern))
        || (word.len() == 95 && word.split(':').all(|pair| fits(pair, "##")))
}

/// `0` is a digit, `#` one of sixteen, everything else itself; a leading `2` and `0` are meant.
fn fits(word: &str, pattern: &str) -> bool {
    word.len() == pattern.len()
        && word.starts_with("20") >= pattern.starts_with("20")
        && word
            .bytes()
            .zip(pattern.bytes())
            .all(|(byte, sign)| match sign {
                b'0' => byte.is_ascii_digit(),
                b'#' => byte.is_ascii_hexdigit(),
                other => byte == other,
            })
}

#[test]
fn only_what_differs_goes() {
    for (line, left) in [
        (
            "`oc extreg undo 20261122T233840612Z-b7c3ed92` takes",
            "`oc extreg undo …` takes",
        ),
        (
            "  1 problem · 14 checks in 0.2 s · all",
            "  1 problem · 14 checks in … s · all",
        ),
        (
            "pod shop/web-4f20d922d4-fznnr has none",
            "pod shop/web-… has none",
        ),
        (
            "until 2200-01-01, since 2026-11-22T23:38:36Z",
            "until 2200-01-01, since …",
        ),
        ("default-dockercfg-sjfj2", "default-dockercfg-…"),
        ("sha256:19e4ccb32f5b…,", "sha256:19e4ccb32f5b…,"),
        (
            "oc extreg link r:5000 -n shop",
            "oc extreg link r:5000 -n shop",
        ),
    ] {
        assert_eq!(steady(line), left);
    }
    let digest = format!("web@sha256:{}, more", "ab".repeat(32));
    assert_eq!(steady(&digest), "web@sha256:…, more");
}
