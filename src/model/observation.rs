//! What was seen on the wire, as plain values: `registry` fills them, `doctor` judges them, nothing here judges.
//!
//! Free text in here came from foreign servers; it has been bounded, and is sanitised when it is printed. No value holds
//! a credential, a token or a cookie; URLs have user names and query secrets removed.

mod answers;
mod wire;

pub use answers::{
    BlobView, Child, ConfigBlob, Descriptor, Grant, Login, LoginVerdict, ManifestFact,
    ManifestKind, ManifestView, Mismatch, Ping, PingKind, PushVerdict, PushView, Tags,
};
pub use wire::{
    Answer, ConnectFault, Dial, DnsFault, Exchange, ExchangeFault, Origin, ProxyFault, ProxyUse,
    Purpose, RegistryError, Sent, Stage, Tls, TlsFault, Withheld,
};
