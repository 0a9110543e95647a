//! What `status` reads: the views, then what they refer to and do not hold.

use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;

use crate::cluster::snapshot::{Want, WantConfig, missing};
use crate::cluster::{Cluster, Scope};
use crate::error::Error;
use crate::inventory;
use crate::model::view::{ClusterConfigView, ImageStream, Missing, NamespaceView};

/// Single objects asked for at one time.
const AT_ONCE: usize = 8;
/// Single objects asked for at most, of each kind.
const MOST: usize = 200;

/// Everything that was read.
pub(super) struct Read {
    pub(super) view: NamespaceView,
    pub(super) config: ClusterConfigView,
    pub(super) other_streams: Vec<ImageStream>,
    pub(super) absent_secrets: Vec<(String, String)>,
    pub(super) unread: Vec<Missing>,
    pub(super) at: Timestamp,
}

/// # Errors
///
/// When nothing at all could be read, and not for want of rights, or when the server does not take the selector.
pub(super) async fn read(
    cluster: &Cluster,
    scope: &Scope,
    labels: Option<&str>,
) -> Result<Read, Error> {
    let want = Want {
        builds: false,
        events: false,
        ..Want::ALL
    };
    let want_config = WantConfig {
        image_config: true,
        proxy: true,
        mirrors: true,
        signature_policies: true,
        nodes: false,
        global_pull_secret: true,
    };
    let (view, config) = tokio::join!(
        cluster.namespace_view_of(scope, want, labels),
        cluster.cluster_config(want_config)
    );
    // A server that is not there, or a selector that it does not take.
    if let Err(why @ Missing::Failed(_)) = &view.pods
        && (labels.is_some() || matches!(view.service_accounts, Err(Missing::Failed(_))))
    {
        return Err(Error::from(why.clone()));
    }
    let mut read = Read {
        view,
        config,
        other_streams: Vec::new(),
        absent_secrets: Vec::new(),
        unread: Vec::new(),
        at: Timestamp::now(),
    };
    streams(cluster, &mut read).await;
    secrets(cluster, &mut read).await;
    Ok(read)
}

/// The image streams of other namespaces that builds and tags refer to.
async fn streams(cluster: &Cluster, read: &mut Read) {
    let wanted = bounded(
        inventory::foreign_streams(&read.view),
        "image streams of other namespaces",
        &mut read.unread,
    );
    let answers: Vec<_> = stream::iter(&wanted)
        .map(|(namespace, name)| cluster.image_stream(namespace, name))
        .buffered(AT_ONCE)
        .collect()
        .await;
    for answer in answers {
        match answer {
            Ok(found) => read.other_streams.extend(found),
            Err(why) => read.unread.push(why),
        }
    }
}

/// The secrets that are named and were not listed: of another type, or not there.
async fn secrets(cluster: &Cluster, read: &mut Read) {
    let wanted = bounded(
        inventory::unseen_secrets(&read.view),
        "secrets that are named and not listed",
        &mut read.unread,
    );
    let answers: Vec<_> = stream::iter(&wanted)
        .map(|(namespace, name)| cluster.secret(namespace, name))
        .buffered(AT_ONCE)
        .collect()
        .await;
    for (place, answer) in wanted.into_iter().zip(answers) {
        match answer {
            Ok(Some(secret)) => {
                if let Ok(secrets) = &mut read.view.secrets {
                    secrets.push(secret);
                }
            }
            Ok(None) => read.absent_secrets.push(place),
            Err(error) => read.unread.push(missing(error)),
        }
    }
}

fn bounded<T>(mut wanted: Vec<T>, what: &str, unread: &mut Vec<Missing>) -> Vec<T> {
    if wanted.len() > MOST {
        unread.push(Missing::Failed(format!(
            "{} of the {} {what} were not looked up",
            wanted.len() - MOST,
            wanted.len()
        )));
        wanted.truncate(MOST);
    }
    wanted
}
