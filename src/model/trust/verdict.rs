//! The verdict on a chain: issuer, name, dates and purpose each for itself, and Go's answer beside them.

use jiff::Timestamp;

use super::go::GoError;
use crate::model::certificate::{Certificate, Refusal, SignatureAlgorithm};

/// What [`super::judge`] found.
///
/// Where Go trusts the chain all parts are without fault. Where it does not, they say everything that is wrong, not only what Go
/// met first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Who vouches for the certificate. Dates do not count here: an expired CA is trusted as an issuer and stands in `dates`.
    pub issuer: IssuerVerdict,
    /// Whether the name that was asked for is covered.
    pub name: NameVerdict,
    /// Certificates of the path that are outside of their dates.
    pub dates: Vec<DateFault>,
    /// Certificates of the path that are not for TLS servers.
    pub purpose: Vec<PurposeFault>,
    /// Everything else.
    pub other: Vec<OtherFault>,
    /// The path that was judged: the server's certificate first, then its issuers as far as they are there, the anchor last where
    /// one was reached. Empty when nothing was presented.
    pub path: Vec<PathEntry>,
    pub(super) trusted: bool,
    pub(super) refusal: Option<GoError>,
}

impl Verdict {
    /// Whether Go takes the chain for this name at this time.
    pub fn is_trusted(&self) -> bool {
        self.trusted
    }

    /// Neither trusted nor refused: it hangs on a signature that this tool cannot check and Go perhaps can. Never a fault.
    pub fn is_undetermined(&self) -> bool {
        !self.trusted && self.refusal.is_none()
    }

    /// The text that Go (1.20 or newer) prints for the first fault it meets; older releases leave out
    /// `tls: failed to verify certificate: `. `None` when it is trusted, or undetermined.
    pub fn go_words(&self) -> Option<String> {
        self.refusal.as_ref().map(ToString::to_string)
    }

    /// The first fault that Go meets, typed.
    pub fn go_error(&self) -> Option<&GoError> {
        self.refusal.as_ref()
    }

    /// The server's own certificate.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.path.first().map(|entry| &entry.certificate)
    }
}

/// A certificate of the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathEntry {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it stands.
    pub role: Role,
    /// The sources of the store that have it, empty for one that only the server presented.
    pub sources: Vec<String>,
}

/// Where a certificate stands in the path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server's own, also where it is its own anchor.
    Leaf,
    /// Between the two.
    Intermediate,
    /// The trust anchor.
    Root,
}

/// Who vouches for the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IssuerVerdict {
    /// The path ends in an anchor.
    Trusted {
        /// The anchor; it may be the server's own certificate.
        anchor: Box<Certificate>,
        /// Where it is trusted from.
        sources: Vec<String>,
    },
    /// The path ends nowhere.
    UnknownAuthority {
        /// The name of the issuer that is not in the store.
        missing_issuer: String,
        /// The server's certificate is its own issuer.
        self_signed: bool,
        /// The server presented the missing issuer itself; it only is not trusted.
        presented: bool,
        /// Sources with an anchor of the same name and another key, as after a CA was made anew.
        same_name_in: Vec<String>,
    },
    /// The server leaves out an intermediate certificate, and it is known which.
    IncompleteChain {
        /// Its name.
        missing_issuer: String,
        /// How it is known.
        known_by: Missing,
    },
    /// There is a path to an anchor, and a CA on it must not be one.
    BadCa {
        /// The CA.
        certificate: Box<Certificate>,
        /// Whether it is the anchor or an intermediate.
        role: Role,
        /// Sources of the store that have it.
        sources: Vec<String>,
        /// What is wrong with it.
        why: CaFault,
    },
    /// The path needs a signature checked that only Go can check, or nothing could be read.
    Undetermined {
        /// Which one.
        why: String,
    },
}

/// How a missing intermediate is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The server's certificate names its address. Not fetched: that it leads to a trusted root is likely, and not proved.
    Url(String),
    /// It is in the store of known intermediates, and with it the path reaches an anchor.
    Known {
        /// The sources that have it.
        sources: Vec<String>,
    },
}

/// Why a CA must not stand in a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CaFault {
    /// Its basic constraints do not say `CA:TRUE`.
    NotACa,
    /// Its key usage lacks `keyCertSign`.
    MayNotSign,
    /// It made the signature below it with an algorithm that Go refuses (SHA-1, MD5).
    WeakSignature(SignatureAlgorithm),
    /// It made the signature below it with an algorithm that Go does not know.
    UnknownAlgorithm(SignatureAlgorithm),
    /// Its RSA key has less than 1024 bits, which Go takes no more since 1.24.
    SmallKey(usize),
    /// More intermediates stand below it than its path length allows.
    PathTooLong {
        /// The limit.
        limit: u32,
    },
    /// It has a critical extension that Go does not know.
    CriticalExtension(String),
}

/// Whether the name is covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameVerdict {
    /// It is.
    Match,
    /// It would be by the common name, which no longer counts: there are no subject alternative names.
    CommonNameOnly {
        /// The common name.
        common_name: String,
    },
    /// It is not.
    Mismatch {
        /// What was asked for.
        wanted: String,
        /// What the certificate has, DNS names and addresses.
        presented: Vec<String>,
    },
    /// The certificate could not be read.
    Unreadable,
}

/// A certificate outside of its dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateFault {
    /// Where it stands; Go's words do not tell.
    pub which: Role,
    /// Whose it is.
    pub subject: String,
    /// On which side.
    pub kind: DateKind,
    /// The date that was passed, or not reached.
    pub bound: Timestamp,
}

/// On which side of its dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateKind {
    /// After the last moment.
    Expired,
    /// Before the first moment.
    NotYetValid,
}

/// A certificate whose extended key usages leave out TLS servers. In a CA it restricts all that lies below.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurposeFault {
    /// Where it stands.
    pub which: Role,
    /// Whose it is.
    pub subject: String,
    /// What it is for.
    pub allowed: Vec<String>,
}

/// Faults of other kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtherFault {
    /// The server presented nothing.
    NoCertificate,
    /// A presented certificate that Go does not parse; it ends the handshake even where the path does not need it.
    Refused {
        /// Its place in what was presented, the server's own being 0.
        position: usize,
        /// Whose it is.
        subject: String,
        /// Go's reason.
        why: Refusal,
    },
    /// A presented certificate has an RSA key of more bits than Go allows.
    LargeKey {
        /// Whose it is.
        subject: String,
        /// The size.
        bits: usize,
    },
    /// The server's key is of a kind that TLS cannot use.
    KeyType(String),
    /// The server's certificate has a critical extension that Go does not know.
    CriticalExtension(String),
    /// A CA of the path must not sign for a name of the certificate.
    NameConstraint {
        /// The CA.
        authority: String,
        /// Which name and why, in Go's words.
        detail: String,
    },
    /// A further CA of the path that must not stand there.
    BadCa {
        /// The CA.
        authority: String,
        /// What is wrong with it.
        why: CaFault,
    },
    /// Go refuses for a reason that none of the parts shows.
    GoRefuses(String),
}
