//! A faulty world and its repaired twin, as one value: see the top of `kit.rs`.

use extreg::doctor::causes::Cause;
use extreg::doctor::diagnosis::{Diagnosis, Outcome, Report};
use extreg::doctor::finding::Confidence;
use extreg::doctor::rank::confidence;
use extreg_test_support::cluster::{Cluster, on_each_cluster};
use extreg_test_support::process::real_registry_or_skip;

use super::Doctor;
use super::report::{commands_of, json_of, told};

/// A fault, the cause that doctor must name, and the twin in which only that fault is mended.
pub(crate) struct Scenario {
    cause: Cause,
    /// It is played against a real `docker-registry`.
    real: bool,
    play: Box<dyn FnOnce(&str)>,
}

/// An entry of a table: its name, and what makes it.
pub(crate) type Entry = (&'static str, fn() -> Scenario);

/// Makes worlds, and hands each to the play together with the name of where it is.
type Worlds<W> = Box<dyn Fn(&str, &mut dyn FnMut(&str, W))>;

/// A world, in which nothing is asked yet.
pub(crate) struct Staged<W> {
    cause: Cause,
    real: bool,
    worlds: Worlds<W>,
}

/// What must hold of the result beside its cause.
type Shows<W> = Box<dyn Fn(&W, &Diagnosis)>;

/// The faulty half. It is no scenario before it has its twin.
#[must_use = "a scenario needs its repaired twin"]
pub(crate) struct Faulty<W> {
    staged: Staged<W>,
    sure: Confidence,
    asks: Box<dyn Fn(&W) -> Doctor>,
    shows: Vec<Shows<W>>,
}

impl Scenario {
    /// In a world of its own.
    pub(crate) fn of<W: 'static>(cause: Cause, world: impl Fn() -> W + 'static) -> Staged<W> {
        Staged {
            cause,
            real: false,
            worlds: Box::new(move |_, play| play("here", world())),
        }
    }

    /// Against a real `docker-registry`, where there is one.
    pub(crate) fn with_docker_registry<W: 'static>(
        cause: Cause,
        world: impl Fn() -> W + 'static,
    ) -> Staged<W> {
        Staged {
            cause,
            real: true,
            worlds: Box::new(move |name, play| {
                if real_registry_or_skip(name) {
                    play("docker-registry", world());
                }
            }),
        }
    }

    /// On the embedded API server, and on a real one as well where there is one.
    pub(crate) fn on_each_cluster<W: 'static>(
        cause: Cause,
        world: impl Fn(Cluster) -> W + 'static,
    ) -> Staged<W> {
        Staged {
            cause,
            real: false,
            worlds: Box::new(move |_, play| {
                on_each_cluster(|cluster| {
                    let place = cluster.name();
                    play(place, world(cluster));
                });
            }),
        }
    }

    pub(crate) fn cause(&self) -> Cause {
        self.cause
    }

    /// Whether it is played against a real `docker-registry`.
    pub(crate) fn is_real(&self) -> bool {
        self.real
    }
}

impl<W: 'static> Staged<W> {
    /// The run in which the fault must be found.
    pub(crate) fn asks(self, asks: impl Fn(&W) -> Doctor + 'static) -> Faulty<W> {
        Faulty {
            staged: self,
            sure: Confidence::Certain,
            asks: Box::new(asks),
            shows: Vec::new(),
        }
    }
}

impl<W: 'static> Faulty<W> {
    /// The cause is likely, not certain.
    pub(crate) fn likely(mut self) -> Self {
        self.sure = Confidence::Likely;
        self
    }

    /// The cause says that it cannot be told.
    pub(crate) fn ambiguous(mut self) -> Self {
        self.sure = Confidence::Ambiguous;
        self
    }

    /// The summary has these words.
    pub(crate) fn says(self, words: &'static str) -> Self {
        self.shows(move |_, result| {
            assert!(result.summary().contains(words), "{}", told(result));
        })
    }

    /// The commands of the remedies have these words.
    pub(crate) fn suggests(self, words: impl Fn(&W) -> String + 'static) -> Self {
        self.shows(move |world, result| {
            let (words, commands) = (words(world), commands_of(result));
            assert!(commands.contains(&words), "no {words} in\n{commands}");
        })
    }

    /// This holds as well.
    pub(crate) fn shows(mut self, shows: impl Fn(&W, &Diagnosis) + 'static) -> Self {
        self.shows.push(Box::new(shows));
        self
    }

    /// The twin, for a fault of the world: it is mended, and the same is asked again.
    pub(crate) fn mended(self, mend: impl Fn(&W) + 'static) -> Scenario {
        self.paired(move |world, faulty| {
            mend(world);
            (faulty.asks)(world)
        })
    }

    /// The twin, for a fault of the question: the world stays, and is asked rightly.
    pub(crate) fn mended_by_asking(self, asks: impl Fn(&W) -> Doctor + 'static) -> Scenario {
        self.paired(move |world, _| asks(world))
    }

    fn paired(self, twin: impl Fn(&W, &Self) -> Doctor + 'static) -> Scenario {
        Scenario {
            cause: self.staged.cause,
            real: self.staged.real,
            play: Box::new(move |name| {
                (self.staged.worlds)(name, &mut |place, world| {
                    self.is_found(place, &world);
                    is_healthy(place, &twin(&world, &self).run());
                });
            }),
        }
    }

    fn is_found(&self, place: &str, world: &W) {
        let report = (self.asks)(world).run();
        let mut faulty = report
            .results
            .iter()
            .filter(|result| result.outcome() != Outcome::Healthy);
        let Some(result) = faulty.next() else {
            panic!("{place}: healthy\n{}", told(&report.results[0]));
        };
        assert_eq!(
            (result.cause().map(Cause::id), confidence(&result.verdict)),
            (Some(self.staged.cause.id()), self.sure),
            "{place}\n{}",
            told(result)
        );
        assert!(faulty.next().is_none(), "{place}: more than one fault");
        for shows in &self.shows {
            shows(world, result);
        }
    }
}

/// The whole run, as scripts see it: nothing failed, nothing is open, so the exit status is 0.
fn is_healthy(place: &str, report: &Report) {
    for result in &report.results {
        assert_eq!(
            (result.outcome(), result.cause()),
            (Outcome::Healthy, None),
            "{place}, mended\n{}",
            told(result)
        );
    }
    let json: serde_json::Value = serde_json::from_str(&json_of(report)).expect("JSON");
    assert_eq!(
        (&json["summary"]["failed"], &json["summary"]["undetermined"]),
        (&0.into(), &0.into()),
        "{place}, mended"
    );
    for result in json["results"].as_array().expect("results") {
        assert!(result["cause"].is_null(), "{place}, mended: {result:#}");
    }
}

/// The table of a file: `NAME = SCENARIO`, each a test of its own and an entry of `SCENARIOS`.
macro_rules! scenarios {
    ($($name:ident = $scenario:expr),+ $(,)?) => {
        /// The scenarios of this file by name, each made anew by its function.
        pub(crate) const SCENARIOS: &[$crate::kit::Entry] =
            &[$((stringify!($name), || $scenario)),+];

        /// Each scenario with its twin.
        mod pair {
            $(
                #[test]
                fn $name() {
                    $crate::kit::play(super::SCENARIOS, stringify!($name));
                }
            )+
        }
    };
}
pub(crate) use scenarios;

/// Plays the entry of this name.
pub(crate) fn play(scenarios: &[Entry], name: &str) {
    let mut entries = scenarios.iter();
    let (_, scenario) = entries
        .find(|(entry, _)| *entry == name)
        .expect("the entry");
    (scenario().play)(name);
}
