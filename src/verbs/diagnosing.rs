//! `doctor` on something that failed while another verb looked on: the same report, on standard error, and the same exit status.

use std::time::Duration;

use super::{Run, doctor};
use crate::cli::registry_flags::RegistryFlags;
use crate::cluster::Cluster;
use crate::doctor::probes::ports;
use crate::doctor::run::Request;
use crate::doctor::targets::planned::Planned;
use crate::doctor::targets::{Argument, Wanted};
use crate::error::Error;
use crate::model::kinds;
use crate::report::text::{self, Detail, Look};
use crate::report::v1;

/// How long the whole look may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Diagnoses builds by name. With `push` the right to push is asked for, which is announced.
///
/// # Errors
///
/// Without a word, where something was found or is not known: the exit status is doctor's. With words, where doctor cannot do
/// its work.
pub(super) async fn builds(
    run: &mut Run,
    cluster: &Cluster,
    names: &[String],
    registry: &RegistryFlags,
    push: bool,
) -> Result<(), Error> {
    let targets = names.iter().map(|name| Argument::Object {
        kind: kinds::BUILD,
        name: name.clone(),
    });
    let request = Request {
        wanted: Wanted::Named(targets.collect()),
        selector: None,
        all_namespaces: false,
        registry_config: None,
        registry_ca: registry.registry_ca.clone(),
        plain_http: registry.plain_http,
        platform: None,
        push,
        from_node: None,
        account: "builder".to_owned(),
        planned: Planned::default(),
        read_config: false,
        timeout: TIMEOUT,
        usual_ports: ports::USUAL.to_vec(),
        record_in_full: false,
        client: run.client(),
    };
    let looked = Box::pin(doctor::look(run, Some(cluster), &request)).await?;
    let report = v1::Report::of(&looked.report, looked.interrupted);
    say(run, &report);
    doctor::status(&report)
}

/// Prints a report as `doctor` does, but on standard error: standard output is another verb's.
pub(super) fn say(run: &mut Run, report: &v1::Report) {
    let look = Look::on(&run.ui, Detail::Normal);
    for line in text::render(report, &[], &look).lines() {
        run.ui.status(line);
    }
}
