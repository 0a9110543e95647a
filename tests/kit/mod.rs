//! A cluster, a home, and the program under test between them.
#![allow(dead_code, reason = "every test file uses another part")]
#![expect(
    clippy::expect_used,
    reason = "a helper that cannot do its work ends the test"
)]

use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use extreg_test_support::api::{Api, Builder, Flavor};
use extreg_test_support::process::{Cmd, Output, Sandbox};
use serde_json::Value;

pub(crate) const PASSWORD: &str = "pa55word-canary";

pub(crate) struct World {
    pub(crate) api: Api,
    pub(crate) sandbox: Arc<Sandbox>,
    pub(crate) kubeconfig: PathBuf,
}

impl World {
    /// Plain Kubernetes with a namespace `shop`.
    pub(crate) fn kubernetes() -> Self {
        Self::of(Api::builder())
    }

    pub(crate) fn openshift() -> Self {
        Self::of(Api::builder().flavor(Flavor::OpenShift4 {
            version: "4.20.3".into(),
        }))
    }

    pub(crate) fn of(builder: Builder) -> Self {
        let api = builder.start();
        api.add_namespace("shop");
        let sandbox = Arc::new(Sandbox::new());
        let kubeconfig = sandbox.write("kubeconfig", api.kubeconfig("shop"));
        api.clear_requests();
        Self {
            api,
            sandbox,
            kubeconfig,
        }
    }

    /// The program with a command line, split at spaces.
    pub(crate) fn cmd(&self, line: &str) -> Cmd {
        Cmd::in_sandbox(env!("CARGO_BIN_EXE_kubectl-extreg"), self.sandbox.clone())
            .env("KUBECONFIG", &self.kubeconfig)
            .args(line.split(' ').filter(|word| !word.is_empty()))
    }

    pub(crate) fn run(&self, line: &str) -> Output {
        self.cmd(line).run()
    }

    /// `link` without a check, with a user name and the password on standard input.
    pub(crate) fn link(&self, line: &str) -> Output {
        self.cmd(&format!(
            "link {line} --skip-check --registry-username robot --registry-password-stdin"
        ))
        .stdin(PASSWORD)
        .run()
    }

    pub(crate) fn account(&self, name: &str) -> Value {
        self.api
            .get("serviceaccounts", "shop", name)
            .expect("a service account")
    }

    /// The names in one of its lists.
    pub(crate) fn names(&self, account: &str, list: &str) -> Vec<String> {
        names(&self.account(account), list)
    }

    /// The docker config in a secret.
    pub(crate) fn config(&self, secret: &str) -> Value {
        let secret = self.api.get("secrets", "shop", secret).expect("a secret");
        let data = secret["data"].as_object().expect("data");
        let (_, text) = data.iter().next().expect("one key");
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(text.as_str().expect("text"))
            .expect("base64");
        serde_json::from_slice(&bytes).expect("JSON")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.sandbox.home().join(".local/state/extreg")
    }

    /// The files of the journal, oldest first.
    pub(crate) fn journal_files(&self) -> Vec<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.journal())
            .map(|entries| {
                entries
                    .map(|entry| entry.expect("an entry").path())
                    .collect()
            })
            .unwrap_or_default();
        files.sort();
        files
    }
}

pub(crate) fn names(object: &Value, list: &str) -> Vec<String> {
    object[list]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|entry| entry["name"].as_str().map(str::to_owned))
        .collect()
}
