//! Whose an object is: made by this tool, managed by the platform, or somebody else's. The one place that judges it, from
//! the names, labels and annotations alone; what follows from it is decided in `plan`.

/// Label of everything that this tool makes.
pub const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
/// Its value.
pub const MANAGER: &str = "kubectl-extreg";
/// Annotation of everything that this tool makes: the registry it is for, `host[:port][/path]`.
pub const REGISTRY: &str = "extreg.dev/registry";

/// Annotations that OpenShift's image pull secret controller puts on the secrets it makes and rotates
/// (openshift-controller-manager `pkg/internalregistry/controllers/annotations.go`), and those of the service account
/// tokens that came before (`pkg/serviceaccounts/controllers`, Kubernetes `core/v1` `ServiceAccountNameKey`).
const PLATFORM: [&str; 4] = [
    "openshift.io/internal-registry-auth-token.service-account",
    "openshift.io/internal-registry-auth-token.binding",
    "openshift.io/token-secret.name",
    "kubernetes.io/service-account.name",
];

/// Whose an object is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Ours, for the registry that it names.
    Ours { registry: String },
    /// Made and rotated by the platform: never to be linked, edited or deleted.
    Platform,
    /// Somebody else's.
    Foreign,
}

/// What an object shows of itself.
#[derive(Clone, Copy)]
pub struct Marks<'a> {
    pub name: &'a str,
    /// The type of a secret; empty for all else.
    pub type_name: &'a str,
    /// The value of a label.
    pub label: &'a dyn Fn(&str) -> Option<&'a str>,
    /// The value of an annotation.
    pub annotation: &'a dyn Fn(&str) -> Option<&'a str>,
}

/// Whose the object with these marks is.
pub fn owner(marks: Marks<'_>) -> Owner {
    let annotated = PLATFORM.iter().any(|key| (marks.annotation)(key).is_some());
    // Before 4.16 the pull secrets of accounts are known by type and name only.
    let named = marks.type_name == "kubernetes.io/dockercfg" && marks.name.contains("-dockercfg-");
    if annotated || named {
        return Owner::Platform;
    }
    match ((marks.label)(MANAGED_BY), (marks.annotation)(REGISTRY)) {
        (Some(MANAGER), Some(registry)) => Owner::Ours {
            registry: registry.to_owned(),
        },
        _ => Owner::Foreign,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(type_name: &str, name: &str, marks: &[(&str, &str)]) -> Owner {
        let find = |key: &str| {
            let mut found = marks.iter().filter(|(known, _)| *known == key);
            found.next().map(|(_, value)| *value)
        };
        owner(Marks {
            name,
            type_name,
            label: &find,
            annotation: &find,
        })
    }

    const OURS: [(&str, &str); 2] = [(MANAGED_BY, MANAGER), (REGISTRY, "quay.io")];

    #[test]
    fn the_platforms_are_known_by_annotation_or_by_type_and_name() {
        for key in PLATFORM {
            assert_eq!(of("Opaque", "renamed", &[(key, "x")]), Owner::Platform);
        }
        let legacy = "builder-dockercfg-x7k2p";
        assert_eq!(of("kubernetes.io/dockercfg", legacy, &[]), Owner::Platform);
        assert_eq!(of("kubernetes.io/dockercfg", "mine", &[]), Owner::Foreign);
        assert_eq!(of("Opaque", "team-dockercfg-notes", &[]), Owner::Foreign);
    }

    #[test]
    fn ours_has_the_label_and_names_its_registry() {
        let ours = Owner::Ours {
            registry: "quay.io".to_owned(),
        };
        assert_eq!(of("", "extreg-quay.io", &OURS), ours);
        assert_eq!(of("", "extreg-quay.io", &OURS[..1]), Owner::Foreign);
        assert_eq!(of("", "extreg-quay.io", &OURS[1..]), Owner::Foreign);
        let other = [(MANAGED_BY, "helm"), OURS[1]];
        assert_eq!(of("", "extreg-quay.io", &other), Owner::Foreign);
    }

    /// The platform may take over what once was ours; it rotates it then.
    #[test]
    fn the_platform_comes_first() {
        let both = [OURS[0], OURS[1], (PLATFORM[0], "default")];
        assert_eq!(of("", "extreg-quay.io", &both), Owner::Platform);
    }
}
