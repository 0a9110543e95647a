//! A plain refusal: "unauthorized" and "denied", by whose registry it is and who asks. Right about three times in five:
//! registries answer alike for a repository that is missing, for one that is private, and for a login that is wrong.
//!
//! Who asks decides the third candidate: a node sends what a secret holds, so that a secret which does not reach it is the
//! likely fault; a command sends what a login stored, which grows old.

use super::auth::{
    BAD, HIDES, KEY, MALFORMED, NO_CREDENTIALS, NO_PUSH, NO_RIGHT, NOT_LINKED, OLD, STORED,
};
use super::case::Place;
use crate::model::message::Runtime;

const PRIVATE: &str = "the repository is private, and nothing was sent";
const ELSEWHERE: &str = "nobody wrote this registry: it is where a name without one falls to, and the image is meant to come from elsewhere";
const NEVER_FORBIDS: &str =
    "this registry refuses with 401 and a code; a bare 403 comes from a proxy or a firewall";
const COUNTRY: &str = "the registry's front does not serve this address or country";
const OUTAGE: &str = "an outage of the registry shows like this";

rules! {
    // The token service refuses somebody who sent nothing: no fault of a login.
    on Unauthorized | Denied
        if |case| case.says("anonymous token") && case.at(&[Place::DockerHub]) => "auth" {
        TokenService Likely "this token service gives a token to everybody; that it refuses is a fault of its own";
        ServerError Possible OUTAGE;
        Proxy Possible "a proxy that answers in the token service's place";
    }
    // BuildKit names no image here; what it builds from is Docker Hub's more often than not.
    on Unauthorized | Denied
        if |case| case.says("anonymous token") && case.place == Place::Unknown && !case.is_node() => "auth" {
        TokenService Likely "a token service of public images gives a token to everybody; that it refuses is a fault of its own";
        ServerError Likely OUTAGE;
        NoCredentials Possible "no credentials were sent, and a private registry's token service gives nothing without";
        Proxy Possible "a proxy that answers in the token service's place";
    }
    // One answer for each login that matches: what the better one was told counts, the other only got no further.
    on Unauthorized | Denied
        if |case| case.tried_several() && case.says("manifest unknown") => "location" {
        TagMissing Likely "several attempts are listed, one a login: one of them was let in, and was told that the tag is not there";
        RepositoryMissing Possible "some registries say the same of a repository that was never pushed";
        BadCredentials Possible "the login that was let in may be another's than the one that is meant";
    }
    on Denied
        if |case| case.says("oauth token") && case.status(403) && case.at(&[Place::DockerHub, Place::Unknown]) => "auth" {
        BadCredentials Likely "credentials were sent to the token service, and it refused them";
        PullDenied Likely NO_RIGHT;
        Proxy Possible "a token service words a wrong login as 401; a bare 403 comes from a proxy or a firewall as well";
        ExpiredCredentials Possible OLD;
    }
    on Unauthorized | Denied
        if |case| case.says("oauth token") => "auth" {
        BadCredentials Likely "credentials were sent to the token service, and it refused them";
        ExpiredCredentials Possible OLD;
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized | Denied
        if |case| case.is_login() => "auth" {
        BadCredentials Likely "a login was refused and no pull: the user name or the password is wrong";
        ExpiredCredentials Possible OLD;
        ClockSkew Possible "a fresh token is refused where the clocks of the registry and its token service differ";
        ServerError Possible OUTAGE;
    }
    // `library/` stands for the owner of names of one part.
    on Unauthorized | Denied
        if |case| case.is_below_library() => "location" {
        PathPrefix Likely "library/ stands in front of names of one part only: here it is in front of a name with an owner";
        RepositoryMissing Likely HIDES;
        NoCredentials Possible NO_CREDENTIALS;
    }
    // What stands around the failure tells what was sent.
    on Unauthorized | Denied
        if |case| case.message.logged_in == Some(false) && !case.pushes() && !case.is_library() => "auth" {
        NoCredentials Likely "a logout stands in front: nothing was sent, and the repository is private";
        RepositoryMissing Likely HIDES;
        ServerError Possible OUTAGE;
    }
    on Unauthorized | Denied
        if |case| case.message.logged_in == Some(true) && case.pushes() => "auth" {
        PushDenied Likely "a login stands in front: the registry knows who asks, and the right to push is what is missing";
        RepositoryMissing Possible "the project or the user in the name does not exist";
        NoCredentials Possible "the login was at another registry, or under another spelling of it";
        BadCredentials Possible BAD;
    }
    on Unauthorized | Denied
        if |case| case.message.logged_in == Some(true) && !case.is_library() => "auth" {
        PullDenied Likely "a login stands in front: the registry knows who asks, and the account or the token has no right here";
        RepositoryMissing Likely HIDES;
        BadCredentials Possible BAD;
        NoCredentials Possible "the login was at another registry, or under another spelling of it";
    }
    on Unauthorized | Denied
        if |case| case.tried_several() && !case.says("anonymous token") => "auth" {
        BadCredentials Likely "several attempts are listed, which is one for each login that matches: logins were sent and refused";
        PullDenied Likely NO_RIGHT;
        ExpiredCredentials Possible OLD;
        RepositoryMissing Possible HIDES;
    }
    // The importer of OpenShift 3 looks a secret up by the token service's host, which needs an entry of its own.
    on Unauthorized | Denied
        if |case| case.imports() && case.says("token auth attempt") => "auth" {
        SecretKeyMismatch Likely "the token service is another host than the registry, and the secret has no entry for it";
        NoCredentials Likely "no secret of the namespace covers the image; an import reads those, and no account's";
        BadCredentials Possible BAD;
    }
    // Registries that everybody may read, and those that word a refusal as 401: a bare 403 is somebody else's.
    on Denied
        if |case| case.status(403) && !case.says("denied") && !case.says("anonymous token") && case.at(&[Place::Open, Place::DockerHub, Place::Quay]) => "network" {
        RegistryNotAllowed Likely COUNTRY;
        Proxy Likely NEVER_FORBIDS;
        Mirror Possible "a mirror or cache that was asked first refuses";
        ServerError Possible OUTAGE;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Acr]) && !case.pushes() => "auth" {
        NoCredentials Likely "no credentials were sent, and this registry gives nothing without";
        PullDenied Likely "the cluster's identity has no role (AcrPull) on this registry, so that nothing it has is of use";
        SecretNotLinked Possible "a pull secret for it is there, and neither the pod nor its account names it";
        BadCredentials Possible BAD;
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
    // These give a token to everybody who sends nothing.
    on Unauthorized
        if |case| case.says("requesting bearer token") && case.at(&[Place::Quay, Place::DockerHub, Place::Ghcr]) => "auth" {
        BadCredentials Likely "this token service gives a token to everybody who sends nothing: what it refuses is a login";
        ExpiredCredentials Likely OLD;
        CredentialsBlockPublicPull Possible STORED;
        NoCredentials Possible NO_CREDENTIALS;
    }
    // GitHub.
    on Unauthorized | Denied
        if |case| case.says("denied: denied") => "auth" {
        BadCredentials Likely "GitHub's registry answers like this to a stored login that is no longer valid, also for a public image";
        ExpiredCredentials Likely "the personal access token behind the login has expired";
        NoCredentials Possible "the package is private, and nothing was sent: its token service words that alike";
        CredentialsBlockPublicPull Possible STORED;
        PullDenied Possible "the token lacks read:packages, or the package does not know this account";
    }
    on Denied
        if |case| case.at(&[Place::Ghcr]) && !case.pushes() => "auth" {
        RepositoryMissing Likely "GitHub's registry says only \"denied\" of a package that is missing";
        BadCredentials Likely "it says the same to a stored login that is no longer valid, also for a public image";
        ExpiredCredentials Possible "the personal access token behind the login has expired";
        NoCredentials Possible "the package is private, and nothing was sent";
        PullDenied Possible "the token lacks read:packages, or the package does not know this account";
    }
    // Amazon.
    on Unauthorized | Denied
        if |case| case.at(&[Place::EcrPublic]) => "auth" {
        ExpiredCredentials Likely "this registry serves everybody; what it refuses is a stored token, which lives for twelve hours";
        CredentialsBlockPublicPull Possible STORED;
        RepositoryMissing Possible HIDES;
    }
    on Unauthorized
        if |case| case.at(&[Place::Ecr]) && !case.pushes() => "auth" {
        NoCredentials Likely "this registry gives nothing without a login, and 401 is how it says that none came";
        ExpiredCredentials Likely "a token of this registry lives for twelve hours";
        PullDenied Possible "the node's role, or the repository's policy, does not allow the pull";
        RepositoryMissing Possible HIDES;
    }
    on Denied
        if |case| case.at(&[Place::Ecr]) && !case.pushes() => "auth" {
        ExpiredCredentials Likely "a token of this registry lives for twelve hours";
        PullDenied Possible "the node's role, or the repository's policy, does not allow the pull";
        NoCredentials Possible NO_CREDENTIALS;
        RepositoryMissing Possible HIDES;
    }
    // Pushes.
    on Unauthorized
        if |case| case.by(&[Runtime::OpenshiftBuild]) && case.pushes() => "auth" {
        NoCredentials Likely "401 is how a registry says that nothing came: the account's own registry secret is not made yet, or covers another name";
        SecretNotLinked Likely "the build has no push secret for this registry: it reads the one that it names, or its account's";
        PushDenied Possible "the account or login that pushes may not write there";
        SecretKeyMismatch Possible KEY;
    }
    on Denied
        if |case| case.by(&[Runtime::OpenshiftBuild]) && case.pushes() => "auth" {
        SecretNotLinked Likely "the build has no push secret for this registry: it reads the one that it names, or its account's";
        NoCredentials Possible "the account's own registry secret is not made yet, so that the push goes without";
        PushDenied Possible "the account or login that pushes may not write there";
        SecretKeyMismatch Possible KEY;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::OpenShift]) && case.pushes() => "auth" {
        PushDenied Likely "the account that pushes may not edit the image stream there";
        SecretNotLinked Possible "the account's own registry secret is not made yet, or not linked";
        NoCredentials Possible NO_CREDENTIALS;
    }
    on Unauthorized | Denied
        if |case| case.says("action: push") => "auth" {
        PushDenied Likely "Harbor names the repository and the right that is missing";
        NoCredentials Possible "nothing that fits was sent";
        RepositoryMissing Possible "Harbor says the same of a project that does not exist";
        BadCredentials Possible BAD;
    }
    // dockerd says "pull access denied for" of a pull, containers/image names the manifest; bare, the words are a push's.
    on Denied
        if |case| case.is_bare_refusal() => "auth" {
        PushDenied Likely "of a pull the clients name what they wanted in front of these words; of a push they say no more";
        NoCredentials Possible "nobody is logged in, and an anonymous push is refused in these words";
        RepositoryMissing Possible "the project or the user in the name does not exist";
        PullDenied Possible NO_RIGHT;
    }
    on Denied
        if |case| case.pushes() => "auth" {
        PushDenied Likely "the right to push is what the registry checks first";
        NoCredentials Possible "nobody is logged in, and an anonymous push is refused in these words";
        RepositoryMissing Possible "the project or the user in the name does not exist";
    }
    on Unauthorized
        if |case| case.pushes() && case.says("[map[action") => "auth" {
        NoCredentials Likely "go-containerregistry repeats the registry's list of rights, which it got without a login that fits";
        PushDenied Likely NO_PUSH;
        SecretKeyMismatch Possible "the login is stored under another name: Docker Hub's is https://index.docker.io/v1/, that of others has its port";
        BadCredentials Possible BAD;
    }
    on Unauthorized
        if |case| case.pushes() => "auth" {
        PushDenied Likely NO_PUSH;
        NoCredentials Likely "a push needs a login, and none that fits was sent";
        BadCredentials Possible BAD;
        SecretNotLinked Possible NOT_LINKED;
    }
    // The registry inside of OpenShift.
    on Unauthorized | Denied
        if |case| case.at(&[Place::OpenShift]) => "auth" {
        PullDenied Likely "the pod's account may not pull from that namespace (system:image-puller)";
        SecretNotLinked Possible NOT_LINKED;
        NoCredentials Possible "the account's own registry secret is missing, or is not sent";
        RepositoryMissing Possible "this registry says the same of an image stream that does not exist";
    }
    // A build's pull secret is its own: what is linked for pods does not count.
    on Unauthorized | Denied
        if |case| case.by(&[Runtime::OpenshiftBuild]) && !case.is_library() && !case.at(&[Place::RedHat]) => "auth" {
        NoCredentials Likely "the build has no pull secret for this registry: it reads the one that it names, or its account's";
        SecretNotLinked Likely "a pull secret is there, and neither the build nor its account names it for builds";
        RepositoryMissing Possible HIDES;
        BadCredentials Possible BAD;
    }
    // Docker Hub.
    on Unauthorized | Denied
        if |case| case.at(&[Place::DockerHub]) && case.is_library() && case.by(&[Runtime::Buildah, Runtime::CriO, Runtime::OpenshiftImport, Runtime::OpenshiftBuild]) => "auth" {
        ShortName Likely ELSEWHERE;
        RepositoryMissing Likely "Docker Hub's library holds public images only, and refuses like this a name that it does not have";
        NoCredentials Possible "the repository is private, and its owner's name is missing in front";
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::DockerHub]) && case.is_library() => "auth" {
        RepositoryMissing Likely "Docker Hub gives everybody a token for what is public; library holds public images only, so there is none of this name";
        ShortName Possible "the image is meant to come from another registry, or was built on another machine";
        NoCredentials Possible "the repository is private, and its owner's name is missing in front";
    }
    on Unauthorized
        if |case| case.at(&[Place::DockerHub]) && case.is_node() && !case.says("denied") => "auth" {
        NoCredentials Likely "the repository is private, and nothing was sent; of a missing one Docker Hub says \"denied\" as well";
        RepositoryMissing Possible "Docker Hub answers alike for a repository that is missing and for one that is private";
        SecretMalformed Possible MALFORMED;
        SecretNotLinked Possible NOT_LINKED;
        BadCredentials Possible BAD;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::DockerHub]) && case.is_node() => "auth" {
        RepositoryMissing Likely "Docker Hub answers alike for a repository that is missing and for one that is private";
        NoCredentials Possible PRIVATE;
        SecretNotLinked Possible NOT_LINKED;
        BadCredentials Possible BAD;
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized
        if |case| case.at(&[Place::DockerHub]) && !case.says("denied") => "auth" {
        NoCredentials Likely "the repository is private, and nothing was sent; of a missing one Docker Hub says \"denied\" as well";
        RepositoryMissing Possible "it said the same of a missing repository for years";
        ServerError Possible "of a public image this is an outage; a wrong login it names as such";
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::DockerHub]) => "auth" {
        RepositoryMissing Likely "Docker Hub answers alike for a repository that is missing and for one that is private";
        NoCredentials Possible PRIVATE;
        BadCredentials Possible "a stored login that has ended, or that the client did not find or could not read";
        PullDenied Possible "the login is another's than the owner's; a wrong one Docker Hub names as such";
        SecretKeyMismatch Possible "the login is stored under another of Docker Hub's names, which the client does not look under";
    }
    // An import reads the secrets of its namespace, so that an account and its links do not count.
    on Unauthorized | Denied
        if |case| case.imports() && case.at(&[Place::Quay, Place::Ghcr, Place::GitLab, Place::Google]) => "auth" {
        NoCredentials Likely "no secret of the namespace covers the image; an import reads those, and no account's";
        RepositoryMissing Likely HIDES;
        SecretMalformed Possible "one secret of the namespace that does not decode spoils the set";
        SecretKeyMismatch Possible KEY;
        BadCredentials Possible BAD;
    }
    // Others that hide what is missing.
    on Unauthorized | Denied
        if |case| case.at(&[Place::Quay]) && case.is_node() => "auth" {
        NoCredentials Likely PRIVATE;
        RepositoryMissing Likely "Quay answers alike for a repository that is missing and for one that is private";
        SecretNotLinked Possible NOT_LINKED;
        PullDenied Possible "the robot account has no right on this repository";
        BadCredentials Possible BAD;
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::Quay]) => "auth" {
        RepositoryMissing Likely "Quay answers alike for a repository that is missing and for one that is private";
        NoCredentials Likely PRIVATE;
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
        if |case| case.at(&[Place::GitLab]) && case.is_node() => "auth" {
        NoCredentials Likely "the project is private, and nothing was sent";
        BadCredentials Possible "the password or token that was sent is wrong, or is not one for registries";
        SecretNotLinked Possible NOT_LINKED;
        RepositoryMissing Possible "GitLab answers alike for a project that is missing and for one that is private";
        ExpiredCredentials Possible "a job's token ends with the job, and the pull secret that holds it with it";
    }
    on Unauthorized | Denied
        if |case| case.at(&[Place::GitLab]) => "auth" {
        NoCredentials Likely "the project is private, and nothing was sent";
        BadCredentials Possible "the password or token that was sent is wrong, or is not one for registries";
        RepositoryMissing Possible "GitLab answers alike for a project that is missing and for one that is private";
        PullDenied Possible "the token lacks read_registry, or is another project's";
        ExpiredCredentials Possible "a job's or a deploy token that has ended";
    }
    on Unauthorized
        if |case| case.at(&[Place::Google]) => "auth" {
        NoCredentials Likely "401 is how this registry says that no identity that it knows came";
        ExpiredCredentials Possible "an access token lives for an hour, and an ended one counts as none";
        PullDenied Possible "the node's identity has no reader's role on this repository";
        BadCredentials Possible BAD;
        RepositoryMissing Possible HIDES;
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
        ServerError Possible OUTAGE;
        Proxy Possible "a proxy that answers in the registry's place";
        CredentialsBlockPublicPull Possible STORED;
    }
}
