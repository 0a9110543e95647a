//! Filling a [`Certificate`] from its DER encoding, in the order in which Go reads it, so that the first refusal is the one that Go names.

use jiff::Timestamp;
use x509_parser::asn1_rs::{Any, FromDer as _, Oid, Tag};
use x509_parser::certificate::X509Certificate;
use x509_parser::num_bigint::BigInt;
use x509_parser::public_key::RSAPublicKey;
use x509_parser::signature_algorithm::RsaSsaPssParams;
use x509_parser::time::ASN1Time;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo, X509Name};

use super::{
    Certificate, Curve, Hash, KeyKind, Name, PublicKey, Refusal, Serial, SignatureAlgorithm,
    extensions,
};

/// A serial number may have 20 octets; what is much longer is not turned into decimal, which takes quadratic time.
const LONGEST_DECIMAL_SERIAL: usize = 64;

pub(super) fn read(der: &[u8]) -> Certificate {
    let mut certificate = Certificate::empty(der);
    let Ok((rest, parsed)) = X509Certificate::from_der(der) else {
        certificate.refusal = Some(Refusal::Malformed);
        certificate
            .unreadable
            .push("it is not an X.509 certificate".to_owned());
        return certificate;
    };
    let tbs = &parsed.tbs_certificate;
    certificate.signed_part = tbs.as_ref().into();
    certificate.signature = parsed.signature_value.data.as_ref().into();

    certificate.version = Some(tbs.version.0.saturating_add(1));
    if tbs.version.0 > 2 {
        certificate.refuse(Refusal::Version);
    }
    certificate.read_serial(tbs.raw_serial());
    if tbs.signature != parsed.signature_algorithm {
        certificate.refuse(Refusal::AlgorithmMismatch);
    }
    certificate.signature_algorithm = signature_algorithm(&parsed.signature_algorithm);
    certificate.issuer = certificate.read_name(&tbs.issuer);
    certificate.not_before = certificate.read_time(&tbs.validity.not_before);
    certificate.not_after = certificate.read_time(&tbs.validity.not_after);
    certificate.subject = certificate.read_name(&tbs.subject);
    certificate.public_key = certificate.read_key(&tbs.subject_pki);
    // Go looks at extensions in version 3 only; in a version 1 certificate they would be no extensions.
    if tbs.version.0 == 2 {
        extensions::read(&mut certificate, tbs.extensions());
    }
    if !rest.is_empty() {
        certificate.refuse(Refusal::TrailingData);
    }
    certificate
}

impl Certificate {
    /// Keeps the first refusal, which is the one that Go reports.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    fn read_serial(&mut self, raw: &[u8]) {
        let negative = raw.first().is_some_and(|first| first & 0x80 != 0);
        let padded = match raw {
            [first, second, ..] => {
                (*first == 0 && second & 0x80 == 0) || (*first == 0xff && second & 0x80 != 0)
            }
            [_] => false,
            [] => true,
        };
        if padded {
            self.refuse(Refusal::MalformedSerial);
        } else if negative {
            self.refuse(Refusal::NegativeSerial);
        }
        let text = if raw.len() <= LONGEST_DECIMAL_SERIAL {
            BigInt::from_signed_bytes_be(raw).to_string()
        } else {
            format!(
                "0x{}",
                hex(raw.get(..LONGEST_DECIMAL_SERIAL).unwrap_or(raw))
            )
        };
        self.serial = Some(Serial { text, negative });
    }

    fn read_time(&mut self, time: &ASN1Time) -> Option<Timestamp> {
        let read = Timestamp::from_second(time.timestamp()).ok();
        if read.is_none() {
            self.unreadable
                .push("a date beyond the year 9999".to_owned());
        }
        read
    }

    fn read_name(&mut self, name: &X509Name<'_>) -> Name {
        let mut read = Name {
            raw: name.as_raw().to_vec(),
            ..Name::default()
        };
        let mut parts = Vec::new();
        for attribute in name.iter_attributes() {
            let text = match string_of(attribute.attr_value()) {
                Ok(Some(text)) => text,
                Ok(None) => continue,
                Err(kind) => {
                    self.refuse(Refusal::NameString(kind));
                    String::from_utf8_lossy(attribute.attr_value().data).into_owned()
                }
            };
            let oid = attribute.attr_type().to_id_string();
            let key = short_name(&oid).unwrap_or(&oid);
            parts.push(format!("{key}={text}"));
            match key {
                "CN" => read.common_name = Some(text),
                "O" if read.organization.is_none() => read.organization = Some(text),
                _ => {}
            }
        }
        read.full = parts.join(", ");
        read
    }

    fn read_key(&mut self, info: &SubjectPublicKeyInfo<'_>) -> PublicKey {
        let bytes = info.subject_public_key.data.to_vec();
        let parameters = info.algorithm.parameters.as_ref();
        let oid = info.algorithm.algorithm.to_id_string();
        let (kind, bits) = match oid.as_str() {
            "1.2.840.113549.1.1.1" => (KeyKind::Rsa, self.read_rsa(parameters, &bytes)),
            "1.2.840.10045.2.1" => self.read_curve(parameters),
            "1.3.101.112" => {
                if parameters.is_some() {
                    self.refuse(Refusal::PublicKey(
                        "Ed25519 key encoded with illegal parameters",
                    ));
                } else if bytes.len() != 32 {
                    self.refuse(Refusal::PublicKey("wrong Ed25519 public key size"));
                }
                (KeyKind::Ed25519, 256)
            }
            "1.2.840.10040.4.1" => (KeyKind::Dsa, 0),
            _ => (KeyKind::Other(oid), 0),
        };
        PublicKey {
            kind,
            bits,
            info: info.raw.to_vec(),
            bytes,
        }
    }

    fn read_rsa(&mut self, parameters: Option<&Any<'_>>, bytes: &[u8]) -> usize {
        if !parameters.is_some_and(|any| any.tag() == Tag::Null && any.data.is_empty()) {
            self.refuse(Refusal::PublicKey("RSA key missing NULL parameters"));
        }
        let Ok((_, key)) = RSAPublicKey::from_der(bytes) else {
            self.refuse(Refusal::PublicKey("invalid RSA public key"));
            return 0;
        };
        let positive = |number: &[u8]| {
            number.first().is_some_and(|first| first & 0x80 == 0)
                && number.iter().any(|octet| *octet != 0)
        };
        if !positive(key.modulus) {
            self.refuse(Refusal::PublicKey("RSA modulus is not a positive number"));
            return 0;
        }
        if !positive(key.exponent) {
            self.refuse(Refusal::PublicKey(
                "RSA public exponent is not a positive number",
            ));
        }
        bit_length(key.modulus)
    }

    fn read_curve(&mut self, parameters: Option<&Any<'_>>) -> (KeyKind, usize) {
        let Some(oid) = parameters.and_then(|any| any.clone().oid().ok()) else {
            self.refuse(Refusal::PublicKey("invalid ECDSA parameters"));
            return (KeyKind::Ecdsa(Curve::Other("unnamed curve".to_owned())), 0);
        };
        let oid = oid.to_id_string();
        let (curve, bits) = match oid.as_str() {
            "1.3.132.0.33" => (Curve::P224, 224),
            "1.2.840.10045.3.1.7" => (Curve::P256, 256),
            "1.3.132.0.34" => (Curve::P384, 384),
            "1.3.132.0.35" => (Curve::P521, 521),
            _ => {
                self.refuse(Refusal::PublicKey("unsupported elliptic curve"));
                (Curve::Other(oid), 0)
            }
        };
        (KeyKind::Ecdsa(curve), bits)
    }
}

fn bit_length(number: &[u8]) -> usize {
    let skipped = number.iter().take_while(|octet| **octet == 0).count();
    match number.get(skipped) {
        Some(first) => (number.len() - skipped) * 8 - first.leading_zeros() as usize,
        None => 0,
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a String cannot fail.
            let _infallible = write!(text, "{byte:02x}");
            text
        })
}

/// The text of an attribute by the string types of Go's `parseASN1String`: `None` for what is no string, an error for characters
/// that the type does not allow.
fn string_of(value: &Any<'_>) -> Result<Option<String>, &'static str> {
    let bytes = value.data;
    let utf8 = || String::from_utf8_lossy(bytes).into_owned();
    match value.tag() {
        Tag::PrintableString if bytes.iter().all(|byte| is_printable(*byte)) => Ok(Some(utf8())),
        Tag::PrintableString => Err("PrintableString"),
        Tag::Utf8String => String::from_utf8(bytes.to_vec())
            .map(Some)
            .map_err(|_| "UTF-8 string"),
        Tag::Ia5String if bytes.is_ascii() => Ok(Some(utf8())),
        Tag::Ia5String => Err("IA5String"),
        Tag::NumericString
            if bytes
                .iter()
                .all(|byte| byte.is_ascii_digit() || *byte == b' ') =>
        {
            Ok(Some(utf8()))
        }
        Tag::NumericString => Err("NumericString"),
        Tag::T61String => Ok(Some(bytes.iter().map(|byte| char::from(*byte)).collect())),
        Tag::BmpString => bmp_string(bytes).map(Some).ok_or("BMPString"),
        _ => Ok(None),
    }
}

fn is_printable(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"'()+,-./ :=?*&".contains(&byte)
}

fn bmp_string(bytes: &[u8]) -> Option<String> {
    if !bytes.len().is_multiple_of(2) {
        return None;
    }
    let mut units: Vec<u16> = bytes
        .chunks_exact(2)
        .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
        .collect();
    if units.last() == Some(&0) {
        units.pop();
    }
    // Noncharacters are refused by Go as well as the surrogates, which do not decode.
    let refused = |unit: &u16| matches!(unit, 0xfffe | 0xffff | 0xfdd0..=0xfdef | 0xd800..=0xdfff);
    if units.iter().any(refused) {
        return None;
    }
    String::from_utf16(&units).ok()
}

fn short_name(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "2.5.4.3" => "CN",
        "2.5.4.5" => "SERIALNUMBER",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.9" => "STREET",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "0.9.2342.19200300.100.1.25" => "DC",
        "1.2.840.113549.1.9.1" => "emailAddress",
        _ => return None,
    })
}

/// The algorithms that Go knows by name. Source: Go `crypto/x509` `signatureAlgorithmDetails` and `getSignatureAlgorithmFromAI`.
fn signature_algorithm(algorithm: &AlgorithmIdentifier<'_>) -> SignatureAlgorithm {
    use SignatureAlgorithm::{Dsa, Ecdsa, Ed25519, Other, Rsa};
    let oid = algorithm.algorithm.to_id_string();
    match oid.as_str() {
        "1.2.840.113549.1.1.2" => Rsa(Hash::Md2),
        "1.2.840.113549.1.1.4" => Rsa(Hash::Md5),
        "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Rsa(Hash::Sha1),
        "1.2.840.113549.1.1.11" => Rsa(Hash::Sha256),
        "1.2.840.113549.1.1.12" => Rsa(Hash::Sha384),
        "1.2.840.113549.1.1.13" => Rsa(Hash::Sha512),
        "1.2.840.113549.1.1.10" => algorithm
            .parameters
            .as_ref()
            .and_then(pss)
            .unwrap_or(Other(oid)),
        "1.2.840.10040.4.3" => Dsa(Hash::Sha1),
        "2.16.840.1.101.3.4.3.2" => Dsa(Hash::Sha256),
        "1.2.840.10045.4.1" => Ecdsa(Hash::Sha1),
        "1.2.840.10045.4.3.2" => Ecdsa(Hash::Sha256),
        "1.2.840.10045.4.3.3" => Ecdsa(Hash::Sha384),
        "1.2.840.10045.4.3.4" => Ecdsa(Hash::Sha512),
        "1.3.101.112" if algorithm.parameters.is_none() => Ed25519,
        _ => Other(oid),
    }
}

/// Go takes RSA-PSS only with the parameters that TLS 1.3 knows: one hash for the message and for MGF1, a salt of its length.
fn pss(parameters: &Any<'_>) -> Option<SignatureAlgorithm> {
    let parameters = RsaSsaPssParams::try_from(parameters).ok()?;
    let mask = parameters.mask_gen_algorithm().ok()?;
    let hash: &Oid<'_> = parameters.hash_algorithm_oid();
    if mask.mgf.to_id_string() != "1.2.840.113549.1.1.8"
        || mask.hash != *hash
        || parameters.trailer_field() != 1
    {
        return None;
    }
    let (hash, salt) = match hash.to_id_string().as_str() {
        "2.16.840.1.101.3.4.2.1" => (Hash::Sha256, 32),
        "2.16.840.1.101.3.4.2.2" => (Hash::Sha384, 48),
        "2.16.840.1.101.3.4.2.3" => (Hash::Sha512, 64),
        _ => return None,
    };
    (parameters.salt_length() == salt).then_some(SignatureAlgorithm::RsaPss(hash))
}
