//! `doctor`: probe, judge, print, and where it is asked for mend and look again; or read a saved report and print that.

mod fix;
mod report;

use std::time::{Duration, Instant};

use super::Run;
use super::connecting::connect;
use crate::cli::doctor::DoctorArgs;
use crate::cli::global::Global;
use crate::cli::report_flags::ReportFormat;
use crate::cluster::Cluster;
use crate::doctor::probes::ports;
use crate::doctor::run::{self, Request};
use crate::doctor::targets::argument;
use crate::doctor::targets::planned::Planned;
use crate::error::Error;
use crate::report::v1;
use crate::ui::sanitize_line;
use fix::Fixed;
use report::Printer;
pub(super) use report::status;

/// The pause between two looks of `--wait`: as long as a kubelet's first back-off is short.
const BETWEEN_LOOKS: Duration = Duration::from_secs(3);

/// Diagnoses all images and prints the report; the exit status follows from the results, whatever the format.
pub(super) async fn run(run: &mut Run, global: &Global, args: &DoctorArgs) -> Result<(), Error> {
    run.ui.set_quiet(args.report.quiet);
    if let Some(path) = &args.report.from {
        return report::from(run, path, &args.report);
    }
    let format = match args.report.output {
        ReportFormat::Text => None,
        ReportFormat::Json => Some("json"),
        ReportFormat::Junit => Some("junit"),
    };
    if let (true, Some(format)) = (args.fix, format) {
        return Err(Error::usage(format!(
            "--fix shows and asks, and -o {format} prints nothing but a report"
        ))
        .hint(format!(
            "run it with --fix --yes first, and then with -o {format}"
        )));
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
        planned: Planned::default(),
        read_config: false,
        timeout: args.time(),
        usual_ports: ports::USUAL.to_vec(),
        record_in_full: args.report.verbose > 1,
        client: run.client(),
    };
    let mut printer = Printer::new(&args.report);
    let first = Box::pin(look(run, cluster.as_ref(), &request)).await?;
    let made = v1::Report::of(&first.report, first.interrupted);
    let quiet_until_the_end = args.wait.is_some() && printer.is_one_document();
    if first.interrupted || !(args.fix || args.wait.is_some()) {
        return printer.print(run, made, &first.report.exchanges);
    }
    let mut shown = if quiet_until_the_end {
        made
    } else {
        printer.show(run, made, &first.report.exchanges)?
    };
    if args.fix {
        let fixed = Box::pin(fix::fix(run, global, &first.report, args.yes)).await?;
        if let Some(again) = say(run, &fixed) {
            run.ui.status(again);
            let second = Box::pin(look(run, cluster.as_ref(), &request)).await?;
            let after = v1::Report::of(&second.report, second.interrupted);
            shown = printer.show_changes(run, &shown, after)?;
        }
    }
    if let Some(limit) = args.wait {
        shown = Box::pin(wait(
            run,
            cluster.as_ref(),
            &request,
            &mut printer,
            limit,
            shown,
        ))
        .await?;
    }
    report::status(&shown)
}

/// Says what came of a fix; the words before another look, where something was written.
fn say(run: &mut Run, fixed: &Fixed) -> Option<String> {
    match fixed {
        Fixed::Nothing => {
            run.ui.status(
                "nothing here can be mended by this tool alone; the fixes above say what helps",
            );
            None
        }
        Fixed::Declined => {
            run.ui.status("nothing was written");
            None
        }
        Fixed::Done(applied) => {
            if let Some(id) = &applied.journal {
                run.ui
                    .status(format!("`{} undo {id}` takes it back", run.program));
            }
            Some("looking again:".to_owned())
        }
    }
}

/// Looks again until everything is healthy or the time is over; prints changes only, as a document the last report.
async fn wait(
    run: &mut Run,
    cluster: Option<&Cluster>,
    request: &Request,
    printer: &mut Printer<'_>,
    limit: Duration,
    mut shown: v1::Report,
) -> Result<v1::Report, Error> {
    let at_the_end = printer.is_one_document();
    let end = Instant::now() + limit;
    while report::status(&shown).is_err() && !shown.interrupted {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            run.ui.status(format!(
                "not everything is healthy after {}",
                words_of(limit)
            ));
            break;
        }
        if pause(run, left.min(BETWEEN_LOOKS)).await {
            shown.interrupted = true;
            break;
        }
        let request = Request {
            timeout: request.timeout.min(left.max(BETWEEN_LOOKS)),
            ..request.clone()
        };
        let next = Box::pin(look(run, cluster, &request)).await?;
        let next = v1::Report::of(&next.report, next.interrupted);
        shown = if at_the_end {
            next
        } else {
            printer.show_changes(run, &shown, next)?
        };
    }
    if at_the_end {
        printer.show(run, shown, &[])
    } else {
        Ok(shown)
    }
}

/// Waits, and says whether the user has had enough.
async fn pause(run: &Run, time: Duration) -> bool {
    let _held = run.interrupt.hold();
    tokio::select! {
        () = tokio::time::sleep(time) => false,
        () = asked(run) => true,
    }
}

/// Ends when Ctrl-C was pressed.
pub(super) fn asked(run: &Run) -> impl Future<Output = ()> + use<> {
    let interrupt = run.interrupt.clone();
    async move {
        while !interrupt.is_asked() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

/// `2m`, `90s`.
fn words_of(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds > 0 && seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// One look at everything. Ctrl-C ends the probing, and what is known by then is the report.
pub(super) async fn look(
    run: &mut Run,
    cluster: Option<&Cluster>,
    request: &Request,
) -> Result<run::Outcome, Error> {
    let held = run.interrupt.hold();
    let interrupt = asked(run);
    let bar = run.ui.counter("images");
    let (env, ui) = (&run.env, &mut run.ui);
    let outcome = Box::pin(run::run(
        env,
        cluster,
        request,
        &mut |words| ui.announce(sanitize_line(words, 400)),
        &|done, of| bar.show(done, of),
        interrupt,
    ))
    .await;
    drop(bar);
    let outcome = outcome?;
    for remark in &outcome.remarks {
        run.ui.status(sanitize_line(remark, 400));
    }
    for warning in cluster.into_iter().flat_map(Cluster::take_warnings) {
        run.ui.warning(sanitize_line(&warning, 400));
    }
    drop(held);
    Ok(outcome)
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
