//! Digests as content passes by: SHA-256 and SHA-512, in hardware where that has them.

use aws_lc_rs::digest::{Algorithm, Context, SHA256, SHA512, digest};

/// A digest that is being computed, and what it has to become.
#[derive(Clone)]
pub(super) struct Running {
    wanted: String,
    prefix: &'static str,
    context: Context,
    /// How many bytes went into it.
    pub(super) taken: u64,
}

impl Running {
    /// Towards `wanted`; `None` for an algorithm that is not known here.
    pub(super) fn towards(wanted: &str) -> Option<Self> {
        let (prefix, algorithm) = algorithm(wanted)?;
        Some(Self {
            wanted: wanted.to_owned(),
            prefix,
            context: Context::new(algorithm),
            taken: 0,
        })
    }

    pub(super) fn take(&mut self, bytes: &[u8]) {
        self.context.update(bytes);
        self.taken += bytes.len() as u64;
    }

    /// Compares; the error is the digest that it is.
    pub(super) fn finish(self) -> Result<(), String> {
        let found = format!("{}{}", self.prefix, hex(self.context.finish().as_ref()));
        if found == self.wanted {
            Ok(())
        } else {
            Err(found)
        }
    }
}

/// The digest of `bytes` by the algorithm of `like`; by SHA-256 where that names none that is known here.
pub fn digest_of(bytes: &[u8], like: Option<&str>) -> String {
    let (prefix, algorithm) = like.and_then(algorithm).unwrap_or(("sha256:", &SHA256));
    format!("{prefix}{}", hex(digest(algorithm, bytes).as_ref()))
}

/// The algorithms that the image specification registers (OCI image-spec `descriptor.md`).
fn algorithm(digest: &str) -> Option<(&'static str, &'static Algorithm)> {
    match digest.split_once(':')?.0 {
        "sha256" => Some(("sha256:", &SHA256)),
        "sha512" => Some(("sha512:", &SHA512)),
        _ => None,
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .filter_map(|digit| DIGITS.get(usize::from(digit)))
        .map(|digit| char::from(*digit))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standard() {
        // FIPS 180-4, the examples for "abc".
        let sha256 = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(digest_of(b"abc", None), sha256);
        assert_eq!(digest_of(b"abc", Some("md5:00")), sha256);
        let sha512 = digest_of(b"abc", Some("sha512:00"));
        assert!(sha512.starts_with("sha512:ddaf35a193617abacc417349ae204131"));
        for wanted in [sha256, &sha512] {
            let mut running = Running::towards(wanted).unwrap();
            running.take(b"a");
            running.take(b"bc");
            assert_eq!(running.taken, 3);
            assert_eq!(running.finish(), Ok(()));
        }
        let mut other = Running::towards(sha256).unwrap();
        other.take(b"abd");
        assert!(
            other
                .finish()
                .is_err_and(|found| found.starts_with("sha256:"))
        );
        assert!(Running::towards("blake3:00").is_none());
    }
}
