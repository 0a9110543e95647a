//! One request's way through a registry: log, faults, token service or API, faults again.

use std::sync::Arc;

use super::errors::Problem;
use super::fault::At;
use super::log::{LoggedRequest, Origin};
use super::route::Route;
use super::token::TokenAsk;
use super::world::{Cx, World};
use super::{content_routes, misbehave, upload_routes};
use crate::web::{Answer, Call, Greeting, Handler, Reply};

/// One of a registry's servers.
pub(crate) struct Server {
    pub(crate) world: Arc<World>,
    pub(crate) origin: Origin,
}

impl Handler for Server {
    fn greet(&self) -> Greeting {
        self.world.journal().arrived(self.origin);
        misbehave::greeting(&mut self.world.state(), self.origin)
    }

    fn left(&self) {
        self.world.journal().left(self.origin);
    }

    fn handshake_failed(&self, reason: &str) {
        let mut journal = self.world.journal();
        journal.failed_handshakes.push(reason.to_owned());
    }

    fn answer(&self, call: Call) -> Answer {
        let number = self.note(&call);
        let mut state = self.world.state();
        let mut cx = Cx {
            world: &self.world,
            call: &call,
            state: &mut state,
        };
        let answer = self.decide(&mut cx);
        drop(state);
        if let Some(reply) = &answer.reply {
            self.world.journal().requests[number].status = Some(reply.status.as_u16());
        }
        answer
    }
}

impl Server {
    fn decide(&self, cx: &mut Cx) -> Answer {
        let route = Route::of(&cx.call.path);
        let is_token = cx.world.rules.is_token_path(cx.world, &cx.call.path)
            && (self.origin == Origin::Token || cx.world.token_base.is_none());
        let place = misbehave::place(self.origin, is_token, &route);
        let mut answer = misbehave::instead(cx, self.origin, place).unwrap_or_else(|| {
            match self.origin {
                Origin::Storage => storage(cx),
                _ if is_token => token(cx),
                Origin::Token => Reply::text(404, "404 page not found\n"),
                Origin::Registry => registry(cx, &route),
            }
            .into()
        });
        if let Some(reply) = &mut answer.reply {
            answer.after = cx.world.delay + misbehave::change(cx, self.origin, place, reply);
        }
        answer
    }

    fn note(&self, call: &Call) -> usize {
        let headers = call
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        let mut journal = self.world.journal();
        journal.requests.push(LoggedRequest {
            origin: self.origin,
            connection: call.connection.id,
            method: call.method.to_string(),
            path: call.path.clone(),
            query: call.query.clone(),
            version: format!("{:?}", call.version),
            headers,
            host: call.host.clone(),
            body: call.body.to_vec(),
            tls: call.connection.tls,
            client_certificate: call.connection.client_certificate,
            status: None,
        });
        journal.requests.len() - 1
    }
}

fn token(cx: &mut Cx) -> Reply {
    let ask = TokenAsk::read(cx);
    cx.world.rules.token(cx, &ask)
}

/// The storage that blobs are redirected to. As S3 does it, an `Authorization` header beside the signed query is an
/// error.
fn storage(cx: &Cx) -> Reply {
    if cx.call.query.as_deref() != Some(content_routes::SIGNATURE) {
        return Reply::bytes(
            403,
            "application/xml",
            s3_error("AccessDenied", "Access Denied"),
        );
    }
    if cx.call.header("authorization").is_some() {
        let message = "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                       Signature query string parameter or the Authorization header should be specified";
        return Reply::bytes(400, "application/xml", s3_error("InvalidArgument", message));
    }
    cx.call
        .path
        .strip_prefix("/blobs/")
        .and_then(|path| path.rsplit_once('/'))
        .and_then(|(repository, digest)| {
            let stored = cx.state.store.repository(repository)?;
            let reply = content_routes::blob_reply(digest, stored.blobs.get(digest)?);
            Some(content_routes::part_of(cx, reply))
        })
        .unwrap_or_else(|| {
            let body = s3_error("NoSuchKey", "The specified key does not exist.");
            Reply::bytes(404, "application/xml", body)
        })
}

fn s3_error(code: &str, message: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    )
}

fn registry(cx: &mut Cx, route: &Route) -> Reply {
    if let Some((media_type, body)) = cx.state.files.get(&cx.call.path) {
        return Reply::bytes(200, media_type, body.clone());
    }
    match cx.call.path.as_str() {
        "/" => return Reply::empty(200).header("cache-control", "no-cache"),
        "/v2" => {
            return Reply::html(301, "<a href=\"/v2/\">Moved Permanently</a>.\n\n")
                .header("location", "/v2/")
                .header("docker-distribution-api-version", "registry/2.0");
        }
        _ => {}
    }
    let rules = &cx.world.rules;
    if let Some(reply) = rules.early(cx, route) {
        return reply;
    }
    let mut reply = allowed(cx, route);
    rules.finish(cx, route, &mut reply);
    reply
}

fn allowed(cx: &mut Cx, route: &Route) -> Reply {
    let rules = &cx.world.rules;
    let unknown = match route {
        Route::Unknown => true,
        Route::Referrers { .. } => !rules.lists_referrers(),
        _ => false,
    };
    if unknown {
        return rules.problem(cx, &Problem::PageNotFound);
    }
    let mut need = rules.need(cx, route);
    if matches!(route, Route::Upload { .. }) && cx.call.method == http::Method::DELETE {
        need.actions = vec![rules.cancel_needs()];
    }
    let who = rules.identify(cx);
    if let Err(denied) = rules.authorize(cx, &who, &need) {
        return rules.refuse(cx, &who, &need, denied);
    }
    if let Some(reply) = need
        .repository()
        .and_then(|repository| cx.block(repository))
        .and_then(|block| rules.blocked(cx, &block, &need))
    {
        return reply;
    }
    if let Some(reply) = rules.before_content(cx, &need) {
        return reply;
    }
    let outcome = match route {
        Route::Ping => Ok(rules.ping(cx, &who)),
        Route::Catalog => Ok(content_routes::catalog(cx, &who)),
        _ => content(cx, route),
    };
    outcome.unwrap_or_else(|problem| rules.problem(cx, &problem))
}

fn content(cx: &mut Cx, route: &Route) -> Result<Reply, Problem> {
    let method = cx.call.method.as_str();
    match (route, method) {
        (Route::Tags { repository }, "GET" | "HEAD") => content_routes::tags(cx, repository),
        (
            Route::Manifest {
                repository,
                reference,
            },
            _,
        ) => match method {
            "GET" | "HEAD" => content_routes::manifest(cx, repository, reference),
            "PUT" => upload_routes::put_manifest(cx, repository, reference),
            "DELETE" => upload_routes::delete_manifest(cx, repository, reference),
            _ => Err(Problem::MethodNotAllowed),
        },
        (Route::Blob { repository, digest }, "GET" | "HEAD") => {
            content_routes::blob(cx, repository, digest)
        }
        (Route::Blob { repository, digest }, "DELETE") => {
            upload_routes::delete_blob(cx, repository, digest)
        }
        (Route::Referrers { repository, digest }, "GET" | "HEAD") => {
            Ok(content_routes::referrers(cx, repository, digest))
        }
        (Route::Uploads { repository }, "POST") => upload_routes::begin(cx, repository),
        (Route::Upload { repository, id }, _) => upload_routes::continue_upload(cx, repository, id),
        _ => Err(Problem::MethodNotAllowed),
    }
}

/// Whether a fault is of a kind that decides about connections, and so needs one of the three places that are servers.
pub(crate) fn is_server(place: At) -> bool {
    matches!(place, At::Everything | At::Token | At::Storage)
}
