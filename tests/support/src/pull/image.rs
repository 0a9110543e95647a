//! Asks a registry for an image: greeting, challenge, token, manifest, the image for the platform, its parts. What went
//! wrong is a [`Trouble`]; the words for it are those who ask's.

use serde_json::Value;

use super::name::Name;
use super::secrets::Login;
use super::wire::Wire;
use crate::client::Response;

const MANIFESTS: &str = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                         application/vnd.docker.distribution.manifest.v2+json, \
                         application/vnd.docker.distribution.manifest.list.v2+json";
/// The nodes' and the API server's platform.
const PLATFORM: (&str, &str) = ("linux", "amd64");

/// What went wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// No HTTP answer: method, URL and Go's words. `greeting` when it was the first question.
    Transport {
        method: &'static str,
        url: String,
        words: String,
        greeting: bool,
    },
    /// The greeting was answered by something that is no registry.
    NotV2 {
        url: String,
        status: String,
    },
    /// The registry wants a login of the kind `Basic` and there is none.
    NoBasicCredentials {
        url: String,
    },
    /// The token service refused.
    Token {
        url: String,
        with_login: bool,
        answer: Box<Answer>,
    },
    /// An answer that is no success, to a question about a manifest. `scope` is the challenge's `error`.
    Manifest {
        url: String,
        answer: Box<Answer>,
        scope: Option<String>,
    },
    /// The same about a part of the image.
    Blob {
        url: String,
        digest: String,
        answer: Box<Answer>,
    },
    NoPlatform,
}

/// An answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Code and message of the first error in the body, in distribution's shape.
    pub(crate) error: Option<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(super) fn of(response: &Response) -> Self {
        let parsed: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let first = &parsed["errors"][0];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        Self {
            status: response.status,
            error: first["code"]
                .as_str()
                .map(|code| (code.to_owned(), text(&first["message"]))),
            body: response.text().chars().take(200).collect(),
        }
    }

    pub(crate) fn has_code(&self, code: &str) -> bool {
        self.error.as_ref().is_some_and(|(own, _)| own == code)
    }

    /// `404 Not Found`.
    pub(crate) fn status_line(&self) -> String {
        let reason = http::StatusCode::from_u16(self.status)
            .ok()
            .and_then(|status| status.canonical_reason());
        format!("{} {}", self.status, reason.unwrap_or_default())
            .trim()
            .to_owned()
    }

    /// The first error as Go's `errcode.Error` prints it: `manifest unknown: manifest unknown`.
    pub(crate) fn error_words(&self) -> Option<String> {
        let (code, message) = self.error.as_ref()?;
        Some(format!(
            "{}: {message}",
            code.to_lowercase().replace('_', " ")
        ))
    }

    /// As distribution's client puts an answer into an error (`registry/client/errors.go` `HandleHTTPResponseError`).
    pub(crate) fn distribution_words(&self) -> String {
        if let Some(words) = self.error_words() {
            return words;
        }
        if (400..500).contains(&self.status) {
            let first = self.body.chars().next();
            return match first {
                None => format!(
                    "error parsing HTTP {} response body: unexpected end of JSON input: \"\"",
                    self.status
                ),
                Some(first) => format!(
                    "error parsing HTTP {} response body: invalid character '{first}' looking for beginning of value: {:?}",
                    self.status, self.body
                ),
            };
        }
        format!("received unexpected HTTP status: {}", self.status_line())
    }
}

/// An image that was had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Had {
    /// Of what the reference led to: an index or an image.
    pub(crate) digest: String,
    /// Of the image for the platform.
    pub(crate) image: String,
    pub(crate) os: String,
    pub(crate) architecture: String,
    pub(crate) media_type: String,
    pub(crate) size: u64,
    /// What an index lists, when it was taken as it is.
    pub(crate) listed: Vec<Value>,
}

/// A conversation with one registry about one repository.
pub(crate) struct Talk<'a> {
    pub(super) wire: &'a Wire<'a>,
    pub(super) name: &'a Name,
    login: Option<&'a Login>,
    /// What a token is asked for, as a scope has it.
    actions: &'static str,
    pub(super) base: String,
    pub(super) authorization: Option<String>,
}

impl<'a> Talk<'a> {
    /// Greets the registry and logs in as it wants.
    pub(crate) fn open(
        wire: &'a Wire<'a>,
        name: &'a Name,
        login: Option<&'a Login>,
    ) -> Result<Self, Trouble> {
        Self::open_for(wire, name, login, "pull")
    }

    /// The same to do more than pull.
    pub(super) fn open_for(
        wire: &'a Wire<'a>,
        name: &'a Name,
        login: Option<&'a Login>,
        actions: &'static str,
    ) -> Result<Self, Trouble> {
        let host = match name.registry.as_str() {
            "docker.io" => "registry-1.docker.io",
            other => other,
        };
        let mut talk = Self {
            wire,
            name,
            login,
            actions,
            base: format!("https://{host}"),
            authorization: None,
        };
        let mut greeting = talk.greet();
        if greeting.is_err() && wire.insecure {
            talk.base = format!("http://{host}");
            greeting = talk.greet();
        }
        let greeting = greeting?;
        match greeting.status {
            401 | 403 => talk.log_in(&greeting)?,
            200..=299 => {}
            _ if greeting.header("docker-distribution-api-version").is_some() => {}
            _ => {
                return Err(Trouble::NotV2 {
                    url: talk.base,
                    status: Answer::of(&greeting).status_line(),
                });
            }
        }
        Ok(talk)
    }

    fn greet(&self) -> Result<Response, Trouble> {
        let url = format!("{}/v2/", self.base);
        self.send("GET", &url, &[], true)
    }

    fn send(
        &self,
        method: &'static str,
        url: &str,
        headers: &[(&str, &str)],
        greeting: bool,
    ) -> Result<Response, Trouble> {
        let mut headers = headers.to_vec();
        if let Some(value) = &self.authorization {
            headers.push(("authorization", value));
        }
        self.wire
            .send(method, url, &headers)
            .map_err(|words| Trouble::Transport {
                method,
                url: url.to_owned(),
                words,
                greeting,
            })
    }

    fn log_in(&mut self, greeting: &Response) -> Result<(), Trouble> {
        let challenge = greeting.challenge();
        let scheme = challenge.split(' ').next().unwrap_or_default();
        if scheme.eq_ignore_ascii_case("basic") {
            let Some(login) = self.login else {
                return Err(Trouble::NoBasicCredentials {
                    url: self.manifest_url(&self.name.selector),
                });
            };
            self.authorization = Some(login.basic());
        } else if scheme.eq_ignore_ascii_case("bearer") {
            let token = self.token(challenge)?;
            self.authorization = Some(format!("Bearer {token}"));
        }
        Ok(())
    }

    fn token(&self, challenge: &str) -> Result<String, Trouble> {
        let realm = parameter(challenge, "realm").unwrap_or_default();
        let service = parameter(challenge, "service").unwrap_or_default();
        let mark = if realm.contains('?') { '&' } else { '?' };
        let url = format!(
            "{realm}{mark}scope=repository%3A{}%3A{}&service={}",
            self.name.repository.replace('/', "%2F"),
            self.actions.replace(',', "%2C"),
            service.replace(':', "%3A").replace(' ', "%20")
        );
        let basic = self.login.map(Login::basic);
        let headers: Vec<(&str, &str)> = basic
            .iter()
            .map(|basic| ("authorization", basic.as_str()))
            .collect();
        let response = self.send("GET", &url, &headers, false)?;
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let token = body["token"].as_str().or(body["access_token"].as_str());
        match token.filter(|_| response.status == 200) {
            Some(token) => Ok(token.to_owned()),
            None => Err(Trouble::Token {
                url,
                with_login: self.login.is_some(),
                answer: Box::new(Answer::of(&response)),
            }),
        }
    }

    fn manifest_url(&self, selector: &str) -> String {
        format!(
            "{}/v2/{}/manifests/{selector}",
            self.base, self.name.repository
        )
    }

    fn manifest(&self, selector: &str) -> Result<(String, Value, Response), Trouble> {
        let url = self.manifest_url(selector);
        let response = self.send("GET", &url, &[("accept", MANIFESTS)], false)?;
        if response.status != 200 {
            return Err(Trouble::Manifest {
                url,
                answer: Box::new(Answer::of(&response)),
                scope: parameter(response.challenge(), "error"),
            });
        }
        let digest = if selector.contains(':') {
            selector.to_owned()
        } else {
            response
                .header("docker-content-digest")
                .map_or_else(|| sha256(&response.body), str::to_owned)
        };
        let document = serde_json::from_slice(&response.body).unwrap_or_default();
        Ok((digest, document, response))
    }

    /// The manifest, the one for the platform, the config; with `layers` also whether the layers are there.
    /// `any_platform` takes the first image where none is for the platform.
    pub(crate) fn pull(&self, layers: bool, any_platform: bool) -> Result<Had, Trouble> {
        let (digest, mut document, mut response) = self.manifest(&self.name.selector)?;
        let mut image = digest.clone();
        if let Some(list) = document["manifests"].as_array() {
            image = choose(list, any_platform).ok_or(Trouble::NoPlatform)?;
            (_, document, response) = self.manifest(&image)?;
        }
        let config = document["config"]["digest"].as_str().unwrap_or_default();
        let config: Value =
            serde_json::from_slice(&self.blob("GET", config)?.body).unwrap_or_default();
        let mut size = document["config"]["size"].as_u64().unwrap_or_default();
        for layer in document["layers"].as_array().into_iter().flatten() {
            size += layer["size"].as_u64().unwrap_or_default();
            if layers {
                self.blob("HEAD", layer["digest"].as_str().unwrap_or_default())?;
            }
        }
        Ok(Had {
            digest,
            image,
            os: config["os"].as_str().unwrap_or(PLATFORM.0).to_owned(),
            architecture: config["architecture"]
                .as_str()
                .unwrap_or(PLATFORM.1)
                .to_owned(),
            media_type: response
                .header("content-type")
                .unwrap_or_default()
                .to_owned(),
            size,
            listed: Vec::new(),
        })
    }

    /// The manifest as it is: of an index no image is chosen, and each that it lists is looked at. An image is had as
    /// [`Talk::pull`] has it.
    pub(crate) fn original(&self) -> Result<Had, Trouble> {
        let (digest, document, response) = self.manifest(&self.name.selector)?;
        let Some(list) = document["manifests"].as_array() else {
            return self.pull(false, true);
        };
        for entry in list {
            let (_, image, _) = self.manifest(entry["digest"].as_str().unwrap_or_default())?;
            self.blob(
                "GET",
                image["config"]["digest"].as_str().unwrap_or_default(),
            )?;
        }
        Ok(Had {
            image: digest.clone(),
            digest,
            os: String::new(),
            architecture: String::new(),
            media_type: response
                .header("content-type")
                .unwrap_or_default()
                .to_owned(),
            size: 0,
            listed: list.clone(),
        })
    }

    /// The tags of the repository.
    pub(crate) fn tags(&self) -> Result<Vec<String>, Trouble> {
        let url = format!("{}/v2/{}/tags/list", self.base, self.name.repository);
        let response = self.send("GET", &url, &[], false)?;
        if response.status != 200 {
            return Err(Trouble::Manifest {
                url,
                answer: Box::new(Answer::of(&response)),
                scope: parameter(response.challenge(), "error"),
            });
        }
        let body: Value = serde_json::from_slice(&response.body).unwrap_or_default();
        let tags = body["tags"].as_array().into_iter().flatten();
        Ok(tags
            .filter_map(|tag| tag.as_str().map(str::to_owned))
            .collect())
    }

    fn blob(&self, method: &'static str, digest: &str) -> Result<Response, Trouble> {
        let url = format!("{}/v2/{}/blobs/{digest}", self.base, self.name.repository);
        let response = self.send(method, &url, &[], false)?;
        if response.status != 200 {
            return Err(Trouble::Blob {
                url,
                digest: digest.to_owned(),
                answer: Box::new(Answer::of(&response)),
            });
        }
        Ok(response)
    }
}

/// The digest of the image for the platform, in an index.
fn choose(list: &[Value], any_platform: bool) -> Option<String> {
    let fits = |entry: &&Value| {
        entry["platform"]["os"] == PLATFORM.0 && entry["platform"]["architecture"] == PLATFORM.1
    };
    let first = || list.first().filter(|_| any_platform);
    let entry = list.iter().find(fits).or_else(first)?;
    entry["digest"].as_str().map(str::to_owned)
}

/// A parameter of a challenge.
pub(super) fn parameter(challenge: &str, name: &str) -> Option<String> {
    let at = challenge.find(&format!("{name}=\""))? + name.len() + 2;
    Some(challenge[at..].split('"').next()?.to_owned())
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(bytes);
    digest.iter().fold("sha256:".to_owned(), |text, byte| {
        format!("{text}{byte:02x}")
    })
}
