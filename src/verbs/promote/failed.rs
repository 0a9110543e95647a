//! What failed, in doctor's words where it has some.

use super::image::Unread;
use super::side::Side;
use crate::doctor::answer;
use crate::doctor::causes::Cause;
use crate::doctor::evidence::short_digest;
use crate::error::Error;
use crate::model::observation::{Answer, Exchange, ExchangeFault, Purpose, PushVerdict, Withheld};
use crate::plan::copy::Unfit;
use crate::registry::push_verdict;
use crate::registry::transfer::{Fault, Trouble};
use crate::ui::sanitize_line;

/// Both sides, for the words on either.
pub(super) struct Sides<'a> {
    pub(super) program: &'static str,
    pub(super) source: &'a Side,
    pub(super) target: &'a Side,
}

/// Whether the registry does not let this credential see whether something is there.
pub(super) fn is_hidden(fault: &Fault) -> bool {
    matches!(fault.status(), Some(401 | 403 | 404))
        || fault.exchange().is_some_and(|exchange| {
            matches!(
                exchange.result,
                Err(ExchangeFault::Withheld(Withheld::RefusedBefore))
            )
        })
}

impl Sides<'_> {
    /// A fault at either side.
    pub(super) fn fault(&self, fault: &Fault) -> Error {
        let Some(exchange) = fault.exchange() else {
            return self.content(fault);
        };
        let is_push = exchange.purpose == Purpose::Upload;
        let at_target = fault.place == self.target.place.name() && (is_push || !self.same_place());
        let side = if at_target { self.target } else { self.source };
        let registry = side.image.registry();
        let what = what(exchange, &side.image.to_string());
        match &exchange.result {
            Ok(answer) if at_target && (is_push || is_about_rights(exchange, answer)) => {
                self.refused(exchange, answer)
            }
            Ok(answer) => self.with_cause(
                format!(
                    "{registry} does not give {what}: {}",
                    sanitize_line(&answer::words_of(answer), 300)
                ),
                cause_of_pull(exchange, answer),
            ),
            Err(ExchangeFault::Withheld(Withheld::RefusedBefore)) => self.with_cause(
                format!("{registry} refuses the login"),
                Some(Cause::BadCredentials),
            ),
            Err(fault) => self.with_cause(
                format!(
                    "{registry} was asked for {what}, and it failed: {}",
                    answer::fault_words(fault)
                ),
                cause_of_fault(fault),
            ),
        }
    }

    /// Two tags of one repository.
    fn same_place(&self) -> bool {
        self.source.place.name() == self.target.place.name()
    }

    /// What was delivered, or stored, is not what it should be.
    fn content(&self, fault: &Fault) -> Error {
        let registry = fault.place.split('/').next().unwrap_or(&fault.place);
        let cause = match &fault.trouble {
            Trouble::TooLarge | Trouble::Algorithm(_) => Cause::ManifestUnsupported,
            _ => Cause::ServerError,
        };
        self.with_cause(
            format!(
                "{registry}: {}",
                sanitize_line(&fault.trouble.to_string(), 400)
            ),
            Some(cause),
        )
    }

    /// The target's no.
    fn refused(&self, exchange: &Exchange, answer: &Answer) -> Error {
        let registry = self.target.image.registry();
        let repository = self.target.place.repository();
        let said = sanitize_line(&answer::words_of(answer), 300);
        let manifest = exchange.url.contains("/manifests/");
        if manifest && is_immutable(answer) {
            let tag = self.target.image.tag().unwrap_or_default();
            return self
                .with_cause(
                    format!("{registry} does not let the tag {tag} of {repository} be changed: {said}"),
                    Some(Cause::Quarantined),
                )
                .hint("choose another tag; or have the rule lifted where the registry is administered");
        }
        if manifest && matches!(answer.status, 400 | 415) {
            return self.with_cause(
                format!("{registry} does not take this kind of manifest into {repository}: {said}"),
                Some(Cause::ManifestUnsupported),
            );
        }
        match answer.status {
            429 => {
                return self.with_cause(
                    format!("{registry} has a limit on requests, and it is reached: {said}"),
                    Some(Cause::Rate),
                );
            }
            413 => {
                return self.with_cause(
                    format!("{registry}, or what stands before it, takes no request of that size: {said}"),
                    Some(Cause::Quarantined),
                );
            }
            500.. if answer.status != 507 => {
                return self.with_cause(
                    format!(
                        "{registry} fails to store what it is sent: {}",
                        detailed(answer, &said)
                    ),
                    Some(Cause::ServerError),
                );
            }
            _ => {}
        }
        match push_verdict(answer) {
            PushVerdict::Denied { .. } if !self.target.place.has_credential() => self.with_cause(
                format!("{registry} wants credentials for a push to {repository}, and there are none"),
                Some(Cause::NoCredentials),
            )
            .hint("--target-registry-config FILE and --target-from-secret NAME take a login that is stored"),
            PushVerdict::Denied { .. } => self.with_cause(
                format!("{registry} gives the login no right to push to {repository} ({said})"),
                Some(Cause::PushDenied),
            ),
            PushVerdict::RepositoryMissing { .. } => self.with_cause(
                format!("{registry} has no repository {repository}, and makes none on a push ({said})"),
                Some(Cause::RepositoryMissing),
            ),
            _ => self.with_cause(
                format!("{registry} takes no push to {repository}: {said}"),
                Some(Cause::Quarantined),
            ),
        }
    }

    /// An image that is not as it should be.
    pub(super) fn unread(&self, unread: Unread) -> Error {
        let image = &self.source.image;
        match unread {
            Unread::Fault(fault) => self.fault(&fault),
            Unread::Unfit { why, .. } if why == Unfit::Schema1 => self.with_cause(
                format!("{image} cannot be copied: {why}"),
                Some(Cause::ManifestUnsupported),
            )
            .hint("build or convert it anew: `skopeo copy --format v2s2` writes what is understood today"),
            Unread::Unfit { what, why } => self.with_cause(
                format!("{image} cannot be copied: in its manifest {}, {why}", short_digest(&what)),
                Some(Cause::ManifestUnsupported),
            ),
            Unread::Missing { digest } => self.with_cause(
                format!(
                    "{image} is not whole: {} does not have its part {digest}",
                    image.registry()
                ),
                Some(Cause::BlobMissing),
            ),
            Unread::TooMuch => Error::failure(format!(
                "{image} leads to more manifests than any image has"
            )),
        }
    }

    fn with_cause(&self, sentence: String, cause: Option<Cause>) -> Error {
        match cause {
            Some(cause) => Error::failure(format!("{sentence} ({})", cause.id())).hint(format!(
                "`{} explain {}` tells more",
                self.program,
                cause.id()
            )),
            None => Error::failure(sentence),
        }
    }
}

/// Words that registries use for tags that may not move: Amazon ECR `ImageTagAlreadyExistsException`, Harbor's
/// "configured as immutable", Azure's and Google's "immutable", Quay's "tag is immutable".
fn is_immutable(answer: &Answer) -> bool {
    let words = answer.words().to_ascii_lowercase();
    answer.status == 409 || words.contains("immutable") || words.contains("already exists")
}

/// What a server error says beside "unknown error": distribution has the reason in its detail.
fn detailed(answer: &Answer, said: &str) -> String {
    let detail = answer
        .errors
        .iter()
        .find_map(|error| error.detail.as_ref()?.as_str());
    match detail {
        Some(detail) => format!("{said} ({})", sanitize_line(detail, 300)),
        None => said.to_owned(),
    }
}

/// What was asked for, as people name it.
fn what(exchange: &Exchange, image: &str) -> String {
    match exchange.purpose {
        Purpose::Token => format!("a token for {image}"),
        Purpose::Blob | Purpose::Upload => {
            let digest = exchange
                .url
                .rsplit('/')
                .next()
                .filter(|last| last.contains(':'));
            match digest {
                Some(digest) => format!("the part {} of {image}", short_digest(digest)),
                None => format!("a part of {image}"),
            }
        }
        _ => image.to_owned(),
    }
}

/// A token that the service of the target does not give: only for a push is that the end.
fn is_about_rights(exchange: &Exchange, answer: &Answer) -> bool {
    exchange.purpose == Purpose::Token && matches!(answer.status, 401 | 403 | 405)
}

fn cause_of_pull(exchange: &Exchange, answer: &Answer) -> Option<Cause> {
    match answer.status {
        _ if exchange.purpose == Purpose::Token => Some(Cause::TokenService),
        401 | 403 => Some(Cause::PullDenied),
        404 => Some(Cause::BlobMissing),
        412 => Some(Cause::Quarantined),
        429 => Some(Cause::Rate),
        500.. => Some(Cause::ServerError),
        _ => None,
    }
}

fn cause_of_fault(fault: &ExchangeFault) -> Option<Cause> {
    match fault {
        ExchangeFault::Dns(_) => Some(Cause::Dns),
        ExchangeFault::Connect(crate::model::observation::ConnectFault::Refused) => {
            Some(Cause::Refused)
        }
        ExchangeFault::TimedOut { .. } | ExchangeFault::Deadline => Some(Cause::Timeout),
        ExchangeFault::Connect(_) | ExchangeFault::Cut { .. } => Some(Cause::Reset),
        ExchangeFault::Proxy(_) => Some(Cause::Proxy),
        ExchangeFault::Untrusted => Some(Cause::UnknownCa),
        ExchangeFault::Tls(crate::model::observation::TlsFault::PlainHttp) => {
            Some(Cause::PlainHttp)
        }
        ExchangeFault::Tls(_) => Some(Cause::Handshake),
        ExchangeFault::Withheld(Withheld::RefusedBefore) => Some(Cause::BadCredentials),
        ExchangeFault::Protocol { .. } | ExchangeFault::Malformed { .. } => {
            Some(Cause::ServerError)
        }
        ExchangeFault::Withheld(_) => None,
    }
}
