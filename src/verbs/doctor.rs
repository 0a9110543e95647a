//! `doctor`: probe, judge, print.

use std::time::Duration;

use super::Run;
use super::connecting::connect;
use crate::cli::doctor::{DoctorArgs, ReportFormat};
use crate::cli::global::Global;
use crate::cluster::Cluster;
use crate::doctor::diagnosis::Outcome;
use crate::doctor::probes::ports;
use crate::doctor::run::{self, Request};
use crate::doctor::targets::argument;
use crate::error::{Error, Kind};
use crate::report::text::{Detail, Look};
use crate::report::{json_v1, text};
use crate::ui::sanitize_line;

/// Diagnoses all images and prints the report; the exit status follows from the results, whatever the format.
pub(super) async fn run(run: &mut Run, global: &Global, args: &DoctorArgs) -> Result<(), Error> {
    let (wanted, remarks) = argument::wanted(
        &args.targets,
        args.all,
        args.selector.is_some(),
        args.all_namespaces,
    )?;
    if args.all_namespaces && global.namespace.is_some() {
        return Err(Error::usage("-n names one namespace, and -A means all"));
    }
    for remark in remarks {
        run.ui.status(sanitize_line(&remark, 400));
    }
    let cluster = cluster(run, global, args).await?;
    let request = Request {
        wanted,
        selector: args.selector.clone(),
        all_namespaces: args.all_namespaces,
        registry_config: args.registry.registry_config.clone(),
        registry_ca: args.registry.registry_ca.clone(),
        plain_http: args.registry.plain_http,
        platform: args.platform.clone(),
        push: args.push,
        from_node: args.from_node.clone(),
        account: args.service_account.clone(),
        timeout: args.time(),
        usual_ports: ports::USUAL.to_vec(),
        client: if run.program.starts_with("oc") {
            "oc"
        } else {
            "kubectl"
        },
    };
    // From here on Ctrl-C ends the probing, and what is known by then is printed.
    let held = run.interrupt.hold();
    let asked = run.interrupt.clone();
    let interrupt = async move {
        while !asked.is_asked() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let (env, ui) = (&run.env, &mut run.ui);
    let outcome = Box::pin(run::run(
        env,
        cluster.as_ref(),
        &request,
        &mut |words| ui.status(sanitize_line(words, 400)),
        interrupt,
    ))
    .await?;
    for warning in cluster.iter().flat_map(Cluster::take_warnings) {
        run.ui.warning(sanitize_line(&warning, 400));
    }
    let report = &outcome.report;
    let printed = match args.output {
        ReportFormat::Json => json_v1::render(report),
        ReportFormat::Text => text::render(report, &look(run, args)),
    };
    run.ui.data(printed)?;
    drop(held);
    let kind = if outcome.interrupted {
        Kind::Interrupted
    } else if report.count(Outcome::Failed) > 0 {
        Kind::ProblemFound
    } else if report.count(Outcome::Undetermined) > 0 {
        Kind::Undetermined
    } else {
        return Ok(());
    };
    Err(Error::exit_only(kind))
}

async fn cluster(run: &Run, global: &Global, args: &DoctorArgs) -> Result<Option<Cluster>, Error> {
    if args.no_cluster {
        return Ok(None);
    }
    connect(run, global)
        .await
        .map(Some)
        .map_err(|error| error.hint("--no-cluster looks at the registry alone"))
}

fn look(run: &Run, args: &DoctorArgs) -> Look {
    Look {
        paint: run.ui.paint(),
        glyphs: run.ui.glyphs(),
        width: run.ui.width(),
        detail: match (args.quiet, args.verbose) {
            (true, _) => Detail::Quiet,
            (false, 0) => Detail::Normal,
            (false, 1) => Detail::Stages,
            (false, _) => Detail::Wire,
        },
    }
}
