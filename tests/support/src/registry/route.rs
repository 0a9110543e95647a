//! Which part of the distribution API a path names.
//!
//! The grammar of names, tags and digests is distribution's (`reference/regexp.go`, `registry/api/v2/descriptors.go`):
//! what does not fit is no route at all, and is answered with a plain 404 before anybody asks for credentials.

/// A route of the API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// `/v2/`
    Ping,
    /// `/v2/_catalog`
    Catalog,
    /// `/v2/NAME/tags/list`
    Tags { repository: String },
    /// `/v2/NAME/manifests/REFERENCE`
    Manifest {
        repository: String,
        reference: String,
    },
    /// `/v2/NAME/blobs/DIGEST`
    Blob { repository: String, digest: String },
    /// `/v2/NAME/referrers/DIGEST`
    Referrers { repository: String, digest: String },
    /// `/v2/NAME/blobs/uploads/`
    Uploads { repository: String },
    /// `/v2/NAME/blobs/uploads/ID`
    Upload { repository: String, id: String },
    /// Nothing of the API.
    Unknown,
}

impl Route {
    pub(crate) fn of(path: &str) -> Self {
        let Some(rest) = path.strip_prefix("/v2/") else {
            return Self::Unknown;
        };
        match rest {
            "" => return Self::Ping,
            "_catalog" => return Self::Catalog,
            _ => {}
        }
        Self::in_repository(rest).unwrap_or(Self::Unknown)
    }

    /// The last matching suffix wins, because a name may contain `manifests` or `blobs` as an element.
    fn in_repository(rest: &str) -> Option<Self> {
        if let Some(name) = rest.strip_suffix("/tags/list") {
            let repository = valid_name(name)?;
            return Some(Self::Tags { repository });
        }
        let (head, last) = rest.rsplit_once('/')?;
        if let Some(name) = head.strip_suffix("/blobs/uploads") {
            let repository = valid_name(name)?;
            let id = last.to_owned();
            return Some(if id.is_empty() {
                Self::Uploads { repository }
            } else {
                Self::Upload { repository, id }
            });
        }
        if let Some(name) = head.strip_suffix("/manifests") {
            let repository = valid_name(name)?;
            let reference = last.to_owned();
            return is_reference(last).then_some(Self::Manifest {
                repository,
                reference,
            });
        }
        if let Some(name) = head.strip_suffix("/referrers") {
            let repository = valid_name(name)?;
            let digest = last.to_owned();
            return is_digest(last).then_some(Self::Referrers { repository, digest });
        }
        if let Some(name) = head.strip_suffix("/blobs") {
            let repository = valid_name(name)?;
            let digest = last.to_owned();
            return last
                .contains(':')
                .then_some(Self::Blob { repository, digest });
        }
        None
    }

    /// The repository that the route is about.
    pub(crate) fn repository(&self) -> Option<&str> {
        match self {
            Self::Tags { repository }
            | Self::Manifest { repository, .. }
            | Self::Blob { repository, .. }
            | Self::Referrers { repository, .. }
            | Self::Uploads { repository }
            | Self::Upload { repository, .. } => Some(repository),
            Self::Ping | Self::Catalog | Self::Unknown => None,
        }
    }
}

/// A name; the first of several elements may also be a domain, and so have upper case and a port.
fn valid_name(name: &str) -> Option<String> {
    let path = match name.split_once('/') {
        Some((domain, rest)) if is_domain(domain) => rest,
        _ => name,
    };
    (name.len() <= 255 && path.split('/').all(is_name_element)).then(|| name.to_owned())
}

/// Labels of letters, digits and inner dashes with dots between them, and perhaps a port.
fn is_domain(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let is_label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.ends_with(|c: char| c.is_ascii_alphanumeric())
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    host.split('.').all(is_label) && !port.is_empty() && port.chars().all(|c| c.is_ascii_digit())
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_name_element(element: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    element.starts_with(alphanumeric)
        && element.ends_with(alphanumeric)
        && element
            .split(alphanumeric)
            .all(|separator| matches!(separator, "" | "." | "_" | "__") || is_dashes(separator))
}

fn is_dashes(text: &str) -> bool {
    text.chars().all(|c| c == '-')
}

/// A tag, or anything with a colon: a digest that is none is answered by the handler, not by the router.
fn is_reference(reference: &str) -> bool {
    reference.contains(':') || is_tag(reference)
}

/// `\w[\w.-]{0,127}`
fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

/// `sha256:` and 64 hexadecimal digits, or another algorithm with at least 32.
pub(crate) fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        let length_fits = match algorithm {
            "sha256" => hex.len() == 64,
            _ => hex.len() >= 32,
        };
        length_fits && hex.chars().all(|c| c.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_grammar() {
        for good in [
            "a",
            "a/b",
            "a.b_c__d-e---f/0",
            "manifests/blobs",
            "Host:5000/a",
        ] {
            assert!(valid_name(good).is_some(), "{good}");
        }
        for bad in [
            "", "A", "a/B", "a//b", "a/", ".a", "a..b", "a___b", "a_-b", "a b",
        ] {
            assert!(valid_name(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn routes_are_told_apart() {
        let repository = "team/app".to_owned();
        assert_eq!(Route::of("/v2/"), Route::Ping);
        assert_eq!(Route::of("/v1/"), Route::Unknown);
        assert_eq!(
            Route::of("/v2/team/app/tags/list"),
            Route::Tags {
                repository: repository.clone()
            }
        );
        assert_eq!(
            Route::of("/v2/team/app/manifests/1.0"),
            Route::Manifest {
                repository: repository.clone(),
                reference: "1.0".to_owned()
            }
        );
        assert_eq!(
            Route::of("/v2/team/app/blobs/uploads/"),
            Route::Uploads { repository }
        );
        assert_eq!(Route::of("/v2/team/App/tags/list"), Route::Unknown);
        assert_eq!(Route::of("/v2/app/manifests/.x"), Route::Unknown);
    }
}
