//! `status`: read, take stock, print.

mod gather;

use super::Run;
use super::connecting::connect;
use crate::cli::global::Global;
use crate::cli::status::{StatusArgs, StatusFormat};
use crate::cluster::Scope;
use crate::error::Error;
use crate::inventory::{self, Input};
use crate::report::status::{self, Look};
use crate::ui::sanitize_line;

/// Reads what there is to read and prints it.
pub(super) async fn run(run: &mut Run, global: &Global, args: &StatusArgs) -> Result<(), Error> {
    let cluster = connect(run, global).await?;
    // As kubectl: with -A the namespace does not matter.
    let scope = if args.all_namespaces {
        Scope::All
    } else {
        Scope::Namespace(cluster.namespace().to_owned())
    };
    let read = Box::pin(gather::read(&cluster, &scope, args.selector.as_deref())).await?;
    // That DeploymentConfigs are deprecated is no news to somebody who did not ask for them.
    let warnings = cluster.take_warnings().into_iter();
    for warning in warnings.filter(|text| !text.contains("is deprecated in")) {
        run.ui.warning(sanitize_line(&warning, 400));
    }
    let taken = inventory::take(&Input {
        view: &read.view,
        other_streams: &read.other_streams,
        unread: &read.unread,
        absent_secrets: &read.absent_secrets,
        config: &read.config,
        now: read.at,
        chosen: args.selector.is_some(),
        program: run.program,
    });
    let look = Look {
        paint: run.ui.paint(),
        glyphs: run.ui.glyphs(),
        width: run.ui.width(),
    };
    let text = match args.output {
        None => status::table(&taken, &look),
        Some(StatusFormat::Wide) => status::wide(&taken, &look),
        Some(StatusFormat::Json) => status::json(&taken, read.at),
        Some(StatusFormat::Yaml) => status::yaml(&taken, read.at),
        Some(StatusFormat::Dot) => status::dot(&taken),
        Some(StatusFormat::Mermaid) => status::mermaid(&taken),
    };
    let is_table = matches!(args.output, None | Some(StatusFormat::Wide));
    // Where something was not read, nobody knows.
    let known = taken.unread.is_empty();
    if is_table && known && status::is_empty(&taken, args.output.is_some()) {
        if !args.all_namespaces
            && let Some(missing) = cluster.missing_namespace(cluster.namespace()).await
        {
            return Err(missing);
        }
        run.ui.status(match &taken.namespace {
            Some(name) => format!("No external registries found in {name} namespace."),
            None => "No external registries found.".to_owned(),
        });
    }
    run.ui.data(text)
}
