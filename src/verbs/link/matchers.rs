//! Shows whether the kubelet and containers/image find the credentials for an image of the registry: they look keys up
//! differently.

use super::target::Target;
use crate::cli::link::LinkArgs as Flags;
use crate::error::Error;
use crate::model::docker_config::{DockerConfig, shown_key};
use crate::model::{auth_file, keyring};
use crate::plan::link::NamespaceView;
use crate::plan::secret;
use crate::ui::Ui;

/// For the key that is written, or for what a `--secret` holds; such a secret that the kubelet does not find is refused.
pub(super) fn show(
    ui: &mut Ui,
    flags: &Flags,
    target: &Target,
    views: &[NamespaceView],
    name: &str,
) -> Result<(), Error> {
    let image = target.lookup_name();
    if flags.credentials.secret.is_none() {
        let key = target.registry.key();
        let found = |matches: bool| if matches { "found" } else { "not found" };
        ui.status(format!(
            "stored under {key:?}: {} by the kubelet, {} by containers/image",
            found(keyring::key_matches(&key, &image)),
            found(auth_file::key_matches(&key, &image)),
        ));
        return Ok(());
    }
    for view in views {
        let Some(object) = &view.secret else { continue };
        let config = secret::read(object).map_err(|error| {
            Error::failure(format!(
                "secret {name:?} in namespace {:?} cannot be used for pulls: {error}",
                view.name
            ))
        })?;
        one(ui, flags, target, &config, view, name)?;
    }
    Ok(())
}

fn one(
    ui: &mut Ui,
    flags: &Flags,
    target: &Target,
    config: &DockerConfig,
    view: &NamespaceView,
    name: &str,
) -> Result<(), Error> {
    let image = target.lookup_name();
    let by_kubelet = keyring::lookup(&[config], &image).into_iter().next();
    let by_containers = auth_file::lookup(&[config], &image);
    let under = |found: Option<&keyring::Match>| {
        found.map_or_else(
            || "not found".to_owned(),
            |found| format!("found under {:?}", shown_key(&found.key)),
        )
    };
    ui.status(format!(
        "secret {name}: {} by the kubelet, {} by containers/image",
        under(by_kubelet.as_ref()),
        under(by_containers.as_ref()),
    ));
    if by_kubelet.is_some() || flags.skip_check {
        return Ok(());
    }
    let near: Vec<String> = config
        .entries()
        .iter()
        .filter_map(|entry| {
            let near = keyring::near_miss(&entry.key, &image)?;
            Some(format!("{:?}: {near}", shown_key(&entry.key)))
        })
        .collect();
    let error = Error::failure(format!(
        "secret {name:?} in namespace {:?} has nothing that the kubelet uses for {}",
        view.name, target.registry
    ));
    Err(match near.as_slice() {
        [] => error.hint("give credentials without --secret, and a secret is made"),
        near => error.hint(near.join("; ")).hint(format!(
            "--from-secret {}/{name} makes one with the key that matches",
            view.name
        )),
    })
}
