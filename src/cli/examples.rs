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
  # With a secret that is there already, and a build to see it work
  oc extreg push-target app quay.io/team/app:1.4 --start

  # With a robot account whose password is asked for; the right to push is checked too
  oc extreg push-target app quay.io/team/app:1.4 --registry-username team+pusher --check-push

  # Several, each to a repository of its own name
  oc extreg push-target -l part-of=shop registry.example.com:5000/shop/

  # Back into the image stream
  oc extreg push-target app --internal app:latest";

/// How `push-target` is called, which its arguments alone do not show.
pub(super) const PUSH_TARGET_USAGE: &str = "\
oc extreg push-target [OPTIONS] BUILDCONFIG... IMAGE
       oc extreg push-target [OPTIONS] -l SELECTOR IMAGE
       oc extreg push-target [OPTIONS] BUILDCONFIG... --internal STREAM:TAG";

pub(super) const BUILD_SOURCE: &str = "\
Examples:
  # On a base image of another registry, with the secret of the namespace that is for it
  oc extreg build-source app registry.example.com:5000/team/ruby:3.3

  # With a robot account, whose password is asked for; see first what would be written
  oc extreg build-source app quay.io/team/ruby:3.3 --registry-username team+puller --dry-run=server

  # The files that a build takes out of an image; all builds of a team
  oc extreg build-source app quay.io/team/assets:2 --source-image=0
  oc extreg build-source -l team=shop quay.io/team/ruby:3.3

  # Back to an image stream tag
  oc extreg build-source app --to-stream openshift/ruby:3.3-ubi9";

pub(super) const IMPORT: &str = "\
Examples:
  # Import an image into the tag `latest` of the image stream app, which is made when missing
  oc extreg import app quay.io/team/app:1.4

  # Have the tag follow another image, and keep it up to date
  oc extreg import app:stable quay.io/team/app:1.5 --change-source --scheduled

  # A registry with a certificate that nobody vouches for; pods pull through the internal registry
  oc extreg import app:dev reg.example.com:5000/team/app:dev --insecure --reference-policy=local

  # Every tag of a repository
  oc extreg import app quay.io/team/app --all";

pub(super) const USE_IMAGE: &str = "\
Examples:
  # Another image for the only container; wait until its pods run
  oc extreg use deployment/web registry.example.com:5000/shop/web:1.3 --wait

  # Through an image stream, that imports it and has a trigger put it in
  oc extreg use dc/web quay.io/team/web:1.3 --via-stream=web:stable

  # With credentials that are checked, stored and linked to the workload's account in the same run
  oc extreg use sts/db quay.io/team/db:16 -c server --registry-username team+puller

  # A new Deployment, and a Service for the ports of the image
  oc extreg use deploy/web quay.io/team/web:1.3 --create";

pub(super) const PROMOTE: &str = "\
Examples:
  # From one registry to another, with all platforms; see first what would move
  oc extreg promote quay.io/team/web:1.2 registry.example.com:5000/shop/web:1.2 --dry-run
  oc extreg promote quay.io/team/web:1.2 registry.example.com:5000/shop/web:1.2

  # What a build pushed to an image stream, through the internal registry's route
  oc extreg promote istag/web:1.2 quay.io/team/web:1.2

  # With signatures, from a registry without TLS; the name by digest, for scripts
  oc extreg promote dev.example.com:5000/web:1.2 quay.io/team/web:1.2 --source-plain-http \\
      --with-referrers -o name";

pub(super) const TRUST: &str = "\
Examples:
  # With the CA that signed the registry's certificate; see first what would be written
  oc extreg trust registry.example.com:5000 --ca corp-ca.pem --dry-run=server --diff

  # With what the registry shows, by the fingerprint that its operators told; wait for the nodes
  oc extreg trust registry.example.com:5000 --from-registry --fingerprint \"$SHA256\" --yes --wait

  # For a cluster that is yet to be installed
  oc extreg trust registry.example.com:5000 --ca corp-ca.pem --install-config install-config.yaml

  # What is trusted, and take it out again
  oc extreg trust --list
  oc extreg trust registry.example.com:5000 --remove";

pub(super) const INSECURE: &str = "\
Examples:
  # See what the nodes would do; then do it, and wait until they have
  oc extreg insecure dev.example.com:5000 --dry-run=server
  oc extreg insecure dev.example.com:5000 --yes --wait

  # The way back
  oc extreg insecure dev.example.com:5000 --remove --yes

  # For Kubernetes with containerd, on every node; for OpenShift 3 as a playbook
  oc extreg insecure dev.example.com:5000 --containerd --daemonset | kubectl apply -f -
  oc extreg insecure dev.example.com:5000 --openshift3 --ansible > insecure.yml";

pub(super) const COMPLETION: &str = "\
Examples:
  # Once, after the plugin was installed
  oc extreg completion install

  # For those who call the program by its own name
  source <(kubectl-extreg completion bash)
  kubectl-extreg completion fish | source";

pub(super) const VERSION: &str = "\
Examples:
  oc extreg version
  oc extreg version -o json";
