//! Scripts, playbooks and manifests for nodes: rendered, and printed or put into a folder. Writes nothing to a cluster, and asks
//! it only for the version of the nodes' Docker.

use std::path::Path;

use super::Run;
use super::connecting::connect;
use crate::cli::global::Global;
use crate::cli::node_flags::NodeFlags;
use crate::cluster::{Scope, Selectors, kinds};
use crate::error::Error;
use crate::model::image::ImageReference;
use crate::plan::node_scripts::{
    self, Action, Docker, DockerRefusal, Job, Script, daemon_set, hosts_toml, playbook,
};

/// Renders what the flags ask for; `remove`: what takes it back.
///
/// # Errors
///
/// When the version of Docker is wanted and not known, or a file cannot be written.
pub(super) async fn run(
    run: &mut Run,
    global: &Global,
    flags: &NodeFlags,
    job: &Job<'_>,
    remove: bool,
) -> Result<(), Error> {
    ImageReference::parse(&flags.daemonset_image).map_err(|error| {
        Error::usage(error.to_string()).hint("it was given with --daemonset-image")
    })?;
    let docker = if flags.openshift3 {
        Some(docker(run, global, flags, job).await?)
    } else {
        None
    };
    let render = |action| match docker {
        Some(docker) => node_scripts::openshift3(job, docker, action),
        None => node_scripts::containerd(job, action),
    };
    let action = if remove {
        Action::Remove
    } else {
        Action::Install
    };
    let script = render(action);
    if let Some(folder) = &flags.output_dir {
        let mut scripts = vec![render(Action::Remove)];
        if !remove {
            scripts.insert(0, script);
        }
        return write(run, folder, flags, job, &scripts);
    }
    let (text, how) = if flags.ansible {
        (
            playbook(&script),
            "run it with ansible-playbook and the inventory of the cluster",
        )
    } else if flags.daemonset {
        (
            daemon_set(&script, &flags.daemonset_image),
            "pipe it into `kubectl apply -f -`",
        )
    } else {
        (
            script.text,
            "run it as root on every node: `... | ssh NODE sudo sh`",
        )
    };
    run.ui.data(text)?;
    run.ui.status(how);
    warn(run, flags);
    Ok(())
}

/// What somebody has to know before it is run.
fn warn(run: &mut Run, flags: &NodeFlags) {
    if flags.openshift3 {
        run.ui.warning(
            "where something changes docker is restarted, which stops the containers of that node: one node after another",
        );
    }
}

/// The way that the nodes' Docker has. Lists of insecure registries are the same for all versions.
async fn docker(
    run: &Run,
    global: &Global,
    flags: &NodeFlags,
    job: &Job<'_>,
) -> Result<Docker, Error> {
    if let Some(version) = &flags.docker_version {
        return Docker::of_version(version).map_err(|refusal| {
            Error::usage(refusal.to_string()).hint("it was given with --docker-version")
        });
    }
    if matches!(job, Job::Insecure { .. }) {
        return Ok(Docker::TrustStore);
    }
    let hint = "--docker-version 1.13 (or 1.12) says what the nodes have";
    let cluster = connect(run, global).await.map_err(|it| it.hint(hint))?;
    let mut nodes = Vec::new();
    cluster
        .list(kinds::NODE, &Scope::All, &Selectors::default(), |node| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            nodes.push((
                text(&node["metadata"]["name"]),
                text(&node["status"]["nodeInfo"]["containerRuntimeVersion"]),
            ));
        })
        .await
        .map_err(|error| Error::from(error).hint(hint))?;
    Docker::of_nodes(&nodes).map_err(|refusal| {
        let error = Error::failure(refusal.to_string());
        match refusal {
            DockerRefusal::Mixed { .. } => {
                error.hint("render both, with --docker-version 1.13 and with --docker-version 1.12")
            }
            DockerRefusal::NoVersion(_) | DockerRefusal::NoDocker(_) => error.hint(hint),
        }
    })
}

/// Every form of every script, by name, into a folder.
fn write(
    run: &mut Run,
    folder: &Path,
    flags: &NodeFlags,
    job: &Job<'_>,
    scripts: &[Script],
) -> Result<(), Error> {
    let folder_path = run.env.cwd.join(folder);
    let failed = |path: &Path, error: &std::io::Error| {
        Error::failure(format!("cannot write {}: {error}", path.display()))
    };
    std::fs::create_dir_all(&folder_path).map_err(|error| failed(folder, &error))?;
    let mut files: Vec<(String, String, bool)> = Vec::new();
    for script in scripts {
        let name = match script.action {
            Action::Install => script.name.clone(),
            Action::Remove => format!("{}-undo", script.name),
        };
        files.push((format!("{name}.sh"), script.text.clone(), true));
        files.push(if flags.openshift3 {
            (format!("{name}.yml"), playbook(script), false)
        } else {
            let manifest = daemon_set(script, &flags.daemonset_image);
            (format!("{name}-daemonset.yaml"), manifest, false)
        });
        if flags.containerd && script.action == Action::Install {
            files.push(("hosts.toml".to_owned(), hosts_toml(job) + "\n", false));
        }
    }
    for (name, text, executable) in files {
        let path = folder_path.join(&name);
        std::fs::write(&path, text).map_err(|error| failed(&path, &error))?;
        if executable {
            make_executable(&path).map_err(|error| failed(&path, &error))?;
        }
        run.ui.line(folder.join(name).display().to_string())?;
    }
    warn(run, flags);
    Ok(())
}

#[cfg(unix)]
fn make_executable(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_path: &Path) -> std::io::Result<()> {
    Ok(())
}
