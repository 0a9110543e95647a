//! Certificates for the tables: made on the spot where rcgen can, read from `tests/fixtures/trust` where it cannot.

use extreg::model::certificate::Certificate;
use extreg::model::trust::{RootStore, Verdict, judge};
use jiff::Timestamp;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, SignatureAlgorithm,
    date_time_ymd,
};

pub(crate) const HOST: &str = "registry.example.com";

/// The moment for which everything is judged.
pub(crate) fn now() -> Timestamp {
    "2030-06-01T12:00:00Z".parse().unwrap()
}

/// A CA, or a self-signed server.
pub(crate) struct Signed {
    pub(crate) der: Vec<u8>,
    params: CertificateParams,
    key: KeyPair,
}

fn params(common_name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params
        .distinguished_name
        .push(DnType::CommonName, common_name);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2040, 1, 1);
    params
}

pub(crate) fn ca_params(common_name: &str) -> CertificateParams {
    let mut params = params(common_name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
}

pub(crate) fn server_params(names: &[&str]) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut made = params(HOST);
    made.subject_alt_names = CertificateParams::new(names).unwrap().subject_alt_names;
    made.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    made.use_authority_key_identifier_extension = true;
    made
}

/// The extension that tells where the issuer's certificate can be fetched.
pub(crate) fn issuer_url(url: &str) -> CustomExtension {
    let mut access = vec![
        0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x02, 0x86,
    ];
    access.push(u8::try_from(url.len()).unwrap());
    access.extend(url.as_bytes());
    let wrap = |inner: Vec<u8>| [vec![0x30, u8::try_from(inner.len()).unwrap()], inner].concat();
    CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], wrap(wrap(access)))
}

impl Signed {
    pub(crate) fn by_itself(params: CertificateParams) -> Self {
        Self::by_itself_with(params, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    pub(crate) fn by_itself_with(
        params: CertificateParams,
        algorithm: &'static SignatureAlgorithm,
    ) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Self { der, params, key }
    }

    pub(crate) fn root(common_name: &str) -> Self {
        Self::by_itself(ca_params(common_name))
    }

    /// A certificate that this one signs.
    pub(crate) fn sign(&self, params: CertificateParams) -> Self {
        self.sign_with(params, &rcgen::PKCS_ECDSA_P256_SHA256)
    }

    pub(crate) fn sign_with(
        &self,
        params: CertificateParams,
        algorithm: &'static SignatureAlgorithm,
    ) -> Self {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let issuer = Issuer::from_params(&self.params, &self.key);
        let der = params.signed_by(&key, &issuer).unwrap().der().to_vec();
        Self { der, params, key }
    }

    /// The same name and key, certified by somebody else.
    pub(crate) fn cross_signed_by(&self, other: &Self) -> Vec<u8> {
        let issuer = Issuer::from_params(&other.params, &other.key);
        self.params
            .signed_by(&self.key, &issuer)
            .unwrap()
            .der()
            .to_vec()
    }

    /// An ordinary server certificate.
    pub(crate) fn server(&self) -> Vec<u8> {
        self.sign(server_params(&[HOST])).der
    }

    pub(crate) fn pem(&self) -> String {
        extreg::model::pem::encode(&self.der)
    }
}

/// A certificate of the fixtures.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let pem = fixture_text(name);
    let body: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    base64::Engine::decode(&base64::engine::general_purpose::STANDARD, body).unwrap()
}

pub(crate) fn fixture_text(name: &str) -> String {
    std::fs::read_to_string(format!(
        "{}/tests/fixtures/trust/{name}.pem",
        env!("CARGO_MANIFEST_DIR")
    ))
    .unwrap()
}

pub(crate) fn store(roots: &[&[u8]]) -> RootStore {
    let mut store = RootStore::new();
    for root in roots {
        store.add_der("test", root).unwrap();
    }
    store
}

/// Judges for [`HOST`] at [`now`].
pub(crate) fn verdict(presented: &[&[u8]], roots: &RootStore) -> Verdict {
    let verdict = judge(presented, HOST, now(), roots);
    check(&verdict);
    verdict
}

/// What must hold for every verdict: the parts and the answer agree.
pub(crate) fn check(verdict: &Verdict) {
    use extreg::model::trust::{IssuerVerdict, NameVerdict};
    let faultless = matches!(verdict.issuer, IssuerVerdict::Trusted { .. })
        && verdict.name == NameVerdict::Match
        && verdict.dates.is_empty()
        && verdict.purpose.is_empty()
        && verdict.other.is_empty();
    assert_eq!(verdict.is_trusted(), faultless, "{verdict:?}");
    assert_eq!(
        verdict.go_words().is_none(),
        verdict.is_trusted() || verdict.is_undetermined(),
        "{verdict:?}"
    );
}

pub(crate) fn read(der: &[u8]) -> Certificate {
    Certificate::read(der)
}
