//! A world on the embedded API server, for what only that can do.

use std::ops::Deref;
use std::rc::Rc;

use extreg_test_support::api::{Api, Builder, Flavor};
use extreg_test_support::cluster::Cluster;

use super::World;

/// A cluster of its own with the namespace `shop`, and the server's faults, log and controllers.
pub(crate) struct Embedded(World);

impl Deref for Embedded {
    type Target = World;

    fn deref(&self) -> &World {
        &self.0
    }
}

impl Embedded {
    pub(crate) fn kubernetes() -> Self {
        Self::of(Api::builder())
    }

    pub(crate) fn openshift() -> Self {
        Self::of(Api::builder().flavor(openshift4()))
    }

    pub(crate) fn of(builder: Builder) -> Self {
        let api = builder.start();
        api.add_namespace("shop");
        let cluster = Rc::new(Cluster::Embedded(api));
        let world = Self(World::within(cluster, "shop".to_owned()));
        world.api().clear_requests();
        world
    }

    pub(crate) fn api(&self) -> &Api {
        self.cluster.api().expect("the embedded server")
    }
}

pub(crate) fn openshift4() -> Flavor {
    Flavor::OpenShift4 {
        version: "4.20.3".into(),
    }
}
