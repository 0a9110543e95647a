//! Which of a BuildConfig's images is meant, and where it stands.

use serde_json::Value;

use crate::plan::Object;

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// The image of the strategy.
    Base,
    /// One of `source.images`, by its number or by a name of its `as`; the only one when neither is given.
    SourceImage(Option<&'a str>),
}

/// An image input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// The place of the map that holds `from` and `pullSecret`.
    pub place: String,
    pub role: Role,
}

/// What the build does with the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Builds on it with its own scripts (source-to-image).
    Source,
    /// Puts it in the place of the Dockerfile's last FROM.
    Docker,
    /// Runs it: the image is the builder.
    Custom,
    /// Takes files out of it, or puts it in the place of a name in the Dockerfile.
    SourceImage { words: String },
}

/// Why a BuildConfig has no such image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InputRefusal {
    #[error("bc/{config} is a pipeline: Jenkins runs it, and it takes no image of its own")]
    Pipeline { config: String },
    #[error("bc/{config} has no strategy that this tool knows")]
    NoStrategy { config: String },
    #[error("bc/{config} has no source images")]
    NoSourceImages { config: String },
    #[error("bc/{config} has several source images: {list}")]
    Several { config: String, list: String },
    #[error("bc/{config} has no source image {asked:?}; it has {list}")]
    NoSuch {
        config: String,
        asked: String,
        list: String,
    },
}

const STRATEGIES: [(&str, Role); 3] = [
    ("sourceStrategy", Role::Source),
    ("dockerStrategy", Role::Docker),
    ("customStrategy", Role::Custom),
];

/// Finds the image.
///
/// # Errors
///
/// When the BuildConfig has none of that kind, or more than one fits.
pub fn find(config: &Object, wanted: Wanted<'_>) -> Result<Input, InputRefusal> {
    let name = || config.name().to_owned();
    let strategy = &config.value()["spec"]["strategy"];
    if strategy["jenkinsPipelineStrategy"].is_object() || strategy["type"] == "JenkinsPipeline" {
        return Err(InputRefusal::Pipeline { config: name() });
    }
    match wanted {
        Wanted::Base => STRATEGIES
            .into_iter()
            .find(|(field, _)| strategy[*field].is_object())
            .map(|(field, role)| Input {
                place: format!("/spec/strategy/{field}"),
                role,
            })
            .ok_or_else(|| InputRefusal::NoStrategy { config: name() }),
        Wanted::SourceImage(asked) => {
            let images = config.items("/spec/source/images");
            let at = source_image(config.name(), images, asked)?;
            Ok(Input {
                place: format!("/spec/source/images/{at}"),
                role: Role::SourceImage {
                    words: images.get(at).map_or_else(String::new, |it| words(at, it)),
                },
            })
        }
    }
}

fn source_image(
    config: &str,
    images: &[Value],
    asked: Option<&str>,
) -> Result<usize, InputRefusal> {
    let list = || {
        let all: Vec<String> = images
            .iter()
            .enumerate()
            .map(|(at, image)| {
                let from = image["from"]["name"].as_str().unwrap_or("nothing");
                format!("{} from {from}", words(at, image))
            })
            .collect();
        all.join(", ")
    };
    let config = || config.to_owned();
    match (images, asked) {
        ([], _) => Err(InputRefusal::NoSourceImages { config: config() }),
        ([_], None) => Ok(0),
        (_, None) => Err(InputRefusal::Several {
            config: config(),
            list: list(),
        }),
        (images, Some(asked)) => {
            let by_name = images
                .iter()
                .position(|image| aliases(image).any(|alias| alias == asked));
            let by_number = asked.parse().ok().filter(|at| *at < images.len());
            by_name.or(by_number).ok_or_else(|| InputRefusal::NoSuch {
                config: config(),
                asked: asked.to_owned(),
                list: list(),
            })
        }
    }
}

/// `0`, or `0 (builder, tools)` with the names that the Dockerfile has for it.
fn words(at: usize, image: &Value) -> String {
    let aliases: Vec<&str> = aliases(image).collect();
    if aliases.is_empty() {
        at.to_string()
    } else {
        format!("{at} ({})", aliases.join(", "))
    }
}

fn aliases(image: &Value) -> impl Iterator<Item = &str> {
    let names = image["as"].as_array().into_iter().flatten();
    names.filter_map(Value::as_str)
}

impl Input {
    pub fn from(&self) -> String {
        format!("{}/from", self.place)
    }

    pub fn pull_secret(&self) -> String {
        format!("{}/pullSecret", self.place)
    }

    /// The secret that the BuildConfig names for it.
    pub fn secret_of<'a>(&self, config: &'a Object) -> Option<&'a str> {
        let name = config.text(&format!("{}/name", self.pull_secret()));
        Some(name).filter(|name| !name.is_empty())
    }

    /// Its place among the images of the build as they are looked at: the strategy's, where it has one, then the source images.
    pub fn turn(&self, config: &Object) -> usize {
        let Role::SourceImage { .. } = self.role else {
            return 0;
        };
        let number = self.place.rsplit('/').next().and_then(|at| at.parse().ok());
        let strategy = &config.value()["spec"]["strategy"];
        let has_base = STRATEGIES
            .iter()
            .any(|(field, _)| strategy[*field]["from"].is_object());
        number.unwrap_or(0) + usize::from(has_base)
    }

    /// Whether it is the image of the strategy, which triggers without a `from` follow.
    pub fn is_base(&self) -> bool {
        !matches!(self.role, Role::SourceImage { .. })
    }
}
