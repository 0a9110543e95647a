//! Edits of a CA bundle under a key of a ConfigMap: certificates in and out by their SHA-256, all else as it was. Made again on a
//! fresher object they lose nothing that others put in meanwhile.
//!
//! A bundle that Go reads only in part is not written over: the edit refuses, unless it is told to mend it. A private key in it is
//! never written back, shown or kept. Keys of `binaryData` are edited where they are: the API server takes no key twice.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::place::{escape, look, map_at, set};
use super::{Op, OpRefusal};
use crate::model::bundle;
use crate::model::certificate::{Certificate, Fingerprint};
use crate::model::pem::{self, Defect, DefectKind};

/// Where a ConfigMap has texts, and where bytes.
const DATA: &str = "/data";
const BINARY: &str = "/binaryData";

/// Certificates to be put in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Add {
    pub key: String,
    /// The registry that they are for; see [`bundle`]. `None` puts back what had no mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// PEM, one certificate each.
    pub certificates: Vec<String>,
    /// A malformed bundle is mended rather than refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mend: bool,
}

/// Certificates to be taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remove {
    pub key: String,
    /// Takes out only what has this mark; `None`: only what has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mark: Option<String>,
    /// SHA-256, as [`Fingerprint`] prints it.
    pub fingerprints: Vec<String>,
    /// The key stays, empty, when nothing is left under it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub keep_key: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

/// What stands under a key, and in which of the two maps.
struct Held {
    map: &'static str,
    text: String,
}

/// The text of a bundle under a key of a ConfigMap, from `data` or `binaryData`; `None` when there is no such key.
pub fn text_of(object: &Value, key: &str) -> Option<String> {
    held(object, key).ok()?.map(|held| held.text)
}

fn held(object: &Value, key: &str) -> Result<Option<Held>, OpRefusal> {
    let shape = |map: &str| OpRefusal::Shape {
        place: format!("{map}[{key}]"),
    };
    let at = |map| look(object, map).and_then(|entries| entries.get(key));
    if let Some(value) = at(DATA) {
        let text = value.as_str().ok_or_else(|| shape("data"))?.to_owned();
        return Ok(Some(Held { map: DATA, text }));
    }
    let Some(value) = at(BINARY) else {
        return Ok(None);
    };
    let bytes = value
        .as_str()
        .and_then(|coded| BASE64.decode(coded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| shape("binaryData"))?;
    Ok(Some(Held {
        map: BINARY,
        text: bytes,
    }))
}

fn put(object: &mut Value, map: &str, key: &str, text: &str) -> Result<(), OpRefusal> {
    let value = if map == BINARY {
        json!(BASE64.encode(text))
    } else {
        json!(text)
    };
    map_at(object, map)?.insert(key.to_owned(), value);
    Ok(())
}

/// Takes a key away, and the map with it when it was the last.
fn take(object: &mut Value, map: &str, key: &str) -> Result<(), OpRefusal> {
    let entries = map_at(object, map)?;
    entries.shift_remove(key);
    if entries.is_empty() {
        set(object, map, None);
    }
    Ok(())
}

/// The defects that keep a bundle from being written over. Text without any certificate is none of them: it stays where it is.
fn defects(text: &str) -> Vec<Defect> {
    let mut defects = pem::parse(text.as_bytes()).defects;
    defects.retain(|defect| {
        !matches!(
            defect.kind,
            DefectKind::Empty | DefectKind::NoCertificate | DefectKind::OtherLabel { .. }
        )
    });
    defects
}

/// Why a bundle is not written over; nothing where it may be.
pub fn obstacle(text: &str, key: &str, mend: bool) -> Result<(), OpRefusal> {
    let defects = defects(text);
    let private = |defect: &&Defect| defect.kind == DefectKind::PrivateKey;
    if let Some(defect) = defects.iter().find(private) {
        return Err(OpRefusal::PrivateKey {
            key: key.to_owned(),
            line: defect.line,
        });
    }
    if !mend && !defects.is_empty() {
        return Err(OpRefusal::Malformed {
            key: key.to_owned(),
            defects,
        });
    }
    Ok(())
}

impl Add {
    fn read(&self) -> Vec<Certificate> {
        self.certificates
            .iter()
            .flat_map(|text| pem::parse(text.as_bytes()).certificates)
            .map(|found| found.certificate)
            .collect()
    }

    pub(super) fn apply(&self, object: &mut Value) -> Result<bool, OpRefusal> {
        let held = held(object, &self.key)?;
        let (map, text) = held.map_or((DATA, String::new()), |held| (held.map, held.text));
        obstacle(&text, &self.key, self.mend)?;
        let wanted = self.read();
        let sound = if self.mend && !defects(&text).is_empty() {
            bundle::mend_text(&text).text
        } else {
            text.clone()
        };
        let edited = bundle::add(&sound, self.mark.as_deref(), &wanted).unwrap_or(sound);
        if edited == text {
            return Ok(false);
        }
        // What follows an open block would be lost on the nodes.
        let read = bundle::blocks(&edited);
        let is_read = |certificate: &Certificate| {
            read.iter()
                .any(|block| block.certificate.fingerprint() == certificate.fingerprint())
        };
        if !wanted.iter().all(is_read) {
            return Err(OpRefusal::Malformed {
                key: self.key.clone(),
                defects: defects(&edited),
            });
        }
        put(object, map, &self.key, &edited)?;
        Ok(true)
    }

    /// Takes the same certificates out again. A bundle that is mended comes back as it was, while it is what was written.
    pub(super) fn inverse(&self, before: &Value) -> Vec<Op> {
        let mut after = before.clone();
        if !matches!(self.apply(&mut after), Ok(true)) {
            return Vec::new();
        }
        let was = held(before, &self.key).ok().flatten();
        let text = was.as_ref().map_or("", |held| &held.text);
        if self.mend && !defects(text).is_empty() {
            let map = was.as_ref().map_or(DATA, |held| held.map);
            let field = format!("{map}/{}", escape(&self.key));
            return vec![Op::Set {
                expected: look(&after, &field).cloned(),
                value: look(before, &field).cloned(),
                field,
            }];
        }
        let carries = |text: &str| -> Vec<Fingerprint> {
            bundle::blocks(text)
                .into_iter()
                .filter(|block| match &self.mark {
                    Some(mark) => block.marks.contains(mark),
                    None => true,
                })
                .map(|block| block.certificate.fingerprint())
                .collect()
        };
        let known = carries(text);
        let fingerprints: Vec<String> = carries(&text_of(&after, &self.key).unwrap_or_default())
            .into_iter()
            .filter(|fingerprint| !known.contains(fingerprint))
            .map(|fingerprint| fingerprint.to_string())
            .collect();
        vec![Op::BundleRemove(Remove {
            key: self.key.clone(),
            mark: self.mark.clone(),
            fingerprints,
            keep_key: was.is_some(),
        })]
    }
}

impl Remove {
    fn named(&self) -> Vec<Fingerprint> {
        self.fingerprints
            .iter()
            .filter_map(|text| Fingerprint::parse(text))
            .collect()
    }

    pub(super) fn apply(&self, object: &mut Value) -> Result<bool, OpRefusal> {
        let Some(held) = held(object, &self.key)? else {
            return Ok(false);
        };
        let Some(edited) = bundle::remove(&held.text, self.mark.as_deref(), &self.named()) else {
            return Ok(false);
        };
        if !bundle::is_blank(&edited) {
            put(object, held.map, &self.key, &edited)?;
        } else if self.keep_key {
            put(object, held.map, &self.key, "")?;
        } else {
            take(object, held.map, &self.key)?;
        }
        Ok(true)
    }

    /// Puts back what goes, with the mark that it had.
    pub(super) fn inverse(&self, before: &Value) -> Vec<Op> {
        let Ok(Some(held)) = held(before, &self.key) else {
            return Vec::new();
        };
        let named = self.named();
        let certificates: Vec<String> = bundle::blocks(&held.text)
            .into_iter()
            .filter(|block| named.contains(&block.certificate.fingerprint()))
            .filter(|block| match &self.mark {
                Some(mark) => block.marks.contains(mark),
                None => block.marks.is_empty(),
            })
            .map(|block| pem::encode(block.certificate.der()))
            .collect();
        if certificates.is_empty() {
            return Vec::new();
        }
        vec![Op::BundleAdd(Add {
            key: self.key.clone(),
            mark: self.mark.clone(),
            certificates,
            // What is malformed beside it was so before.
            mend: false,
        })]
    }
}

/// The place of a key's bundle.
pub(super) fn place(key: &str) -> String {
    format!("{DATA}/{}", escape(key))
}

/// What a key's bundle holds, without its text: a private key may have got into it.
pub(super) fn outline(object: &Value, key: &str) -> Value {
    match text_of(object, key) {
        None => Value::Null,
        Some(text) => bundle::blocks(&text)
            .iter()
            .map(|block| block.certificate.fingerprint().to_string())
            .collect(),
    }
}

#[cfg(test)]
mod tests;
