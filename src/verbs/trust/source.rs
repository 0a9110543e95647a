//! Where the certificates come from (a file, the registry itself, this machine's store), and whether they may be trusted.

use std::io::Read as _;
use std::path::Path;

use jiff::Timestamp;

use super::live::{self, Live};
use crate::cli::trust::TrustArgs as Flags;
use crate::doctor::setup;
use crate::error::Error;
use crate::model::bundle;
use crate::model::certificate::Certificate;
use crate::model::endpoint::RegistryArgument;
use crate::model::pem::{self, Bundle, DefectKind};
use crate::model::trust::{IssuerVerdict, judge_read};
use crate::plan::trust::offer::{self, Unfit};
use crate::ui::{Ui, sanitize_line};
use crate::verbs::Run;

/// A file is read up to here; a ConfigMap takes no more.
const LARGEST: u64 = 1 << 20;
/// Certificates that are shown, of a bundle of hundreds.
const SHOWN: usize = 10;

/// Certificates that are offered.
pub(super) struct Offer {
    /// As it is named in messages.
    from: String,
    pub(super) certificates: Vec<Certificate>,
}

/// What the command line itself gives: the file of `--ca`, read and found sound.
///
/// # Errors
///
/// When no source is named, the file cannot be read, nodes would not read all of it, or a private key is in it.
pub(super) fn given(run: &mut Run, flags: &Flags) -> Result<Option<Offer>, Error> {
    let Some(path) = &flags.ca else {
        if flags.remove || flags.from_registry || flags.from_system {
            return Ok(None);
        }
        return Err(Error::usage("which certificate is to be trusted?").hint(
            "--ca FILE names it, --from-registry takes it from the registry, --from-system from this machine's store",
        ));
    };
    let (bytes, from) = read(run, path)?;
    // What is only to be found again need not be sound.
    let mend = flags.repair || flags.remove;
    let certificates = sound(&mut run.ui, &bytes, &from, mend)?;
    let certificates: Vec<Certificate> = if flags.fingerprints.is_empty() || flags.remove {
        certificates
    } else {
        let (found, missing) = offer::with_fingerprints(&certificates, &flags.fingerprints);
        if let Some(missing) = missing.first() {
            return Err(Error::failure(format!(
                "{from} has no certificate with SHA-256 {missing}"
            )));
        }
        found.into_iter().cloned().collect()
    };
    Ok(Some(Offer { from, certificates }))
}

fn read(run: &Run, path: &Path) -> Result<(Vec<u8>, String), Error> {
    let mut bytes = Vec::new();
    let (read, from) = if path == Path::new("-") {
        let input = std::io::stdin().lock().take(LARGEST + 1);
        (
            { input }.read_to_end(&mut bytes),
            "standard input".to_owned(),
        )
    } else {
        let from = path.display().to_string();
        let file = std::fs::File::open(run.env.cwd.join(path));
        let read = file.and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes));
        (read, from)
    };
    read.map_err(|error| Error::failure(format!("cannot read {from}: {error}")))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Error::failure(format!(
            "{from} is larger than 1 MiB, which no ConfigMap takes"
        )));
    }
    Ok((bytes, from))
}

/// The certificates that nodes take out of it. With `mend`, also those that only lines keep from them.
fn sound(ui: &mut Ui, bytes: &[u8], from: &str, mend: bool) -> Result<Vec<Certificate>, Error> {
    let bundle = pem::parse(bytes);
    refuse_private_key(&bundle, from)?;
    // A key may show only once the text is put right.
    let mended = bundle::mend(bytes);
    let after = pem::parse(mended.text.as_bytes());
    refuse_private_key(&after, from)?;
    if bundle.is_sound() {
        return Ok(certificates(bundle));
    }
    if bytes.trim_ascii().is_empty() {
        return Err(without_certificate(&format!("{from} is empty")));
    }
    for defect in &bundle.defects {
        ui.status(sanitize_line(&format!("{from}, {defect}"), 300));
    }
    if after.certificates.is_empty() {
        return Err(without_certificate(&format!(
            "{from} holds no certificate that can be used"
        )));
    }
    if !mend {
        return Err(
            Error::failure(format!("nodes would not read all of {from}"))
                .hint("--repair mends what can be mended, and says what it leaves out"),
        );
    }
    let count = after.certificates.len();
    ui.status(format!(
        "{from} is mended: {count} {}",
        if count == 1 {
            "certificate"
        } else {
            "certificates"
        }
    ));
    for defect in &after.defects {
        ui.warning(sanitize_line(&format!("left out: {}", defect.kind), 300));
    }
    Ok(certificates(after))
}

fn without_certificate(words: &str) -> Error {
    Error::failure(words).hint(
        "the certificate of the CA is wanted, as PEM; those who run the registry have it, and --from-registry shows what it presents",
    )
}

fn certificates(bundle: Bundle) -> Vec<Certificate> {
    bundle
        .certificates
        .into_iter()
        .map(|found| found.certificate)
        .collect()
}

fn refuse_private_key(bundle: &Bundle, from: &str) -> Result<(), Error> {
    let key = bundle
        .defects
        .iter()
        .find(|defect| defect.kind == DefectKind::PrivateKey);
    match key {
        None => Ok(()),
        Some(defect) => Err(Error::failure(format!(
            "{from}, line {}: a private key stands there; what is trusted can be read by everybody",
            defect.line
        ))
        .hint("give the certificate alone; --repair does not take a key out either")),
    }
}

/// The certificates that are to be trusted, judged: by themselves, and against what the registry shows.
///
/// # Errors
///
/// When they do not fit, the registry cannot be asked, or what it shows is not confirmed.
pub(super) async fn judged(
    run: &mut Run,
    flags: &Flags,
    registry: &RegistryArgument,
    offer: Option<Offer>,
) -> Result<Vec<Certificate>, Error> {
    let live = if flags.skip_check && offer.is_some() {
        None
    } else {
        let looked = live::look(&run.env, registry, run.program).await;
        Some(looked.map_err(|error| {
            if offer.is_some() {
                error.hint("nothing was written; --skip-check writes without asking the registry")
            } else {
                error.hint("--ca FILE --skip-check goes without asking the registry")
            }
        })?)
    };
    let offer = match (offer, &live) {
        (Some(offer), _) => offer,
        (None, Some(live)) if flags.from_registry => from_registry(run, flags, registry, live)?,
        (None, Some(live)) => from_system(run, flags, registry, live)?,
        (None, None) => return Err(Error::usage("which certificate is to be trusted?")),
    };
    let shown = live.as_ref().map(Live::shown);
    let accepted = offer::judge(&offer.certificates, shown, Timestamp::now())
        .map_err(|unfit| unfitting(&unfit, &offer, registry, live.as_ref()))?;
    for certificate in accepted.certificates.iter().take(SHOWN) {
        for line in super::describe(certificate) {
            run.ui.status(format!("  {line}"));
        }
    }
    if let Some(more) = accepted.certificates.len().checked_sub(SHOWN + 1) {
        run.ui.status(format!("  {} more", more + 1));
    }
    for note in &accepted.notes {
        run.ui.warning(sanitize_line(note, 400));
    }
    match &accepted.anchor {
        Some(anchor) => run.ui.status(format!(
            "{} {registry} shows a chain that {} vouches for",
            run.ui.glyphs().pass,
            offer::subject(anchor)
        )),
        None => run.ui.warning(format!(
            "not checked: whether this verifies what {registry} shows"
        )),
    }
    Ok(accepted.certificates)
}

/// Shows the chain, and takes from it what is confirmed.
fn from_registry(
    run: &mut Run,
    flags: &Flags,
    registry: &RegistryArgument,
    live: &Live,
) -> Result<Offer, Error> {
    live::show(&mut run.ui, registry, &live.chain);
    let offer = |certificates| Offer {
        from: "what the registry shows".to_owned(),
        certificates,
    };
    if !flags.fingerprints.is_empty() {
        let (found, missing) = offer::with_fingerprints(&live.chain, &flags.fingerprints);
        return match missing.first() {
            None => Ok(offer(found.into_iter().cloned().collect())),
            Some(missing) => Err(Error::failure(format!(
                "{registry} shows no certificate with SHA-256 {missing}"
            ))
            .hint("either it is another certificate that is meant, or somebody answers in the registry's place")),
        };
    }
    let Some(top) = offer::top(&live.chain) else {
        let issuer = live
            .chain
            .first()
            .map(|leaf| sanitize_line(&leaf.issuer.to_string(), 120))
            .unwrap_or_default();
        return Err(Error::failure(format!(
            "{registry} shows its own certificate alone, and not that of {issuer}, which signed it"
        ))
        .hint(format!(
            "get the certificate of {issuer} and give it with --ca"
        )));
    };
    run.ui.status(
        "whoever answers in the registry's place shows a chain of his own: compare the SHA-256 with those who run the registry",
    );
    let question = format!(
        "Trust {}, SHA-256 {}?",
        offer::subject(top),
        top.fingerprint()
    );
    if !run.ui.is_interactive() {
        return Err(Error::usage(
            "what a registry shows of itself is trusted only once it is confirmed",
        )
        .hint("--fingerprint SHA256 confirms it; --yes does not"));
    }
    if run.ui.confirm(&question)? {
        Ok(offer(vec![top.clone()]))
    } else {
        Err(Error::failure("not confirmed: nothing was written"))
    }
}

/// The root that this machine verifies the registry with.
fn from_system(
    run: &mut Run,
    flags: &Flags,
    registry: &RegistryArgument,
    live: &Live,
) -> Result<Offer, Error> {
    let roots = setup::machine_roots(&run.env, None)?;
    let shown = live.shown();
    let verdict = judge_read(shown.chain, shown.host, Timestamp::now(), &roots);
    let (IssuerVerdict::Trusted { anchor, .. }, true) = (&verdict.issuer, verdict.is_trusted())
    else {
        let faults = live.faults(&roots);
        let error = Error::failure(format!(
            "this machine does not verify {registry} either: {}",
            live::words(&faults)
        ));
        return Err(live::explained(error, &faults, shown.host));
    };
    let wrong = |wanted: &crate::model::certificate::Fingerprint| *wanted != anchor.fingerprint();
    if let Some(wanted) = flags.fingerprints.iter().find(|wanted| wrong(wanted)) {
        return Err(Error::failure(format!(
            "this machine verifies {registry} with {}, SHA-256 {}, and not with {wanted}",
            offer::subject(anchor),
            anchor.fingerprint()
        )));
    }
    let public = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .any(|der| der.as_ref() == anchor.der());
    if public {
        run.ui.warning(format!(
            "{} is a public CA, which nodes have as well: they may need nothing",
            offer::subject(anchor)
        ));
    }
    Ok(Offer {
        from: "this machine's store".to_owned(),
        certificates: vec![(**anchor).clone()],
    })
}

/// Why the offered certificates are not taken, and what to do.
fn unfitting(
    unfit: &Unfit,
    offer: &Offer,
    registry: &RegistryArgument,
    live: Option<&Live>,
) -> Error {
    let from = &offer.from;
    match (unfit, live) {
        (Unfit::None(reasons), _) => Error::failure(format!(
            "{from} has no certificate that could be trusted: {}",
            sanitize_line(&reasons.join("; "), 600)
        )),
        (Unfit::Chain(_), Some(live)) => {
            let faults = live.faults(&offer::store(&offer.certificates));
            let error = Error::failure(format!(
                "{from} does not verify what {registry} shows: {}",
                live::words(&faults)
            ));
            live::explained(error, &faults, live.shown().host)
                .hint("nothing was written; --skip-check writes without asking the registry")
        }
        (other, _) => Error::failure(format!("{from}: {other}"))
            .hint("nothing was written; --skip-check writes without asking the registry"),
    }
}
