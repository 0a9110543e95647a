//! Which images the builder pulls for a Dockerfile: those of its `FROM` lines, and of `COPY --from` where that names no
//! stage. Pure.
//!
//! The builder pulls all of them before it begins, also for stages that nothing uses (openshift/builder
//! `pkg/build/builder/docker.go` `Build`, `findReferencedImages`). Names of earlier stages, numbers of stages and `scratch` are
//! no images. Variables are those of the `ARG` lines before the first `FROM`, with the build's own arguments in front of
//! their defaults (openshift/imagebuilder `builder.go` `NewStages`).

use std::collections::BTreeMap;

/// The images that a Dockerfile names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dockerfile {
    /// In their order, each once, without that of the last `FROM`. A variable that nothing sets stands as it was written.
    pub images: Vec<String>,
    /// That of the last `FROM`; `None` where it is another stage, or `scratch`. An image of the build strategy takes its place
    /// (openshift/builder `replaceLastFrom`).
    pub last: Option<String>,
    /// What depends on the machine that builds (`TARGETARCH` and its kin), as it was written.
    pub open: Vec<String>,
}

/// What the builder sets by itself, by the machine (buildah `imagebuildah/executor.go`, as Docker names them).
const OF_MACHINE: [&str; 8] = [
    "TARGETPLATFORM",
    "TARGETOS",
    "TARGETARCH",
    "TARGETVARIANT",
    "BUILDPLATFORM",
    "BUILDOS",
    "BUILDARCH",
    "BUILDVARIANT",
];

impl Dockerfile {
    /// Reads a Dockerfile. `arguments` are the build's own (`buildArgs`); what is `replaced` by `source.images` (their `as`) is
    /// not pulled under its name.
    pub fn read(text: &str, arguments: &BTreeMap<String, String>, replaced: &[String]) -> Self {
        let mut variables: BTreeMap<String, String> = BTreeMap::new();
        let mut stages: Vec<String> = Vec::new();
        let mut named: Vec<(bool, String)> = Vec::new();
        for instruction in instructions(text) {
            let mut words = instruction.split_whitespace();
            let Some(verb) = words.next() else { continue };
            match verb.to_ascii_uppercase().as_str() {
                "ARG" if stages.is_empty() => {
                    for word in words {
                        let (name, default) = word.split_once('=').unzip();
                        let name = name.unwrap_or(word);
                        let default = default.map(|text| expanded(unquoted(text), &variables));
                        if let Some(value) = arguments.get(name).cloned().or(default) {
                            variables.insert(name.to_owned(), value);
                        }
                    }
                }
                "FROM" => {
                    let mut words = words.filter(|word| !word.starts_with("--"));
                    let Some(image) = words.next() else { continue };
                    let image = expanded(unquoted(image), &variables);
                    let alias = words
                        .next()
                        .filter(|word| word.eq_ignore_ascii_case("as"))
                        .and_then(|_| words.next());
                    let of_registry = image != "scratch" && !is_stage(&image, &stages);
                    named.push((true, if of_registry { image } else { String::new() }));
                    stages.push(alias.unwrap_or_default().to_ascii_lowercase());
                }
                "COPY" => {
                    let from = words.find_map(|word| word.strip_prefix("--from="));
                    let from = from.map(|word| expanded(unquoted(word), &variables));
                    let image = from
                        .filter(|from| !is_stage(from, &stages) && from.parse::<usize>().is_err());
                    named.extend(image.map(|image| (false, image)));
                }
                _ => {}
            }
        }
        Self::of(named, replaced)
    }

    /// `named`: whether it is of a `FROM`, and the image, which is empty for a stage.
    fn of(mut named: Vec<(bool, String)>, replaced: &[String]) -> Self {
        let last = named
            .iter()
            .rposition(|(is_from, _)| *is_from)
            .map(|at| named.remove(at).1);
        let mut found = Self::default();
        let is_pulled =
            |image: &String| !image.is_empty() && image != "scratch" && !replaced.contains(image);
        for image in named.into_iter().map(|(_, image)| image).filter(is_pulled) {
            let list = if depends_on_machine(&image) {
                &mut found.open
            } else {
                &mut found.images
            };
            if !list.contains(&image) {
                list.push(image);
            }
        }
        match last.filter(is_pulled) {
            Some(image) if depends_on_machine(&image) => found.open.push(image),
            Some(image) => {
                found.images.retain(|known| *known != image);
                found.last = Some(image);
            }
            None => {}
        }
        found
    }
}

fn is_stage(name: &str, stages: &[String]) -> bool {
    let name = name.to_ascii_lowercase();
    stages
        .iter()
        .any(|stage| !stage.is_empty() && *stage == name)
}

fn depends_on_machine(image: &str) -> bool {
    image.match_indices('$').any(|(at, _)| {
        let rest = image[at + 1..].trim_start_matches('{');
        let end = rest
            .find(|character: char| !is_of_name(character))
            .unwrap_or(rest.len());
        OF_MACHINE.contains(&&rest[..end])
    })
}

fn is_of_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text)
}

/// One instruction a line: comments away, continued lines joined, the texts of here-documents left out.
fn instructions(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut escape = '\\';
    let mut begun: Option<String> = None;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let bare = line.trim();
        if let Some(comment) = bare.strip_prefix('#') {
            // A directive counts only before everything else.
            if found.is_empty() && begun.is_none() {
                let value = comment.trim().split_once('=');
                let value = value.filter(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
                if let Some(character) = value.and_then(|(_, value)| value.trim().chars().next()) {
                    escape = character;
                }
            }
            continue;
        }
        if bare.is_empty() {
            continue;
        }
        let (part, goes_on) = match bare.strip_suffix(escape) {
            Some(part) => (part, true),
            None => (bare, false),
        };
        let whole = match begun.take() {
            Some(before) => format!("{before} {part}"),
            None => part.to_owned(),
        };
        if goes_on {
            begun = Some(whole);
            continue;
        }
        for end in here_documents(&whole) {
            for text in lines.by_ref() {
                if text.trim_start_matches('\t') == end {
                    break;
                }
            }
        }
        found.push(whole);
    }
    found.extend(begun);
    found
}

/// The words that end the here-documents of an instruction that may have some.
fn here_documents(instruction: &str) -> Vec<String> {
    let verb = instruction.split_whitespace().next().unwrap_or_default();
    if !["RUN", "COPY", "ADD"].contains(&verb.to_ascii_uppercase().as_str()) {
        return Vec::new();
    }
    instruction
        .split_whitespace()
        .filter_map(|word| {
            let word = word.strip_prefix("<<")?;
            let word = unquoted(word.strip_prefix('-').unwrap_or(word));
            (!word.is_empty() && word.chars().all(is_of_name)).then(|| word.to_owned())
        })
        .collect()
}

/// `$NAME`, `${NAME}`, `${NAME:-other}`, `${NAME:+other}`, and both without the colon. What nothing sets stays as it is.
fn expanded(text: &str, variables: &BTreeMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let (written, value) = variable(&rest[at..], variables);
        out.push_str(value.as_deref().unwrap_or(&rest[at..at + written]));
        rest = &rest[at + written..];
    }
    out.push_str(rest);
    out
}

/// How long the variable at the start of `text` is, and what it stands for.
fn variable(text: &str, variables: &BTreeMap<String, String>) -> (usize, Option<String>) {
    let set = |name: &str| variables.get(name).filter(|value| !value.is_empty());
    let Some(inner) = text.strip_prefix("${") else {
        let name = &text[1..];
        let end = name
            .find(|character: char| !is_of_name(character))
            .unwrap_or(name.len());
        return (1 + end, variables.get(&name[..end]).cloned());
    };
    let Some(end) = inner.find('}') else {
        return (text.len(), None);
    };
    let (written, inner) = (end + 3, &inner[..end]);
    let of_name = inner
        .find(|character: char| !is_of_name(character))
        .unwrap_or(inner.len());
    let (name, rule) = inner.split_at(of_name);
    let rule = rule.strip_prefix(':').unwrap_or(rule);
    let value = match (rule.strip_prefix('-'), rule.strip_prefix('+')) {
        (Some(other), _) => Some(set(name).cloned().unwrap_or_else(|| other.to_owned())),
        (_, Some(other)) => Some(set(name).map_or_else(String::new, |_| other.to_owned())),
        _ => variables.get(name).cloned(),
    };
    (written, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Dockerfile {
        Dockerfile::read(text, &BTreeMap::new(), &[])
    }

    fn images(images: &[&str], last: Option<&str>) -> Dockerfile {
        Dockerfile {
            images: images.iter().map(|image| (*image).to_owned()).collect(),
            last: last.map(str::to_owned),
            open: Vec::new(),
        }
    }

    #[test]
    fn every_stage_has_its_image_and_stages_are_none() {
        let text = "# syntax=docker/dockerfile:1\n\
            FROM --platform=linux/amd64 golang:1.24 AS build\n\
            RUN make \\\n  # a comment in between\n  all\n\
            from build as test\n\
            FROM scratch AS empty\n\
            COPY --from=quay.io/acme/tools:2 /bin/x /bin/x\n\
            COPY --from=0 /a /a\n\
            FROM registry.example.com/ubi9/ubi:9.4\n\
            COPY --from=BUILD /out /out\n\
            COPY --chown=1 --from=golang:1.24 /y /y\n";
        assert_eq!(
            read(text),
            images(
                &["golang:1.24", "quay.io/acme/tools:2"],
                Some("registry.example.com/ubi9/ubi:9.4")
            )
        );
        assert_eq!(read("FROM a\nFROM a\n"), images(&[], Some("a")));
        assert_eq!(read("FROM a AS b\nFROM b\n"), images(&["a"], None));
        assert_eq!(read("FROM scratch\n"), images(&[], None));
        assert_eq!(read(""), images(&[], None));
    }

    #[test]
    fn arguments_before_the_first_stage_are_put_in() {
        let text = "ARG REGISTRY=quay.io\nARG TAG=\"1.2\"\nARG BASE=${REGISTRY}/acme/base:$TAG\nARG NONE\n\
            FROM $BASE AS one\nARG TAG=9\nFROM ${REGISTRY}/acme/two:${TAG:-3} AS two\n\
            FROM ${NONE:-x.example.com}/three${TAG:+:t} AS three\nFROM $UNSET/four\n";
        let expected = |registry: &str| {
            images(
                &[
                    &format!("{registry}/acme/base:1.2"),
                    &format!("{registry}/acme/two:1.2"),
                    "x.example.com/three:t",
                ],
                Some("$UNSET/four"),
            )
        };
        assert_eq!(read(text), expected("quay.io"));
        let arguments = BTreeMap::from([("REGISTRY".to_owned(), "r.example.com".to_owned())]);
        assert_eq!(
            Dockerfile::read(text, &arguments, &[]),
            expected("r.example.com")
        );
    }

    #[test]
    fn what_depends_on_the_machine_is_left_open() {
        let found = read("FROM a:$TARGETARCH AS x\nFROM --platform=$BUILDPLATFORM b\n");
        assert_eq!(found.open, ["a:$TARGETARCH"]);
        assert_eq!(found.last.as_deref(), Some("b"));
        assert_eq!(read("FROM a:${TARGETARCH}\n").open, ["a:${TARGETARCH}"]);
    }

    #[test]
    fn texts_inside_are_no_instructions() {
        let text = "FROM a\nRUN <<EOF\nFROM b\nEOF\nCOPY <<-\"END\" /x\n\tFROM c\n\tEND\nRUN echo \\\n  FROM d\n";
        assert_eq!(read(text), images(&[], Some("a")));
        let windows = "# escape=`\nFROM a AS x\nRUN dir `\n FROM b\nFROM c\n";
        assert_eq!(read(windows), images(&["a"], Some("c")));
        // A directive further down is a comment.
        let late = "FROM a\n# escape=`\nRUN x `\nFROM b\n";
        assert_eq!(read(late), images(&["a"], Some("b")));
    }

    #[test]
    fn source_images_take_the_place_of_their_names() {
        let replaced = ["nginx:latest".to_owned(), "golang".to_owned()];
        let text = "FROM golang AS build\nFROM a\nCOPY --from=nginx:latest /x /x\n";
        let found = Dockerfile::read(text, &BTreeMap::new(), &replaced);
        assert_eq!(found, images(&[], Some("a")));
    }

    #[test]
    fn nothing_that_is_written_there_is_too_odd() {
        for text in [
            "FROM",
            "FROM $",
            "FROM ${",
            "FROM ${}",
            "FROM ${A:",
            "\\",
            "#",
            "ARG",
            "COPY --from=",
            "RUN <<",
            "FROM ä$ö",
        ] {
            let _found = read(text);
        }
    }
}
