//! The rows that can be read in one way only, most of them. Their order matters where words overlap: a signature before a
//! policy, a certificate's dates before its issuer.

use super::Row;
use crate::model::message::symptom::Symptom;

pub(super) const ROWS: &[Row] = &[
    (
        Symptom::Proxy,
        "proxyconnect | tunnel or ssl forbidden | proxyauthenticationrequired | gateway authentication | proxy authentication required | proxy + 407 | connecting to proxy | socks connect | \
         proxy error | lookup http: | lookup http | lookup https: | lookup https | invalid proxy | squid | \
         zscaler | blue coat | websense | proxy refused | via proxy | access denied by proxy | proxyconnect tcp",
    ),
    (
        Symptom::NodeConfiguration,
        "invalid policy in | policy.json + no such file | loading registries configuration | \
         registries.conf + toml | registries.conf + parsing | mixing sysregistry | hosts.toml + parse | \
         signature storage configuration | registries.d",
    ),
    (
        Symptom::Quarantined,
        "cannot be pulled due to configured policy | projectpolicyviolation | vulnerability + prevent | \
         vulnerabilities + polic | quarantin | xray | blocked by curation | curation + polic | \
         image is not signed | not signed in notary | not signed by cosign | image has not been scanned | \
         package is blocked | license + block | firewall + quarantine | 451 + legal | \
         unavailable for legal reasons | artifact is blocked | download blocked | download was blocked | \
         takedown | repository has been disabled | image has been blocked",
    ),
    (
        Symptom::Signature,
        "source image rejected | signature was required | signaturevalidationfailed | signature + rejected | \
         rejected by policy | no matching signatures | no signatures found | no signature exists | \
         invalid gpg signature | cosign + verif | sigstore | signature verification failed | \
         verify image signature | failed to verify signature | cryptographic signature verification | \
         gpg + signature | public key + signature + image | content trust | no trust data | trust data + remote",
    ),
    (
        Symptom::ImportNotAllowed,
        "importing images from registry | is forbidden, only images from | not allowed by whitelist | \
         allowedregistriesforimport | only images from + allowed",
    ),
    (
        Symptom::Blocked,
        "is blocked in | registry + blocked in | forbidden: registry + blocked | registry is blocked | \
         blocked by registries.conf | blocked in registries | blockedregistries",
    ),
    (
        Symptom::NotAllowed,
        "prohibited by policy | not in the allowed | admission webhook + registr | admission webhook + image | \
         not an allowed | allowedregistries | not allowed + registr | image policy | untrusted registry | trusted registr | \
         registry + not permitted | disallowed | imagepolicywebhook",
    ),
    (
        Symptom::RateLimit,
        "toomanyrequests | too many requests | rate limit | hap429 | pull rate | rateexceeded | rate exceeded | \
         throttl | ratelimit | status code 429 | status: 429 | statuscode: 429 | quota exceeded | \
         too many failed login | http 429 | status 429",
    ),
    (
        Symptom::NoSpace,
        "no space left | disk quota exceeded | not enough space | insufficient space | disk pressure | \
         diskpressure | low on resource: ephemeral-storage | out of disk | invaliddiskcapacity | thin pool has | \
         not enough free | enospc",
    ),
    (
        Symptom::NeverPull,
        "pull policy of never | errimageneverpull | pull policy is never | imagepullpolicy: never | \
         pull policy + never + not present | pull policy + ifnotpresent + not present",
    ),
    // The runtime's own files.
    (
        Symptom::Storage,
        "/var/lib/docker/ | /var/lib/containerd/ | overlay mount | aufs mount | read-only file system | layerdb | \
         getimageblob | lchown | /storage/overlay | failed to prepare extraction | failed to create active | \
         missing parent + bucket | failed to create snapshot | mount callback failed",
    ),
    (
        Symptom::UndecodableSecret,
        "illegal base64 | invalid base64 | error decoding auth | invalid auth configuration file | \
         invalid auth config | decode + auth field | decode + auth entry | decode + docker auth | parsing auth | error reading + auth.json | \
         reading json file + auth | unmarshaling json + auth | dockerconfigjson + invalid value | \
         dockerconfigjson + invalid character | dockerconfigjson + unmarshal | dockercfg + unmarshal | \
         loading config file + config.json | error loading config file | invalid registry auth | \
         x-registry-auth | invalid x-registry | malformed auth | parse auth field | invalid header field value + authorization",
    ),
    (
        Symptom::SecretKeyAbsent,
        "contains neither .dockercfg nor | neither + dockercfg + dockerconfigjson | \
         secret + no .dockerconfigjson | secret + missing + dockerconfigjson | secret + invalid type + docker | \
         dockerconfigjson + required value | dockercfg + required value | secret + unsupported type | secret + not of type + docker | wrong type + secret",
    ),
    (
        Symptom::InvalidReference,
        "couldn't parse image | should not be blank | invalid reference format | repository name must have | could not parse reference | unable to parse image | \
         invalidimagename | name must be lowercase | cannot parse reference | failed to parse image | \
         parsing reference | not a valid repository/tag | \
         invalid image name | invalid image reference | invalid repository name | name_invalid | \
         invalid tag format | invalid checksum digest | invalid tag name | not a valid docker | \
         invalid namespace name | could not be parsed as | failed to apply default image tag | \
         not a valid container image reference | repository name is not valid | invalid repository | \
         digestreference | the image name + is invalid | invalid digest format | unsupported digest algorithm | \
         reference must be | object required | may not contain a tag",
    ),
    (
        Symptom::ShortName,
        "short-name | short name | unqualified image | no registries configured | unqualified-search | unqualified search | no registries are defined | \
         did not resolve to an alias | 2 errors occurred: | 3 errors occurred: | 4 errors occurred: | in the registries defined in | image name provided is a short name | in registry: image not known | \
         cannot prompt without a tty",
    ),
    (
        Symptom::CertificateDates,
        "certificate has expired or is not yet valid | certificate has expired | certificate expired | \
         certificate is expired | certexpired",
    ),
    (
        Symptom::CertificateNotYetValid,
        "certificate is not yet valid | certificate + not yet valid",
    ),
    (
        Symptom::CertificateNames,
        "certificate is valid for | doesn't contain any ip sans | not valid for any names | \
         relies on legacy common name | cannot validate certificate for | hostname mismatch | \
         certificate + does not match | no alternative certificate subject name | certificate subject name | \
         ip address mismatch | certificate is not valid for",
    ),
    (
        Symptom::Handshake,
        "remote error: tls | handshake failure | handshake_failure | protocol version not supported | \
         no supported versions | bad certificate | certificate required | no cipher suite | \
         unsupported protocol version | insecure algorithm | legacy renegotiation | sslv3 alert | \
         no required ssl certificate | client certificate | ssl certificate error | tls: no renegotiation | \
         illegal parameter | tls: unsupported | tls: server selected | x509: negative serial | \
         failed to parse certificate | malformed certificate | open /etc/docker/certs.d | \
         missing key + client certificate | missing client certificate",
    ),
    (
        Symptom::UnknownAuthority,
        "unknown authority | self signed certificate | self-signed certificate | certificate is not trusted | \
         unable to get local issuer | unable to verify the first certificate | unknownissuer | \
         certificate verify failed | failed to verify certificate | x509: | untrusted root | \
         certificate signed by unknown | pkix path building failed | not trusted by the trust provider",
    ),
    (
        Symptom::HttpToHttps,
        "http request to an https | malformed http response | http request was sent to https | plain http request was sent | \
         client sent an http",
    ),
    (
        Symptom::HttpResponse,
        "http response to https | first record does not look like a tls | oversized record | \
         is http only and requires the insecure | wrong version number | \
         record overflow | unknown protocol | record layer failure | http: server gave http",
    ),
    (
        Symptom::NoSuchHost,
        "no such host | name or service not known | name resolution | could not resolve host | \
         server misbehaving | dns error | nxdomain | nodename nor servname | dial tcp: lookup | \
         name does not resolve | unknown host | could not resolve proxy | could not resolve: | no address associated | missing address | \
         cannot unmarshal dns | getaddrinfo | enotfound | invalid port | unknown port | no dns entries",
    ),
    (
        Symptom::Refused,
        "connection refused | actively refused | econnrefused",
    ),
    (
        Symptom::Unreachable,
        "no route to host | could not reach any registry | network is unreachable | host is unreachable | network unreachable | host is down | \
         ehostunreach | enetunreach | administratively prohibited | permission denied + dial tcp | \
         can't assign requested address | cannot assign requested address",
    ),
    (
        Symptom::TokenTimes,
        "token + not yet valid | token + not valid yet | token + before issued | issued in the future | token used before | \
         token + future | clock skew | clockskew | signature not yet current | signature expired + now | \
         requesttimetooskewed | iat + future",
    ),
    (
        Symptom::TokenExpired,
        "token has expired | security token included in the request is invalid | token is expired | token expired | expiredtoken | expired token | \
         credentials have expired | credentials expired | password has expired | password expired | \
         has expired + login | expired + re-authenticate | expired or + credential | session expired | \
         signature expired | expired + secret + aad | jwt expired | exp claim | robot + expired",
    ),
    (
        Symptom::UnsupportedManifest,
        "prettyjws | missing signature key | unsupported mediatype | unsupported + media type | unexpected media type for | schema 1 support | \
         schema1 | schema 1 + manifest | unsupported manifest | unsupported schema version | \
         no longer supported + manifest | no longer supported since containerd | distribution.manifest.v1 | manifest schema | \
         manifest is not supported | unsupported mimetype | unsupported mime type | unknown mediatype | \
         unsupported docker manifest | invalid mixed oci image | mediatype in manifest | mediatype should be | \
         unexpected media type application | unexpected media type \"application | unknown media type | \
         unsupported image-specific operation | encountered unsupported config | \
         encountered unknown type | children may not be fetched | no signatures | unsupported: | manifest_invalid | \
         manifest invalid | invalid manifest | manifest + not supported | application/vnd. + not supported | \
         unrecognized manifest | unexpected media type: | unknown blob type | not a container image | \
         artifact + unsupported | artifact + not an image | invalid mediatype | unsupported + zstd | \
         oci artifact | unsupported layer | unsupported config | not an oci image | unsupported format | \
         acceptable + mediatype | unknown image type | mimetype | oci index found, but accept header | \
         accept header does not support | accept header | missing layers | no layers | mismatched image rootfs | \
         manifest has no | docker-content-digest",
    ),
    (
        Symptom::NoPlatform,
        "no match for platform | no matching manifest | exec format error | no image found in manifest list | \
         no image found in image index | no suitable manifest | does not match the specified platform | \
         does not provide the specified platform | no child with platform | cannot be used on this platform | \
         architecture + manifest list | does not match + architecture | platform + not found | \
         no manifest found for platform | not supported on this platform | image operating system | \
         unsupported os | no matching + platform | does not match + platform | \
         container operating system does not match | no supported platform | multi-arch",
    ),
    // Before the page that a token service answered with.
    (
        Symptom::TokenService,
        "decode token response | decoding token | unmarshal bearer token | unmarshaling token",
    ),
    // The runtime's own store, which a pull fills before it unpacks.
    (
        Symptom::Storage,
        "content store | content digest + not found",
    ),
    (
        Symptom::NotRegistryAnswer,
        "invalid character '<' | text/html | <html | <!doctype | not a docker registry | not a registry | \
         expected json | unexpected content-type",
    ),
    (
        Symptom::BlobUnknown,
        "blob unknown | don't match image configuration | could not fetch content descriptor | content size of zero | blob_unknown | unknown blob | blob not found | filesystem layer verification failed | \
         unexpected commit digest | failed size validation | digest did not match | digest mismatch | \
         does not match digest | does not match provided manifest digest | did not match digest | layer + does not exist | fetching blob | \
         /blobs/sha256 + not found | content at + blobs + not found | image verification failed for digest | \
         verification failed for digest | digest validation | size mismatch | unexpected size | \
         manifest blob unknown | manifest_blob_unknown | nosuchkey | specified key does not exist | \
         blob upload + unknown | incorrect content size | layersdonotexist | \
         layer + not found | /blobs/ + 404 | /blobs/ + status 404 | config blob + not | image config + 404 | \
         not match expected digest",
    ),
];
