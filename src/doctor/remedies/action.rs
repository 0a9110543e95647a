//! What this tool can do itself about a cause, typed: `doctor --fix` plans it through the verbs' own planners, and the
//! command that a report shows is built from it, so that the two cannot differ.

use crate::model::kinds::{self, ObjectRef};

/// Something that a verb of this tool does, and can take back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// What `link` does.
    Link {
        /// As images name it, `host[:port]`.
        registry: String,
        namespace: String,
        /// The service account whose list gets the secret.
        account: String,
        from: LinkFrom,
        for_: LinkFor,
        /// What keeps its old list until it is made again: workloads, or a pod by whose controller it is made again.
        restart: Vec<ObjectRef>,
        /// The registry cannot be asked from here, so that the credentials go unchecked (`--skip-check`).
        skip_check: bool,
    },
    /// What `unlink --keep-secret` does: the secret leaves the account's lists and stays where it is.
    Unlink {
        namespace: String,
        account: String,
        secret: String,
    },
    /// A rolling restart, as `link --restart` does it.
    Restart { object: ObjectRef },
    /// What `push-target` does: the BuildConfig names the secret beside the image that it pushes to already.
    PushTarget(Named),
    /// What `build-source` does, for the image that the BuildConfig takes already.
    BuildSource(Named),
    /// What `use` does, for the image that the container has already: the template's own list gets the secret.
    Use { named: Named, container: String },
}

/// A secret that an object with a field or list of its own is to name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub object: ObjectRef,
    /// The image as the object has it.
    pub image: String,
    pub from: LinkFrom,
    /// As in [`Action::Link`].
    pub skip_check: bool,
}

impl Named {
    fn command(&self, verb: &str, command: &mut Argv) {
        // BuildConfigs are known by their names alone.
        let object = if self.object.kind == kinds::BUILD_CONFIG {
            self.object.name.clone()
        } else {
            typed(&self.object)
        };
        command.add(&["extreg", verb, &object, &self.image]);
    }

    fn rest(&self, command: &mut Argv) {
        let namespace = self.object.namespace.as_deref().unwrap_or_default();
        self.from.flags(namespace, command);
        command.add(if self.skip_check {
            &["--skip-check"]
        } else {
            &[]
        });
        command.add(&["-n", namespace]);
    }
}

/// Where the credentials of a link come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkFrom {
    /// Its entry for the registry is stored in a secret of this tool (`--from-secret`), under a key that matches. `name` is
    /// that of the new secret, where it has to be known beforehand (`--name`).
    Secret {
        namespace: String,
        secret: String,
        name: Option<String>,
    },
    /// It is in the namespace, and is linked as it is (`--secret`).
    Existing { name: String },
}

impl LinkFrom {
    /// The flags of a verb in `namespace`.
    fn flags(&self, namespace: &str, command: &mut Argv) {
        match self {
            Self::Existing { name } => command.add(&["--secret", name]),
            Self::Secret {
                namespace: place,
                secret,
                name,
            } => {
                let whole = if place == namespace {
                    secret.clone()
                } else {
                    format!("{place}/{secret}")
                };
                command.add(&["--from-secret", &whole]);
                if let Some(name) = name {
                    command.add(&["--name", name]);
                }
            }
        }
    }
}

/// Which of an account's lists a link is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkFor {
    /// Pods: `imagePullSecrets`.
    Pull,
    /// Builds: `imagePullSecrets` and `secrets`, of which platforms before 4.15 read the second.
    Push,
}

impl LinkFor {
    /// The account that `link` takes without `-z`.
    pub fn usual_account(self) -> &'static str {
        match self {
            Self::Pull => "default",
            Self::Push => "builder",
        }
    }
}

impl Action {
    /// The command that does it, for `client` (`oc`, `kubectl`). `flags` are those of the run that reach the registry
    /// (`--plain-http`, `--registry-ca FILE`); only what asks it repeats them.
    pub fn command(&self, client: &str, flags: &[String]) -> Vec<String> {
        let mut command = Argv(vec![client.to_owned()]);
        match self {
            Self::Link {
                registry,
                namespace,
                account,
                from,
                for_,
                restart,
                skip_check,
            } => {
                command.add(&["extreg", "link", registry]);
                if account != for_.usual_account() {
                    command.add(&["-z", account]);
                }
                if *for_ == LinkFor::Push {
                    command.add(&["--for", "push"]);
                }
                from.flags(namespace, &mut command);
                if !restart.is_empty() {
                    command.add(&["--restart"]);
                }
                if *skip_check {
                    command.add(&["--skip-check"]);
                }
                command.add(&["-n", namespace]);
                command.0.extend(flags.iter().cloned());
            }
            Self::Unlink {
                namespace,
                account,
                secret,
            } => {
                command.add(&["extreg", "unlink", secret, "-z", account]);
                command.add(&["--keep-secret", "-n", namespace]);
            }
            Self::Restart { object } => {
                // `rollout restart` knows no DeploymentConfig; a new rollout makes its pods again.
                let verb = if object.kind == kinds::DEPLOYMENT_CONFIG {
                    "latest"
                } else {
                    "restart"
                };
                command.add(&["rollout", verb, &typed(object)]);
                if let Some(namespace) = &object.namespace {
                    command.add(&["-n", namespace]);
                }
            }
            Self::PushTarget(named) => {
                named.command("push-target", &mut command);
                named.rest(&mut command);
                command.0.extend(flags.iter().cloned());
            }
            Self::BuildSource(named) => {
                named.command("build-source", &mut command);
                named.rest(&mut command);
                command.0.extend(flags.iter().cloned());
            }
            Self::Use { named, container } => {
                named.command("use", &mut command);
                command.add(&["-c", container]);
                named.rest(&mut command);
                command.0.extend(flags.iter().cloned());
            }
        }
        command.0
    }
}

/// `deployment/web`, `deploymentconfig/web`: as commands take an object.
pub(super) fn typed(object: &ObjectRef) -> String {
    format!("{}/{}", object.kind.kind.to_ascii_lowercase(), object.name)
}

/// Whether a rolling restart makes the pods of this kind again, and this tool can start one.
pub fn rolls(object: &ObjectRef) -> bool {
    [
        kinds::DEPLOYMENT,
        kinds::STATEFUL_SET,
        kinds::DAEMON_SET,
        kinds::DEPLOYMENT_CONFIG,
    ]
    .contains(&object.kind)
}

struct Argv(Vec<String>);

impl Argv {
    fn add(&mut self, words: &[&str]) {
        self.0.extend(words.iter().map(|&word| word.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: LinkFrom, for_: LinkFor, account: &str) -> Action {
        Action::Link {
            registry: "r.example:5000".to_owned(),
            namespace: "shop".to_owned(),
            account: account.to_owned(),
            from,
            for_,
            restart: Vec::new(),
            skip_check: false,
        }
    }

    fn existing() -> LinkFrom {
        LinkFrom::Existing {
            name: "pull".to_owned(),
        }
    }

    #[test]
    fn commands_say_what_the_action_does() {
        let from = |namespace: &str, name: Option<&str>| LinkFrom::Secret {
            namespace: namespace.to_owned(),
            secret: "pull".to_owned(),
            name: name.map(str::to_owned),
        };
        let web = kinds::DEPLOYMENT.object(Some("shop"), "web");
        let mut restarting = link(existing(), LinkFor::Pull, "web");
        if let Action::Link {
            restart,
            skip_check,
            ..
        } = &mut restarting
        {
            restart.push(web.clone());
            *skip_check = true;
        }
        for (action, expected) in [
            (
                link(existing(), LinkFor::Pull, "default"),
                "oc extreg link r.example:5000 --secret pull -n shop",
            ),
            (
                link(existing(), LinkFor::Push, "builder"),
                "oc extreg link r.example:5000 --for push --secret pull -n shop",
            ),
            (
                link(existing(), LinkFor::Push, "default"),
                "oc extreg link r.example:5000 -z default --for push --secret pull -n shop",
            ),
            (
                link(from("shop", None), LinkFor::Pull, "web"),
                "oc extreg link r.example:5000 -z web --from-secret pull -n shop",
            ),
            (
                link(from("infra", Some("pull")), LinkFor::Pull, "default"),
                "oc extreg link r.example:5000 --from-secret infra/pull --name pull -n shop",
            ),
            (
                restarting,
                "oc extreg link r.example:5000 -z web --secret pull --restart --skip-check -n shop",
            ),
            (
                Action::Unlink {
                    namespace: "shop".to_owned(),
                    account: "default".to_owned(),
                    secret: "old".to_owned(),
                },
                "oc extreg unlink old -z default --keep-secret -n shop",
            ),
            (
                Action::Restart { object: web },
                "oc rollout restart deployment/web -n shop",
            ),
            (
                Action::Restart {
                    object: kinds::DEPLOYMENT_CONFIG.object(Some("shop"), "web"),
                },
                "oc rollout latest deploymentconfig/web -n shop",
            ),
        ] {
            assert_eq!(action.command("oc", &[]).join(" "), expected);
        }
        let flags = ["--plain-http".to_owned()];
        assert_eq!(
            link(existing(), LinkFor::Pull, "default")
                .command("kubectl", &flags)
                .join(" "),
            "kubectl extreg link r.example:5000 --secret pull -n shop --plain-http"
        );
    }
}
