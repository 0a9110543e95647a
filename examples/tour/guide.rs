//! Runs the commands of the tour, shows them with what they print, and keeps count of what turned out otherwise.

use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::world::World;

/// Set for the processes in which this program is the plugin.
pub(crate) const AS_PLUGIN: &str = "EXTREG_TOUR_AS_PLUGIN";

/// What is piped into a command, and the command that would print it.
pub(crate) struct Piped<'a> {
    pub(crate) from: &'a str,
    pub(crate) text: &'a str,
}

/// What a command printed, and how it ended.
pub(crate) struct Outcome {
    pub(crate) text: String,
    status: Option<i32>,
}

/// Leads through the steps.
pub(crate) struct Guide {
    program: PathBuf,
    home: PathBuf,
    folder: PathBuf,
    kubeconfig: PathBuf,
    ca_file: PathBuf,
    step: usize,
    wrong: Vec<String>,
}

impl Guide {
    pub(crate) fn new(world: &World) -> Self {
        println!(
            "An OpenShift API server and four registries are running on this machine, for this tour only."
        );
        Self {
            program: std::env::current_exe().expect("the path of this program"),
            home: world.home(),
            folder: world.folder().to_owned(),
            kubeconfig: world.kubeconfig.clone(),
            ca_file: world.ca_file.clone(),
            step: 0,
            wrong: Vec::new(),
        }
    }

    /// Says what comes next.
    pub(crate) fn step(&mut self, title: &str) {
        self.step += 1;
        println!("\n\n── {}. {title}\n", self.step);
    }

    /// Runs the plugin and shows command and output, both streams as they come.
    pub(crate) fn run(&self, arguments: &[&str], stdin: Option<&Piped<'_>>) -> Outcome {
        let from = stdin.map_or(String::new(), |piped| format!("{} | ", piped.from));
        println!("\n$ {from}oc extreg {}", arguments.join(" "));
        let (mut printed, writer) = std::io::pipe().expect("a pipe");
        // The command keeps the pipe's other end, and must be gone when it is read to its end.
        let mut child = Command::new(&self.program)
            .args(arguments)
            .env_clear()
            .env(AS_PLUGIN, "1")
            .env("HOME", &self.home)
            .env("KUBECONFIG", &self.kubeconfig)
            .env("SSL_CERT_FILE", &self.ca_file)
            .env("LC_ALL", "C.UTF-8")
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .stdout(writer.try_clone().expect("its other end twice"))
            .stderr(writer)
            .spawn()
            .expect("this program, started again");
        let mut input = child.stdin.take().expect("its standard input");
        // A command that refuses its arguments does not read it.
        let text = stdin.map_or("", |piped| piped.text);
        input.write_all(text.as_bytes()).ok();
        drop(input);
        let mut bytes = Vec::new();
        printed.read_to_end(&mut bytes).expect("what it prints");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        print!("{text}");
        let status = child.wait().expect("its end").code();
        if status != Some(0) {
            println!(
                "[exit status {}]",
                status.map_or("none".to_owned(), |code| code.to_string())
            );
        }
        Outcome { text, status }
    }

    /// Holds what came against what the step says.
    pub(crate) fn expect(&mut self, outcome: &Outcome, status: i32, words: &[&str]) {
        if outcome.status != Some(status) {
            self.wrong(&format!("exit status {:?}, not {status}", outcome.status));
        }
        for missing in words.iter().filter(|words| !outcome.text.contains(**words)) {
            self.wrong(&format!("the output does not say {missing:?}"));
        }
    }

    /// Holds that a sentence is in it, wherever its lines were broken.
    pub(crate) fn expect_flowing(&mut self, outcome: &Outcome, sentence: &str) {
        let flowing: Vec<&str> = outcome.text.split_whitespace().collect();
        if !flowing.join(" ").contains(sentence) {
            self.wrong(&format!("the output does not say {sentence:?}"));
        }
    }

    /// Holds that these words are not in it.
    pub(crate) fn expect_not(&mut self, outcome: &Outcome, words: &[&str]) {
        for there in words.iter().filter(|words| outcome.text.contains(**words)) {
            self.wrong(&format!("the output says {there:?}"));
        }
    }

    /// The same for what the cluster shows.
    pub(crate) fn check(&mut self, holds: bool, what: &str) {
        if !holds {
            self.wrong(what);
        }
    }

    fn wrong(&mut self, what: &str) {
        println!("!! step {}: {what}", self.step);
        self.wrong.push(format!("step {}: {what}", self.step));
    }

    /// The last words, and the exit status.
    pub(crate) fn close(&self) -> ExitCode {
        if self.wrong.is_empty() {
            println!("\n\nAll {} steps turned out as they say.", self.step);
            return ExitCode::SUCCESS;
        }
        println!("\n\nNot as it says:");
        for line in &self.wrong {
            println!("  {line}");
        }
        ExitCode::FAILURE
    }
}

/// Shows a line of what the cluster says.
pub(crate) fn cluster_says(text: &str) {
    println!("   the cluster: {text}");
}

/// Leaves everything running until the user ends it.
pub(crate) fn keep(world: &World) {
    println!("\nEverything keeps running until you press Ctrl-C. In another terminal:\n");
    println!("  export KUBECONFIG={}", world.kubeconfig.display());
    println!("  export SSL_CERT_FILE={}", world.ca_file.display());
    println!("  cargo run -- doctor -n orders");
    println!(
        "\nThe registry's login is {} with the password {}.",
        crate::world::ROBOT.0,
        crate::world::ROBOT.1
    );
    loop {
        std::thread::park();
    }
}
