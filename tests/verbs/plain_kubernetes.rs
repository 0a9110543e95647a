//! A cluster without OpenShift's groups is not asked for their kinds: discovery says that they are not there.

use extreg_test_support::api::PodState;
use extreg_test_support::content::Image;
use extreg_test_support::registry::{Dialect, Registry, User};

use crate::kit::{Embedded, PASSWORD};

#[test]
fn no_verb_asks_for_openshifts_kinds() {
    let registry = Registry::builder()
        .dialect(Dialect::DistributionBasic)
        .user(User::new("robot", PASSWORD).pull("*").push("*"))
        .start();
    registry.push_image("team/web", "1", &Image::new().port("8080/tcp"));
    let host = registry.host();
    let world = Embedded::kubernetes();
    world.add_account("builder");
    world.create(world.deployment("web", &format!("{host}/team/web:1")));
    world.add_pod("lone", &format!("{host}/team/web:1"), &PodState::running());
    let login = "--plain-http --registry-username robot --registry-password-stdin";
    for line in [
        format!("link {host} {login}"),
        format!("link {host} {login} -z builder --for push"),
        format!("link {host} {login} -A --dry-run=server"),
        "status".to_owned(),
        format!("doctor {host}/team/web:1 deployment/web --plain-http"),
        "doctor".to_owned(),
        format!("use deployment/web {host}/team/web:1 --plain-http"),
        format!("use deployment/new {host}/team/web:1 --plain-http --create"),
        "undo".to_owned(),
        format!("unlink {host} --keep-secret"),
        "undo".to_owned(),
        format!("unlink {host} -A --dry-run=server"),
        format!("unlink {host}"),
    ] {
        world.api().clear_requests();
        let output = world.cmd(&line).stdin(PASSWORD).run();
        assert!(
            matches!(output.status, Some(0 | 3 | 4)),
            "{line}: {output:?}"
        );
        let requests = world.api().requests();
        assert!(!requests.is_empty(), "{line}: nothing was asked");
        for request in requests {
            let path = &request.path;
            assert!(!path.contains("openshift"), "{line}: {path}");
        }
    }
}
