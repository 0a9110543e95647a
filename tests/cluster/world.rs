//! The surroundings of a run: a home, a kubeconfig, plugins.

use std::path::{Path, PathBuf};

use extreg::cluster::Cluster;
use extreg::cluster::connect::{ConnectOptions, Hooks, connect_with};
use extreg::env::Env;

use crate::server::Server;

/// A folder for one test, and the surroundings of a run in it.
pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) env: Env,
    pub(crate) options: ConnectOptions,
    pub(crate) hooks: Hooks,
}

impl World {
    /// Empty: a home without a kubeconfig, no pod, `PATH` of the test.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut env = Env {
            cwd: folder.path().to_owned(),
            ..Env::default()
        };
        env.vars.insert(
            "HOME".into(),
            folder.path().join("home").to_str().unwrap().into(),
        );
        env.vars
            .insert("PATH".into(), std::env::var("PATH").unwrap());
        let hooks = Hooks {
            service_account: folder.path().join("no-pod"),
            ..Hooks::default()
        };
        Self {
            folder,
            env,
            options: ConnectOptions::default(),
            hooks,
        }
    }

    /// With a kubeconfig for this server: context `ctx`, user `me` with these lines.
    pub(crate) fn of(server: &Server, user: &str) -> Self {
        let world = Self::new();
        world.kubeconfig("home/.kube/config", &server.url(), &server.ca_pem, user);
        world
    }

    pub(crate) fn set(mut self, name: &str, value: &str) -> Self {
        self.env.vars.insert(name.into(), value.into());
        self
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A kubeconfig with one context; `user` is YAML flow style (`{token: abc}`).
    pub(crate) fn kubeconfig(&self, name: &str, server: &str, ca_pem: &str, user: &str) -> PathBuf {
        let ca = if ca_pem.is_empty() {
            String::new()
        } else {
            self.write("ca.pem", ca_pem);
            format!(", certificate-authority: {}", self.path("ca.pem").display())
        };
        self.write(
            name,
            format!(
                "apiVersion: v1\nkind: Config\ncurrent-context: ctx\n\
                 clusters: [{{name: cl, cluster: {{server: '{server}'{ca}}}}}]\n\
                 contexts: [{{name: ctx, context: {{cluster: cl, user: me, namespace: team}}}}]\n\
                 users: [{{name: me, user: {user}}}]\n"
            ),
        )
    }

    pub(crate) async fn connect(&self) -> Result<Cluster, extreg::error::Error> {
        connect_with(&self.env, &self.options, &self.hooks).await
    }

    /// The message of a connection that must fail, and its hints, in lines.
    pub(crate) async fn refusal(&self) -> String {
        match self.connect().await {
            Ok(_) => panic!("it connects"),
            Err(error) => {
                let mut lines = vec![error.message().to_owned()];
                lines.extend(error.hints().iter().map(|hint| format!("hint: {hint}")));
                lines.join("\n")
            }
        }
    }
}

/// A connection of the administrator of an embedded or real server.
pub(crate) async fn as_admin(server: &extreg_test_support::cluster::Cluster, ns: &str) -> Cluster {
    let world = World::new();
    world.write("home/.kube/config", server.kubeconfig(ns));
    world.connect().await.unwrap()
}

/// Runs what a test asks of each server.
pub(crate) fn wait(work: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(work);
}

/// Makes a script that `sh` runs.
#[cfg(unix)]
pub(crate) fn script(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}
