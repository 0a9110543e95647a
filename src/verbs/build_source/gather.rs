//! Reads the BuildConfigs, the accounts that their builds run as, and the image stream of `--to-stream`.

use futures_util::future::try_join_all;

use super::words::{Tag, Words};
use crate::cli::build_source::BuildSourceArgs as Flags;
use crate::cluster::{Cluster, Scope, Selectors, kinds};
use crate::error::Error;
use crate::plan::Object;
use crate::plan::build_source::input::{self, Input, Role, Wanted};
use crate::ui::sanitize_line;
use crate::verbs::Run;
use crate::verbs::objects::{required, with_near};

/// A BuildConfig that is to be changed.
pub(super) struct Build {
    pub config: Object,
    pub input: Input,
    /// The account that its builds run as.
    pub account: Object,
}

impl Build {
    /// The secret that it names for the image.
    pub(super) fn secret(&self) -> Option<&str> {
        self.input.secret_of(&self.config)
    }

    /// The kubelet pulls a custom builder with the account's secrets; what `pullSecret` names is there for the builder's own
    /// use, and stays.
    pub(super) fn keeps_secret(&self) -> bool {
        self.input.role == Role::Custom && self.secret().is_some()
    }
}

/// The builds that are named, or that `-l` chooses; of the latter those are left out that have no such image.
pub(super) async fn builds(
    run: &mut Run,
    cluster: &Cluster,
    flags: &Flags,
    words: &Words,
) -> Result<Vec<Build>, Error> {
    if !cluster.serves_resource(kinds::BUILD_CONFIG).await? {
        return Err(Error::failure(
            "this cluster has no BuildConfigs: it does not serve build.openshift.io",
        )
        .hint("builds are a capability of OpenShift that can be switched off; plain Kubernetes has none"));
    }
    let wanted = match &flags.source_image {
        None => Wanted::Base,
        Some(asked) => Wanted::SourceImage(asked.as_deref()),
    };
    let configs = match &flags.selector {
        Some(selector) => selected(cluster, selector).await?,
        None => named(cluster, &words.names).await?,
    };
    let mut builds = Vec::new();
    let count = configs.len();
    for config in configs {
        match input::find(&config, wanted) {
            Ok(input) => builds.push((config, input)),
            Err(refusal) if flags.selector.is_some() => {
                run.ui.status(format!(
                    "left out: {}",
                    sanitize_line(&refusal.to_string(), 400)
                ));
            }
            Err(refusal) => return Err(refused(&refusal)),
        }
    }
    if builds.is_empty() {
        return Err(Error::failure(format!(
            "none of the {count} BuildConfigs with these labels has such an image"
        )));
    }
    let accounts = try_join_all(builds.iter().map(|(config, _)| account(cluster, config))).await?;
    let whole = builds.into_iter().zip(accounts);
    Ok(whole
        .map(|((config, input), account)| Build {
            config,
            input,
            account,
        })
        .collect())
}

async fn named(cluster: &Cluster, names: &[String]) -> Result<Vec<Object>, Error> {
    let configs: Vec<_> = names
        .iter()
        .map(|name| kinds::BUILD_CONFIG.object(Some(cluster.namespace()), name))
        .collect();
    try_join_all(configs.iter().map(|config| required(cluster, config))).await
}

async fn selected(cluster: &Cluster, selector: &str) -> Result<Vec<Object>, Error> {
    let scope = Scope::Namespace(cluster.namespace().to_owned());
    let selectors = Selectors {
        labels: Some(selector.to_owned()),
        fields: None,
    };
    let mut configs = Vec::new();
    cluster
        .list(kinds::BUILD_CONFIG, &scope, &selectors, |mut object| {
            // Items of a list name neither.
            object["apiVersion"] = kinds::BUILD_CONFIG.api_version().into();
            object["kind"] = kinds::BUILD_CONFIG.kind.into();
            configs.push(Object::new(object));
        })
        .await?;
    if configs.is_empty() {
        return Err(Error::failure(format!(
            "no BuildConfig in namespace {:?} has the labels {selector:?}",
            cluster.namespace()
        )));
    }
    Ok(configs)
}

/// The account of its builds, `builder` where it names none.
async fn account(cluster: &Cluster, config: &Object) -> Result<Object, Error> {
    let name = match config.text("/spec/serviceAccount") {
        "" => "builder",
        name => name,
    };
    let account = kinds::SERVICE_ACCOUNT.object(Some(cluster.namespace()), name);
    required(cluster, &account)
        .await
        .map_err(|error| error.context(format!("the account of bc/{}", config.name())))
}

/// The stream must have the tag, or builds would not start.
pub(super) async fn tag(cluster: &Cluster, tag: &Tag) -> Result<(), Error> {
    if !cluster.serves_resource(kinds::IMAGE_STREAM).await? {
        return Err(Error::failure(
            "this cluster has no image streams: it does not serve image.openshift.io",
        ));
    }
    let namespace = tag.namespace.as_deref().unwrap_or(cluster.namespace());
    let stream = kinds::IMAGE_STREAM.object(Some(namespace), &tag.stream);
    let stream = required(cluster, &stream).await?;
    let mut tags: Vec<String> = Vec::new();
    for (list, field) in [("/spec/tags", "name"), ("/status/tags", "tag")] {
        let names = stream.items(list).iter();
        tags.extend(names.filter_map(|item| item[field].as_str().map(str::to_owned)));
    }
    tags.sort_unstable();
    tags.dedup();
    if tags.contains(&tag.tag) {
        return Ok(());
    }
    let error = Error::failure(format!(
        "the image stream {:?} in namespace {namespace:?} has no tag {:?}",
        tag.stream, tag.tag
    ));
    Err(if tags.is_empty() {
        error.hint("it has none at all")
    } else {
        with_near(error, &tag.tag, &tags)
    })
}

fn refused(refusal: &input::InputRefusal) -> Error {
    let error = Error::failure(sanitize_line(&refusal.to_string(), 600));
    match refusal {
        input::InputRefusal::Pipeline { .. } => error
            .hint("what the pipeline builds with stands in its Jenkinsfile and in its agents' pod templates"),
        input::InputRefusal::NoSourceImages { .. } => {
            error.hint("without --source-image the base image is set")
        }
        input::InputRefusal::Several { .. } => error.hint("--source-image=N chooses one"),
        input::InputRefusal::NoStrategy { .. } | input::InputRefusal::NoSuch { .. } => error,
    }
}
