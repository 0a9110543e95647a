//! Whether a certificate chain is trusted, judged as Go judges it.
//!
//! Nodes, the API server's import and `oc` are Go programs, so Go's verdict counts, also where the TLS library of this tool would
//! decide otherwise: Go takes a server certificate that is marked as a CA, and RSA keys of 1024 bits; it refuses an expired root,
//! a root that is no CA, a root for another purpose, a negative serial number and a name that stands in the common name only.
//!
//! [`judge`] does two things. It follows `crypto/x509` `Certificate.Verify` step by step, which gives the answer
//! ([`Verdict::is_trusted`]) and the words that Go prints ([`Verdict::go_words`]) - Go stops at the first fault. Then, where the
//! answer is no, it looks at issuer, name, dates and purpose each for itself, so that two faults are both reported.
//! No revocation, no certificate policies, no fetching: everything comes in as arguments, the time too.

use jiff::Timestamp;

use crate::model::certificate::Certificate;

mod build;
mod constraints;
mod explain;
mod go;
mod name;
mod search;
mod signature;
mod store;
mod verdict;

pub use go::GoError;
pub use store::RootStore;
pub use verdict::{
    CaFault, DateFault, DateKind, IssuerVerdict, Missing, NameVerdict, OtherFault, PathEntry,
    PurposeFault, Role, Verdict,
};

/// Judges the chain that a TLS server presented.
///
/// * `presented`: DER, in the order of the handshake, the server's own certificate first.
/// * `name`: the host name or IP address that was asked for, without a port; IPv6 with or without brackets.
/// * `now`: the moment to judge for.
/// * `roots`: what the judging side trusts, and which intermediates are known though not trusted.
///
/// Source of the order and of every rule: Go `crypto/tls` `Conn.verifyServerCertificate` and `crypto/x509` `Certificate.Verify`
/// with `ExtKeyUsageServerAuth`, releases 1.24 and 1.25; what older ones do otherwise stands in `go.rs`.
pub fn judge<C: AsRef<[u8]>>(
    presented: &[C],
    name: &str,
    now: Timestamp,
    roots: &RootStore,
) -> Verdict {
    let presented: Vec<Certificate> = presented
        .iter()
        .map(|der| Certificate::read(der.as_ref()))
        .collect();
    judge_read(&presented, name, now, roots)
}

/// [`judge`] for certificates that were read already.
pub fn judge_read(
    presented: &[Certificate],
    name: &str,
    now: Timestamp,
    roots: &RootStore,
) -> Verdict {
    let answer = go::verify(presented, name, now, roots);
    explain::explain(presented, name, now, roots, answer)
}

#[cfg(test)]
mod tests;
