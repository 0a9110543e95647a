//! The phrases by which a symptom is recognised: one table, the first row that fits wins.
//!
//! A phrase is all of its parts, joined by `+`, in any order, in lower case; phrases are separated by `|`. The order of rows is from what can be read in one way only to
//! what is said of everything. Phrases are those of Go's `net`, `crypto/tls` and `crypto/x509`, of CNCF distribution's
//! `errcode` and `registry/api/v2`, of containerd's `remotes/docker`, moby's `distribution`, containers/image's `docker`,
//! `copy` and `signature`, the kubelet's `pkg/kubelet/images`, openshift-apiserver's `imagestreamimport` and `importer`,
//! OpenShift's builder, and of registries themselves.

mod specific;

use super::symptom::Symptom;
use specific::ROWS;

type Row = (Symptom, &'static str);

/// Rows that are looked at before everything, because their words contain those of other rows.
const FIRST: &[Row] = &[
    // A probe of a container that runs: its connections are its own.
    (Symptom::AfterPull, "probe failed: | probe errored"),
    (
        Symptom::SecretAbsent,
        "secret \" + \" not found | secrets \" + \" not found | secret ' + ' not found | could not find secret | \
         couldn't find secret",
    ),
    (
        Symptom::PullSecretUnread,
        "unable to retrieve some image pull secrets | failedtoretrieveimagepullsecret",
    ),
    (
        Symptom::Storage,
        "input/output error | failed to register layer | layer not known",
    ),
    (
        Symptom::RuntimeFault,
        "cannot connect to the docker daemon | invalid crypto engine | docker daemon is not running | pipe/docker_engine | pull qps exceeded | qps exceeded | /docker.sock | \
         containerd.sock + connect | crio.sock + connect | cannot allocate memory | too many open files",
    ),
];

/// What comes behind the specific rows: network that breaks off, logins, and what registries answer.
const ANSWERS: &[Row] = &[
    (Symptom::ServerError, "gateway timeout | gateway time-out"),
    (
        Symptom::CredentialHelper,
        "docker-credential- | error getting credentials | credential helper | credential provider | \
         executable file not found + credential | getting username and password + helper | \
         error storing credentials",
    ),
    (
        Symptom::Timeout,
        "i/o timeout | did not properly respond | has failed to respond | client.timeout | handshake timeout | context deadline exceeded | timed out | \
         deadlineexceeded | timeout exceeded | awaiting headers | awaiting response headers | \
         progress deadline | 408 request | request timeout | connection timeout | etimedout | timeout | \
         deadline exceeded | while waiting for connection | no bytes | send request failed",
    ),
    (
        Symptom::Reset,
        "connection reset | broken pipe | unexpected eof | connection was closed | server closed | \
         stream error | forcibly closed | goaway | closed network connection | internal_error; received | \
         econnreset | connection abort | tls negotiation | http2: | connection aborted | transport connection broken | bad record mac | \
         read/write on closed | remote end closed | premature | transfer closed",
    ),
    (
        Symptom::MissingRight,
        "is not authorized to perform | needed permissions | accessdeniedexception | permission \"artifactregistry | \
         artifactregistry.repositories | permission 'artifactregistry | unauthenticated request | \
         storage.objects | permission \"storage | permission denied + resource | iam + permission | \
         does not have + access | caller does not have permission | insufficient permissions | \
         insufficient privileges | insufficient rights | lacks permission | no permission | \
         access to the resource + is denied for | cannot get resource \"imagestreams/layers\" | \
         imagestreams/layers | is forbidden: user | token does not match expected scopes | permission_denied | \
         need + read:packages | read_registry | missing scope | installation not allowed to",
    ),
    (
        Symptom::WrongLogin,
        "incorrect username or password | login attempt + 401 | unable to validate token | wrong username or password | bad credentials | invalid credentials | \
         authentication failed | failed authentication | http basic: access denied | invalid username or password | unable to log in | \
         invalid login | login failed | bad username | wrong password | invalid access token | invalid token | \
         personal access token | could not find robot | could not login | application-specific | \
         account is disabled | account disabled | robot + not found | invalid_grant | malformed api key | \
         authenticationfailed | unauthorizedclient | failed to fetch oauth token + 401 | invalid password | \
         user does not exist | bad props auth token | token failed verification | invalid signature + token | \
         verification of token | cannot be authenticated",
    ),
    (
        Symptom::InvalidLogin,
        "invalid username/password | unable to retrieve auth token",
    ),
    (
        Symptom::NoBasicAuth,
        "no basic auth credentials | no scope specified for token auth | did not have credentials | no credentials | credentials not found | \
         not logged in | missing credentials | need to be authenticated | must be logged in | please login | \
         please log in | login required | authenticate before | anonymous access | anonymous is not | anonymous user | no authentication | \
         unauthenticated",
    ),
    (
        Symptom::Denied,
        "insufficient_scope | pull access denied | access to the resource is den | no pull access | verify that it exists and you have permission | denied: | \
         denied\" | access denied | access forbidden | insufficient scope | permission denied + repositor | \
         not have permission | is denied | access is denied | access to this resource is denied | push access | \
         no push access | accessdenied",
    ),
    (
        Symptom::Unauthorized,
        "unauthorized | authentication required | authentication is required | not authorized | status code 401 | 401 | \
         authorization failed | you may not have access | unauthenticated | authorization required | \
         authenticate + requir | requires authentication | unauthorised",
    ),
    // Old dockerd's line of progress, which ends in these words whatever the registry said.
    (
        Symptom::NotFound,
        "trying to pull repository + error: image + not found",
    ),
    (Symptom::NoCause, "trying to pull repository + not found"),
    (
        Symptom::NameUnknown,
        "name unknown | name_unknown | repository name not known | repository not found | repo not found | \
         repository + does not exist | unknown repository | repositorynotfound | repository with name | \
         project + not found | project + does not exist | repository + not found | failed to find repository | \
         no such repository | repo + not found | trying to recreate has been removed",
    ),
    (
        Symptom::ManifestUnknown,
        "manifest unknown | artifact + not found | manifest_unknown | manifest not found | requested image not found | \
         failed to fetch \" + manifest | unknown manifest | tag + does not exist | tag + not found | \
         tag + was deleted | manifest for + not found | tag + has expired | unknown tag | manifest tagged by | \
         tag_invalid | no such manifest | manifest does not exist",
    ),
];

/// What is left when nothing above fits.
const REST: &[Row] = &[
    (
        Symptom::TokenService,
        "failed to fetch anonymous token | failed to fetch oauth token | failed to fetch token | \
         requesting bearer token | requesting bear token | missing token | no token in | token endpoint | \
         authorization server did not include a token | failed to decode token | token service | \
         error requesting token | bearer token | invalid challenge",
    ),
    (
        Symptom::ServerError,
        "internal server error | bad gateway | service unavailable | gateway timeout | server error | \
         unexpected end of json | status code 500 | status code 502 | status code 503 | status: 500 | \
         status: 502 | status: 503 | status: 504 | invalid character | cannot unmarshal | \
         missing or empty content-length | missing or empty content-type | unknown: unknown | invalid content | \
         malformed | received unexpected http status | unknown error | no available registry endpoint | \
         unexpected status code | no www-authenticate | unsupported + auth | error parsing http | bad request | \
         bad status | unexpected http code | registryunavailable | unexpected status + 500 | unexpected status + 502 | \
         unexpected status + 503 | readonly | read-only mode | unexpected http status | maintenance",
    ),
    (
        Symptom::Storage,
        "input/output error | failed to register layer | failed to extract layer | read-only file system | \
         structure needs cleaning | insufficient uids | lchown | devicemapper | failed to mount | \
         error committing the finished image | layer not known | failed to prepare extraction snapshot | \
         error creating overlay | adding layer with blob | overlayfs | snapshotter | unpigz | failed to unpack | \
         failed to create temp | unlinkat | error creating layer | storage driver | content store | boltdb | \
         metadata.db | size validation | image not known | applying layer | archive/tar | invalid tar header | \
         operation not permitted | structure + corrupt | imageinspecterror | checksum mismatch | gzip:",
    ),
    (
        Symptom::RuntimeFault,
        "cannot connect to the docker daemon | invalid crypto engine | docker daemon is not running | pipe/docker_engine | is the docker daemon running | containerd.sock | crio.sock | \
         docker.sock | context canceled | context cancelled | pull qps exceeded | cannot allocate memory | \
         too many open files | operation canceled | unimplemented | panic: | runtime is down | \
         container runtime + not | runtimeservice | signal: killed | out of memory | segmentation | \
         code = unavailable | crypto/ | fips | openssl | rpc error: code = unavailable | \
         failed to create containerd task | name is reserved | database is locked | cannot clone | \
         user namespace | fork/exec | resource temporarily unavailable | registrypullqps | \
         operation already in progress | permission denied + /var/",
    ),
    (
        Symptom::NotFound,
        "not found | 404 | notfound | no such image | does not exist | could not find | \
         no such object",
    ),
    (Symptom::Denied, "denied | forbidden | 403 | not allowed"),
    (Symptom::Reset, ": eof"),
    (
        Symptom::SecretAbsent,
        "secret + not found | secrets + not found | could not find secret | couldn't find secret",
    ),
    (
        Symptom::PullSecretUnread,
        "unable to retrieve some image pull secrets | failedtoretrieveimagepullsecret | couldn't get secret | \
         unable to retrieve pull secret",
    ),
    (
        Symptom::AfterPull,
        "crashloopbackoff | back-off restarting | runcontainererror | oomkilled",
    ),
    (
        Symptom::NoCause,
        "back-off pulling | errimagepull | imagepullbackoff | pullbuilderimagefailed | \
         pushimagetoregistryfailed | failed to pull | pull failed | push failed | failed to push | \
         unable to locate any local docker images | no match for \" | only a partial match was found | unable to locate any images | import failed | \
         imported with errors | import completed with errors | importsuccess + false | error pulling | \
         fetchimagecontentfailed | image can't be pulled | trying and failing to pull | buildpodevicted | \
         waiting to start | cannot pull | unable to pull | failed pulling | could not pull | could not get | \
         generic build failure | failed to extract image content | build strategy has failed | \
         unable to find image",
    ),
    (
        Symptom::Other,
        "error | fail | unable | cannot | can't | fatal | refus | invalid | reject",
    ),
];

/// What `text` (one failure, plain, in lower case) says.
pub(super) fn symptom(text: &str) -> Symptom {
    [FIRST, ROWS, ANSWERS, REST]
        .into_iter()
        .flatten()
        .find(|(_, phrases)| any(text, phrases))
        .map_or(Symptom::Nothing, |(symptom, _)| *symptom)
}

/// What else `text` says beside `first`, in the order of the table: rows that can be read in one way only, and of the
/// answers those that name what is missing. Words that are said of everything tell nothing beside others.
pub(super) fn beside(text: &str, first: Symptom) -> Vec<Symptom> {
    let mut found = Vec::new();
    for (symptom, phrases) in ROWS.iter().chain(ANSWERS) {
        let tells = !matches!(
            symptom,
            Symptom::Denied
                | Symptom::Unauthorized
                | Symptom::ServerError
                | Symptom::Storage
                | Symptom::NotFound
                | Symptom::NoCause
                | Symptom::ShortName
                | Symptom::TokenService
        );
        if tells && *symptom != first && !found.contains(symptom) && any(text, phrases) {
            found.push(*symptom);
        }
    }
    found
}

/// Whether `text`, in lower case, has one of the phrases: parts that are joined by `+`, phrases that are separated by `|`.
fn any(text: &str, phrases: &str) -> bool {
    phrases
        .split('|')
        .any(|phrase| phrase.split(" + ").all(|part| says(text, part.trim())))
}

/// Whether the text has the part; a number only where no letter or digit touches it.
fn says(text: &str, part: &str) -> bool {
    if !part.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.contains(part);
    }
    let bytes = text.as_bytes();
    let touches = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    text.match_indices(part).any(|(at, _)| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !touches(before) && !touches(bytes.get(at + part.len()))
    })
}
