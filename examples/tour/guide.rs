//! Runs the commands of the tour, shows them with what they print, and keeps count of what turned out otherwise.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use crate::world::World;

/// Set for the processes in which this program is the plugin.
pub(crate) const AS_PLUGIN: &str = "EXTREG_TOUR_AS_PLUGIN";

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
            "An OpenShift API server and three registries are running on this machine, for this tour only."
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

    /// Runs the plugin and shows command and output; `stdin` is what is piped into it.
    pub(crate) fn run(&self, arguments: &[&str], stdin: Option<&str>) -> Outcome {
        let pipe = if stdin.is_some() {
            "printf %s \"$PASSWORD\" | "
        } else {
            ""
        };
        println!("\n$ {pipe}oc extreg {}", arguments.join(" "));
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
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("this program, started again");
        let mut pipe = child.stdin.take().expect("its standard input");
        // A command that refuses its arguments does not read it.
        pipe.write_all(stdin.unwrap_or_default().as_bytes()).ok();
        drop(pipe);
        let output = child.wait_with_output().expect("its end");
        let text = [output.stderr, output.stdout]
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .concat();
        print!("{text}");
        let status = output.status.code();
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
    println!("  cargo run -- doctor {}/shop/web:1.9", world.corp.host());
    println!(
        "\nThe registry's login is {} with the password {}.",
        crate::world::ROBOT.0,
        crate::world::ROBOT.1
    );
    loop {
        std::thread::park();
    }
}
