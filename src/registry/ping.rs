//! GET `/v2/` without credentials, and what the answer makes of the host.

use super::query::Query;
use super::realm;
use super::wire::Asked;
use super::{Registry, urls};
use crate::model::challenge;
use crate::model::dialect::{Dialect, fingerprint};
use crate::model::html;
use crate::model::observation::{
    Answer, Exchange, ExchangeFault, Ping, PingKind, Purpose, Withheld,
};

/// How often a ping is sent elsewhere before it is called lost. A registry that moved sends `/v2/` to its new `/v2/`.
const MOST_MOVES: usize = 3;

impl Registry {
    pub(super) async fn known_ping(&self) -> &Ping {
        self.ping.get_or_init(|| Box::pin(self.send_ping())).await
    }

    async fn send_ping(&self) -> Ping {
        let mut url = self.url("/v2/").await;
        let mut asked = self.wire.ask(&Query::get(Purpose::Ping, url.clone())).await;
        for _ in 0..MOST_MOVES {
            let Some(target) = moved_to(&asked) else {
                break;
            };
            let next = match realm::redirect(&url, &target, &self.own_addresses().await) {
                Ok(next) if next.path().ends_with("/v2/") => next,
                _ => break,
            };
            let mut query = Query::get(Purpose::Ping, next.clone());
            let refusal = Withheld::Redirect {
                location: urls::shown(&next),
                why: "nothing of a registry's lives at that address",
            };
            query.guard = self.guard(&next, refusal).await;
            let further = self.wire.ask(&query).await;
            if further.answer().is_none() {
                break;
            }
            (url, asked) = (next, further);
        }
        let host = url.host_str().unwrap_or_default();
        ping_of(asked.exchange, host)
    }
}

/// Where an answer redirects to, as it stands there.
pub(super) fn moved_to(asked: &Asked) -> Option<String> {
    let answer = asked.answer()?;
    if !answer.is_redirect() {
        return None;
    }
    let location = asked.headers.get(http::header::LOCATION)?;
    location.to_str().ok().map(str::to_owned)
}

fn ping_of(exchange: Exchange, host: &str) -> Ping {
    match &exchange.result {
        Ok(answer) => Ping {
            kind: classify(answer),
            dialect: fingerprint(answer, host),
            exchange,
        },
        Err(_) => Ping {
            kind: PingKind::NoAnswer,
            dialect: Dialect::Distribution,
            exchange,
        },
    }
}

/// What kind of host gives this answer to `/v2/`.
pub(super) fn classify(answer: &Answer) -> PingKind {
    let says_registry = answer.header("docker-distribution-api-version").is_some();
    let json = serde_json::from_slice::<serde_json::Value>(&answer.body).ok();
    let speaks_json = json.is_some();
    match answer.status {
        // The `Status` of apimachinery `pkg/apis/meta/v1`, which no registry sends: its address was taken for the registry's.
        400.. if json.is_some_and(|it| it["kind"] == "Status" && it["apiVersion"] == "v1") => {
            other(answer, "it is the API server of a cluster")
        }
        429 => PingKind::RateLimited,
        500.. => PingKind::ServerError,
        200..300 if says_registry || speaks_json => PingKind::Open,
        401 if challenge::preferred(&answer.challenges).is_some() => PingKind::Challenge,
        401 if html::is_html(&answer.body) && answer.challenges.is_empty() => {
            other(answer, "401 without a challenge, and a web page")
        }
        401 => PingKind::ChallengeMissing,
        403 => PingKind::Refused,
        400.. if says_registry => PingKind::Refused,
        _ if answer.is_redirect() => other(answer, "it redirects /v2/ elsewhere"),
        404 => other(answer, "it has no /v2/"),
        200..300 if html::is_html(&answer.body) => other(answer, "it answers /v2/ with a web page"),
        200..300 => PingKind::Unproven,
        _ => other(answer, "it does not take requests for /v2/"),
    }
}

fn other(answer: &Answer, why: &str) -> PingKind {
    PingKind::NotARegistry {
        why: why.to_owned(),
        title: html::title(&answer.body),
        location: answer.header("location").map(str::to_owned),
    }
}

/// Why a ping allows no further questions, in words; `None` when it does.
pub(super) fn obstacle(ping: &Ping) -> Option<String> {
    let words = match &ping.kind {
        PingKind::Open | PingKind::Challenge | PingKind::Unproven => return None,
        PingKind::ChallengeMissing => "the registry refuses and does not say how to log in",
        PingKind::NotARegistry { .. } => "the host does not answer as a registry",
        PingKind::ServerError => "the registry answers with a server error",
        PingKind::Refused => "the registry refuses before it was asked anything",
        PingKind::RateLimited => "the registry limits requests",
        PingKind::NoAnswer => match ping.exchange.result {
            Err(ExchangeFault::Deadline) => "the time was up before the registry answered",
            _ => "the registry did not answer",
        },
    };
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::answers;
    use super::*;
    use http::HeaderMap;

    fn kind(status: u16, headers: &[(&'static str, &str)], body: &str) -> PingKind {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        classify(&answers::answer(
            status,
            &map,
            body.as_bytes().to_vec(),
            false,
        ))
    }

    const VERSION: (&str, &str) = ("docker-distribution-api-version", "registry/2.0");

    #[test]
    fn registries_are_known_by_what_they_say_and_not_by_a_200() {
        assert_eq!(kind(200, &[VERSION], "{}"), PingKind::Open);
        assert_eq!(kind(200, &[VERSION], ""), PingKind::Open);
        assert_eq!(kind(200, &[], "true"), PingKind::Open);
        assert_eq!(
            kind(
                200,
                &[("content-type", "text/html")],
                "<html><title>Welcome</title>"
            ),
            PingKind::NotARegistry {
                why: "it answers /v2/ with a web page".to_owned(),
                title: Some("Welcome".to_owned()),
                location: None,
            }
        );
        assert_eq!(kind(200, &[], ""), PingKind::Unproven);
        assert_eq!(kind(200, &[], "OK"), PingKind::Unproven);
    }

    #[test]
    fn an_api_server_is_no_registry_that_refuses() {
        for status in [401, 403] {
            let said = r#"{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"no"}"#;
            assert!(matches!(
                kind(status, &[("content-type", "application/json")], said),
                PingKind::NotARegistry { why, .. } if why.contains("API server")
            ));
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        let challenge = ("www-authenticate", r#"Basic realm="x""#);
        assert_eq!(
            kind(401, &[challenge], "Not Authorized"),
            PingKind::Challenge
        );
        assert_eq!(kind(401, &[VERSION], ""), PingKind::ChallengeMissing);
        assert_eq!(kind(401, &[], "no"), PingKind::ChallengeMissing);
        for unknown in ["Negotiate", r#"Bearer service="x""#, r#"Bearer realm="""#] {
            let header = ("www-authenticate", unknown);
            assert_eq!(kind(401, &[header], "no"), PingKind::ChallengeMissing);
        }
        assert!(matches!(
            kind(401, &[], "<html>"),
            PingKind::NotARegistry { .. }
        ));
        assert_eq!(kind(403, &[], "<html>blocked</html>"), PingKind::Refused);
        assert_eq!(kind(400, &[VERSION], ""), PingKind::Refused);
        assert_eq!(kind(429, &[], "slow down"), PingKind::RateLimited);
        assert_eq!(kind(503, &[], ""), PingKind::ServerError);
    }

    #[test]
    fn a_redirect_names_where_it_leads() {
        assert_eq!(
            kind(
                302,
                &[("location", "https://sso.example/login?state=secret")],
                ""
            ),
            PingKind::NotARegistry {
                why: "it redirects /v2/ elsewhere".to_owned(),
                title: None,
                location: Some("https://sso.example/login?state=...".to_owned()),
            }
        );
    }
}
