//! Words about logins and rights. They are right about three times in five: registries answer alike for a repository that
//! is missing, for one that is private, and for a login that is wrong.

use super::Likelihood::{Certain, Likely, Possible};
use super::case::Place;
use super::{Means, Rule, always};
use crate::doctor::causes::Cause;
use crate::model::message::{Runtime, Symptom};

const REFUSED: &[Symptom] = &[Symptom::Unauthorized, Symptom::Denied];

const NO_CREDENTIALS: &str = "nothing was sent: no secret that the consumer uses covers this image";
const HIDES: &str = "this registry answers alike for a repository that is missing and for one that is private";
const NOT_LINKED: &str = "the secret is there and nothing makes this consumer use it";
const KEY: &str = "the secret names the registry in a spelling that does not match";
const BAD: &str = "the user name or the password that was sent is wrong or was changed";
const OLD: &str = "the password or token that was sent has expired";
const NO_RIGHT: &str = "the login is good and has no right on this repository";
const MALFORMED: &str = "the secret does not decode to a user name and a password, so that nothing or nonsense was sent";
const STORED: &str = "a stored login that is no longer valid makes even a public image fail; without it the pull works";
const NO_PUSH: &str = "the login is good and may not push here";

const BY_KUBELET: &[Means] = &[
    (Cause::NoCredentials, Likely, NO_CREDENTIALS),
    (Cause::BadCredentials, Possible, BAD),
    (Cause::SecretNotLinked, Possible, NOT_LINKED),
    (Cause::SecretKeyMismatch, Possible, KEY),
    (Cause::SecretMalformed, Possible, MALFORMED),
    (Cause::ExpiredCredentials, Possible, OLD),
    (Cause::RepositoryMissing, Possible, "a repository that does not exist is answered like this by many registries"),
    (Cause::PullDenied, Possible, NO_RIGHT),
];

pub(super) const RULES: &[Rule] = &[
    // Words that mean one thing.
    Rule { symptoms: &[Symptom::TokenExpired], when: always, points_at: "auth", means: &[
        (Cause::ExpiredCredentials, Certain, "the registry says itself that the credential has expired"),
    ] },
    Rule { symptoms: &[Symptom::UndecodableSecret], when: always, points_at: "auth", means: &[
        (Cause::SecretMalformed, Likely, "credentials could not be decoded; one bad entry, even for another registry, breaks the whole set"),
        (Cause::SecretWrongType, Possible, "a secret whose type and key disagree is decoded in the wrong format"),
    ] },
    Rule { symptoms: &[Symptom::SecretKeyAbsent], when: always, points_at: "auth", means: &[
        (Cause::SecretWrongType, Likely, "the secret has no key that is read for its type"),
        (Cause::SecretKeyMismatch, Possible, "older kubelets say this as well of a secret whose entries do not match the image"),
        (Cause::SecretMalformed, Possible, "the key is there and its content is empty or no JSON"),
    ] },
    Rule { symptoms: &[Symptom::SecretAbsent], when: always, points_at: "auth", means: &[
        (Cause::SecretMissing, Likely, "a secret is named that does not exist in this namespace"),
        (Cause::SecretElsewhere, Possible, "secrets are read from the consumer's own namespace; it may exist in another"),
        (Cause::SecretNotLinked, Possible, "a secret of another name may be the good one, and nothing uses it"),
    ] },
    // Only a warning: the kubelet goes on without the secret, anonymously or with the others (`pkg/kubelet` `getPullSecretsForPod`).
    Rule { symptoms: &[Symptom::PullSecretUnread], when: always, points_at: "auth", means: &[
        (Cause::SecretMissing, Likely, "the pod names a pull secret that is not in its namespace; the pull goes on without it"),
        (Cause::SecretNotLinked, Possible, "the good secret has another name, and the pod does not name it"),
        (Cause::Timeout, Possible, "this is only a warning: it stands beside failures that have nothing to do with secrets"),
        (Cause::SecretElsewhere, Possible, "the secret exists in another namespace only"),
        (Cause::NoCredentials, Possible, "without the secret nothing is sent"),
    ] },
    Rule { symptoms: &[Symptom::WrongLogin], when: |case| case.says("expired"), points_at: "auth", means: &[
        (Cause::ExpiredCredentials, Likely, OLD),
        (Cause::BadCredentials, Possible, BAD),
    ] },
    Rule { symptoms: &[Symptom::WrongLogin], when: always, points_at: "auth", means: &[
        (Cause::BadCredentials, Likely, "the registry looked at the login and refused it"),
        (Cause::ExpiredCredentials, Possible, "an expired password or token is refused in the same words"),
        (Cause::SecretMalformed, Possible, "a line end or a second encoding inside the secret makes a good password wrong"),
        (Cause::NoCredentials, Possible, "some token services say this as well of a request without credentials"),
    ] },
    Rule { symptoms: &[Symptom::InvalidLogin], when: |case| case.at(&[Place::RedHat]), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "containers/image words every 401 of a token service like this, also when nothing was sent; this registry wants a login"),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::ExpiredCredentials, Possible, OLD),
    ] },
    Rule { symptoms: &[Symptom::InvalidLogin], when: |case| case.at(&[Place::OpenShift]), points_at: "auth", means: &[
        (Cause::ExpiredCredentials, Likely, "the service account's token that was sent is no longer valid"),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::PullDenied, Possible, NO_RIGHT),
        (Cause::PushDenied, Possible, NO_PUSH),
    ] },
    Rule { symptoms: &[Symptom::InvalidLogin], when: always, points_at: "auth", means: &[
        (Cause::BadCredentials, Likely, "the token service answered 401 to the login"),
        (Cause::NoCredentials, Possible, "containers/image words a 401 of the token service like this also when nothing was sent"),
        (Cause::ExpiredCredentials, Possible, OLD),
        (Cause::RepositoryMissing, Possible, HIDES),
    ] },
    // A cloud's own words.
    Rule { symptoms: &[Symptom::MissingRight], when: |case| case.says("unauthenticated"), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "the registry says that the request carried no identity"),
        (Cause::ExpiredCredentials, Possible, "an expired token counts as none"),
        (Cause::RepositoryMissing, Possible, HIDES),
    ] },
    Rule { symptoms: &[Symptom::MissingRight], when: |case| case.pushes(), points_at: "auth", means: &[
        (Cause::PushDenied, Likely, "the identity is known, and the right to push is what it lacks"),
        (Cause::RepositoryMissing, Possible, "the same is said of a repository that does not exist"),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
    ] },
    Rule { symptoms: &[Symptom::MissingRight], when: always, points_at: "auth", means: &[
        (Cause::PullDenied, Likely, "the identity is known, and the right is what it lacks"),
        (Cause::RepositoryMissing, Possible, "the same is said of a repository that does not exist"),
        (Cause::NoCredentials, Possible, "an identity of the machine was used where a secret should have been"),
    ] },
    Rule { symptoms: &[Symptom::CredentialHelper], when: always, points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "the helper that should give the credentials fails, so none are sent"),
        (Cause::NodeRuntime, Possible, "the helper is not installed, or not where the runtime looks for it"),
        (Cause::SecretMalformed, Possible, "a config that only names a helper holds no credentials"),
    ] },
    // Nothing to send.
    Rule { symptoms: &[Symptom::NoBasicAuth], when: |case| case.pushes() || case.by(&[Runtime::OpenshiftBuild]), points_at: "auth", means: &[
        (Cause::SecretNotLinked, Likely, "the build has no push secret for this registry: it reads the one that it names, or its account's"),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
        (Cause::SecretKeyMismatch, Possible, KEY),
    ] },
    Rule { symptoms: &[Symptom::NoBasicAuth], when: |case| case.at(&[Place::Ecr]), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "the registry wants Basic, and neither a secret nor the node's identity gave anything"),
        (Cause::ExpiredCredentials, Possible, "a token of this registry lives for twelve hours, and what refreshed it may have stopped"),
        (Cause::SecretKeyMismatch, Possible, KEY),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
    ] },
    Rule { symptoms: &[Symptom::NoBasicAuth], when: |case| case.is_command_line() && !case.imports(), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "nobody is logged in here as the user who asks"),
        (Cause::SecretKeyMismatch, Possible, "a login is stored under another spelling of the registry"),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
    ] },
    Rule { symptoms: &[Symptom::NoBasicAuth], when: always, points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, NO_CREDENTIALS),
        (Cause::SecretKeyMismatch, Possible, KEY),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
        (Cause::SecretMalformed, Possible, MALFORMED),
        (Cause::SecretWrongType, Possible, "a secret of another type is not read"),
    ] },
    // The token service refuses somebody who sent nothing: no fault of a login.
    Rule { symptoms: REFUSED, when: |case| case.says("anonymous token") && case.at(&[Place::DockerHub]), points_at: "auth", means: &[
        (Cause::TokenService, Likely, "this token service gives a token to everybody; that it refuses is a fault of its own"),
        (Cause::ServerError, Possible, "an outage of the registry shows like this"),
        (Cause::Proxy, Possible, "a proxy that answers in the token service's place"),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.says("oauth token"), points_at: "auth", means: &[
        (Cause::BadCredentials, Likely, "credentials were sent to the token service, and it refused them"),
        (Cause::ExpiredCredentials, Possible, OLD),
        (Cause::PullDenied, Possible, NO_RIGHT),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.says("anonymous token"), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "no credentials were sent, as the words say, and the token service gives nothing without"),
        (Cause::RepositoryMissing, Possible, HIDES),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
        (Cause::SecretKeyMismatch, Possible, KEY),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.says("denied: denied") || (case.is(Symptom::Denied) && case.at(&[Place::Ghcr]) && !case.pushes()), points_at: "auth", means: &[
        (Cause::BadCredentials, Likely, "GitHub's registry says only \"denied\" to a stored login that is no longer valid"),
        (Cause::ExpiredCredentials, Possible, "the personal access token behind the login has expired"),
        (Cause::RepositoryMissing, Possible, HIDES),
        (Cause::CredentialsBlockPublicPull, Possible, STORED),
        (Cause::NoCredentials, Possible, "the image is private, and nothing was sent"),
        (Cause::PullDenied, Possible, "the token lacks read:packages, or the package does not know this account"),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::EcrPublic]), points_at: "auth", means: &[
        (Cause::ExpiredCredentials, Likely, "this registry serves everybody; what it refuses is a stored token, which lives for twelve hours"),
        (Cause::CredentialsBlockPublicPull, Possible, STORED),
        (Cause::RepositoryMissing, Possible, HIDES),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::Ecr]) && !case.pushes(), points_at: "auth", means: &[
        (Cause::ExpiredCredentials, Likely, "a token of this registry lives for twelve hours"),
        (Cause::PullDenied, Possible, "the node's role, or the repository's policy, does not allow the pull"),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
        (Cause::RepositoryMissing, Possible, HIDES),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::OpenShift]) && case.pushes(), points_at: "auth", means: &[
        (Cause::PushDenied, Likely, "the account that pushes may not edit the image stream there"),
        (Cause::SecretNotLinked, Possible, "the account's own registry secret is not made yet, or not linked"),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::OpenShift]), points_at: "auth", means: &[
        (Cause::PullDenied, Likely, "the pod's account may not pull from that namespace (system:image-puller)"),
        (Cause::RepositoryMissing, Possible, "this registry says the same of an image stream that does not exist"),
        (Cause::NoCredentials, Possible, "the account's own registry secret is missing or not linked"),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
    ] },
    // Pushes.
    Rule { symptoms: REFUSED, when: |case| case.by(&[Runtime::OpenshiftBuild]) && case.pushes(), points_at: "auth", means: &[
        (Cause::SecretNotLinked, Likely, "the build has no push secret for this registry: it reads the one that it names, or its account's"),
        (Cause::PushDenied, Possible, NO_PUSH),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
        (Cause::SecretKeyMismatch, Possible, KEY),
    ] },
    Rule { symptoms: &[Symptom::Denied], when: |case| case.pushes(), points_at: "auth", means: &[
        (Cause::PushDenied, Likely, "the right to push is what the registry checks first"),
        (Cause::NoCredentials, Possible, "nobody is logged in, and an anonymous push is refused in these words"),
        (Cause::RepositoryMissing, Possible, "the project or the user in the name does not exist"),
    ] },
    Rule { symptoms: &[Symptom::Unauthorized], when: |case| case.pushes(), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "a push needs a login, and none that fits was sent"),
        (Cause::PushDenied, Possible, NO_PUSH),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
    ] },
    // Registries that hide what is missing.
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::DockerHub]) && case.is_library(), points_at: "auth", means: &[
        (Cause::RepositoryMissing, Likely, "Docker Hub gives everybody a token for what is public; library holds public images only, so there is none of this name"),
        (Cause::ShortName, Possible, "the image is meant to come from another registry, or was built on another machine"),
        (Cause::NoCredentials, Possible, "the repository is private, and its owner's name is missing in front"),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::DockerHub]), points_at: "auth", means: &[
        (Cause::RepositoryMissing, Likely, "Docker Hub answers alike for a repository that is missing and for one that is private"),
        (Cause::NoCredentials, Possible, "the repository is private, and nothing was sent"),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
        (Cause::PullDenied, Possible, NO_RIGHT),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::Quay]), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "the repository is private, and nothing was sent"),
        (Cause::RepositoryMissing, Likely, "Quay answers alike for a repository that is missing and for one that is private"),
        (Cause::PullDenied, Possible, "the robot account has no right on this repository"),
        (Cause::BadCredentials, Possible, BAD),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::Ghcr]), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "the package is private, which is a new package's default, and nothing was sent"),
        (Cause::RepositoryMissing, Likely, "this registry answers alike for a package that is missing and for one that is private"),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::ExpiredCredentials, Possible, OLD),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::GitLab]), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "the project is private, and nothing was sent"),
        (Cause::RepositoryMissing, Possible, "GitLab answers alike for a project that is missing and for one that is private"),
        (Cause::PullDenied, Possible, "the token lacks read_registry, or is another project's"),
        (Cause::ExpiredCredentials, Possible, "a job's or a deploy token that has ended"),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::Google]), points_at: "auth", means: &[
        (Cause::PullDenied, Likely, "the node's identity has no reader's role on this repository"),
        (Cause::RepositoryMissing, Possible, HIDES),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
        (Cause::ExpiredCredentials, Possible, "an access token lives for an hour"),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::RedHat]), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "this registry wants a login, and none that fits was sent"),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::SecretNotLinked, Possible, NOT_LINKED),
        (Cause::RepositoryMissing, Possible, HIDES),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.at(&[Place::Open]), points_at: "auth", means: &[
        (Cause::RepositoryMissing, Likely, "this registry serves everybody; what it refuses is not there"),
        (Cause::CredentialsBlockPublicPull, Possible, STORED),
        (Cause::Proxy, Possible, "a proxy that answers in the registry's place"),
        (Cause::ServerError, Possible, "an outage of the registry shows like this"),
    ] },
    // An import loses most of what the registry said (`pkg/image/apiserver/importer/importer.go` `formatPingError`).
    Rule { symptoms: REFUSED, when: |case| case.imports(), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "no secret of the namespace covers the image; an import reads those, and no account's"),
        (Cause::SecretMalformed, Possible, "one secret of the namespace that does not decode spoils the set"),
        (Cause::SecretShadowed, Possible, "an import tries the first secret that matches, and no other"),
        (Cause::RepositoryMissing, Possible, "many registries answer the same for a repository that is missing"),
        (Cause::BadCredentials, Possible, BAD),
    ] },
    Rule { symptoms: REFUSED, when: |case| case.says("unauthorized to access repository"), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "Harbor names the repository and the right that is missing: to nobody, when nothing was sent"),
        (Cause::PullDenied, Likely, "the account is no member of the project"),
        (Cause::RepositoryMissing, Possible, "Harbor says the same of a project that does not exist"),
        (Cause::BadCredentials, Possible, BAD),
    ] },
    Rule { symptoms: &[Symptom::Denied], when: |case| case.status(403) && !case.says("denied"), points_at: "auth", means: &[
        (Cause::PullDenied, Likely, NO_RIGHT),
        (Cause::Proxy, Possible, "a proxy or a gateway in front of the registry refuses; a registry's refusal carries a code"),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
        (Cause::Quarantined, Possible, "registries that block an image say 403 as well"),
    ] },
    Rule { symptoms: &[Symptom::Denied], when: |case| case.says("insufficient_scope") || case.says("does not exist"), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, NO_CREDENTIALS),
        (Cause::RepositoryMissing, Likely, "the words name both, because the registry does not tell them apart"),
        (Cause::PullDenied, Possible, NO_RIGHT),
        (Cause::BadCredentials, Possible, BAD),
    ] },
    Rule { symptoms: &[Symptom::Denied], when: always, points_at: "auth", means: &[
        (Cause::PullDenied, Likely, NO_RIGHT),
        (Cause::NoCredentials, Possible, NO_CREDENTIALS),
        (Cause::RepositoryMissing, Possible, "many registries refuse alike what is missing and what is private"),
        (Cause::BadCredentials, Possible, BAD),
    ] },
    Rule { symptoms: &[Symptom::Unauthorized], when: |case| case.is_command_line(), points_at: "auth", means: &[
        (Cause::NoCredentials, Likely, "nobody is logged in here as the user who asks, or under another spelling of the registry"),
        (Cause::BadCredentials, Possible, BAD),
        (Cause::ExpiredCredentials, Possible, OLD),
        (Cause::RepositoryMissing, Possible, "many registries answer the same for a repository that is missing"),
        (Cause::PullDenied, Possible, NO_RIGHT),
    ] },
    Rule { symptoms: &[Symptom::Unauthorized], when: always, points_at: "auth", means: BY_KUBELET },
];
