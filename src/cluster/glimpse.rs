//! A glimpse of a list: its first page, once, without what nobody looks at. For completion, which has little time.

use serde_json::Value;

use super::faults::{self, Subject};
use super::path::Path;
use super::transport::Call;
use super::{Cluster, ClusterError, Kind};

/// Objects in a page of which only the metadata are sent.
const METADATA_PAGE: &str = "500";
/// Objects in a page of whole objects, which are hundreds of times as large.
const WHOLE_PAGE: &str = "200";
/// Metadata alone, and the whole list from servers that know no other form (before Kubernetes 1.15).
const METADATA: &str =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/// What to look at.
#[derive(Debug, Clone, Copy)]
pub struct Glimpse<'a> {
    pub kind: Kind,
    /// All namespaces when none is named.
    pub namespace: Option<&'a str>,
    pub fields: Option<&'a str>,
    /// Whether `spec` and `status` are wanted beside the metadata.
    pub whole: bool,
}

impl Cluster {
    /// The first page of a list; `each` sees its objects one by one.
    pub async fn glimpse(
        &self,
        wanted: Glimpse<'_>,
        each: &mut dyn FnMut(Value),
    ) -> Result<(), ClusterError> {
        let namespace = wanted.namespace.filter(|_| wanted.kind.namespaced);
        let limit = if wanted.whole {
            WHOLE_PAGE
        } else {
            METADATA_PAGE
        };
        // Not at `resourceVersion=0`, quick as that is: the server passes over the limit then.
        let mut path = Path::collection(wanted.kind, namespace).query("limit", limit);
        if let Some(fields) = wanted.fields {
            path = path.query("fieldSelector", fields);
        }
        let mut call = Call::get(path.finish());
        call.unasked = true;
        if !wanted.whole {
            call.accept = METADATA;
        }
        let answer = self.session.call(&call).await?;
        let subject = Subject::kind("list", wanted.kind, namespace);
        faults::page(&answer, &subject, &self.session.server, each).map(drop)
    }
}
