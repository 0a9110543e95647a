//! The directory of journal files: made private, written by renaming, read back.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::record::{Header, Record, Undone, VERSION};
use super::run::OpenRun;
use crate::apply::backoff::random;
use crate::apply::pass::Pass;
use crate::env::Env;
use crate::error::Error;
use crate::plan::Plan;

/// Where journal files are kept.
#[derive(Debug, Clone)]
pub struct Journal {
    directory: Option<PathBuf>,
}

/// Why the journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("there is no place for the journal: neither XDG_STATE_HOME nor HOME is set")]
    NoHome,
    #[error("cannot write the journal in {directory}: {reason}")]
    Unwritable { directory: PathBuf, reason: String },
    #[error("cannot read the journal in {directory}: {reason}")]
    Unreadable { directory: PathBuf, reason: String },
    #[error("the journal has no entry {0:?}")]
    NoSuchEntry(String),
    #[error("the journal has several entries that begin with {0:?}")]
    Ambiguous(String),
    #[error("the journal entry {path} cannot be read: {reason}")]
    Malformed { path: PathBuf, reason: String },
    #[error("the journal entry {id} was written by a newer version of this tool")]
    Newer { id: String },
}

impl From<JournalError> for Error {
    fn from(error: JournalError) -> Self {
        let failure = Self::failure(error.to_string());
        match error {
            JournalError::NoHome | JournalError::Unwritable { .. } => failure.hint(
                "nothing is written without a journal to take it back from; set XDG_STATE_HOME to a directory that you may write",
            ),
            _ => failure,
        }
    }
}

impl Journal {
    /// The journal of this user: `$XDG_STATE_HOME/extreg`, else `~/.local/state/extreg` (XDG Base Directory
    /// Specification, which wants the variable ignored when it is not absolute).
    pub fn of(env: &Env) -> Self {
        let state = env
            .var("XDG_STATE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .or_else(|| Some(env.home()?.join(".local").join("state")));
        Self {
            directory: state.map(|state| state.join("extreg")),
        }
    }

    fn directory(&self) -> Result<&Path, JournalError> {
        self.directory.as_deref().ok_or(JournalError::NoHome)
    }

    /// Writes down what is going to be written. Nothing may be written to the cluster when this fails.
    pub(in crate::apply) fn begin(
        &self,
        header: Header,
        plan: &Plan,
        tried: &Pass,
    ) -> Result<OpenRun, JournalError> {
        let directory = self.directory()?;
        private_directory(directory).map_err(|error| unwritable(directory, &error))?;
        let now = Timestamp::now();
        let record = Record {
            version: VERSION,
            id: new_id(now),
            verb: header.verb.to_owned(),
            started_at: now,
            context: header.context,
            server: header.server,
            undoes: header.undoes,
            undone: None,
            finished: false,
            changes: Vec::new(),
        };
        let run = OpenRun::new(self.clone(), record, plan, tried);
        run.save()?;
        Ok(run)
    }

    /// Writes a record over its file, or makes it: a private file that is renamed into place, so that a reader, or a
    /// full disk, never leaves half of one.
    pub(super) fn save(&self, record: &Record) -> Result<(), JournalError> {
        let directory = self.directory()?;
        let path = directory.join(format!("{}.json", record.id));
        let draft = directory.join(format!(".{}-{:08x}.tmp", record.id, random()));
        let written = write_private(&draft, record).and_then(|()| fs::rename(&draft, &path));
        written.map_err(|error| {
            // A draft that cannot be removed is ignored by every reader.
            drop(fs::remove_file(&draft));
            unwritable(directory, &error)
        })
    }

    /// Forgets a run that wrote nothing.
    pub(super) fn forget(&self, id: &str) -> Result<(), JournalError> {
        let directory = self.directory()?;
        fs::remove_file(directory.join(format!("{id}.json")))
            .map_err(|error| unwritable(directory, &error))
    }

    /// All runs, oldest first, and the files that could not be read.
    pub fn list(&self) -> Result<(Vec<Record>, Vec<JournalError>), JournalError> {
        let (mut records, mut bad) = (Vec::new(), Vec::new());
        for path in self.files()? {
            match read(&path) {
                Ok(record) => records.push(record),
                Err(error) => bad.push(error),
            }
        }
        Ok((records, bad))
    }

    /// The run with this id, or with the only id that begins so.
    pub fn find(&self, id: &str) -> Result<Record, JournalError> {
        let stem = |path: &PathBuf| {
            path.file_stem()
                .and_then(|stem| stem.to_str())
                .unwrap_or_default()
                .to_owned()
        };
        let files = self.files()?;
        if let Some(path) = files.iter().find(|path| stem(path) == id) {
            return read(path);
        }
        let begins: Vec<&PathBuf> = files
            .iter()
            .filter(|path| !id.is_empty() && stem(path).starts_with(id))
            .collect();
        match begins.as_slice() {
            [] => Err(JournalError::NoSuchEntry(id.to_owned())),
            [path] => read(path),
            _ => Err(JournalError::Ambiguous(id.to_owned())),
        }
    }

    /// Notes that a run was taken back.
    pub fn mark_undone(&self, id: &str, by: Option<&str>) -> Result<(), JournalError> {
        let mut record = self.find(id)?;
        record.undone = Some(Undone {
            at: Timestamp::now(),
            by: by.map(str::to_owned),
        });
        self.save(&record)
    }

    /// The files of runs, oldest first. No directory is an empty journal.
    fn files(&self) -> Result<Vec<PathBuf>, JournalError> {
        let directory = self.directory()?;
        let unreadable = |error: io::Error| JournalError::Unreadable {
            directory: directory.to_owned(),
            reason: error.to_string(),
        };
        let entries = match fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error)),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            if name.is_some_and(|name| {
                !name.starts_with('.') && path.extension().is_some_and(|it| it == "json")
            }) {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

fn read(path: &Path) -> Result<Record, JournalError> {
    let malformed = |reason: String| JournalError::Malformed {
        path: path.to_owned(),
        reason,
    };
    let text = fs::read(path).map_err(|error| malformed(error.to_string()))?;
    let value: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
    if value["version"].as_u64().unwrap_or_default() > u64::from(VERSION) {
        return Err(JournalError::Newer {
            id: value["id"].as_str().unwrap_or_default().to_owned(),
        });
    }
    serde_json::from_value(value).map_err(|error| malformed(error.to_string()))
}

fn unwritable(directory: &Path, error: &io::Error) -> JournalError {
    JournalError::Unwritable {
        directory: directory.to_owned(),
        reason: error.to_string(),
    }
}

/// `20261122T110231123Z-9f3c01aa`: sorts by time; the rest keeps runs of one millisecond apart.
fn new_id(now: Timestamp) -> String {
    let time = now.strftime("%Y%m%dT%H%M%S").to_string();
    let millis = now.subsec_millisecond();
    format!("{time}{millis:03}Z-{:08x}", random())
}

fn write_private(path: &Path, record: &Record) -> io::Result<()> {
    let mut text = serde_json::to_vec_pretty(record)?;
    text.push(b'\n');
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    file.write_all(&text)?;
    file.sync_all()
}

/// Makes the directory for the user alone; one that is there and open to others is closed to them.
fn private_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        builder.mode(0o700);
        builder.create(path)?;
        let mode = fs::metadata(path)?.permissions().mode();
        if mode & 0o077 != 0 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    builder.create(path)
}
