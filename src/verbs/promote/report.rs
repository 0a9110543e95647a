//! What was done, as lines or as a document.

use serde_json::{Value, json};

use super::plan::Plan;
use super::side::Side;
use crate::cli::output::DryRun;
use crate::cli::promote::{PromoteArgs as Flags, PromoteFormat};
use crate::doctor::evidence::size_words;
use crate::error::Error;
use crate::plan::copy::{Sum, Totals};
use crate::plan::yaml;
use crate::verbs::Run;

/// What came of it.
pub(super) struct Done {
    status: Status,
    totals: Totals,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    Promoted,
    Unchanged,
    Planned,
}

impl Done {
    pub(super) fn unchanged(plan: &Plan) -> Self {
        Self {
            status: Status::Unchanged,
            totals: plan.totals(),
        }
    }

    pub(super) fn planned(plan: &Plan) -> Self {
        Self {
            status: Status::Planned,
            totals: plan.totals(),
        }
    }

    /// With what really happened: what was to be mounted may have been sent.
    pub(super) fn carried(totals: Totals) -> Self {
        Self {
            status: Status::Promoted,
            totals,
        }
    }
}

/// Says it: what moved on standard error, the result on standard output.
///
/// # Errors
///
/// When standard output cannot be written to.
pub(super) fn say(
    run: &mut Run,
    flags: &Flags,
    source: &Side,
    target: &Side,
    plan: &Plan,
    done: &Done,
) -> Result<(), Error> {
    if done.status != Status::Unchanged {
        let words = words(done);
        run.ui.status(words);
    }
    let name = format!("{}@{}", target.image.name(), plan.digest());
    match flags.output {
        Some(PromoteFormat::Name) => run.ui.line(name),
        Some(PromoteFormat::Json) => {
            let document = document(flags, source, target, plan, done);
            run.ui.data(format!("{document:#}\n"))
        }
        Some(PromoteFormat::Yaml) => {
            let document = document(flags, source, target, plan, done);
            run.ui.data(yaml::to_yaml(&document))
        }
        None => {
            let what = match done.status {
                Status::Promoted => "promoted",
                Status::Unchanged => "unchanged",
                Status::Planned => "promoted (dry run)",
            };
            run.ui.line(format!("{} {what}", target.image))
        }
    }
}

/// `3 blobs sent (120 MB), 2 mounted (40 MB), 1 there already (3 kB)`.
fn words(done: &Done) -> String {
    let planned = done.status == Status::Planned;
    let totals = &done.totals;
    let parts: Vec<String> = [
        (totals.sent, if planned { "would be sent" } else { "sent" }),
        (
            totals.mounted,
            if planned {
                "would be mounted"
            } else {
                "mounted"
            },
        ),
        (totals.present, "there already"),
        (totals.foreign, "left where they are"),
    ]
    .iter()
    .filter(|(sum, _)| sum.blobs > 0)
    .map(|(sum, what)| {
        let noun = if sum.blobs == 1 { "blob" } else { "blobs" };
        format!("{} {noun} {what} ({})", sum.blobs, size_words(sum.bytes))
    })
    .collect();
    if parts.is_empty() {
        "no blob has to move".to_owned()
    } else {
        parts.join(", ")
    }
}

fn document(flags: &Flags, source: &Side, target: &Side, plan: &Plan, done: &Done) -> Value {
    let sum = |sum: &Sum| json!({"blobs": sum.blobs, "bytes": sum.bytes});
    let (media_type, platforms) = plan.root().map_or_else(
        || (String::new(), Vec::new()),
        |(manifest, contents)| (manifest.media_type.clone(), contents.platforms()),
    );
    json!({
        "apiVersion": "extreg.dev/v1",
        "kind": "Promotion",
        "source": source.image.to_string(),
        "target": target.image.to_string(),
        "digest": plan.digest(),
        "mediaType": media_type,
        "platforms": platforms,
        "status": match done.status {
            Status::Promoted => "promoted",
            Status::Unchanged => "unchanged",
            Status::Planned => "planned",
        },
        "dryRun": flags.dry_run != DryRun::None,
        "manifests": plan.image.manifests().count(),
        "referrers": {"found": plan.referring, "copied": plan.attached.len()},
        "sent": sum(&done.totals.sent),
        "mounted": sum(&done.totals.mounted),
        "present": sum(&done.totals.present),
        "foreign": sum(&done.totals.foreign),
    })
}
