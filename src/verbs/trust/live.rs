//! What the registry shows: one TLS handshake, nothing sent.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::doctor::answer;
use crate::doctor::evidence::{ChainFault, Side, chain_fault_words};
use crate::doctor::probes::chain;
use crate::doctor::setup;
use crate::env::Env;
use crate::error::Error;
use crate::model::certificate::Certificate;
use crate::model::endpoint::RegistryArgument;
use crate::model::observation::{Dial, TlsFault};
use crate::model::trust::RootStore;
use crate::plan::trust::offer::Shown;
use crate::registry::Registry;
use crate::ui::Ui;

/// How long the whole look may take.
const TIMEOUT: Duration = Duration::from_secs(30);

/// The chain of a registry.
pub(super) struct Live {
    dial: Dial,
    pub(super) chain: Vec<Certificate>,
}

impl Live {
    pub(super) fn shown(&self) -> Shown<'_> {
        Shown {
            chain: &self.chain,
            host: &self.dial.origin.host,
        }
    }

    /// What is wrong with the chain for who trusts these roots.
    pub(super) fn faults(&self, roots: &RootStore) -> Vec<ChainFault> {
        chain::chain(&self.dial, Side::Here, roots, Timestamp::now())
            .map(|(fact, _)| fact.faults)
            .unwrap_or_default()
    }
}

/// Dials the registry and keeps its chain, trusted or not.
///
/// # Errors
///
/// When there is no chain to be seen: the registry is out of reach from here, or speaks plain HTTP. The caller says what to do
/// without.
pub(super) async fn look(
    env: &Env,
    registry: &RegistryArgument,
    program: &str,
) -> Result<Live, Error> {
    let machine = Arc::new(setup::machine_roots(env, None)?);
    let options = setup::registry_options(
        &machine,
        None,
        setup::proxy_rules(env),
        false,
        false,
        Instant::now() + TIMEOUT,
    );
    let client = Registry::new(registry.endpoint.clone(), Vec::new(), options)
        .map_err(|error| Error::failure(error.to_string()))?;
    let dial = client.dial().await;
    match dial.tls.as_ref().map(|stage| &stage.result) {
        Some(Ok(tls)) if !tls.chain.is_empty() => Ok(Live {
            chain: tls.chain.iter().map(|der| Certificate::read(der)).collect(),
            dial,
        }),
        Some(Err(TlsFault::PlainHttp)) => Err(Error::failure(format!(
            "{registry} speaks plain HTTP: there is no certificate to be trusted"
        ))
        .hint(format!(
            "`{program} insecure {registry}` lets the cluster use it as it is"
        ))),
        _ => Err(Error::failure(format!(
            "{registry} cannot be reached from here: {}",
            why(&dial)
        ))),
    }
}

/// What kept the handshake from ending.
fn why(dial: &Dial) -> String {
    if let Some(Err(fault)) = dial.dns.as_ref().map(|stage| &stage.result) {
        return answer::dns_words(fault);
    }
    if let Some(Err(fault)) = dial.proxy.as_ref().map(|used| &used.result) {
        return answer::proxy_words(fault);
    }
    if let Some(Err(fault)) = dial.tcp.as_ref().map(|stage| &stage.result) {
        return answer::connect_words(fault);
    }
    match dial.tls.as_ref().map(|stage| &stage.result) {
        Some(Err(fault)) => answer::tls_words(fault),
        Some(Ok(_)) => "it shows no certificate".to_owned(),
        None => "the time was over".to_owned(),
    }
}

/// Shows the chain, the server's own certificate first.
pub(super) fn show(ui: &mut Ui, registry: &RegistryArgument, chain: &[Certificate]) {
    ui.status(format!("{registry} shows:"));
    for (at, certificate) in chain.iter().enumerate() {
        let [first, second] = super::describe(certificate);
        let by = if certificate.is_self_issued() {
            "signed by itself".to_owned()
        } else {
            format!(
                "signed by {}",
                crate::ui::sanitize_line(&certificate.issuer.to_string(), 80)
            )
        };
        ui.status(format!("  {} {first}, {by}", at + 1));
        ui.status(format!("  {second}"));
    }
}

/// The faults as one line, and what mends them.
pub(super) fn explained(error: Error, faults: &[ChainFault], host: &str) -> Error {
    faults.iter().fold(error, |error, fault| match fault {
        ChainFault::WrongName { .. } => error.hint(format!(
            "no CA mends that: the registry needs a certificate for {host}, in its subject alternative names"
        )),
        ChainFault::Expired { is_ca: false, .. } | ChainFault::NotYetValid { .. } => {
            error.hint("no CA mends that: the registry needs a certificate that is valid now")
        }
        ChainFault::UnknownIssuer { missing: Some(_), .. } => error.hint(
            "have the registry send the whole chain, or put the certificate that it leaves out into the file as well",
        ),
        ChainFault::UnknownIssuer { issuer, missing: None } => error.hint(format!(
            "what is needed is the certificate of {}; --from-registry shows the chain",
            crate::ui::sanitize_line(issuer, 160)
        )),
        _ => error,
    })
}

/// All faults in words.
pub(super) fn words(faults: &[ChainFault]) -> String {
    let words: Vec<String> = faults.iter().map(chain_fault_words).collect();
    words.join("; ")
}
