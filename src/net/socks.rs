//! A tunnel through a SOCKS5 proxy: RFC 1928, user name and password by RFC 1929. The proxy resolves the name.
//!
//! By hand, because the report needs to tell "it wants a login" from "it could not get there", and the errors of
//! hyper-util's connector cannot be taken apart from outside.

use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::pipe::Pipe;
use crate::model::observation::ProxyFault;

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const PASSWORD: u8 = 2;
const NOTHING_ACCEPTABLE: u8 = 0xff;
const CONNECT: u8 = 1;
const BY_NAME: u8 = 3;

/// Asks the proxy at the other end of `pipe` for a connection to `host`.
pub(crate) async fn open(
    mut pipe: Pipe,
    host: &str,
    port: u16,
    login: Option<&(String, SecretString)>,
) -> Result<Pipe, ProxyFault> {
    let offer: &[u8] = if login.is_some() {
        &[VERSION, 2, NO_LOGIN, PASSWORD]
    } else {
        &[VERSION, 1, NO_LOGIN]
    };
    send(&mut pipe, offer).await?;
    let [version, method] = receive(&mut pipe).await?;
    if version != VERSION {
        return Err(malformed("it does not speak SOCKS5"));
    }
    match (method, login) {
        (NO_LOGIN, _) => {}
        (PASSWORD, Some((user, password))) => log_in(&mut pipe, user, password).await?,
        (PASSWORD | NOTHING_ACCEPTABLE, _) => return Err(ProxyFault::AuthenticationRequired),
        _ => return Err(malformed("it chose a login method that was not offered")),
    }
    ask(&mut pipe, host, port).await?;
    Ok(pipe)
}

async fn log_in(pipe: &mut Pipe, user: &str, password: &SecretString) -> Result<(), ProxyFault> {
    let mut message = vec![1];
    for part in [user, password.expose_secret()] {
        let length = u8::try_from(part.len())
            .map_err(|_too_long| malformed("SOCKS5 takes at most 255 bytes of name or password"))?;
        message.push(length);
        message.extend_from_slice(part.as_bytes());
    }
    send(pipe, &message).await?;
    let [_version, status] = receive(pipe).await?;
    if status == 0 {
        Ok(())
    } else {
        Err(ProxyFault::AuthenticationRequired)
    }
}

async fn ask(pipe: &mut Pipe, host: &str, port: u16) -> Result<(), ProxyFault> {
    let length = u8::try_from(host.len())
        .map_err(|_too_long| malformed("SOCKS5 takes names of at most 255 bytes"))?;
    let mut message = vec![VERSION, CONNECT, 0, BY_NAME, length];
    message.extend_from_slice(host.as_bytes());
    message.extend_from_slice(&port.to_be_bytes());
    send(pipe, &message).await?;
    let [version, status, _reserved, kind] = receive(pipe).await?;
    if version != VERSION {
        return Err(malformed("it does not speak SOCKS5"));
    }
    if status != 0 {
        return Err(ProxyFault::Refused {
            status: u16::from(status),
            reason: reason(status).to_owned(),
        });
    }
    // The address it connected from follows, and is of no use here.
    let rest = match kind {
        1 => 4 + 2,
        4 => 16 + 2,
        BY_NAME => {
            let [length] = receive(pipe).await?;
            usize::from(length) + 2
        }
        _ => return Err(malformed("it answers with an unknown kind of address")),
    };
    let mut address = vec![0; rest];
    pipe.read_exact(&mut address)
        .await
        .map(drop)
        .map_err(|error| malformed(&error.to_string()))
}

/// The reply codes of RFC 1928 section 6.
fn reason(status: u8) -> &'static str {
    match status {
        1 => "general failure of the SOCKS server",
        2 => "the connection is not allowed by its rules",
        3 => "the network is unreachable from it",
        4 => "the host is unreachable from it, or does not resolve there",
        5 => "the connection from it was refused",
        6 => "the time to live ran out",
        7 => "it does not know the command",
        8 => "it does not know this kind of address",
        _ => "an unknown reason",
    }
}

async fn send(pipe: &mut Pipe, bytes: &[u8]) -> Result<(), ProxyFault> {
    pipe.write_all(bytes)
        .await
        .map_err(|error| malformed(&error.to_string()))
}

async fn receive<const N: usize>(pipe: &mut Pipe) -> Result<[u8; N], ProxyFault> {
    let mut bytes = [0; N];
    pipe.read_exact(&mut bytes)
        .await
        .map_err(|error| malformed(&error.to_string()))?;
    Ok(bytes)
}

fn malformed(text: &str) -> ProxyFault {
    ProxyFault::Malformed {
        text: text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs `open` against a proxy that answers with these messages, each after it was sent something.
    async fn against(
        login: Option<(String, SecretString)>,
        answers: &[&[u8]],
    ) -> (Result<(), ProxyFault>, Vec<Vec<u8>>) {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let answers: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
        let proxy = async move {
            let mut heard = Vec::new();
            for answer in answers {
                let mut buffer = vec![0; 512];
                let length = theirs.read(&mut buffer).await.unwrap();
                buffer.truncate(length);
                heard.push(buffer);
                theirs.write_all(&answer).await.unwrap();
            }
            (heard, theirs)
        };
        let opening = open(Pipe::new(ours), "registry.example", 5000, login.as_ref());
        let (result, (heard, _theirs)) = tokio::join!(opening, proxy);
        (result.map(drop), heard)
    }

    const CONNECTED: &[u8] = &[5, 0, 0, 1, 10, 0, 0, 1, 0x13, 0x88];

    #[tokio::test]
    async fn the_name_goes_to_the_proxy_unresolved() {
        let (result, heard) = against(None, &[&[5, 0], CONNECTED]).await;
        assert_eq!(result, Ok(()));
        let mut request = vec![5, 1, 0, 3, 16];
        request.extend_from_slice(b"registry.example");
        request.extend_from_slice(&5000_u16.to_be_bytes());
        assert_eq!(heard, vec![vec![5, 1, 0], request]);
    }

    #[tokio::test]
    async fn a_login_is_sent_only_when_asked_for() {
        let login = Some(("user".to_owned(), SecretString::from("secret")));
        let (result, heard) = against(login.clone(), &[&[5, 2], &[1, 0], CONNECTED]).await;
        assert_eq!(result, Ok(()));
        assert_eq!(heard[1], b"\x01\x04user\x06secret");
        let (result, heard) = against(login.clone(), &[&[5, 0], CONNECTED]).await;
        assert_eq!(result, Ok(()));
        assert!(!heard[1].windows(6).any(|window| window == b"secret"));
        let (result, _) = against(login, &[&[5, 2], &[1, 1]]).await;
        assert_eq!(result, Err(ProxyFault::AuthenticationRequired));
    }

    #[tokio::test]
    async fn its_refusals_are_told_apart() {
        let (result, _) = against(None, &[&[5, 0xff]]).await;
        assert_eq!(result, Err(ProxyFault::AuthenticationRequired));
        let (result, _) = against(None, &[&[5, 0], &[5, 5, 0, 1]]).await;
        assert!(matches!(result, Err(ProxyFault::Refused { status: 5, .. })));
        let (result, _) = against(None, &[b"HTTP/1.1 400 Bad Request\r\n"]).await;
        assert!(matches!(result, Err(ProxyFault::Malformed { .. })));
    }
}
