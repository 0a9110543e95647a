//! Single words as evidence, for texts in which no phrase is known: whatever the wording, it gives a list.
//!
//! A row is words, the causes for which they speak, and why. What speaks for a cause is added up, a row once, and the
//! causes are listed by their sums. A weight of 1 is a word that is said of much else too, 2 one that mostly means this,
//! 4 one that hardly means anything else. Nothing here is ever certain, and a phrase that is known comes before it.

use super::case::Case;
use super::{Candidate, Likelihood};
use crate::doctor::causes::Cause;
use crate::model::message::Symptom;

/// Declares the table: `"WORDS" => CAUSE WEIGHT, CAUSE WEIGHT "why";`. Words that are joined by `+` are all in the text, of
/// those that are separated by `|` one is.
macro_rules! evidence {
    ($($words:literal => $($cause:ident $weight:literal),+ $why:literal;)*) => {
        const ROWS: &[Row] = &[$(Row {
            words: $words,
            means: &[$((Cause::$cause, $weight)),+],
            why: $why,
        }),*];
    };
}

struct Row {
    words: &'static str,
    means: &'static [(Cause, u8)],
    why: &'static str,
}

/// A sum from which a cause is called likely: two rows that mostly mean it, or one that hardly means anything else.
const LIKELY: u8 = 4;

evidence! {
    // Who is not reached, and how it ends.
    "lookup | resolve host | resolver | resolution | dns | hostname | name server | unknown host" => Dns 4 "a name that should lead to an address is spoken of";
    "refused | econnrefused" => Refused 4 "a connection is refused";
    "timeout | timed out | time out | deadline | too long | no progress | stalled | stuck | hangs" => Timeout 4 "something did not come in time";
    "did not properly respond | failed to respond | no response | not respond | unreachable | no route | send request failed | failed to send | unable to connect | cannot connect | can't connect | could not connect | failed to connect | failed connecting | connection failed | connection error" => Timeout 3, Refused 2, Proxy 1 "no connection comes up";
    "dial tcp | dial udp | connect: | connectex" => Timeout 1, Refused 1, Proxy 1 "a connection was being made";
    "reset | econnreset | eof | closed | aborted | broken | interrupted | disconnected | incomplete | truncated | partial | cut off" => Reset 3, ServerError 1, Proxy 1 "a connection or an answer ends too early";
    "proxy" => Proxy 3 "a proxy is spoken of";
    "firewall | gateway | captive | web filter | webfilter | inspection | security policy of your | cloudflare | akamai | waf" => Proxy 2, ServerError 1 "something between the two sides is spoken of";
    "network | internet | offline | vpn | mtu" => Timeout 2, Dns 1, Proxy 1 "the network is spoken of";
    // TLS.
    "certificate | x509 | cert | issuer | untrusted | pkix | ca bundle | trust anchor | trusted" => UnknownCa 3, Proxy 1 "a certificate or its issuer is spoken of";
    "certificate + expire | certificate + date | certificate + validity | cert + expire" => CertificateExpired 4 "a certificate and its dates are spoken of";
    "certificate + host | certificate + name | subject alt | san | common name" => HostnameMismatch 3 "a certificate and names are spoken of";
    "tls | ssl | handshake | cipher | alert" => Handshake 2, UnknownCa 1, PlainHttp 1 "the handshake is spoken of";
    "insecure | plain http | plaintext | http instead of | not https | non-https | without tls | https is required | scheme" => PlainHttp 3 "plain HTTP against HTTPS is spoken of";
    // Who asks.
    "unauthorized | unauthorised | unauthenticated | not authorized | authenticate | authentication | 401" => NoCredentials 3, BadCredentials 2, RepositoryMissing 1 "the registry wants to know who asks";
    "denied | forbidden | not allowed | permission | privilege | 403 | access" => RepositoryMissing 1, NoCredentials 2, PullDenied 2 "somebody may not do this";
    "login | log in | logged in | sign in | credential | username | user name | password" => BadCredentials 2, NoCredentials 2 "a login is spoken of";
    "expired | expire | stale | no longer valid | revoked | rotated" => ExpiredCredentials 3 "something has an end, and it is past";
    "iam | role | scope | policy document | assumed-role | service principal | acl" => PullDenied 2, NoCredentials 1 "rights of a cloud are spoken of";
    "push | upload | write_package | writing to | destination | publish" => PushDenied 2 "something is being written";
    "bearer | oauth | token service | token server | token endpoint | realm | auth service | authorization server" => TokenService 2, BadCredentials 1 "the way to a token is spoken of";
    "base64 | auth field | decode | credsstore | dockercfg | dockerconfigjson | config.json | auth.json | malformed | json:" => SecretMalformed 3, ServerError 1 "something that should decode is spoken of";
    "secret" => SecretMissing 2, SecretMalformed 1, SecretNotLinked 1 "a secret is spoken of";
    "secret + not found | secret + missing | secret + does not exist | secret + no such" => SecretMissing 4, SecretElsewhere 1 "a secret that is not there is spoken of";
    "credential helper | credential-helper | credential provider | credential plugin | keychain | docker-credential" => NoCredentials 3, NodeRuntime 2 "the program that gives credentials is spoken of";
    // What is asked for.
    "parse | invalid value | invalid name | invalid tag | invalid image | invalid format | malformed name | uppercase | upper case | lowercase | blank | empty name | ${ | {{ | <no value> | none:none | illegal character | not a valid | may not contain" => InvalidReference 3 "the spelling of a name is spoken of";
    "unqualified | no registries configured | no registry | search registr | fully qualified | ambiguous | default registry" => ShortName 4 "where names without registry are looked for is spoken of";
    "not found | no such | does not exist | doesn't exist | missing | cannot find | could not find | unable to find | unknown | 404 | removed | deleted | unavailable image | gone" => TagMissing 2, RepositoryMissing 2 "something is not there";
    "tag" => TagMissing 1, InvalidReference 1 "a tag is spoken of";
    "repository | project | organization | namespace" => RepositoryMissing 1 "a repository is spoken of";
    "digest | sha256" => DigestMissing 1, BlobMissing 1, ServerError 1 "a digest is spoken of";
    "layer | blob" => BlobMissing 1, NodeRuntime 1, ServerError 1 "a part of an image is spoken of";
    "has been removed | was removed | deprecated | discontinued | sunset | has moved | was moved | no longer hosted | recreate has been" => RepositoryMissing 3, TagMissing 2 "something was taken away";
    "library/" => ShortName 1, RepositoryMissing 1 "nobody writes library/ who names an owner";
    "platform | architecture | amd64 | arm64 | arm/v | aarch64 | x86 | s390x | ppc64 | multi-arch | windows/ | os version | exec format | wrong binary" => PlatformMissing 3 "a kind of machine is spoken of";
    "media type | mediatype | content type | mime | schema | manifest list | image index | artifact | oci layout | zstd | compression | unsupported | not supported" => ManifestUnsupported 3, ServerError 1 "a kind of manifest or layer is spoken of";
    "manifest" => TagMissing 1, ManifestUnsupported 1 "a manifest is spoken of";
    "html | doctype | web page | web server | nginx | apache | tomcat | jetty" => NotARegistry 3, Proxy 2, ServerError 1 "a web server speaks";
    ":5000 | :8081 | :8082 | :8083 | :8443 | port" => WrongPort 1, PlainHttp 1 "a port is named";
    "mirror | pull-through | pull through | pullthrough | proxy cache | proxy-cache | registry-mirrors | upstream | ?ns= | remote repository" => Mirror 3 "a registry that stands in for another is spoken of";
    // Who decides.
    "blocked | blacklist | denylist | block list" => RegistryBlocked 2, Proxy 1, Quarantined 1 "something is blocked";
    "whitelist | allowlist | allowed registr | not permitted | admission | only images from | webhook | prohibited" => RegistryNotAllowed 3 "a list of what is allowed is spoken of";
    "vulnerab | cve- | scan | quarantine | license | malware | compliance" => Quarantined 3 "what was found in an image is spoken of";
    "signature | signed | signing | gpg | cosign | sigstore | notary | attestation" => Signature 3 "a signature is spoken of";
    "limit | quota | too many | throttl | exceeded | slow down | 429" => Rate 3 "a limit is spoken of";
    "clock | time skew | not yet | in the future" => ClockSkew 3, CertificateNotYetValid 1 "clocks are spoken of";
    // What fails.
    "internal error | internal server | server error | bad gateway | outage | maintenance | overloaded | try again later | temporarily | read-only | http code: 5 | http 5 | status 5 | status: 5 | status code 5 | code: 500 | code: 502 | code: 503 | 500 | 502 | 503 | 504" => ServerError 3 "the server itself is spoken of";
    "checksum | mismatch | corrupt | does not match | verification | wrong size | unexpected size" => ServerError 2, NodeRuntime 2, Proxy 1 "something arrived changed";
    "disk | space | inode | filesystem | file system | read-only file | i/o error | input/output | quota exceeded on | storage" => NodeRuntime 3 "the node's disk is spoken of";
    "snapshot | overlay | mount | extract | unpack | untar | tar: | chown | rename | unlink | mkdir | stat / | open / | /var/lib | /run/ | /tmp | no such file" => NodeRuntime 3 "files of the node are spoken of";
    "daemon | socket | .sock | containerd | crio | dockerd | service is not running | not running | runtime | cgroup | systemd | plugin" => NodeRuntime 1 "the runtime itself is spoken of";
    "memory | oom | killed | cancel | panic | segfault | segmentation | fork | resource temporarily | pids | database | locked | lease | restart" => NodeRuntime 3 "the node is short of something, or gave up";
    "unable to copy from source | copying system image | writing blob | storing blob" => NodeRuntime 1, BlobMissing 1 "an image was being copied";
    "never | pull policy | present on machine | local image | locally" => NodeRuntime 2, RepositoryMissing 1 "an image that should be on the machine is spoken of";
}

/// What the single words speak for with its sum, most first; empty where none is known.
pub(super) fn of(case: &Case<'_>) -> Vec<(Candidate, u8)> {
    let mut sums: Vec<(Cause, u8, &'static str, u8)> = Vec::new();
    for row in ROWS.iter().filter(|row| tells(case.lower(), row.words)) {
        for (cause, weight) in row.means {
            if *cause == Cause::PushDenied && !case.pushes() {
                continue;
            }
            match sums.iter_mut().find(|(known, ..)| known == cause) {
                Some((_, sum, why, most)) => {
                    *sum = sum.saturating_add(*weight);
                    if weight > most {
                        (*why, *most) = (row.why, *weight);
                    }
                }
                None => sums.push((*cause, *weight, row.why, *weight)),
            }
        }
    }
    // Stable: of equal sums the row that stands first in the table.
    sums.sort_by_key(|(_, sum, ..)| std::cmp::Reverse(*sum));
    sums.into_iter()
        .map(|(cause, sum, why, _)| {
            let likelihood = if sum >= LIKELY && !case.is(Symptom::Nothing) {
                Likelihood::Likely
            } else {
                Likelihood::Possible
            };
            let why = why.to_owned();
            (
                Candidate {
                    cause,
                    likelihood,
                    why,
                },
                sum,
            )
        })
        .collect()
}

/// Whether `text`, in lower case, has words of a row.
fn tells(text: &str, words: &str) -> bool {
    words
        .split('|')
        .any(|word| word.split(" + ").all(|part| has(text, part.trim())))
}

/// Whether `word` stands in the text where a word begins: `signed` is not in `assigned`, nor `space` in `namespace`. Its
/// ending is free (`expire` is in `expired`), but not that of a number, and of three letters no more than a plural's.
fn has(text: &str, word: &str) -> bool {
    let joins = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    let begins_word = joins(word.as_bytes().first());
    let is_short = word.len() <= 3 && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    text.match_indices(word).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let end = at + word.len();
        let plural = usize::from(bytes.get(end) == Some(&b's'));
        let inside = begins_word && joins(before);
        let goes_on = is_short && joins(bytes.get(end + plural));
        !inside && !goes_on
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_where_words_begin() {
        for (text, word) in [
            ("the token expired", "expire"),
            ("tags: none", "tag"),
            ("http 503: busy", "503"),
            ("get https://x: eof", "eof"),
            ("on :5000/v2", ":5000"),
        ] {
            assert!(has(text, word), "{word} in {text}");
        }
        for (text, word) in [
            ("successfully assigned shop/web", "signed"),
            ("in the namespace", "space"),
            ("create pod sandbox", "san"),
            ("at 15:03:50321", "503"),
        ] {
            assert!(!has(text, word), "{word} in {text}");
        }
    }

    #[test]
    fn every_row_names_a_cause_once_and_gives_a_reason() {
        for row in ROWS {
            let mut seen = Vec::new();
            for (cause, weight) in row.means {
                assert!(!seen.contains(cause), "{cause} twice for {}", row.words);
                assert!((1..=4).contains(weight), "{}", row.words);
                seen.push(*cause);
            }
            assert!(row.why.len() > 10 && !row.why.ends_with('.'), "{}", row.why);
            assert_eq!(
                row.words,
                row.words.to_lowercase(),
                "texts are in lower case"
            );
        }
    }
}
