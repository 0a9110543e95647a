//! `pkg/docker/config/config.go` of containers/image: the choice of an entry in one auth file.

/// `findCredentialsInFile` without credential helpers: the index of the key whose entry is decoded.
pub(crate) fn find_credentials_in_file(
    key: &str,
    auth_configs: &[String],
    legacy_format: bool,
) -> Option<usize> {
    let registry = match key.find('/') {
        Some(first_slash) => &key[..first_slash],
        None => key,
    };
    for key in auth_key_lookup_order(key, registry, legacy_format) {
        for (i, k) in auth_configs.iter().enumerate() {
            if *k == key {
                return Some(i);
            }
        }
    }
    let registry = normalize_registry(registry);
    for (i, k) in auth_configs.iter().enumerate() {
        if normalize_auth_file_key(k, legacy_format) == registry {
            return Some(i);
        }
    }
    None
}

fn auth_key_lookup_order(key: &str, registry: &str, legacy_format: bool) -> Vec<String> {
    if legacy_format {
        return vec![registry.to_owned()];
    }
    let mut order = Vec::new();
    let mut key = key.to_owned();
    loop {
        order.push(key.clone());
        let Some(last_slash) = key.rfind('/') else {
            break;
        };
        key = key[..last_slash].to_owned();
    }
    order
}

fn normalize_auth_file_key(key: &str, legacy_format: bool) -> String {
    let mut stripped = key.to_owned();
    if stripped.starts_with("http://") {
        stripped = stripped["http://".len()..].to_owned();
    }
    if stripped.starts_with("https://") {
        stripped = stripped["https://".len()..].to_owned();
    }
    if (legacy_format || stripped != key)
        && let Some(slash) = stripped.find('/')
    {
        stripped = stripped[..slash].to_owned();
    }
    normalize_registry(&stripped)
}

fn normalize_registry(registry: &str) -> String {
    if registry == "registry-1.docker.io" || registry == "docker.io" {
        return "index.docker.io".to_owned();
    }
    registry.to_owned()
}
