//! Every text of a report, one after the other: what cleaning and `--redact` go through, so that no field is forgotten. All
//! fields are taken apart by name, so that a new one does not compile before it is handled.

use super::{
    CauseCount, Changed, Cluster, Consumer, Evidence, Involved, Judged, Names, Observed, Remedy,
    Report, SecretName, Summary, Target, Tool, Word,
};

/// What may stand in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// Names, and sentences that hold them.
    Free,
    /// An argument of a command.
    Argument,
    /// Words of a vocabulary, ids, versions, times.
    Fixed,
}

type Change<'a> = &'a mut dyn FnMut(Sort, &mut String);

impl Report {
    /// Gives every text of the report to `change`. Words that this version wrote itself are left out: they are as they must
    /// be.
    pub(crate) fn each_text(&mut self, change: Change<'_>) {
        let Self {
            api_version,
            kind,
            tool:
                Tool {
                    name,
                    version,
                    command,
                },
            started_at,
            elapsed_ms: _,
            interrupted: _,
            redacted: _,
            cluster,
            summary:
                Summary {
                    checked: _,
                    healthy: _,
                    failed: _,
                    undetermined: _,
                    causes,
                },
            results,
            names,
        } = self;
        words([api_version, kind, name, version], change);
        words(command, change);
        change(Sort::Fixed, started_at);
        if let Some(Cluster {
            context,
            server,
            kubernetes,
            openshift,
            namespace,
        }) = cluster
        {
            change(Sort::Free, server);
            texts([context, namespace].into_iter().flatten(), change);
            for version in [kubernetes, openshift].into_iter().flatten() {
                change(Sort::Fixed, version);
            }
        }
        for CauseCount { cause, targets: _ } in causes {
            words([cause], change);
        }
        for result in results {
            result.each_text(change);
        }
        names.each_text(change);
    }
}

impl Judged {
    fn each_text(&mut self, change: Change<'_>) {
        let Self {
            target,
            image,
            operation,
            consumer,
            status,
            cause,
            family,
            alternatives,
            settled_by,
            confidence,
            summary,
            involves,
            because,
            observed,
            ruled_out,
            remedies,
            evidence,
        } = self;
        let Target {
            kind,
            namespace,
            name,
            container,
        } = target;
        words([kind, operation, status, confidence], change);
        words([cause, family].into_iter().flatten(), change);
        words(alternatives.iter_mut().chain(ruled_out), change);
        texts([namespace, name, container].into_iter().flatten(), change);
        texts([image, summary], change);
        texts(settled_by, change);
        for id in because {
            change(Sort::Fixed, id);
        }
        if let Some(Consumer {
            kind,
            namespace,
            account,
            file,
        }) = consumer
        {
            words([kind], change);
            texts([namespace, account, file].into_iter().flatten(), change);
        }
        if let Some(Involved {
            secret,
            key,
            registry,
            image,
        }) = involves
        {
            if let Some(SecretName { namespace, name }) = secret {
                texts([namespace, name], change);
            }
            texts([key, registry, image].into_iter().flatten(), change);
        }
        if let Some(Observed {
            source,
            message,
            points_at,
            misleading: _,
            evidence,
        }) = observed
        {
            words(std::iter::once(source).chain(points_at), change);
            change(Sort::Free, message);
            if let Some(id) = evidence {
                change(Sort::Fixed, id);
            }
        }
        for remedy in remedies {
            remedy.each_text(change);
        }
        for item in evidence {
            item.each_text(change);
        }
    }
}

impl Remedy {
    fn each_text(&mut self, change: Change<'_>) {
        let Self {
            summary,
            applicability,
            changes,
            commands,
        } = self;
        change(Sort::Free, summary);
        words([applicability], change);
        for Changed {
            api_version,
            kind,
            namespace,
            name,
        } in changes
        {
            words([api_version, kind], change);
            texts(namespace.iter_mut().chain([name]), change);
        }
        for argument in commands.iter_mut().flatten() {
            change(Sort::Argument, argument);
        }
    }
}

impl Evidence {
    fn each_text(&mut self, change: Change<'_>) {
        let Self {
            id,
            check,
            vantage,
            status,
            detail,
            elapsed_ms: _,
            skip_reason,
            assumed,
            aside: _,
        } = self;
        change(Sort::Fixed, id);
        change(Sort::Free, detail);
        words([check, vantage, status], change);
        words(skip_reason, change);
        texts(assumed, change);
    }
}

impl Names {
    fn each_text(&mut self, change: Change<'_>) {
        for set in self.sets() {
            let names = std::mem::take(set).into_iter();
            *set = names
                .map(|mut name| {
                    change(Sort::Free, &mut name);
                    name
                })
                .collect();
        }
    }
}

fn texts<'a>(texts: impl IntoIterator<Item = &'a mut String>, change: Change<'_>) {
    for text in texts {
        change(Sort::Free, text);
    }
}

fn words<'a>(words: impl IntoIterator<Item = &'a mut Word>, change: Change<'_>) {
    for word in words {
        if let Word::Owned(text) = word {
            change(Sort::Fixed, text);
        }
    }
}
