//! A home of its own for a command under test.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

/// A temporary folder with a home, and the XDG folders in it. Several commands may share one; it goes when dropped.
pub struct Sandbox {
    folder: TempDir,
}

impl Default for Sandbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Sandbox {
    /// A fresh one.
    pub fn new() -> Self {
        let sandbox = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        for (_, folder) in sandbox.variables() {
            std::fs::create_dir_all(folder).expect("a folder in it");
        }
        sandbox
    }

    /// The home.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder that everything is in; commands run there.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file, its folders with it, and returns its path. Relative paths begin in [`Sandbox::path`].
    pub fn write(&self, path: impl AsRef<Path>, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder for the file");
        }
        std::fs::write(&path, content).expect("a file that can be written");
        path
    }

    /// Writes an auth file (`auth.json`, `config.json`) with these entries: key, user name, password. Nothing reads it
    /// unless it is told its path.
    pub fn auth_file(&self, entries: &[(&str, &str, &str)]) -> PathBuf {
        let auths: serde_json::Map<String, serde_json::Value> = entries
            .iter()
            .map(|(key, user, password)| {
                let auth = STANDARD.encode(format!("{user}:{password}"));
                ((*key).to_owned(), serde_json::json!({"auth": auth}))
            })
            .collect();
        let content = serde_json::json!({"auths": auths}).to_string();
        self.write("auth.json", content)
    }

    /// The environment's variables that lead here.
    pub(super) fn variables(&self) -> [(&'static str, PathBuf); 6] {
        let home = self.home();
        [
            ("XDG_CONFIG_HOME", home.join(".config")),
            ("XDG_STATE_HOME", home.join(".local/state")),
            ("XDG_CACHE_HOME", home.join(".cache")),
            ("XDG_DATA_HOME", home.join(".local/share")),
            ("XDG_RUNTIME_DIR", self.folder.path().join("run")),
            ("HOME", home),
        ]
    }
}
