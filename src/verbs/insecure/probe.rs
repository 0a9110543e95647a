//! What a registry speaks, as far as `insecure` has to know: plain HTTP, or TLS with a certificate that is trusted, could be, or
//! cannot be helped.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;

use crate::cli::insecure::InsecureArgs as Flags;
use crate::cluster::Cluster;
use crate::cluster::snapshot::WantConfig;
use crate::doctor::answer;
use crate::doctor::setup::{self, PlatformTrust};
use crate::env::Env;
use crate::error::Error;
use crate::model::endpoint::Endpoint;
use crate::model::observation::{Dial, PingKind, TlsFault};
use crate::model::trust::{self, IssuerVerdict, RootStore, Verdict};
use crate::registry::{Options, Registry};
use crate::ui::sanitize_line;

/// How long it may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// What it speaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Speaks {
    PlainHttp,
    /// TLS, and the chain is good.
    Trusted {
        /// Who trusts it.
        by: String,
    },
    /// TLS, and only nobody vouches for it.
    Trustable {
        /// Whose certificate would have to be trusted.
        issuer: String,
        /// The registry shows that certificate itself.
        shown: bool,
    },
    /// TLS, and something is wrong that trusting a CA does not mend: a name, a date.
    Faulty(String),
}

/// Asks the registry, without credentials.
///
/// # Errors
///
/// When it does not answer, or speaks something else: then nothing is known.
pub(super) async fn probe(
    env: &Env,
    cluster: Option<&Cluster>,
    flags: &Flags,
    endpoint: &Endpoint,
) -> Result<Speaks, Error> {
    let machine = Arc::new(setup::machine_roots(env, flags.registry_ca.as_deref())?);
    let read = match cluster {
        Some(cluster) => {
            let want = WantConfig {
                image_config: true,
                proxy: true,
                ..WantConfig::default()
            };
            Some(cluster.cluster_config(want).await)
        }
        None => None,
    };
    let nodes = read
        .as_ref()
        .and_then(PlatformTrust::of)
        .map(|platform| platform.for_registry(&endpoint.name()));
    let options = |plain_http| {
        setup::registry_options(
            &machine,
            nodes.as_ref(),
            setup::proxy_rules(env),
            plain_http,
            false,
            Instant::now() + TIMEOUT,
        )
    };
    if !flags.plain_http {
        let options = options(false);
        let roots = options.roots.clone();
        let dial = registry(endpoint, options)?.dial().await;
        match dial.tls.as_ref().map(|tls| &tls.result) {
            Some(Ok(tls)) => return judged(&tls.chain, &dial, &roots),
            Some(Err(TlsFault::PlainHttp)) => return Ok(Speaks::PlainHttp),
            Some(Err(fault)) => {
                return Err(unknown(endpoint, &answer::tls_words(fault)));
            }
            None if endpoint.port().is_some() => {
                return Err(unknown(endpoint, &connect_words(&dial)));
            }
            // Without a port plain HTTP has one of its own.
            None => {}
        }
    }
    let plain = registry(endpoint, options(true))?;
    let ping = plain.ping().await;
    if matches!(ping.kind, PingKind::Open | PingKind::Challenge) {
        return Ok(Speaks::PlainHttp);
    }
    Err(unknown(endpoint, &connect_words(&plain.dial().await)))
}

fn registry(endpoint: &Endpoint, options: Options) -> Result<Registry, Error> {
    Registry::new(endpoint.clone(), Vec::new(), options)
        .map_err(|error| Error::failure(error.to_string()))
}

fn judged(chain: &[Vec<u8>], dial: &Dial, roots: &RootStore) -> Result<Speaks, Error> {
    let (host, now) = (&dial.origin.host, Timestamp::now());
    let verdict = trust::judge(chain, host, now, roots);
    if verdict.is_trusted() {
        let by = match &verdict.issuer {
            IssuerVerdict::Trusted { sources, .. } => sources.join(", "),
            _ => String::new(),
        };
        return Ok(Speaks::Trusted { by });
    }
    if verdict.is_undetermined() {
        return Err(Error::failure(format!(
            "whether the certificate of {host} can be trusted is not known: it hangs on a signature that this tool cannot check"
        ))
        .hint("--skip-check writes without that"));
    }
    // As if somebody trusted the CAs that it shows. Go takes a server's certificate as its own root as well, but trust in one
    // that a CA has issued ends when it is renewed.
    let own = matches!(
        verdict.issuer,
        IssuerVerdict::UnknownAuthority {
            self_signed: true,
            ..
        }
    );
    let mut shown = roots.clone();
    for certificate in chain.iter().skip(usize::from(!own)) {
        shown.add_unread("the registry", certificate);
    }
    let with_shown = trust::judge(chain, host, now, &shown);
    if with_shown.is_trusted() {
        return Ok(Speaks::Trustable {
            issuer: issuer(&verdict),
            shown: true,
        });
    }
    let only_unknown = verdict.dates.is_empty()
        && verdict.purpose.is_empty()
        && verdict.other.is_empty()
        && verdict.name == trust::NameVerdict::Match
        && matches!(
            verdict.issuer,
            IssuerVerdict::UnknownAuthority { .. } | IssuerVerdict::IncompleteChain { .. }
        );
    if only_unknown {
        return Ok(Speaks::Trustable {
            issuer: issuer(&verdict),
            shown: false,
        });
    }
    let words = with_shown.go_words().unwrap_or_default();
    Ok(Speaks::Faulty(sanitize_line(&words, 300)))
}

/// The name of the certificate that is missing in the store.
fn issuer(verdict: &Verdict) -> String {
    let name = match &verdict.issuer {
        IssuerVerdict::UnknownAuthority { missing_issuer, .. }
        | IssuerVerdict::IncompleteChain { missing_issuer, .. } => missing_issuer.clone(),
        IssuerVerdict::BadCa { certificate, .. } => certificate.subject.to_string(),
        IssuerVerdict::Trusted { .. } | IssuerVerdict::Undetermined { .. } => verdict
            .leaf()
            .map(|leaf| leaf.issuer.to_string())
            .unwrap_or_default(),
    };
    sanitize_line(&name, 200)
}

fn unknown(endpoint: &Endpoint, words: &str) -> Error {
    Error::failure(format!(
        "what {endpoint} speaks is not known: {}",
        sanitize_line(words, 300)
    ))
    .hint("nothing was written; --skip-check writes without asking the registry")
}

/// Why there was no connection.
fn connect_words(dial: &Dial) -> String {
    if let Some(proxy) = &dial.proxy
        && let Err(fault) = &proxy.result
    {
        return format!(
            "the proxy {} fails: {}",
            proxy.url,
            answer::proxy_words(fault)
        );
    }
    if let Some(Err(fault)) = dial.dns.as_ref().map(|it| &it.result) {
        return answer::dns_words(fault);
    }
    match dial.tcp.as_ref().map(|it| &it.result) {
        Some(Err(fault)) => answer::connect_words(fault),
        _ => "it does not answer as a registry".to_owned(),
    }
}
