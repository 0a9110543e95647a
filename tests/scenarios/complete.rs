//! Every cause has a scenario, or is one that an image by itself cannot show.

use extreg::doctor::causes::Cause;

/// What needs a pod, an import, a node's words or other namespaces to be seen, and `unknown`, which is what is left.
const NOT_OF_AN_IMAGE: [Cause; 7] = [
    Cause::SecretElsewhere,
    Cause::SecretOverridden,
    Cause::PodPredatesLink,
    Cause::ImportNotAllowed,
    Cause::Signature,
    Cause::NodeRuntime,
    Cause::Unknown,
];

/// The tables of this folder.
const TABLES: &[&str] = &[
    include_str!("cluster.rs"),
    include_str!("dialects.rs"),
    include_str!("location.rs"),
    include_str!("network.rs"),
    include_str!("real.rs"),
    include_str!("registries.rs"),
    include_str!("tls.rs"),
];

#[test]
fn every_cause_that_an_image_can_show_has_a_scenario() {
    for cause in Cause::ALL {
        let named = TABLES.iter().any(|table| {
            table.contains(&format!("Cause::{cause:?})"))
                || table.contains(&format!("Cause::{cause:?},"))
        });
        assert_eq!(named, !NOT_OF_AN_IMAGE.contains(cause), "{cause}");
    }
}
