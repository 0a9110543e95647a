//! The examples at the end of each verb's help.

/// How the examples call the tool; the help says it as the user did.
pub(super) const PROGRAM: &str = "oc extreg";

pub(super) const LINK: &str = "\
Examples:
  # With a robot account; the password is asked for
  oc extreg link quay.io/team --registry-username team+puller

  # With what podman or docker logged in with, checked with an image
  oc extreg link registry.example.com:5000 --image registry.example.com:5000/shop/web:1.2

  # With the entry of a file, for pulls and builds; see first what would be written
  oc extreg link ghcr.io -a auth.json --for pull,push --dry-run=server";

pub(super) const UNLINK: &str = "\
Examples:
  # From all service accounts of the namespace, and the secret with it
  oc extreg unlink quay.io/team

  # Only what builds push with
  oc extreg unlink quay.io/team --for push -z builder";

pub(super) const UNDO: &str = "\
Examples:
  # What there is to take back, and the last of it
  oc extreg undo --list
  oc extreg undo";

pub(super) const STATUS: &str = "\
Examples:
  # This namespace; then every image and every entry of a secret
  oc extreg status
  oc extreg status -o wide

  # The whole cluster, for programs and as a picture
  oc extreg status -A -o json
  oc extreg status -o dot | dot -Tsvg > registries.svg";

pub(super) const DOCTOR: &str = "\
Examples:
  # As the pods of this namespace would pull it
  oc extreg doctor quay.io/team/web:1.2

  # The registry alone, with the credentials of a file
  oc extreg doctor quay.io/team/web:1.2 --no-cluster -a auth.json

  # Keep what was found, and print it again for a ticket, without the names
  oc extreg doctor quay.io/team/web:1.2 -o json > report.json
  oc extreg doctor --from report.json --redact";

pub(super) const EXPLAIN: &str = "\
Examples:
  # What a cause means, and how to mend it
  oc extreg explain auth.secret-key-mismatch

  # What a pod's events, or one line of them, can mean
  oc describe pod web-1 | oc extreg explain --message -
  oc extreg explain --message 'unauthorized: authentication required'";

pub(super) const PUSH_TARGET: &str = "\
Examples:
  oc extreg push-target ...";

pub(super) const BUILD_SOURCE: &str = "\
Examples:
  oc extreg build-source ...";

pub(super) const IMPORT: &str = "\
Examples:
  oc extreg import ...";

pub(super) const USE_IMAGE: &str = "\
Examples:
  oc extreg use ...";

pub(super) const PROMOTE: &str = "\
Examples:
  oc extreg promote ...";

pub(super) const TRUST: &str = "\
Examples:
  # With the CA that signed the registry's certificate; see first what would be written
  oc extreg trust registry.example.com:5000 --ca corp-ca.pem --dry-run=server --diff

  # With what the registry shows, once its operators have confirmed the fingerprint, and wait for the nodes
  oc extreg trust registry.example.com:5000 --from-registry --yes --wait

  # For a cluster that is yet to be installed
  oc extreg trust registry.example.com:5000 --ca corp-ca.pem --install-config install-config.yaml

  # What is trusted, and take it out again
  oc extreg trust --list
  oc extreg trust registry.example.com:5000 --remove";

pub(super) const INSECURE: &str = "\
Examples:
  # See what the nodes would do; then do it, and wait until they have
  oc extreg insecure registry.example.com:5000 --dry-run=server
  oc extreg insecure registry.example.com:5000 --yes --wait

  # The way back
  oc extreg insecure registry.example.com:5000 --remove --yes

  # For Kubernetes with containerd, on every node; for OpenShift 3 as a playbook
  oc extreg insecure registry.example.com:5000 --containerd --daemonset | kubectl apply -f -
  oc extreg insecure registry.example.com:5000 --openshift3 --ansible > insecure.yml";

pub(super) const COMPLETION: &str = "\
Examples:
  oc extreg completion ...";
