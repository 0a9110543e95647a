//! Runs a documented command as it stands, in bash, with the programs that the pages use beside the plugin.

use std::os::unix::fs::{PermissionsExt as _, symlink};

use extreg_test_support::process::{Cmd, Output};

use crate::ground::{Ground, PASSWORD};
use crate::root;

/// `oc` and `kubectl`, as far as the pages use them: they find the plugin, describe a pod, and take what is applied.
const CLIENT: &str = r#"#!/bin/bash
case "$1" in
extreg) shift; exec "$(dirname "$0")/$(basename "$0")-extreg" "$@" ;;
describe) cat described.txt ;;
apply) if [ "$3" = - ]; then cat; else cat "$3"; fi | grep -q apiVersion && echo applied ;;
*) echo "this $(basename "$0") cannot do $1" >&2; exit 70 ;;
esac
"#;

impl Ground {
    /// Puts the programs into the sandbox, and runs the command. Both of its streams come as one, as on a terminal.
    pub(crate) fn shell(&self, command: &str) -> Output {
        let bin = self.sandbox.path().join("bin");
        if !bin.exists() {
            for (name, text) in [
                ("oc", CLIENT),
                ("kubectl", CLIENT),
                ("dot", "#!/bin/bash\ncat\n"),
            ] {
                let path = self.sandbox.write(format!("bin/{name}"), text);
                let mode = std::fs::Permissions::from_mode(0o755);
                std::fs::set_permissions(path, mode).expect("a program");
            }
            symlink(root().join("deploy"), self.sandbox.path().join("deploy")).expect("a link");
            for name in ["oc", "kubectl"] {
                let plugin = env!("CARGO_BIN_EXE_kubectl-extreg");
                symlink(plugin, bin.join(format!("{name}-extreg"))).expect("a link");
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        Cmd::in_sandbox("bash", self.sandbox.clone())
            .args(["-c", &format!("set -o pipefail; {{\n{command}\n}} 2>&1")])
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("KUBECONFIG", &self.kubeconfig)
            .env("SSL_CERT_FILE", &self.ca_file)
            .env("HTTPS_PROXY", self.proxy.url())
            .env("HTTP_PROXY", self.proxy.url())
            .env("PASSWORD", PASSWORD)
            .env("SHA256", &self.fingerprint)
            .run()
    }
}
