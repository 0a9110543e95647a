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
        message.image = pieces.iter().find_map(|piece| pulled(&piece.text));
    }
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
