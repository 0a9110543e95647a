//! The extensions of a certificate. Which of them Go processes, and which malformed ones make it refuse the certificate, follows
//! Go `crypto/x509` `processExtensions`.

use std::collections::HashSet;
use std::net::IpAddr;

use x509_parser::asn1_rs::Tag;
use x509_parser::extensions::{GeneralName, ParsedExtension, X509Extension};

use super::{
    AlternativeNames, BasicConstraints, Certificate, ExtendedKeyUsage, KeyUsage, NameConstraints,
    Refusal, Subnet, Subtrees,
};

const CA_ISSUERS: &str = "1.3.6.1.5.5.7.48.2";

pub(super) fn read(certificate: &mut Certificate, extensions: &[X509Extension<'_>]) {
    let mut seen = HashSet::new();
    for extension in extensions {
        if !seen.insert(extension.oid.as_bytes()) {
            certificate.refuse(Refusal::DuplicateExtension(extension.oid.to_id_string()));
        }
    }
    for extension in extensions {
        let oid = extension.oid.to_id_string();
        let handled = certificate.read_extension(extension, &oid);
        if extension.critical && !handled {
            certificate.unhandled_critical.push(oid);
        }
    }
}

/// What Go says of an extension of this kind that our reader cannot read. In some kinds our reader looks deeper than Go's; there only
/// what is not even a sequence is certain to be refused.
fn refused_when_malformed(oid: &str, value: &[u8]) -> Option<&'static str> {
    let no_sequence = value.first() != Some(&0x30);
    Some(match oid {
        "2.5.29.31" if no_sequence => "invalid CRL distribution points",
        "2.5.29.32" if no_sequence => "invalid certificate policies",
        "2.5.29.33" if no_sequence => "invalid policy mappings extension",
        "2.5.29.36" if no_sequence => "invalid policy constraints extension",
        "1.3.6.1.5.5.7.1.1" if no_sequence => "invalid authority info access",
        "2.5.29.14" => "invalid subject key identifier",
        "2.5.29.15" => "invalid key usage",
        "2.5.29.17" => "invalid subject alternative names",
        "2.5.29.19" => "invalid basic constraints",
        "2.5.29.30" => "invalid NameConstraints extension",
        "2.5.29.37" => "invalid extended key usages",
        _ => return None,
    })
}

/// Extensions that Go processes; any other one is "unhandled" when it is critical.
fn known_to_go(oid: &str) -> bool {
    matches!(
        oid,
        "2.5.29.14"
            | "2.5.29.15"
            | "2.5.29.17"
            | "2.5.29.19"
            | "2.5.29.30"
            | "2.5.29.31"
            | "2.5.29.32"
            | "2.5.29.33"
            | "2.5.29.35"
            | "2.5.29.36"
            | "2.5.29.37"
            | "2.5.29.54"
            | "1.3.6.1.5.5.7.1.1"
    )
}

impl Certificate {
    /// Reads one extension; whether Go handles it is the answer.
    fn read_extension(&mut self, extension: &X509Extension<'_>, oid: &str) -> bool {
        if extension.critical {
            // RFC 5280 forbids to mark these critical, and Go takes it at its word.
            match oid {
                "2.5.29.14" => self.refuse(Refusal::Extension(
                    "subject key identifier incorrectly marked critical",
                )),
                "2.5.29.35" => self.refuse(Refusal::Extension(
                    "authority key identifier incorrectly marked critical",
                )),
                "1.3.6.1.5.5.7.1.1" => {
                    self.refuse(Refusal::Extension(
                        "authority info access incorrectly marked critical",
                    ));
                }
                _ => {}
            }
        }
        match extension.parsed_extension() {
            ParsedExtension::ParseError { .. } => {
                self.unreadable.push(format!("extension {oid}"));
                if let Some(words) = refused_when_malformed(oid, extension.value) {
                    self.refuse(Refusal::Extension(words));
                }
            }
            ParsedExtension::SubjectKeyIdentifier(id) => self.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                self.authority_key_id = id.key_identifier.as_ref().map(|key| key.0.to_vec());
            }
            ParsedExtension::KeyUsage(usage) => self.key_usage = Some(KeyUsage(usage.flags)),
            ParsedExtension::BasicConstraints(constraints) => {
                self.basic_constraints = Some(BasicConstraints {
                    ca: constraints.ca,
                    path_len: constraints.path_len_constraint,
                });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                self.read_names(&names.general_names);
                let names = &self.names;
                return !(names.dns.is_empty()
                    && names.ip.is_empty()
                    && names.email.is_empty()
                    && names.uri.is_empty());
            }
            ParsedExtension::NameConstraints(constraints) => {
                let (mut complete, mut read) = (true, NameConstraints::default());
                for (subtrees, target) in [
                    (&constraints.permitted_subtrees, &mut read.permitted),
                    (&constraints.excluded_subtrees, &mut read.excluded),
                ] {
                    for subtree in subtrees.iter().flatten() {
                        complete &= self.read_subtree(&subtree.base, target);
                    }
                }
                self.name_constraints = Some(read);
                return complete;
            }
            ParsedExtension::ExtendedKeyUsage(usage) => {
                let named = [
                    (usage.any, ExtendedKeyUsage::Any),
                    (usage.server_auth, ExtendedKeyUsage::ServerAuth),
                    (usage.client_auth, ExtendedKeyUsage::ClientAuth),
                    (usage.code_signing, ExtendedKeyUsage::CodeSigning),
                    (usage.email_protection, ExtendedKeyUsage::EmailProtection),
                    (usage.time_stamping, ExtendedKeyUsage::TimeStamping),
                    (usage.ocsp_signing, ExtendedKeyUsage::OcspSigning),
                ];
                let others = usage
                    .other
                    .iter()
                    .map(|oid| ExtendedKeyUsage::Other(oid.to_id_string()));
                self.extended_key_usage = named
                    .into_iter()
                    .filter_map(|(set, usage)| set.then_some(usage))
                    .chain(others)
                    .collect();
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                for description in access.iter() {
                    if let GeneralName::URI(url) = &description.access_location
                        && description.access_method.to_id_string() == CA_ISSUERS
                    {
                        self.issuer_urls.push((*url).to_owned());
                    }
                }
            }
            _ => {}
        }
        known_to_go(oid)
    }

    fn read_names(&mut self, names: &[GeneralName<'_>]) {
        let mut read = AlternativeNames {
            present: true,
            ..AlternativeNames::default()
        };
        for name in names {
            match name {
                GeneralName::DNSName(name) if name.is_ascii() => read.dns.push((*name).to_owned()),
                GeneralName::DNSName(_) | GeneralName::Invalid(Tag(2), _) => {
                    self.refuse(Refusal::Extension("SAN dNSName is malformed"));
                }
                GeneralName::RFC822Name(name) if name.is_ascii() => {
                    read.email.push((*name).to_owned());
                }
                GeneralName::RFC822Name(_) | GeneralName::Invalid(Tag(1), _) => {
                    self.refuse(Refusal::Extension("SAN rfc822Name is malformed"));
                }
                GeneralName::URI(name) if name.is_ascii() => read.uri.push((*name).to_owned()),
                GeneralName::URI(_) | GeneralName::Invalid(Tag(6), _) => {
                    self.refuse(Refusal::Extension(
                        "SAN uniformResourceIdentifier is malformed",
                    ));
                }
                GeneralName::IPAddress(octets) => match address(octets) {
                    Some(address) => read.ip.push(address),
                    None => self.refuse(Refusal::Extension(
                        "cannot parse IP address in the subject alternative names",
                    )),
                },
                // Kinds of names that Go passes over as well.
                _ => {}
            }
        }
        self.names = read;
    }

    /// Reads one subtree of a name constraint; `false` for a kind that Go does not handle.
    fn read_subtree(&mut self, name: &GeneralName<'_>, subtrees: &mut Subtrees) -> bool {
        match name {
            GeneralName::DNSName(domain) => subtrees.dns.push((*domain).to_owned()),
            GeneralName::RFC822Name(mailbox) => subtrees.email.push((*mailbox).to_owned()),
            GeneralName::URI(host) => subtrees.uri.push((*host).to_owned()),
            GeneralName::IPAddress(octets) if matches!(octets.len(), 8 | 32) => {
                let (address, mask) = octets.split_at(octets.len() / 2);
                subtrees.ip.push(Subnet {
                    address: address.to_vec(),
                    mask: mask.to_vec(),
                });
            }
            GeneralName::IPAddress(_) => {
                self.refuse(Refusal::Extension("IP constraint of an impossible length"));
            }
            _ => return false,
        }
        true
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    if let Ok(octets) = <[u8; 4]>::try_from(octets) {
        return Some(octets.into());
    }
    <[u8; 16]>::try_from(octets).ok().map(IpAddr::from)
}
