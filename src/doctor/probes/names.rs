//! Other names under which the image may be: guessed by rule, in the same registry, few.

use crate::doctor::evidence::VariantKind;
use crate::model::image::ImageReference;

/// Requests for other names in one run and target; with the list of tags that makes five.
const MOST: usize = 4;

/// The names worth trying, the likeliest first. `known` are images that the cluster uses.
pub fn variants(image: &ImageReference, known: &[String]) -> Vec<(VariantKind, ImageReference)> {
    let asked = image.repository();
    let mut found: Vec<(VariantKind, ImageReference)> = Vec::new();
    let mut add = |kind, repository: &str| {
        let variant = image.with_repository(repository);
        let fresh = repository != asked
            && found
                .iter()
                .all(|(_, seen)| seen.repository() != repository);
        // What is written must be read again as the same name.
        let sound = ImageReference::parse(&variant.to_string())
            .is_ok_and(|parsed| parsed.repository() == repository);
        if fresh && sound && found.len() < MOST {
            found.push((kind, variant));
        }
    };
    for name in in_use(image, known) {
        add(VariantKind::InUse, &name);
    }
    for name in prefixes(asked) {
        add(VariantKind::Prefix, &name);
    }
    for name in library(asked) {
        add(VariantKind::Library, &name);
    }
    for name in spellings(asked) {
        add(VariantKind::Spelling, &name);
    }
    found
}

/// Repositories of the same registry that the cluster uses and that are nearly the same.
fn in_use(image: &ImageReference, known: &[String]) -> Vec<String> {
    let mut near: Vec<(f64, String)> = known
        .iter()
        .filter_map(|text| ImageReference::parse(text).ok())
        .filter(|other| {
            other.registry() == image.registry() && other.repository() != image.repository()
        })
        .map(|other| {
            let likeness = strsim::jaro_winkler(image.repository(), other.repository());
            let same_end = last(image.repository()) == last(other.repository());
            (
                if same_end {
                    likeness.max(0.9)
                } else {
                    likeness
                },
                other.repository().to_owned(),
            )
        })
        .filter(|(likeness, _)| *likeness >= 0.88)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().take(2).map(|(_, name)| name).collect()
}

fn last(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

/// A first component too many (`repository/` of web addresses, a repository key), or one that stands twice.
fn prefixes(repository: &str) -> Vec<String> {
    let parts: Vec<&str> = repository.split('/').collect();
    let mut names = Vec::new();
    if let [first, rest @ ..] = parts.as_slice()
        && !rest.is_empty()
        && (rest.len() > 1 || ["repository", "r", "v2", "docker"].contains(first))
    {
        names.push(rest.join("/"));
    }
    if let Some(at) = parts.windows(2).position(|pair| pair[0] == pair[1]) {
        let mut once = parts.clone();
        once.remove(at);
        names.push(once.join("/"));
    }
    names
}

/// `library/` taken off, or put before the last component, where pull-through caches want it.
fn library(repository: &str) -> Vec<String> {
    if let Some(rest) = repository.strip_prefix("library/") {
        return vec![rest.to_owned()];
    }
    let inner = repository.replacen("/library/", "/", 1);
    if inner != repository {
        return vec![inner];
    }
    match repository.rsplit_once('/') {
        Some((project, name)) if !project.contains('/') => {
            vec![format!("{project}/library/{name}")]
        }
        Some(_) => Vec::new(),
        None => vec![format!("library/{repository}")],
    }
}

/// One and many, `_` for `-`, words the other way round: in the last component.
fn spellings(repository: &str) -> Vec<String> {
    let (path, name) = repository
        .rsplit_once('/')
        .map_or(("", repository), |(path, name)| (path, name));
    let whole = |name: String| {
        if path.is_empty() {
            name
        } else {
            format!("{path}/{name}")
        }
    };
    let mut names = Vec::new();
    if name.contains('_') {
        names.push(whole(name.replace('_', "-")));
    } else if name.contains('-') {
        names.push(whole(name.replace('-', "_")));
    }
    match name.strip_suffix('s') {
        Some(one) if one.len() > 1 => names.push(whole(one.to_owned())),
        _ => names.push(whole(format!("{name}s"))),
    }
    if let Some((first, second)) = name.split_once('-')
        && !second.contains('-')
    {
        names.push(whole(format!("{second}-{first}")));
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(text: &str, known: &[&str]) -> Vec<String> {
        let image = ImageReference::parse(text).unwrap();
        let known: Vec<String> = known.iter().map(|name| (*name).to_owned()).collect();
        variants(&image, &known)
            .into_iter()
            .map(|(_, variant)| variant.repository().to_owned())
            .collect()
    }

    #[test]
    fn guesses_are_few_and_the_likeliest_come_first() {
        assert_eq!(
            tried(
                "quay.io/repository/acme/app:1",
                &["quay.io/acme/apps:2", "docker.io/repository/acme/app"]
            ),
            ["acme/app", "repository/acme/apps"]
        );
        assert_eq!(
            tried(
                "quay.io/acme/payment-api:1",
                &["quay.io/acme/payments-api:2"]
            )[0],
            "acme/payments-api"
        );
        assert_eq!(
            tried("r.example.com/proxy/nginx:1", &[])[..2],
            ["proxy/library/nginx", "proxy/nginxs"]
        );
        assert_eq!(
            tried("r.example.com/app/app/web", &[])[..2],
            ["app/web", "app/app/webs"]
        );
        for text in ["r.example.com/a/b/c/d-e_f:1", "r.example.com/x:1", "nginx"] {
            assert!(tried(text, &[]).len() <= MOST, "{text}");
            assert!(
                !tried(text, &[])
                    .contains(&ImageReference::parse(text).unwrap().repository().to_owned())
            );
        }
    }

    #[test]
    fn a_variant_keeps_registry_and_tag() {
        let image = ImageReference::parse("r.example.com:5000/repository/a/b:1.2").unwrap();
        assert_eq!(
            variants(&image, &[])[0].1.to_string(),
            "r.example.com:5000/a/b:1.2"
        );
    }
}
