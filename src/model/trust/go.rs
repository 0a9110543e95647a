//! `crypto/x509` `Certificate.Verify`, step by step: the answer that Go gives, with the first fault it meets.
//!
//! Where releases differ, this is 1.24 and 1.25, and `GODEBUG` exceptions are not considered. Against older ones: before 1.24 RSA keys
//! below 1024 bits are taken, and the words on SHA-1 end in a hint at `GODEBUG=x509sha1=1`; before 1.23 negative serial numbers are taken.

use jiff::Timestamp;

use super::build::{MOST_CHECKS, by_plausibility, is_in, presented_as};
use super::constraints;
use super::name::Asked;
use super::signature::{self, LARGEST_RSA, SignatureFault};
use super::store::RootStore;
use crate::model::certificate::{Certificate, ExtendedKeyUsage, KeyKind, Refusal};

/// Why a TLS client written in Go ends the handshake, in its words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GoError {
    /// The server presented nothing.
    #[error("tls: received empty certificates message")]
    NoCertificate,
    /// A certificate of the chain, needed or not, does not parse.
    #[error("tls: failed to parse certificate from server: {0}")]
    Parse(#[source] Refusal),
    /// A certificate of the chain has an RSA key of more than 8192 bits.
    #[error("tls: server sent certificate containing RSA key larger than 8192 bits")]
    LargeKey,
    /// The server's key is of a kind that TLS cannot use.
    #[error("tls: server's certificate contains an unsupported type of public key: {0}")]
    KeyType(&'static str),
    /// A critical extension that Go does not know.
    #[error("tls: failed to verify certificate: x509: unhandled critical extension")]
    CriticalExtension,
    /// Outside of its dates: the server's certificate or any above it, which the words do not tell.
    #[error(
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: {0}"
    )]
    Dates(String),
    /// The name does not match; the words carry their own prefix.
    #[error("tls: failed to verify certificate: {0}")]
    Name(String),
    /// No way to a trust anchor.
    #[error("tls: failed to verify certificate: x509: certificate signed by unknown authority{}", hint.as_deref().unwrap_or_default())]
    UnknownAuthority {
        /// Go's parenthesis about a candidate that was not taken, with its leading space.
        hint: Option<String>,
    },
    /// An intermediate that is no CA.
    #[error(
        "tls: failed to verify certificate: x509: certificate is not authorized to sign other certificates"
    )]
    NotAuthorizedToSign,
    /// A path length constraint is exceeded.
    #[error(
        "tls: failed to verify certificate: x509: too many intermediates for path length constraint"
    )]
    TooManyIntermediates,
    /// A name constraint is violated.
    #[error(
        "tls: failed to verify certificate: x509: a root or intermediate certificate is not authorized to sign for this name: {0}"
    )]
    NameConstraint(String),
    /// Extended key usages do not allow a TLS server.
    #[error(
        "tls: failed to verify certificate: x509: certificate specifies an incompatible key usage"
    )]
    IncompatibleUsage,
    /// Too many candidates.
    #[error(
        "tls: failed to verify certificate: x509: signature check attempts limit reached while verifying certificate chain"
    )]
    CheckLimit,
}

/// Go's answer.
pub(super) enum Answer<'a> {
    /// The chain that it found, server first, anchor last.
    Trusted(Vec<&'a Certificate>),
    Refused(GoError),
    /// It hangs on a signature that only Go could check.
    Undetermined(String),
}

pub(super) fn verify<'a>(
    presented: &'a [Certificate],
    name: &str,
    now: Timestamp,
    roots: &'a RootStore,
) -> Answer<'a> {
    let mut builder = Builder {
        presented,
        roots,
        now,
        checks: 0,
        unverifiable: None,
    };
    match builder.verify(name) {
        Ok(path) => Answer::Trusted(path),
        Err(error @ GoError::UnknownAuthority { .. }) => match builder.unverifiable {
            Some(why) => Answer::Undetermined(why),
            None => Answer::Refused(error),
        },
        Err(error) => Answer::Refused(error),
    }
}

/// Whether extended key usages allow a TLS server, the certificate for itself.
pub(super) fn allows_server(certificate: &Certificate) -> bool {
    let usages = &certificate.extended_key_usage;
    usages.is_empty()
        || usages
            .iter()
            .any(|usage| matches!(usage, ExtendedKeyUsage::Any | ExtendedKeyUsage::ServerAuth))
}

struct Builder<'a> {
    presented: &'a [Certificate],
    roots: &'a RootStore,
    now: Timestamp,
    checks: usize,
    unverifiable: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Leaf,
    Intermediate,
    Root,
}

impl<'a> Builder<'a> {
    fn verify(&mut self, name: &str) -> Result<Vec<&'a Certificate>, GoError> {
        let leaf = self.presented.first().ok_or(GoError::NoCertificate)?;
        for certificate in self.presented {
            if let Some(refusal) = &certificate.refusal {
                return Err(GoError::Parse(refusal.clone()));
            }
            if certificate.public_key.kind == KeyKind::Rsa
                && certificate.public_key.bits > LARGEST_RSA
            {
                return Err(GoError::LargeKey);
            }
        }
        self.is_valid(leaf, Place::Leaf, &[])?;
        let asked = Asked::read(name);
        if !asked.matches(leaf) {
            return Err(GoError::Name(asked.go_words(leaf)));
        }
        let chains = if self.roots.is_anchor(leaf) {
            vec![vec![leaf]]
        } else {
            self.build(&[leaf])?
        };
        let usable = chains
            .into_iter()
            .find(|chain| chain.iter().all(|member| allows_server(member)));
        let chain = usable.ok_or(GoError::IncompatibleUsage)?;
        match leaf.public_key.kind {
            KeyKind::Rsa | KeyKind::Ecdsa(_) | KeyKind::Ed25519 => Ok(chain),
            KeyKind::Dsa => Err(GoError::KeyType("*dsa.PublicKey")),
            KeyKind::Other(_) => Err(GoError::KeyType("<nil>")),
        }
    }

    /// `Certificate.isValid`: what is checked of a certificate before it joins the chain below it.
    fn is_valid(
        &self,
        certificate: &Certificate,
        place: Place,
        chain: &[&Certificate],
    ) -> Result<(), GoError> {
        if !certificate.unhandled_critical.is_empty() {
            return Err(GoError::CriticalExtension);
        }
        let seconds = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        if let Some(start) = certificate.not_before
            && self.now < start
        {
            return Err(GoError::Dates(format!(
                "current time {} is before {}",
                seconds(self.now),
                seconds(start)
            )));
        }
        if let Some(end) = certificate.not_after
            && self.now > end
        {
            return Err(GoError::Dates(format!(
                "current time {} is after {}",
                seconds(self.now),
                seconds(end)
            )));
        }
        let Some(leaf) = chain.first() else {
            return Ok(());
        };
        constraints::check(leaf, certificate).map_err(GoError::NameConstraint)?;
        if place == Place::Intermediate && !certificate.is_ca() {
            return Err(GoError::NotAuthorizedToSign);
        }
        if path_too_long(certificate, chain.len() - 1) {
            return Err(GoError::TooManyIntermediates);
        }
        Ok(())
    }

    /// `Certificate.buildChains`: all chains from the end of this one to an anchor.
    fn build(&mut self, chain: &[&'a Certificate]) -> Result<Vec<Vec<&'a Certificate>>, GoError> {
        let (mut chains, mut error, mut hint) = (Vec::new(), None, None);
        let Some(&child) = chain.last() else {
            return Ok(chains);
        };
        let issuer = &child.issuer.raw;
        let anchors = by_plausibility(child, self.roots.anchors_named(issuer).into_iter());
        let intermediates =
            by_plausibility(child, presented_as(self.presented, issuer).into_iter());
        let candidates = anchors
            .into_iter()
            .map(|anchor| (Place::Root, anchor))
            .chain(
                intermediates
                    .into_iter()
                    .map(|intermediate| (Place::Intermediate, intermediate)),
            );
        for (place, candidate) in candidates {
            self.checks += 1;
            if self.checks > MOST_CHECKS {
                error = Some(GoError::CheckLimit);
            }
            if error == Some(GoError::CheckLimit) {
                break;
            }
            if is_in(candidate, chain) {
                continue;
            }
            match signature::check_from(child, candidate) {
                Ok(()) => {}
                Err(fault @ SignatureFault::Unverifiable { .. }) => {
                    self.unverifiable.get_or_insert(fault.to_string());
                    continue;
                }
                Err(fault) => {
                    hint.get_or_insert_with(|| hint_text(&fault.to_string(), candidate));
                    continue;
                }
            }
            error = self.is_valid(candidate, place, chain).err();
            if error.is_some() {
                continue;
            }
            let longer: Vec<&Certificate> = chain.iter().copied().chain([candidate]).collect();
            if place == Place::Root {
                chains.push(longer);
            } else {
                match self.build(&longer) {
                    Ok(found) => chains.extend(found),
                    Err(deeper) => error = Some(deeper),
                }
            }
        }
        if chains.is_empty() {
            return Err(error.unwrap_or(GoError::UnknownAuthority { hint }));
        }
        Ok(chains)
    }
}

/// Whether a CA allows fewer intermediates than stand between it and the server's certificate.
pub(super) fn path_too_long(authority: &Certificate, intermediates: usize) -> bool {
    authority
        .basic_constraints
        .and_then(|constraints| constraints.path_len)
        .is_some_and(|limit| usize::try_from(limit).is_ok_and(|limit| intermediates > limit))
}

fn hint_text(fault: &str, candidate: &Certificate) -> String {
    let subject = &candidate.subject;
    let name = [&subject.common_name, &subject.organization]
        .into_iter()
        .flatten()
        .find(|name| !name.is_empty())
        .cloned()
        .unwrap_or_else(|| {
            format!(
                "serial:{}",
                candidate
                    .serial
                    .as_ref()
                    .map(|serial| serial.text.as_str())
                    .unwrap_or_default()
            )
        });
    format!(
        " (possibly because of {fault:?} while trying to verify candidate authority certificate {name:?})"
    )
}
