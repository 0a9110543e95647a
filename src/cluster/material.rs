//! Certificate authorities, client certificates and keys for the API server: read, and checked before they are used, so
//! that a bad file has words of its own.

use std::path::Path;

use base64::Engine as _;
use rustls_pki_types::CertificateDer;
use secrecy::{ExposeSecret as _, SecretString};

use super::choose::{Chosen, given};
use crate::error::Error;
use crate::model::pem;

/// A certificate authority file: its bytes, for plugins, and the certificates in it that can be trusted.
pub(super) struct Authority {
    pub(super) pem: Vec<u8>,
    pub(super) roots: Vec<Vec<u8>>,
}

/// The chosen cluster's certificate authority; `None` when the machine's own store decides.
pub(super) fn authority(cwd: &Path, chosen: &Chosen) -> Result<Option<Authority>, Error> {
    let cluster = &chosen.cluster;
    let (pem, origin) = if let Some(data) = given(cluster.certificate_authority_data.as_ref()) {
        let origin = format!(
            "certificate-authority-data of the cluster {:?} of the kubeconfig",
            chosen.cluster_name
        );
        (decode(data, &origin)?, origin)
    } else if let Some(file) = given(cluster.certificate_authority.as_ref()) {
        let path = cwd.join(file);
        let origin = format!("the certificate authority {}", path.display());
        (read(&path, "the certificate authority")?, origin)
    } else {
        return Ok(None);
    };
    let roots = roots(&pem, &origin)?;
    Ok(Some(Authority { pem, roots }))
}

/// An authority that is named elsewhere, as base64 in `data` or as a `file`; `origin` is what to call it.
pub(super) fn authority_of(
    cwd: &Path,
    data: Option<&str>,
    file: Option<&str>,
    origin: &str,
) -> Result<Option<Vec<Vec<u8>>>, Error> {
    let pem = match (data, file) {
        (Some(data), _) => decode(data, origin)?,
        (None, Some(file)) => read(&cwd.join(file), origin)?,
        (None, None) => return Ok(None),
    };
    roots(&pem, origin).map(Some)
}

/// The certificates that Go takes out of the file, without those that the TLS library cannot have as an anchor.
fn roots(pem: &[u8], origin: &str) -> Result<Vec<Vec<u8>>, Error> {
    let bundle = pem::parse(pem);
    let roots: Vec<Vec<u8>> = bundle
        .certificates
        .iter()
        .map(|found| found.certificate.der().to_vec())
        .filter(|der| webpki::anchor_from_trusted_cert(&CertificateDer::from_slice(der)).is_ok())
        .collect();
    if roots.is_empty() {
        let defect = bundle.defects.first().map(|defect| format!(": {defect}"));
        return Err(Error::failure(format!(
            "{origin} holds no certificate that can be used{}",
            defect.unwrap_or_default()
        )));
    }
    Ok(roots)
}

/// Client certificate and key of the chosen user, in PEM.
pub(super) fn identity(
    cwd: &Path,
    chosen: &Chosen,
) -> Result<Option<(String, SecretString)>, Error> {
    let user = &chosen.user;
    let whose = format!("of the user {:?} of the kubeconfig", chosen.user_name);
    let certificate = one_of(
        cwd,
        user.client_certificate_data.as_deref(),
        user.client_certificate.as_deref(),
        &format!("the client certificate {whose}"),
    )?;
    let key_data = user
        .client_key_data
        .as_ref()
        .map(SecretString::expose_secret);
    let key = one_of(
        cwd,
        key_data,
        user.client_key.as_deref(),
        &format!("the client key {whose}"),
    )?;
    Ok(match (certificate, key) {
        (Some(certificate), Some(key)) => Some((certificate, SecretString::from(key))),
        _ => None,
    })
}

fn one_of(
    cwd: &Path,
    data: Option<&str>,
    file: Option<&str>,
    origin: &str,
) -> Result<Option<String>, Error> {
    let bytes = match (
        data.filter(|data| !data.is_empty()),
        file.filter(|file| !file.is_empty()),
    ) {
        (Some(data), _) => decode(data, origin)?,
        (None, Some(file)) => read(&cwd.join(file), origin)?,
        (None, None) => return Ok(None),
    };
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| text.contains("-----BEGIN "))
        .ok_or_else(|| Error::failure(format!("{origin} is not PEM")))?;
    Ok(Some(text))
}

fn decode(data: &str, origin: &str) -> Result<Vec<u8>, Error> {
    let compact: String = data.split_whitespace().collect();
    base64::engine::general_purpose::STANDARD
        .decode(compact)
        .map_err(|_| Error::failure(format!("{origin} is not base64")))
}

fn read(path: &Path, origin: &str) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|error| {
        Error::failure(format!(
            "cannot read {origin} ({}): {error}",
            path.display()
        ))
    })
}
