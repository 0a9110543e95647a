//! Words about logins and rights. They are right about three times in five: registries answer alike for a repository that
//! is missing, for one that is private, and for a login that is wrong.

use super::case::Place;
use crate::model::message::Runtime;

const NO_CREDENTIALS: &str = "nothing was sent: no secret that the consumer uses covers this image";
const HIDES: &str =
    "this registry answers alike for a repository that is missing and for one that is private";
const NOT_LINKED: &str = "the secret is there and nothing makes this consumer use it";
const KEY: &str = "the secret names the registry in a spelling that does not match";
const BAD: &str = "the user name or the password that was sent is wrong or was changed";
const OLD: &str = "the password or token that was sent has expired";
const NO_RIGHT: &str = "the login is good and has no right on this repository";
const MALFORMED: &str = "the secret does not decode to a user name and a password, so that nothing or nonsense was sent";
const STORED: &str = "a stored login that is no longer valid makes even a public image fail; without it the pull works";
const NO_PUSH: &str = "the login is good and may not push here";

rules! {
    // Words that mean one thing.
    on TokenExpired => "auth" {
        ExpiredCredentials Certain "the registry says itself that the credential has expired";
    }
    on UndecodableSecret => "auth" {
        SecretMalformed Likely "credentials could not be decoded; one bad entry, even for another registry, breaks the whole set";
        SecretWrongType Possible "a secret whose type and key disagree is decoded in the wrong format";
    }
    on SecretKeyAbsent => "auth" {
        SecretWrongType Likely "the secret has no key that is read for its type";
        SecretKeyMismatch Possible "older kubelets say this as well of a secret whose entries do not match the image";
        SecretMalformed Possible "the key is there and its content is empty or no JSON";
    }
    on SecretAbsent => "auth" {
        SecretMissing Likely "a secret is named that does not exist in this namespace";
        SecretElsewhere Possible "secrets are read from the consumer's own namespace; it may exist in another";
        SecretNotLinked Possible "a secret of another name may be the good one, and nothing uses it";
    }
    // Only a warning: the kubelet goes on without the secret, anonymously or with the others (`pkg/kubelet` `getPullSecretsForPod`).
    on PullSecretUnread => "auth" {
        SecretMissing Likely "the pod names a pull secret that is not in its namespace; the pull goes on without it";
        SecretNotLinked Possible "the good secret has another name, and the pod does not name it";
        Timeout Possible "this is only a warning: it stands beside failures that have nothing to do with secrets";
        SecretElsewhere Possible "the secret exists in another namespace only";
        NoCredentials Possible "without the secret nothing is sent";
    }
    on WrongLogin
        if |case| case.says("expired") => "auth" {
        ExpiredCredentials Likely OLD;
        BadCredentials Possible BAD;
    }
    on WrongLogin => "auth" {
        BadCredentials Likely "the registry looked at the login and refused it";
        ExpiredCredentials Possible "an expired password or token is refused in the same words";
        SecretMalformed Possible "a line end or a second encoding inside the secret makes a good password wrong";
        NoCredentials Possible "some token services say this as well of a request without credentials";
    }
    on InvalidLogin
        if |case| case.at(&[Place::RedHat]) => "auth" {
        NoCredentials Likely "containers/image words every 401 of a token service like this, also when nothing was sent; this registry wants a login";
        BadCredentials Possible BAD;
        SecretNotLinked Possible NOT_LINKED;
        ExpiredCredentials Possible OLD;
    }
    on InvalidLogin
        if |case| case.at(&[Place::OpenShift]) => "auth" {
        ExpiredCredentials Likely "the service account's token that was sent is no longer valid";
        BadCredentials Possible BAD;
        PullDenied Possible NO_RIGHT;
        PushDenied Possible NO_PUSH;
    }
    on InvalidLogin => "auth" {
        BadCredentials Likely "the token service answered 401 to the login";
        NoCredentials Possible "containers/image words a 401 of the token service like this also when nothing was sent";
        ExpiredCredentials Possible OLD;
        RepositoryMissing Possible HIDES;
    }
    // A cloud's own words.
    on MissingRight
        if |case| case.says("unauthenticated") => "auth" {
        NoCredentials Likely "the registry says that the request carried no identity";
        ExpiredCredentials Possible "an expired token counts as none";
        RepositoryMissing Possible HIDES;
    }
    on MissingRight
        if |case| case.pushes() => "auth" {
        PushDenied Likely "the identity is known, and the right to push is what it lacks";
        RepositoryMissing Possible "the same is said of a repository that does not exist";
        NoCredentials Possible NO_CREDENTIALS;
    }
    on MissingRight => "auth" {
        PullDenied Likely "the identity is known, and the right is what it lacks";
        RepositoryMissing Possible "the same is said of a repository that does not exist";
        NoCredentials Possible "an identity of the machine was used where a secret should have been";
    }
    on CredentialHelper => "auth" {
        NoCredentials Likely "the helper that should give the credentials fails, so none are sent";
        NodeRuntime Possible "the helper is not installed, or not where the runtime looks for it";
        SecretMalformed Possible "a config that only names a helper holds no credentials";
    }
    // Nothing to send.
    on NoBasicAuth
        if |case| case.pushes() || case.by(&[Runtime::OpenshiftBuild]) => "auth" {
        SecretNotLinked Likely "the build has no push secret for this registry: it reads the one that it names, or its account's";
        NoCredentials Possible NO_CREDENTIALS;
        SecretKeyMismatch Possible KEY;
    }
    on NoBasicAuth
        if |case| case.at(&[Place::Ecr]) => "auth" {
        NoCredentials Likely "the registry wants Basic, and neither a secret nor the node's identity gave anything";
        ExpiredCredentials Possible "a token of this registry lives for twelve hours, and what refreshed it may have stopped";
        SecretKeyMismatch Possible KEY;
        SecretNotLinked Possible NOT_LINKED;
    }
    on NoBasicAuth
        if |case| case.is_command_line() && !case.imports() => "auth" {
        NoCredentials Likely "nobody is logged in here as the user who asks";
        SecretKeyMismatch Possible "a login is stored under another spelling of the registry";
        SecretNotLinked Possible NOT_LINKED;
    }
    on NoBasicAuth => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        SecretKeyMismatch Possible KEY;
        SecretNotLinked Possible NOT_LINKED;
        SecretMalformed Possible MALFORMED;
        SecretWrongType Possible "a secret of another type is not read";
    }
    // The token service refuses somebody who sent nothing: no fault of a login.
    on Unauthorized | Denied
        if |case| case.says("anonymous token") && case.at(&[Place::DockerHub]) => "auth" {
        TokenService Likely "this token service gives a token to everybody; that it refuses is a fault of its own";
        ServerError Possible "an outage of the registry shows like this";
        Proxy Possible "a proxy that answers in the token service's place";
    }
    on Unauthorized | Denied
        if |case| case.says("oauth token") => "auth" {
        BadCredentials Likely "credentials were sent to the token service, and it refused them";
        ExpiredCredentials Possible OLD;
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Acr]) && !case.pushes() => "auth" {
        NoCredentials Likely "no credentials were sent, and this registry gives nothing without";
        PullDenied Likely "the cluster's identity has no role (AcrPull) on this registry, so that nothing it has is of use";
        ExpiredCredentials Possible "the service principal's secret, or the token, has ended";
        RepositoryMissing Possible HIDES;
    }
    on Unauthorized | Denied
        if |case| case.says("anonymous token") => "auth" {
        NoCredentials Likely "no credentials were sent, as the words say, and the token service gives nothing without";
        RepositoryMissing Possible HIDES;
        SecretNotLinked Possible NOT_LINKED;
        SecretKeyMismatch Possible KEY;
    }
    on Unauthorized | Denied
        if |case| case.says("denied: denied") => "auth" {
        BadCredentials Likely "GitHub's registry answers like this to a stored login that is no longer valid";
        ExpiredCredentials Likely "the personal access token behind the login has expired";
        CredentialsBlockPublicPull Possible STORED;
        RepositoryMissing Possible HIDES;
        PullDenied Possible "the token lacks read:packages, or the package does not know this account";
    }
    on Denied
        if |case| case.at(&[Place::Ghcr]) && !case.pushes() => "auth" {
        RepositoryMissing Likely "GitHub's registry says only \"denied\" of a package that is missing";
        BadCredentials Likely "it says the same to a stored login that is no longer valid, also for a public image";
        NoCredentials Possible "the package is private, and nothing was sent";
        ExpiredCredentials Possible "the personal access token behind the login has expired";
        PullDenied Possible "the token lacks read:packages, or the package does not know this account";
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::EcrPublic]) => "auth" {
        ExpiredCredentials Likely "this registry serves everybody; what it refuses is a stored token, which lives for twelve hours";
        CredentialsBlockPublicPull Possible STORED;
        RepositoryMissing Possible HIDES;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Ecr]) && !case.pushes() => "auth" {
        ExpiredCredentials Likely "a token of this registry lives for twelve hours";
        PullDenied Possible "the node's role, or the repository's policy, does not allow the pull";
        NoCredentials Possible NO_CREDENTIALS;
        RepositoryMissing Possible HIDES;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::OpenShift]) && case.pushes() => "auth" {
        PushDenied Likely "the account that pushes may not edit the image stream there";
        SecretNotLinked Possible "the account's own registry secret is not made yet, or not linked";
        NoCredentials Possible NO_CREDENTIALS;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::OpenShift]) => "auth" {
        PullDenied Likely "the pod's account may not pull from that namespace (system:image-puller)";
        RepositoryMissing Possible "this registry says the same of an image stream that does not exist";
        NoCredentials Possible "the account's own registry secret is missing or not linked";
        SecretNotLinked Possible NOT_LINKED;
    }
    on Unauthorized | Denied
        if |case| case.says("action: push") => "auth" {
        PushDenied Likely "Harbor names the repository and the right that is missing";
        NoCredentials Possible "nothing that fits was sent";
        RepositoryMissing Possible "Harbor says the same of a project that does not exist";
        BadCredentials Possible BAD;
    }
    // Pushes.
    on Unauthorized | Denied
        if |case| case.by(&[Runtime::OpenshiftBuild]) && case.pushes() => "auth" {
        SecretNotLinked Likely "the build has no push secret for this registry: it reads the one that it names, or its account's";
        NoCredentials Possible NO_CREDENTIALS;
        PushDenied Possible NO_PUSH;
        SecretKeyMismatch Possible KEY;
    }
    on Denied
        if |case| case.pushes() => "auth" {
        PushDenied Likely "the right to push is what the registry checks first";
        NoCredentials Possible "nobody is logged in, and an anonymous push is refused in these words";
        RepositoryMissing Possible "the project or the user in the name does not exist";
    }
    on Unauthorized
        if |case| case.pushes() => "auth" {
        NoCredentials Likely "a push needs a login, and none that fits was sent";
        PushDenied Possible NO_PUSH;
        BadCredentials Possible BAD;
        SecretNotLinked Possible NOT_LINKED;
    }
    // Registries that hide what is missing.
    on Unauthorized | Denied
        if |case| case.at(&[Place::DockerHub]) && case.is_library() => "auth" {
        RepositoryMissing Likely "Docker Hub gives everybody a token for what is public; library holds public images only, so there is none of this name";
        ShortName Possible "the image is meant to come from another registry, or was built on another machine";
        NoCredentials Possible "the repository is private, and its owner's name is missing in front";
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::DockerHub]) => "auth" {
        RepositoryMissing Likely "Docker Hub answers alike for a repository that is missing and for one that is private";
        NoCredentials Possible "the repository is private, and nothing was sent";
        BadCredentials Possible BAD;
        SecretNotLinked Possible NOT_LINKED;
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Quay]) => "auth" {
        NoCredentials Likely "the repository is private, and nothing was sent";
        RepositoryMissing Likely "Quay answers alike for a repository that is missing and for one that is private";
        PullDenied Possible "the robot account has no right on this repository";
        BadCredentials Possible BAD;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Ghcr]) => "auth" {
        NoCredentials Likely "the package is private, which is a new package's default, and nothing was sent";
        RepositoryMissing Likely "this registry answers alike for a package that is missing and for one that is private";
        BadCredentials Possible BAD;
        ExpiredCredentials Possible OLD;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::GitLab]) => "auth" {
        NoCredentials Likely "the project is private, and nothing was sent";
        BadCredentials Possible "the password or token that was sent is wrong, or is not one for registries";
        RepositoryMissing Possible "GitLab answers alike for a project that is missing and for one that is private";
        PullDenied Possible "the token lacks read_registry, or is another project's";
        ExpiredCredentials Possible "a job's or a deploy token that has ended";
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Google]) => "auth" {
        PullDenied Likely "the node's identity has no reader's role on this repository";
        RepositoryMissing Possible HIDES;
        NoCredentials Possible NO_CREDENTIALS;
        ExpiredCredentials Possible "an access token lives for an hour";
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::RedHat]) => "auth" {
        NoCredentials Likely "this registry wants a login, and none that fits was sent";
        BadCredentials Possible BAD;
        SecretNotLinked Possible NOT_LINKED;
        RepositoryMissing Possible HIDES;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Open]) => "auth" {
        RepositoryMissing Likely "this registry serves everybody; what it refuses is not there";
        CredentialsBlockPublicPull Possible STORED;
        Proxy Possible "a proxy that answers in the registry's place";
        ServerError Possible "an outage of the registry shows like this";
    }
    // An import loses most of what the registry said (`pkg/image/apiserver/importer/importer.go` `formatPingError`).
    on Unauthorized | Denied
        if |case| case.imports() => "auth" {
        NoCredentials Likely "no secret of the namespace covers the image; an import reads those, and no account's";
        SecretMalformed Possible "one secret of the namespace that does not decode spoils the set";
        SecretShadowed Possible "an import tries the first secret that matches, and no other";
        RepositoryMissing Possible "many registries answer the same for a repository that is missing";
        BadCredentials Possible BAD;
    }
    on Unauthorized | Denied
        if |case| case.says("unauthorized to access repository") => "auth" {
        NoCredentials Likely "Harbor names the repository and the right that is missing: to nobody, when nothing was sent";
        PullDenied Likely "the account is no member of the project";
        RepositoryMissing Possible "Harbor says the same of a project that does not exist";
        BadCredentials Possible BAD;
    }
    on Denied
        if |case| case.says("verify that it exists") => "auth" {
        PullDenied Likely NO_RIGHT;
        RepositoryMissing Likely "the words name both, because the registry does not tell them apart";
        NoCredentials Possible NO_CREDENTIALS;
    }
    on Denied
        if |case| case.status(403) && !case.says("denied") => "auth" {
        PullDenied Likely NO_RIGHT;
        ExpiredCredentials Possible "some registries answer 403 to a token that has ended";
        NoCredentials Possible NO_CREDENTIALS;
        Proxy Possible "a proxy or a gateway in front of the registry refuses; a registry's refusal carries a code";
        Quarantined Possible "registries that block an image say 403 as well";
    }
    on Denied
        if |case| case.says("insufficient_scope") || case.says("does not exist") => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        RepositoryMissing Likely "the words name both, because the registry does not tell them apart";
        PullDenied Possible NO_RIGHT;
        BadCredentials Possible BAD;
    }
    on Denied => "auth" {
        PullDenied Likely NO_RIGHT;
        NoCredentials Possible NO_CREDENTIALS;
        RepositoryMissing Possible "many registries refuse alike what is missing and what is private";
        BadCredentials Possible BAD;
    }
    // containerd's fetcher says so when it had no challenge to answer; with one it says "authorization failed".
    on Unauthorized
        if |case| case.says("unexpected status") && case.by(&[Runtime::Containerd]) => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        BadCredentials Possible BAD;
        ServerError Possible "a registry that sends 401 without a challenge leaves the runtime nothing to answer";
        SecretNotLinked Possible NOT_LINKED;
        SecretKeyMismatch Possible KEY;
    }
    on Unauthorized
        if |case| case.is_command_line() => "auth" {
        NoCredentials Likely "nobody is logged in here as the user who asks, or under another spelling of the registry";
        BadCredentials Possible BAD;
        ExpiredCredentials Possible OLD;
        RepositoryMissing Possible "many registries answer the same for a repository that is missing";
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        BadCredentials Possible BAD;
        SecretNotLinked Possible NOT_LINKED;
        SecretKeyMismatch Possible KEY;
        SecretMalformed Possible MALFORMED;
        ExpiredCredentials Possible OLD;
        RepositoryMissing Possible "a repository that does not exist is answered like this by many registries";
        PullDenied Possible NO_RIGHT;
    }
}
