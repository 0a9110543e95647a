//! The first sentence of a help text, short enough to stand beside a candidate.

/// Up to the first full stop or semicolon, on one line.
pub(super) fn first_sentence(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let end = ["; ", ". "]
        .iter()
        .filter_map(|stop| line.find(stop))
        .min()
        .unwrap_or(line.len());
    line[..end].trim_end_matches(['.', ';']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::first_sentence;

    #[test]
    fn it_ends_where_the_sentence_does() {
        for (text, first) in [
            ("Prints the version; asks no cluster.", "Prints the version"),
            ("All namespaces.", "All namespaces"),
            ("In ~/.kube/config. Or\nelsewhere.", "In ~/.kube/config"),
            ("Two\n  lines", "Two lines"),
            ("", ""),
        ] {
            assert_eq!(first_sentence(text), first);
        }
    }
}
