//! Kubernetes with containerd: `/etc/containerd/certs.d/HOST/hosts.toml`.
//!
//! `server` is where containerd asks when no `[host]` has what it wants, with the settings at the root of the file. A CA that
//! stands only in the `[host]` section is not used for that second question, and a missing tag is then reported as an unknown
//! authority; a `server` of the other scheme reports it as an HTTP answer to an HTTPS client. So both say the same thing.
//! Measured with containerd 1.6; source: containerd `remotes/docker/config/hosts.go` (`core/remotes/docker/config` in 2.x)
//! `ConfigureHosts`, `parseHostsFile`.

use super::{Action, Job, Script, authority, pem_lines};

/// Where containerd reads the folders of registries, with `config_path` set to it.
const CERTS_D: &str = "/etc/containerd/certs.d";
const MARK: &str = "# Written by kubectl-extreg";

pub(super) fn script(job: &Job<'_>, action: Action) -> Script {
    let hosts = hosts_toml(job);
    let remark = "It is read at every pull: nothing has to be restarted.";
    let ours = include_str!("sh/ours.sh");
    let rest = include_str!("sh/containerd.sh");
    match job {
        Job::Trust { ca, .. } => super::script(
            job,
            action,
            &[ours, include_str!("sh/ca.sh"), rest],
            &[
                ("CA", &pem_lines(ca)),
                ("HOSTS", &hosts),
                ("REMARK", remark),
                ("CA_IS_DONE", "[ -f \"$ca\" ] && wanted | cmp -s - \"$ca\""),
                ("CA_INSTALL", "wanted > \"$ca\"\nchmod 0644 \"$ca\""),
            ],
        ),
        Job::Insecure { .. } => super::script(
            job,
            action,
            &[ours, rest],
            &[
                ("HOSTS", &hosts),
                ("REMARK", remark),
                ("CA_IS_DONE", "[ ! -e \"$ca\" ]"),
                ("CA_INSTALL", "rm -f \"$ca\""),
            ],
        ),
    }
}

/// `hosts.toml` for the registry, without its last line end.
pub fn hosts_toml(job: &Job<'_>) -> String {
    let registry = job.registry();
    let (scheme, setting) = match job {
        Job::Trust { .. } => (
            "https",
            format!("ca = \"{CERTS_D}/{registry}/extreg-ca.crt\"\n"),
        ),
        Job::Insecure {
            plain_http: false, ..
        } => ("https", "skip_verify = true\n".to_owned()),
        Job::Insecure {
            plain_http: true, ..
        } => ("http", String::new()),
    };
    let url = format!("{scheme}://{}", authority(registry));
    let inner = if setting.is_empty() {
        String::new()
    } else {
        format!("\n  {}", setting.trim_end())
    };
    format!(
        "{MARK}\nserver = \"{url}\"\n{setting}\n[host.\"{url}\"]\n  capabilities = [\"pull\", \"resolve\", \"push\"]{inner}"
    )
}
