//! A run of `doctor` against servers of the test, and what every report must fulfil.
#![allow(dead_code, reason = "each table uses its part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use extreg::cluster::connect::{ConnectOptions, connect};
use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome, Report};
use extreg::doctor::finding::Confidence;
use extreg::doctor::rank::confidence;
use extreg::doctor::run::{Request, run};
use extreg::env::Env;
use extreg::model::platform::Platform;
use extreg::report::json_v1;
use extreg::report::text::{self, Detail, Look};
use extreg::ui::{Glyphs, Paint};
use extreg_test_support::api::Api;
use extreg_test_support::process::Sandbox;

/// The password of every user; no report may hold it, nor its base64.
pub(crate) const SECRET: &str = "canary-Pa55word";
/// A wrong one, which must not show either.
pub(crate) const WRONG: &str = "wrong-Pa55word";

pub(crate) const ALICE: (&str, &str) = ("alice", SECRET);
/// Another password, because a token is all that some registries know a user by.
pub(crate) const BOB: (&str, &str) = ("bob", "canary-Pa55word-of-bob");
pub(crate) const MALLORY: (&str, &str) = ("alice", WRONG);

/// One run, to be set up and started.
pub(crate) struct Doctor {
    sandbox: Sandbox,
    vars: BTreeMap<String, String>,
    request: Request,
    kubeconfig: Option<PathBuf>,
}

impl Doctor {
    /// Looks at an image without a cluster and without credentials.
    pub(crate) fn of(image: impl Into<String>) -> Self {
        let sandbox = Sandbox::new();
        // This machine's own store is slow to read and none of the test's business.
        let empty = sandbox.write("no-roots.pem", "");
        let vars = BTreeMap::from([
            ("SSL_CERT_FILE".to_owned(), empty.display().to_string()),
            ("HOME".to_owned(), sandbox.home().display().to_string()),
        ]);
        Self {
            sandbox,
            vars,
            request: Request {
                images: vec![image.into()],
                registry_config: None,
                registry_ca: None,
                plain_http: false,
                platform: Some(Platform::parse("linux/amd64").expect("a platform")),
                push: false,
                account: "default".to_owned(),
                timeout: Duration::from_secs(60),
                usual_ports: Vec::new(),
                client: "oc",
            },
            kubeconfig: None,
        }
    }

    /// One more image.
    pub(crate) fn and(mut self, image: impl Into<String>) -> Self {
        self.request.images.push(image.into());
        self
    }

    /// With `-a`: one entry.
    pub(crate) fn login(self, key: &str, (user, password): (&str, &str)) -> Self {
        self.sandbox.auth_file(&[(key, user, password)]);
        self.file("auth.json")
    }

    /// With `-a` and a file of this content.
    pub(crate) fn config(self, content: &str) -> Self {
        self.sandbox.write("given.json", content);
        self.file("given.json")
    }

    /// Relative to the run's folder, so that reports look alike wherever that is.
    fn file(mut self, name: &str) -> Self {
        self.request.registry_config = Some(PathBuf::from(name));
        self
    }

    /// With `--registry-ca`.
    pub(crate) fn trust(mut self, pem: &str) -> Self {
        self.sandbox.write("ca.pem", pem);
        self.request.registry_ca = Some(PathBuf::from("ca.pem"));
        self
    }

    pub(crate) fn plain(mut self) -> Self {
        self.request.plain_http = true;
        self
    }

    pub(crate) fn platform(mut self, platform: Option<&str>) -> Self {
        self.request.platform = platform.map(|text| Platform::parse(text).expect("a platform"));
        self
    }

    pub(crate) fn push(mut self) -> Self {
        self.request.push = true;
        self
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.request.timeout = timeout;
        self
    }

    pub(crate) fn usual_port(mut self, port: u16, https: bool) -> Self {
        self.request.usual_ports.push((port, https));
        self
    }

    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.insert(name.to_owned(), value.to_owned());
        self
    }

    /// With a cluster; the namespace is `shop`.
    pub(crate) fn cluster(mut self, api: &Api) -> Self {
        self.kubeconfig = Some(self.sandbox.write("kubeconfig", api.kubeconfig("shop")));
        self
    }

    /// The same as somebody with fewer rights.
    pub(crate) fn cluster_as(mut self, api: &Api, user: &str) -> Self {
        let text = api.kubeconfig_of(user, "shop");
        self.kubeconfig = Some(self.sandbox.write("kubeconfig", text));
        self
    }

    pub(crate) fn account(mut self, name: &str) -> Self {
        name.clone_into(&mut self.request.account);
        self
    }

    /// Runs it, or says why it could not.
    pub(crate) fn try_run(self) -> Result<(Report, Vec<String>), String> {
        let env = Env {
            vars: self.vars.clone(),
            cwd: self.sandbox.path().to_owned(),
            ..Env::default()
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let mut announced = Vec::new();
            let cluster = match &self.kubeconfig {
                Some(path) => {
                    let options = ConnectOptions {
                        kubeconfig: Some(path.clone()),
                        ..ConnectOptions::default()
                    };
                    Some(
                        connect(&env, &options)
                            .await
                            .map_err(|error| error.message().to_owned())?,
                    )
                }
                None => None,
            };
            let mut announce = |words: &str| announced.push(words.to_owned());
            let outcome = run(
                &env,
                cluster.as_ref(),
                &self.request,
                &mut announce,
                std::future::pending(),
            )
            .await
            .map_err(|error| error.message().to_owned())?;
            check_report(&outcome.report);
            Ok((outcome.report, announced))
        })
    }

    #[track_caller]
    pub(crate) fn run(self) -> Report {
        match self.try_run() {
            Ok((report, _)) => report,
            Err(why) => panic!("the run failed: {why}"),
        }
    }

    /// Runs it; the one result has this cause, and is as sure as that.
    #[track_caller]
    pub(crate) fn finds(self, cause: Cause, sure: Confidence) -> Diagnosis {
        let result = one(self.run());
        assert_eq!(
            (result.cause().map(Cause::id), confidence(&result.verdict)),
            (Some(cause.id()), sure),
            "{}",
            told(&result)
        );
        result
    }

    #[track_caller]
    pub(crate) fn certainly(self, cause: Cause) -> Diagnosis {
        self.finds(cause, Confidence::Certain)
    }

    #[track_caller]
    pub(crate) fn healthy(self) -> Diagnosis {
        let result = one(self.run());
        assert_eq!(result.outcome(), Outcome::Healthy, "{}", told(&result));
        result
    }

    /// Nothing is found, and it is not called healthy.
    #[track_caller]
    pub(crate) fn open(self) -> Diagnosis {
        let result = one(self.run());
        assert_eq!(
            (result.outcome(), result.cause()),
            (Outcome::Undetermined, None),
            "{}",
            told(&result)
        );
        result
    }
}

/// The first result.
#[track_caller]
pub(crate) fn one(report: Report) -> Diagnosis {
    report.results.into_iter().next().expect("a result")
}

/// All that a reader would want to know of a result.
pub(crate) fn told(result: &Diagnosis) -> String {
    let head = format!(
        "{} {:?} {}: {}",
        result.subject.text,
        result.outcome(),
        result.cause().map_or("-", Cause::id),
        result.summary()
    );
    let lines = result.evidence.iter().map(|item| {
        format!(
            "  {} {} {}: {}",
            item.check.word(),
            item.vantage.word(),
            item.status.word(),
            item.detail
        )
    });
    std::iter::once(head)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n")
}

/// The report as text, with everything that can be shown.
pub(crate) fn text_of(report: &Report, detail: Detail) -> String {
    let look = Look {
        paint: Paint::plain(),
        glyphs: Glyphs::for_locale(true),
        width: 84,
        detail,
    };
    text::render(report, &look)
}

/// What holds of every report: no secret in it, no control characters, lines that fit, evidence for every cause.
fn check_report(report: &Report) {
    use base64::Engine as _;
    let json = json_v1::render(report);
    let wire = text_of(report, Detail::Wire);
    for secret in [SECRET, WRONG] {
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("alice:{secret}"));
        let alone = base64::engine::general_purpose::STANDARD.encode(secret);
        for text in [&json, &wire] {
            assert!(
                !text.contains(secret) && !text.contains(&pair) && !text.contains(&alone),
                "a secret shows in\n{text}"
            );
        }
    }
    let hostile = |character: char| character.is_control() && character != '\n';
    for text in [&json, &wire] {
        assert!(
            !text.contains(hostile),
            "a control character shows in\n{text}"
        );
    }
    for line in text_of(report, Detail::Stages).lines() {
        // A word that nothing can break is all that may stick out.
        let breakable = line.split(' ').all(|word| word.chars().count() <= 44);
        assert!(line.chars().count() < 84 || !breakable, "too long: {line}");
    }
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    for result in value["results"].as_array().expect("results") {
        let checks: Vec<&str> = result["evidence"]
            .as_array()
            .expect("evidence")
            .iter()
            .map(|item| item["check"].as_str().expect("a check"))
            .collect();
        for check in extreg::doctor::evidence::Check::ALL {
            assert!(
                checks.contains(&check.word()),
                "no {} in {result:#}",
                check.word()
            );
        }
        let healthy = result["status"] == "healthy";
        assert_eq!(
            healthy,
            result["cause"].is_null() && result["because"] == serde_json::json!([]),
            "{result:#}"
        );
        if healthy {
            for item in result["evidence"].as_array().expect("evidence") {
                assert_ne!(item["status"], "fail", "{result:#}");
            }
        }
    }
}
