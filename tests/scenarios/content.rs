//! What a registry hands out that runtimes take or refuse, each by its own rules: indexes in indexes, digests that lie, digests
//! by another algorithm, entries that are no image.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::Outcome;
use extreg_test_support::api::{Api, make};
use extreg_test_support::cluster::Cluster;
use extreg_test_support::content::{Artifact, Image, Index, Packed, media_type};
use extreg_test_support::registry::{At, Dialect, Fault};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::dialects::World;
use crate::kit::*;

scenarios![
    // Without a cluster nobody knows who pulls.
    an_index_in_an_index = faulty(|world| {
        world.registry.push("team/new", "1", nested());
    })
    .asks(|world| world.doctor("team/new:1", None))
    .likely()
    .says("is an index itself")
    .mended(whole),
    // A file with `-a` is containers/image's, as CRI-O is.
    an_index_in_an_index_for_cri_o = faulty(|world| {
        world.registry.push("team/new", "1", nested());
    })
    .asks(|world| world.doctor("team/new:1", Some(ALICE)))
    .says("into which CRI-O and Docker do not go")
    .mended(whole),
    an_entry_that_is_a_chart = faulty(|world| {
        let chart = Artifact::new("application/vnd.cncf.helm.config.v1+json").pack();
        world.registry.push("team/new", "1", index_of(chart));
    })
    .asks(|world| world.doctor("team/new:1", None))
    .says("of the index is an artifact of type")
    .mended(whole),
    an_entry_whose_manifest_is_another_one = Scenario::of(Cause::ServerError, || {
        let world = World::new(Dialect::Distribution);
        let named = Image::new().label("named").pack();
        let other = Image::new().label("other").pack();
        let path = format!("/v2/team/new/manifests/{}", named.digest());
        let media_type = named.media_type.clone();
        world.registry.push("team/new", "1", index_of(named));
        world
            .registry
            .serve_file(&path, &media_type, &other.manifest);
        world
    })
    .asks(|world| world.doctor("team/new:1", None))
    .says("hands out something else")
    .mended(whole),
    a_digest_that_was_not_asked_for = Scenario::of(Cause::ServerError, || {
        let world = World::new(Dialect::Distribution);
        world.registry.fault(Fault::corrupted().at(At::Manifests));
        world
    })
    .asks(|world| world.doctor(&pinned(world), None))
    .says("asked for sha256:")
    .mended(|world| world.registry.mend()),
    a_digest_that_is_announced_and_not_delivered = Scenario::of(Cause::ServerError, || {
        let world = World::new(Dialect::Distribution);
        world
            .registry
            .fault(Fault::lying_digest().at(At::Manifests));
        world
    })
    .asks(|world| world.doctor("public/app:1.0", None))
    .likely()
    .says("containerd goes by what is announced")
    .mended(|world| world.registry.mend()),
    a_pin_that_runtimes_do_not_compare = Scenario::of(Cause::ManifestUnsupported, || {
        let world = World::new(Dialect::Distribution);
        let body = manifest(&world);
        let path = format!("/v2/public/app/manifests/{}", sha512(&body));
        world
            .registry
            .serve_file(&path, media_type::OCI_MANIFEST, &body);
        world
    })
    .asks(|world| {
        let image = format!("public/app@{}", sha512(&manifest(world)));
        world.doctor(&image, None)
    })
    .likely()
    .says("pinned by sha512")
    .shows(|world, result| {
        // The same image by the digest that all know.
        let image = world.registry.image(&pinned(world));
        assert!(
            command_of(result).contains(&image),
            "{}",
            command_of(result)
        );
    })
    .mended_by_asking(|world| world.doctor(&pinned(world), None)),
];

fn faulty(fault: fn(&World)) -> Staged<World> {
    Scenario::of(Cause::ManifestUnsupported, move || {
        let world = World::new(Dialect::Distribution);
        fault(&world);
        world
    })
}

/// An ordinary index takes the place of the other one.
fn whole(world: &World) {
    let index = Index::of(&["linux/amd64", "linux/arm64"]);
    world.registry.push_index("team/new", "1", &index);
}

/// An index with this one entry, for linux/amd64.
fn index_of(entry: Packed) -> Packed {
    let index = json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_INDEX,
        "manifests": [{
            "mediaType": entry.media_type, "size": entry.manifest.len(), "digest": entry.digest(),
            "platform": {"os": "linux", "architecture": "amd64"},
        }],
    });
    Packed {
        media_type: media_type::OCI_INDEX.to_owned(),
        manifest: index.to_string().into_bytes(),
        blobs: Vec::new(),
        children: vec![entry],
    }
}

fn nested() -> Packed {
    index_of(Index::of(&["linux/amd64", "linux/arm64"]).pack())
}

fn manifest(world: &World) -> Vec<u8> {
    let found = world.registry.manifest("public/app", "1.0");
    found.expect("the manifest")
}

/// `public/app` by its digest.
fn pinned(world: &World) -> String {
    let tags = world.registry.tags("public/app");
    format!("public/app@{}", tags[0].1)
}

fn sha512(bytes: &[u8]) -> String {
    let hex: Vec<String> = Sha512::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("sha512:{}", hex.concat())
}

/// A node whose runtime says this of itself.
fn node(name: &str, runtime: &str) -> Value {
    let mut node = make::node(name, "amd64");
    node["status"]["nodeInfo"]["containerRuntimeVersion"] = json!(runtime);
    node
}

/// What one runtime takes and the other does not is judged by the nodes that there are.
#[test]
fn the_nodes_decide_what_is_taken() {
    let world = World::new(Dialect::Distribution);
    world.registry.push("team/new", "1", nested());
    let cluster = Cluster::Embedded(Api::builder().start());
    let namespace = cluster.namespace("shop");
    let outcome = |name: &str| {
        let doctor = world.doctor(name, None).cluster(&cluster, &namespace);
        let result = one(doctor.platform(None).run());
        (result.outcome(), result.cause())
    };
    let api = cluster.api().expect("the embedded server");
    api.create(node("worker-0", "containerd://1.7.27"));
    assert_eq!(outcome("team/new:1"), (Outcome::Healthy, None));
    // Nodes that differ: it depends on where the pod is put.
    api.create(node("worker-1", "cri-o://1.33.2"));
    let refused = (Outcome::Failed, Some(Cause::ManifestUnsupported));
    assert_eq!(outcome("team/new:1"), refused);
    api.delete("nodes", "", "worker-0");
    assert_eq!(outcome("team/new:1"), refused);

    // The other way round: CRI-O looks at what comes.
    world
        .registry
        .fault(Fault::lying_digest().at(At::Manifests));
    assert_eq!(outcome("public/app:1.0"), (Outcome::Healthy, None));
    api.delete("nodes", "", "worker-1");
    api.create(node("worker-2", "containerd://2.1.0"));
    let lied = (Outcome::Failed, Some(Cause::ServerError));
    assert_eq!(outcome("public/app:1.0"), lied);
}
