//! References as the machines read them: `distribution/reference`'s normalisation, in short.

/// A reference with everything that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) registry: String,
    pub(crate) repository: String,
    /// A tag or a digest.
    pub(crate) selector: String,
}

impl Name {
    /// Reads a reference, or says what `distribution/reference` says against it.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        let (rest, tag) = match rest.rsplit_once(':') {
            Some((rest, tag)) if !tag.contains('/') => (rest, Some(tag)),
            _ => (rest, None),
        };
        let (registry, repository) = match rest.split_once('/') {
            Some((host, path)) if host.contains(['.', ':']) || host == "localhost" => {
                (host.to_owned(), path.to_owned())
            }
            Some(_) => ("docker.io".to_owned(), rest.to_owned()),
            None => ("docker.io".to_owned(), format!("library/{rest}")),
        };
        if repository.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err("invalid reference format: repository name must be lowercase");
        }
        let good = |part: &str| {
            !part.is_empty()
                && part.bytes().all(|byte| {
                    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte)
                })
        };
        if registry.contains("//") || !repository.split('/').all(good) {
            return Err("invalid reference format");
        }
        Ok(Self {
            registry,
            repository,
            selector: digest.or(tag).unwrap_or("latest").to_owned(),
        })
    }

    pub(crate) fn is_digest(&self) -> bool {
        self.selector.contains(':')
    }

    /// `registry/repository`.
    pub(crate) fn bare(&self) -> String {
        format!("{}/{}", self.registry, self.repository)
    }

    /// The whole of it.
    pub(crate) fn full(&self) -> String {
        let mark = if self.is_digest() { '@' } else { ':' };
        format!("{}{mark}{}", self.bare(), self.selector)
    }

    /// The same repository by digest.
    pub(crate) fn by_digest(&self, digest: &str) -> String {
        format!("{}@{digest}", self.bare())
    }

    /// The same image in another place.
    pub(crate) fn moved(&self, bare: &str) -> Option<Self> {
        let (registry, repository) = bare.split_once('/')?;
        Some(Self {
            registry: registry.to_owned(),
            repository: repository.to_owned(),
            selector: self.selector.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn what_is_left_out_is_filled_in() {
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("team/app:1", "docker.io/team/app:1"),
            ("localhost/app", "localhost/app:latest"),
            ("r.example.com:5000/a/b:1", "r.example.com:5000/a/b:1"),
            ("r.example.com/a:1@sha256:00", "r.example.com/a@sha256:00"),
        ] {
            assert_eq!(
                Name::parse(text).map(|name| name.full()),
                Ok(full.to_owned())
            );
        }
        for bad in [
            "r.example.com/Team/app",
            "https://r.example.com/a",
            "r.example.com/a b",
        ] {
            assert!(Name::parse(bad).is_err(), "{bad}");
        }
    }
}
