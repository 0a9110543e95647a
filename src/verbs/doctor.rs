//! `doctor`: probe, judge, print; or read a saved report and print that.

mod report;

use std::time::Duration;

use super::Run;
use super::connecting::connect;
use crate::cli::doctor::DoctorArgs;
use crate::cli::global::Global;
use crate::cluster::Cluster;
use crate::doctor::probes::ports;
use crate::doctor::run::{self, Request};
use crate::doctor::targets::argument;
use crate::error::Error;
use crate::report::v1;
use crate::ui::sanitize_line;

/// Diagnoses all images and prints the report; the exit status follows from the results, whatever the format.
pub(super) async fn run(run: &mut Run, global: &Global, args: &DoctorArgs) -> Result<(), Error> {
    if let Some(path) = &args.report.from {
        return report::from(run, path, &args.report);
    }
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
        record_in_full: args.report.verbose > 1,
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
    let bar = run.ui.counter("images");
    let (env, ui) = (&run.env, &mut run.ui);
    let outcome = Box::pin(run::run(
        env,
        cluster.as_ref(),
        &request,
        &mut |words| ui.status(sanitize_line(words, 400)),
        &|done, of| bar.show(done, of),
        interrupt,
    ))
    .await;
    drop(bar);
    let outcome = outcome?;
    for warning in cluster.iter().flat_map(Cluster::take_warnings) {
        run.ui.warning(sanitize_line(&warning, 400));
    }
    let made = v1::Report::of(&outcome.report, outcome.interrupted);
    let printed = report::print(run, made, &outcome.report.exchanges, &args.report);
    drop(held);
    printed
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
