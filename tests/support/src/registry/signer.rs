//! Signatures of tokens.
//!
//! The embedded registry does not check what it signed itself, so its tokens carry a signature in name only. A token
//! service for a real registry signs with ES256 and shows its certificate in `x5c`, which distribution 2.8 verifies
//! against its `rootcertbundle` (`registry/auth/token/token.go`).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rcgen::SigningKey as _;
use serde_json::{Value, json};

use crate::certs::Ca;

/// Makes signed tokens.
#[derive(Default)]
pub(crate) enum Signer {
    /// A signature that nobody checks.
    #[default]
    Pretended,
    /// ES256.
    Real { authority: Box<Ca>, issuer: String },
}

impl Signer {
    /// `authority` must have a P-256 key.
    pub(crate) fn real(authority: &Ca, issuer: &str) -> Self {
        Self::Real {
            authority: Box::new(authority.clone()),
            issuer: issuer.to_owned(),
        }
    }

    /// The `iss` that its tokens have to say.
    pub(crate) fn issuer(&self) -> Option<&str> {
        match self {
            Self::Pretended => None,
            Self::Real { issuer, .. } => Some(issuer),
        }
    }

    /// The token with these claims.
    pub(crate) fn sign(&self, claims: &Value) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        match self {
            Self::Pretended => {
                let header = json!({"typ": "JWT", "alg": "RS256", "kid": "TEST"});
                let signature = URL_SAFE_NO_PAD.encode("nobody checks this signature");
                format!("{}.{}.{signature}", part(&header), part(claims))
            }
            Self::Real { authority, .. } => {
                let certificate = STANDARD.encode(authority.der());
                let header = json!({"typ": "JWT", "alg": "ES256", "x5c": [certificate]});
                let signed = format!("{}.{}", part(&header), part(claims));
                let signature = authority
                    .key()
                    .sign(signed.as_bytes())
                    .expect("a signature");
                format!(
                    "{signed}.{}",
                    URL_SAFE_NO_PAD.encode(fixed_width(&signature))
                )
            }
        }
    }
}

/// A P-256 signature as JWS has it (RFC 7518 3.4), from DER's sequence of two integers: each 32 bytes, padded.
fn fixed_width(der: &[u8]) -> Vec<u8> {
    let mut rest = der.get(2..).expect("a sequence");
    let mut fixed = Vec::with_capacity(64);
    for _ in 0..2 {
        let length = usize::from(*rest.get(1).expect("an integer"));
        let number = rest.get(2..2 + length).expect("its bytes");
        rest = &rest[2 + length..];
        let digits: Vec<u8> = number
            .iter()
            .copied()
            .skip_while(|&byte| byte == 0)
            .collect();
        fixed.extend(vec![0; 32 - digits.len()]);
        fixed.extend(digits);
    }
    fixed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_lose_their_sign_byte_and_get_their_padding() {
        let mut der = vec![0x30, 0x25, 0x02, 0x21, 0x00];
        der.extend([0xff; 32]);
        der.extend([0x02, 0x01, 0x05]);
        let mut expected = vec![0xff; 32];
        expected.extend([0; 31]);
        expected.push(5);
        assert_eq!(fixed_width(&der), expected);
    }
}
