//! The way to the registry: name, connection, proxy, TLS.

use crate::doctor::evidence::Fact;
use crate::model::observation::Dial;

/// The stages of a dial as facts. A stage that was not reached gives none.
pub fn facts(dial: &Dial) -> Vec<Fact> {
    let mut facts = Vec::new();
    facts.extend(dial.dns.clone().map(Fact::Dns));
    facts.extend(dial.proxy.clone().map(Fact::Proxy));
    // Where the proxy cannot be reached its own words are the evidence.
    let by_proxy = dial.proxy.as_ref().is_some_and(|used| used.result.is_err());
    facts.extend(dial.tcp.clone().filter(|_| !by_proxy).map(Fact::Tcp));
    facts.extend(dial.tls.clone().map(Fact::Tls));
    facts
}
