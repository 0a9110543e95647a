//! The address of a proxy. Its password is never shown.

use std::fmt;
use std::net::Ipv6Addr;

use secrecy::{ExposeSecret as _, SecretString};

/// How to talk to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProxyScheme {
    /// Plain HTTP, also where no scheme is given.
    Http,
    /// HTTP within TLS.
    Https,
    /// SOCKS 5; Go leaves name resolution to the proxy, with `socks5` as with `socks5h`.
    Socks5,
}

impl ProxyScheme {
    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
            Self::Socks5 => "socks5",
        }
    }

    fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
            Self::Socks5 => 1080,
        }
    }
}

/// A proxy. `Display` and `Debug` show `***` in the place of credentials.
#[derive(Clone)]
pub struct ProxyUrl {
    /// How to talk to it.
    pub scheme: ProxyScheme,
    /// Its host, IPv6 without brackets.
    pub host: String,
    /// Its port, the scheme's where none is written.
    pub port: u16,
    user_info: Option<SecretString>,
}

impl ProxyUrl {
    /// Reads a value as Go does: `host:port` without a scheme is `http`, a path is ignored.
    pub fn parse(value: &str) -> Result<Self, ProxyUrlError> {
        let (scheme, rest) = match value.split_once("://") {
            Some((scheme, rest)) => (read_scheme(scheme)?, rest),
            None => (ProxyScheme::Http, value),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let (user_info, address) = match authority.rsplit_once('@') {
            Some((user_info, address)) => (Some(SecretString::from(user_info)), address),
            None => (None, authority),
        };
        if let Some(user_info) = &user_info
            && decode(user_info.expose_secret()).is_none()
        {
            return Err(ProxyUrlError::Credentials);
        }
        let (host, port) = split_address(address)?;
        let port = match port {
            None | Some("") => scheme.default_port(),
            Some(port) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                port.parse().map_err(|_| ProxyUrlError::Port)?
            }
            Some(_) => return Err(ProxyUrlError::Port),
        };
        Ok(Self {
            scheme,
            host: host.to_owned(),
            port,
            user_info,
        })
    }

    /// User name and password, decoded; the password is empty where only a name is written.
    pub fn credentials(&self) -> Option<(String, SecretString)> {
        let user_info = self.user_info.as_ref()?.expose_secret();
        let (user, password) = user_info.split_once(':').unwrap_or((user_info, ""));
        Some((decode(user)?, SecretString::from(decode(password)?)))
    }

    /// The whole URL with its credentials, for the client that connects.
    pub fn to_secret(&self) -> SecretString {
        let user_info = self
            .user_info
            .as_ref()
            .map(|user_info| format!("{}@", user_info.expose_secret()));
        SecretString::from(self.with_user_info(&user_info.unwrap_or_default()))
    }

    fn with_user_info(&self, user_info: &str) -> String {
        let Self {
            scheme, host, port, ..
        } = self;
        if host.contains(':') {
            format!("{}://{user_info}[{host}]:{port}", scheme.name())
        } else {
            format!("{}://{user_info}{host}:{port}", scheme.name())
        }
    }
}

impl fmt::Display for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_user_info(if self.user_info.is_some() { "***@" } else { "" }))
    }
}

impl fmt::Debug for ProxyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProxyUrl({self})")
    }
}

impl PartialEq for ProxyUrl {
    fn eq(&self, other: &Self) -> bool {
        self.to_secret().expose_secret() == other.to_secret().expose_secret()
    }
}

impl Eq for ProxyUrl {}

/// What is wrong with the address of a proxy. The value itself is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyUrlError {
    /// A scheme that no client here speaks.
    #[error("the proxy's scheme is none of http, https, socks5, socks5h")]
    Scheme,
    /// No host.
    #[error("the proxy's address has no host")]
    NoHost,
    /// A host with characters that no host has.
    #[error("the proxy's host is malformed")]
    Host,
    /// A port that is no number up to 65535.
    #[error("the proxy's port is no number between 0 and 65535")]
    Port,
    /// A broken escape in the credentials.
    #[error("the proxy's user name or password holds a character that must be percent-encoded")]
    Credentials,
}

fn read_scheme(scheme: &str) -> Result<ProxyScheme, ProxyUrlError> {
    match scheme.to_ascii_lowercase().as_str() {
        "http" => Ok(ProxyScheme::Http),
        "https" => Ok(ProxyScheme::Https),
        "socks5" | "socks5h" => Ok(ProxyScheme::Socks5),
        _ => Err(ProxyUrlError::Scheme),
    }
}

fn split_address(address: &str) -> Result<(&str, Option<&str>), ProxyUrlError> {
    if let Some(rest) = address.strip_prefix('[') {
        let (host, rest) = rest.split_once(']').ok_or(ProxyUrlError::Host)?;
        let without_zone = host.split_once('%').map_or(host, |(address, _)| address);
        without_zone
            .parse::<Ipv6Addr>()
            .map_err(|_| ProxyUrlError::Host)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(ProxyUrlError::Port),
        };
    }
    let (host, port) = address
        .split_once(':')
        .map_or((address, None), |(host, port)| (host, Some(port)));
    if host.is_empty() {
        return Err(ProxyUrlError::NoHost);
    }
    let allowed =
        |character: char| character.is_alphanumeric() || matches!(character, '-' | '.' | '_' | '~');
    if !host.chars().all(allowed) {
        return Err(ProxyUrlError::Host);
    }
    Ok((host, port))
}

/// Percent-decoding; `None` for a broken escape, for white space and control characters, and for what is not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
                u8::try_from(digit(rest.next())? * 16 + digit(rest.next())?).ok()?
            }
            0..=b' ' | 0x7f => return None,
            _ => byte,
        });
    }
    String::from_utf8(bytes).ok()
}
