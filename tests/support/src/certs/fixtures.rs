//! Certificates that `rcgen` cannot make, made once with openssl by `fixtures/make.sh` and kept in the repository.
//!
//! All are for `localhost` and `127.0.0.1`, and good from 2020 to 2200.

use super::Issued;

/// A leaf with the serial number -42, which Go refuses since 1.23.
pub fn negative_serial() -> Issued {
    Issued::new(
        include_str!("../../fixtures/negative-serial.cert.pem").to_owned(),
        include_str!("../../fixtures/negative-serial.key.pem").to_owned(),
        &[],
        include_str!("../../fixtures/root.cert.pem"),
    )
}

/// A leaf that its root signed with SHA-1.
pub fn sha1_signature() -> Issued {
    Issued::new(
        include_str!("../../fixtures/sha1.cert.pem").to_owned(),
        include_str!("../../fixtures/sha1.key.pem").to_owned(),
        &[],
        include_str!("../../fixtures/root.cert.pem"),
    )
}

/// An X.509 version 1 leaf: no extensions at all, so no subject alternative name.
pub fn x509_v1() -> Issued {
    Issued::new(
        include_str!("../../fixtures/v1.cert.pem").to_owned(),
        include_str!("../../fixtures/v1.key.pem").to_owned(),
        &[],
        include_str!("../../fixtures/root.cert.pem"),
    )
}

/// A P-256 leaf signed by an RSA root of 1024 bits, which Go takes and rustls does not.
pub fn below_rsa_1024_root() -> Issued {
    Issued::new(
        include_str!("../../fixtures/below-rsa1024.cert.pem").to_owned(),
        include_str!("../../fixtures/below-rsa1024.key.pem").to_owned(),
        &[],
        include_str!("../../fixtures/rsa1024-root.cert.pem"),
    )
}
