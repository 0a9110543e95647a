//! From a name to addresses, with the system's resolver: what it says is what programs on this machine see.

use std::net::SocketAddr;

use super::limits::{Cut, Limits};
use crate::model::observation::DnsFault;

/// The addresses of `host`, in the resolver's order with the families alternating, so that one dead family costs little.
pub(crate) async fn resolve(
    host: &str,
    port: u16,
    limits: &Limits,
) -> Result<Vec<SocketAddr>, DnsFault> {
    let found = limits
        .within(limits.budgets.dns, tokio::net::lookup_host((host, port)))
        .await;
    match found {
        Err(Cut::TimedOut | Cut::Deadline) => Err(DnsFault::TimedOut),
        Ok(Err(error)) => Err(DnsFault::NotFound {
            text: error.to_string(),
        }),
        Ok(Ok(addresses)) => {
            let mut unique: Vec<SocketAddr> = Vec::new();
            for address in addresses {
                if !unique.contains(&address) {
                    unique.push(address);
                }
            }
            if unique.is_empty() {
                return Err(DnsFault::NotFound {
                    text: "the name has no address".to_owned(),
                });
            }
            Ok(alternate(unique))
        }
    }
}

/// The families in turn, beginning with the resolver's first (RFC 8305 section 4).
fn alternate(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (mut lead, mut follow): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == first_is_v6);
    let mut ordered = Vec::with_capacity(lead.len() + follow.len());
    lead.reverse();
    follow.reverse();
    while let Some(address) = lead.pop() {
        ordered.push(address);
        ordered.extend(follow.pop());
    }
    follow.reverse();
    ordered.extend(follow);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_take_turns_and_none_is_lost() {
        assert_eq!(
            alternate(addresses(&[
                "[::1]:1",
                "[::2]:1",
                "1.1.1.1:1",
                "1.1.1.2:1",
                "1.1.1.3:1"
            ])),
            addresses(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "1.1.1.2:1", "1.1.1.3:1"])
        );
        assert_eq!(
            alternate(addresses(&["1.1.1.1:1"])),
            addresses(&["1.1.1.1:1"])
        );
    }
}
