//! What is left to do after a link: pods that have to be made again, and what keeps the secret from being used.

use crate::apply::Applied;
use crate::cli::link::LinkArgs as Flags;
use crate::plan::link::NamespaceView;
use crate::plan::restart::{Aftermath, NeedsRestart};
use crate::verbs::Run;

/// Of a long list only so much is shown.
const SHOWN: usize = 10;

/// Says it, on standard error: standard output is for what was written.
pub(super) fn after(
    run: &mut Run,
    flags: &Flags,
    aftermath: &Aftermath,
    views: &[NamespaceView],
    applied: &Applied,
) {
    let several = views.len() > 1;
    for (object, names) in aftermath.overrides.iter().take(SHOWN) {
        let place = place(several, object.namespace.as_deref());
        run.ui.warning(format!(
            "{object}{place} names pull secrets of its own ({}): the account's are not used there",
            names.join(", ")
        ));
    }
    more(
        run,
        aftermath.overrides.len(),
        "override the account's pull secrets",
    );
    let left: Vec<&NeedsRestart> = aftermath
        .restarts
        .iter()
        .filter(|it| !(flags.restart && it.change.is_ok()))
        .collect();
    for it in left.iter().take(SHOWN) {
        let place = place(several, it.object.namespace.as_deref());
        let pods = match it.pods.len() {
            1 => "1 pod waits".to_owned(),
            count => format!("{count} pods wait"),
        };
        let advice = match &it.change {
            Ok(_) => "has to be restarted",
            Err(advice) => advice,
        };
        run.ui.status(format!(
            "{}{place}: {pods} for an image without the secret: {advice}",
            it.object
        ));
    }
    more(run, left.len(), "wait for an image without the secret");
    if left.iter().any(|it| it.change.is_ok()) {
        run.ui.hint("--restart restarts them");
    }
    if aftermath.running > 0 {
        let (pods, verb) = if aftermath.running == 1 {
            ("pod runs", "gets")
        } else {
            ("pods run", "get")
        };
        run.ui.status(format!(
            "{} {pods} without the secret, and {verb} it when made again",
            aftermath.running
        ));
    }
    let unread: Vec<&str> = views
        .iter()
        .flat_map(|view| &view.wiring.unread)
        .map(String::as_str)
        .collect();
    if !unread.is_empty() {
        run.ui.status(format!(
            "not known: which pods have to be restarted, because these could not be listed: {}",
            unread.join(", ")
        ));
    }
    if let Some(id) = &applied.journal {
        run.ui
            .status(format!("`{} undo {id}` takes it back", run.program));
    }
}

fn place(several: bool, namespace: Option<&str>) -> String {
    namespace
        .filter(|_| several)
        .map(|namespace| format!(" in namespace {namespace}"))
        .unwrap_or_default()
}

fn more(run: &mut Run, count: usize, what: &str) {
    if count > SHOWN {
        run.ui.status(format!("{} more {what}", count - SHOWN));
    }
}
