//! From addresses to a TCP connection: the first that answers wins, and a slow one does not hold up the next.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;

use super::limits::Limits;
use crate::model::observation::ConnectFault;

/// How long one attempt is waited for before the next begins beside it (RFC 8305 section 8 recommends 250 ms).
const STAGGER: Duration = Duration::from_millis(250);

/// Connects to one of `addresses`, which are tried in order.
pub(crate) async fn connect(
    addresses: &[SocketAddr],
    limits: &Limits,
) -> Result<(TcpStream, SocketAddr), ConnectFault> {
    limits
        .within(limits.budgets.tcp, race(addresses))
        .await
        .unwrap_or(Err(ConnectFault::TimedOut))
}

async fn race(addresses: &[SocketAddr]) -> Result<(TcpStream, SocketAddr), ConnectFault> {
    let mut waiting = addresses.iter().copied();
    let mut attempts = FuturesUnordered::new();
    let mut faults = Vec::new();
    loop {
        if attempts.is_empty() {
            match waiting.next() {
                Some(address) => attempts.push(attempt(address)),
                None => return Err(most_telling(faults)),
            }
        }
        tokio::select! {
            Some(result) = attempts.next() => match result {
                Ok(connected) => return Ok(connected),
                Err(fault) => faults.push(fault),
            },
            () = tokio::time::sleep(STAGGER), if waiting.len() > 0 => {
                attempts.extend(waiting.next().map(attempt));
            }
        }
    }
}

async fn attempt(address: SocketAddr) -> Result<(TcpStream, SocketAddr), ConnectFault> {
    let stream = TcpStream::connect(address)
        .await
        .map_err(|error| fault_of(&error))?;
    // Requests are small and written whole: waiting for more to send would only cost time. It fails on a connection that
    // was reset already; connected it was all the same, and the next stage will say what happened.
    let _was_reset = stream.set_nodelay(true);
    Ok((stream, address))
}

/// What failed, in the terms of the report.
pub(crate) fn fault_of(error: &io::Error) -> ConnectFault {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ConnectFault::Refused,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => ConnectFault::Reset,
        io::ErrorKind::TimedOut => ConnectFault::TimedOut,
        io::ErrorKind::NetworkUnreachable
        | io::ErrorKind::HostUnreachable
        | io::ErrorKind::NetworkDown
        | io::ErrorKind::AddrNotAvailable => ConnectFault::Unreachable {
            text: error.to_string(),
        },
        _ => ConnectFault::Other {
            text: error.to_string(),
        },
    }
}

/// Of several addresses' faults the one to report: a family that this machine does not speak explains nothing when another
/// address was reached and said no.
fn most_telling(faults: Vec<ConnectFault>) -> ConnectFault {
    faults
        .into_iter()
        .min_by_key(|fault| match fault {
            ConnectFault::Refused => 0,
            ConnectFault::Reset => 1,
            ConnectFault::TimedOut => 2,
            ConnectFault::Other { .. } => 3,
            ConnectFault::Unreachable { .. } => 4,
        })
        .unwrap_or(ConnectFault::Unreachable {
            text: "no address to connect to".to_owned(),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_answered_says_more_than_a_family_without_a_route() {
        let unreachable = ConnectFault::Unreachable {
            text: "no route".to_owned(),
        };
        assert_eq!(
            most_telling(vec![unreachable.clone(), ConnectFault::Refused]),
            ConnectFault::Refused
        );
        assert_eq!(most_telling(vec![unreachable.clone()]), unreachable);
    }
}
