//! A plain refusal of a registry that its name does not tell: by who asks and how it is worded. What `super::refused` leaves.

use super::auth::{BAD, KEY, MALFORMED, NO_CREDENTIALS, NO_RIGHT, NOT_LINKED, OLD};
use super::case::Place;
use crate::model::message::Runtime;

rules! {
    // An import loses most of what the registry said (`pkg/image/apiserver/importer/importer.go` `formatPingError`).
    on Unauthorized | Denied
        if |case| case.imports() => "auth" {
        NoCredentials Likely "no secret of the namespace covers the image; an import reads those, and no account's";
        SecretMalformed Possible "one secret of the namespace that does not decode spoils the set";
        SecretKeyMismatch Possible "the secret names the registry, or its token service on another host, in a spelling that does not match";
        RepositoryMissing Possible "many registries answer the same for a repository that is missing";
        SecretShadowed Possible "an import tries the first secret that matches, and no other";
        BadCredentials Possible BAD;
    }
    on Unauthorized | Denied
        if |case| case.says("unauthorized to access repository") && case.is_node() => "auth" {
        NoCredentials Likely "Harbor names the repository and the right that is missing: to nobody, when nothing was sent";
        SecretNotLinked Possible NOT_LINKED;
        RepositoryMissing Possible "Harbor says the same of a project that does not exist";
        PullDenied Possible "the account is no member of the project";
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
    // containerd asks mirrors first and tells nobody which host refused.
    on Denied
        if |case| case.status(403) && case.says("[manifests") && case.place == Place::Unknown => "auth" {
        ExpiredCredentials Likely "a login that has ended is answered with a bare 403 by some registries, of public images as well";
        PullDenied Likely NO_RIGHT;
        Mirror Possible "a mirror that is asked first refuses, and the words do not name it";
        Proxy Possible "a gateway in front of the registry refuses; a registry's refusal carries a code";
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
        if |case| case.is_command_line() => "auth" {
        RepositoryMissing Likely "registries answer alike for what is missing and what is private, and of the two a wrong name is the commoner";
        NoCredentials Likely "the repository is private, and nobody is logged in here as the user who asks";
        BadCredentials Possible BAD;
        PullDenied Possible NO_RIGHT;
    }
    on Denied => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        RepositoryMissing Likely "registries answer alike for what is missing and what is private";
        PullDenied Possible NO_RIGHT;
        SecretNotLinked Possible NOT_LINKED;
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
        if |case| case.is_command_line() && case.place == Place::Unknown => "auth" {
        NoCredentials Likely "nobody is logged in here as the user who asks, or under another spelling of the registry";
        BadCredentials Possible BAD;
        ServerError Possible "of a public image this is an outage of the registry or of its token service";
        RepositoryMissing Possible "many registries answer the same for a repository that is missing";
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized
        if |case| case.is_command_line() => "auth" {
        NoCredentials Likely "nobody is logged in here as the user who asks, or under another spelling of the registry";
        BadCredentials Possible BAD;
        RepositoryMissing Possible "many registries answer the same for a repository that is missing";
        ExpiredCredentials Possible OLD;
        PullDenied Possible NO_RIGHT;
    }
    on Unauthorized => "auth" {
        NoCredentials Likely NO_CREDENTIALS;
        SecretNotLinked Possible NOT_LINKED;
        SecretKeyMismatch Possible KEY;
        BadCredentials Possible BAD;
        SecretMalformed Possible MALFORMED;
        ExpiredCredentials Possible OLD;
        RepositoryMissing Possible "a repository that does not exist is answered like this by many registries";
        PullDenied Possible NO_RIGHT;
    }
}
