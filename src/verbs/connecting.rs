//! The cluster for every verb, and what the user hears while it is being reached.

use std::sync::Arc;

use super::Run;
use crate::cli::global::Global;
use crate::cluster::Cluster;
use crate::cluster::connect::{self, Hooks};
use crate::error::Error;
use crate::ui::sanitize_line;

/// Connects as kubectl's flags and the environment say.
pub(super) async fn connect(run: &Run, global: &Global) -> Result<Cluster, Error> {
    connect::connect_with(&run.env, &global.connect_options(), &hooks(run)).await
}

/// A credential plugin that takes its time is named: it may be waiting for the user in a browser.
pub(super) fn hooks(run: &Run) -> Hooks {
    let aside = run.ui.aside();
    Hooks {
        waiting: Some(Arc::new(move |command: &str| {
            aside.status(format!(
                "waiting for the credential plugin {:?} of the kubeconfig",
                sanitize_line(command, 200)
            ));
        })),
        ..Hooks::default()
    }
}
