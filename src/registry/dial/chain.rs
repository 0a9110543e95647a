//! Whether a run may rely on a chain: Go's rules, this run's store, this machine's clock.

use jiff::Timestamp;

use crate::model::observation::{ExchangeFault, TlsFault};
use crate::model::trust::{self, RootStore};

/// Nothing when the chain is trusted for `host`. What only this tool cannot check is no verdict on the chain.
pub(super) fn check(chain: &[Vec<u8>], host: &str, roots: &RootStore) -> Result<(), ExchangeFault> {
    let verdict = trust::judge(chain, host, Timestamp::now(), roots);
    if verdict.is_trusted() {
        Ok(())
    } else if verdict.is_undetermined() {
        Err(ExchangeFault::Tls(TlsFault::Handshake {
            text: "the chain hangs on a signature that this tool cannot check".to_owned(),
            our_limits: true,
        }))
    } else {
        Err(ExchangeFault::Untrusted)
    }
}
