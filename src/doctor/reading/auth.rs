//! Words about logins and rights that say more than "refused": who is at fault, or what was not sent. A plain refusal is
//! `super::refused`'s.

use super::case::Place;
use crate::model::message::Runtime;

pub(super) const NO_CREDENTIALS: &str =
    "nothing was sent: no secret that the consumer uses covers this image";
pub(super) const HIDES: &str =
    "this registry answers alike for a repository that is missing and for one that is private";
pub(super) const NOT_LINKED: &str = "the secret is there and nothing makes this consumer use it";
pub(super) const KEY: &str = "the secret names the registry in a spelling that does not match";
pub(super) const BAD: &str = "the user name or the password that was sent is wrong or was changed";
pub(super) const OLD: &str = "the password or token that was sent has expired";
pub(super) const NO_RIGHT: &str = "the login is good and has no right on this repository";
pub(super) const MALFORMED: &str = "the secret does not decode to a user name and a password, so that nothing or nonsense was sent";
pub(super) const STORED: &str = "a stored login that is no longer valid makes even a public image fail; without it the pull works";
pub(super) const NO_PUSH: &str = "the login is good and may not push here";

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
    on WrongLogin
        if |case| case.says("cannot be authenticated") => "auth" {
        ExpiredCredentials Likely "GitHub's words for a token that it does not know any more";
        BadCredentials Likely BAD;
        PullDenied Possible "the token is of a kind that is not taken here, or lacks the right for packages";
    }
    on WrongLogin
        if |case| case.at(&[Place::Acr]) => "auth" {
        BadCredentials Likely "the registry looked at the login and refused it";
        PullDenied Possible "what was sent is the cluster's identity, which is not attached to this registry (AcrPull)";
        ExpiredCredentials Possible "the secret of a service principal lives for a year or two";
        NoCredentials Possible "some token services say this as well of a request without credentials";
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
        NoCredentials Possible "containers/image words a 401 of the token service like this also when nothing was sent";
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
        if |case| case.says("invalid credentials") || case.says("read_package") => "auth" {
        NoCredentials Likely "the registry knows nobody here: it says so when nothing that it accepts was sent";
        PullDenied Possible "the identity is known, and the right is what it lacks";
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
        if |case| case.by(&[Runtime::OpenshiftBuild]) && !case.pushes() => "auth" {
        NoCredentials Likely "the build has no pull secret for this registry: it reads the one that it names, or its account's";
        SecretNotLinked Likely "a pull secret is there, and neither the build nor its account names it for builds";
        SecretKeyMismatch Possible KEY;
        BadCredentials Possible BAD;
    }
    on NoBasicAuth
        if |case| case.pushes() && !case.by(&[Runtime::OpenshiftBuild]) => "auth" {
        NoCredentials Likely "a push needs a login, and none that fits was sent";
        SecretKeyMismatch Possible "a login is stored under another spelling of the registry";
        SecretMalformed Possible MALFORMED;
        SecretNotLinked Possible NOT_LINKED;
    }
    on NoBasicAuth
        if |case| case.by(&[Runtime::OpenshiftBuild]) => "auth" {
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
        SecretMalformed Possible "the stored login is empty, or only names a helper that gives nothing";
        SecretKeyMismatch Possible "a login is stored under another spelling of the registry";
        ExpiredCredentials Possible OLD;
    }
    on NoBasicAuth => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        SecretKeyMismatch Possible KEY;
        SecretNotLinked Possible NOT_LINKED;
        SecretMalformed Possible MALFORMED;
        SecretWrongType Possible "a secret of another type is not read";
    }
}
