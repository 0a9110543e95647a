//! `completion install` and `uninstall`: the names that kubectl and oc look for, in a folder on PATH. krew makes one link
//! alone, so this is done by the user, once; what is put there goes through the program's own name, so that it outlives
//! every upgrade.
//!
//! Overwrites and removes nothing but its own: a script is known by its second line, a link by where it leads.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Run;
use crate::env::Env;
use crate::error::Error;

/// What kubectl and oc run.
const SCRIPT: &str = include_str!("../../../completions/kubectl_complete-extreg");
/// The second line of the script, in every version of it.
const MARK: &str = "# kubectl-extreg: ";

/// One of the names.
struct Piece {
    path: PathBuf,
    content: Content,
}

enum Content {
    Script,
    /// A link, and where it leads.
    Link(PathBuf),
}

/// What stands where a piece goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum There {
    Nothing,
    /// Just what would be put there.
    Same,
    /// Put there by this tool, by another version or from another folder.
    Ours,
    Foreign,
}

/// Puts the pieces into the folder, all or none.
pub(super) fn install(run: &mut Run, dir: Option<&Path>) -> Result<(), Error> {
    let (folder, pieces) = pieces(&run.env, dir)?;
    if !folder.is_dir() {
        return Err(
            Error::failure(format!("there is no folder {}", folder.display()))
                .hint("name one that is on PATH with --dir"),
        );
    }
    let there: Vec<There> = pieces.iter().map(Piece::there).collect();
    if let Some((piece, _)) = pieces
        .iter()
        .zip(&there)
        .find(|(_, there)| **there == There::Foreign)
    {
        return Err(Error::failure(format!(
            "{} is there already, and was not put there by this tool: nothing was installed",
            piece.path.display()
        ))
        .hint("move it away, or choose another folder on PATH with --dir"));
    }
    for (piece, there) in pieces.iter().zip(there) {
        let what = match there {
            There::Same => "unchanged",
            There::Nothing => "created",
            There::Ours | There::Foreign => "updated",
        };
        if there != There::Same {
            piece.write().map_err(|error| {
                let failure =
                    Error::failure(format!("cannot write {}: {error}", piece.path.display())).hint(
                        "choose a folder that you may write to, and that is on PATH, with --dir",
                    );
                if cfg!(windows) {
                    failure.hint(
                        "Windows lets administrators make links, and in developer mode everybody",
                    )
                } else {
                    failure
                }
            })?;
        }
        run.ui.line(format!("{} {what}", piece.path.display()))?;
    }
    if !is_on_path(&run.env, &folder) {
        run.ui.warning(format!(
            "{} is not on PATH: oc and kubectl look nowhere else",
            folder.display()
        ));
    }
    run.ui.hint(
        "oc's and kubectl's own completion has to be on in the shell: `oc completion --help`, `kubectl completion --help`",
    );
    Ok(())
}

/// Takes away what [`install`] put there.
pub(super) fn uninstall(run: &mut Run, dir: Option<&Path>) -> Result<(), Error> {
    let (_, pieces) = pieces(&run.env, dir)?;
    let mut removed = 0;
    for piece in &pieces {
        match piece.there() {
            There::Nothing => {}
            There::Foreign => run.ui.warning(format!(
                "{} was not put there by this tool, and stays",
                piece.path.display()
            )),
            There::Same | There::Ours => {
                fs::remove_file(&piece.path).map_err(|error| {
                    Error::failure(format!("cannot remove {}: {error}", piece.path.display()))
                })?;
                removed += 1;
                run.ui.line(format!("{} deleted", piece.path.display()))?;
            }
        }
    }
    if removed == 0 {
        run.ui.status("there is nothing to take away");
    }
    Ok(())
}

/// The folder and what goes into it.
fn pieces(env: &Env, dir: Option<&Path>) -> Result<(PathBuf, Vec<Piece>), Error> {
    let program = program(env).ok_or_else(|| {
        Error::failure("kubectl-extreg lies neither where it was called nor on PATH")
            .hint("give the program that name, and put it into a folder on PATH")
    })?;
    let folder = match dir {
        Some(dir) => env.cwd.join(dir),
        None => program.parent().unwrap_or(&env.cwd).to_owned(),
    };
    // Beside it, its name alone: the folder may be moved.
    let target = if program.parent() == Some(&folder) {
        PathBuf::from(program.file_name().unwrap_or_default())
    } else {
        program
    };
    let piece = |name: &str, content| Piece {
        path: folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX)),
        content,
    };
    // Windows runs no such script; a link of that name makes the program answer in its place.
    let answering = || {
        if cfg!(windows) {
            Content::Link(target.clone())
        } else {
            Content::Script
        }
    };
    let pieces = vec![
        piece("kubectl_complete-extreg", answering()),
        piece("oc_complete-extreg", answering()),
        piece("oc-extreg", Content::Link(target.clone())),
    ];
    Ok((folder, pieces))
}

/// Where `kubectl-extreg` lies, by the name under which it was called: krew's link, not the file of one version behind it.
fn program(env: &Env) -> Option<PathBuf> {
    let name = format!("kubectl-extreg{}", std::env::consts::EXE_SUFFIX);
    let called = Path::new(env.args.first()?);
    match called.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => Some(env.cwd.join(folder).join(&name)),
        _ => path_folders(env)
            .map(|folder| folder.join(&name))
            .find(|file| file.is_file()),
    }
    .filter(|file| file.is_file())
}

fn path_folders(env: &Env) -> impl Iterator<Item = PathBuf> {
    std::env::split_paths(env.var("PATH").unwrap_or_default())
        .map(|folder| env.cwd.join(folder))
        .collect::<Vec<_>>()
        .into_iter()
}

fn is_on_path(env: &Env, folder: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    path_folders(env).any(|on_path| on_path == folder || real(&on_path) == real(folder))
}

impl Piece {
    fn there(&self) -> There {
        let Ok(metadata) = fs::symlink_metadata(&self.path) else {
            return There::Nothing;
        };
        match &self.content {
            Content::Script if metadata.is_file() => match fs::read_to_string(&self.path) {
                Ok(text) if text == SCRIPT => There::Same,
                Ok(text)
                    if text
                        .lines()
                        .nth(1)
                        .is_some_and(|line| line.starts_with(MARK)) =>
                {
                    There::Ours
                }
                _ => There::Foreign,
            },
            Content::Link(target) => match fs::read_link(&self.path) {
                Ok(leads) if leads == *target => There::Same,
                Ok(leads)
                    if leads
                        .file_stem()
                        .is_some_and(|name| name == "kubectl-extreg") =>
                {
                    There::Ours
                }
                _ => There::Foreign,
            },
            Content::Script => There::Foreign,
        }
    }

    /// Made aside and renamed, so that a shell never meets half of it.
    fn write(&self) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(".new");
        let draft = self.path.with_file_name(name);
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        match &self.content {
            Content::Script => {
                fs::write(&draft, SCRIPT)?;
                make_executable(&draft)?;
            }
            Content::Link(target) => link(target, &draft)?,
        }
        fs::rename(&draft, &self.path)
    }
}

#[cfg(unix)]
fn make_executable(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

#[cfg(unix)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(windows)]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Needs developer mode or an administrator, as krew itself does.
#[cfg(windows)]
fn link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, path)
}
