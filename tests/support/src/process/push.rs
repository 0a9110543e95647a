//! Talking to a real registry as far as tests need it: log in as the registry wants it, push, ask.

use std::cell::RefCell;

use crate::client::{Request, Response, request};
use crate::content::{Packed, digest};

/// A registry and how to get in. It answers challenges, so it must only be used with servers of the tests.
pub struct Remote {
    url: String,
    ca_pem: Option<String>,
    login: Option<(String, String)>,
    authorization: RefCell<Option<Authorization>>,
}

#[derive(Clone)]
enum Authorization {
    Basic,
    Bearer(String),
}

impl Remote {
    /// `url` is `http://host:port` or `https://host:port`.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            ca_pem: None,
            login: None,
            authorization: RefCell::new(None),
        }
    }

    /// The roots to judge its certificate by.
    pub fn trust(mut self, ca_pem: &str) -> Self {
        self.ca_pem = Some(ca_pem.to_owned());
        self
    }

    /// What to answer challenges with.
    pub fn login(mut self, user: &str, password: &str) -> Self {
        self.login = Some((user.to_owned(), password.to_owned()));
        self
    }

    /// Pushes content, its children first, under a tag, and returns its digest. Panics when it is refused.
    pub fn push(&self, repository: &str, tag: &str, content: &Packed) -> String {
        for child in &content.children {
            self.push(repository, &child.digest(), child);
        }
        for blob in &content.blobs {
            self.push_blob(repository, blob);
        }
        let path = format!("/v2/{repository}/manifests/{tag}");
        let put = self
            .request("PUT", &path)
            .header("content-type", &content.media_type)
            .body(content.manifest.clone());
        expect_created(&self.send(put), &path);
        content.digest()
    }

    fn push_blob(&self, repository: &str, blob: &[u8]) {
        let path = format!("/v2/{repository}/blobs/uploads/");
        let begun = self.send(self.request("POST", &path));
        let location = begun
            .header("location")
            .unwrap_or_else(|| panic!("no upload was begun: {} {}", begun.status, begun.text()));
        let separator = if location.contains('?') { '&' } else { '?' };
        let target = format!("{location}{separator}digest={}", digest(blob));
        let target = target.strip_prefix(&self.url).unwrap_or(&target);
        let put = self
            .request("PUT", target)
            .header("content-type", "application/octet-stream")
            .body(blob.to_vec());
        expect_created(&self.send(put), target);
    }

    /// A request for a path of the registry.
    pub fn request(&self, method: &str, path: &str) -> Request {
        self.prepare(request(method, format!("{}{path}", self.url)))
    }

    fn prepare(&self, request: Request) -> Request {
        match &self.ca_pem {
            Some(pem) => request.trust(pem),
            None => request,
        }
    }

    /// Sends a request, and once more with credentials when it is challenged.
    pub fn send(&self, request: Request) -> Response {
        let first = self.authorized(request.clone()).send();
        if first.status != 401 {
            return first;
        }
        let authorization = self.answer(first.challenge());
        *self.authorization.borrow_mut() = authorization;
        self.authorized(request).send()
    }

    fn authorized(&self, request: Request) -> Request {
        match (&*self.authorization.borrow(), &self.login) {
            (Some(Authorization::Basic), Some((user, password))) => request.basic(user, password),
            (Some(Authorization::Bearer(token)), _) => request.bearer(token),
            _ => request,
        }
    }

    fn answer(&self, challenge: &str) -> Option<Authorization> {
        if challenge.to_ascii_lowercase().starts_with("basic") {
            return Some(Authorization::Basic);
        }
        let value = |name: &str| {
            let (_, rest) = challenge.split_once(&format!("{name}=\""))?;
            rest.split('"').next()
        };
        let mut url = format!("{}?service={}", value("realm")?, value("service")?);
        if let Some(scope) = value("scope") {
            url.push_str("&scope=");
            url.push_str(scope);
        }
        let ask = self.prepare(request("GET", url));
        let answer = match &self.login {
            Some((user, password)) => ask.basic(user, password),
            None => ask,
        }
        .send();
        let token = answer.json()["token"].as_str()?.to_owned();
        Some(Authorization::Bearer(token))
    }
}

fn expect_created(response: &Response, what: &str) {
    assert!(
        response.status == 201,
        "{what} was answered {}: {}",
        response.status,
        response.text()
    );
}
