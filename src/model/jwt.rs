//! Reading the claims of a token, as far as it is a JWT: evidence about what a token service granted, never a ground for
//! trust. Signatures are not checked, and a token that cannot be read is no fault.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// With or without padding: services disagree.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);

/// Claims that may be shown.
const SHOWN: [&str; 6] = ["sub", "aud", "iss", "iat", "nbf", "exp"];
/// How much of a claim is shown.
const LONGEST: usize = 300;

/// The claims of one token.
#[derive(Debug, Clone)]
pub(crate) struct Claims(Map<String, Value>);

impl Claims {
    /// The claims of `token`, if it is a JWT.
    pub(crate) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (_header, payload, _signature) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let json = URL_SAFE.decode(payload).ok()?;
        match serde_json::from_slice(&json).ok()? {
            Value::Object(claims) => Some(Self(claims)),
            _ => None,
        }
    }

    /// The claims worth showing, times as RFC 3339.
    pub(crate) fn shown(&self) -> Vec<(String, String)> {
        SHOWN
            .iter()
            .filter_map(|name| {
                let text = match self.0.get(*name)? {
                    Value::String(text) if text.is_empty() => return None,
                    Value::String(text) => text.clone(),
                    Value::Number(_) => self.time(name)?.to_string(),
                    Value::Array(values) => values
                        .iter()
                        .filter_map(Value::as_str)
                        .collect::<Vec<_>>()
                        .join(", "),
                    _ => return None,
                };
                Some(((*name).to_owned(), text.chars().take(LONGEST).collect()))
            })
            .collect()
    }

    /// The actions granted on `repository`; `None` where the token has no `access` claim, and so does not tell.
    pub(crate) fn granted(&self, repository: &str) -> Option<Vec<String>> {
        let entries = match self.0.get("access")? {
            Value::Array(entries) => entries.as_slice(),
            // Go writes an empty list as null.
            Value::Null => &[],
            _ => return None,
        };
        let mut granted = Vec::new();
        for entry in entries {
            let is =
                |name: &str, wanted: &str| entry.get(name).and_then(Value::as_str) == Some(wanted);
            if !is("type", "repository") || !is("name", repository) {
                continue;
            }
            let actions = entry.get("actions").and_then(Value::as_array);
            for action in actions.into_iter().flatten().filter_map(Value::as_str) {
                if !granted.iter().any(|known| known == action) {
                    granted.push(action.to_owned());
                }
            }
        }
        Some(granted)
    }

    /// A claim that is a time in seconds.
    pub(crate) fn time(&self, name: &str) -> Option<Timestamp> {
        seconds(self.0.get(name)?)
    }
}

/// When a password ends by its own account: a JWT's `exp`, or the `expiration` in the JSON that an Amazon ECR password is.
pub(crate) fn expiry(password: &str) -> Option<Timestamp> {
    if let Some(claims) = Claims::read(password) {
        return claims.time("exp");
    }
    let json = STANDARD.decode(password.trim()).ok()?;
    let value: Value = serde_json::from_slice(&json).ok()?;
    seconds(value.get("expiration")?)
}

fn seconds(value: &Value) -> Option<Timestamp> {
    // Some services write fractions.
    let seconds = value.as_i64().or_else(|| {
        value
            .as_f64()
            .and_then(|float| format!("{float:.0}").parse().ok())
    })?;
    Timestamp::from_second(seconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    fn granted(claims: &str) -> Option<Vec<String>> {
        Claims::read(&token(claims)).unwrap().granted("a/b")
    }

    #[test]
    fn rights_are_read_for_the_one_repository() {
        let both = r#"{"access":[{"type":"repository","name":"a/b","actions":["pull","push"]},
            {"type":"repository","name":"a/c","actions":["delete"]},{"type":"registry","name":"a/b","actions":["*"]}]}"#;
        assert_eq!(
            granted(both),
            Some(vec!["pull".to_owned(), "push".to_owned()])
        );
        assert_eq!(granted(r#"{"access":[]}"#), Some(vec![]));
        assert_eq!(granted(r#"{"access":null}"#), Some(vec![]));
        assert_eq!(granted(r#"{"sub":"x"}"#), None);
    }

    #[test]
    fn what_is_no_jwt_is_no_fault() {
        for opaque in ["anonymous", "", "a.b", "a.b.c.d", "a.!!.c", "a.W10.c"] {
            assert!(Claims::read(opaque).is_none(), "{opaque}");
        }
    }

    #[test]
    fn shown_claims_are_few_and_times_readable() {
        let claims = Claims::read(&token(
            r#"{"sub":"robot","aud":["a","b"],"exp":1700000000.0,"jti":"hidden","context":{}}"#,
        ))
        .unwrap();
        let expected: Vec<(String, String)> = [
            ("sub", "robot"),
            ("aud", "a, b"),
            ("exp", "2023-11-14T22:13:20Z"),
        ]
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
        assert_eq!(claims.shown(), expected);
    }

    #[test]
    fn passwords_that_carry_their_end_tell_it() {
        let end = Timestamp::from_second(1_700_000_000).unwrap();
        assert_eq!(expiry(&token(r#"{"exp":1700000000}"#)), Some(end));
        let ecr = STANDARD.encode(r#"{"payload":"x","expiration":1700000000}"#);
        assert_eq!(expiry(&ecr), Some(end));
        assert_eq!(expiry("hunter2"), None);
    }
}
