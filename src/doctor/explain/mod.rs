//! The page of each cause, compiled in: what it means, how doctor knows, how to mend it, when doctor may be wrong.
//!
//! The same Markdown is the documentation; it needs neither a network nor a cluster.

mod pages;

use super::causes::Cause;

/// The page of a cause, as Markdown.
pub fn page(cause: Cause) -> &'static str {
    pages::page(cause)
}

/// Causes whose ids are like `text`, the likeliest first, at most three: for a word that is no id.
pub fn near(text: &str) -> Vec<Cause> {
    let wanted = text.trim().to_ascii_lowercase();
    let mut scored: Vec<(f64, Cause)> = Cause::ALL
        .iter()
        .map(|cause| {
            let id = cause.id();
            let name = id.split_once('.').map_or(id, |(_, name)| name);
            let likeness =
                strsim::jaro_winkler(id, &wanted).max(strsim::jaro_winkler(name, &wanted));
            let part = wanted.len() > 2 && name.contains(wanted.as_str());
            (if part { likeness.max(0.9) } else { likeness }, *cause)
        })
        .filter(|(likeness, _)| *likeness >= 0.85)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().take(3).map(|(_, cause)| cause).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECTIONS: [&str; 4] = [
        "## What it means",
        "## How doctor knows",
        "## Fix",
        "## When doctor may be wrong",
    ];

    #[test]
    fn every_cause_has_a_page_with_its_four_sections() {
        for &cause in Cause::ALL {
            let page = page(cause);
            assert!(page.starts_with(&format!("# {}\n", cause.id())), "{cause}");
            let mut rest = page;
            for section in SECTIONS {
                let (before, after) =
                    rest.split_once(&format!("\n{section}\n"))
                        .unwrap_or_else(|| {
                            panic!("{cause} lacks {section:?}, or has it in the wrong place")
                        });
                assert!(!before.trim().is_empty(), "{cause}: empty before {section}");
                rest = after;
            }
            assert!(rest.trim().len() > 10, "{cause}: the last section is empty");
            assert!(page.ends_with('\n') && !page.ends_with("\n\n"), "{cause}");
        }
    }

    #[test]
    fn pages_fit_a_terminal_and_name_only_causes_that_exist() {
        for &cause in Cause::ALL {
            for line in page(cause).lines() {
                assert!(line.chars().count() <= 130, "{cause}: {line}");
                for word in line.split('`').skip(1).step_by(2) {
                    let looks_like_one = Cause::ALL
                        .iter()
                        .any(|known| word.starts_with(&format!("{}.", known.family())));
                    let is_address = word.strip_suffix(".io").is_some() || word.contains(".io/");
                    if looks_like_one && !is_address && !word.contains('/') && !word.contains(' ') {
                        let exists =
                            Cause::from_id(word).is_some() || word.strip_suffix(".json").is_some();
                        assert!(exists, "{cause} names {word}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_typing_error_leads_to_the_cause_that_was_meant() {
        assert_eq!(near("tls.unknwon-ca").first(), Some(&Cause::UnknownCa));
        assert_eq!(near("bad-credential").first(), Some(&Cause::BadCredentials));
        assert_eq!(near("dns").first(), Some(&Cause::Dns));
        assert!(near("zzzz").is_empty());
    }
}
