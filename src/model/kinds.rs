//! The kinds that this tool reads and writes. Objects stay JSON: a typed struct would drop what it does not know.

/// A kind of object as the API server serves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub kind: &'static str,
    /// Plural, lower case.
    pub resource: &'static str,
    pub namespaced: bool,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ObjectRef {
    pub kind: Kind,
    /// `None` for objects of the cluster.
    pub namespace: Option<String>,
    pub name: String,
}

macro_rules! kinds {
    ($($name:ident: $group:literal $version:literal $kind:literal $resource:literal $namespaced:literal;)*) => {
        $(pub const $name: Kind = Kind { group: $group, version: $version, kind: $kind, resource: $resource, namespaced: $namespaced };)*
        /// Every kind of this file, for parsing `KIND/NAME` arguments and reading journals.
        pub const ALL: &[Kind] = &[$($name),*];
    };
}

kinds! {
    NAMESPACE: "" "v1" "Namespace" "namespaces" false;
    NODE: "" "v1" "Node" "nodes" false;
    POD: "" "v1" "Pod" "pods" true;
    SECRET: "" "v1" "Secret" "secrets" true;
    SERVICE_ACCOUNT: "" "v1" "ServiceAccount" "serviceaccounts" true;
    CONFIG_MAP: "" "v1" "ConfigMap" "configmaps" true;
    SERVICE: "" "v1" "Service" "services" true;
    EVENT: "" "v1" "Event" "events" true;
    DEPLOYMENT: "apps" "v1" "Deployment" "deployments" true;
    STATEFUL_SET: "apps" "v1" "StatefulSet" "statefulsets" true;
    DAEMON_SET: "apps" "v1" "DaemonSet" "daemonsets" true;
    REPLICA_SET: "apps" "v1" "ReplicaSet" "replicasets" true;
    JOB: "batch" "v1" "Job" "jobs" true;
    CRON_JOB: "batch" "v1" "CronJob" "cronjobs" true;
    DEPLOYMENT_CONFIG: "apps.openshift.io" "v1" "DeploymentConfig" "deploymentconfigs" true;
    BUILD_CONFIG: "build.openshift.io" "v1" "BuildConfig" "buildconfigs" true;
    BUILD: "build.openshift.io" "v1" "Build" "builds" true;
    IMAGE_STREAM: "image.openshift.io" "v1" "ImageStream" "imagestreams" true;
    IMAGE_STREAM_TAG: "image.openshift.io" "v1" "ImageStreamTag" "imagestreamtags" true;
    IMAGE_STREAM_IMPORT: "image.openshift.io" "v1" "ImageStreamImport" "imagestreamimports" true;
    ROUTE: "route.openshift.io" "v1" "Route" "routes" true;
    IMAGE_CONFIG: "config.openshift.io" "v1" "Image" "images" false;
    PROXY_CONFIG: "config.openshift.io" "v1" "Proxy" "proxies" false;
    CLUSTER_VERSION: "config.openshift.io" "v1" "ClusterVersion" "clusterversions" false;
    IMAGE_DIGEST_MIRROR_SET: "config.openshift.io" "v1" "ImageDigestMirrorSet" "imagedigestmirrorsets" false;
    IMAGE_TAG_MIRROR_SET: "config.openshift.io" "v1" "ImageTagMirrorSet" "imagetagmirrorsets" false;
    CLUSTER_IMAGE_POLICY: "config.openshift.io" "v1" "ClusterImagePolicy" "clusterimagepolicies" false;
    IMAGE_POLICY: "config.openshift.io" "v1" "ImagePolicy" "imagepolicies" true;
    CLUSTER_OPERATOR: "config.openshift.io" "v1" "ClusterOperator" "clusteroperators" false;
    INFRASTRUCTURE: "config.openshift.io" "v1" "Infrastructure" "infrastructures" false;
    CONTROLLER_CONFIG: "machineconfiguration.openshift.io" "v1" "ControllerConfig" "controllerconfigs" false;
    MACHINE_CONFIGURATION: "operator.openshift.io" "v1" "MachineConfiguration" "machineconfigurations" false;
    MACHINE_CONFIG_POOL: "machineconfiguration.openshift.io" "v1" "MachineConfigPool" "machineconfigpools" false;
    IMAGE_CONTENT_SOURCE_POLICY: "operator.openshift.io" "v1alpha1" "ImageContentSourcePolicy" "imagecontentsourcepolicies" false;
}

impl Kind {
    /// `v1` or `group/version`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_owned()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
    /// `kind[.group]`, lower case, as kubectl prints it.
    pub fn printed(&self) -> String {
        let kind = self.kind.to_ascii_lowercase();
        if self.group.is_empty() {
            kind
        } else {
            format!("{kind}.{}", self.group)
        }
    }
    /// `resource[.group]`, as RBAC and `kubectl auth can-i` name it.
    pub fn resource_name(&self) -> String {
        if self.group.is_empty() {
            self.resource.to_owned()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }
    pub fn object(self, namespace: Option<&str>, name: &str) -> ObjectRef {
        ObjectRef {
            kind: self,
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }
}

impl std::fmt::Display for ObjectRef {
    /// `kind.group/name`, as kubectl prints it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.kind.printed(), self.name)
    }
}
