//! The name of the secret of a registry: stable, readable, and one that the API server accepts.

use sha2::{Digest as _, Sha256};

/// Longest name that is derived; the API server takes 253.
const LONGEST: usize = 200;

/// The name for `registry[:port][/path]`: `extreg-` and the registry, with everything that a DNS-1123 subdomain does not
/// take (Kubernetes `apimachinery/pkg/util/validation` `IsDNS1123Subdomain`) turned into dashes.
///
/// Two registries may come out alike (`a-b` and `a/b`); the annotation on the secret tells them apart, and the second one
/// is refused rather than written over the first.
pub fn secret_name(registry: &str) -> String {
    let dashed: String = registry
        .to_ascii_lowercase()
        .chars()
        .map(|character| match character {
            'a'..='z' | '0'..='9' | '.' => character,
            _ => '-',
        })
        .collect();
    let labels: Vec<String> = dashed
        .split('.')
        .map(|label| {
            label
                .split('-')
                .filter(|part| !part.is_empty())
                .collect::<Vec<_>>()
                .join("-")
        })
        .filter(|label| !label.is_empty())
        .collect();
    let mut name = format!("extreg-{}", labels.join("."));
    if name.len() > LONGEST {
        let digest = Sha256::digest(registry.as_bytes());
        let suffix = digest
            .iter()
            .take(4)
            .fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let suffix = format!("{suffix:08x}");
        name.truncate(LONGEST - suffix.len() - 1);
        name = format!("{}-{suffix}", name.trim_end_matches(['-', '.']));
    }
    name
}

/// Whether the API server takes `name` as the name of a secret.
pub fn is_object_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 253
        && name.split('.').all(|label| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .bytes()
                    .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_readable() {
        for (registry, name) in [
            ("quay.io", "extreg-quay.io"),
            ("docker.io", "extreg-docker.io"),
            (
                "registry.example.com:5000",
                "extreg-registry.example.com-5000",
            ),
            ("quay.io/team/sub_x", "extreg-quay.io-team-sub-x"),
            ("[::1]:5000", "extreg-1-5000"),
            ("host./-x", "extreg-host.x"),
        ] {
            assert_eq!(secret_name(registry), name);
        }
    }

    #[test]
    fn a_long_one_is_cut_and_stays_its_own() {
        let one = secret_name(&format!("quay.io/{}/a", "x".repeat(300)));
        let two = secret_name(&format!("quay.io/{}/b", "x".repeat(300)));
        assert!(is_object_name(&one) && one.len() <= 200, "{one}");
        assert_ne!(one, two);
    }

    #[test]
    fn object_names_are_judged_as_the_server_does() {
        for bad in ["", "A", "-a", "a-", "a..b", "a_b", &"a".repeat(254)] {
            assert!(!is_object_name(bad), "{bad}");
        }
        assert!(is_object_name("a.b-c.1"));
    }

    proptest! {
        #[test]
        fn every_registry_has_a_name_that_the_server_takes(registry in "[a-zA-Z0-9:/._\\-]{1,260}") {
            prop_assume!(registry.bytes().any(|byte| byte.is_ascii_alphanumeric()));
            prop_assert!(is_object_name(&secret_name(&registry)), "{}", secret_name(&registry));
        }
    }
}
