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
    self, Action, Docker, DockerRefusal, Job, Script, crio_nodes, daemon_set, hosts_toml, playbook,
    with_crio,
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
    let action = if remove {
        Action::Remove
    } else {
        Action::Install
    };
    let (docker, crio) = if flags.openshift3 {
        let (docker, crio) = nodes(run, global, flags, job, action).await?;
        (Some(docker), crio)
    } else {
        (None, None)
    };
    let render = |action| match docker {
        Some(docker) => node_scripts::openshift3(job, docker, action),
        None => node_scripts::containerd(job, action),
    };
    let script = render(action);
    if let Some(folder) = &flags.output_dir {
        let mut scripts = vec![render(Action::Remove)];
        if !remove {
            scripts.insert(0, script);
        }
        write(run, folder, flags, job, &scripts)?;
        warn(run, flags, crio);
        return Ok(());
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
    warn(run, flags, crio);
    Ok(())
}

/// What somebody has to know before it is run.
fn warn(run: &mut Run, flags: &NodeFlags, crio: Option<String>) {
    if flags.openshift3 {
        run.ui.warning(
            "where something changes docker is restarted, which stops the containers of that node: one node after another",
        );
    }
    if let Some(words) = crio {
        run.ui.warning(words);
    }
}

/// The way that the nodes' Docker has, and what is to be done on nodes with CRI-O, where they are known or may be there. Lists of
/// insecure registries are the same for all versions of Docker: for these no cluster is asked.
async fn nodes(
    run: &Run,
    global: &Global,
    flags: &NodeFlags,
    job: &Job<'_>,
    action: Action,
) -> Result<(Docker, Option<String>), Error> {
    let crio = with_crio(job, action);
    let unasked =
        format!("a node that runs CRI-O (`oc get nodes -o wide` tells) needs more: {crio}");
    if let Some(version) = &flags.docker_version {
        let docker = Docker::of_version(version).map_err(|refusal| {
            Error::usage(refusal.to_string()).hint("it was given with --docker-version")
        })?;
        return Ok((docker, Some(unasked)));
    }
    if matches!(job, Job::Insecure { .. }) {
        return Ok((Docker::TrustStore, Some(unasked)));
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
    let with_crio = crio_nodes(&nodes);
    let docker = Docker::of_nodes(&nodes).map_err(|refusal| {
        let mut error = Error::failure(refusal.to_string());
        if let (DockerRefusal::NoDocker(_), Some(names)) = (&refusal, &with_crio) {
            error = error.hint(format!("CRI-O runs on {names}; on every such node: {crio}"));
        }
        match refusal {
            DockerRefusal::Mixed { .. } => {
                error.hint("render both, with --docker-version 1.13 and with --docker-version 1.12")
            }
            DockerRefusal::NoVersion(_) | DockerRefusal::NoDocker(_) => error.hint(hint),
        }
    })?;
    let more = with_crio.map(|names| format!("{names}: CRI-O runs there, and needs more: {crio}"));
    Ok((docker, more))
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
