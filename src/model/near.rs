//! Which of the names that exist was meant.

/// Names that are close to a mistyped one, closest first, at most three.
pub fn near(name: &str, names: &[String]) -> Vec<String> {
    let closeness = |other: &str| {
        // One slip of the finger; in a short name Jaro-Winkler does not see two letters that changed places.
        if strsim::osa_distance(name, other) <= 1 {
            return 1.0;
        }
        strsim::jaro_winkler(name, other)
    };
    let mut scored: Vec<(f64, &String)> = names
        .iter()
        .map(|other| (closeness(other), other))
        .filter(|(score, _)| *score > 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, n)| n.clone()).collect()
}
