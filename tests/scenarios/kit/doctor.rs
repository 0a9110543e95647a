//! One run of `doctor` against servers of the test.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use extreg::cluster::connect::{ConnectOptions, connect};
use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome, Report};
use extreg::doctor::finding::Confidence;
use extreg::doctor::rank::confidence;
use extreg::doctor::run::{Request, run};
use extreg::doctor::targets::{Argument, Wanted, argument};
use extreg::env::Env;
use extreg::model::platform::Platform;
use extreg_test_support::cluster::Cluster;
use extreg_test_support::process::Sandbox;

use super::report::{check_report, one, told};

/// One run, to be set up and started.
pub(crate) struct Doctor {
    sandbox: Sandbox,
    vars: BTreeMap<String, String>,
    request: Request,
    kubeconfig: Option<PathBuf>,
    /// Images after which the user has had enough.
    enough: Option<usize>,
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
                wanted: Wanted::Named(vec![Argument::Image(image.into())]),
                selector: None,
                all_namespaces: false,
                registry_config: None,
                registry_ca: None,
                plain_http: false,
                platform: Some(Platform::parse("linux/amd64").expect("a platform")),
                push: false,
                from_node: None,
                account: "default".to_owned(),
                planned: extreg::doctor::targets::planned::Planned::default(),
                read_config: false,
                timeout: Duration::from_secs(60),
                usual_ports: Vec::new(),
                client: "oc",
                record_in_full: true,
            },
            kubeconfig: None,
            enough: None,
        }
    }

    /// One more image.
    pub(crate) fn and(mut self, image: impl Into<String>) -> Self {
        if let Wanted::Named(list) = &mut self.request.wanted {
            list.push(Argument::Image(image.into()));
        }
        self
    }

    /// Looks at objects of the cluster, as the command line names them; at everything that fails when there are none.
    pub(crate) fn at(words: &[&str]) -> Self {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let (wanted, _) = argument::wanted(&words, false, false, false).expect("targets");
        Self::of("replaced").wanting(wanted)
    }

    pub(crate) fn wanting(mut self, wanted: Wanted) -> Self {
        self.request.wanted = wanted;
        self
    }

    /// With `-A`.
    pub(crate) fn everywhere(mut self) -> Self {
        self.request.all_namespaces = true;
        self
    }

    /// With `-l`.
    pub(crate) fn selecting(mut self, labels: &str) -> Self {
        self.request.selector = Some(labels.to_owned());
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

    /// With a cluster, as its administrator, in this namespace.
    pub(crate) fn cluster(self, cluster: &Cluster, namespace: &str) -> Self {
        self.kubeconfig(cluster.kubeconfig(namespace))
    }

    /// The same as the user who has only the rights that the test grants.
    pub(crate) fn limited(self, cluster: &Cluster, namespace: &str) -> Self {
        self.kubeconfig(cluster.limited_kubeconfig(namespace))
    }

    /// With the cluster of this kubeconfig.
    pub(crate) fn kubeconfig(mut self, text: String) -> Self {
        self.kubeconfig = Some(self.sandbox.write("kubeconfig", text));
        self
    }

    /// The user stops it when so many images were asked about.
    pub(crate) fn stopped_after(mut self, images: usize) -> Self {
        self.enough = Some(images);
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
            let stop = tokio::sync::Notify::new();
            let progress = |done, _| {
                if self.enough == Some(done) {
                    stop.notify_one();
                }
            };
            let outcome = run(
                &env,
                cluster.as_ref(),
                &self.request,
                &mut announce,
                &progress,
                stop.notified(),
            )
            .await
            .map_err(|error| error.message().to_owned())?;
            check_report(&outcome.report);
            announced.extend(outcome.remarks);
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
