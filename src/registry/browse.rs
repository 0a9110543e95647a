//! Manifests and tag lists: what to ask, and what a good answer holds.

use http::header::LINK;
use oci_distribution::manifest::{
    IMAGE_MANIFEST_LIST_MEDIA_TYPE, IMAGE_MANIFEST_MEDIA_TYPE, OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
};
use serde_json::Value;

use super::follow::Redirects;
use super::query::Query;
use super::reach::Reached;
use super::wire::{Asked, MANIFEST_BOUND};
use super::{Registry, manifests, urls};
use crate::model::observation::{Answer, ManifestView, Purpose, Tags};

/// What is accepted, each in a header of its own (distribution does not honour `*/*`).
pub(super) const MANIFEST_TYPES: [&str; 4] = [
    OCI_IMAGE_INDEX_MEDIA_TYPE,
    OCI_IMAGE_MEDIA_TYPE,
    IMAGE_MANIFEST_LIST_MEDIA_TYPE,
    IMAGE_MANIFEST_MEDIA_TYPE,
];
/// Asked for in a second request only, to tell a schema 1 image from none: nodes no longer take it.
const SCHEMA1_TYPES: [&str; 2] = [manifests::SCHEMA1_SIGNED, manifests::SCHEMA1];
/// Amazon ECR answers 405 to more.
const MOST_TAGS_A_PAGE: usize = 1000;
/// Pages read for one list.
const MOST_PAGES: usize = 5;

impl Registry {
    pub(super) async fn fetch_manifest(
        &self,
        repository: &str,
        selector: &str,
        credential: Option<usize>,
    ) -> ManifestView {
        let url = self
            .url(&format!("/v2/{repository}/manifests/{selector}"))
            .await;
        let mut query = Query::get(Purpose::Manifest, url);
        query.accept = &MANIFEST_TYPES;
        query.bound = MANIFEST_BOUND;
        let mut reached = self
            .reach(repository, credential, &query, Redirects::Follow)
            .await;
        if reached.asked.answer().is_some_and(suggests_schema1) {
            query.accept = &SCHEMA1_TYPES;
            let second = self
                .reach(repository, credential, &query, Redirects::Follow)
                .await;
            if second.asked.answer().is_some_and(Answer::is_success) {
                reached = second;
            }
        }
        let Reached { grant, asked } = reached;
        let manifest = delivered(&asked).and_then(|answer| {
            manifests::read(
                selector,
                answer.header("content-type"),
                answer.header("docker-content-digest"),
                &asked.body,
                answer.truncated,
            )
        });
        ManifestView {
            credential,
            grant,
            exchange: asked.exchange,
            manifest,
        }
    }

    pub(super) async fn fetch_tags(
        &self,
        repository: &str,
        credential: Option<usize>,
        limit: usize,
    ) -> Tags {
        let mut url = self.url(&format!("/v2/{repository}/tags/list")).await;
        let page = limit.clamp(1, MOST_TAGS_A_PAGE);
        url.set_query(Some(&format!("n={page}")));
        let query = Query::get(Purpose::Tags, url);
        let first = self
            .reach(repository, credential, &query, Redirects::Follow)
            .await
            .asked;
        let Some(mut tags) = delivered_tags(&first) else {
            return Tags {
                exchange: first.exchange,
                tags: None,
                partial: false,
            };
        };
        let mut next = next_page(&query, &first);
        for _ in 1..MOST_PAGES {
            let Some(further) = next.take().filter(|_| tags.len() < limit) else {
                break;
            };
            let asked = self
                .reach(repository, credential, &further, Redirects::Follow)
                .await
                .asked;
            let Some(more) = delivered_tags(&asked) else {
                // Artifactory's links miss the repository key: the rest is there, and cannot be read.
                next = Some(further);
                break;
            };
            tags.extend(more);
            next = next_page(&further, &asked);
        }
        let partial = next.is_some() || tags.len() > limit;
        tags.truncate(limit);
        Tags {
            exchange: first.exchange,
            tags: Some(tags),
            partial,
        }
    }
}

/// The answer, if it delivers what was asked for and is not the token request's.
fn delivered(asked: &Asked) -> Option<&Answer> {
    let asked_for = asked.exchange.purpose == Purpose::Manifest;
    asked
        .answer()
        .filter(|answer| asked_for && answer.is_success())
}

/// Whether there may be a manifest of schema 1 behind a refusal: distribution 2 answers 400 when it cannot rewrite one,
/// others say that the Accept header was not enough.
fn suggests_schema1(answer: &Answer) -> bool {
    if matches!(answer.status, 406 | 415) || answer.has_code("MANIFEST_INVALID") {
        return true;
    }
    let words = answer.words().to_ascii_lowercase();
    matches!(answer.status, 400 | 404)
        && ["schema1", "schema 1", "schemaversion 1", "accept header"]
            .iter()
            .any(|hint| words.contains(hint))
}

fn delivered_tags(asked: &Asked) -> Option<Vec<String>> {
    asked
        .answer()
        .filter(|answer| answer.is_success() && asked.exchange.purpose == Purpose::Tags)?;
    let json: Value = serde_json::from_slice(&asked.body).ok()?;
    match json.get("tags")? {
        Value::Array(tags) => Some(
            tags.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        ),
        // Go writes an empty list as null.
        Value::Null => Some(Vec::new()),
        _ => None,
    }
}

/// The next page that `Link: <URL>; rel="next"` names, on the same server only.
pub(super) fn next_page(query: &Query, asked: &Asked) -> Option<Query> {
    let links = asked.headers.get_all(LINK);
    let target = links.iter().find_map(|value| {
        let (target, params) = value
            .to_str()
            .ok()?
            .trim()
            .strip_prefix('<')?
            .split_once('>')?;
        let params = params.replace([' ', '"'], "");
        params.contains("rel=next").then(|| target.to_owned())
    })?;
    let url = query.url.join(&target).ok()?;
    (urls::origin_of(&url) == urls::origin_of(&query.url)).then(|| Query {
        url,
        ..query.clone()
    })
}
