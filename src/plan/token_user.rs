//! The user name that goes with a token in a password's place, where a registry wants a certain one.

use crate::model::endpoint::Endpoint;

/// The ends of host names, and the name that registries under them want. Amazon ECR: `aws ecr get-login-password`.
/// Google: Artifact Registry's "access token" login. Azure: ACR's AAD OAuth document, for its refresh tokens.
/// Quay: `credential_consts.py` of quay/quay, for OAuth tokens.
const USERS: [(&str, &str); 6] = [
    (".amazonaws.com", "AWS"),
    ("public.ecr.aws", "AWS"),
    (".pkg.dev", "oauth2accesstoken"),
    ("gcr.io", "oauth2accesstoken"),
    (".azurecr.io", "00000000-0000-0000-0000-000000000000"),
    ("quay.io", "$oauthtoken"),
];

/// GHCR, GitLab and OpenShift look at the token alone. Never `<token>`: docker takes that for an identity token.
const ANY: &str = "token";

/// The user name for a token; `None` where the registry wants the user's own.
pub fn of(endpoint: &Endpoint) -> Option<&'static str> {
    if endpoint.is_docker_hub() {
        return None;
    }
    let host = endpoint.api_host();
    let known = USERS.iter().find(|(end, _)| host.ends_with(end));
    Some(known.map_or(ANY, |(_, user)| user))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_that_want_a_name_get_it() {
        for (registry, user) in [
            ("123.dkr.ecr.eu-west-1.amazonaws.com", Some("AWS")),
            (
                "team.azurecr.io",
                Some("00000000-0000-0000-0000-000000000000"),
            ),
            ("europe-docker.pkg.dev", Some("oauth2accesstoken")),
            ("ghcr.io", Some("token")),
            ("registry.example.com:5000", Some("token")),
            ("docker.io", None),
        ] {
            assert_eq!(of(&Endpoint::of_registry(registry)), user, "{registry}");
        }
    }
}
