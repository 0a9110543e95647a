//! `--install-config FILE`: the bundle of a cluster that is yet to be installed. No cluster is asked.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::{removal, source, target};
use crate::cli::output::DryRun;
use crate::cli::trust::TrustArgs as Flags;
use crate::error::Error;
use crate::model::bundle;
use crate::model::install_config::{self, InstallConfig, Policy};
use crate::model::pem::{self, Defect, DefectKind};
use crate::plan::diff;
use crate::plan::trust::removed_from;
use crate::ui::sanitize_line;
use crate::verbs::Run;

pub(super) async fn run(run: &mut Run, flags: &Flags, path: &Path) -> Result<(), Error> {
    let registry = target::registry(&mut run.ui, flags)?;
    let name = registry.endpoint.name();
    let offer = source::given(run, flags)?;
    let shown = path.display().to_string();
    let place = run.env.cwd.join(path);
    let text = fs::read_to_string(&place)
        .map_err(|error| Error::failure(format!("cannot read {shown}: {error}")))?;
    let config = install_config::read(&text)
        .map_err(|refusal| Error::failure(format!("{shown} is not edited: {refusal}")))?;
    let bundle = if flags.remove {
        let named = removal::named(flags, offer.as_ref());
        let (left, notes) = removed_from(config.bundle(), &name, named.as_deref());
        for note in notes {
            run.ui.status(note);
        }
        left
    } else {
        let sound = sound(run, flags, &config, &shown)?;
        let certificates = source::judged(run, flags, &registry, offer).await?;
        bundle::add(&sound, Some(&name), &certificates).unwrap_or(sound)
    };
    let policy = flags.bundle_policy.map(Policy::from);
    let edited = config.with(&bundle, policy);
    let dry = flags.write.dry_run != DryRun::None;
    let suffix = if dry { " (dry run)" } else { "" };
    if edited == text {
        run.ui.line(format!("{shown} unchanged{suffix}"))?;
        return Ok(());
    }
    if dry || flags.write.diff {
        run.ui.data(diff::of_texts(&text, &edited))?;
    }
    if !dry {
        replace(&place, &edited)
            .map_err(|error| Error::failure(format!("cannot write {shown}: {error}")))?;
    }
    run.ui.line(format!("{shown} configured{suffix}"))?;
    if !flags.remove {
        explain(run, &config, policy);
    }
    Ok(())
}

/// The bundle that is there, mended where that is asked for.
fn sound(
    run: &mut Run,
    flags: &Flags,
    config: &InstallConfig<'_>,
    shown: &str,
) -> Result<String, Error> {
    let text = config.bundle();
    if bundle::is_blank(text) {
        return Ok(String::new());
    }
    let place = |defect: &Defect| match config.bundle_line() {
        Some(first) => format!("{shown}, line {}: {}", first + defect.line - 1, defect.kind),
        None => format!("{shown}, additionalTrustBundle: {}", defect.kind),
    };
    let is_key = |defect: &&Defect| defect.kind == DefectKind::PrivateKey;
    let defects = pem::parse(text.as_bytes()).defects;
    let mended = bundle::mend_text(text);
    if let Some(defect) = defects.iter().chain(&mended.left).find(is_key) {
        return Err(
            Error::failure(format!("{}; the bundle goes to every node", place(defect)))
                .hint("take the key out by hand, and replace it wherever it is used"),
        );
    }
    if defects.is_empty() {
        return Ok(text.to_owned());
    }
    for defect in &defects {
        run.ui.status(sanitize_line(&place(defect), 300));
    }
    if !flags.repair {
        return Err(Error::failure(format!(
            "the bundle that is in {shown} already would not be read as a whole"
        ))
        .hint("--repair mends what can be mended; other text stays"));
    }
    for defect in &mended.left {
        run.ui.warning(sanitize_line(
            &format!(
                "stays as it is, and openshift-install may refuse it: {}",
                defect.kind
            ),
            300,
        ));
    }
    Ok(mended.text)
}

/// What the policy means for this file.
///
/// Source: openshift-docs `installation-configure-proxy`; machine-config-operator `pkg/operator/sync.go` `getTrustedBundle`.
fn explain(run: &mut Run, config: &InstallConfig<'_>, set: Option<Policy>) {
    let standing = set.map(|policy| policy.to_string());
    let policy = standing
        .as_deref()
        .or(config.policy())
        .filter(|policy| !policy.is_empty());
    let text = match (policy, config.has_proxy) {
        (Some("Always"), _) => {
            "additionalTrustBundlePolicy is Always: nodes and platform trust the bundle".to_owned()
        }
        (_, true) => "the file configures a proxy: nodes and platform trust the bundle".to_owned(),
        (policy, false) => format!(
            "additionalTrustBundlePolicy is {}, and the file configures no proxy: the nodes trust the bundle, for pulls, and the platform's own components do not; --bundle-policy Always has them trust it too",
            policy.map_or_else(
                || "Proxyonly where nothing is said".to_owned(),
                |policy| sanitize_line(policy, 40)
            )
        ),
    };
    run.ui.status(text);
    run.ui
        .status("openshift-install uses the file up: keep a copy");
}

/// Writes the file as a whole: another one beside it takes its place, with its rights. A link stays a link.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let rights = fs::metadata(&path)?.permissions();
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let draft = path.with_file_name(format!(".{name}.{}.tmp", std::process::id()));
    let written = write_draft(&draft, text, rights).and_then(|()| fs::rename(&draft, &path));
    if written.is_err() {
        // What cannot be removed either is a hidden file that nothing reads.
        drop(fs::remove_file(&draft));
    }
    written
}

fn write_draft(draft: &Path, text: &str, rights: fs::Permissions) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // The file holds a pull secret: it is nobody else's to read at any moment.
        options.mode(0o600);
    }
    let mut file = options.open(draft)?;
    file.write_all(text.as_bytes())?;
    file.set_permissions(rights)?;
    file.sync_all()
}
