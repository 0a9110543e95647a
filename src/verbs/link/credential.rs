//! Where the credentials come from: one source, or the usual files.

use std::io::Read as _;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

use super::target::Target;
use crate::cli::credential_flags::CredentialFlags;
use crate::cli::global::Global;
use crate::cli::link::LinkArgs as Flags;
use crate::cluster::{Cluster, connect, kinds};
use crate::credentials::{self, SourceError};
use crate::env::Env;
use crate::error::Error;
use crate::model::credential::Credential;
use crate::model::docker_config::{DockerConfig, Entry, shown_key};
use crate::model::{auth_file, keyring};
use crate::plan::secret::{self, Copied};
use crate::plan::{Object, token_user};
use crate::verbs::namespaces::Namespaces;
use crate::verbs::{Run, connecting, objects};

/// How long a credential helper may take.
const HELPER_TIMEOUT: Duration = Duration::from_secs(30);
/// Longer than any password or token; more on standard input is not one.
const LONGEST: u64 = 64 * 1024;

/// A credential that the kubelet can use.
pub(super) struct Found {
    pub credential: Credential,
}

/// A password on the command line is in the process list and in the shell's history.
pub(in crate::verbs) fn refuse_on_command_line(from: &CredentialFlags) -> Result<(), Error> {
    let on_command_line = from.registry_password.is_some();
    let in_name = from
        .registry_username
        .as_ref()
        .is_some_and(|name| name.contains(':'));
    if on_command_line || in_name {
        let what = if in_name {
            "a user name has no colon; and passwords are not taken on the command line:"
        } else {
            "passwords and tokens are not taken on the command line:"
        };
        return Err(Error::usage(format!(
            "{what} everybody who lists processes sees them, and the shell keeps them in its history"
        ))
        .hint("--registry-password-stdin and --registry-token-stdin read them from standard input; with --registry-username alone you are asked"));
    }
    Ok(())
}

/// What has to be read from the user: standard input or the prompt.
pub(super) fn given(run: &mut Run, flags: &Flags, target: &Target) -> Result<Option<Found>, Error> {
    let from = &flags.credentials;
    let username = from.registry_username.clone();
    if from.registry_token_stdin {
        let usual = token_user::of(&target.registry.endpoint);
        let Some(username) = username.or_else(|| usual.map(str::to_owned)) else {
            return Err(Error::usage(format!(
                "{} wants a user name with a token",
                target.registry
            ))
            .hint("add --registry-username NAME"));
        };
        let password = read_stdin("the token")?;
        return Ok(Some(password_of(username, password)));
    }
    let Some(username) = username else {
        return Ok(None);
    };
    if username.is_empty() {
        return Err(Error::usage("--registry-username is empty"));
    }
    let password = if from.registry_password_stdin {
        read_stdin("the password")?
    } else {
        let question = format!("password of {username} for {}", target.registry);
        let password = run.ui.ask_secret(&question).map_err(|error| {
            error.hint("--registry-password-stdin reads it from standard input")
        })?;
        if password.expose_secret().is_empty() {
            return Err(Error::failure("the password is empty"));
        }
        password
    };
    Ok(Some(password_of(username, password)))
}

fn password_of(username: String, password: SecretString) -> Found {
    Found {
        credential: Credential::Password { username, password },
    }
}

/// All of standard input without the line end that `echo` adds.
fn read_stdin(what: &str) -> Result<SecretString, Error> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(LONGEST)
        .read_to_string(&mut text)
        .map_err(|_| Error::failure(format!("cannot read {what} from standard input")))?;
    let text = SecretString::from(text);
    let bare = text.expose_secret().trim_end_matches(['\r', '\n']);
    if bare.is_empty() {
        return Err(Error::failure(format!("{what} on standard input is empty")));
    }
    if bare.contains(['\r', '\n']) {
        return Err(Error::failure(format!(
            "{what} on standard input has more than one line"
        )));
    }
    Ok(SecretString::from(bare))
}

/// The credential, from wherever the flags say; its origin is shown.
pub(super) async fn find(
    run: &mut Run,
    global: &Global,
    flags: &Flags,
    target: &Target,
    cluster: &Cluster,
    namespaces: &Namespaces,
    given: Option<Found>,
) -> Result<Found, Error> {
    let from = &flags.credentials;
    if let Some(found) = given {
        return Ok(found);
    }
    let namespace = namespaces.names.first().map_or("", String::as_str);
    let (credential, origin) =
        if let Some(name) = from.secret.as_ref().or(from.from_secret.as_ref()) {
            let (namespace, name) = name.split_once('/').unwrap_or((namespace, name));
            from_secret(cluster, namespace, name, target, from.secret.is_some()).await?
        } else if let Some(context) = &from.from_context {
            from_context(run, global, context, target, flags.yes).await?
        } else {
            from_files(&run.env, flags, target).await?
        };
    let credential = usable(credential, &origin, target)?;
    let user = credential
        .username()
        .map_or_else(String::new, |name| format!(" of {name:?}"));
    run.ui.status(format!("credentials{user} from {origin}"));
    Ok(Found { credential })
}

async fn from_files(
    env: &Env,
    flags: &Flags,
    target: &Target,
) -> Result<(Credential, String), Error> {
    let name = target.lookup_name();
    let found = match &flags.registry.registry_config {
        Some(path) => {
            let path = env.cwd.join(path);
            credentials::from_file(env, &path, &name, HELPER_TIMEOUT).await
        }
        None => credentials::from_usual_places(env, &name, HELPER_TIMEOUT).await,
    };
    let found = found.map_err(|mut error| {
        // The image that it was looked up by is ours; the user spoke of a registry.
        if let SourceError::NoEntry { name, .. } | SourceError::Nowhere { name, .. } = &mut error {
            *name = target.registry.to_string();
        }
        let elsewhere = "--registry-username NAME asks for a password; -a FILE, --from-secret NAME and --secret NAME take what is stored elsewhere";
        match error {
            SourceError::Nowhere { .. } => Error::failure(error.to_string()).hint(elsewhere),
            error => error.into(),
        }
    })?;
    Ok((found.credential, found.origin))
}

/// The credential for the registry out of a secret. To be copied, an entry under a key that only nearly matches will do,
/// and so will a secret of another type: it is stored as it has to be.
async fn from_secret(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    target: &Target,
    as_it_is: bool,
) -> Result<(Credential, String), Error> {
    let reference = kinds::SECRET.object(Some(namespace), name);
    let secret = objects::required(cluster, &reference)
        .await
        .map_err(|error| {
            error.hint(if as_it_is {
                "without --secret a secret is made from your credentials; --from-secret [NS/]NAME copies them"
            } else {
                "--from-secret NS/NAME takes it out of another namespace"
            })
        })?;
    entry_of(
        &secret,
        &format!("secret {name:?} in namespace {namespace:?}"),
        &target.lookup_name(),
        &target.registry,
        as_it_is,
    )
}

/// The login for an image out of a secret, with where it stands; `place` names the secret, `registry` what is looked for.
/// Unless it is used `as_it_is`, also out of a secret of another type.
pub(in crate::verbs) fn entry_of(
    secret: &Object,
    place: &str,
    image: &str,
    registry: &impl std::fmt::Display,
    as_it_is: bool,
) -> Result<(Credential, String), Error> {
    let unusable =
        |error: secret::ReadError| Error::failure(format!("{place} cannot be used: {error}"));
    let config = if as_it_is {
        secret::read(secret).map_err(|error| {
            let wrong_type = matches!(error, secret::ReadError::Type(_));
            let error = unusable(error);
            if wrong_type {
                error.hint("--from-secret copies its credentials into a secret of the right type")
            } else {
                error
            }
        })?
    } else {
        match secret::read_to_copy(secret).map_err(unusable)? {
            Copied::Config(config) => config,
            Copied::Login(credential) => {
                return Ok((credential, format!("username and password of {place}")));
            }
        }
    };
    let entry = entry_for(&config, image, as_it_is).ok_or_else(|| {
        let keys: Vec<String> = config
            .entries()
            .iter()
            .map(|it| shown_key(&it.key))
            .collect();
        Error::failure(format!(
            "{place} has no entry for {registry}; it has {}",
            if keys.is_empty() {
                "none".to_owned()
            } else {
                keys.join(", ")
            }
        ))
    })?;
    let key = shown_key(&entry.key);
    let credential = entry
        .credential
        .clone()
        .map_err(|fault| Error::failure(format!("the entry {key:?} of {place}: {fault}")))?;
    Ok((credential, format!("entry {key:?} of {place}")))
}

/// The entry for an image, by either matcher; unless it is used `as_it_is`, also one under a key that only nearly matches.
fn entry_for<'a>(config: &'a DockerConfig, image: &str, as_it_is: bool) -> Option<&'a Entry> {
    let exact = keyring::lookup(&[config], image)
        .first()
        .map(|found| found.entry)
        .or_else(|| auth_file::lookup(&[config], image).map(|found| found.entry));
    let entries = config.entries();
    match exact {
        Some(at) => entries.get(at),
        None if as_it_is => None,
        None => entries
            .iter()
            .find(|entry| keyring::near_miss(&entry.key, image).is_some()),
    }
}

/// The login of another context. It goes to a registry of that OpenShift and to nobody else.
async fn from_context(
    run: &mut Run,
    global: &Global,
    context: &str,
    target: &Target,
    yes: bool,
) -> Result<(Credential, String), Error> {
    let login = connect::login_of_context_with(
        &run.env,
        &global.connect_options(),
        context,
        &connecting::hooks(run),
    )
    .await?;
    let host = target.registry.endpoint.api_host();
    if !same_domain(&login.server, host) && !yes {
        let question = format!(
            "{host} is not under the domain of {}; send the login of context {context:?} there?",
            login.server
        );
        if !run.ui.confirm(&question)? {
            return Err(Error::failure(format!(
                "the login of context {context:?} is for {}, and {host} is not under its domain",
                login.server
            ))
            .hint("--yes sends it there all the same"));
        }
    }
    run.ui.warning(format!(
        "the login of context {context:?} expires, and pulls fail from then on; a robot account or `oc create token` of a service account lasts longer"
    ));
    Ok((
        Credential::Password {
            // OpenShift's registry looks at the token alone; `oc registry login` writes this name.
            username: "user".to_owned(),
            password: login.token,
        },
        format!("the login of context {context:?}"),
    ))
}

/// Whether a host is under the API server's domain: `api.DOMAIN` and `NAME.apps.DOMAIN`.
fn same_domain(server: &str, host: &str) -> bool {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let name = rest.split(['/', ':']).next().unwrap_or_default();
    let domain = name.strip_prefix("api.").unwrap_or(name);
    domain.contains('.')
        && host
            .strip_suffix(domain)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// What the kubelet can use of it: it reads user names and passwords only.
fn usable(credential: Credential, origin: &str, target: &Target) -> Result<Credential, Error> {
    match credential {
        password @ Credential::Password { .. } => Ok(password),
        Credential::IdentityToken { token, .. }
            if target.registry.endpoint.api_host().ends_with(".azurecr.io") =>
        {
            // Azure takes its refresh token as the password of this user.
            let username = token_user::of(&target.registry.endpoint).unwrap_or_default();
            Ok(Credential::Password {
                username: username.to_owned(),
                password: token,
            })
        }
        other => Err(Error::failure(format!(
            "{origin} holds only an {}, and the kubelet ignores those: pods would pull without credentials",
            other.kind()
        ))
        .hint("use a robot account or an access token with --registry-username and --registry-password-stdin")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_stays_under_its_domain() {
        let server = "https://api.prod.example.com:6443";
        assert!(same_domain(
            server,
            "default-route-openshift-image-registry.apps.prod.example.com"
        ));
        assert!(!same_domain(server, "quay.io"));
        assert!(!same_domain(server, "evilprod.example.com"));
        assert!(!same_domain("https://localhost:6443", "x.localhost"));
        assert!(!same_domain("https://10.0.0.1:6443", "quay.io"));
    }
}
