//! Finds, reads and merges kubeconfig files as kubectl does. Chooses nothing in them: that is [`super::choose`]'s.
//!
//! Source of the rules: client-go `tools/clientcmd/loader.go` (`ClientConfigLoadingRules.Load`, `LoadFromFile`,
//! `ResolveLocalPaths`). The parser's own errors are never shown: they quote the file, and the file holds secrets.

use std::io::ErrorKind;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use kube::config::{Kubeconfig, KubeconfigError};

use crate::env::Env;
use crate::error::Error;

/// What was read, and where it was looked for.
#[derive(Default)]
pub(super) struct Loaded {
    /// All files merged, relative paths resolved.
    pub(super) config: Kubeconfig,
    /// The files that should have been read, for the words of an error.
    pub(super) looked_in: Vec<PathBuf>,
    /// Whether at least one of them was there.
    pub(super) any_read: bool,
}

/// Reads `explicit` alone (it must exist), or the files of `KUBECONFIG` (missing ones are skipped), or `~/.kube/config`.
pub(super) fn load(env: &Env, explicit: Option<&Path>) -> Result<Loaded, Error> {
    let looked_in = match explicit {
        Some(file) => vec![env.cwd.join(file)],
        None => candidates(env),
    };
    let mut loaded = Loaded::default();
    for file in &looked_in {
        match std::fs::read(file) {
            Ok(bytes) => {
                let mut one = parse(&bytes, file)?;
                resolve_paths(&mut one, file);
                merge(&mut loaded.config, one);
                loaded.any_read = true;
            }
            Err(error) if error.kind() == ErrorKind::NotFound && explicit.is_none() => {}
            Err(error) => {
                return Err(Error::failure(format!(
                    "cannot read the kubeconfig {}: {error}",
                    file.display()
                )));
            }
        }
    }
    loaded.looked_in = looked_in;
    Ok(loaded)
}

/// The files of `KUBECONFIG`, each once, or the one in the home directory. An empty variable counts as unset.
fn candidates(env: &Env) -> Vec<PathBuf> {
    if let Some(list) = env.var("KUBECONFIG") {
        let mut files = Vec::new();
        for file in std::env::split_paths(list).filter(|file| !file.as_os_str().is_empty()) {
            let file = env.cwd.join(file);
            if !files.contains(&file) {
                files.push(file);
            }
        }
        return files;
    }
    env.home()
        .map(|home| home.join(".kube").join("config"))
        .into_iter()
        .collect()
}

fn parse(bytes: &[u8], file: &Path) -> Result<Kubeconfig, Error> {
    let refuse = |reason: String| {
        Error::failure(format!(
            "cannot read the kubeconfig {}: {reason}",
            file.display()
        ))
    };
    let text = decode(bytes).ok_or_else(|| refuse("it is not text".into()))?;
    let config = Kubeconfig::from_yaml(&text).map_err(|error| refuse(parse_fault(&error)))?;
    let names = [
        ("cluster", names(&config.clusters, |named| &named.name)),
        ("user", names(&config.auth_infos, |named| &named.name)),
        ("context", names(&config.contexts, |named| &named.name)),
    ];
    for (what, mut names) in names {
        names.sort_unstable();
        if let Some([twice, _]) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(refuse(format!("it has two {what}s named {twice:?}")));
        }
    }
    Ok(config)
}

fn names<T>(list: &[T], name: impl Fn(&T) -> &String) -> Vec<String> {
    list.iter().map(|item| name(item).clone()).collect()
}

/// Where the text is wrong, and nothing of the text.
fn parse_fault(error: &KubeconfigError) -> String {
    if let KubeconfigError::Parse(error) = error
        && let Some(at) = error.location()
    {
        return format!(
            "it is no valid kubeconfig (line {}, column {})",
            at.line(),
            at.column()
        );
    }
    "it is no valid kubeconfig".into()
}

/// The text of a file in UTF-8, or in UTF-16 with a byte order mark as PowerShell's redirection writes it.
fn decode(bytes: &[u8]) -> Option<String> {
    let utf16 = |rest: &[u8], unit: fn([u8; 2]) -> u16| {
        let (pairs, []) = rest.as_chunks::<2>() else {
            return None;
        };
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).ok()
    };
    match bytes {
        [0xff, 0xfe, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    }
}

/// Relative paths inside a file are relative to that file. A plugin's command is one only when it holds a separator.
fn resolve_paths(config: &mut Kubeconfig, file: &Path) {
    let Some(folder) = file.parent() else {
        return;
    };
    let resolve = |path: &mut Option<String>| {
        if let Some(text) = path.as_mut()
            && !text.is_empty()
            && let Some(absolute) = folder.join(&text).to_str()
        {
            absolute.clone_into(text);
        }
    };
    for cluster in config
        .clusters
        .iter_mut()
        .filter_map(|named| named.cluster.as_mut())
    {
        resolve(&mut cluster.certificate_authority);
    }
    for user in config
        .auth_infos
        .iter_mut()
        .filter_map(|named| named.auth_info.as_mut())
    {
        resolve(&mut user.client_certificate);
        resolve(&mut user.client_key);
        resolve(&mut user.token_file);
        if let Some(exec) = user.exec.as_mut()
            && exec
                .command
                .as_ref()
                .is_some_and(|command| command.contains(MAIN_SEPARATOR))
        {
            resolve(&mut exec.command);
        }
    }
}

/// The first file that sets the current context wins; of clusters, users and contexts of one name the first wins whole.
fn merge(into: &mut Kubeconfig, next: Kubeconfig) {
    if into.current_context.as_deref().is_none_or(str::is_empty) {
        into.current_context = next.current_context;
    }
    append(&mut into.clusters, next.clusters, |named| &named.name);
    append(&mut into.auth_infos, next.auth_infos, |named| &named.name);
    append(&mut into.contexts, next.contexts, |named| &named.name);
}

fn append<T>(into: &mut Vec<T>, next: Vec<T>, name: impl Fn(&T) -> &String) {
    for item in next {
        if !into.iter().any(|known| name(known) == name(&item)) {
            into.push(item);
        }
    }
}
