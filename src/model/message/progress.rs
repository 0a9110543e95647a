//! What lines of progress tell of the failure at their end, which names neither what was being done nor to what:
//! `The push refers to repository [x]`, `latest: Pulling from library/x`, `docker.io/x/y:1: resolving`.
//!
//! Knows the lines of docker's and containerd's clients; others repeat both in the failure itself.

use super::lines::Piece;
use super::symptom::{Operation, Runtime};
use super::{Message, read};

const PUSHES: [&str; 8] = [
    "write_package",
    "> pushing ",
    "the push refers to",
    "pushing repository",
    ": preparing",
    ": pushing [",
    "layer already exists",
    "docker push ",
];

/// The commands that pull and push, as they are typed or repeated by a pipeline.
const COMMANDS: [&str; 7] = [
    "docker", "podman", "nerdctl", "crictl", "ctr", "buildah", "skopeo",
];

/// containerd's clients, while they look a name up.
const RESOLVES: [&str; 2] = [": resolving ", ": resolved "];

const PULLS: [&str; 6] = [
    "pulling fs layer",
    ": pulling from ",
    "pull complete",
    "using default tag:",
    "unable to find image '",
    "docker pull ",
];

/// Completes the failure by the lines around it.
pub(super) fn complete(message: &mut Message, pieces: &[Piece]) {
    let lower: Vec<String> = pieces
        .iter()
        .map(|piece| piece.text.to_ascii_lowercase())
        .collect();
    let has = |words: &[&str]| {
        lower
            .iter()
            .any(|line| words.iter().any(|word| line.contains(word)))
    };
    let (pushes, pulls) = (has(&PUSHES), has(&PULLS));
    if message.runtime == Runtime::Other {
        if pushes || pulls {
            message.runtime = Runtime::Docker;
        } else if has(&RESOLVES) {
            message.runtime = Runtime::Containerd;
        }
    }
    if pushes && !pulls && message.operation != Some(Operation::Import) {
        message.operation = Some(Operation::Push);
    } else if pulls && message.operation.is_none() {
        message.operation = Some(Operation::Pull);
    }
    if message.image.is_none() {
        message.image = pieces
            .iter()
            .find_map(|piece| pulled(&piece.text).or_else(|| commanded(&piece.text)));
    }
    let logs_in = |line: &String| {
        line.contains("login succeeded")
            || line.contains(" login ") && line.contains("--password-stdin")
    };
    message.logged_in = if has(&["docker logout", "podman logout"]) {
        Some(false)
    } else {
        lower.iter().any(logs_in).then_some(true)
    };
}

/// `docker --config x pull registry/app`: what a command was given. Names of one part are left out: `docker pull failed`.
fn commanded(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    words.find(|word| {
        let name = word.rsplit(['/', '.']).next().unwrap_or(word);
        COMMANDS.contains(&name)
    })?;
    words.find(|word| ["pull", "push"].contains(word))?;
    let name = words.take(6).find(|word| {
        word.contains('/')
            && !word.starts_with(['-', '/'])
            // The value of `--platform`.
            && !word.starts_with("linux/")
            && !word.starts_with("windows/")
    })?;
    read::image_of(&format!("Pulling image \"{name}\""))
}

/// `latest: Pulling from library/x`: the path alone, so that only Docker Hub's own images are sure of their registry.
fn pulled(line: &str) -> Option<String> {
    let resolved = RESOLVES
        .iter()
        .find_map(|words| line.split_once(words))
        .filter(|(name, _)| name.contains('/') && !name.contains([' ', '"']));
    if let Some((name, _)) = resolved {
        return read::image_of(&format!("Pulling image \"{name}\""));
    }
    let (_, path) = line.split_once(": Pulling from ")?;
    let name = path.trim().strip_prefix("library/")?;
    read::image_of(&format!("Pulling image \"library/{name}\""))
}
